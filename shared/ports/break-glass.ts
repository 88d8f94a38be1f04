import type { BreakGlass } from '../domain/break-glass/break-glass-file.ts'
import type {
  DeployedRole,
  DeployedRule,
  DeployedUser,
  PasswordPolicy,
  Subscription,
  TrailRecord,
} from '../domain/break-glass/deployed-break-glass.ts'
import type { DryCallName, DryOutcome } from '../domain/break-glass/dry-calls.ts'
import type { AccountId } from '../domain/organization/account-id.ts'

/** The IAM, EventBridge, SNS and CloudTrail of one account, read only. Throws ServiceError. */
export interface BreakGlassAccount {
  /** Whose names begin as those of break-glass do. */
  roles(): Promise<readonly DeployedRole[]>
  users(): Promise<readonly DeployedUser[]>
  /** `undefined`: there is none. */
  passwordPolicy(): Promise<PasswordPolicy | undefined>
  /** Rules of break-glass on the default bus, or on `bus`; `target`: what they are to send to. */
  rules(of: {
    readonly region: string
    readonly target: string
    readonly bus?: string | undefined
  }): Promise<readonly DeployedRule[]>
  subscriptions(topicArn: string, region: string): Promise<readonly Subscription[]>
  /** What users of break-glass did, and what was done to them; the event history of CloudTrail reaches back 90 days. */
  trail(region: string, since: Date): Promise<readonly TrailRecord[]>
}

export interface BreakGlassAuditor {
  /** By the role of this name, or by the own credentials where they are of this account. */
  enter(account: AccountId, roleName: string): Promise<BreakGlassAccount>
}

/** What the nightly check is given. */
export type CheckedBreakGlass = {
  readonly auditor: BreakGlassAuditor
  /** Definitions come with the deployment, never from the bucket: who uploads could add a responder. */
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

/** Who runs a drill, with the own credentials. Throws ServiceError (`sts`). */
export interface Responder {
  /** The ARN of the own user. */
  identity(): Promise<string>
  assume(request: AssumeRequest): Promise<AssumedRole>
}
