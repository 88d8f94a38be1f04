import type { PersonSession } from '../../../shared/memory/iam/person-sessions.ts'
import type { JsonObject } from '../../../shared/memory/identity-store/identity-store-records.ts'

/** A call that changes something, as CloudTrail records it: made, and answered or refused. */
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
    /** Whom Identity Center gave the credentials; absent: nobody. */
    readonly person?: PersonSession | undefined
  }
  readonly at: Date
  readonly answer: { readonly output: JsonObject } | { readonly errorCode: string; readonly errorMessage: string }
}
