import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import type { LinkBody } from '../../domain/links/link-body.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { dueEvent, sendEach } from './inputs.ts'
import { forEachAtOnce, listHeads } from './list-heads.ts'
import { listTimed } from './list-timed.ts'
import { readLink } from './read-link.ts'

export const expiryPrefix = 'state/expiry/'
const portion = 1_000
/** SQS delivers a failing message for half an hour, then sets it aside (`queueSettings`). */
const givenUpMs = 30 * 60_000
/** While it exists, nobody has deleted the index. It is the last key, so a deletion in order removes all others first. */
const wholeKey = `${expiryPrefix}~whole`

/** Up to this instant text order is time order. With an offset, the last day of a link may be in the year 10000. */
const lastIndexed = new Date('9999-12-31T23:59:59.999Z')

/** The future instants of a link, by S3's clock (`servedAt` of the link's reading). */
export function instantsToCome({ notBefore, expiresAt }: LinkBody, servedAt: Date): readonly Date[] {
  return [notBefore, expiresAt].filter((at) => at !== undefined).filter((at) => at > servedAt && at <= lastIndexed)
}

/** `state/expiry/<instant>%<link key>`: a listing starts with the earliest instant. Always within S3's 1,024 bytes. */
function expiryKey(at: Date, link: string): string {
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
 * If somebody deleted the index, rebuilds it from the links that have a body. Past instants are due at once, and so are all
 * `others`: their looks index them. If the process dies in between, the next minute tries again. Returns how many links it read.
 */
export async function restoreIndex(
  { objects, randomness }: Pick<Ports, 'objects' | 'randomness'>,
  configuration: Pick<Configuration, 'folders'>,
  listOthers: () => Promise<readonly string[]>,
): Promise<number | undefined> {
  if (await objects.head(wholeKey)) return undefined
  const id = randomness.id()
  const links = [...(await listHeads(objects, linkPrefix)).values()].filter(({ size }) => size > 0)
  await forEachAtOnce(links, async ({ key }) => {
    const reading = await readLink(objects, key, configuration)
    if (!('body' in reading)) return
    await indexInstants(objects, key, instantsToCome(reading.body, new Date(0)), id)
  })
  await forEachAtOnce(await listOthers(), (key) => indexInstants(objects, key, [new Date(0)], id))
  await objects.put(wholeKey, new Uint8Array())
  return links.length
}

/** The inputs with this prefix that have an entry, each once. */
export async function listIndexedSubjects(objects: ObjectStore, prefix: string): Promise<readonly string[]> {
  const subjects = new Set<string>()
  for await (const { subject } of listTimed(objects, expiryPrefix))
    if (subject.startsWith(prefix)) subjects.add(subject)
  return [...subjects]
}

/** When this process sent an entry, by S3's clock. By its key and etag. */
export type SentInstants = Map<string, number>

/**
 * Sends every input whose instant has come. Its look removes the entry (`removeDue`), so a lost message is sent again. S3's clock
 * decides, as in the look itself, because ours may be minutes off. Returns how many it sent, and the time until the next one;
 * absent: there is none. A new process does not know what another one sent, and sends it again.
 */
export async function followInstants(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness'>,
  configuration: Pick<Configuration, 'folders'>,
  sent: SentInstants = new Map(),
): Promise<{ readonly followed: number; readonly nextInMs?: number | undefined }> {
  let followed = 0
  for (;;) {
    const { due, nowMs, nextInMs } = await listDue(ports.objects, sent)
    const inputs = [...Map.groupBy(due, ({ subject }) => subject)].map(([key, entries]) => ({
      key,
      due: entries.map(({ instant, etag }) => ({ at: instant, etag })),
    }))
    await sendEach(ports, inputs, dueEvent, configuration)
    for (const one of due) sent.set(idOf(one), nowMs)
    followed += due.length
    if (due.length === portion) continue
    for (const [id, sentMs] of sent) if (nowMs - sentMs >= givenUpMs) sent.delete(id)
    return { followed, nextInMs }
  }
}

/** Removes the entries that asked for a look, after it. Another look may have written an entry for the same instant again. */
export async function removeDue(objects: ObjectStore, { key, due = [] }: InputMessage): Promise<void> {
  for (const { at, etag } of due) await objects.delete(`${expiryPrefix}${at}%${key}`, { ifMatch: etag })
}

function idOf({ object, etag }: { readonly object: string; readonly etag: string }): string {
  return `${object} ${etag}`
}

/** The earliest due objects whose message is not under way, at most a portion. For fewer, also the time until the next one. */
async function listDue(objects: ObjectStore, sent: SentInstants) {
  const due = []
  let servedAt: Date | undefined
  for await (const one of listTimed(objects, expiryPrefix)) {
    // A listing has no Date, and a listed object may be gone by now.
    servedAt ??= (await objects.head(one.object))?.servedAt
    if (servedAt === undefined) continue
    const nowMs = servedAt.getTime()
    if (one.at > servedAt) return { due, nowMs, nextInMs: one.at.getTime() - nowMs }
    if (nowMs - (sent.get(idOf(one)) ?? 0) < givenUpMs) continue
    if (due.push(one) === portion) break
  }
  return { due, nowMs: servedAt?.getTime() ?? 0 }
}
