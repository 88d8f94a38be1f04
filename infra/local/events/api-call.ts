import type { PersonSession } from '../../../shared/memory/iam/person-sessions.ts'
import type { JsonObject } from '../../../shared/memory/identity-store/identity-store-records.ts'

/** A changing call as CloudTrail records it: its request, and its answer or refusal. */
export type ApiCall = {
  readonly service:
    | 'organizations'
    | 'identitystore'
    | 'identitystore-scim'
    | 'sso-directory'
    | 'sso'
    | 'account-access'
  readonly operation: string
  readonly input: JsonObject
  readonly caller: {
    readonly accessKeyId: string
    readonly sourceIpAddress: string
    readonly userAgent: string
    /** The person with credentials from Identity Center; absent: no person. */
    readonly person?: PersonSession | undefined
  }
  readonly at: Date
  readonly answer: { readonly output: JsonObject } | { readonly errorCode: string; readonly errorMessage: string }
}
