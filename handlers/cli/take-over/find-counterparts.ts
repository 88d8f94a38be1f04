import { parseAssignmentName } from '../../../shared/domain/assignments/assignment.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { type Grant, parseLinkKey } from '../../../shared/domain/links/link.ts'
import { splitFolder } from '../../../shared/domain/links/link-fields.ts'
import type { OrganizationView } from '../../../shared/domain/organization/organization-view.ts'
import { parsePermissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { Scope } from '../../../shared/domain/scopes/scope.ts'
import { type Complaint, quote } from '../../../shared/domain/statuses/complaint.ts'
import type { ConfiguredPorts } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { PermissionSetIndex } from '../../../shared/reconcile/directory/permission-set-index.ts'
import { PrincipalIndex } from '../../../shared/reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import type { InPortions } from '../../../shared/reconcile/take-over/list-existing.ts'
import type { ExportFile } from './read-export.ts'

export type Counterparts = {
  /** All of this instance, by name. */
  readonly permissionSets: ReadonlyMap<PermissionSetName, PermissionSetArn>
  /** Names in the file that stand for nothing here, each once. */
  readonly missing: readonly Complaint[]
}

/** Reads the whole file, and looks up each name in it here: names mean the same on both sides, ids do not. Throws Refusal. */
export async function findCounterparts(
  context: ConfiguredPorts,
  file: ExportFile,
  { inPortions }: { readonly inPortions: InPortions },
): Promise<Counterparts> {
  const { clock, configuration } = context
  const names = await collectNames(file, configuration)
  const index = new Map<PermissionSetName, PermissionSetArn>()
  await inPortions(['all'], 'permission sets', async (_, ssoAdmin) => {
    for (const [name, arn] of await new PermissionSetIndex({ ...context, ssoAdmin }).list()) index.set(name, arn)
  })
  const missing: Complaint[] = []
  for (const name of names.permissionSets)
    if (!index.has(name) && !names.files.has(name))
      missing.push(lack(`the permission set '${name}'`, 'neither one here nor a file of it in the export'))
  const principals = new PrincipalIndex(patientIdentityStore(context), clock, configuration.principalSuffix)
  for (const { type, principal } of await principals.foresee(names.principals.values()))
    missing.push(
      lack(`the ${type === 'GROUP' ? 'group' : 'user'} '${quote(principal)}'`, 'a name that nobody has here'),
    )
  const view = await new OrganizationCache(context, configuration.folders).view()
  for (const place of listMissingPlaces(names.scopes.values(), view)) missing.push(lack(place, 'none of this id here'))
  for (const folder of names.folders)
    missing.push(lack(`the folder '${quote(folder)}'`, 'one that is not declared here'))
  return { permissionSets: index, missing: missing.sort((a, b) => (a.object < b.object ? -1 : 1)) }
}

function lack(object: string, received: string): Complaint {
  return {
    object,
    received,
    expected: 'the same name on this side',
    remedy: 'its links wait, or are rejected, until there is one: make it, or delete them',
  }
}

type Names = {
  readonly permissionSets: ReadonlySet<PermissionSetName>
  /** Those that the export has a file of. */
  readonly files: ReadonlySet<PermissionSetName>
  readonly principals: ReadonlyMap<string, Pick<Grant, 'type' | 'principal'>>
  readonly scopes: ReadonlyMap<string, Scope>
  /** Of links, and not declared here. */
  readonly folders: ReadonlySet<string>
}

async function collectNames({ lines }: ExportFile, { folders: declared }: Configuration): Promise<Names> {
  const names = {
    permissionSets: new Set<PermissionSetName>(),
    files: new Set<PermissionSetName>(),
    principals: new Map<string, Pick<Grant, 'type' | 'principal'>>(),
    scopes: new Map<string, Scope>(),
    folders: new Set<string>(),
  }
  const note = ({ permissionSet, type, principal }: Grant, scope: Scope) => {
    names.permissionSets.add(permissionSet)
    names.principals.set(`${type} ${principal}`, { type, principal })
    names.scopes.set(JSON.stringify(scope), scope)
  }
  for await (const line of lines()) {
    if (line.kind === 'permission-set') {
      const name = parsePermissionSetKey(line.key)
      if (name.ok) names.files.add(name.value)
    } else if (line.kind === 'assignment') {
      const assignment = parseAssignmentName(line.name)
      if (assignment) note(assignment, { kind: 'account', id: assignment.accountId })
    } else if (line.kind === 'link') {
      const { folder } = splitFolder(line.key.slice('links_data/'.length))
      if (folder !== undefined && !declared.includes(folder)) names.folders.add(folder)
      const link = parseLinkKey(line.key, folder === undefined ? [] : [folder])
      if (link.ok) note(link.value, link.value.scope)
    }
  }
  return names
}

/** Accounts, and units without any account: whether an empty unit is here is not known. */
function listMissingPlaces(scopes: Iterable<Scope>, { accounts }: OrganizationView): readonly string[] {
  const ids = new Set(accounts.map(({ id }) => id))
  const units = new Set(accounts.flatMap(({ parents }) => parents))
  return [...scopes].flatMap((scope) => {
    if (scope.kind === 'account' && !ids.has(scope.id)) return [`the account ${scope.id}`]
    return scope.kind === 'ou_id' && !units.has(scope.id) ? [`accounts of the unit ${scope.id}`] : []
  })
}
