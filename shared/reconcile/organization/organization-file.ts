import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import {
  type Account,
  account,
  type OrganizationView,
  organizationView,
} from '../../domain/organization/organization-view.ts'
import type { ObjectStore, ReadingObjects, WriteResult } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord, defineRecords } from '../records/define-record.ts'
import type { JsonRecord } from '../records/json-record.ts'
import { forgetParts, LongLists, type Part } from '../records/long-lists.ts'
import { type AccountRange, allAccounts, isInRange } from '../records/ranges.ts'
import { SpoiledObjectError, type Stored } from '../records/stored-json.ts'

/** About 250 kB. */
export const partAccountsMost = 1_000
/** A part is written before the record that names it. */
const partsKeptMs = 24 * 60 * 60_000

const partBody = record({ v: z.literal(1), accounts: z.array(account).readonly() })
export const organizationParts = defineRecords({
  at: 'state/organization/',
  meaning: 'accounts of an organization with more than 1,000, 1,000 in each',
  source: { is: 'cache', of: 'Organizations' },
  key: (digest: string) => digest,
  value: partBody,
})

const longAccounts = (most: number) =>
  new LongLists<Account, z.infer<typeof partBody>, readonly Account[]>({
    parts: organizationParts,
    most,
    toBody: (accounts) => ({ v: 1, accounts }),
    itemsOf: ({ accounts }) => accounts,
    namesOf: (accounts) => accounts.map(({ id }) => id),
    isSame: (one, other) => JSON.stringify(one) === JSON.stringify(other),
  })

/** `parts`: the objects with the accounts, which are empty then. Each has those from `from` on, up to the next one. */
const organizationBody = record({
  ...organizationView.shape,
  v: z.literal(1),
  parts: z.array(record({ key: z.string(), from: accountId })).optional(),
})
type Body = z.infer<typeof organizationBody>

export const organizationRecord = defineRecord({
  at: 'state/organization.json',
  meaning: 'the accounts of the organization, with their OUs and tags',
  source: { is: 'cache', of: 'Organizations' },
  value: organizationBody,
})

/** Reads and writes `state/organization.json`. A large organization is in parts, and a change writes only its parts. */
export class OrganizationFile {
  readonly #objects: ObjectStore
  readonly #file: JsonRecord<Body>
  readonly #long: ReturnType<typeof longAccounts>
  /** As last read or written. */
  #accounts: readonly Account[] = []

  constructor(objects: ObjectStore, most = partAccountsMost) {
    this.#objects = objects
    this.#file = organizationRecord.of(objects)
    this.#long = longAccounts(most)
  }

  /** For a caller that keeps the last reading. Throws SpoiledObjectError. */
  async readIfChanged(etag: string | undefined): Promise<Stored<OrganizationView> | 'unchanged' | undefined> {
    const stored = await this.#file.readIfChanged(etag)
    if (stored === undefined || stored === 'unchanged') return stored
    const value = await join(this.#objects, stored, this.#long, allAccounts)
    this.#know(value.accounts, this.#long.partsOf(value.accounts), stored.object.etag)
    return { ...stored, value }
  }

  /** `etag` names the object that was read; `undefined`: none existed. */
  async write(view: OrganizationView, etag: string | undefined): Promise<WriteResult> {
    const { accounts } = view
    this.#long.replace(etag)
    const parts = this.#long.divide(accounts, this.#accounts, etag)
    if (parts) await this.#long.write(this.#objects, parts)
    const named = parts?.flatMap(({ key, items: [first] }) => (first ? [{ key, from: first.id }] : []))
    const result = await this.#file.write(named ? { ...view, accounts: [], parts: named } : view, etag)
    if (result.outcome === 'written') this.#know(accounts, parts, result.etag)
    return result
  }

  #know(accounts: readonly Account[], parts: readonly Part<Account>[] | undefined, etag: string): void {
    this.#accounts = accounts
    this.#long.know(new Map(parts ? [[accounts, parts]] : []), etag)
  }
}

/**
 * The stored view, for callers that only read: with the accounts of this range only. `undefined`: there is none. Throws
 * SpoiledObjectError.
 */
export async function readOrganization(
  objects: ReadingObjects,
  range: AccountRange = allAccounts,
): Promise<OrganizationView | undefined> {
  const stored = await organizationRecord.read(objects)
  return stored && join(objects, stored, longAccounts(partAccountsMost), range)
}

async function join(
  objects: ReadingObjects,
  { value: { parts, ...view }, object }: Stored<Body>,
  long: ReturnType<typeof longAccounts>,
  range: AccountRange,
): Promise<OrganizationView> {
  const { from, to } = range
  const isMet = (first: string, next: string | undefined) =>
    (to === undefined || first < to) && (from === undefined || next === undefined || next > from)
  const keys = parts?.flatMap(({ key, from: first }, index) => (isMet(first, parts[index + 1]?.from) ? [key] : []))
  const accounts = keys ? await long.join(objects, keys, (pieces) => pieces.flat()) : view.accounts
  if (!accounts)
    throw new SpoiledObjectError(object, { cause: new Error(`an object of it under ${organizationParts} is gone`) })
  return {
    ...view,
    v: 1,
    accounts: range === allAccounts ? accounts : accounts.filter(({ id }) => isInRange(id, range)),
  }
}

/** Each hour: deletes parts that the record does not name any more. */
export function forgetOrganizationParts(ports: Pick<Ports, 'objects' | 'clock'>): Promise<void> {
  return forgetParts(ports, { prefix: organizationParts.at, keptMs: partsKeptMs }, async () => {
    const stored = await organizationRecord.read(ports.objects)
    return stored && new Set(stored.value.parts?.map(({ key }) => key))
  })
}
