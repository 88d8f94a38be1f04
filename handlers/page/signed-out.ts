import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import type { PageSession } from './find-person.ts'

const prefix = 'state/signed-out/'

/**
 * The sessions of the page that people ended, so that a copy of their cookie opens nothing: one empty object each, until every session of
 * that time has expired.
 */
export class SignedOut {
  readonly #objects: ObjectStore
  readonly #sessionMs: number

  constructor(objects: ObjectStore, sessionHours: number) {
    this.#objects = objects
    this.#sessionMs = sessionHours * 3_600_000
  }

  async has(session: PageSession): Promise<boolean> {
    return (await this.#objects.head(keyOf(session))) !== undefined
  }

  /** Removes the expired ones of the same person. */
  async add(session: PageSession): Promise<void> {
    const written = await this.#objects.put(keyOf(session), new Uint8Array())
    if (written.outcome === 'lost') return
    const oldMs = written.servedAt.getTime() - this.#sessionMs
    for await (const { key, lastModified } of this.#objects.list(prefixOf(session.userId)))
      if (lastModified.getTime() < oldMs) await this.#objects.delete(key)
  }
}

function prefixOf(user: PrincipalId): string {
  return `${prefix}${user}/`
}

function keyOf({ userId, id }: PageSession): string {
  return prefixOf(userId) + id
}
