import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import type { LinkBody } from '../../domain/links/link-body.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { definePlace } from './define-record.ts'
import { dueEvent, sendEach } from './inputs.ts'
import { JsonRecord } from './json-record.ts'
import { forEachAtOnce } from './list-heads.ts'
import { listTimed } from './list-timed.ts'
import { readLink } from './read-link.ts'
import { spoiledAsAbsent } from './stored-json.ts'

export const expiryIndex = definePlace({
  at: 'state/expiry/',
  meaning: 'which input is due when: one object for each instant',
  source: { is: 'index', of: 'links and statuses' },
})
const portion = 1_000
/** SQS delivers a failing message for half an hour, then sets it aside (`queueSettings`). */
const givenUpMs = 30 * 60_000
/** While it exists, nobody has deleted the index. It is the last key, so a deletion in order removes all others first. */
const wholeKey = `${expiryIndex.at}~whole`
/** The last object of which the index is built again. It is gone with the index. */
const restored = record({ v: z.literal(1), after: z.string().optional() })
/** How long one run follows instants, or builds the index again. The function has a minute, and other jobs. */
const workMs = 20_000

/** The future instants of a link, by S3's clock (`servedAt` of the link's reading). */
export function instantsToCome({ notBefore, expiresAt }: LinkBody, servedAt: Date): readonly Date[] {
  return [notBefore, expiresAt].filter((at) => at !== undefined).filter((at) => at > servedAt)
}

/** `state/expiry/<instant>%<link key>`: a listing starts with the earliest instant. Always within S3's 1,024 bytes. */
function expiryKey(at: Date, link: string): string {
  return `${expiryIndex.at}${renderInstant(at)}%${link}`
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

/** `object`: what names it, a link or a status. */
export type IndexedInput = { readonly object: string; readonly input: string }

type IndexPorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness'>

/**
 * If somebody deleted the index, rebuilds it from the links that have a body. Past instants are due at once, and so are all
 * `others`: their looks index them. It works part by part: if the process dies or has no more time, the next minute goes on. Returns how
 * many inputs it read. `listOthers`: ascending by object, behind this one.
 */
export async function restoreIndex(
  { objects, clock, randomness }: Pick<IndexPorts, 'objects' | 'clock' | 'randomness'>,
  configuration: Pick<Configuration, 'folders'>,
  listOthers: (after: string | undefined) => AsyncIterable<IndexedInput>,
): Promise<number | undefined> {
  if (await objects.head(wholeKey)) return undefined
  const id = randomness.id()
  const untilMs = clock.monotonicMs() + workMs
  const progress = new JsonRecord(objects, `${expiryIndex.at}~restored`, restored)
  const indexLink = async (key: string) => {
    const reading = await readLink(objects, key, configuration)
    if ('body' in reading) await indexInstants(objects, key, instantsToCome(reading.body, new Date(0)), id)
  }
  let read = 0
  for (;;) {
    // Each part reads the progress again, because somebody may have deleted the index meanwhile.
    const known = await spoiledAsAbsent(progress.read())
    const after = known?.value.after
    const isOfLinks = after === undefined || after.startsWith(linkPrefix)
    const links = isOfLinks ? await firstOf(listLinksWithBody(objects, after)) : []
    const others = links.length < portion ? await firstOf(listOthers(isOfLinks ? undefined : after)) : []
    const last = [...links, ...others].at(-1)
    await forEachAtOnce(links, ({ input }) => indexLink(input))
    await forEachAtOnce(others, ({ input }) => indexInstants(objects, input, [new Date(0)], id))
    read += links.length + others.length
    await progress.write({ v: 1, ...(last && { after: last.object }) }, known?.object.etag)
    if (last === undefined) break
    if (clock.monotonicMs() >= untilMs) return read
  }
  await objects.put(wholeKey, new Uint8Array())
  return read
}

async function* listLinksWithBody(objects: ObjectStore, after = linkPrefix): AsyncGenerator<IndexedInput> {
  for await (const { key, size } of objects.list(linkPrefix, { startAfter: after }))
    if (size > 0) yield { object: key, input: key }
}

async function firstOf(inputs: AsyncIterable<IndexedInput>): Promise<readonly IndexedInput[]> {
  const first: IndexedInput[] = []
  for await (const input of inputs) if (first.push(input) === portion) break
  return first
}

/** The inputs with this prefix that have an entry, each once. */
export async function listIndexedSubjects(objects: ObjectStore, prefix: string): Promise<readonly string[]> {
  const subjects = new Set<string>()
  for await (const { subject } of listTimed(objects, expiryIndex.at))
    if (subject.startsWith(prefix)) subjects.add(subject)
  return [...subjects]
}

/** When this process sent an entry, by S3's clock. By its key and etag. */
export type SentInstants = Map<string, number>

/**
 * Sends every input whose instant has come. Its look removes the entry (`removeDue`), so a lost message is sent again. S3's clock
 * decides, as in the look itself, because ours may be minutes off. Returns how many it sent, and the time until the next one, 0 if it had no
 * time for all; absent: there is none. A new process does not know what another one sent, and sends it again.
 */
export async function followInstants(
  ports: IndexPorts,
  configuration: Pick<Configuration, 'folders'>,
  sent: SentInstants = new Map(),
): Promise<{ readonly followed: number; readonly nextInMs?: number | undefined }> {
  const untilMs = ports.clock.monotonicMs() + workMs
  let followed = 0
  let after: string | undefined
  for (;;) {
    const { due, nowMs, nextInMs } = await listDue(ports.objects, sent, after)
    const inputs = [...Map.groupBy(due, ({ subject }) => subject)].map(([key, entries]) => ({
      key,
      due: entries.map(({ instant, etag }) => ({ at: instant, etag })),
    }))
    await sendEach(ports, inputs, dueEvent, configuration)
    for (const one of due) sent.set(idOf(one), nowMs)
    followed += due.length
    after = due.at(-1)?.object
    if (due.length === portion) {
      if (ports.clock.monotonicMs() >= untilMs) return { followed, nextInMs: 0 }
      continue
    }
    for (const [id, sentMs] of sent) if (nowMs - sentMs >= givenUpMs) sent.delete(id)
    return { followed, nextInMs }
  }
}

/** Removes the entries that asked for a look, after it. Another look may have written an entry for the same instant again. */
export async function removeDue(objects: ObjectStore, { key, due = [] }: InputMessage): Promise<void> {
  for (const { at, etag } of due) await objects.delete(`${expiryIndex.at}${at}%${key}`, { ifMatch: etag })
}

function idOf({ object, etag }: { readonly object: string; readonly etag: string }): string {
  return `${object} ${etag}`
}

/** The earliest due objects whose message is not under way, at most a portion. For fewer, also the time until the next one. */
async function listDue(objects: ObjectStore, sent: SentInstants, after: string | undefined) {
  const due = []
  let servedAt: Date | undefined
  for await (const one of listTimed(objects, expiryIndex.at, after)) {
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
