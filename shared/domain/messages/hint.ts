import * as z from 'zod'
import type { Assignment, AssignmentId } from '../assignments/assignment.ts'
import { applicationArn } from '../assignments/entitlement.ts'
import { record } from '../json/record.ts'
import { grant } from '../links/link.ts'
import { accountId } from '../organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../permission-sets/permission-set-name.ts'
import { permissionSetArn, principalId } from '../principals/identity-center-ids.ts'
import { principalType } from '../principals/principal.ts'

/** Part of one drift check: `run` names the check, `unit` the part. Each unit is worked on and counted once. */
const ofDrift = { v: z.literal(1), run: z.string(), unit: z.string(), cause: z.string() }

const hintOf = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  record({ v: z.literal(1), kind: z.literal(kind), ...shape, cause: z.string() })

/**
 * Where to look, never what to do. `cause` is the input key that changed. ssofile looks there first and writes its status. It is never
 * evidence.
 */
export const hint = z.discriminatedUnion('kind', [
  hintOf('assignment', { account: accountId, ...grant.shape }),
  /** One access, for callers that know the principal's id, such as open work. */
  hintOf('access', { account: accountId, permissionSet: permissionSetName, principalId, type: principalType }),
  hintOf('permission-set', { permissionSet: permissionSetName }),
  /** The attributes for access control have only one file. */
  hintOf('attributes', {}),
  /**
   * Something that somebody changed by hand: a permission set, or its assignments in one account. Without a permission set: existing roles
   * that account access manager gives, in one account or everywhere.
   */
  hintOf('by-hand', { permissionSetArn: permissionSetArn.optional(), account: accountId.optional() }),
  /** A whole drift check. It is divided into units, and each unit becomes a hint. */
  record({ ...ofDrift, kind: z.literal('drift') }),
  record({
    ...ofDrift,
    kind: z.literal('drift-of-principals'),
    type: principalType,
    principals: z.array(principalId),
    /** Absent: all accounts. */
    accounts: z.array(accountId).optional(),
  }),
  record({
    ...ofDrift,
    kind: z.literal('drift-of-permission-set'),
    permissionSet: permissionSetName,
    /** The check does not compare by principal, so this unit also finds missing assignments. */
    isOnlyAxis: z.boolean(),
    /** Absent: all accounts with the permission set. */
    accounts: z.array(accountId).optional(),
  }),
  /** Access that account access manager gives. `applications`: its instances. */
  record({
    ...ofDrift,
    kind: z.literal('drift-of-roles'),
    applications: z.array(applicationArn),
    accounts: z.array(accountId),
  }),
])
export type Hint = z.infer<typeof hint>
/** A hint for one account assignment, by the principal's name or id. */
export type AssignmentHint = Extract<Hint, { kind: 'assignment' | 'access' }>
export type AccessHint = Extract<Hint, { kind: 'access' }>
export type ByHandHint = Extract<Hint, { kind: 'by-hand' }>
export type DriftHint = Exclude<Hint, { kind: 'assignment' | 'access' | 'permission-set' | 'attributes' | 'by-hand' }>

export function isAssignmentHint(hint: Hint): hint is AssignmentHint {
  return hint.kind === 'assignment' || hint.kind === 'access'
}

export function isDriftHint(hint: Hint): hint is DriftHint {
  return !isAssignmentHint(hint) && !['permission-set', 'attributes', 'by-hand'].includes(hint.kind)
}

/** Look at the links that name this principal, and at everybody who has or had the access by this name. */
export function assignmentHint(
  { accountId: account, permissionSet, principal, type }: Assignment,
  cause: string,
): Hint {
  return { v: 1, kind: 'assignment', account, permissionSet, principal, type, cause }
}

export function accessHint(
  { accountId: account, permissionSet, principalId: id, type }: AssignmentId,
  cause: string,
): Hint {
  return { v: 1, kind: 'access', account, permissionSet, principalId: id, type, cause }
}

/** The cause of a hint for something that somebody changed by hand. */
export const byHand = 'by-hand'

/** Somebody may have changed the access by hand. Only a live look can tell. */
export function isLiveLook({ cause }: Hint): boolean {
  return cause === 'drift' || cause === byHand
}

export function permissionSetHint(permissionSet: PermissionSetName, cause: string): Hint {
  return { v: 1, kind: 'permission-set', permissionSet, cause }
}

export function attributesHint(cause: string): Hint {
  return { v: 1, kind: 'attributes', cause }
}
