import fc from 'fast-check'
import {
  type Access,
  type AccessIds,
  type AssignmentCall,
  findAccess,
  isSameAccess,
  type LedgerEntry,
  withAccess,
  withoutAccess,
} from '../../../../shared/domain/ledger-entry.ts'
import type { Known, Question, Step, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import { ago, mine, theirs, third } from '../../domain/access-arbitraries.ts'
import { learned, type PlainFacts, wishes } from './arbitrary-facts.ts'

/** How the world outside answers throughout one evaluation. */
export type Truth = {
  readonly of: readonly (readonly [AccessIds, Required<Known>])[]
  /** What the links say on the live account. */
  readonly live: Wish
  readonly doesCheckPass: boolean
  readonly request: 'SUCCEEDED' | 'FAILED' | 'lost' | 'still'
  readonly answer: 'SUCCEEDED' | 'FAILED' | 'quota' | 'not-now' | 'unknown' | 'lost'
}

export const truths: fc.Arbitrary<Truth> = fc.record({
  of: fc.tuple(...[mine, theirs, third].map((ids) => fc.tuple(fc.constant(ids), fc.record(learned)))),
  live: wishes.map((wish): Wish => (wish.is === 'unwanted' ? { ...wish, isLive: true } : wish)),
  doesCheckPass: fc.boolean(),
  request: fc.constantFrom('SUCCEEDED', 'FAILED', 'lost', 'still'),
  answer: fc.constantFrom('SUCCEEDED', 'SUCCEEDED', 'FAILED', 'quota', 'not-now', 'unknown', 'lost'),
})

/** Refusals in passing end after five minutes; here after so many. */
const refusalsMost = 3
const at = ago(0)

const factsOf: Readonly<Record<Question, keyof Known>> = {
  listing: 'listing',
  whereabouts: 'whereabouts',
  heir: 'heir',
  elsewhere: 'elsewhere',
  foreign: 'foreign',
  history: 'history',
  request: 'request',
  admission: 'admission',
}

/** What `perform` does, on the facts alone: reads answer from `truth`, writes change the entry. */
export function performOnFacts(
  step: Exclude<Step, { do: 'finish' | 'start again later' }>,
  facts: PlainFacts,
  truth: Truth,
  refusals: number,
): { readonly facts: PlainFacts; readonly refusals: number } {
  const done = (change: Partial<PlainFacts>) => ({ facts: { ...facts, ...change }, refusals })
  if (step.do === 'look at the live account') return done({ wish: truth.live, ...again(facts) })
  const { ids } = step
  const access = findAccess(facts.entry, ids)
  const learn = (known: Known, of = facts) => know(of, ids, known)
  switch (step.do) {
    case 'learn': {
      const key = factsOf[step.what]
      const answer = step.what === 'request' ? 'not-found' : truthOf(truth, ids)[key]
      return { facts: learn({ [key]: answer }), refusals }
    }
    case 'wait for the request': {
      if (truth.request === 'still') return { facts: learn({ request: 'in-progress' }), refusals }
      const over = { ...facts, inProgress: [], prepared: undefined }
      return { facts: endCall(over, ids, truth.request), refusals }
    }
    case 'prepare':
      return done({
        entry: prepare(facts, step),
        prepared: { ids, kind: step.kind, isChecked: false },
      })
    case 'check': {
      if (truth.doesCheckPass && facts.prepared) return done({ prepared: { ...facts.prepared, isChecked: true } })
      // The entry is as before: without it, or without the call.
      const entry = access?.grantedAt ? change(facts.entry, { ...access, call: undefined }) : drop(facts.entry, ids)
      return done({ entry, wish: { is: 'unwanted', isLive: true }, ...again(facts) })
    }
    case 'call': {
      const sent = { ...facts, prepared: undefined }
      if (truth.answer === 'not-now' || truth.answer === 'unknown') {
        const paused = { ...facts, ...again(facts) }
        const isOver = refusals + 1 >= refusalsMost
        const rest = { result: 'open' as const, reason: 'busy' }
        return { facts: isOver ? know(paused, ids, { rest }) : paused, refusals: refusals + 1 }
      }
      if (truth.answer === 'lost')
        return { facts: know(sent, ids, { rest: { result: 'open', reason: 'unknown request' } }), refusals }
      if (truth.answer !== 'quota') return { facts: endCall(sent, ids, truth.answer), refusals }
      const failed = endCall(sent, ids, 'FAILED')
      return { facts: know(failed, ids, { failure: { reason: 'no room', isQuota: true } }), refusals }
    }
    case 'confirm':
      return done({ entry: confirm(facts, step) })
    case 'forget':
    case 'give back':
    case 'move to':
      return done({ entry: drop(facts.entry, ids) })
    case 'leave to others':
      return { facts: learn({ rest: { result: 'foreign' } }, { ...facts, entry: drop(facts.entry, ids) }), refusals }
    case 'forget what was foreign':
      return { facts: learn({ foreign: 'none' }), refusals }
    case 'report a contradiction': {
      const lost: Access = { ...ids, state: 'failed', links: [...step.links] }
      const entry = change(facts.entry, { ...(access ?? lost), state: 'failed' }, access === undefined)
      return { facts: learn({ rest: { result: 'open', reason: 'history' } }, { ...facts, entry }), refusals }
    }
    case 'ask elsewhere':
    case 'hold':
    case 'put off': {
      const rest = { result: step.do === 'hold' ? ('held' as const) : ('open' as const), reason: step.reason }
      const state = step.do === 'hold' ? 'held' : step.do === 'put off' ? step.state : undefined
      const entry = access && state ? change(facts.entry, { ...access, state, reason: step.reason }) : facts.entry
      return { facts: learn({ rest }, { ...facts, entry }), refusals }
    }
    default:
      return step satisfies never
  }
}

function truthOf({ of }: Truth, ids: AccessIds): Required<Known> {
  const found = of.find(([one]) => isSameAccess(one, ids))
  if (!found) throw new Error('the truth knows each access')
  return found[1]
}

/** What stays known when everything is gathered again: what was put off or held. */
function again({ known }: PlainFacts): Pick<PlainFacts, 'known' | 'prepared'> {
  const rests = known.flatMap(([ids, { rest }]) => (rest ? [[ids, { rest }] as const] : []))
  return { known: rests, prepared: undefined }
}

function know(facts: PlainFacts, ids: AccessIds, learned: Known): PlainFacts {
  const before = facts.known.find(([one]) => isSameAccess(one, ids))?.[1]
  const others = facts.known.filter(([one]) => !isSameAccess(one, ids))
  return { ...facts, known: [...others, [ids, { ...before, ...learned }]] }
}

function change(entry: LedgerEntry | undefined, access: Access, first = false): LedgerEntry {
  return { attempts: 0, updatedAt: at, ...entry, accesses: withAccess(entry, access, { first }) }
}

function drop(entry: LedgerEntry | undefined, ids: AccessIds): LedgerEntry | undefined {
  const accesses = entry && withoutAccess(entry, ids)
  return accesses && { ...entry, accesses }
}

function prepare({ entry }: PlainFacts, step: Extract<Step, { do: 'prepare' }>): LedgerEntry {
  const { kind, ids, links, wasLost } = step
  const known = findAccess(entry, ids)
  const call: AssignmentCall = { kind, calledAt: at }
  const { principalId, permissionSetArn } = ids
  const { grantedAt, lastCreation, orphanedAt } = (wasLost ? undefined : known) ?? {}
  const common = { principalId, permissionSetArn, links: [...links], call, orphanedAt }
  return kind === 'creation'
    ? change(entry, { ...common, state: 'granting', lastCreation: call, grantedAt }, true)
    : change(entry, { ...common, state: 'revoking', lastCreation, grantedAt: grantedAt ?? at })
}

function endCall(facts: PlainFacts, ids: AccessIds, outcome: 'SUCCEEDED' | 'FAILED' | 'lost'): PlainFacts {
  const access = findAccess(facts.entry, ids)
  if (!access?.call || access.call.outcome !== undefined) return facts
  if (outcome === 'lost') return know(facts, ids, { request: 'lost' })
  const call = { ...access.call, answeredAt: access.call.answeredAt ?? at, endedAt: at, outcome }
  const made = outcome === 'FAILED' && !access.grantedAt ? undefined : access.lastCreation
  const lastCreation = call.kind === 'creation' ? (outcome === 'FAILED' ? made : call) : access.lastCreation
  const ended = { ...facts, entry: change(facts.entry, { ...access, call, lastCreation }) }
  return outcome === 'FAILED' ? know(ended, ids, { failure: { reason: 'AWS says no', isQuota: false } }) : ended
}

function confirm(facts: PlainFacts, { ids, links, until }: Extract<Step, { do: 'confirm' }>): LedgerEntry | undefined {
  const { entry, wish } = facts
  const access = findAccess(entry, ids)
  if (!entry || !access) return entry
  const made = access.call?.kind === 'creation' && access.call.outcome !== 'FAILED' ? access.call : undefined
  const succeeded = (one: AssignmentCall): AssignmentCall => ({ ...one, answeredAt: at, outcome: 'SUCCEEDED' })
  const confirmed: Access = {
    ...access,
    state: 'granted',
    reason: undefined,
    links: [...links],
    call: made && succeeded(made),
    lastCreation: access.lastCreation && succeeded(access.lastCreation),
    grantedAt: access.grantedAt ?? at,
    missingSince: undefined,
    orphanedAt: until ? (access.orphanedAt ?? at) : undefined,
  }
  const changed = change(entry, confirmed, wish.is === 'wanted')
  const earlier =
    entry.openUntil && entry.openUntil > at && until && entry.openUntil < until.toISOString()
      ? entry.openUntil
      : until?.toISOString()
  return { ...changed, openUntil: earlier ?? (changed.accesses.length > 1 ? entry.openUntil : undefined) }
}
