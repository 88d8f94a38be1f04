import type { Assignment, AssignmentKey } from '../../domain/assignment.ts'
import type { Lack } from '../../domain/lack.ts'
import { ledgerKey } from '../records/ledger.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { decide } from './decide.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import type { Step } from './facts.ts'
import { factsOf, type Gathered, gather } from './gather.ts'
import { type Patience, perform } from './perform.ts'
import type { SettleContext, Settlement, Subject } from './settlement.ts'

/** So many steps without a pause: an assignment that needs more goes round in circles. */
const stepsMost = 60

/**
 * Makes one account assignment equal to what the links say now: gathers the facts, decides on one step, carries it out,
 * and repeats. Right at any time and when repeated. Throws when something cannot be read or written; the hint then comes
 * again.
 */
export async function settleAssignment(
  key: AssignmentKey,
  assignment: Assignment,
  context: SettleContext,
): Promise<Settlement> {
  const subject: Subject = { key, assignment, context }
  const first = await unlessSpoiled(gather(subject, 'view'))
  if (isSpoiled(first)) {
    if (first.object.key !== ledgerKey(key)) throw first
    // Every sweep has it looked at again until somebody restores it.
    context.log.error('a ledger entry cannot be read; nothing is granted or revoked there', { error: first })
    const { links } = await evaluateAssignment(assignment, { ...context, place: 'view' })
    return { result: 'open', reason: first.message, links: links.map((link) => link.key) }
  }
  const patience: Patience = { refusals: 0, sinceMs: context.clock.monotonicMs() }
  let gathered = first
  for (let steps = 0, refusals = 0; ; steps++) {
    const step = steps < stepsMost ? decide(factsOf(subject, gathered)) : endOfCircle(subject, gathered)
    if (step.do === 'finish') return settlementOf(step, gathered)
    gathered = await perform(step, subject, gathered, patience)
    if (patience.refusals > refusals) [steps, refusals] = [0, patience.refusals]
  }
}

/** The assignment is put off, with the facts that led in a circle in its reason. */
function endOfCircle(subject: Subject, gathered: Gathered): Step {
  const { wish, stored, known } = gathered
  const facts = JSON.stringify({ wish, entry: stored?.entry, known: [...known] })
  const reason = `it was not settled after ${stepsMost} steps, which is a defect of ssofile; tell its maintainers: ${facts}`
  subject.context.log.error('an assignment goes round in circles', { facts })
  const ids = wish.is === 'wanted' ? wish.target : stored?.entry.accesses[0]
  const isPutOff = [...known.values()].some(({ rest }) => rest?.result === 'open')
  return ids === undefined || isPutOff
    ? { do: 'finish', rest: { result: 'open', reason } }
    : { do: 'put off', ids, reason }
}

function settlementOf({ rest }: Extract<Step, { do: 'finish' }>, gathered: Gathered): Settlement {
  const { concerned, lacks } = gathered
  const common = { links: [...concerned], lacks: tellGrace(gathered, lacks) }
  switch (rest.result) {
    case 'in-force':
      return { ...common, result: 'applied', owned: true }
    case 'foreign':
      return { ...common, result: 'applied', owned: false }
    case 'open':
    case 'held':
      return { ...common, ...rest }
    default:
      return { ...common, result: rest.result }
  }
}

/** A link whose principal is gone says until when the access of that one is kept. */
function tellGrace({ wish, stored }: Gathered, lacks: Gathered['lacks']): Gathered['lacks'] {
  const until = stored?.entry.accesses.some(({ orphanedAt }) => orphanedAt) ? stored.entry.openUntil : undefined
  if (wish.is !== 'lacking' || until === undefined) return lacks
  const kept = (lack: Lack): Lack => ({
    ...lack,
    reason: `${lack.reason}; the access of the former one is revoked at ${until}`,
  })
  return new Map([...lacks].map(([link, lack]) => [link, lack === 'none' ? lack : kept(lack)]))
}
