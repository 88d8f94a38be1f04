import type { Access } from './ledger-entry.ts'

/** A listing by Identity Center: whether it had the access, and when it was taken. */
export type Listing = { readonly isListed: boolean; readonly at: Date }

/** Identity Center's listings may lag behind its own writes (botocore: a write "did not have time to propagate"). */
export const settlingMs = 5 * 60_000
/** A call at this instant may still take effect, or not be listed yet. */
export const isSettling = (calledAt: string, now: Date) => now.getTime() - Date.parse(calledAt) < settlingMs
/** A look at the inputs is valid this long, so access goes at most half a minute after the look (PROMISES.md, 3). */
export const liveMs = 20_000
/** An unanswered creation may take effect this long (design, promise 2). */
export const unansweredMs = 15 * 60_000

/**
 * `there`: it is there, and ours. `gone`: it is not there. `foreign`: it is there, and someone else made it.
 * `look`: only a listing can tell. `settling`: a listing contradicts our calls, and it is too early to believe it.
 * `maybe`: a call got no answer, and it is too early to believe a listing.
 */
export type Proof = 'there' | 'gone' | 'foreign' | 'look' | 'settling' | 'maybe'

/** A listing taken after this time counts, even against our own calls. */
export function settlesAt({ call, grantedAt }: Pick<Access, 'call' | 'grantedAt'>): Date {
  const last = call?.endedAt ?? call?.answeredAt ?? call?.calledAt ?? grantedAt
  return new Date(last === undefined ? 0 : Date.parse(last) + settlingMs)
}

/** Until when an unanswered creation may still take effect. `undefined`: there is none. */
export function mayAppearUntil({ lastCreation, unansweredAt }: Access): Date | undefined {
  const isAnswered = lastCreation === undefined || lastCreation.answeredAt !== undefined
  const calledAt = isAnswered ? unansweredAt : lastCreation.calledAt
  return calledAt === undefined ? undefined : new Date(Date.parse(calledAt) + unansweredMs)
}

function isLearntLate({ calledAt, endedAt }: NonNullable<Access['call']>): boolean {
  return endedAt !== undefined && Date.parse(endedAt) - Date.parse(calledAt) > settlingMs
}

/** ssofile gave the access, or sent a creation that may have given it. */
export function claims({ grantedAt, lastCreation }: Access): boolean {
  return grantedAt !== undefined || lastCreation !== undefined
}

/** ssofile may have given the access: it was granted, or a creation was sent and is not known to have failed. */
export function isOurs(access: Access): boolean {
  return claims(access) || mayAppearUntil(access) !== undefined
}

/**
 * Whether one access of the ledger is there. A SUCCEEDED request proves it. A FAILED request changed nothing. A listing that
 * contradicts our calls counts only if it was taken after the settling time. A request in progress has no row: ssofile waits for
 * it first.
 *
 * | last call | outcome                             | not looked | listed                   | not listed        |
 * | --------- | ----------------------------------- | ---------- | ------------------------ | ----------------- |
 * | creation  | SUCCEEDED (or adopted: no call)     | there      | there                    | there   → gone    |
 * | creation  | the same, but a drift check lacks it| look       | there                    | settling → gone   |
 * | creation  | unknown                             | maybe      | maybe → there            | maybe   → gone    |
 * | creation  | FAILED or not sent, never granted   | look       | settling → foreign       | gone              |
 * | creation  | FAILED, something before            | look       | there                    | settling → gone   |
 * | deletion  | SUCCEEDED                           | gone       | gone    → foreign        | gone              |
 * | deletion  | SUCCEEDED, learnt late              | look       | settling → foreign       | gone              |
 * | deletion  | SUCCEEDED, a creation unanswered    | look       | settling → there         | settling → gone   |
 * | deletion  | unknown                             | maybe      | maybe → there            | maybe   → gone    |
 * | deletion  | FAILED                              | look       | maybe → there            | settling → gone   |
 *
 * (A deletion FAILED: perhaps because an earlier one, which got no answer, had taken the access away.)
 * (Something before: it was granted, or an earlier creation got no answer. That creation may have taken effect within 15 minutes,
 * however late somebody looks.)
 * (Learnt late: we learnt the outcome later than one settling time after the call. Others may have given the access since.)
 * (a → b: `a` from a listing before the settling time has passed, `b` from one after it.)
 */
export function proveAccess(access: Access, listing: Listing | undefined): Proof {
  const { call, missingSince } = access
  const isSettled = listing !== undefined && listing.at >= settlesAt(access)
  const judge = (row: { notLooked: Proof; listed: Proof; notListed: Proof }): Proof => {
    if (listing === undefined) return row.notLooked
    return listing.isListed ? row.listed : row.notListed
  }
  const believed = <P extends Proof>(before: P, after: Proof): Proof => (isSettled ? after : before)
  const uncertain = { notLooked: 'look', listed: 'there', notListed: believed('settling', 'gone') } as const
  if (!isOurs(access)) return judge({ notLooked: 'look', listed: believed('settling', 'foreign'), notListed: 'gone' })
  if (call !== undefined && call.outcome === undefined)
    return judge({ notLooked: 'maybe', listed: believed('maybe', 'there'), notListed: believed('maybe', 'gone') })
  if (call?.outcome === 'FAILED')
    return judge(call.kind === 'deletion' ? { ...uncertain, listed: believed('maybe', 'there') } : uncertain)
  if (call?.kind === 'deletion') {
    if (mayAppearUntil(access) !== undefined)
      return judge({
        notLooked: 'look',
        listed: believed('settling', 'there'),
        notListed: believed('settling', 'gone'),
      })
    if (isLearntLate(call))
      return judge({ notLooked: 'look', listed: believed('settling', 'foreign'), notListed: 'gone' })
    return judge({ notLooked: 'gone', listed: believed('gone', 'foreign'), notListed: 'gone' })
  }
  if (missingSince !== undefined) return judge(uncertain)
  return judge({ notLooked: 'there', listed: 'there', notListed: believed('there', 'gone') })
}
