import pLimit from 'p-limit'
import type { ObjectHead, ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { repeatPatiently } from '../../../shared/reconcile/calls/repeat-patiently.ts'
import { hasContent, type InputChanges, type Upload } from './compare-inputs.ts'
import { isGoverned } from './input-parts.ts'

const writesAtOnce = 32
/** S3 may answer SlowDown for a while if thousands of files come at once. */
const repetition = { attemptsMost: 6, firstMs: 500, mostMs: 20_000 }

export type Pushed = {
  readonly uploaded: number
  readonly deleted: number
  /** Objects that somebody else changed after the comparison. They stay as they are. */
  readonly changedMeanwhile: readonly string[]
  readonly failed: readonly { readonly key: string; readonly reason: string }[]
  /** The number of deletions that did not begin, since an upload failed. */
  readonly undeleted: number
}

type Result = 'done' | 'changed meanwhile' | { readonly reason: string }

/**
 * Makes these changes to the inputs. Uploads come before deletions, so that access stays while it moves to another link. Policies,
 * selectors, eligibilities, groups and people are uploaded before links and memberships, and deleted after them. Every write requires the
 * object that the comparison saw. If an upload failed, nothing is deleted. Calls `onWritten` after each write.
 */
export async function pushChanges(
  target: Pick<Ports, 'objects' | 'clock' | 'randomness'>,
  { uploads, deletions }: InputChanges,
  onWritten: (kind: 'uploaded' | 'deleted') => void = () => {},
): Promise<Pushed> {
  const limit = pLimit(writesAtOnce)
  const each = <T extends { readonly key: string }>(items: readonly T[], write: (item: T) => Promise<Result>) =>
    limit.map(items, async (item) => ({ key: item.key, result: await write(item).catch(asFailure) }))
  const upload = async (one: Upload) => {
    const result = await repeatPatiently(target, repetition, () => put(target.objects, one))
    if (result === 'done') onWritten('uploaded')
    return result
  }
  const remove = async (head: ObjectHead) => {
    const result = await repeatPatiently(target, repetition, () => removeObject(target.objects, head))
    if (result === 'done') onWritten('deleted')
    return result
  }
  const [rules, links] = divide(uploads)
  const first = await each(rules, upload)
  // No link may arrive before a policy that would refuse it.
  const rest = isDone(first) ? await each(links, upload) : links.map(({ key }) => ({ key, result: notBegun }))
  const up = [...first, ...rest]
  const isWhole = isDone(up)
  const [rulesGone, linksGone] = divide(isWhole ? deletions : [])
  const gone = [...(await each(linksGone, remove)), ...(await each(rulesGone, remove))]
  const all = [...up, ...gone]
  return {
    uploaded: up.filter(({ result }) => result === 'done').length,
    deleted: gone.filter(({ result }) => result === 'done').length,
    changedMeanwhile: all.filter(({ result }) => result === 'changed meanwhile').map(({ key }) => key),
    failed: all.flatMap(({ key, result }) => (typeof result === 'object' ? [{ key, ...result }] : [])),
    undeleted: isWhole ? 0 : deletions.length,
  }
}

async function put(objects: ObjectStore, { key, body, over }: Upload): Promise<Result> {
  const condition = over === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: over.etag }
  if ((await objects.put(key, body, condition)).outcome === 'written') return 'done'
  // Somebody else may have uploaded the same content, or our own earlier attempt without an answer may have.
  const found = await objects.head(key)
  return found && (await hasContent(objects, found, body)) ? 'done' : 'changed meanwhile'
}

const notBegun: Result = { reason: 'not uploaded, because some files of governance were not' }

function isDone(written: readonly { readonly result: Result }[]): boolean {
  return written.every(({ result }) => result === 'done')
}

/** Files that governance writes, and the rest. */
function divide<T extends { readonly key: string }>(items: readonly T[]): readonly [readonly T[], readonly T[]] {
  return [items.filter(({ key }) => isGoverned(key)), items.filter(({ key }) => !isGoverned(key))]
}

async function removeObject(objects: ObjectStore, { key, etag }: ObjectHead): Promise<Result> {
  return (await objects.delete(key, { ifMatch: etag })) === 'deleted' ? 'done' : 'changed meanwhile'
}

function asFailure(error: unknown): Result {
  if (!isServiceError(error)) throw error
  return { reason: error.message }
}
