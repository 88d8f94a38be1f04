import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import type { LinkBody } from '../../domain/links/link-body.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendInputs } from './inputs.ts'
import { forEachAtOnce, listHeads } from './list-heads.ts'
import { listTimed } from './list-timed.ts'
import { readLink } from './read-link.ts'

const expiryPrefix = 'state/expiry/'
const portion = 100
/** Why an input is looked at whose instant has come. */
export const dueEvent = 'its time has come'

/** While it stands, nobody has deleted the index since it was made. The last key of it: where keys are deleted in order, all others went before. */
const wholeKey = `${expiryPrefix}~whole`

/** Until then text order is time order. With an offset, the last day of a link may be in the year 10000. */
const lastIndexed = new Date('9999-12-31T23:59:59.999Z')

/** The instants of a link that are still to come, by S3's clock (`servedAt` of the link's reading). */
export function instantsToCome({ notBefore, expiresAt }: LinkBody, servedAt: Date): readonly Date[] {
  return [notBefore, expiresAt].filter((at) => at !== undefined).filter((at) => at > servedAt && at <= lastIndexed)
}

/** `state/expiry/<instant>%<link key>`: a listing has the earliest instant first. Always within S3's 1,024 bytes. */
export function expiryKey(at: Date, link: string): string {
  return `${expiryPrefix}${renderInstant(at)}%${link}`
}

/**
 * Has a link looked at again when its `notBefore` or `expiresAt` comes. An object of an earlier upload does no harm: the
 * link is looked at once more. `lookId` differs for each look, and so does the etag. So a process that follows an earlier
 * look does not remove the object of this one.
 */
export async function indexInstants(
  objects: ObjectStore,
  link: string,
  instants: readonly Date[],
  lookId: string,
): Promise<void> {
  for (const at of instants) await objects.put(expiryKey(at, link), lookId)
}

/**
 * Makes the index again where somebody deleted it, from the links that have a body. Times that have passed meanwhile are
 * due at once. A process that dies in between leaves that to the next minute. Returns how many links were read.
 */
export async function restoreIndex(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'folders'>,
): Promise<number | undefined> {
  if (await objects.head(wholeKey)) return undefined
  const links = [...(await listHeads(objects, linkPrefix)).values()].filter(({ size }) => size > 0)
  await forEachAtOnce(links, async ({ key }) => {
    const reading = await readLink(objects, key, configuration)
    if (!('body' in reading)) return
    const instants = instantsToCome(reading.body, new Date(0))
    await indexInstants(objects, key, instants, reading.object.etag)
  })
  await objects.put(wholeKey, new Uint8Array())
  return links.length
}

/** All keys of the index. The reconcile has links looked at that are missing there. */
export async function listIndexed(objects: ObjectStore): Promise<ReadonlySet<string>> {
  return new Set((await listHeads(objects, expiryPrefix)).keys())
}

/** The inputs with this prefix whose instant is still to come, each once. */
export async function listIndexedSubjects(objects: ObjectStore, prefix: string): Promise<readonly string[]> {
  const subjects = new Set<string>()
  for await (const { subject } of listTimed(objects, expiryPrefix))
    if (subject.startsWith(prefix)) subjects.add(subject)
  return [...subjects]
}

/**
 * Has every link looked at whose instant has come, and removes it from the index afterwards: a process that dies in
 * between leaves it for the next minute. S3's clock decides, as it does for the look itself: our own may be minutes off.
 * Returns how many, and how long it is until the next one comes; absent: there is none.
 */
export async function followInstants(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness'>,
  configuration: Pick<Configuration, 'folders'>,
): Promise<{ readonly followed: number; readonly nextInMs?: number | undefined }> {
  let followed = 0
  for (;;) {
    const { due, nextInMs } = await listDue(ports.objects)
    if (due.length === 0) return { followed, nextInMs }
    await sendInputs(ports, [...new Set(due.map(({ subject }) => subject))], dueEvent, configuration)
    await forEachAtOnce(due, async ({ object, etag }) => {
      await ports.objects.delete(object, { ifMatch: etag })
    })
    followed += due.length
    if (due.length < portion) return { followed, nextInMs }
  }
}

/** The earliest whose instant has come, a portion at most; of fewer, how long it is until the next one comes. */
async function listDue(objects: ObjectStore) {
  const due = []
  let servedAt: Date | undefined
  for await (const one of listTimed(objects, expiryPrefix)) {
    // A listing has no Date, and a listed object may be gone by now.
    servedAt ??= (await objects.head(one.object))?.servedAt
    if (servedAt === undefined) continue
    if (due.length === portion) break
    if (one.at > servedAt) return { due, nextInMs: one.at.getTime() - servedAt.getTime() }
    due.push(one)
  }
  return { due }
}
