import type { PossibleSessions } from '../../../domain/deployment/trail-queries.ts'
import { accountId } from '../../../domain/organization/account-id.ts'
import { permissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../domain/principals/identity-center-ids.ts'
import type { RequestStory } from './request-story.ts'

/** IAM Identity Center User Guide, "Set session duration": twelve hours at most. */
const sessionMostMs = 12 * 60 * 60_000
/** A revocation takes seconds, and CloudTrail's clocks differ from S3's. */
const marginMs = 5 * 60_000

/** Where CloudTrail has the sessions of this request. `undefined`: the request was not granted, or has not begun. */
export function possibleSessionsOf(
  { user, userName, permissionSet, scope, startsAt, expiresAt, endedAt }: RequestStory,
  { now, principalSuffix }: { readonly now: Date; readonly principalSuffix: string },
): PossibleSessions | undefined {
  const set = permissionSetName.safeParse(permissionSet)
  const id = principalId.safeParse(user)
  const end = endedAt ?? expiresAt
  if (userName === undefined || !id.success || !set.success || startsAt === undefined || end === undefined)
    return undefined
  if (new Date(startsAt) > now) return undefined
  const [kind, value] = (scope ?? '').split('%')
  const account = kind === 'account' ? accountId.safeParse(value).data : undefined
  return {
    account,
    permissionSet: set.data,
    user: id.data,
    userName: userName + principalSuffix,
    from: new Date(Date.parse(startsAt) - marginMs),
    until: new Date(Date.parse(end) + sessionMostMs + marginMs),
  }
}
