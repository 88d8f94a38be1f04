import { reachOf } from '../../domain/assignments/reach.ts'
import { emptyBrake } from '../../domain/brake/brake-record.ts'
import { describeContents, describeLoss } from '../../domain/brake/held-contents.ts'
import { findBaselessEdit, judgeEdit } from '../../domain/brake/judge-edit.ts'
import { pruneBrake } from '../../domain/brake/releases.ts'
import { type BrakeTerms, noteBase } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { uploaderWithoutSession } from '../../domain/links/uploader-without-session.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { brakeFile } from '../brake/brake-file.ts'
import { countBase } from '../brake/count-base.ts'
import type { Differences } from '../differences/find-differences.ts'
import { findEdit } from '../permission-sets/find-edit.ts'
import { readPermissionSet } from '../permission-sets/read-permission-set.ts'
import type { PermissionSetPreview } from '../preview/preview-permission-sets.ts'
import { readOwned } from '../records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** At six calls each, and five calls a second, this takes a minute. */
const readMost = 50

type ToldEdit = { readonly name: PermissionSetName; readonly reason: string }

export type ContentsPreview = {
  /** The permission set files that the brake would hold, and why. */
  readonly contents: readonly ToldEdit[]
  /** Passing changes that may take access away: the access, and from how many. */
  readonly losses: readonly ToldEdit[]
  /** Changes of assigned permission sets that were not compared with Identity Center, because there are too many. */
  readonly contentsUnchecked: number
}

/**
 * Judges the changes of permission sets as the dispatcher will, by Identity Center's present state. Those with most access
 * first.
 */
export async function previewContents(
  { changes, ssoAdmin }: Pick<PermissionSetPreview, 'changes' | 'ssoAdmin'>,
  recorded: Differences['recorded'],
  {
    objects,
    configuration,
    clock,
  }: { readonly objects: ObjectStore; readonly configuration: Configuration; readonly clock: Clock },
): Promise<ContentsPreview> {
  const terms: BrakeTerms = { limits: configuration.brake, now: clock.now() }
  let record = pruneBrake((await brakeFile(objects).read())?.value ?? emptyBrake, terms)
  const [ledger = new Map()] = recorded
  const assigned = changes
    .flatMap(({ name, change }) => (change === 'update' ? [{ name, ...reachOf(name, recorded) }] : []))
    .filter(({ assignments }) => assignments > 0)
    .sort((a, b) => b.assignments - a.assignments)
  const statuses = new StatusStore(objects, clock)
  const contents: ToldEdit[] = []
  const losses: ToldEdit[] = []
  for (const { name, assignments } of assigned.slice(0, readMost)) {
    const key = permissionSetKey(name)
    const [owned, reading, told] = await Promise.all([
      readOwned(objects, name),
      readPermissionSetFile(objects, key),
      spoiledAsAbsent(statuses.read(key)),
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
    const file = actual && (await findEdit(read, { owned: owned.value, actual }, reach))
    if (!file) continue
    const edit = { file, uploader: uploaderWithoutSession(toldUploader(told, reading.object)) }
    for (const window of findBaselessEdit(record, edit, terms))
      record = noteBase(record, window, await countBase(window, { objects, configuration }), terms)
    const { brake, held } = judgeEdit(record, edit, terms)
    record = brake
    const loss = describeLoss(file)
    if (held) contents.push({ name, reason: describeContents(held) })
    else if (loss !== undefined) losses.push({ name, reason: loss })
  }
  const byName = (a: ToldEdit, b: ToldEdit) => (a.name < b.name ? -1 : 1)
  return {
    contents: contents.sort(byName),
    losses: losses.sort(byName),
    contentsUnchecked: Math.max(0, assigned.length - readMost),
  }
}
