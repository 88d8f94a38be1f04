import * as z from 'zod'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type PrincipalName,
  type PrincipalType,
  principalName,
  principalType,
} from '../../domain/principals/principal.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'

const prefix = 'state/principals/'

/** The ledger or `foreign/` has, or had, assignments of this id, whose principal had this name. */
const namedId = z.object({ type: principalType, name: principalName, id: principalId }).readonly()
export type NamedId = z.infer<typeof namedId>
export type NotedId = NamedId & { readonly lastModified: Date }

/**
 * The names of the ids in the ledger: zero-byte objects `state/principals/<TYPE>%<id>%<name>`. Keys have ids only, and links
 * have names only: a few calls list a few thousand pairs, where otherwise 100,000 entries had to be read. Each is written
 * before the first entry that needs it. The reconcile writes missing ones and removes old ones, so they may be deleted at
 * any time.
 */
export class PrincipalNames {
  readonly #objects: ObjectStore
  readonly #noted = new Map<string, PrincipalName>()

  constructor(objects: ObjectStore) {
    this.#objects = objects
  }

  /** Before the entry is written; once in this process for each name that an id gets. The last one noted is the present name. */
  async note({ type, id, name }: NamedId): Promise<void> {
    if (this.#noted.get(`${type}%${id}`) === name) return
    await this.#objects.put(keyOf({ type, id, name }), new Uint8Array())
    this.#noted.set(`${type}%${id}`, name)
  }

  async forget(pair: NamedId): Promise<void> {
    await this.#objects.delete(keyOf(pair))
  }

  /** There is no name yet, or somebody deleted them. */
  async isEmpty(): Promise<boolean> {
    for await (const _ of this.list()) return false
    return true
  }

  list(): AsyncGenerator<NotedId> {
    return listNoted(this.#objects)
  }
}

async function* listNoted(objects: ReadingObjects): AsyncGenerator<NotedId> {
  for await (const { key, lastModified } of objects.list(prefix)) {
    const pair = parseKey(key)
    if (pair) yield { ...pair, lastModified }
  }
}

/** Who has which name, as far as the ledger knows: a copy of `state/principals/` in memory. */
export class NameIndex {
  /** By type and id: the names that it had last. S3 tells whole seconds: there may be two of one. */
  readonly #names = new Map<string, { readonly lastModified: Date; readonly names: Set<PrincipalName> }>()
  readonly #ids = new Map<string, Set<NamedId['id']>>()
  readonly #ever = new Map<string, Set<PrincipalName>>()

  constructor(noted: Iterable<NotedId> = []) {
    for (const pair of noted) this.#add(pair)
  }

  static async read(objects: ReadingObjects): Promise<NameIndex> {
    return new NameIndex(await Array.fromAsync(listNoted(objects)))
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

  /** The present names of an id; mostly one, none where `state/` has lost it. */
  namesOf(type: PrincipalType, id: NamedId['id']): readonly PrincipalName[] {
    return [...(this.#names.get(`${type}%${id}`)?.names ?? [])]
  }

  /** The ids whose present name this is, that one first that got it last. */
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

function keyOf({ type, id, name }: NamedId): string {
  return `${prefix}${type}%${id}%${name}`
}

function parseKey(key: string): NamedId | undefined {
  const [type, id, ...name] = key.slice(prefix.length).split('%')
  return namedId.safeParse({ type, id, name: name.join('%') }).data
}
