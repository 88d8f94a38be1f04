import { kinds } from '../../../shared/domain/inputs/kinds.ts'
import { isSelectorKey, selectorPrefix } from '../../../shared/domain/scopes/selector-file.ts'
import { renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { Refusal } from '../arguments/refusal.ts'
import { readProposedFiles } from '../folder/proposed-folder.ts'

/** The writes and deletions that would replace the bucket's selectors by those of this folder. Throws Refusal. */
export async function proposeSelectors(folder: string, objects: ObjectStore) {
  const uploads = (await readProposedFiles(folder, kinds.selector)).map((file) => {
    if ('body' in file) return { key: file.key, body: file.body }
    throw new Refusal(renderComplaint(file.complaint))
  })
  const keys = new Set(uploads.map(({ key }) => key))
  const present = (await Array.fromAsync(objects.list(selectorPrefix))).map(({ key }) => key)
  const deletions = present.filter((key) => isSelectorKey(key) && !keys.has(key)).map((key) => ({ key }))
  return { uploads, deletions }
}
