import type { Assignment } from '../domain/assignment.ts'
import { quote } from '../domain/complaint.ts'
import type { GrantingLink } from '../domain/ledger-entry.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { PrincipalType } from '../domain/principal.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { AssignmentTarget } from '../ports/sso-admin.ts'
import type { Lack, Lacks, SettleContext, Subject } from './settlement.ts'
import { type BoundLink, lackOfBoundUser } from './user-binding.ts'

/**
 * What Identity Center knows the assignment by, and the links that may be applied to that principal; or what is lacking.
 * `lacks`: of each link.
 */
export type Resolved = { readonly lacks: Lacks } & (
  | { readonly target: AssignmentTarget; readonly links: readonly GrantingLink[] }
  | { readonly lack: Lack }
)

export async function resolveTarget({ assignment, context }: Subject, links: readonly BoundLink[]): Promise<Resolved> {
  const { permissionSet, principal, type, accountId } = assignment
  const [permissionSetArn, principalId] = await Promise.all([
    context.permissionSets.resolve(permissionSet),
    context.principals.resolve(type, principal, context.pulledMs),
  ])
  const granting = links.map(({ link }) => link)
  const all = (lack: Lack): Resolved => ({ lack, lacks: lackOfAll(granting, lack) })
  if (permissionSetArn === undefined)
    return all(lackOfPermissionSet(permissionSet, context.permissionSets.findNear(permissionSet)))
  if (principalId === undefined) return all(await lackOfPrincipal({ assignment, context }))
  const found = links.map(({ link, boundTo }) => {
    const isFree = boundTo === undefined || boundTo === principalId
    return { link, lack: isFree ? ('none' as const) : lackOfBoundUser(principal, boundTo) }
  })
  const lacks = new Map(found.map(({ link, lack }) => [link.key, lack]))
  const free = found.filter(({ lack }) => lack === 'none').map(({ link }) => link)
  const [first] = found
  if (free.length === 0 && first && first.lack !== 'none') return { lack: first.lack, lacks }
  return { target: { accountId, permissionSetArn, principalId, principalType: type }, links: free, lacks }
}

export function lackOfAll(links: readonly GrantingLink[], lack: Lack): Lacks {
  return new Map(links.map(({ key }) => [key, lack]))
}

export function lackOfPermissionSet(permissionSet: PermissionSetName, near: string | undefined): Lack {
  return {
    reason: `permission set '${permissionSet}' does not exist${meant(near)}`,
    remedy: `upload permission_sets/${permissionSet}.json; the link is applied when it exists`,
  }
}

/** What is told of a name that nobody has. */
export async function lackOfPrincipal({
  assignment: { type, principal },
  context,
}: {
  readonly assignment: Pick<Assignment, 'type' | 'principal'>
  readonly context: Pick<SettleContext, 'principals' | 'pulledMs' | 'log'>
}): Promise<Lack> {
  const noun = nounOf(type)
  const other: PrincipalType = type === 'GROUP' ? 'USER' : 'GROUP'
  if (await context.principals.resolve(other, principal, context.pulledMs)) {
    return {
      reason: `${noun} '${principal}' does not exist in the identity store, but a ${nounOf(other)} of this name does`,
      remedy: `if the ${nounOf(other)} is meant, upload the link again with %${other}%ssofile at the end, then delete this one`,
    }
  }
  // Help for a person only: that it cannot be had delays nothing.
  const near = await context.principals.findNear(type, principal).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    context.log.warn('the directory could not be searched for a near name', { error })
    return undefined
  })
  return {
    reason: `${noun} '${principal}' does not exist in the identity store${meant(near)}`,
    remedy: `create the ${noun}, or upload the link with the exact name; it is applied when the ${noun} exists`,
  }
}

function nounOf(type: PrincipalType): string {
  return type === 'GROUP' ? 'group' : 'user'
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean '${quote(near)}'?`
}
