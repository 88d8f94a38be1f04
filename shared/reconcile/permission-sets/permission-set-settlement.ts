import type { Admission } from '../../domain/brake/admission.ts'
import type { Edit } from '../../domain/brake/judge-edit.ts'
import type { describeObjection } from '../../domain/guardrails/judge-by-policies.ts'
import type { Lack } from '../../domain/links/lack.ts'
import type {
  PermissionSetAction,
  PermissionSetEnd,
  PermissionSetFacts,
} from '../../domain/permission-sets/decide-permission-set.ts'
import type { PermissionSetChange } from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetDefinition, PermissionSetFile } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ServiceError } from '../../ports/service-error.ts'
import type { ReadingSsoAdmin } from '../../ports/sso-admin.ts'
import type { OpenSettleContext } from '../assignments/settle-context.ts'
import type { PermissionSetIndex } from '../directory/permission-set-index.ts'
import type { Input, KindTypes, ReadingContext } from '../inputs/controller.ts'
import { nextAttempt } from '../records/open-work.ts'
import {
  type OwedProvisioning,
  type OwnedPermissionSet,
  type StoredOwned,
  writeOwned,
} from '../records/owned-permission-sets.ts'
import type { ProvisioningResult } from './provision-permission-set.ts'
import type { RunsProvisionings } from './provisionings.ts'

/** Identity Center's refusals for which a retry does not help. */
export const refusals = ['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'] as const

export type PermissionSetContext = OpenSettleContext & {
  readonly provisionings: RunsProvisionings
  /** Someone may have changed it in Identity Center, so read it even if its file is applied. */
  readonly isDriftCheck: boolean
  /** Writes the progress into the status. */
  tell(status: NewStatus): Promise<void>
  /** Sends hints for every link that names it: the permission set that they were applied to is gone. */
  wakeLinks(name: PermissionSetName): Promise<void>
}

/** `PermissionSetContext` without writers. */
export type ReadingPermissionSets = Omit<
  ReadingContext<PermissionSetContext>,
  'ssoAdmin' | 'permissionSets' | 'managementAccount' | 'provisionings' | 'requests' | 'tell' | 'wakeLinks'
> & { readonly ssoAdmin: ReadingSsoAdmin; readonly permissionSets: Pick<PermissionSetIndex, 'lookUp'> }

export type PermissionSetObstacle =
  | { readonly is: 'not ours' }
  /** `lack`: explains the error. */
  | { readonly is: 'refused'; readonly error: ServiceError; readonly lack?: Lack | undefined }
  | { readonly is: 'held'; readonly reason: string; readonly digest: string }
  | { readonly is: 'too large'; readonly excess: string }
  /** `warnings`: of the change that is being provisioned. */
  | {
      readonly is: 'not everywhere'
      readonly provisioned: Exclude<ProvisioningResult, { outcome: 'done' }>
      readonly warnings: readonly string[]
    }

/** Facts from answers to the calls of one reconcile. */
export type LearntPermissionSet = {
  readonly isDenied?: true
  readonly isFormerTried?: true
  /** The definition as read, updated by our own successful calls. */
  readonly actual?: PermissionSetDefinition | undefined
  /** Claimed by this reconcile, so no earlier call of ours can have created it. */
  readonly isFresh?: true
  readonly isMissing?: true
  readonly isStale?: boolean | undefined
  readonly admission?: Admission
  readonly isChanged?: true
  readonly isReported?: true
  readonly provisioned?: ProvisioningResult
  readonly obstacle?: PermissionSetObstacle
  readonly isPutOff?: true
  /** The access that the change takes away, for the status. */
  readonly loss?: string | undefined
}

export type Comparison = {
  readonly wanted: PermissionSetDefinition
  readonly actual: PermissionSetDefinition
  readonly changes: readonly PermissionSetChange[]
  /** The change in the form that the brake judges. */
  readonly edit: Edit | undefined
  /** Accounts have an older version, though the record names no provisioning. `undefined`: not asked. */
  readonly isStale: boolean | undefined
  readonly owed: OwedProvisioning | undefined
}

export interface PermissionSetTypes extends KindTypes {
  readonly name: PermissionSetName
  readonly body: PermissionSetFile
  readonly entry: OwnedPermissionSet
  readonly facts: PermissionSetFacts & {
    readonly references?: string | undefined
    /** Until then a creation without an answer may take effect. */
    readonly comesUntil?: Date | undefined
    readonly objections?: Objections
    readonly obstacle?: PermissionSetObstacle | undefined
    readonly comparison?: Comparison | undefined
  }
  readonly action: PermissionSetAction
  readonly end: PermissionSetEnd
  readonly context: PermissionSetContext
  readonly learnt: LearntPermissionSet
}
export type PermissionSetInput = Input<PermissionSetTypes>
type Objection = Parameters<typeof describeObjection>[0]
type Objections = { readonly refusals: readonly Objection[]; readonly warnings: readonly Objection[] }

type Retrying = Pick<PermissionSetContext, 'clock' | 'randomness'>

/** Sets the next attempt: an instant, or `later` after a failure, with a growing pause. */
export function withNextAttempt(
  value: OwnedPermissionSet,
  when: Date | 'later',
  { clock, randomness }: Retrying,
): OwnedPermissionSet {
  const { attempts = 0 } = value
  const next =
    when === 'later'
      ? { at: nextAttempt(clock.now(), attempts, randomness.fraction()), attempts: attempts + 1 }
      : { at: when, attempts }
  return { ...value, openUntil: renderInstant(next.at), attempts: next.attempts }
}

/** Makes open work of a permission set. */
export function deferPermissionSet(
  stored: StoredOwned,
  when: Date | 'later',
  context: Retrying & Pick<PermissionSetContext, 'objects'>,
): Promise<StoredOwned> {
  return writeOwned(context.objects, stored.name, withNextAttempt(stored.value, when, context), stored)
}
