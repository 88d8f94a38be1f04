import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { userNames } from '../small-world.ts'

/** An assignment by ids: account, ARN, principal id, type. */
export function nameOf({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}

/** An assignment by names, as links ask for it. */
export function describeTarget(target: AssignmentTarget, { names }: SimulatedWorld): string {
  const { accountId, permissionSetArn, principalId, principalType } = target
  return `'${accountId} ${names.permissionSet(permissionSetArn)} ${names.principal(principalId)} ${principalType}'`
}

/** The key of an assignment in records. `name`: by ids (`nameOf`). */
export function recordKeyOf(name: string, { names }: SimulatedWorld): string {
  const [accountId, arn = '', principalId, type] = name.split(' ')
  return `account%${accountId}%${names.permissionSet(arn)}%${principalId}%${type}`
}

export function ledgerKeyOf(name: string, world: SimulatedWorld): string {
  return `assignments/${recordKeyOf(name, world)}`
}

export function accountOfKey(key: string): string {
  return /account%(\d{12})%/.exec(key)?.[1] ?? ''
}

/** Names in the simulation may contain spaces; account, permission set and type do not. */
export function splitAssignment(assignment: string): readonly string[] {
  const [accountId = '', permissionSet = '', ...rest] = assignment.split(' ')
  return [accountId, permissionSet, rest.slice(0, -1).join(' '), rest.at(-1) ?? '']
}

export function isTarget(value: unknown): value is AssignmentTarget {
  return typeof value === 'object' && value !== null && 'principalId' in value && 'accountId' in value
}

/** The access in this ledger entry, by ids. */
export function recordedName(
  key: string,
  { permissionSetArn, principalId }: Readonly<Record<string, unknown>>,
): string {
  return [accountOfKey(key), permissionSetArn, principalId, key.slice(key.lastIndexOf('%') + 1)].join(' ')
}

/** The keys of the links in an entry. */
export function linksOf({ links }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(links) ? links.map((link) => String(link.key)) : []
}

/** The existing users, by their present names. */
export function usersNow({ identityStore }: SimulatedWorld): readonly (readonly [name: string, id: PrincipalId])[] {
  return userNames.flatMap((name) => {
    const id = identityStore.idOf('USER', name)
    return id === undefined ? [] : [[name, id] as const]
  })
}

/** The author, without the time. */
export function nameIn(by: unknown): string | undefined {
  return typeof by === 'object' && by !== null && 'principalId' in by ? String(by.principalId) : undefined
}
