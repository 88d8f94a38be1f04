import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import { isSystemFile } from '../../../shared/domain/json/system-file.ts'
import { temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { compareKeys } from '../../../shared/domain/text/compare-keys.ts'
import type { ObjectHead, ObjectStore } from '../../../shared/ports/object-store.ts'
import { listHeads, readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import type { InputFile } from './folder-inputs.ts'
import { isUnused, pushedPlaces } from './input-parts.ts'

/** The inputs that a push or pull is about. */
export type InputScope = {
  /** Keys that begin with one of these. */
  readonly prefixes: readonly string[]
  /** Whether objects that the source lacks are deleted at the destination. */
  readonly isDeleting: boolean
}

export function allInputs(): InputScope {
  return { prefixes: pushedPlaces(), isDeleting: true }
}

/**
 * Whether an input is in scope. Objects that ssofile itself writes for granted requests are in no scope, since no folder has them and they
 * come and go. Files without effect beside files of governance, such as a README, are in no scope either.
 */
export function isInScope(key: string, { prefixes }: Pick<InputScope, 'prefixes'>): boolean {
  if (key.startsWith(temporaryPrefix) || isUnused(key)) return false
  return prefixes.some((prefix) => key.startsWith(prefix))
}

/** `over`: the object that the file replaces. Absent: there is none. */
export type Upload = { readonly key: string; readonly body: Uint8Array; readonly over?: ObjectHead }

/** The changes that make the inputs of a bucket equal to those of a folder, ascending by key. */
export type InputChanges<U extends Upload = Upload> = {
  readonly uploads: readonly U[]
  readonly deletions: readonly ObjectHead[]
  /** Objects in the bucket with the same content. */
  readonly same: readonly ObjectHead[]
}

export function changesInScope<U extends Upload>(
  { uploads, deletions, same }: InputChanges<U>,
  scope: Pick<InputScope, 'prefixes'>,
): InputChanges<U> {
  const isIn = ({ key }: { readonly key: string }) => isInScope(key, scope)
  return { uploads: uploads.filter(isIn), deletions: deletions.filter(isIn), same: same.filter(isIn) }
}

/**
 * Compares contents and ignores times. Files of systems and editors are not uploaded, but an object with such a key is not deleted either
 * while the folder has its file.
 */
export async function compareInputs(
  objects: ObjectStore,
  files: readonly InputFile[],
  scope: InputScope = allInputs(),
): Promise<InputChanges> {
  const present = new Map<string, ObjectHead>()
  for (const prefix of scope.prefixes)
    for (const head of (await listHeads(objects, prefix)).values())
      if (isInScope(head.key, scope)) present.set(head.key, head)
  const wanted = files
    .filter(({ key }) => isInScope(key, scope) && !isSystemFile(key))
    .sort((a, b) => compareKeys(a.key, b.key))
  const limit = pLimit(readsAtOnce)
  const compared = await Promise.all(
    wanted.map((file) =>
      limit(async () => {
        const body = await file.read(file.sizeBytes)
        const over = present.get(file.key)
        if (over && (await hasContent(objects, over, body))) return { same: over }
        return { upload: { key: file.key, body, over } }
      }),
    ),
  )
  const kept = new Set(files.map(({ key }) => key))
  return {
    uploads: compared.flatMap(({ upload }) => (upload ? [upload] : [])),
    same: compared.flatMap(({ same }) => (same ? [same] : [])),
    deletions: scope.isDeleting ? [...present.values()].filter(({ key }) => !kept.has(key)) : [],
  }
}

/**
 * Whether the object has this content. If an object is encrypted with a KMS key, its ETag is no MD5, so ssofile reads the object if the
 * size is the same. (S3 API Reference, "Object", ETag.)
 */
export async function hasContent(objects: ObjectStore, head: ObjectHead, body: Uint8Array): Promise<boolean> {
  if (head.size !== body.byteLength) return false
  if (head.size === 0 || head.etag === createHash('md5').update(body).digest('hex')) return true
  const found = await objects.get(head.key)
  return found !== undefined && Buffer.compare(found.body, body) === 0
}
