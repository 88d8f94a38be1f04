import { EventEmitter } from 'node:events'
import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { Lack } from '../../domain/links/lack.ts'
import { ledgerKey } from '../records/ledger.ts'
import { unlessSpoiled } from '../records/stored-json.ts'
import { decide } from './decide.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import type { Facts, Step, StepOf } from './facts.ts'
import { gather, gatherFirst } from './gather.ts'
import { noteName, perform, putOff } from './perform.ts'
import type { Lacks, SettleContext, Settlement } from './settlement.ts'
import { Settling } from './settling.ts'

export type StepTaken = { readonly settling: Settling; readonly facts: Facts; readonly step: Step }

/** Emits each step before `perform`. The simulation compares it with a model. */
export const steps = new EventEmitter<{ taken: [StepTaken] }>()

/** If an assignment needs more steps without a pause, it goes round in circles. */
const stepsMost = 60

/**
 * Makes one account assignment equal to what the links say now: gathers the facts, decides on one step, performs it, and
 * repeats. Safe at any time and when repeated. Throws if it cannot read or write something; the hint then comes again.
 */
export async function settleAssignment(key: AssignmentKey, context: SettleContext): Promise<Settlement> {
  const settling = new Settling(key, context)
  const spoiled = await unlessSpoiled(gatherFirst(settling))
  if (spoiled) {
    if (spoiled.object.key !== ledgerKey(key)) throw spoiled
    // Every sweep tries this entry again until somebody restores it.
    context.log.error('a ledger entry cannot be read; ssofile grants and revokes nothing there', { error: spoiled })
    const { id, readings } = settling
    // The id's present name says which links ask for the access.
    settling.whereabouts = await context.principals.whereabouts(id.type, id.principalId, context.pulledMs)
    const { assignment } = settling
    const { links } = await evaluateAssignment(assignment, { ...context, readings, place: 'view' })
    return { result: 'open', reason: spoiled.message, links: links.map((link) => link.key) }
  }
  const wasThere = settling.entry !== undefined
  for (let taken = 0, refusals = 0; ; taken++) {
    const { facts } = settling
    const step = taken < stepsMost ? decide(facts) : endOfCircle(settling)
    steps.emit('taken', { settling, facts, step })
    if (step.do === 'finish') {
      // Statuses and `access/` find the access of this id by its name, also in other accounts. The name may have changed.
      const isKnown = wasThere || settling.entry !== undefined || step.rest.result === 'foreign'
      if (isKnown && settling.whereabouts !== 'gone') await noteName(settling)
      return { ...settlementOf(step, settling), ...(wasThere && { suspension: settling.suspension }) }
    }
    const again = await perform(settling, step)
    if (again) await gather(settling, again)
    if (again?.tiredOf !== undefined) await putOff(settling, { reason: again.tiredOf })
    if (settling.refusals > refusals) [taken, refusals] = [0, settling.refusals]
  }
}

const factsMost = 4_000

/**
 * Puts the assignment off and writes the facts that led in a circle into its reason. Leaves out the reasons in these facts: one
 * of them is the last such reason, so the text would double each time.
 */
function endOfCircle({ wish, entry, known, context }: Settling): Step {
  const withoutReasons = (name: string, value: unknown) => (name === 'reason' ? undefined : value)
  const facts = JSON.stringify({ wish, entry, known }, withoutReasons).slice(0, factsMost)
  const reason = `its evaluation did not end after ${stepsMost} steps, which is a defect of ssofile; please report it to its maintainers: ${facts}`
  context.log.error('an assignment goes round in circles', { facts })
  return known.rest?.result === 'open' ? { do: 'finish', rest: { result: 'open', reason } } : { do: 'put off', reason }
}

function settlementOf({ rest }: StepOf<'finish'>, settling: Settling): Settlement {
  const { entry, wish } = settling
  const isUnneeded = entry !== undefined && (wish.is === 'unwanted' || wish.is === 'unclear')
  const common = { links: [...settling.concerned], lacks: tellGrace(settling), ...(isUnneeded && { isUnneeded }) }
  switch (rest.result) {
    case 'in-force':
    case 'foreign':
      return { ...common, result: 'applied', owned: rest.result === 'in-force' }
    case 'given-back':
      return { ...common, ...rest, isAsked: settling.isAsked }
    default:
      return { ...common, ...rest }
  }
}

/** If the principal of a link is gone, the link's status says how long ssofile keeps the access. */
function tellGrace({ wish, entry, lacks }: Settling): Lacks {
  const until = entry?.orphanedAt === undefined ? undefined : entry.openUntil
  if (wish.is !== 'lacking' || until === undefined) return lacks
  const kept = (lack: Lack): Lack => ({
    ...lack,
    reason: `${lack.reason}; ssofile revokes the access of the former one at ${until}`,
  })
  return new Map([...lacks].map(([link, lack]) => [link, lack === 'none' ? lack : kept(lack)]))
}
