import { hoursOf, sayDuration, sayInstant } from './say.ts'
import type { Names, PastRequest, ToldAbout, ToldRequest } from './told.ts'

export type RequestState = 'new' | 'waiting' | 'granted' | 'refused' | 'over' | 'ending'
export type RequestAction = 'finish' | 'extend' | 'withdraw'

/**
 * | file    | status                         | state                                |
 * | ------- | ------------------------------ | ------------------------------------ |
 * | deleted | any                            | ending                               |
 * | there   | none, or of an earlier upload  | new: nothing of the status holds     |
 * | there   | waiting                        | waiting                              |
 * | there   | applied                        | granted                              |
 * | there   | expired                        | over                                 |
 * | there   | rejected, or any other         | refused                              |
 */
export function stateOf({ file, status }: ToldRequest): RequestState {
  if (file === null) return 'ending'
  if (status === null || status.etag !== file.etag) return 'new'
  if (status.state === 'waiting') return 'waiting'
  if (status.state === 'applied') return 'granted'
  return status.state === 'expired' ? 'over' : 'refused'
}

export const sayState: Readonly<Record<RequestState, string>> = {
  new: 'Sent',
  waiting: 'Waiting',
  granted: 'Granted',
  refused: 'Refused',
  over: 'Over',
  ending: 'Ending',
}

/** How many approvals a waiting request has, and until when. */
export function sayProgress(told: ToldRequest): string | undefined {
  const { approvals, lapsesAt } = told.status?.request ?? {}
  if (stateOf(told) !== 'waiting' || approvals === undefined) return undefined
  const given = `${sayApprovals(told)} approvals`
  return lapsesAt === undefined ? given : `${given}, until ${sayInstant(lapsesAt)}`
}

export function sayApprovals({ status }: ToldRequest): string {
  const { given, needed } = status?.request?.approvals ?? {}
  return given === undefined ? '' : `${given.length} of ${needed}`
}

/** The accounts of a wide scope that an approval is for. `names`: by id. */
export function sayShown({ status }: ToldRequest, names: Names['accounts']): string | undefined {
  const { scope } = status?.request ?? {}
  if (scope === undefined) return undefined
  const few = scope.accounts.slice(0, shownMost).map((id) => names[id] ?? id)
  const rest = scope.count > few.length ? [`${scope.count - few.length} more`] : []
  return `${scope.count}: ${[...few, ...rest].join(', ')}`
}

const shownMost = 20

/** What else the author of a request has where it asks for access. */
export function sayOthers({ rows, isCut }: Pick<ToldAbout, 'rows' | 'isCut'>): string {
  const told = rows.map(({ permissionSet, type, principal, giver }) => {
    return `${permissionSet}${type === 'GROUP' ? ` through ${principal}` : ''}${giver === 'temporary' ? ' (temporary)' : ''}`
  })
  return [...told, ...(isCut ? ['and more'] : [])].join(', ') || 'Nothing'
}

/** The facts that a decision rests on. `about`: absent in `ssofile browse`, which does not read it. */
export function factsOfDecision(
  told: ToldRequest,
  about: Pick<ToldAbout, 'risks' | 'rows' | 'isCut' | 'allows'> | undefined,
  nowMs: number,
): readonly (readonly [string, string])[] {
  const { duration = '', startsAt } = told.requestDetails ?? {}
  const fromMs = Math.max(nowMs, startsAt === undefined ? 0 : Date.parse(startsAt))
  const until = sayInstant(new Date(fromMs + hoursOf(duration) * hourMs).toISOString())
  const runs = runsUntil(told, nowMs)
  const risks = about?.risks.map(({ label, why }) => `${label} (${why})`).join(', ')
  return [
    ['Risk', about ? risks || 'None that ssofile knows' : 'Not known: ssofile browse does not read it'],
    ['Has there now', about ? sayOthers(about) : 'Not known: ssofile browse does not read it'],
    ['What it allows', about ? (about.allows ?? noFile) : ''],
    ['For how long', startsAt ? `${sayDuration(duration)}, from ${sayInstant(startsAt)}` : sayDuration(duration)],
    ['Extension', runs ? `The access runs until ${sayInstant(runs)} now` : ''],
    [runs ? 'Runs afterwards until' : 'Runs until', `${until}, if it is granted now`],
  ]
}

const hourMs = 60 * 60_000
export const noFile = 'Not known: ssofile has no file of this permission set'

/** Who approved or denied a request of the past. */
export function decidersOf({ events }: PastRequest): string {
  const decisions = events.filter(({ event }) => event === 'approved' || event === 'denied')
  return decisions.map(({ by }) => by?.name ?? by?.user ?? '').join(', ')
}

/** Until when access that was granted before goes on, while its extension waits. */
export function runsUntil({ status }: ToldRequest, nowMs: number): string | undefined {
  const until = status?.request?.runsUntil
  return until !== undefined && Date.parse(until) > nowMs ? until : undefined
}

/**
 * What the author of a request may do with it.
 *
 * | state                                          | acts                                    |
 * | ---------------------------------------------- | --------------------------------------- |
 * | ending                                         | none                                    |
 * | any but new, and access from before goes on    | withdraw the extension, end now         |
 * | granted                                        | extend, if the eligibility is there; end now |
 * | waiting or new                                 | withdraw                                |
 * | refused or over                                | remove                                  |
 */
export function ownActs(
  told: ToldRequest,
  { mayExtend, nowMs }: { readonly mayExtend: boolean; readonly nowMs: number },
): readonly { readonly does: RequestAction; readonly label: string }[] {
  const state = stateOf(told)
  if (state === 'ending') return []
  const end = { does: 'finish', label: 'End now' } as const
  if (runsUntil(told, nowMs) !== undefined && state !== 'new')
    return [{ does: 'withdraw', label: 'Withdraw extension' }, end]
  if (state === 'granted') return mayExtend ? [{ does: 'extend', label: 'Extend' }, end] : [end]
  return [{ does: 'finish', label: state === 'waiting' || state === 'new' ? 'Withdraw' : 'Remove' }]
}

/** ssofile counts an approval for exactly the shown request: only one that it has evaluated, by its digest. */
export function digestOf(told: ToldRequest): string | undefined {
  const state = stateOf(told)
  return state === 'new' || state === 'ending' ? undefined : told.status?.request?.digest
}

const outcomes: Readonly<Record<PastRequest['outcome'], string>> = {
  asked: 'Waiting',
  approved: 'Approved',
  granted: 'Granted',
  refused: 'Refused',
  denied: 'Denied',
  lapsed: 'Nobody decided in time',
  withdrawn: 'Withdrawn',
  finished: 'Ended early',
  ended: 'Ended',
}

export function sayOutcome(outcome: PastRequest['outcome']): string {
  return outcomes[outcome]
}
