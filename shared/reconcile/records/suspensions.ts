import { findNeverSuspended } from '../../domain/guardrails/named-people.ts'
import type { ExternalId } from '../../domain/principals/external-id.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { parseSuspensionKey, suspensionKey, suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { readPause } from './pause.ts'
import type { Policies } from './policies.ts'
import { listSamePersons, notePerson } from './same-person.ts'
import { listInState } from './status-store.ts'

export const suspendedIds = definePlace({
  at: 'state/suspended/',
  meaning: 'which user ids the files under suspended/ mean',
  source: { is: 'index', of: 'suspended/ and the directory' },
})

/**
 * Finds suspended people by strongly consistent reads. A file under `suspended/` names a person. It means each user who has that name now,
 * and each who had it at a look: zero-byte objects `state/suspended/<user id>%<user name>` note them. So nobody gets out by a new name, or
 * as a new user with the old name. The notes may be deleted at any time: each look at the file writes them again.
 */
export class Suspensions {
  readonly #objects: ObjectStore
  readonly #policies: Pick<Policies, 'read'>

  constructor({ objects, policies }: { readonly objects: ObjectStore; readonly policies: Pick<Policies, 'read'> }) {
    this.#objects = objects
    this.#policies = policies
  }

  /**
   * The file that suspends this user. `undefined`: there is none. `id` absent: only the name is known. `name`: the present one; absent: no
   * key can spell it. `externalIds`: a former user with the same ones is the same person. Throws if S3 does not answer: then ssofile gives and takes nothing. While everything is stopped because records were
   * lost, the file may be lost too: then its note is enough, so that this person approves nothing.
   */
  async find(
    id: PrincipalId | undefined,
    name: PrincipalName | undefined,
    externalIds: readonly ExternalId[] = [],
  ): Promise<string | undefined> {
    const ids = new Set([...(id === undefined ? [] : [id]), ...(await listSamePersons(this.#objects, externalIds))])
    const meant = (await Promise.all([...ids].map((one) => listMeantNames(this.#objects, one)))).flat()
    const names = new Set([...(name === undefined ? [] : [name]), ...meant])
    for (const one of names) {
      const key = suspensionKey(one)
      if (!parseSuspensionKey(key).ok) continue
      const isThere = (await this.#objects.head(key)) !== undefined
      if (!isThere && !(meant.includes(one) && (await this.#isStoppedForLoss()))) continue
      if (findNeverSuspended(await this.#policies.read(), one) === undefined) return key
    }
    return undefined
  }

  async #isStoppedForLoss(): Promise<boolean> {
    return (await readPause(this.#objects))?.lost !== undefined
  }

  /**
   * Reads all suspensions with two listings. Returns a function with the answers of `find`, but without lost files. `undefined`: nobody is
   * suspended.
   */
  async readAll(): Promise<((id: PrincipalId, name: PrincipalName | undefined) => string | undefined) | undefined> {
    const names = new Set<PrincipalName>()
    for await (const { key } of this.#objects.list(suspensionPrefix)) {
      const name = parseSuspensionKey(key)
      if (name.ok) names.add(name.value)
    }
    if (names.size === 0) return undefined
    const guardrails = await this.#policies.read()
    const counting = new Set([...names].filter((name) => findNeverSuspended(guardrails, name) === undefined))
    const meant = new Map<string, PrincipalName>()
    for await (const { key } of this.#objects.list(suspendedIds.at)) {
      const [id = '', name = ''] = splitOnce(key.slice(suspendedIds.at.length))
      const of = principalName.safeParse(name).data
      if (of !== undefined && counting.has(of)) meant.set(id, of)
    }
    return (id, name) => {
      const of = name !== undefined && counting.has(name) ? name : meant.get(id)
      return of && suspensionKey(of)
    }
  }

  /** Notes a user that a file named at a look. */
  async note(id: PrincipalId, name: PrincipalName, externalIds: readonly ExternalId[] = []): Promise<void> {
    await notePerson(this.#objects, id, externalIds)
    await noteMeant(this.#objects, id, name)
  }

  async forget(id: PrincipalId, name: PrincipalName): Promise<void> {
    await this.#objects.delete(indexKey(id, name))
  }
}

/** Notes that the file of this name means this user, without any look at the file. */
export async function noteMeant(objects: ObjectStore, id: PrincipalId, name: PrincipalName): Promise<void> {
  await objects.put(indexKey(id, name), new Uint8Array())
}

/** Whether the file of this name named this user at a look. The file may be gone by now. */
export async function isMeant(objects: ReadingObjects, id: PrincipalId, name: PrincipalName): Promise<boolean> {
  return (await listMeantNames(objects, id)).includes(name)
}

/** The users that the file of this name named at its looks. One listing of all such users. */
export async function listMeantUsers(objects: ReadingObjects, name: PrincipalName): Promise<readonly PrincipalId[]> {
  return [...(await readMeant(objects))].flatMap(([id, names]) => (names.includes(name) ? [id] : []))
}

/**
 * The files that have a user and no note, because it is lost: without it, ssofile does not know a suspended user who has another name now.
 * Two listings, and those of two states if a note seems to be lost.
 */
export async function listUnnoted(objects: ObjectStore): Promise<readonly string[]> {
  const noted = new Set([...(await readMeant(objects)).values()].flat())
  const unnoted: string[] = []
  for await (const { key } of objects.list(suspensionPrefix)) {
    const name = parseSuspensionKey(key)
    if (name.ok && !noted.has(name.value)) unnoted.push(key)
  }
  if (unnoted.length === 0) return []
  const withoutUser = await Promise.all(
    (['waiting', 'rejected'] as const).map((state) => listInState(objects, state, suspensionPrefix)),
  )
  const without = new Set(withoutUser.flat())
  return unnoted.filter((key) => !without.has(key))
}

/** The names of the files that named this user at a look. */
export async function listMeantNames(objects: ReadingObjects, id: string): Promise<readonly PrincipalName[]> {
  const names: PrincipalName[] = []
  const beginning = `${suspendedIds.at}${id}%`
  for await (const { key } of objects.list(beginning)) names.push(principalName.parse(key.slice(beginning.length)))
  return names
}

/** The names of the files that named each user, by user id. The files may be gone by now. One listing. */
export async function readMeant(objects: ReadingObjects): Promise<ReadonlyMap<PrincipalId, readonly PrincipalName[]>> {
  const meant = new Map<PrincipalId, PrincipalName[]>()
  for await (const { key } of objects.list(suspendedIds.at)) {
    const [of = '', named = ''] = splitOnce(key.slice(suspendedIds.at.length))
    const id = principalId.safeParse(of).data
    const name = principalName.safeParse(named).data
    if (id !== undefined && name !== undefined) meant.set(id, [...(meant.get(id) ?? []), name])
  }
  return meant
}

function splitOnce(text: string): readonly string[] {
  const at = text.indexOf('%')
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function indexKey(id: PrincipalId, name: PrincipalName): string {
  return `${suspendedIds.at}${id}%${name}`
}
