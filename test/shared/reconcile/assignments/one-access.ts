import {
  beginCreation,
  beginDeletion,
  changeCall,
  confirmAccess,
  endCall,
  grantedInstant,
  holdAccess,
  isLost,
  revokedInstant,
  wasThere,
} from '../../../../shared/domain/assignments/access-changes.ts'
import { claims, settlesAt, settlingMs } from '../../../../shared/domain/assignments/access-proof.ts'
import type { Access, GrantingLink, LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { exempt } from '../../../../shared/domain/brake/admission.ts'
import type { RequestKind } from '../../../../shared/ports/sso-admin.ts'
import type { Facts, Learnt, Step, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import type { LastWord } from '../../../../shared/reconcile/records/history.ts'
import { linkNamed, mine } from '../../domain/access-arbitraries.ts'

const minuteMs = 60_000
const beganMs = Date.parse('2026-03-03T00:00:00Z')
const graceMs = 60 * minuteMs

/** A request that Identity Center has. Nobody knows whether one that is late will arrive. */
export type Request = {
  readonly kind: RequestKind
  readonly calledAt: string
}
export type Done = { readonly calledAt: string; readonly outcome: 'SUCCEEDED' | 'FAILED' }

/** One evaluation, as far as it is in memory. `was`: what links have asked since it began. */
export type Run = {
  readonly known: Learnt
  readonly wish: Wish
  readonly prepared?: Facts['prepared'] | undefined
  readonly before?: LedgerEntry | undefined
  /** The entry with an outcome that the next write records. */
  readonly ahead?: LedgerEntry | undefined
  readonly sees?: RequestKind | undefined
  readonly was: 'asked throughout' | 'never asked' | 'both'
  readonly refusals: number
}

/** One account assignment: what links ask, what Identity Center has, what ssofile has written, and an evaluation of it. */
export type State = {
  /** Seconds since the beginning. */
  readonly second: number
  readonly links: readonly string[]
  readonly isGone: boolean
  /** `either`: others gave it while the ledger said that it was there: nobody can tell it from ours. */
  readonly there?: 'ours' | 'theirs' | 'either' | undefined
  /** Others have taken away what was ours. */
  readonly isMeddledWith?: true | undefined
  /** Until this second a listing may show what was before. */
  readonly lag?: { readonly isListed: boolean; readonly until: number } | undefined
  /** In progress. */
  readonly request?: Request | undefined
  /** What became of the last call that the ledger knows. Identity Center tells it of each id. */
  readonly done?: Done | undefined
  /** A call that is on its way for long. */
  readonly late?: Request | undefined
  readonly entry?: LedgerEntry | undefined
  readonly foreign?: readonly GrantingLink[] | undefined
  readonly history:
    | Exclude<LastWord, { says: 'ended' }>
    | (Omit<Extract<LastWord, { says: 'ended' }>, 'ageMs'> & { readonly second: number })
  readonly run?: Run | undefined
}

export const beginning: State = { second: 0, links: [], isGone: false, history: { says: 'nothing' } }

/** Nothing is known of it but the time. */
export const stateAt = (now: Date): State => ({ ...beginning, second: (now.getTime() - beganMs) / 1000 })

export const nowOf = ({ second }: State): Date => new Date(beganMs + second * 1000)
const instantOf = (state: State): string => nowOf(state).toISOString()
export const isAsked = ({ links, isGone }: State): boolean => links.length > 0 && !isGone

const wishOf = ({ links, isGone }: State): Wish => {
  const named = links.map(linkNamed)
  if (named.length === 0) return { is: 'unwanted', isLive: true }
  return isGone
    ? { is: 'lacking', links: named }
    : { is: 'wanted', permissionSetArn: mine.permissionSetArn, links: named }
}

/** A hint has come: everything is gathered. What is in progress is known from a list. */
export function begin(state: State): State {
  const { request } = state
  const sees = request?.kind
  const was = isAsked(state) ? 'asked throughout' : 'never asked'
  return { ...state, run: { known: {}, wish: wishOf(state), sees, was, refusals: 0 } }
}

export function factsOf(state: State, { known, wish, prepared, sees, ahead }: Run): Facts {
  return {
    now: nowOf(state),
    entry: ahead ?? state.entry,
    wish,
    isPrincipalGone: state.isGone,
    account: 'active',
    known,
    inProgress: sees,
    prepared,
    mayStart: true,
    onDrift: 'restore',
    graceMs,
  }
}

/** Links, or the directory, have changed. */
export function noteAsked(state: State): State {
  const { run } = state
  if (!run) return state
  const is = isAsked(state) ? 'asked throughout' : 'never asked'
  return { ...state, run: { ...run, was: run.was === is ? is : 'both' } }
}

/** The writes of one step, in order; each is a state in which the process may die. The last has the evaluation as it goes on. */
export type Outcome = { readonly label: string; readonly states: readonly State[] }

/** All that may come of one step. None: it waits. */
export function perform(written: State, { ahead, ...run }: Run, step: Step): readonly Outcome[] {
  const entry = ahead ?? written.entry
  const isRead = ['learn', 'ask the brake', 'wait for the request'].includes(step.do)
  // The entry is read again: what was only in memory is asked for again.
  if (ahead && step.do === 'look at the live account') return perform(written, run, step)
  // What only reads leaves the outcome in memory; the first write records it.
  if (isRead && ahead)
    return perform({ ...written, entry: ahead }, run, step).map(({ label, states }) => ({
      label,
      states: states.map((one) => ({ ...one, entry: written.entry, run: one.run && { ahead, ...one.run } })),
    }))
  if (ahead)
    // Until the ledger is written, it does not say what is in memory.
    return perform({ ...written, entry: ahead }, run, step).map(({ label, states }) => ({
      label,
      states: states.map((one, nth) =>
        nth < states.length - 1 && one.entry === ahead ? { ...one, entry: written.entry } : one,
      ),
    }))
  const state: State = written
  const one = (...states: readonly State[]): readonly Outcome[] => [{ label: step.do, states }]
  const goOn = (change: Partial<Run>, of = state): State => ({ ...of, run: { ...run, ...change } })
  const know = (known: Learnt, of = state) => goOn({ known: { ...run.known, ...known } }, of)
  switch (step.do) {
    case 'finish':
      return one({ ...state, run: undefined })
    case 'learn':
      return step.what === 'listing'
        ? listingsOf(state).map((isListed) => ({
            label: isListed ? 'it is listed' : 'it is not listed',
            // What a listing has shown once, later ones show too.
            states: [
              know(
                { listing: { isListed, at: nowOf(state) } },
                isListed === (state.there !== undefined) ? { ...state, lag: undefined } : state,
              ),
            ],
          }))
        : one(learn(state, run, step.what))
    case 'ask the brake':
      return [
        { label: 'the brake lets it pass', states: [know({ admission: exempt('temporary access has ended') })] },
        { label: 'the brake has it evaluated again', states: [again(state, run, {})] },
      ]
    case 'look at the live account':
      return one(again(written, run, {}))
    case 'wait for the request':
      return awaitRequest(state, run)
    case 'prepare':
      return one(...prepare(state, run, step))
    case 'check': {
      const wish = wishOf(state)
      if (wish.is === 'wanted' && run.prepared && !(run.before === undefined && state.foreign))
        return one(goOn({ wish: { ...wish, links: wish.links }, prepared: { ...run.prepared, isChecked: true } }))
      return one(again({ ...state, entry: undone(run) }, run, {}))
    }
    case 'call':
      return call(state, run, step.kind)
    case 'confirm':
      return one(...confirm(state, run, step))
    case 'forget': {
      const isTold = step.as === 'revoked' && entry && (wasThere(entry) || isLost(entry))
      const told = isTold ? tellRevoked(state, entry) : state
      return one(told, goOn({ known: {} }, { ...told, entry: undefined }))
    }
    case 'leave to others': {
      const told = entry && wasThere(entry) ? tellRevoked(state, entry) : state
      const recorded = { ...told, foreign: step.links }
      return one(told, recorded, know({ rest: { result: 'foreign' } }, { ...recorded, entry: undefined }))
    }
    case 'forget what was foreign':
      return one(know({ foreign: 'none' }, { ...state, foreign: undefined }))
    case 'put off': {
      // The account takes changes: what was stuck is not any more.
      const unstuck = ({ state }: LedgerEntry) => (state === 'stuck' ? 'revoking' : state)
      const put = entry && { ...entry, state: step.state ?? unstuck(entry), reason: step.reason }
      return one(know({ rest: { result: 'open', reason: step.reason } }, { ...state, entry: put }))
    }
    case 'hold':
      return one(
        know(
          { rest: { result: 'held', reason: step.reason } },
          { ...state, entry: entry && holdAccess(entry, step.reason) },
        ),
      )
    case 'give back':
      return one(goOn({ known: {} }, { ...state, entry: undefined }))
    case 'report a contradiction': {
      const { links } = step
      const failed = { ...mine, links: [...links], ...entry, state: 'failed' as const, reason: 'history' }
      return one(know({ rest: { result: 'open', reason: 'history' } }, recorded(state, failed)))
    }
    default:
      return step satisfies never
  }
}

/** The entry before a call that was not taken. What the brake has let go is held no more. */
function undone({ before, prepared }: Run): LedgerEntry | undefined {
  const isLetGo = prepared?.kind === 'deletion' && before?.state === 'held'
  return isLetGo ? { ...before, state: 'granted', reason: undefined } : before
}

/** Everything is gathered again within one evaluation. */
function again(state: State, run: Run, keeps: Learnt): State {
  const known = { rest: run.known.rest, ...keeps }
  return { ...state, run: { ...run, known, wish: wishOf(state), prepared: undefined, before: undefined } }
}

function listingsOf({ there, lag, second }: State): readonly boolean[] {
  const is = there !== undefined
  return lag && second < lag.until && lag.isListed !== is ? [is, lag.isListed] : [is]
}

function learn(state: State, run: Run, what: 'foreign' | 'history' | 'request'): State {
  const { entry, foreign, history, request, second } = state
  const know = (known: Learnt, change: Partial<Run> = {}): State => ({
    ...state,
    run: { ...run, ...change, known: { ...run.known, ...known } },
  })
  if (what === 'foreign') {
    const links = run.wish.is === 'wanted' ? run.wish.links : []
    const isSame = foreign !== undefined && JSON.stringify(foreign) === JSON.stringify(links)
    return know({ foreign: isSame ? 'same' : foreign ? 'other' : 'none' })
  }
  if (what === 'request') {
    // By its id its end is known too; without one only what is in progress is listed.
    const isDone = entry?.call?.id !== undefined && state.done?.calledAt === entry.call.calledAt
    const sees = request?.kind ?? (isDone ? entry.call?.kind : undefined)
    return know({ request: 'not-found' }, { sees })
  }
  // Of a creation that is not confirmed, what history says is of an access before it.
  const isOfAnother =
    entry !== undefined &&
    claims(entry) &&
    entry.grantedAt === undefined &&
    !(history.says === 'ours' && history.at === grantedInstant(entry))
  if (isOfAnother) return know({ history: { says: 'nothing' } })
  return know({ history: history.says === 'ended' ? { ...history, ageMs: (second - history.second) * 1000 } : history })
}

/** `noteEnd`: in memory, the next write records it. */
function awaitRequest(state: State, run: Run): readonly Outcome[] {
  const { request, entry, done } = state
  if (request !== undefined) return []
  const isOwn = done !== undefined && entry?.call?.calledAt === done.calledAt && entry.call.outcome === undefined
  const goOn = (change: Partial<Run>): State => ({
    ...state,
    run: { ...run, sees: undefined, wish: wishOf(state), ...change },
  })
  if (!isOwn) return [{ label: 'it sees that a request is over', states: [goOn({})] }]
  const ahead = { ...entry, ...endCall(entry, { outcome: done.outcome, now: instantOf(state), id: 'request' }) }
  const known = done.outcome === 'FAILED' ? { ...run.known, failure: { reason: 'AWS says no' } } : run.known
  return [{ label: `it sees that the request ${done.outcome}`, states: [goOn({ ahead, known })] }]
}

const recorded = (state: State, access: Access): State => ({
  ...state,
  entry: { v: 1, attempts: 0, updatedAt: instantOf(state), ...access },
})

function prepare(state: State, run: Run, step: Extract<Step, { do: 'prepare' }>): readonly State[] {
  const { entry: before } = state
  const goOn = (of: State): State => ({
    ...of,
    run: { ...run, prepared: { kind: step.kind, isChecked: false }, before },
  })
  if (step.kind === 'deletion') {
    if (!before) throw new Error('nothing is deleted that the ledger has not')
    const told = before.grantedAt === undefined ? tellGranted(state, before) : state
    return [told, goOn(recorded(told, beginDeletion(before, before.links, instantOf(state))))]
  }
  if (run.wish.is !== 'wanted') throw new Error('nothing is created that no link asks for')
  const told = step.wasLost && before ? tellRevoked(state, before) : state
  const known = step.wasLost && before ? { ...before, grantedAt: undefined } : before
  // From now on a creation may have been sent: whether it made what is there, nobody can tell.
  const unsure: State = told.there === 'theirs' ? { ...told, there: 'either' } : told
  return [told, goOn(recorded(unsure, beginCreation(mine, known, run.wish.links, instantOf(state))))]
}

function tellRevoked(state: State, access: LedgerEntry): State {
  const at = revokedInstant(access) ?? (isLost(access) ? access.updatedAt : instantOf(state))
  return { ...state, history: { says: 'ended', event: 'revoked', at, second: state.second } }
}

function tellGranted(state: State, access: LedgerEntry): State {
  return { ...state, history: { says: 'ours', at: grantedInstant(access) ?? instantOf(state), links: access.links } }
}

/** Taken, taken without an answer, lost on its way, or refused in passing. */
function call(state: State, run: Run, kind: RequestKind): readonly Outcome[] {
  const { entry, request } = state
  if (!entry?.call) throw new Error('nothing is called that the ledger does not say')
  const sent = { kind, calledAt: entry.call.calledAt }
  const asked = { ...run, prepared: undefined, known: { ...run.known, request: undefined } }
  const taken: State = { ...state, request: sent }
  // What was not listed before the call stays known.
  const keeps = run.known.listing?.isListed === true ? {} : { listing: run.known.listing }
  const accepted = { ...entry, ...changeCall(entry, { id: 'request', answeredAt: instantOf(state) }) }
  // Identity Center refuses a second request while one is in progress.
  if (request)
    return [
      {
        label: 'the call is refused: one is in progress',
        states: [again({ ...state, entry: undone(run) }, { ...asked, sees: request.kind }, keeps)],
      },
    ]
  return [
    { label: `${kind} is taken`, states: [taken, { ...taken, entry: accepted, run: { ...asked, sees: kind } }] },
    {
      label: `${kind} is taken, and the answer is lost`,
      states: [again(taken, { ...asked, refusals: run.refusals + 1 }, keeps)],
    },
    {
      label: `${kind} is on its way for long`,
      states: [again({ ...state, late: sent }, { ...asked, refusals: run.refusals + 1 }, keeps)],
    },
  ]
}

function confirm(state: State, run: Run, { links, until }: Extract<Step, { do: 'confirm' }>): readonly State[] {
  const { entry } = state
  if (!entry) throw new Error('nothing is confirmed that the ledger has not')
  const ended = entry.missingSince === undefined ? state : tellRevoked(state, entry)
  const access = entry.missingSince === undefined ? entry : { ...entry, grantedAt: undefined }
  const told = access.grantedAt === undefined ? tellGranted(ended, { ...access, links: [...links] }) : ended
  const confirmed = confirmAccess(access, links, { now: instantOf(state), isOrphaned: until !== undefined })
  const written = recorded(told, { ...confirmed, ...(until && { openUntil: until.toISOString() }) })
  return [ended, told, { ...written, run }]
}

/** What drift checks do about access that somebody took away: of ours, and of others. */
export function checkDrift(state: State): State {
  const { entry, there, request, foreign } = state
  if (there !== undefined || request || state.run) return state
  if (foreign) return { ...state, foreign: undefined }
  if (!entry || !['granted', 'held', 'stuck'].includes(entry.state) || nowOf(state) < settlesAt(entry)) return state
  if (entry.missingSince !== undefined) return state
  const found = { ...entry, missingSince: instantOf(state) }
  const missing = entry.state === 'granted' ? { ...found, state: 'failed' as const, reason: 'gone' } : found
  return { ...state, entry: missing, lag: undefined }
}

export const settlingSeconds = settlingMs / 1000
