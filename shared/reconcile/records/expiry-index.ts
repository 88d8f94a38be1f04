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

export const expiryPrefix = 'state/expiry/'
const portion = 100
/** The event of an input whose instant has come. */
export const dueEvent = 'its time has come'

/** While it exists, nobody has deleted the index. It is the last key, so a deletion in order removes all others first. */
const wholeKey = `${expiryPrefix}~whole`

/** Up to this instant text order is time order. With an offset, the last day of a link may be in the year 10000. */
const lastIndexed = new Date('9999-12-31T23:59:59.999Z')

/** The future instants of a link, by S3's clock (`servedAt` of the link's reading). */
export function instantsToCome({ notBefore, expiresAt }: LinkBody, servedAt: Date): readonly Date[] {
  return [notBefore, expiresAt].filter((at) => at !== undefined).filter((at) => at > servedAt && at <= lastIndexed)
}

/** `state/expiry/<instant>%<link key>`: a listing starts with the earliest instant. Always within S3's 1,024 bytes. */
export function expiryKey(at: Date, link: string): string {
  return `${expiryPrefix}${renderInstant(at)}%${link}`
}

/**
 * Schedules a look at a link for its `notBefore` and `expiresAt`. An object of an earlier upload only causes one more look.
 * `lookId` differs for each look, and so does the etag, so a process that follows an earlier look does not remove the object of
 * this one.
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
 * If somebody deleted the index, rebuilds it from the links that have a body. Past instants are due at once. `askForOthers` looks
 * at all other inputs, which indexes them. If the process dies in between, the next minute tries again. Returns how many links it
 * read.
 */
export async function restoreIndex(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'folders'>,
  askForOthers: () => Promise<void>,
): Promise<number | undefined> {
  if (await objects.head(wholeKey)) return undefined
  const links = [...(await listHeads(objects, linkPrefix)).values()].filter(({ size }) => size > 0)
  await forEachAtOnce(links, async ({ key }) => {
    const reading = await readLink(objects, key, configuration)
    if (!('body' in reading)) return
    const instants = instantsToCome(reading.body, new Date(0))
    await indexInstants(objects, key, instants, reading.object.etag)
  })
  await askForOthers()
  await objects.put(wholeKey, new Uint8Array())
  return links.length
}

/** All keys of the index. The reconcile looks at links that are missing there. */
export async function listIndexed(objects: ObjectStore): Promise<ReadonlySet<string>> {
  return new Set((await listHeads(objects, expiryPrefix)).keys())
}

/** The inputs with this prefix that have an entry, each once. */
export async function listIndexedSubjects(objects: ObjectStore, prefix: string): Promise<readonly string[]> {
  const subjects = new Set<string>()
  for await (const { subject } of listTimed(objects, expiryPrefix))
    if (subject.startsWith(prefix)) subjects.add(subject)
  return [...subjects]
}

/**
 * Sends every input whose instant has come, then removes it from the index: if the process dies in between, the next minute
 * sends it again. S3's clock decides, as in the look itself, because ours may be minutes off. Returns how many, and the time
 * until the next one; absent: there is none.
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

/** The earliest due objects, at most a portion. For fewer, also the time until the next one. */
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
