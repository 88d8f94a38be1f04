import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { attributeNames } from '../../domain/principals/user-attributes.ts'
import type { DirectoryPerson } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { definePlace, defineRecord, defineRecords } from './define-record.ts'
import { forEachAtOnce } from './list-heads.ts'
import { spoiledAsAbsent } from './stored-json.ts'

/** S3's instants are whole seconds. */
const secondMs = 1_000

/** `beganAt`: by S3's clock, before the first page. `parts`: the objects with its people, by the names in their keys. */
const run = record({ id: z.string(), beganAt: z.iso.datetime(), parts: z.array(z.string()) })
export type ListingRun = z.infer<typeof run>

/**
 * The listings of a large directory. `complete`: the last one with all people. `open`: one under way, with the token of its next page.
 * Nobody uses its people yet.
 */
const listings = record({
  v: z.literal(1),
  complete: run.optional(),
  open: run.extend({ token: z.string().optional() }).optional(),
})
export type Listings = z.infer<typeof listings>

const person = record({
  id: principalId,
  name: principalName,
  isDisabled: z.boolean(),
  attributes: z.partialRecord(z.enum(attributeNames), z.string().nullable()),
})
const part = record({ v: z.literal(1), people: z.array(person) })

export const listingsRecord = defineRecord({
  at: 'state/directory.json',
  meaning: 'the listings of a large directory: the last complete one, and one under way',
  source: { is: 'cache', of: 'Identity Store' },
  value: listings,
})

type PartOfRun = { readonly run: string; readonly name: string }
export const peopleParts = defineRecords({
  at: 'state/directory/',
  meaning: 'the people of such a listing, part by part',
  source: { is: 'cache', of: 'Identity Store' },
  key: ({ run: of, name }: PartOfRun) => `${of}/${name}.json`,
  value: part,
})
/** The body is an id that makes each content different, so that nobody deletes a newer note. */
export const changedUsers = definePlace({
  at: 'state/changed-users/',
  meaning: 'users with an event since the last complete listing',
  source: { is: 'note', until: 'the next complete listing' },
})

/** False: the directory was never large, so each process lists it by itself. */
export async function isListingStored(objects: ObjectStore): Promise<boolean> {
  return (await objects.head(listingsRecord.at)) !== undefined
}

export async function writePart(
  objects: ObjectStore,
  { id }: Pick<ListingRun, 'id'>,
  name: string,
  people: readonly DirectoryPerson[],
): Promise<void> {
  await peopleParts.of(objects, { run: id, name }).overwrite({ v: 1, people: [...people] })
}

/** `undefined`: a part is gone or unreadable. */
export async function readParts(
  objects: ObjectStore,
  { id, parts }: ListingRun,
): Promise<readonly DirectoryPerson[] | undefined> {
  const texts = new Map<string, string>()
  const read: DirectoryPerson[][] = []
  await forEachAtOnce(parts, async (name) => {
    const stored = await spoiledAsAbsent(peopleParts.read(objects, { run: id, name }))
    if (stored) read.push(stored.value.people.map((one) => withSharedTexts(one, texts)))
  })
  return read.length === parts.length ? read.flat() : undefined
}

/** Few values are different, so people share their texts: 200,000 people then take some 60 MB. */
function withSharedTexts({ id, name, isDisabled, attributes }: DirectoryPerson, texts: Map<string, string>) {
  const shared = Object.entries(attributes).map(([attribute, value]) => {
    if (typeof value !== 'string') return [attribute, value] as const
    const known = texts.get(value) ?? value
    texts.set(known, known)
    return [attribute, known] as const
  })
  return { id, name, isDisabled, attributes: Object.fromEntries(shared) }
}

/** Deletes all other runs, and the notes of users whose change this run has seen. */
export async function forgetBefore(objects: ObjectStore, { id, beganAt }: ListingRun): Promise<void> {
  const parts = await Array.fromAsync(objects.list(peopleParts.at))
  const old = parts.filter((head) => !head.key.startsWith(`${peopleParts.at}${id}/`))
  const notes = await Array.fromAsync(objects.list(changedUsers.at))
  const seen = notes.filter(({ lastModified }) => lastModified.getTime() < Date.parse(beganAt) - secondMs)
  await forEachAtOnce([...old, ...seen], async (head) => void (await objects.delete(head.key, { ifMatch: head.etag })))
}

/**
 * Notes users with an event: the stored listing may have read them before. Call it before the rules are read.
 */
export async function noteChangedUsers(
  { objects, randomness }: Pick<Ports, 'objects' | 'randomness'>,
  users: ReadonlySet<PrincipalId>,
): Promise<void> {
  if (users.size === 0 || !(await isListingStored(objects))) return
  const id = randomness.id()
  await forEachAtOnce(users, async (user) => void (await objects.put(changedUsers.at + user, id)))
}

/** The users with an event since this run began, the latest first. */
export async function listChangedUsers(objects: ObjectStore, { beganAt }: ListingRun) {
  const changed: { user: PrincipalId; atMs: number }[] = []
  for await (const { key: noted, lastModified } of objects.list(changedUsers.at)) {
    const user = principalId.safeParse(noted.slice(changedUsers.at.length)).data
    const atMs = lastModified.getTime()
    if (user !== undefined && atMs >= Date.parse(beganAt) - secondMs) changed.push({ user, atMs })
  }
  return changed.sort((a, b) => b.atMs - a.atMs)
}
