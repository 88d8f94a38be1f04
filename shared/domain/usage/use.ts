import * as z from 'zod'
import { type AccountId, accountId } from '../organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { quote } from '../statuses/complaint.ts'
import { renderInstant } from '../text/instant.ts'

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
const text = z.string().transform((all) => quote(all, 200))
const event = z.object({
  detail: z.object({
    eventSource: z.enum([...useSources, watchingCall.source]),
    eventName: z.enum([...useNames, watchingCall.name]),
    eventTime: z.iso.datetime().transform((at) => new Date(at)),
    errorCode: z.undefined().optional(),
    sourceIPAddress: text.optional().catch(undefined),
    userAgent: text.optional().catch(undefined),
    userIdentity: z
      .object({ onBehalfOf: z.object({ userId: principalId }) })
      .optional()
      .catch(undefined),
    serviceEventDetails: z.object({ account_id: accountId, role_name: permissionSetName }).optional().catch(undefined),
  }),
})
const oldestMs = 15 * 24 * 60 * 60_000

/** Either a use, or the instant of the watching call. */
export type UsageEvent = { readonly use?: Use; readonly watchedAt?: Date }

/**
 * The use in an EventBridge event, or the instant of a call that proves that somebody watches. `undefined`: an unreadable event, a failed
 * call, or one from before the 14 days for which SQS keeps messages. An instant in the future becomes `now`. `role_name` is the permission
 * set's name. (IAM Identity Center User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail".)
 */
export function parseUsageEvent(body: unknown, now: Date): UsageEvent | undefined {
  const { detail } = event.safeParse(body).data ?? {}
  if (detail === undefined || detail.eventTime.getTime() < now.getTime() - oldestMs) return undefined
  const at = new Date(Math.min(detail.eventTime.getTime(), now.getTime()))
  if (detail.eventName === watchingCall.name) return { watchedAt: at }
  const { userIdentity, serviceEventDetails, sourceIPAddress: from, userAgent: agent } = detail
  if (userIdentity === undefined || serviceEventDetails === undefined) return undefined
  return {
    use: {
      user: userIdentity.onBehalfOf.userId,
      account: serviceEventDetails.account_id,
      permissionSet: serviceEventDetails.role_name,
      at: renderInstant(at),
      by: detail.eventName === 'Federate' ? 'console' : isTool(agent) ? 'cli' : 'application',
      from,
      agent,
    },
  }
}

/** AWS CLI, AWS's SDKs and tools on them, which take a person's cached sign-in. */
function isTool(agent: string | undefined): boolean {
  return agent !== undefined && /\b(aws-cli|botocore|boto3|aws-sdk)\b/i.test(agent)
}
