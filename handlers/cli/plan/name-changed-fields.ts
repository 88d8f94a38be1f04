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
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import type { InlinePolicies } from '../../../shared/reconcile/preview/access-checks.ts'
import type { PermissionSetChange } from '../../../shared/reconcile/preview/preview-permission-sets.ts'
import { readOwned } from '../../../shared/reconcile/records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../../../shared/reconcile/records/read-permission-set-file.ts'
import { readActionCatalog } from './read-action-catalog.ts'

const readsAtOnce = 32

/**
 * `fields`: those that differ, if known; empty: the new file means the same, written differently. `meaning`: what is allowed
 * then and was not, or the other way round; absent: nothing, or not known.
 */
export type ToldPermissionSetChange = PermissionSetChange & {
  readonly fields?: readonly string[]
  readonly meaning?: PermissionsChange
  /** What IAM Access Analyzer says of the new inline policy; absent: it was not to be asked, or there is no other one. */
  readonly check?: AccessCheck
}

/** What managed policies say, as a permission set of this name has them. */
export type ReadPolicies = (
  name: PermissionSetName,
  policies: readonly (string | CustomerManagedPolicy)[],
) => Promise<ReadonlyMap<string, PolicyText>>

/** Asks IAM Access Analyzer. */
export type CheckAccess = (policies: InlinePolicies) => Promise<AccessCheck>

type Buckets = { readonly before: ObjectStore; readonly after: ObjectStore }

type Compared = {
  readonly fields?: readonly string[]
  readonly before?: PermissionSetFile
  readonly after: PermissionSetFile
}

/**
 * Names what changes in permission sets, and what that allows, by comparing the file that was applied with the new one.
 * Without `readPolicies` managed policies are told by name only; without `checkAccess` IAM Access Analyzer says nothing.
 */
export async function nameChangedFields(
  changes: readonly PermissionSetChange[],
  buckets: Buckets,
  readPolicies?: ReadPolicies,
  checkAccess?: CheckAccess,
): Promise<readonly ToldPermissionSetChange[]> {
  const compared = await pLimit(readsAtOnce).map(changes, async (one) => {
    if (one.change !== 'update' && one.change !== 'create') return { one }
    return { one, files: await compareFiles(one.name, one.change, buckets) }
  })
  const told: ToldPermissionSetChange[] = []
  // One after another: which policies are read at most must not depend on which file came first.
  for (const { one, files } of compared) {
    if (files === undefined) told.push(checkAccess && one.change === 'update' ? { ...one, check: unknown } : one)
    else {
      const { fields, ...versions } = files
      const check = checkAccess && (await checkInline(versions, checkAccess))
      const meaning = await explain(one.name, versions, readPolicies)
      told.push({ ...one, fields, ...meaning, check })
    }
  }
  return told
}

const unknown: AccessCheck = { findings: { why: 'the file that was applied, or the new one, is not known' } }

/** `undefined`: there is no inline policy, or the same as before. */
async function checkInline({ before, after }: Compared, check: CheckAccess): Promise<AccessCheck | undefined> {
  if (after.inlinePolicy === undefined || after.inlinePolicy === before?.inlinePolicy) return undefined
  return check({ before: before?.inlinePolicy, after: after.inlinePolicy })
}

/** `undefined`: unknown, because the bucket no longer has the file that was applied, or it cannot be read. */
async function compareFiles(
  name: PermissionSetName,
  change: PermissionSetChange['change'],
  { before, after }: Buckets,
): Promise<Compared | undefined> {
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

async function explain(
  name: PermissionSetName,
  { before, after }: Compared,
  readPolicies: ReadPolicies | undefined,
): Promise<Pick<ToldPermissionSetChange, 'meaning'>> {
  const isSameInline = before?.inlinePolicy === after.inlinePolicy
  const isSame = isSameInline && namePolicies(before) === namePolicies(after)
  const policies = isSame ? [] : listManagedPolicies(...(before ? [before] : []), after)
  const texts = await readPolicies?.(name, policies)
  const isRead = [...(texts?.values() ?? [])].some((text) => 'document' in text)
  const catalog = isSameInline && !isRead ? new Map() : await readActionCatalog()
  const meaning = comparePermissions({ before, after, texts }, catalog)
  const { policiesRead: _, policiesNotRead: __, ...change } = meaning
  return Object.values(change).some(({ length }) => length > 0) ? { meaning } : {}
}

function namePolicies(file: PermissionSetFile | undefined): string {
  return file === undefined ? '' : listManagedPolicies(file).map(nameManagedPolicy).join('\n')
}
