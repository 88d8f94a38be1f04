import pLimit from 'p-limit'
import type { AccountId } from '../domain/account-id.ts'
import { type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import type { PrincipalId } from '../domain/identity-center-ids.ts'
import type { GrantingLink, LedgerEntry, LedgerState } from '../domain/ledger-entry.ts'
import { type Grant, renderGrant } from '../domain/link.ts'
import { toAssignment } from '../domain/plan.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { foreignPrefix, readForeign } from './foreign-assignments.ts'
import { Ledger, listAssignmentKeys } from './ledger.ts'

const readsAtOnce = 16

/** `both`: those of the ledger that were listed under `foreign/` as well. */
export type KnownKeys = Readonly<Record<'ledger' | 'foreign' | 'both', readonly AssignmentKey[]>>

/** How far one account assignment is, as the ledger or `foreign/` has it. */
export type Standing = {
  readonly state: LedgerState | 'foreign'
  readonly reason?: string
  /** Someone else removed it. */
  readonly isMissing?: true
  readonly principalId: PrincipalId
  /** The links that granted it when it was last evaluated, and which upload of each. */
  readonly links: readonly Pick<GrantingLink, 'key' | 'lastModified'>[]
}

/** `unread`: listed in the ledger; `unread foreign`: under `foreign/`. `absent`: known to be in neither. */
type Known = Standing | 'absent' | 'unread' | 'unread foreign'
type KnownGrant = { readonly grant: Grant; readonly accounts: Map<AccountId, Known> }

/**
 * How far the account assignments are, for statuses: what this process has read or written since its start, else what
 * the bucket has. Only the holder of the dispatcher lease may use it: nobody else changes the ledger meanwhile.
 */
export class Standings {
  readonly ledger: Ledger
  readonly #objects: ObjectStore
  /** By the last four fields of the key, then by account. */
  readonly #known = new Map<string, KnownGrant>()
  readonly #inBoth = new Set<AssignmentKey>()
  /** Links that entries of an account named before they were changed here. */
  readonly #dropped = new Map<AccountId, Set<string>>()
  #listed: Promise<void> | undefined

  constructor(objects: ObjectStore) {
    this.#objects = objects
    this.ledger = new Ledger(objects, (key, entry) => this.#noteEntry(key, entry))
  }

  noteForeign(key: AssignmentKey, links: Standing['links'], principalId: PrincipalId): void {
    this.#note(key, { state: 'foreign', links: namesOf(links), principalId })
  }

  /** It was foreign, and is gone. */
  noteGone(key: AssignmentKey): void {
    this.#note(key, 'absent')
  }

  /**
   * The links that an entry of this account named, and does not any more, since this was last asked: their statuses have
   * changed, and when an evaluation fails or ends early, the next one cannot know of them.
   */
  takeDropped(accountId: AccountId): readonly string[] {
    const links = [...(this.#dropped.get(accountId) ?? [])]
    this.#dropped.delete(accountId)
    return links
  }

  /** The keys in the ledger and under `foreign/` whose last fields are `meant`, in these accounts, or in all. */
  async keysOf(meant: (grant: Grant) => boolean, accounts?: ReadonlySet<AccountId>): Promise<KnownKeys> {
    await this.#listOnce()
    const keys: Record<'ledger' | 'foreign', AssignmentKey[]> = { ledger: [], foreign: [] }
    for (const { grant, accounts: known } of this.#known.values()) {
      if (!meant(grant)) continue
      for (const accountId of accounts ?? known.keys()) {
        const standing = known.get(accountId)
        if (standing === undefined || standing === 'absent') continue
        const isForeign =
          standing === 'unread foreign' || (typeof standing === 'object' && standing.state === 'foreign')
        keys[isForeign ? 'foreign' : 'ledger'].push(renderAssignmentKey(toAssignment(grant, accountId)))
      }
    }
    return { ...keys, both: keys.ledger.filter((key) => this.#inBoth.has(key)) }
  }

  /** The standing of each of these accounts; those with none are left out. Reads what is not known yet. */
  async of(grant: Grant, accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Standing>> {
    const limit = pLimit(readsAtOnce)
    const found = await Promise.all(
      accounts.map((accountId) => limit(async () => [accountId, await this.#read(grant, accountId)] as const)),
    )
    return new Map(found.flatMap(([accountId, standing]) => (standing === undefined ? [] : [[accountId, standing]])))
  }

  /** The accounts that have a standing for this grant: one listing of the ledger and of `foreign/` per process. */
  async accountsOf(grant: Grant): Promise<readonly AccountId[]> {
    await this.#listOnce()
    const known = this.#known.get(renderGrant(grant))?.accounts ?? new Map<AccountId, Known>()
    return [...known].filter(([, standing]) => standing !== 'absent').map(([accountId]) => accountId)
  }

  async #listOnce(): Promise<void> {
    this.#listed ??= this.#list().catch((error: unknown) => {
      this.#listed = undefined
      throw error
    })
    await this.#listed
  }

  async #list(): Promise<void> {
    for (const prefix of ['assignments/', foreignPrefix]) {
      const unread = prefix === foreignPrefix ? 'unread foreign' : 'unread'
      for await (const key of listAssignmentKeys(this.#objects, prefix)) {
        const accounts = this.#accounts(key)
        if (!accounts) continue
        const known = accounts.of.get(accounts.accountId)
        if (known === undefined) accounts.of.set(accounts.accountId, unread)
        else if (unread === 'unread foreign') this.#inBoth.add(key)
      }
    }
  }

  async #read(grant: Grant, accountId: AccountId): Promise<Standing | undefined> {
    const known = this.#known.get(renderGrant(grant))?.accounts.get(accountId)
    if (known === 'absent') return undefined
    if (typeof known === 'object') return known
    const key = renderAssignmentKey(toAssignment(grant, accountId))
    const entry = await this.ledger.read(key)
    const foreign = entry ? undefined : await readForeign(this.#objects, key)
    // Found, or changed, while these answers travelled.
    const meanwhile = this.#known.get(renderGrant(grant))?.accounts.get(accountId)
    if (meanwhile === 'absent') return undefined
    if (typeof meanwhile === 'object') return meanwhile
    if (!foreign) {
      this.#note(key, 'absent')
      return undefined
    }
    const standing: Standing = {
      state: 'foreign',
      links: namesOf(foreign.links),
      principalId: foreign.principalId,
    }
    this.#note(key, standing)
    return standing
  }

  #noteEntry(key: AssignmentKey, entry: LedgerEntry | undefined): void {
    const accounts = this.#accounts(key)
    if (!accounts) return
    const { of, accountId } = accounts
    const known = of.get(accountId)
    const isKnown = typeof known === 'object' && known.state !== 'foreign'
    if (isKnown) this.#noteDropped(accountId, known.links, entry?.links ?? [])
    if (entry) return void of.set(accountId, toStanding(entry))
    // What is not in the ledger may still be foreign: only what was in it is known to be absent now.
    if (isKnown) of.set(accountId, 'absent')
  }

  #noteDropped(accountId: AccountId, before: Standing['links'], now: Standing['links']): void {
    const dropped = before.filter(({ key }) => !now.some((link) => link.key === key))
    if (dropped.length === 0) return
    this.#dropped.set(accountId, new Set([...this.takeDropped(accountId), ...dropped.map(({ key }) => key)]))
  }

  #note(key: AssignmentKey, standing: Standing | 'absent'): void {
    const accounts = this.#accounts(key)
    accounts?.of.set(accounts.accountId, standing)
  }

  #accounts(key: AssignmentKey): { of: Map<AccountId, Known>; accountId: AccountId } | undefined {
    const assignment = parseAssignmentKey(key)
    if (!assignment) return undefined
    const { accountId, permissionSet, principal, type } = assignment
    const name = renderGrant(assignment)
    const known = this.#known.get(name) ?? { grant: { permissionSet, principal, type }, accounts: new Map() }
    this.#known.set(name, known)
    return { of: known.accounts, accountId }
  }
}

function toStanding(entry: LedgerEntry): Standing {
  return {
    state: entry.state,
    ...(entry.reason === undefined ? {} : { reason: entry.reason }),
    ...(entry.missingSince === undefined ? {} : { isMissing: true }),
    principalId: entry.principalId,
    links: namesOf(entry.links),
  }
}

/** No more than statuses need: there may be 100,000 of these in memory. */
function namesOf(links: Standing['links']): Standing['links'] {
  return links.map(({ key, lastModified }) => ({ key, lastModified }))
}
