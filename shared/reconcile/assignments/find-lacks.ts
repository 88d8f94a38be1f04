import type { Assignment } from '../../domain/assignments/assignment.ts'
import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Bearer, type Lack, lackOfPermissionSet, lackOfPrincipal } from '../../domain/links/lack.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { Lacks, SettleContext } from './settlement.ts'

export function lackOfAll(links: readonly GrantingLink[], lack: Lack): Lacks {
  return new Map(links.map(({ key }) => [key, lack]))
}

export const otherType = { GROUP: 'USER', USER: 'GROUP' } as const satisfies Record<PrincipalType, PrincipalType>

/** The lack of a permission set that does not exist. */
export function lackOfSet(
  permissionSet: PermissionSetName,
  {
    permissionSets,
    configuration,
  }: { readonly permissionSets: Pick<SettleContext['permissionSets'], 'findNear'> } & Private,
): Lack {
  return lackOfPermissionSet(
    permissionSet,
    isOpen({ configuration }) ? permissionSets.findNear(permissionSet) : undefined,
  )
}

/**
 * The lack of a name that nobody has. Looks for the principal that the link may mean: a new name of the principal it was applied to
 * (`boundTo`), an id instead of a name, a similar name, or the other type.
 */
export async function lackOfName(
  assignment: Pick<Assignment, 'type' | 'principal'>,
  context: Pick<SettleContext, 'principals' | 'pulledMs' | 'log'> & Private,
  boundTo?: PrincipalId,
): Promise<Lack> {
  const { principals, pulledMs, log } = context
  const { type, principal } = assignment
  // This only helps the reader of a status, so an error does not matter.
  const orNone = <T>(help: Promise<T>) =>
    help.catch((error: unknown) => {
      if (!isServiceError(error)) throw error
      log.warn('the directory could not be searched for a near name', { error })
      return undefined
    })
  const bearer = await orNone(findBearer(assignment, context, boundTo))
  if (bearer) return lackOfPrincipal(assignment, { bearer })
  const hasOtherType = (await principals.resolve(otherType[type], principal, pulledMs)) !== undefined
  if (hasOtherType || !isOpen(context)) return lackOfPrincipal(assignment, { hasOtherType })
  const near = await orNone(principals.findNear(type, principal))
  return lackOfPrincipal(assignment, { hasOtherType, near })
}

async function findBearer(
  { type, principal }: Pick<Assignment, 'type' | 'principal'>,
  { principals, pulledMs, configuration }: Pick<SettleContext, 'principals' | 'pulledMs'> & Private,
  boundTo: PrincipalId | undefined,
): Promise<Bearer | undefined> {
  const present = boundTo && (await principals.nameOf(type, boundTo, pulledMs))
  if (present !== undefined && present !== principal)
    return { by: 'former name', type, name: isOpen({ configuration }) ? present : undefined }
  const id = isOpen({ configuration }) ? principalId.safeParse(principal).data : undefined
  for (const one of id ? [type, otherType[type]] : []) {
    const name = id && (await principals.nameOf(one, id, pulledMs))
    if (name !== undefined) return { by: 'id', type: one, name }
  }
  return undefined
}

type Private = { readonly configuration: Pick<Configuration, 'privacy'> }

/** Without `open` privacy, a status proposes no name that its uploader may not know. */
function isOpen({ configuration }: Private): boolean {
  return configuration.privacy === 'open'
}
