import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Page } from '../../ports/page.ts'
import { wrapPort } from '../calls/wrap-port.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

const keptPrefix = 'state/report/'

/** A minute of the rate that AWS allows: so much is read again at most. */
const groupsOfPart = 1_000

const part = record({ v: z.literal(1), members: z.record(z.string(), z.array(principalId)) })
type Members = Map<string, readonly PrincipalId[]>

/**
 * The members of groups that the report of one day has read so far. A function that ran out of time is run again by Lambda,
 * and reads only what is left: so a directory of any size comes to its end.
 */
export class KeptMemberships {
  readonly #objects: ObjectStore
  readonly #folder: string
  readonly #known: Members = new Map()
  #fresh: Members = new Map()
  #parts = 0

  constructor(objects: ObjectStore, date: string) {
    this.#objects = objects
    this.#folder = `${keptPrefix}${date}/`
  }

  /** What an earlier run of this day has left. */
  async read(): Promise<void> {
    for await (const { key } of this.#objects.list(this.#folder)) {
      this.#parts++
      const stored = await spoiledAsAbsent(new JsonRecord(this.#objects, key, part).read())
      for (const [id, members] of Object.entries(stored?.value.members ?? {})) this.#known.set(id, members)
    }
  }

  /** The identity store, asked only for groups that are not known yet. */
  of(inner: IdentityStore): IdentityStore {
    const begun = new Map<string, PrincipalId[]>()
    const listMembersOf = async (groupId: PrincipalId, token?: string): Promise<Page<PrincipalId>> => {
      const known = this.#known.get(groupId)
      if (known) return { items: known, nextToken: undefined }
      const page = await inner.listMembersOf(groupId, token)
      const members = [...(token === undefined ? [] : (begun.get(groupId) ?? [])), ...page.items]
      if (page.nextToken !== undefined) begun.set(groupId, members)
      else if (begun.delete(groupId) || token === undefined) await this.#keep(groupId, members)
      return page
    }
    return wrapPort(inner, (_, call) => call(), { listMembersOf })
  }

  /** The report is written. */
  async forget(): Promise<void> {
    for await (const { key } of this.#objects.list(keptPrefix)) await this.#objects.delete(key)
  }

  async #keep(groupId: PrincipalId, members: readonly PrincipalId[]): Promise<void> {
    this.#fresh.set(groupId, members)
    if (this.#fresh.size < groupsOfPart) return
    const kept = Object.fromEntries([...this.#fresh].map(([id, all]) => [id, [...all]]))
    this.#fresh = new Map()
    const key = `${this.#folder}${String(++this.#parts).padStart(6, '0')}.json`
    await new JsonRecord(this.#objects, key, part).overwrite({ v: 1, members: kept })
  }
}
