import pLimit from 'p-limit'
import type { AccountId } from '../../domain/account-id.ts'
import { type AssignmentKey, assignmentOf, renderAssignmentKey } from '../../domain/assignment.ts'
import type { Standing } from '../../domain/describe-link.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import { type LedgerEntry, ledgerPrefix } from '../../domain/ledger-entry.ts'
import { type Grant, renderGrant } from '../../domain/link.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { toAssignment } from '../../domain/plan.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import { foreignPrefix, readForeign } from '../records/foreign-assignments.ts'
import { Ledger, listAssignmentKeys } from '../records/ledger.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'

const readsAtOnce = 16
/** Of more accounts than this, one listing tells where there is anything to read. */
const unlistedMost = 20

/** `both`: those of the ledger that were listed under `foreign/` as well. */
export type KnownKeys = Readonly<Record<'ledger' | 'foreign' | 'both', readonly AssignmentKey[]>>

type NamedLinks = NonNullable<Standing['links']>

/** `unread`: listed there. `absent`: known not to be there. Nothing: not looked for yet. */
type Part = Standing | 'unread' | 'absent' | undefined
/** What others gave to the present bearer of a name, and what the ledger still has of a former one, may stand under one key. */
type Known = { ledger: Part; foreign: Part }
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
  /** Links that entries of an account named before they were changed here. */
  readonly #dropped = new Map<AccountId, Set<string>>()
  /** One listing of the ledger and of `foreign/` per process. */
  readonly #listOnce = once(() => this.#list())
  /** What nobody has heard of since is absent. */
  #isListed = false

  constructor(objects: ObjectStore) {
    this.#objects = objects
    this.ledger = new Ledger(objects, (key, entry) => this.#noteEntry(key, entry))
  }

  noteForeign(key: AssignmentKey, links: NamedLinks, principalId: PrincipalId): void {
    this.#knownOf(key).foreign = { state: 'foreign', links: namesOf(links), principalId }
  }

  /** It was foreign, and is gone. */
  noteGone(key: AssignmentKey): void {
    this.#knownOf(key).foreign = 'absent'
  }

  /** It is ours, or nobody's: it does not stand under `foreign/` any more. */
  async forgetForeign(key: AssignmentKey): Promise<void> {
    await this.#objects.delete(foreignPrefix + key)
    this.noteGone(key)
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
    const keys: Record<keyof KnownKeys, AssignmentKey[]> = { ledger: [], foreign: [], both: [] }
    for (const { grant, accounts: known } of this.#known.values()) {
      if (!meant(grant)) continue
      for (const accountId of accounts ?? known.keys()) {
        const { ledger, foreign } = known.get(accountId) ?? {}
        const key = renderAssignmentKey(toAssignment(grant, accountId))
        if (isThere(ledger)) keys.ledger.push(key)
        else if (isThere(foreign)) keys.foreign.push(key)
        if (isThere(ledger) && isThere(foreign)) keys.both.push(key)
      }
    }
    return keys
  }

  /**
   * The standing of each of these accounts, by the ledger before `foreign/`; those with none are left out. Reads what is
   * not known yet.
   */
  async of(grant: Grant, accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Standing>> {
    const known = this.#known.get(renderGrant(grant))?.accounts
    const unheard = accounts.filter((accountId) => known?.get(accountId)?.ledger === undefined)
    if (unheard.length > unlistedMost) await this.#listOnce()
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
    return [...known].flatMap(([accountId, { ledger, foreign }]) =>
      isThere(ledger) || isThere(foreign) ? [accountId] : [],
    )
  }

  /** Whether the ledger is known to have an entry of this permission set. */
  hasEntryOf(permissionSet: PermissionSetName): boolean {
    for (const { grant, accounts } of this.#known.values()) {
      if (grant.permissionSet !== permissionSet) continue
      for (const { ledger } of accounts.values()) if (isThere(ledger)) return true
    }
    return false
  }

  /** Whether `foreign/` is known to have nothing under this key. */
  isKnownUnforeign(key: AssignmentKey): boolean {
    const assignment = assignmentOf(key)
    const { foreign } = this.#known.get(renderGrant(assignment))?.accounts.get(assignment.accountId) ?? {}
    return foreign === 'absent' || (foreign === undefined && this.#isListed)
  }

  async #list(): Promise<void> {
    for (const [prefix, part] of [[ledgerPrefix, 'ledger'] as const, [foreignPrefix, 'foreign'] as const]) {
      for await (const key of listAssignmentKeys(this.#objects, prefix)) this.#knownOf(key)[part] ??= 'unread'
    }
    this.#isListed = true
  }

  async #read(grant: Grant, accountId: AccountId): Promise<Standing | undefined> {
    const key = renderAssignmentKey(toAssignment(grant, accountId))
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
      // Else found, or gone, while this answer travelled.
      if (!isRead(known.foreign)) {
        if (foreign) this.noteForeign(key, foreign.links, foreign.principalId)
        else this.noteGone(key)
      }
    }
    return [known.ledger, known.foreign].find((part) => typeof part === 'object')
  }

  #noteEntry(key: AssignmentKey, entry: LedgerEntry | undefined): void {
    const known = this.#knownOf(key)
    const before = typeof known.ledger === 'object' ? (known.ledger.links ?? []) : []
    const links = entry?.accesses[0].links ?? []
    const dropped = before.filter((one) => !links.some((link) => link.key === one.key)).map((one) => one.key)
    const { accountId } = assignmentOf(key)
    if (dropped.length > 0) this.#dropped.set(accountId, new Set([...this.takeDropped(accountId), ...dropped]))
    known.ledger = entry ? toStanding(entry) : 'absent'
  }

  #knownOf(key: AssignmentKey): Known {
    const assignment = assignmentOf(key)
    const { accountId, permissionSet, principal, type } = assignment
    const name = renderGrant(assignment)
    const { accounts, grant } = this.#known.get(name) ?? {
      grant: { permissionSet, principal, type },
      accounts: new Map(),
    }
    const known = accounts.get(accountId) ?? { ledger: undefined, foreign: undefined }
    accounts.set(accountId, known)
    this.#known.set(name, { grant, accounts })
    return known
  }
}

/** Whether the entry names this link, or may: one that cannot be read may name any. */
export function mayName({ links }: Standing, link: string): boolean {
  return links === undefined || links.some(({ key }) => key === link)
}

function isThere(part: Part): boolean {
  return part !== undefined && part !== 'absent'
}

function isRead(part: Part): boolean {
  return part !== undefined && part !== 'unread'
}

function toStanding({ accesses: [access] }: LedgerEntry): Standing {
  return {
    state: access.state,
    reason: access.reason,
    isMissing: access.missingSince === undefined ? undefined : true,
    principalId: access.principalId,
    links: namesOf(access.links),
  }
}

/** No more than statuses need: there may be 100,000 of these in memory. */
function namesOf(links: NamedLinks): NamedLinks {
  return links.map(({ key, etag, content, rebind }) => ({ key, etag, content, rebind }))
}
