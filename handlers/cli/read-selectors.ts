import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  isSelectorKey,
  nameInSelectorKey,
  parseSelectorFile,
  type Selectors,
  selectorFileMostBytes,
  selectorPrefix,
} from '../../shared/domain/selector-file.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { SelectorFiles } from '../../shared/reconcile/records/selector-files.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { listNames } from './read-guardrails.ts'

/** The selectors of a bucket, or of a folder with `selectors/` in it; without that there are none. */
export async function readSelectors(source: string): Promise<Selectors> {
  if (source.startsWith('s3://')) return new SelectorFiles(openCliPorts(bucketOf(source)).objects).read()
  const files = await readSelectorFiles(source)
  return new Map(files.map(({ key, body, size }) => [nameInSelectorKey(key), parseSelectorFile(key, body, size)]))
}

/** What would be written and deleted in the bucket if its selectors were those of this folder. */
export async function proposeSelectors(folder: string, objects: ObjectStore) {
  const uploads = await readSelectorFiles(folder)
  const keys = new Set(uploads.map(({ key }) => key))
  const present = (await Array.fromAsync(objects.list(selectorPrefix))).map(({ key }) => key)
  const deletions = present.filter((key) => isSelectorKey(key) && !keys.has(key)).map((key) => ({ key }))
  return { uploads, deletions }
}

async function readSelectorFiles(folder: string) {
  const names = await listNames(join(folder, selectorPrefix))
  const keys = names.map((name) => selectorPrefix + name).filter(isSelectorKey)
  return Promise.all(
    keys.map(async (key) => {
      const { size } = await stat(join(folder, key))
      const body = size > selectorFileMostBytes ? new Uint8Array() : await readFile(join(folder, key))
      return { key, body, size }
    }),
  )
}
