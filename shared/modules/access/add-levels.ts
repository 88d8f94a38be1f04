import type { AccessLevel, ActionCatalog } from '../../domain/iam-policies/access-level.ts'
import { accessLevelsOf } from '../../domain/iam-policies/access-levels-of.ts'
import { listManagedPolicies, type PolicyText } from '../../domain/iam-policies/compare-permissions.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { Auditor } from '../../ports/auditor.ts'
import type { Ports } from '../../ports/ports.ts'
import { readGently } from '../../reconcile/calls/limited-sso-admin.ts'
import { ManagedPolicies } from '../../reconcile/calls/managed-policies.ts'
import { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'
import { type PolicySources, readSetPolicies } from '../../reconcile/directory/read-set-policies.ts'
import type { HeldAccess } from './expand-access.ts'
import { notConfigured } from './role-uses.ts'
import { unlessRefused } from './unless-refused.ts'

type LevelPorts = Pick<Ports, 'objects' | 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'> & {
  readonly auditor: Auditor
}

/**
 * Adds the access levels of permission sets to access. If they cannot be read, the level is `unknown` and a note gives the
 * reason; no access is left out. `isLive`: ask Identity Center and IAM as well.
 */
export async function addLevels(
  rows: readonly HeldAccess[],
  ports: LevelPorts,
  {
    auditorRole,
    isLive,
    catalog,
  }: { readonly auditorRole: string; readonly isLive: boolean; readonly catalog: ActionCatalog },
): Promise<{ readonly rows: readonly HeldAccess[]; readonly notes: readonly string[] }> {
  const notes: string[] = []
  const ssoAdmin = isLive ? readGently(ports) : undefined
  const index = ssoAdmin && new PermissionSetIndex({ ...ports, ssoAdmin })
  const sources: PolicySources = { ...ports, ssoAdmin, resolve: async (name) => index?.resolve(name) }
  const managed = isLive && auditorRole !== '' ? new ManagedPolicies(ports, auditorRole) : undefined
  const why = isLive ? notConfigured : 'only the bucket was to be read'
  const levels = new Map<string, readonly AccessLevel[]>()
  for (const [name, some] of [...Map.groupBy(rows, ({ permissionSet }) => permissionSet)].sort(byName)) {
    const accounts = [...new Set(some.map(({ account }) => account))].sort()
    const read = await readOne(name, accounts, { sources, managed, why, notes })
    levels.set(name, read === undefined ? ['unknown'] : accessLevelsOf(read.policies, read.texts, catalog))
  }
  return { rows: rows.map((row) => ({ ...row, levels: levels.get(row.permissionSet) })), notes }
}

type Reading = {
  readonly sources: PolicySources
  readonly managed: ManagedPolicies | undefined
  readonly why: string
  readonly notes: string[]
}

async function readOne(name: string, accounts: readonly AccountId[], { sources, managed, why, notes }: Reading) {
  const told = `the access levels of ${name} are not known`
  const set = permissionSetName.safeParse(name).data
  if (set === undefined) {
    notes.push(`${told}: it is a role that Identity Center did not make`)
    return undefined
  }
  const policies = await unlessRefused(readSetPolicies(set, sources), told, notes)
  if (policies === undefined) {
    notes.push(
      `${told}: its file is not what was applied last, or there is none, and Identity Center was not asked or lacks it`,
    )
    return undefined
  }
  const wanted = listManagedPolicies(policies)
  const texts = (await managed?.read(wanted, accounts)) ?? new Map<string, PolicyText>()
  const unread = [...texts].flatMap(([policy, text]) => ('why' in text ? [`${policy}: ${text.why}`] : []))
  if (unread.length > 0) notes.push(`some access levels of ${name} are not known: ${unread.join('; ')}`)
  if (managed === undefined && wanted.length > 0)
    notes.push(`some access levels of ${name} are not known, since its managed policies were not read: ${why}`)
  return { policies, texts }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
