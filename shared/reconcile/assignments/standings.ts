import pLimit from 'p-limit'
import {
  type Assignment,
  type AssignmentId,
  type AssignmentKey,
  assignmentOf,
  renderAssignmentKey,
} from '../../domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { Standing } from '../../domain/links/describe-link.ts'
import type { Grant } from '../../domain/links/link.ts'
import { splitLinkFields } from '../../domain/links/link-fields.ts'
import { identityOf } from '../../domain/links/upload.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import { foreignAccess, readForeign } from '../records/foreign-assignments.ts'
import { forEachAssignmentKey, Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { type NamedId, NameIndex } from '../records/principal-names.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'

/** For more accounts than this, list once to find the keys that exist. */
const unlistedMost = 20

/** `both`: keys in the ledger that were also listed under `foreign/`. */
export type KnownKeys = Readonly<Record<'ledger' | 'foreign' | 'both', readonly AssignmentKey[]>>

type NamedLinks = NonNullable<Standing['links']>
type Holding = Omit<AssignmentId, 'accountId'>

/** `unread`: listed, not read. `absent`: known not to exist. `undefined`: not looked for yet. */
type Part = Standing | 'unread' | 'absent' | undefined
type KnownParts = { ledger: Part; foreign: Part }
type KnownHolding = { readonly holding: Holding; readonly accounts: Map<AccountId, KnownParts> }

/**
 * The state of account assignments, for statuses: what this process has read or written since its start, otherwise what the
 * bucket has. Only the holder of the dispatcher lease may use it, because nobody else changes the ledger meanwhile.
 */
export class Standings {
  readonly ledger: Ledger
  readonly #objects: ObjectStore
  /** By the last three fields of the key, then by account. */
  readonly #known = new Map<string, KnownHolding>()
  /** Links that an entry of the account named until this process changed it. */
  readonly #dropped = new Map<AccountId, Set<string>>()
  /** One listing of the ledger and of `foreign/` per process. */
  readonly #listOnce = once(() => this.#list())
  /** Everything was listed: an unknown key is absent. */
  #isListed = false
  /** Names that this process noted. */
  readonly #named: NamedId[] = []
  readonly #names = once(async () => {
    const names = await NameIndex.read(this.#objects)
    for (const pair of this.#named) names.set(pair)
    return names
  })
  #readNames: NameIndex | undefined

  constructor(objects: ObjectStore) {
    this.#objects = objects
    this.ledger = new Ledger(objects, (key, entry) => this.#noteEntry(key, entry))
  }

  /** Sets the present name of an id. */
  noteName(pair: NamedId): void {
    this.#named.push(pair)
    this.#readNames?.set(pair)
  }

  async names(): Promise<NameIndex> {
    this.#readNames = await this.#names()
    return this.#readNames
  }

  noteForeign(key: AssignmentKey, links: NamedLinks): void {
    const { principalId } = assignmentOf(key)
    this.#knownOf(key).foreign = { state: 'foreign', links: namesOf(links), principalId }
  }

  /** Somebody may record it as foreign now, so the next reader reads it. */
  expectForeign(key: AssignmentKey): void {
    this.#knownOf(key).foreign = 'unread'
  }

  /** The foreign access is gone. */
  noteGone(key: AssignmentKey): void {
    this.#knownOf(key).foreign = 'absent'
  }

  /**
   * Returns, once, the links that entries of this account named and dropped. Their statuses have changed, and if an evaluation
   * fails or ends early, the next one does not know them.
   */
  takeDropped(accountId: AccountId): readonly string[] {
    const links = [...(this.#dropped.get(accountId) ?? [])]
    this.#dropped.delete(accountId)
    return links
  }

  /** The keys in the ledger and under `foreign/` whose holding `meant` accepts, in these accounts or in all. */
  async keysOf(meant: (holding: Holding) => boolean, accounts?: ReadonlySet<AccountId>): Promise<KnownKeys> {
    await this.#listOnce()
    const keys: Record<keyof KnownKeys, AssignmentKey[]> = { ledger: [], foreign: [], both: [] }
    for (const { holding, accounts: known } of this.#known.values()) {
      if (!meant(holding)) continue
      for (const accountId of accounts ?? known.keys()) {
        const { ledger, foreign } = known.get(accountId) ?? {}
        const key = renderAssignmentKey({ ...holding, accountId })
        if (isThere(ledger)) keys.ledger.push(key)
        else if (isThere(foreign)) keys.foreign.push(key)
        if (isThere(ledger) && isThere(foreign)) keys.both.push(key)
      }
    }
    return keys
  }

  /** Yields one holding at a time with its accounts. All 500,000 keys of a large ledger together would take 130 MB. */
  async *listHoldings(): AsyncGenerator<Holding & { readonly accounts: readonly AccountId[] }> {
    await this.#listOnce()
    for (const { holding, accounts: known } of this.#known.values()) {
      const held = [...known].filter(([, { ledger, foreign }]) => isThere(ledger) || isThere(foreign))
      if (held.length > 0) yield { ...holding, accounts: held.map(([accountId]) => accountId) }
    }
  }

  /** The ids with a ledger entry for this access that have, or had, this name. */
  async holdersOf({ accountId, permissionSet, principal, type }: Assignment): Promise<readonly PrincipalId[]> {
    const ids = (await this.names()).everIdsOf(type, principal)
    const entries = await Promise.all(
      ids.map(async (principalId) => {
        const key = renderAssignmentKey({ accountId, permissionSet, principalId, type })
        const { ledger } = this.#knownOf(key)
        if (isRead(ledger)) return isThere(ledger)
        return this.#isListed
          ? ledger === 'unread'
          : isSpoiled(await unlessSpoiled(this.ledger.read(key))) || isThere(this.#knownOf(key).ledger)
      }),
    )
    return ids.filter((_, index) => entries[index])
  }

  /**
   * The standing in each of these accounts, from the ledger before `foreign/`. Leaves out accounts without one. Reads unknown records. If
   * two ids have had the name, the id that the directory still knows wins.
   */
  async of(grant: Grant, accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Standing>> {
    const found = await this.#standingsOf(await this.#holdingsOf(grant, 'present'), accounts)
    return new Map(
      [...found].flatMap(([accountId, all]) => {
        const [first] = all.toSorted((a, b) => rankOf(a, grant) - rankOf(b, grant))
        return first === undefined ? [] : [[accountId, first]]
      }),
    )
  }

  /** The access of a link that is still there, even if its principal has another name now. */
  async leftOf(link: Grant & { readonly key: string }, accounts: readonly AccountId[]) {
    const found = await this.#standingsOf(await this.#holdingsOf(link, 'ever'), accounts)
    return [...found].flatMap(([account, all]) =>
      all.filter((one) => one.state !== 'foreign' && mayName(one, link.key)).map((one) => ({ ...one, account })),
    )
  }

  async #standingsOf(
    holdings: readonly Holding[],
    accounts: readonly AccountId[],
  ): Promise<ReadonlyMap<AccountId, readonly Standing[]>> {
    const isUnheard = (accountId: AccountId) =>
      holdings.some((holding) => this.#known.get(renderHolding(holding))?.accounts.get(accountId)?.ledger === undefined)
    if (accounts.filter(isUnheard).length > unlistedMost) await this.#listOnce()
    const limit = pLimit(readsAtOnce)
    const found = await limit.map(accounts, async (accountId) => {
      const all = await Promise.all(
        holdings.map((holding) => this.#read(renderAssignmentKey({ ...holding, accountId }))),
      )
      return [accountId, all.filter((one) => one !== undefined)] as const
    })
    return new Map(found)
  }

  /** The accounts with a standing of any id that has, or had, this name. Lists the ledger and `foreign/` once per process. */
  async accountsOf(grant: Grant): Promise<readonly AccountId[]> {
    await this.#listOnce()
    const found = new Set<AccountId>()
    for (const holding of await this.#holdingsOf(grant, 'ever')) {
      const known = this.#known.get(renderHolding(holding))?.accounts ?? new Map<AccountId, KnownParts>()
      for (const [accountId, { ledger, foreign }] of known)
        if (isThere(ledger) || isThere(foreign)) found.add(accountId)
    }
    return [...found]
  }

  hasEntryOf(permissionSet: PermissionSetName): boolean {
    for (const { holding, accounts } of this.#known.values()) {
      if (holding.permissionSet !== permissionSet) continue
      for (const { ledger } of accounts.values()) if (isThere(ledger)) return true
    }
    return false
  }

  /** True if `foreign/` has nothing under this key for certain. */
  isKnownUnforeign(key: AssignmentKey): boolean {
    const id = assignmentOf(key)
    const { foreign } = this.#known.get(renderHolding(id))?.accounts.get(id.accountId) ?? {}
    return foreign === 'absent' || (foreign === undefined && this.#isListed)
  }

  async #holdingsOf({ permissionSet, principal, type }: Grant, when: 'present' | 'ever'): Promise<readonly Holding[]> {
    const names = await this.names()
    const ids = when === 'present' ? names.idsOf(type, principal) : names.everIdsOf(type, principal)
    return ids.map((principalId) => ({ permissionSet, principalId, type }))
  }

  async #list(): Promise<void> {
    for (const [prefix, part] of [[ledgerPrefix, 'ledger'] as const, [foreignAccess.at, 'foreign'] as const]) {
      await forEachAssignmentKey(this.#objects, prefix, (key) => {
        this.#knownOf(key)[part] ??= 'unread'
      })
    }
    this.#isListed = true
  }

  async #read(key: AssignmentKey): Promise<Standing | undefined> {
    const known = this.#knownOf(key)
    if (this.#isListed) {
      known.ledger ??= 'absent'
      known.foreign ??= 'absent'
    }
    if (!isRead(known.ledger)) {
      const read = await unlessSpoiled(this.ledger.read(key))
      if (isSpoiled(read)) return { state: 'failed', reason: read.message }
    }
    if (typeof known.ledger !== 'object' && !isRead(known.foreign)) {
      const foreign = await readForeign(this.#objects, key)
      // A note may have arrived during this read.
      if (!isRead(known.foreign)) {
        if (foreign) this.noteForeign(key, foreign.links)
        else this.noteGone(key)
      }
    }
    return [known.ledger, known.foreign].find((part) => typeof part === 'object')
  }

  #noteEntry(key: AssignmentKey, entry: LedgerEntry | undefined): void {
    const known = this.#knownOf(key)
    const before = typeof known.ledger === 'object' ? (known.ledger.links ?? []) : []
    const links = entry?.links ?? []
    const dropped = before.filter((one) => !links.some((link) => link.key === one.key)).map((one) => one.key)
    const { accountId } = assignmentOf(key)
    if (dropped.length > 0) this.#dropped.set(accountId, new Set([...this.takeDropped(accountId), ...dropped]))
    known.ledger = entry ? toStanding(entry) : 'absent'
  }

  #knownOf(key: AssignmentKey): KnownParts {
    const { accountId, ...holding } = assignmentOf(key)
    const name = renderHolding(holding)
    const { accounts } = this.#known.get(name) ?? { accounts: new Map<AccountId, KnownParts>() }
    const known = accounts.get(accountId) ?? { ledger: undefined, foreign: undefined }
    accounts.set(accountId, known)
    this.#known.set(name, { holding, accounts })
    return known
  }
}

/** True if the entry names this link. A spoiled entry may name any link. */
export function mayName({ links }: Standing, link: string): boolean {
  return links === undefined || links.some(({ key }) => key === link)
}

function renderHolding({ permissionSet, principalId, type }: Holding): string {
  return `${permissionSet}%${principalId}%${type}`
}

function isThere(part: Part): boolean {
  return part !== undefined && part !== 'absent'
}

function isRead(part: Part): boolean {
  return part !== undefined && part !== 'unread'
}

/**
 * Sorts first the access that a link gave to this name, last the access of a principal that is gone, because two principals may have had
 * one name. Between drift checks nobody updates `foreign/`, so its access may belong to a principal that is gone.
 */
function rankOf({ state, isOrphaned = false, links = [] }: Standing, { principal }: Grant): number {
  if (isOrphaned) return 3
  if (!links.some(({ key }) => splitLinkFields(key)?.principal === principal)) return 2
  return state === 'foreign' ? 1 : 0
}

function toStanding(entry: LedgerEntry): Standing {
  return {
    state: entry.state,
    reason: entry.reason,
    isMissing: entry.missingSince === undefined ? undefined : true,
    isOrphaned: entry.orphanedAt === undefined ? undefined : true,
    principalId: entry.principalId,
    links: namesOf(entry.links),
  }
}

/** Keeps only what statuses need, because memory may hold 100,000 of these. */
function namesOf(links: NamedLinks): NamedLinks {
  return links.map(({ key, etag, ...link }) => ({ key, etag, ...identityOf(link) }))
}
