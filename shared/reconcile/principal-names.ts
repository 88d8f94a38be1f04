import { type PrincipalId, principalId } from '../domain/identity-center-ids.ts'
import { type PrincipalName, type PrincipalType, principalName, principalType } from '../domain/principal.ts'
import type { ObjectStore } from '../ports/object-store.ts'

const prefix = 'state/principals/'

/** The ledger, or `foreign/`, has (or had) assignments under this name whose access is this id's. */
export type NamedId = { readonly type: PrincipalType; readonly name: PrincipalName; readonly id: PrincipalId }

/**
 * Which ids the names of the ledger stand for: zero-byte objects `state/principals/<TYPE>%<id>%<name>`. A ledger key has
 * names only, events have ids only, and a deleted id cannot be described. A few thousand keys, listed in a few calls,
 * instead of 100,000 entries to read. One is written before the first entry that needs it; the reconcile writes what
 * lacks and removes what no entry needs any more, so all of them may be deleted at any time.
 */
export class PrincipalNames {
  readonly #objects: ObjectStore
  readonly #noted = new Set<string>()

  constructor(objects: ObjectStore) {
    this.#objects = objects
  }

  /** Before the entry is written; once in this process. */
  async note(pair: NamedId): Promise<void> {
    const key = keyOf(pair)
    if (this.#noted.has(key)) return
    await this.#objects.put(key, new Uint8Array())
    this.#noted.add(key)
  }

  async forget(pair: NamedId): Promise<void> {
    await this.#objects.delete(keyOf(pair))
  }

  async *list(): AsyncGenerator<NamedId & { readonly lastModified: Date }> {
    for await (const { key, lastModified } of this.#objects.list(prefix)) {
      const pair = parseKey(key)
      if (pair) yield { ...pair, lastModified }
    }
  }
}

function keyOf({ type, id, name }: NamedId): string {
  return `${prefix}${type}%${id}%${name}`
}

function parseKey(key: string): NamedId | undefined {
  const [type, id, ...name] = key.slice(prefix.length).split('%')
  const parsed = {
    type: principalType.safeParse(type).data,
    id: principalId.safeParse(id).data,
    name: principalName.safeParse(name.join('%')).data,
  }
  const { type: parsedType, id: parsedId, name: parsedName } = parsed
  if (parsedType === undefined || parsedId === undefined || parsedName === undefined) return undefined
  return { type: parsedType, id: parsedId, name: parsedName }
}
