import * as z from 'zod'
import { type AccountId, accountId } from '../../../domain/organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../../../domain/principals/identity-center-ids.ts'
import { quote } from '../../../domain/statuses/complaint.ts'
import { renderInstant } from '../../../domain/text/instant.ts'

/** How somebody used access. Who calls chooses the user agent, so `cli` and `application` are what the caller says. */
export const ways = ['console', 'cli', 'application'] as const
export type Way = (typeof ways)[number]

/** One use of one access by one person: an event's claim, which never gives or takes anything. */
export type Use = {
  readonly user: PrincipalId
  readonly account: AccountId
  readonly permissionSet: PermissionSetName
  readonly at: string
  readonly by: Way
  readonly from?: string | undefined
  readonly agent?: string | undefined
}

/** Sources that the two events have or had in CloudTrail. */
export const useSources = ['sso.amazonaws.com', 'signin.amazonaws.com'] as const
export const useNames = ['Federate', 'GetRoleCredentials'] as const
/** The hourly call that only reads: `createWatching` makes it. Its event proves that CloudTrail, rules and queue deliver. */
export const watchingCall = { source: 'sts.amazonaws.com', name: 'AssumeRole' } as const

/** People read it in terminals and notifications. */
const text = z
  .string()
  .transform((all) => quote(all, 200))
  .optional()
  .catch(undefined)
const succeeded = { eventTime: z.iso.datetime(), errorCode: z.undefined().optional() }
const watching = { eventSource: z.literal(watchingCall.source), eventName: z.literal(watchingCall.name) }
const using = {
  ...{ eventSource: z.enum(useSources), eventName: z.enum(useNames), sourceIPAddress: text, userAgent: text },
  userIdentity: z.object({ onBehalfOf: z.object({ userId: principalId }) }),
  serviceEventDetails: z.object({ account_id: accountId, role_name: permissionSetName }),
}
const event = z.object({
  detail: z.union([z.object({ ...succeeded, ...watching }), z.object({ ...succeeded, ...using })]),
})
const oldestMs = 15 * 24 * 60 * 60_000
/** Two clocks of AWS may differ. */
const clocksDifferMs = 5 * 60_000

/** Either a use, or the instant of the watching call. */
export type UsageEvent = { readonly use?: Use; readonly watchedAt?: Date }

/**
 * The use in an EventBridge event, or the instant of a call that proves that somebody watches. `undefined`: an unreadable event, a failed
 * call, or one from before the 14 days for which SQS keeps messages. A later event is no event of CloudTrail; one that is later by minutes becomes `now`. `role_name` is the permission
 * set's name. (IAM Identity Center User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail".)
 */
export function parseUsageEvent(body: unknown, now: Date): UsageEvent | undefined {
  const { detail } = event.safeParse(body).data ?? {}
  if (detail === undefined) return undefined
  const atMs = Date.parse(detail.eventTime)
  if (atMs < now.getTime() - oldestMs || atMs > now.getTime() + clocksDifferMs) return undefined
  const watchedAt = new Date(Math.min(atMs, now.getTime()))
  if (detail.eventName === watchingCall.name) return { watchedAt }
  const { userIdentity, serviceEventDetails: used, eventName, sourceIPAddress: from, userAgent: agent } = detail
  // AWS CLI, AWS's SDKs and tools on them, which take a person's cached sign-in.
  const isTool = /\b(aws-cli|botocore|boto3|aws-sdk)\b/i.test(agent ?? '')
  const by = eventName === 'Federate' ? 'console' : isTool ? 'cli' : 'application'
  const how = { at: renderInstant(watchedAt), by, from, agent } as const
  return {
    use: { user: userIdentity.onBehalfOf.userId, account: used.account_id, permissionSet: used.role_name, ...how },
  }
}
