import fc from 'fast-check'
import type { AssignmentCall, LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import type { Facts, Learnt, Step, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import { ago, mine } from '../../domain/access-arbitraries.ts'
import { learned, wishes } from './arbitrary-facts.ts'

/** How the world outside answers throughout one evaluation. */
export type Truth = Required<Pick<Learnt, 'listing' | 'foreign' | 'history' | 'admission'>> & {
  /** What the links say on the live account. */
  readonly live: Wish
  readonly doesCheckPass: boolean
  readonly doesBrakeAnswer: boolean
  readonly request: 'SUCCEEDED' | 'FAILED' | 'lost' | 'still'
  readonly answer: 'SUCCEEDED' | 'FAILED' | 'not-now' | 'unknown' | 'lost'
}

export const truths: fc.Arbitrary<Truth> = fc.record({
  listing: learned.listing,
  foreign: learned.foreign,
  history: learned.history,
  admission: learned.admission,
  live: wishes.map((wish): Wish => ('isLive' in wish ? { ...wish, isLive: true } : wish)),
  doesCheckPass: fc.boolean(),
  doesBrakeAnswer: fc.boolean(),
  request: fc.constantFrom('SUCCEEDED', 'FAILED', 'lost', 'still'),
  answer: fc.constantFrom('SUCCEEDED', 'SUCCEEDED', 'FAILED', 'not-now', 'unknown', 'lost'),
})

/** Refusals in passing end after five minutes; here after so many. */
const refusalsMost = 3
const at = ago(0)

/** What `perform` does, on the facts alone: reads answer from `truth`, writes change the entry. */
export function performOnFacts(
  step: Exclude<Step, { do: 'finish' }>,
  facts: Facts,
  truth: Truth,
  refusals: number,
): { readonly facts: Facts; readonly refusals: number } {
  const done = (change: Partial<Facts>) => ({ facts: { ...facts, ...change }, refusals })
  const know = (learnt: Learnt, of = facts) => ({ facts: { ...of, known: { ...of.known, ...learnt } }, refusals })
  const live = { wish: truth.live, ...again(facts) }
  const { entry } = facts
  switch (step.do) {
    case 'learn':
      return know(step.what === 'request' ? { request: 'not-found' } : { [step.what]: truth[step.what] })
    case 'ask the brake':
      // The links say something else now: once.
      if (!truth.doesBrakeAnswer && refusals === 0) return { facts: { ...facts, ...live }, refusals: 1 }
      return know({ admission: truth.admission })
    case 'look at the live account':
      return done(live)
    case 'wait for the request': {
      if (truth.request === 'still') return know({ request: 'in-progress' })
      return { facts: endCall({ ...facts, inProgress: undefined, prepared: undefined }, truth.request), refusals }
    }
    case 'prepare':
      return done({ entry: prepare(facts, step), prepared: { kind: step.kind, isChecked: false } })
    case 'check': {
      if (truth.doesCheckPass && facts.prepared) return done({ prepared: { ...facts.prepared, isChecked: true } })
      // The entry is as before: without it, or without the call.
      const before = entry?.grantedAt ? { ...entry, call: undefined } : undefined
      return done({ entry: before, ...live, wish: { is: 'unwanted', isLive: true } })
    }
    case 'call':
      return call(facts, truth, refusals)
    case 'confirm':
      return done({ entry: confirm(facts, step) })
    case 'forget':
    case 'give back':
      return done({ entry: undefined, known: {} })
    case 'leave to others':
      return done({ entry: undefined, known: { rest: { result: 'foreign' } } })
    case 'forget what was foreign':
      return know({ foreign: 'none' })
    case 'report a contradiction': {
      const lost: LedgerEntry = { ...fresh, state: 'failed', links: [...step.links] }
      const told: LedgerEntry = { ...(entry ?? lost), state: 'failed' }
      return know({ rest: { result: 'open', reason: 'history' } }, { ...facts, entry: told })
    }
    case 'hold':
    case 'put off': {
      const rest = { result: step.do === 'hold' ? ('held' as const) : ('open' as const), reason: step.reason }
      const state = step.do === 'hold' ? 'held' : step.state
      return know({ rest }, { ...facts, entry: entry && state ? { ...entry, state, reason: step.reason } : entry })
    }
    default:
      return step satisfies never
  }
}

const fresh = { v: 1 as const, ...mine, attempts: 0, updatedAt: at }

function call(facts: Facts, { answer }: Truth, refusals: number): ReturnType<typeof performOnFacts> {
  const sent: Facts = { ...facts, prepared: undefined }
  switch (answer) {
    case 'not-now':
    case 'unknown': {
      const paused = { ...facts, ...again(facts) }
      const isOver = refusals + 1 >= refusalsMost
      const rest = { result: 'open' as const, reason: 'busy' }
      return { facts: isOver ? { ...paused, known: { rest } } : paused, refusals: refusals + 1 }
    }
    case 'lost':
      return { facts: { ...sent, known: { ...sent.known, rest: { result: 'open', reason: 'unknown' } } }, refusals }
    default:
      return { facts: endCall(sent, answer), refusals }
  }
}

/** What stays known when everything is gathered again: what was put off or held. */
function again({ known: { rest } }: Facts): Pick<Facts, 'known' | 'prepared'> {
  return { known: { rest }, prepared: undefined }
}

function prepare({ entry: known, wish }: Facts, step: Extract<Step, { do: 'prepare' }>): LedgerEntry {
  const call: AssignmentCall = { kind: step.kind, calledAt: at }
  if (step.kind === 'deletion')
    return {
      ...fresh,
      links: [],
      ...known,
      state: 'revoking',
      call,
      grantedAt: known?.grantedAt ?? at,
      missingSince: undefined,
    }
  const { grantedAt } = (step.wasLost ? undefined : known) ?? {}
  const links = wish.is === 'wanted' ? [...wish.links] : []
  return { ...fresh, state: 'granting', links, call, lastCreation: call, grantedAt }
}

function endCall(facts: Facts, outcome: 'SUCCEEDED' | 'FAILED' | 'lost'): Facts {
  const { entry, known } = facts
  if (!entry?.call || entry.call.outcome !== undefined) return facts
  if (outcome === 'lost') return { ...facts, known: { ...known, request: 'lost' } }
  const ended = { ...entry.call, answeredAt: entry.call.answeredAt ?? at, endedAt: at, outcome }
  const made = outcome === 'FAILED' && !entry.grantedAt ? undefined : entry.lastCreation
  const lastCreation = ended.kind === 'creation' ? (outcome === 'FAILED' ? made : ended) : entry.lastCreation
  const failure = outcome === 'FAILED' ? { reason: 'AWS says no' } : known.failure
  return { ...facts, entry: { ...entry, call: ended, lastCreation }, known: { ...known, failure } }
}

function confirm({ entry }: Facts, { links, until }: Extract<Step, { do: 'confirm' }>): LedgerEntry | undefined {
  if (!entry) return entry
  const made = entry.call?.kind === 'creation' && entry.call.outcome !== 'FAILED' ? entry.call : undefined
  const succeeded = (one: AssignmentCall): AssignmentCall => ({ ...one, answeredAt: at, outcome: 'SUCCEEDED' })
  const { openUntil } = entry
  const isEarlier = openUntil !== undefined && openUntil > at && until && openUntil < until.toISOString()
  return {
    ...entry,
    state: 'granted',
    reason: undefined,
    links: [...links],
    call: made && succeeded(made),
    lastCreation: entry.lastCreation && succeeded(entry.lastCreation),
    grantedAt: entry.grantedAt ?? at,
    missingSince: undefined,
    orphanedAt: until ? (entry.orphanedAt ?? at) : undefined,
    openUntil: isEarlier ? openUntil : until?.toISOString(),
  }
}
