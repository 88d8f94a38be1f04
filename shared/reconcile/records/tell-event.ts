import { createHash } from 'node:crypto'
import { type Author, renderAuthor } from '../../domain/by-hand/author.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { renderJson } from './stored-json.ts'

export const changesPrefix = 'changes/'

/** S3 User Guide, "Naming Amazon S3 objects". */
const keyMostBytes = 1024

/** Where history has the events of something, with a `/` at its end, and what `changes/` calls it: without any `/`. */
export type EventSubject = { readonly folder: string; readonly name: string }

/** `named`: the event as `changes/` calls it, where history has a shorter word for it. */
export type ToldOnce<Event extends string> = {
  readonly event: Event
  readonly named?: string
  readonly at: string
  readonly body: object
  /** Who did it by hand; absent: it was ssofile, or it is not known. */
  readonly by?: Author | undefined
  /** Who answers for what has changed, where that is told beside the change. */
  readonly owner?: string | undefined
  /** Why that is told loudly, in our own words. */
  readonly reason?: string | undefined
}

/**
 * Tells one event: by its date under `changes/`, without a body, and by its subject in history. The date first, and both
 * before the record that the event is about is changed: a process that dies between tells again, so nothing that history
 * has is ever missing under `changes/`. Told twice under one instant, the first stands.
 */
export async function tellEvent(
  objects: ObjectStore,
  { folder, name }: EventSubject,
  { event, named = event, at, body, by, reason, owner }: ToldOnce<string>,
): Promise<void> {
  const once = { ifNoneMatch: '*' } as const
  const metadata = {
    ...(by && { by: encodeURIComponent(renderAuthor(by)).slice(0, byMost) }),
    ...(owner !== undefined && { owner: encodeURIComponent(owner).slice(0, byMost) }),
    ...(by && reason !== undefined && { reason: encodeURIComponent(reason) }),
  }
  await objects.put(renderChangeKey({ event: named, at, name }), new Uint8Array(), once, metadata)
  await objects.put(`${folder}${at}%${event}.json`, renderJson({ v: 1, event, at, ...body }), once)
}

/** Who did it stands beside the object, since its key is what people list; S3 keeps 2 KB of it, in ASCII. */
const byMost = 1_500

/** What may be the work of somebody's hand: who that was stands beside the change. */
export const byHandEvents: ReadonlySet<string> = new Set([
  'revoked',
  'foreign-found',
  'foreign-gone',
  'permission-set-restored',
  'permission-set-recreated',
])

/** Who answers for what has changed; `undefined`: nobody is named. */
export async function readOwnerBeside(objects: ObjectStore, key: string): Promise<string | undefined> {
  const { owner } = (await objects.head(key))?.metadata ?? {}
  return owner && decodeSafely(owner)
}

/** Who made this change by hand, and why that is loud; neither: it was ssofile, or it is not known. */
export async function readHand(
  objects: ObjectStore,
  key: string,
): Promise<{ readonly by?: string | undefined; readonly reason?: string | undefined }> {
  const { by, reason } = (await objects.head(key))?.metadata ?? {}
  return { by: by && decodeSafely(by), reason: reason && decodeSafely(reason) }
}

/** It may have been cut within a letter. */
function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/%[0-9A-F]{0,2}$/, '')
  }
}

/** What one key under `changes/` says. */
export type Change = { readonly event: string; readonly at: string; readonly name: string }

/** A name so long that S3 would not take the key is told by its hash. */
export function renderChangeKey({ event, at, name }: Change): string {
  const [date = '', time = ''] = at.split('T')
  const start = `${changesPrefix}${date}/${time}%${event}%`
  if (Buffer.byteLength(start + name) <= keyMostBytes) return start + name
  return `${start}too-long%${createHash('sha256').update(name).digest('hex')}`
}

/** A key under `changes/` before which nothing is of this instant or a later one. */
export function startOfChanges(at: string): string {
  return changesPrefix + at.replace('T', '/')
}

/** What `changes/` has from the beginning of this day on, ascending. Keys that nobody here wrote are skipped. */
export async function* listChanges(objects: ObjectStore, date: string): AsyncGenerator<Change> {
  // Nothing is older than the first key of the day.
  for await (const { key } of objects.list(changesPrefix, { startAfter: `${changesPrefix}${date}` })) {
    const change = parseChangeKey(key)
    if (change) yield change
  }
}

/** `undefined`: nobody here wrote it. */
export function parseChangeKey(key: string): Change | undefined {
  const [, day = '', time = '', event = '', name = ''] =
    /^changes\/(\d{4}-\d\d-\d\d)\/([\d:.]+Z)%([a-z-]+)%(.*)$/su.exec(key) ?? []
  return day === '' ? undefined : { at: `${day}T${time}`, event, name }
}

/** The events of users below a prefix, `<prefix><user id>/<instant>%<event>.json`, from the listing alone; of one user by their instants. */
export async function* listUserEvents<E extends string>(objects: ObjectStore, prefix: string, events: readonly E[]) {
  for await (const { key } of objects.list(prefix)) {
    const [id, at = '', name] = key.slice(prefix.length).split(/[/%]/)
    const user = principalId.safeParse(id).data
    const event = events.find((one) => `${one}.json` === name)
    if (user !== undefined && event !== undefined) yield { user, at, event }
  }
}
