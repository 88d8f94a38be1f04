import type {
  AlarmTopic,
  DeployedRole,
  DeployedRule,
  DeployedUser,
  PasswordPolicy,
  Subscription,
  TrailRecord,
} from '../domain/account-facts/deployed-break-glass.ts'
import type { DryCallName, DryOutcome } from '../domain/account-facts/dry-calls.ts'
import type { BreakGlass } from '../domain/files/break-glass-file.ts'
import type { AccountId } from '../domain/organization/account-id.ts'

/** The IAM, EventBridge, SNS and CloudTrail of one account, read only. Throws ServiceError. */
export interface BreakGlassAccount {
  /** Roles whose names begin like those of break-glass. */
  roles(): Promise<readonly DeployedRole[]>
  users(): Promise<readonly DeployedUser[]>
  /** `undefined`: there is none. */
  passwordPolicy(): Promise<PasswordPolicy | undefined>
  /** Rules of break-glass on the default bus, or on `bus`. `target`: the ARN to which they should send. */
  rules(of: {
    readonly region: string
    readonly target: string
    readonly bus?: string | undefined
  }): Promise<readonly DeployedRule[]>
  /** The policy of a bus: who may put events on it. `undefined`: there is no such bus, or it has no policy. */
  busPolicy(bus: string, region: string): Promise<string | undefined>
  topic(topicArn: string, region: string): Promise<AlarmTopic>
  subscriptions(topicArn: string, region: string): Promise<readonly Subscription[]>
  /** Acts by and on users of break-glass. CloudTrail's event history reaches back 90 days. */
  trail(region: string, since: Date): Promise<readonly TrailRecord[]>
}

export interface BreakGlassAuditor {
  /** Enters the account through the role of this name. The caller's own account needs only the caller's credentials. */
  enter(account: AccountId, roleName: string): Promise<BreakGlassAccount>
}

/** The nightly check's arguments. */
export type CheckedBreakGlass = {
  readonly auditor: BreakGlassAuditor
  /** Definitions come with the deployment, never from the bucket: an uploader could add a responder. */
  readonly definitions: () => readonly BreakGlass[]
}

export type AssumeRequest = {
  readonly roleArn: string
  readonly session: string
  readonly sourceIdentity: string
  /** Absent: the sign-in proved a second factor. */
  readonly device?: { readonly serial: string; readonly code: string } | undefined
}

export interface AssumedRole {
  try(call: DryCallName): Promise<DryOutcome>
}

/** The person who runs a drill, with their own credentials. Throws ServiceError (`sts`). */
export interface Responder {
  /** The ARN of the person's own user. */
  identity(): Promise<string>
  assume(request: AssumeRequest): Promise<AssumedRole>
}
