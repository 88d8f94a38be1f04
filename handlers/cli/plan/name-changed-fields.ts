import pLimit from 'p-limit'
import type { AccessCheck } from '../../../shared/domain/iam-policies/access-check.ts'
import {
  comparePermissions,
  listManagedPolicies,
  nameManagedPolicy,
  type PermissionsChange,
  type PolicyText,
} from '../../../shared/domain/iam-policies/compare-permissions.ts'
import { listDifferingFields } from '../../../shared/domain/permission-sets/differing-fields.ts'
import {
  type CustomerManagedPolicy,
  type PermissionSetFile,
  permissionSetKey,
} from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import type { InlinePolicies } from '../../../shared/modules/access/access-checks.ts'
import type { PermissionSetChange } from '../../../shared/modules/plan/foresee-permission-sets.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { readOwned } from '../../../shared/reconcile/records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../../../shared/reconcile/records/read-permission-set-file.ts'
import { readActionCatalog } from './read-action-catalog.ts'

/**
 * `fields`: the changed fields, if known; empty: the new file means the same, written differently. `meaning`: the gained and lost
 * permissions; absent: none, or unknown.
 */
export type ToldPermissionSetChange = PermissionSetChange & {
  readonly fields?: readonly string[]
  readonly meaning?: PermissionsChange | undefined
  /** The findings of IAM Access Analyzer on the new inline policy; absent: nobody asked for them, or the policy is unchanged. */
  readonly check?: AccessCheck
}

/** Reads the managed policies of a permission set of this name. */
export type ReadPolicies = (
  name: PermissionSetName,
  policies: readonly (string | CustomerManagedPolicy)[],
) => Promise<ReadonlyMap<string, PolicyText>>

export type CheckAccess = (policies: InlinePolicies) => Promise<AccessCheck>

type Buckets = { readonly before: ObjectStore; readonly after: ObjectStore }

type Compared = {
  readonly fields?: readonly string[]
  readonly before?: PermissionSetFile
  readonly after: PermissionSetFile
}

/**
 * Names the changes of permission sets and their meaning, by comparing the applied file with the new one. Without `readPolicies` it names
 * managed policies only; without `checkAccess` it leaves out IAM Access Analyzer.
 */
export async function nameChangedFields(
  changes: readonly PermissionSetChange[],
  buckets: Buckets,
  readPolicies?: ReadPolicies,
  checkAccess?: CheckAccess,
): Promise<readonly ToldPermissionSetChange[]> {
  const compare = async (one: PermissionSetChange) => ({ one, files: await compareFiles(one, buckets) })
  const compared = await pLimit(readsAtOnce).map(changes, compare)
  const told: ToldPermissionSetChange[] = []
  // One after another: the limit on policies must cut the same files in every run.
  for (const { one, files } of compared) {
    if (files === undefined) told.push(checkAccess && one.change === 'update' ? { ...one, check: unknown } : one)
    else {
      const { fields, ...versions } = files
      const check = checkAccess && (await checkInline(versions, checkAccess))
      const meaning = await explain(versions, readPolicies)
      told.push({ ...one, fields, meaning, check })
    }
  }
  return told
}

const unknown: AccessCheck = { findings: { why: 'the applied file or the new one is unknown' } }

/** `undefined`: there is no inline policy, or it is unchanged. */
async function checkInline({ before, after }: Compared, check: CheckAccess): Promise<AccessCheck | undefined> {
  if (after.inlinePolicy === undefined || after.inlinePolicy === before?.inlinePolicy) return undefined
  return check({ before: before?.inlinePolicy, after: after.inlinePolicy })
}

/** `undefined`: no file applies, or it is unknown: the bucket no longer has the applied file, or ssofile cannot read it. */
async function compareFiles(one: PermissionSetChange, { before, after }: Buckets): Promise<Compared | undefined> {
  const { name, change } = one
  if (change !== 'update' && change !== 'create') return undefined
  const key = permissionSetKey(name)
  try {
    const wanted = await readPermissionSetFile(after, key)
    if (!wanted?.file.ok) return undefined
    if (change === 'create') return { after: wanted.file.value }
    const [owned, old] = await Promise.all([readOwned(before, name), readPermissionSetFile(before, key)])
    if (!old?.file.ok || owned?.value.applied?.etag !== old.object.etag) return undefined
    const fields = listDifferingFields(old.file.value, wanted.file.value)
    return { fields, before: old.file.value, after: wanted.file.value }
  } catch (error) {
    if (isServiceError(error)) return undefined
    throw error
  }
}

/** `undefined`: nothing is gained, lost or changed. */
async function explain(
  { before, after }: Compared,
  readPolicies?: ReadPolicies,
): Promise<PermissionsChange | undefined> {
  const isSameInline = before?.inlinePolicy === after.inlinePolicy
  const isSame = isSameInline && namePolicies(before) === namePolicies(after)
  const policies = isSame ? [] : listManagedPolicies(...(before ? [before] : []), after)
  const texts = await readPolicies?.(after.name, policies)
  const isRead = [...(texts?.values() ?? [])].some((text) => 'document' in text)
  const catalog = isSameInline && !isRead ? new Map() : await readActionCatalog()
  const meaning = comparePermissions({ before, after, texts }, catalog)
  const { policiesRead: _, policiesNotRead: __, ...change } = meaning
  return Object.values(change).some(({ length }) => length > 0) ? meaning : undefined
}

function namePolicies(file: PermissionSetFile | undefined): string {
  return file === undefined ? '' : listManagedPolicies(file).map(nameManagedPolicy).join('\n')
}
