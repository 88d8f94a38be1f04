import * as z from 'zod'
import type { AnalyzedBy } from '../../domain/account-facts/unused-access.ts'
import { record } from '../../domain/json/record.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { type CredentialRow, credentialRow } from './rules/credential-row.ts'

const keptPrefix = 'state/credentials/'
const part = record({
  v: z.literal(1),
  rows: z.array(credentialRow),
  roles: z.int().default(0),
  /** Accounts by the owner of the analyzer that looked at them. */
  analyzedBy: z.record(z.string(), z.int()).default({}),
})
type Part = Omit<z.infer<typeof part>, 'v'>

/** Lambda runs a function again within minutes. */
const goesOnMs = 60 * 60_000

/** The day of a run: the day of a run that worked just before, so that midnight starts no new one; otherwise today. */
export async function dateOfRun(objects: ObjectStore, now: Date): Promise<string> {
  for await (const { key, lastModified } of objects.list(keptPrefix))
    if (now.getTime() - lastModified.getTime() < goesOnMs) return key.slice(keptPrefix.length).split('/')[0] ?? ''
  return renderInstant(now).slice(0, 10)
}

/** `analyzedBy`: absent if the account could not be read. */
export type ReadAccount = {
  readonly rows: readonly CredentialRow[]
  readonly roles: number
  readonly analyzedBy?: AnalyzedBy | undefined
}

/**
 * The results of a night so far, in parts, each named by its last account. If Lambda runs a function again that ran out of time, it
 * continues after the last part. The report joins the parts, one after the other.
 */
export class KeptCredentials {
  readonly #objects: ObjectStore
  readonly #folder: string

  constructor(objects: ObjectStore, date: string) {
    this.#objects = objects
    this.#folder = `${keptPrefix}${date}/`
  }

  /** The last account that was read; `''`: none. */
  async readUpTo(): Promise<string> {
    const keys = await Array.fromAsync(this.#objects.list(this.#folder))
    return keys.at(-1)?.key.slice(this.#folder.length, -'.json'.length) ?? ''
  }

  async keep(last: AccountId, accounts: readonly ReadAccount[]): Promise<void> {
    const rows = accounts.flatMap((one) => one.rows)
    const roles = accounts.reduce((sum, one) => sum + one.roles, 0)
    const asked = accounts.flatMap(({ analyzedBy }) => analyzedBy ?? [])
    const analyzedBy = Object.fromEntries([...Map.groupBy(asked, (by) => by)].map(([by, { length }]) => [by, length]))
    await this.#part(`${this.#folder}${last}.json`).overwrite({ v: 1, rows, roles, analyzedBy })
  }

  /** By account. */
  async *parts(): AsyncGenerator<Part> {
    for await (const { key } of this.#objects.list(this.#folder)) {
      const stored = await this.#part(key).read()
      if (stored !== undefined) yield stored.value
    }
  }

  /** Call it when the report is written. Also removes the rest of an unfinished night. */
  async forget(): Promise<void> {
    for await (const { key } of this.#objects.list(keptPrefix)) await this.#objects.delete(key)
  }

  #part(key: string) {
    return new JsonRecord(this.#objects, key, part)
  }
}
