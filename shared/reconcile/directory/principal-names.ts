import * as z from 'zod'
import { principalId } from '../../domain/identity-center-ids.ts'
import { principalName, principalType } from '../../domain/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

const prefix = 'state/principals/'

/** The ledger or `foreign/` has, or had, assignments under this name that give access to this id. */
const namedId = z.object({ type: principalType, name: principalName, id: principalId }).readonly()
export type NamedId = z.infer<typeof namedId>

/**
 * The ids behind the names of the ledger: zero-byte objects `state/principals/<TYPE>%<id>%<name>`. Ledger keys have names
 * only, events have ids only, and a deleted id cannot be described. A few calls list a few thousand keys, where otherwise
 * 100,000 entries had to be read. Each is written before the first entry that needs it. The reconcile writes missing ones
 * and removes those that no entry needs, so they may be deleted at any time.
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

  /** There is no name yet, or somebody deleted them. */
  async isEmpty(): Promise<boolean> {
    for await (const _ of this.list()) return false
    return true
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
  return namedId.safeParse({ type, id, name: name.join('%') }).data
}
