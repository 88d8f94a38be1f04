import type { Configuration } from '../../domain/configuration.ts'
import { describeContents } from '../../domain/held-contents.ts'
import { permissionSetKey } from '../../domain/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { reachOf } from '../../domain/reach.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Differences } from '../differences/find-differences.ts'
import { findContentsHold } from '../permission-sets/ask-brake.ts'
import { readPermissionSet } from '../permission-sets/read-permission-set.ts'
import { readOwned } from '../records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import type { PermissionSetPreview } from './preview-permission-sets.ts'

/** At six calls each, and five calls a second, this is a minute. */
const readMost = 50

export type ContentsPreview = {
  /** The files of permission sets that the brake would hold, and why. */
  readonly contents: readonly { readonly name: PermissionSetName; readonly reason: string }[]
  /** Changes of permission sets that are assigned and were not compared with what Identity Center has: too many. */
  readonly contentsUnchecked: number
}

/** Judges the changes of permission sets as the dispatcher will: by what Identity Center has now. Those on most access first. */
export async function previewContents(
  { changes, ssoAdmin }: Pick<PermissionSetPreview, 'changes' | 'ssoAdmin'>,
  recorded: Differences['recorded'],
  { objects, configuration }: { readonly objects: ObjectStore; readonly configuration: Configuration },
): Promise<ContentsPreview> {
  const [ledger = new Map()] = recorded
  const assigned = changes
    .flatMap(({ name, change }) => (change === 'update' ? [{ name, ...reachOf(name, recorded) }] : []))
    .filter(({ assignments }) => assignments > 0)
    .sort((a, b) => b.assignments - a.assignments)
  const contents: { readonly name: PermissionSetName; readonly reason: string }[] = []
  for (const { name, assignments } of assigned.slice(0, readMost)) {
    const [owned, reading] = await Promise.all([
      readOwned(objects, name),
      readPermissionSetFile(objects, permissionSetKey(name)),
    ])
    const arn = owned?.value.arn
    if (!owned || arn === undefined || !reading?.file.ok) continue
    const actual = await readPermissionSet(ssoAdmin, arn)
    const read = { file: reading.file.value, object: reading.object }
    const reach = {
      limits: configuration.brake,
      assignmentsOf: async () => assignments,
      ledgerEntries: async () => [...ledger.values()].reduce((sum, { accounts }) => sum + accounts.size, 0),
    }
    const found = actual && (await findContentsHold(read, { owned: owned.value, actual }, reach))
    if (found) contents.push({ name, reason: describeContents(found) })
  }
  return {
    contents: contents.sort((a, b) => (a.name < b.name ? -1 : 1)),
    contentsUnchecked: Math.max(0, assigned.length - readMost),
  }
}
