import pLimit from 'p-limit'
import { parseAccessKey } from '../../domain/assignments/assignment.ts'
import { mergeUsages, noUsage, type SetUsage, unreadUsage, usageOf } from '../../domain/iam-policies/set-usage.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { permissionSetOfRole } from '../../domain/permission-sets/permission-set-role.ts'
import type { AuditedAccount, PermissionSetRole } from '../../ports/auditor.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError, unlessCode } from '../../ports/service-error.ts'
import { enterAccount } from '../../reconcile/calls/enter-account.ts'
import { readServiceUses } from '../../reconcile/calls/read-service-uses.ts'
import type { SetUsages } from './kept-usages.ts'

type AskingPorts = Pick<Ports, 'auditor' | 'clock' | 'randomness' | 'objects'>
const rolesAtOnce = 4

/**
 * The use of permission sets' roles in one account, by service and action. If it cannot be read, each permission set that
 * somebody has there gets the reason, by `assignments/` and `foreign/`. `only`: ask about no other permission set.
 */
export async function readUsages(
  ports: AskingPorts,
  account: AccountId,
  { auditorRole, only }: { readonly auditorRole: string; readonly only?: PermissionSetName | undefined },
): Promise<SetUsages> {
  const isWanted = (name: PermissionSetName) => only === undefined || name === only
  try {
    const iam = await enterAccount(ports, account, auditorRole)
    const roles = await Array.fromAsync(listAll((token) => iam.listPermissionSetRoles(token)))
    const named = roles.flatMap((role) => {
      const name = permissionSetOfRole(role.name)
      return name !== undefined && isWanted(name) ? [{ name, role }] : []
    })
    const read = await pLimit(rolesAtOnce).map(named, async ({ name, role }) => {
      return [name, await readRole(ports, iam, { account, role })] as const
    })
    // While a role is replaced, one permission set may have two.
    return mergeAll(read)
  } catch (error) {
    if (!isServiceError(error)) throw error
    const names = (await listHeld(ports, account)).filter(isWanted)
    return new Map(names.map((name) => [name, unreadUsage(account, error.message)]))
  }
}

/** Joins the usages of each permission set. */
export function mergeAll(read: Iterable<readonly [PermissionSetName, SetUsage]>): SetUsages {
  const all = new Map<PermissionSetName, SetUsage>()
  for (const [name, usage] of read) all.set(name, mergeUsages(all.get(name) ?? noUsage, usage))
  return all
}

async function readRole(
  ports: AskingPorts,
  iam: AuditedAccount,
  { account, role }: { readonly account: AccountId; readonly role: PermissionSetRole },
): Promise<SetUsage> {
  const asOf = ports.clock.now()
  try {
    // Deleting the last assignment of a permission set deletes its role, at any moment: then there is nothing to report, and no job. A job
    // that is gone later says nothing about the role.
    const job = await unlessCode(iam.generateServiceLastAccessedDetails(role.arn, 'ACTION_LEVEL'), 'NoSuchEntity')
    if (job === undefined) return noUsage
    const found = await readServiceUses(ports, iam, job)
    if ('why' in found) return unreadUsage(account, found.why)
    return usageOf(found.services, { account, madeAt: role.createdAt, asOf })
  } catch (error) {
    if (!isServiceError(error)) throw error
    return unreadUsage(account, error.message)
  }
}

/** The permission sets that somebody has in an account, as far as ssofile knows. */
async function listHeld({ objects }: AskingPorts, account: AccountId): Promise<readonly PermissionSetName[]> {
  const names = new Set<PermissionSetName>()
  for (const prefix of ['assignments/', 'foreign/'])
    for await (const { key } of objects.list(`${prefix}account%${account}%`)) {
      const access = parseAccessKey(key.slice(prefix.length))
      const name = permissionSetName.safeParse(access?.permissionSet).data
      if (name !== undefined) names.add(name)
    }
  return [...names].sort()
}
