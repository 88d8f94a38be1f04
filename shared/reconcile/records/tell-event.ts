import { createHash } from 'node:crypto'
import { type Author, renderAuthor } from '../../domain/by-hand/author.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { keyMostBytes, type ObjectStore, type ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { renderJson } from './stored-json.ts'

export const historyOfAll = definePlace({
  at: 'history/',
  meaning: 'every event, by its subject, with its author',
  source: { is: 'primary' },
})
export const changesByDate = definePlace({ at: 'changes/', meaning: 'every event, by date', source: { is: 'text' } })

/**
 * `folder`: the folder of the subject's events in history (ends in `/`). `name`: its name in `changes/`, without `/`. `id`: its ids, in
 * ASCII, if people must find its changes after a renaming.
 */
export type EventSubject = { readonly folder: string; readonly name: string; readonly id?: string }

/** `named`: the event's name in `changes/`, if history has a shorter one. */
export type ToldOnce<Event extends string> = {
  readonly event: Event
  readonly named?: string
  readonly at: string
  readonly body: object
  /** The author, if somebody did it by hand. Absent: ssofile did it, or the author is unknown. */
  readonly by?: Author | undefined
  /** The owner of what changed, if the change has one. */
  readonly owner?: string | undefined
  /** Why it is reported loudly, in our own words. */
  readonly reason?: string | undefined
}

/**
 * Records one event: under `changes/` by its date, without a body, and in history by its subject. `changes/` first, and both
 * before the record itself: a process that dies in between records it again, so `changes/` has everything that history has. If
 * the same instant is recorded twice, the first record stays.
 */
export async function tellEvent(
  objects: ObjectStore,
  { folder, name, id }: EventSubject,
  { event, named = event, at, body, by, reason, owner }: ToldOnce<string>,
): Promise<void> {
  const once = { ifNoneMatch: '*' } as const
  const metadata = {
    ...(id !== undefined && { id }),
    ...(by && { by: encodeURIComponent(renderAuthor(by)).slice(0, byMost) }),
    ...(owner !== undefined && { owner: encodeURIComponent(owner).slice(0, byMost) }),
    ...(by && reason !== undefined && { reason: encodeURIComponent(reason) }),
  }
  await objects.put(renderChangeKey({ event: named, at, name }), new Uint8Array(), once, metadata)
  await objects.put(`${folder}${at}%${event}.json`, renderJson({ v: 1, event, at, ...body }), once)
}

/** Records something found, which changed nothing of ours: only under `changes/`, with its description. */
export async function tellFinding(objects: ObjectStore, change: Change, reason: string): Promise<void> {
  const metadata = { reason: encodeURIComponent(reason).slice(0, byMost) }
  await objects.put(renderChangeKey(change), new Uint8Array(), { ifNoneMatch: '*' }, metadata)
}

/** The author is in the metadata, because people list only the key; S3 keeps 2 KB of metadata, in ASCII. */
const byMost = 1_500

/** Events that may be someone's manual change, or findings: the metadata of the change has the author or a reason. */
export const byHandEvents: ReadonlySet<string> = new Set([
  'application-found',
  'application-gone',
  'use-watched',
  'revoked',
  'foreign-found',
  'foreign-gone',
  'permission-set-restored',
  'permission-set-recreated',
])

/** The ids of the access or membership that changed; `undefined`: the change has none. Its name may be an earlier one. */
export async function readIdBeside(objects: ObjectStore, change: Change): Promise<string | undefined> {
  return (await objects.head(renderChangeKey(change)))?.metadata?.id
}

/** The owner of what changed; `undefined`: nobody is named. */
export async function readOwnerBeside(objects: ObjectStore, key: string): Promise<string | undefined> {
  const { owner } = (await objects.head(key))?.metadata ?? {}
  return owner && decodeSafely(owner)
}

/** The author of a change by hand, and the reason why it is reported loudly. Both absent: ssofile made the change, or nothing is known. */
export async function readHand(
  objects: ObjectStore,
  key: string,
): Promise<{ readonly by?: string | undefined; readonly reason?: string | undefined }> {
  const { by, reason } = (await objects.head(key))?.metadata ?? {}
  return { by: by && decodeSafely(by), reason: reason && decodeSafely(reason) }
}

/** The text may be cut within a letter. */
function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/%[0-9A-F]{0,2}$/, '')
  }
}

export type Change = { readonly event: string; readonly at: string; readonly name: string }

/** If a name is too long for a key of S3, its hash replaces it. */
export function renderChangeKey({ event, at, name }: Change): string {
  const [date = '', time = ''] = at.split('T')
  const start = `${changesByDate.at}${date}/${time}%${event}%`
  if (Buffer.byteLength(start + name) <= keyMostBytes) return start + name
  return `${start}too-long%${createHash('sha256').update(name).digest('hex')}`
}

/** A key under `changes/` that comes before every key of this instant or a later one. */
export function startOfChanges(at: string): string {
  return changesByDate.at + at.replace('T', '/')
}

/** The changes from this day or instant on, ascending. Skips keys that ssofile did not write. */
export async function* listChanges(objects: ObjectStore, since: string): AsyncGenerator<Change> {
  for await (const { key } of objects.list(changesByDate.at, { startAfter: startOfChanges(since) })) {
    const change = parseChangeKey(key)
    if (change) yield change
  }
}

/** `undefined`: ssofile did not write this key. */
export function parseChangeKey(key: string): Change | undefined {
  const [, day = '', time = '', event = '', name = ''] =
    /^changes\/(\d{4}-\d\d-\d\d)\/([\d:.]+Z)%([a-z-]+)%(.*)$/su.exec(key) ?? []
  return day === '' ? undefined : { at: `${day}T${time}`, event, name }
}

/**
 * User events under a prefix, `<prefix><user id>/<instant>%<event>.json`, from the listing alone; per user in the order of
 * instants. `only`: of this user.
 */
export async function* listUserEvents<E extends string>(
  objects: ReadingObjects,
  prefix: string,
  events: readonly E[],
  only?: PrincipalId,
) {
  for await (const { key } of objects.list(only === undefined ? prefix : `${prefix}${only}/`)) {
    const [id, at = '', name] = key.slice(prefix.length).split(/[/%]/)
    const user = principalId.safeParse(id).data
    const event = events.find((one) => `${one}.json` === name)
    if (user !== undefined && event !== undefined) yield { user, at, event }
  }
}
