import {
  isSelectorKey,
  nameInSelectorKey,
  parseSelectorFile,
  type Selectors,
  selectorFileMostBytes,
  selectorPrefix,
} from '../../../shared/domain/scopes/selector-file.ts'
import { refused, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { SelectorFiles } from '../../../shared/reconcile/records/selector-files.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { readProposedFiles } from '../plan/proposed-folder.ts'

/** The selectors of a bucket, or of a folder with `selectors/` in it; without that there are none. */
export async function readSelectors(source: string): Promise<Selectors> {
  if (source.startsWith('s3://')) return new SelectorFiles(openCliPorts(bucketOf(source)).objects).read()
  const files = await readSelectorFiles(source)
  return new Map(
    files.map(({ key, size, ...file }) => [
      nameInSelectorKey(key),
      'body' in file ? parseSelectorFile(key, file.body, size) : refused(file.complaint),
    ]),
  )
}

/** What would be written and deleted in the bucket if its selectors were those of this folder. Throws Refusal. */
export async function proposeSelectors(folder: string, objects: ObjectStore) {
  const uploads = (await readSelectorFiles(folder)).map((file) => {
    if ('body' in file) return { key: file.key, body: file.body }
    throw new Refusal(renderComplaint(file.complaint))
  })
  const keys = new Set(uploads.map(({ key }) => key))
  const present = (await Array.fromAsync(objects.list(selectorPrefix))).map(({ key }) => key)
  const deletions = present.filter((key) => isSelectorKey(key) && !keys.has(key)).map((key) => ({ key }))
  return { uploads, deletions }
}

function readSelectorFiles(folder: string) {
  return readProposedFiles(folder, { prefix: selectorPrefix, isKey: isSelectorKey, mostBytes: selectorFileMostBytes })
}
