import pLimit from 'p-limit'
import { renderFilePaths } from '../../../shared/domain/links/file-name.ts'
import type { ObjectHead, ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { repeatPatiently } from '../../../shared/reconcile/calls/repeat-patiently.ts'
import { listHeads } from '../../../shared/reconcile/records/list-heads.ts'
import type { LocalFile } from '../plan/proposed-folder.ts'
import { hasContent, type InputScope, isInScope } from './compare-inputs.ts'
import { nameInputs } from './folder-inputs.ts'
import type { LocalFolder } from './local-folder.ts'

const workedOnAtOnce = 32
const repetition = { attemptsMost: 6, firstMs: 500, mostMs: 20_000 }

/** What makes a folder equal to the bucket. */
export type PullChanges = {
  /** `over`: its file is there, with another content. */
  readonly writes: readonly { readonly head: ObjectHead; readonly path: string; readonly over: boolean }[]
  /** Files that the bucket lacks, and files that stand under another name than their key's. */
  readonly removals: readonly LocalFile[]
  readonly same: number
}

/** Compares by content. A file keeps its name only where that is the one that its key gets among all others. */
export async function comparePull(objects: ObjectStore, folder: LocalFolder, scope: InputScope): Promise<PullChanges> {
  const heads: ObjectHead[] = []
  for (const prefix of scope.prefixes)
    heads.push(...(await listHeads(objects, prefix)).values().filter(({ key }) => isInScope(key, scope)))
  const paths = renderFilePaths(heads.map(({ key }) => key))
  const { files } = await folder.list()
  // File systems may give names back with their accents written in another form.
  const byPath = new Map(files.map((file) => [file.path.normalize('NFC'), file]))
  const limit = pLimit(workedOnAtOnce)
  const compared = await limit.map(heads, async (head) => {
    const path = paths.get(head.key) ?? head.key
    const file = byPath.get(path)
    const isSame = file !== undefined && (await hasContent(objects, head, await file.read(file.sizeBytes)))
    return { head, path, over: file !== undefined, isSame }
  })
  const wanted = new Set(compared.map(({ path }) => path))
  const pulled = new Set(heads.map(({ key }) => key))
  const isLeft = (file: LocalFile): boolean => {
    const [{ key } = { key: '' }] = nameInputs([file]).files
    if (wanted.has(file.path.normalize('NFC')) || !isInScope(key, scope)) return false
    return scope.isDeleting || pulled.has(key)
  }
  return {
    writes: compared.filter(({ isSame }) => !isSame),
    removals: files.filter(isLeft),
    same: compared.filter(({ isSame }) => isSame).length,
  }
}

export type Pulled = {
  readonly written: number
  readonly removed: number
  readonly failed: readonly { readonly key: string; readonly reason: string }[]
}

/** Removals come first: the name of a removed file may be that of a written one in another case. */
export async function pullChanges(
  target: Pick<Ports, 'objects' | 'clock' | 'randomness'>,
  folder: LocalFolder,
  { writes, removals }: PullChanges,
  onDone: () => void = () => {},
): Promise<Pulled> {
  for (const { path } of removals) {
    await folder.remove(path)
    onDone()
  }
  const limit = pLimit(workedOnAtOnce)
  const failed: { readonly key: string; readonly reason: string }[] = []
  await limit.map(writes, async ({ head: { key }, path }) => {
    try {
      const found = await repeatPatiently(target, repetition, () => target.objects.get(key))
      if (found) await folder.write(path, found.body)
      else failed.push({ key, reason: 'somebody deleted it meanwhile' })
      onDone()
    } catch (error) {
      if (!isServiceError(error)) throw error
      failed.push({ key, reason: error.message })
    }
  })
  return { written: writes.length - failed.length, removed: removals.length, failed }
}
