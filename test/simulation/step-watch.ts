import type { LedgerEntry } from '../../shared/domain/assignments/ledger-entry.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Facts, Learnt, Step } from '../../shared/reconcile/assignments/facts.ts'
import { type StepTaken, steps } from '../../shared/reconcile/assignments/settle-assignment.ts'
import type { Settling } from '../../shared/reconcile/assignments/settling.ts'
import { perform, type Run, type State, stateAt } from '../shared/reconcile/assignments/one-access.ts'

type Seen = Pick<Facts, 'entry' | 'known' | 'prepared'>
type Last = { readonly facts: Facts; readonly step: Step; readonly before: LedgerEntry | undefined }

/** The last writer of each entry, in one world. */
export class StepWatch {
  readonly #tell: (message: string) => void
  readonly #writers = new Map<string, Clock>()

  constructor(tell: (message: string) => void) {
    this.#tell = tell
  }

  /** From now on, compares each step of this process's evaluations with the model of one access. */
  watch(clock: Clock): void {
    watches.set(clock, this)
  }

  noteWrite(clock: Clock, key: string): void {
    if (key.startsWith('assignments/')) this.#writers.set(key, clock)
  }

  judge(settling: Settling, last: Last, now: Facts): void {
    const { key, context } = settling
    const writer = this.#writers.get(`assignments/${key}`)
    // Another process wrote the entry meanwhile.
    if (writer !== undefined && writer !== context.clock) return
    // No step did this: a drift check of the same process found the access missing.
    if (last.facts.entry?.missingSince === undefined && now.entry?.missingSince !== undefined) return
    if (!isAllowed(last, now))
      this.#tell(`${key}: after '${last.step.do}' on ${render(last.facts)} the model knows no ${render(now)}`)
  }
}

const watches = new WeakMap<Clock, StepWatch>()
const lastOf = new WeakMap<Settling, Last>()

steps.on('taken', ({ settling, facts, step }: StepTaken) => {
  const watch = watches.get(settling.context.clock)
  if (!watch) return
  const last = lastOf.get(settling)
  if (last) watch.judge(settling, last, facts)
  lastOf.set(settling, { facts, step, before: step.do === 'prepare' ? facts.entry : last?.before })
})

/** Whether the model can reach the observed facts from the last ones, for any truth outside that ssofile does not know. */
function isAllowed({ facts, step, before }: Last, now: Facts): boolean {
  if (step.do === 'learn') return isAnswered(facts, now, step.what)
  const seen = render(now)
  if (step.do === 'ask the brake' && isAnswered(facts, now, 'admission')) return true
  return hiddenTruths(facts, before).some((state) => outcomesOf(state, step).some((one) => render(one) === seen))
}

/** A question adds its answer, and changes nothing. */
function isAnswered(facts: Facts, now: Facts, what: keyof Learnt): boolean {
  const { [what]: answer, ...known } = now.known
  return answer !== undefined && render({ ...now, known }) === render(facts)
}

function hiddenTruths(facts: Facts, before: LedgerEntry | undefined): readonly State[] {
  const { entry, known, wish, prepared, inProgress } = facts
  const run: Run = { known, wish, prepared, before, sees: inProgress, was: 'both', refusals: 0 }
  const state: State = { ...stateAt(facts.now), entry, isGone: facts.isPrincipalGone, run }
  const calledAt = entry?.call?.calledAt ?? ''
  // The outcome of a call may be only in memory.
  const written = entry?.call && { ...entry, call: { ...entry.call, endedAt: undefined, outcome: undefined } }
  return [
    state,
    { ...state, entry: written, run: { ...run, ahead: entry } },
    { ...state, links: ['a'] },
    { ...state, request: { kind: inProgress ?? 'creation', calledAt } },
    ...ends.map((outcome): State => ({ ...state, done: { calledAt, outcome } })),
  ]
}

const ends = ['SUCCEEDED', 'FAILED'] as const
const waits: Step = { do: 'wait for the request' }
const putsOff: Step = { do: 'put off', reason: 'it took too long' }

/** A call waits for its end. If that takes too long, the work is put off. */
function outcomesOf(from: State, step: Step): readonly Seen[] {
  const after = follow(from, step)
  const called = step.do === 'call' ? after : []
  const ended = called.flatMap((state) =>
    ends.flatMap((outcome) => {
      const calledAt = state.entry?.call?.calledAt ?? ''
      return follow({ ...state, request: undefined, done: { calledAt, outcome } }, waits)
    }),
  )
  const off = [...after, ...ended].flatMap((state) => follow(state, putsOff))
  return [...after, ...ended, ...off].flatMap(({ entry, run }) =>
    run ? [{ entry: run.ahead ?? entry, known: run.known, prepared: run.prepared }] : [],
  )
}

function follow(from: State, step: Step): readonly State[] {
  if (!from.run) return []
  return perform(from, from.run, step).flatMap(({ states }) => states.slice(-1))
}

/** The parts that can make a difference, without instants and names. */
function render({ entry, known, prepared }: Seen): string {
  const call = prepared && [prepared.kind, prepared.isChecked]
  return JSON.stringify([entry ? renderEntry(entry) : 'no entry', renderKnown(known), call ?? 'nothing prepared'])
}

const renderEntry = ({ state, call, grantedAt, missingSince, releasedAt, links }: LedgerEntry) => ({
  state,
  call: call && [call.kind, call.outcome],
  isGranted: grantedAt !== undefined,
  isMissing: missingSince !== undefined,
  isReleased: releasedAt !== undefined,
  links: links.length,
})

const renderKnown = ({ listing, foreign, history, admission, failure, rest }: Learnt) => ({
  listing: listing?.isListed,
  foreign,
  history: history?.says,
  admission: admission?.outcome,
  failure: failure && true,
  rest: rest?.result,
})
