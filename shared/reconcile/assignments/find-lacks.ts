import type { Assignment } from '../../domain/assignments/assignment.ts'
import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Lack, lackOfPermissionSet, lackOfPrincipal } from '../../domain/links/lack.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { Lacks, SettleContext } from './settlement.ts'

export function lackOfAll(links: readonly GrantingLink[], lack: Lack): Lacks {
  return new Map(links.map(({ key }) => [key, lack]))
}

export const otherType = { GROUP: 'USER', USER: 'GROUP' } as const satisfies Record<PrincipalType, PrincipalType>

/** For a permission set that nobody has. */
export function lackOfSet(
  permissionSet: PermissionSetName,
  { permissionSets, configuration }: Pick<SettleContext, 'permissionSets'> & Private,
): Lack {
  return lackOfPermissionSet(
    permissionSet,
    isOpen({ configuration }) ? permissionSets.findNear(permissionSet) : undefined,
  )
}

/** For a name that nobody has. Looks for what the link may mean instead: a near name, or the other type. */
export async function lackOfName(
  assignment: Pick<Assignment, 'type' | 'principal'>,
  context: Pick<SettleContext, 'principals' | 'pulledMs' | 'log'> & Private,
): Promise<Lack> {
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
