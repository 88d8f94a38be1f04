import { createHash } from 'node:crypto'
import * as z from 'zod'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type PrincipalName,
  type PrincipalType,
  principalName,
  principalType,
} from '../../domain/principals/principal.ts'
import { keyMostBytes, type ObjectStore, type ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'

export const principalNames = definePlace({
  at: 'state/principals/',
  meaning: 'the names of the ids in the ledger and under foreign/',
  source: { is: 'index', of: 'assignments/ and foreign/' },
})

/** The principal of this id has, or had, this name, and the ledger or `foreign/` has, or had, its assignments. */
const namedId = z.object({ type: principalType, name: principalName, id: principalId }).readonly()
export type NamedId = z.infer<typeof namedId>
export type NotedId = NamedId & { readonly lastModified: Date }

/**
 * The names of the ids in the ledger: zero-byte objects `state/principals/<TYPE>%<id>%<name>`, or with a hash for a name too long for a key,
 * which is the body then. Keys have only ids and links have only names. A few calls list a few thousand pairs; without them ssofile would read 100,000 entries. Each is written
 * before the first entry that needs it. The reconcile writes missing ones and removes old ones, so they may be deleted at any
 * time.
 */
export class PrincipalNames {
  readonly #objects: ObjectStore
  readonly #noted = new Map<string, PrincipalName>()

  constructor(objects: ObjectStore) {
    this.#objects = objects
  }

  /**
   * Call it before writing the entry. Writes once per process for each new name of an id. The last noted name is the present
   * one.
   */
  async note({ type, id, name }: NamedId): Promise<void> {
    if (this.#noted.get(`${type}%${id}`) === name) return
    const key = keyOf({ type, id, name })
    await this.#objects.put(key, isHashed(key) ? new TextEncoder().encode(name) : new Uint8Array())
    this.#noted.set(`${type}%${id}`, name)
  }

  async forget(pair: NamedId): Promise<void> {
    await this.#objects.delete(keyOf(pair))
  }

  /** No name was noted yet, or somebody deleted them. */
  async isEmpty(): Promise<boolean> {
    for await (const _ of this.list()) return false
    return true
  }

  list(): AsyncGenerator<NotedId> {
    return listNoted(this.#objects)
  }
}

async function* listNoted(objects: ReadingObjects, start = principalNames.at): AsyncGenerator<NotedId> {
  for await (const { key, lastModified } of objects.list(start)) {
    const pair = isHashed(key) ? await readHashed(objects, key) : parseKey(key)
    if (pair) yield { ...pair, lastModified }
  }
}

/** A copy of `state/principals/` in memory: names and ids of the ledger. */
export class NameIndex {
  /** The latest names by type and id. S3's instants are whole seconds, so two names may share one. */
  readonly #names = new Map<string, { readonly lastModified: Date; readonly names: Set<PrincipalName> }>()
  readonly #ids = new Map<string, Set<NamedId['id']>>()
  readonly #ever = new Map<string, Set<PrincipalName>>()

  constructor(noted: Iterable<NotedId> = []) {
    for (const pair of noted) this.#add(pair)
  }

  static async read(objects: ReadingObjects): Promise<NameIndex> {
    return new NameIndex(await Array.fromAsync(listNoted(objects)))
  }

  /** Only of these users, or groups. */
  static async readOnly(
    objects: ReadingObjects,
    type: PrincipalType,
    ids: Iterable<NamedId['id']>,
  ): Promise<NameIndex> {
    const noted: NotedId[] = []
    for (const id of ids)
      noted.push(...(await Array.fromAsync(listNoted(objects, `${principalNames.at}${type}%${id}%`))))
    return new NameIndex(noted)
  }

  #add({ type, id, name, lastModified }: NotedId): void {
    const known = this.#names.get(`${type}%${id}`)
    if (!known || known.lastModified < lastModified)
      this.#names.set(`${type}%${id}`, { lastModified, names: new Set([name]) })
    else if (known.lastModified.getTime() === lastModified.getTime()) known.names.add(name)
    this.#addEver({ type, id, name })
  }

  #addEver({ type, id, name }: NamedId): void {
    const ids = this.#ids.get(`${type}%${name}`) ?? new Set()
    this.#ids.set(`${type}%${name}`, ids.add(id))
    const ever = this.#ever.get(`${type}%${id}`) ?? new Set()
    this.#ever.set(`${type}%${id}`, ever.add(name))
  }

  idsOfType(type: PrincipalType): readonly NamedId['id'][] {
    const start = `${type}%`
    return [...this.#names.keys()].flatMap((key) =>
      key.startsWith(start) ? principalId.parse(key.slice(start.length)) : [],
    )
  }

  set({ type, id, name }: NamedId): void {
    this.#names.set(`${type}%${id}`, { lastModified: new Date(8.64e15), names: new Set([name]) })
    this.#addEver({ type, id, name })
  }

  /** The present names of an id: usually one, none if `state/` has lost it. */
  namesOf(type: PrincipalType, id: NamedId['id']): readonly PrincipalName[] {
    return [...(this.#names.get(`${type}%${id}`)?.names ?? [])]
  }

  /** The ids with this present name, the latest first. */
  idsOf(type: PrincipalType, name: PrincipalName): readonly NamedId['id'][] {
    const sinceOf = (id: NamedId['id']) => this.#names.get(`${type}%${id}`)?.lastModified.getTime() ?? 0
    const ids = this.everIdsOf(type, name).filter((id) => this.namesOf(type, id).includes(name))
    return ids.sort((a, b) => sinceOf(b) - sinceOf(a))
  }

  everNamesOf(type: PrincipalType, id: NamedId['id']): readonly PrincipalName[] {
    return [...(this.#ever.get(`${type}%${id}`) ?? [])]
  }

  everIdsOf(type: PrincipalType, name: PrincipalName): readonly NamedId['id'][] {
    return [...(this.#ids.get(`${type}%${name}`) ?? [])]
  }
}

const hashed = /^state\/principals\/[A-Z]+%[^%]+%too-long%[0-9a-f]{64}$/

function keyOf({ type, id, name }: NamedId): string {
  const start = `${principalNames.at}${type}%${id}%`
  if (Buffer.byteLength(start + name) <= keyMostBytes) return start + name
  return `${start}too-long%${createHash('sha256').update(name).digest('hex')}`
}

function isHashed(key: string): boolean {
  return hashed.test(key)
}

async function readHashed(objects: ReadingObjects, key: string): Promise<NamedId | undefined> {
  const found = await objects.get(key)
  const [type, id] = key.slice(principalNames.at.length).split('%')
  return namedId.safeParse({ type, id, name: new TextDecoder().decode(found?.body) }).data
}

function parseKey(key: string): NamedId | undefined {
  const [type, id, ...name] = key.slice(principalNames.at.length).split('%')
  return namedId.safeParse({ type, id, name: name.join('%') }).data
}
