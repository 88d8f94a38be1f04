import * as z from 'zod'
import type { AnalyzedBy } from '../../domain/account-facts/unused-access.ts'
import { record } from '../../domain/json/record.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { type CredentialRow, credentialRow } from './rules/credential-row.ts'

export const keptCredentials = definePlace({
  at: 'state/credentials/',
  meaning: 'the accounts that the report of credentials of this night has read',
  source: { is: 'progress', of: 'the report of credentials' },
})
const part = record({
  v: z.literal(1),
  rows: z.array(credentialRow),
  roles: z.int().default(0),
  /** Accounts by the owner of the analyzer that looked at them. */
  analyzedBy: z.record(z.string(), z.int()).default({}),
  /** Accounts whose users are in portions of their own. */
  large: z.array(accountId).default([]),
})
type Part = Omit<z.infer<typeof part>, 'v'>

/** Lambda runs a function again within minutes. */
const goesOnMs = 60 * 60_000

/** The day of a run: the day of a run that worked just before, so that midnight starts no new one; otherwise today. */
export async function dateOfRun(objects: ObjectStore, now: Date): Promise<string> {
  for await (const { key, lastModified } of objects.list(keptCredentials.at))
    if (now.getTime() - lastModified.getTime() < goesOnMs)
      return key.slice(keptCredentials.at.length).split('/')[0] ?? ''
  return renderInstant(now).slice(0, 10)
}

/**
 * `analyzedBy`: absent if the account could not be read. `isLarge`: the rows of its users are missing, because it has too many to read them
 * with the others.
 */
export type ReadAccount = {
  readonly rows: readonly CredentialRow[]
  readonly roles: number
  readonly analyzedBy?: AnalyzedBy | undefined
  readonly isLarge?: boolean
}

/** After every name of a user, which has only letters, digits and `+=,.@_-`. (IAM User Guide, "IAM and AWS STS quotas".) */
const afterAllUsers = '~'

/**
 * The results of a night so far. If Lambda runs a function again that ran out of time, it continues with what is missing. The report joins
 * the parts, one after the other.
 *
 * - `accounts/<last account>.json`: some accounts
 * - `users/<account>/<last user>.json`: a portion of the users of a large account
 * - `runs/<number>`: one run of this night
 */
export class KeptCredentials {
  readonly #objects: ObjectStore
  readonly #folder: string

  constructor(objects: ObjectStore, date: string) {
    this.#objects = objects
    this.#folder = `${keptCredentials.at}${date}/`
  }

  /** Counts a run that begins, also one that is stopped later. Returns its number; 1: the first of this night. */
  async countRun(): Promise<number> {
    const before = await Array.fromAsync(this.#objects.list(`${this.#folder}runs/`))
    const number = before.length + 1
    await this.#objects.put(`${this.#folder}runs/${number}`, new Uint8Array())
    return number
  }

  /** The last account that was read; `''`: none. */
  async readUpTo(): Promise<string> {
    return this.#lastOf(this.#accounts)
  }

  async keep(last: AccountId, accounts: ReadonlyMap<AccountId, ReadAccount>): Promise<void> {
    const all = [...accounts.values()]
    const rows = all.flatMap((one) => one.rows)
    const roles = all.reduce((sum, one) => sum + one.roles, 0)
    const asked = all.flatMap(({ analyzedBy }) => analyzedBy ?? [])
    const analyzedBy = Object.fromEntries([...Map.groupBy(asked, (by) => by)].map(([by, { length }]) => [by, length]))
    const large = [...accounts].flatMap(([id, { isLarge = false }]) => (isLarge ? [id] : []))
    await this.#part(`${this.#accounts}${last}.json`).overwrite({ v: 1, rows, roles, analyzedBy, large })
  }

  /** The accounts of those so far whose users are in portions of their own. */
  async largeAccounts(): Promise<ReadonlySet<AccountId>> {
    const large = new Set<AccountId>()
    for await (const part of this.#partsUnder(this.#accounts)) for (const id of part.large) large.add(id)
    return large
  }

  /** The last user of a large account that was read; `''`: none. `undefined`: all were read. */
  async usersReadUpTo(account: AccountId): Promise<string | undefined> {
    const last = await this.#lastOf(this.#usersOf(account))
    return last === afterAllUsers ? undefined : last
  }

  /** `last`: absent for the last portion of all. */
  async keepUsers(account: AccountId, rows: readonly CredentialRow[], last = afterAllUsers): Promise<void> {
    const key = `${this.#usersOf(account)}${last}.json`
    await this.#part(key).overwrite({ v: 1, rows: [...rows], roles: 0, analyzedBy: {}, large: [] })
  }

  /** By account; users of large accounts come last. */
  async *parts(): AsyncGenerator<Part> {
    yield* this.#partsUnder(this.#accounts)
    yield* this.#partsUnder(`${this.#folder}users/`)
  }

  /** Call it when the report is written. Also removes the rest of an unfinished night. */
  async forget(): Promise<void> {
    for await (const { key } of this.#objects.list(keptCredentials.at)) await this.#objects.delete(key)
  }

  async *#partsUnder(folder: string): AsyncGenerator<Part> {
    for await (const { key } of this.#objects.list(folder)) {
      const stored = await this.#part(key).read()
      if (stored !== undefined) yield stored.value
    }
  }

  get #accounts(): string {
    return `${this.#folder}accounts/`
  }

  #usersOf(account: AccountId): string {
    return `${this.#folder}users/${account}/`
  }

  async #lastOf(folder: string): Promise<string> {
    const names = await Array.fromAsync(this.#objects.list(folder), ({ key }) =>
      key.slice(folder.length, -'.json'.length),
    )
    // S3 lists 'a-b.json' before 'a.json', but 'a' is before 'a-b'.
    return names.sort().at(-1) ?? ''
  }

  #part(key: string) {
    return new JsonRecord(this.#objects, key, part)
  }
}
