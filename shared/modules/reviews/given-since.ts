import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix, parseLinkKey, temporaryPrefix } from '../../domain/links/link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachKnown, foreignAccess, readForeign } from '../../reconcile/records/foreign-assignments.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { folderOf, itemRecord, readItems, readUpload } from './review-records.ts'
import { filesOf, type ReviewItem, type ShownFile } from './rules/review-item.ts'
import type { ReviewRun } from './rules/review-record.ts'

type Access = { readonly permissionSet: string; readonly type: string }
const accessOf = ({ permissionSet, type }: Access, who: string | undefined) => `${permissionSet}%${type}%${who}`

/** Notes at each item who else got the same permission set for the same principal since the run began. The review asked about none of it. */
export async function noteGivenSince(
  review: string,
  { run }: Pick<ReviewRun, 'run'>,
  { objects, configuration }: { readonly objects: ObjectStore; readonly configuration: Pick<Configuration, 'folders'> },
): Promise<void> {
  const folder = folderOf(review, run)
  const items = await readItems(objects, folder)
  const shown = new Set(items.flatMap(({ subject }) => filesOf(subject).map(({ key }) => key)))
  const asked = new Map<string, ReviewItem[]>()
  for (const item of items) {
    const { subject, end } = item
    if ((subject.kind !== 'link' && subject.kind !== 'foreign') || end?.is === 'changed') continue
    for (const who of new Set([subject.principal, subject.principalId]))
      asked.set(accessOf(subject, who), [...(asked.get(accessOf(subject, who)) ?? []), item])
  }
  const since = new Map<ReviewItem, ShownFile[]>()
  const note = (of: readonly ReviewItem[], file: ShownFile) => {
    for (const item of of) since.set(item, [...(since.get(item) ?? []), file])
  }
  const names = await NameIndex.read(objects)
  await forEachAtOnce((await listHeads(objects, linkPrefix)).values(), async (head) => {
    const link = parseLinkKey(head.key, configuration.folders)
    if (!link.ok || shown.has(head.key) || head.key.startsWith(temporaryPrefix)) return
    const { type, principal } = link.value
    const of = [principal, names.idsOf(type, principal)[0]].flatMap((who) => asked.get(accessOf(link.value, who)) ?? [])
    if (of.length === 0) return
    const { file, told } = await readUpload(objects, head)
    if ((told?.since ?? head.lastModified.toISOString()) > run) note([...new Set(of)], file)
  })
  const foreign = new Map<AssignmentKey, { readonly file: ShownFile; readonly of: readonly ReviewItem[] }>()
  await forEachKnown(objects, ({ key, isForeign, etag, assignment }) => {
    const of = isForeign ? (asked.get(accessOf(assignment, assignment.principalId)) ?? []) : []
    if (of.length > 0) foreign.set(key, { file: { key: foreignAccess.at + key, etag }, of })
  })
  await forEachAtOnce(foreign, async ([key, { file, of }]) => {
    const entry = await spoiledAsAbsent(readForeign(objects, key))
    if (entry && entry.seenAt > run) note(of, file)
  })
  await forEachAtOnce(since, async ([item, files]) => {
    const givenSince = files.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    await itemRecord(objects, folder, item.digest).revise((known) => ({ ...(known ?? item), givenSince }))
  })
}
