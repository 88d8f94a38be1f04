import type { Assignment } from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { type Lack, lackOfBoundUser, lackOfPermissionSet, lackOfPrincipal } from '../../domain/lack.ts'
import type { AccessIds, GrantingLink } from '../../domain/ledger-entry.ts'
import type { PrincipalType } from '../../domain/principal.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { Lacks, SettleContext, Subject } from './settlement.ts'
import type { BoundLink } from './user-binding.ts'

/**
 * What Identity Center knows the assignment by, and the links that may be applied to that principal; or what is lacking.
 * `lacks`: of each link.
 */
export type Resolved = { readonly lacks: Lacks } & (
  | { readonly target: AssignmentTarget; readonly links: readonly GrantingLink[] }
  | { readonly lack: Lack }
)

export async function resolveTarget({ assignment, context }: Subject, links: readonly BoundLink[]): Promise<Resolved> {
  const { permissionSet, principal, type } = assignment
  const [permissionSetArn, principalId] = await Promise.all([
    context.permissionSets.resolve(permissionSet),
    context.principals.resolve(type, principal, context.pulledMs),
  ])
  const granting = links.map(({ link }) => link)
  const all = (lack: Lack): Resolved => ({ lack, lacks: lackOfAll(granting, lack) })
  if (permissionSetArn === undefined)
    return all(
      lackOfPermissionSet(permissionSet, isOpen(context) ? context.permissionSets.findNear(permissionSet) : undefined),
    )
  if (principalId === undefined) return all(await findLackOfPrincipal({ assignment, context }))
  const lackOf = ({ boundTo }: BoundLink): Lack | 'none' =>
    boundTo === undefined || boundTo === principalId ? 'none' : lackOfBoundUser(principal, boundTo)
  const lacks = new Map(links.map((bound) => [bound.link.key, lackOf(bound)]))
  const free = granting.filter(({ key }) => lacks.get(key) === 'none')
  const [first] = lacks.values()
  if (free.length === 0 && first && first !== 'none') return { lack: first, lacks }
  return { target: targetOf(assignment, { principalId, permissionSetArn }), links: free, lacks }
}

export function targetOf({ accountId, type }: Assignment, ids: AccessIds): AssignmentTarget {
  const { principalId, permissionSetArn } = ids
  return { accountId, permissionSetArn, principalId, principalType: type }
}

export function lackOfAll(links: readonly GrantingLink[], lack: Lack): Lacks {
  return new Map(links.map(({ key }) => [key, lack]))
}

export const otherType = { GROUP: 'USER', USER: 'GROUP' } as const satisfies Record<PrincipalType, PrincipalType>

/** For a name that nobody has. Looks for what the link may mean instead: a near name, or the other type. */
export async function findLackOfPrincipal({
  assignment,
  context,
}: {
  readonly assignment: Pick<Assignment, 'type' | 'principal'>
  readonly context: Pick<SettleContext, 'principals' | 'pulledMs' | 'log'> & Private
}): Promise<Lack> {
  const { principals, pulledMs, log } = context
  const { type, principal } = assignment
  const hasOtherType = (await principals.resolve(otherType[type], principal, pulledMs)) !== undefined
  if (hasOtherType || !isOpen(context)) return lackOfPrincipal(assignment, { hasOtherType })
  // Only help for a person: nothing waits for it.
  const near = await principals.findNear(type, principal).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    log.warn('the directory could not be searched for a near name', { error })
    return undefined
  })
  return lackOfPrincipal(assignment, { hasOtherType, near })
}

type Private = { readonly configuration: Pick<Configuration, 'privacy'> }

/** Else a status proposes no name that its uploader may not know of. */
function isOpen({ configuration }: Private): boolean {
  return configuration.privacy === 'open'
}
