import pLimit from 'p-limit'
import type { AccountId } from '../domain/account-id.ts'
import { renderInstant } from '../domain/instant.ts'
import { linkPrefix } from '../domain/link.ts'
import { type Account, type OrganizationView, organizationView } from '../domain/organization-view.ts'
import type { Organizations } from '../ports/organizations.ts'
import type { Ports } from '../ports/ports.ts'
import { listAllAccounts } from './list-all-accounts.ts'
import { patientOrganizations } from './patient-organizations.ts'

const viewKey = 'state/organization.json'
/** Tags of so many accounts are read before they are stored: about 20 seconds' worth, lost when a process ends. */
const portion = 200
/** A reading of tags that was interrupted longer ago than this begins anew. */
const resumableMs = 2 * 60 * 60_000
/** So long a reading renews tags that are known; the next one goes on. A function has at most 15 minutes. */
const renewalMs = 11 * 60_000
/** The reconcile reads the organization every hour, and may take a quarter of one; what is older is nobody's care any more. */
const recentMs = 90 * 60_000
/** Accounts about which two writers differ are read live; beyond so many, the whole reading is repeated later. */
const disputedMost = 200
const writesMost = 20
/** As many as the rate lets through in two seconds: whoever has little time leaves few under way. */
const readsAtOnce = 16

/** What is stored; without a view: nothing, or nothing that this version understands. */
type Stored = { readonly etag?: string; readonly view?: OrganizationView }
type TagsSince = NonNullable<OrganizationView['tagsSince']>
type Written = Required<Stored>
/** Monotonic milliseconds: so long tags that are known are renewed, and so long any are read. */
type TagLimits = { readonly renewUntilMs: number; readonly untilMs: number }
type Reading = Pick<OrganizationView, 'managementAccountId' | 'readAt' | 'tagsSince'> & {
  readonly accounts: readonly Account[]
}

/**
 * The organization as last read: a cache for finding accounts, never evidence for a revocation. Every write is
 * conditional; where another process wrote meanwhile, each account about which the two differ is read live, after both,
 * so that no older reading ever replaces a newer one, whatever the clocks say.
 */
export class OrganizationCache {
  readonly #ports: Pick<Ports, 'objects' | 'clock' | 'randomness'>
  readonly #organizations: Organizations
  readonly #folders: readonly string[]
  #known: Stored = {}
  #reading: Promise<OrganizationView> | undefined

  constructor(ports: Pick<Ports, 'objects' | 'organizations' | 'clock' | 'randomness'>, folders: readonly string[]) {
    this.#ports = ports
    this.#organizations = patientOrganizations(ports)
    this.#folders = folders
  }

  /**
   * The view as it is now; read from Organizations where there is none yet. Asked for anew each time: a hint that follows
   * a new view must never be evaluated by an older one and then be gone.
   */
  async view(): Promise<OrganizationView> {
    return (await this.#read()).view ?? (await this.#once(async () => (await this.#readAccounts()).view))
  }

  /**
   * The same with the tags of all accounts, which takes a while when the first `account_tag` link makes them matter: with
   * 7,000 accounts a quarter of an hour. After `untilMs` (monotonic) none is waited for any more; what was read is kept, and
   * `hasTags` says whether it is all.
   */
  async viewWithTags(untilMs = Number.POSITIVE_INFINITY): Promise<OrganizationView> {
    const view = await this.view()
    // Nor is anybody waited for who reads meanwhile, and has more time.
    const isOver = this.#ports.clock.monotonicMs() >= untilMs
    if (view.hasTags || isOver || !(await this.#hasTagLinks())) return view
    const limits = { renewUntilMs: Number.NEGATIVE_INFINITY, untilMs }
    return this.#once(async () => this.#fillTags(await this.#read(), limits))
  }

  /**
   * The view as handlers have it, with tags where they matter, as long as a reconcile keeps it; else read anew: for looking
   * at what would be done, where nobody waits for minutes.
   */
  async recentView(): Promise<OrganizationView> {
    const { view } = await this.#read()
    const ageMs = view ? this.#ports.clock.now().getTime() - Date.parse(view.readAt) : Number.POSITIVE_INFINITY
    return Math.abs(ageMs) < recentMs ? this.viewWithTags() : this.rebuild()
  }

  /**
   * Reads the whole organization. Throws, and takes nothing away, when a page or a tag cannot be read; tags that were read
   * by then are kept, and the next call goes on from there. Tags that are known are renewed until `renewMs` after the
   * start, those of the rest stay as they are.
   */
  async rebuild(renewMs: number = renewalMs): Promise<OrganizationView> {
    const renewUntilMs = this.#ports.clock.monotonicMs() + renewMs
    const stored = await this.#readAccounts()
    const limits = { renewUntilMs, untilMs: Number.POSITIVE_INFINITY }
    return (await this.#hasTagLinks()) ? this.#fillTags(stored, limits) : stored.view
  }

  /**
   * Reads these accounts live and puts them into the view as they are now; those that do not exist are taken out of it.
   * Answers the view before and after.
   */
  async refresh(ids: readonly AccountId[]): Promise<{ before: OrganizationView; after: OrganizationView }> {
    const before = await this.view()
    // Written by someone else since: it is only newer.
    const stored = await this.#read()
    const view = stored.view ?? before
    const live = await Promise.all(ids.map((id) => this.readLive(id)))
    const others = view.accounts.filter(({ id }) => !ids.includes(id))
    const accounts = [...others, ...live.filter((account) => account !== undefined)]
    return { before, after: (await this.#write(stored, { ...view, accounts })).view }
  }

  /**
   * The account as this view has it, else as Organizations has it; `undefined`: there is none. With tags where an
   * `account_tag` link exists.
   */
  async find(accountId: AccountId, { accounts }: OrganizationView): Promise<Account | undefined> {
    const account = accounts.find(({ id }) => id === accountId)
    const isEnough = account && (!lacksTags(account) || !(await this.#hasTagLinks()))
    return isEnough ? account : this.readLive(accountId)
  }

  /** The account as Organizations has it at this moment, with tags where an `account_tag` link exists. */
  async readLive(accountId: AccountId): Promise<Account | undefined> {
    const account = await this.#organizations.describeAccount(accountId)
    if (!account || !(this.#known.view?.hasTags || (await this.#hasTagLinks()))) return account
    return this.#withTags(account)
  }

  /** Whether an organizational unit or a root of this id exists. Asked for only where no account's path holds it. */
  async parentExists(id: string): Promise<boolean> {
    const { view } = await this.#read()
    const isInUse = view?.accounts.some(({ parents }) => parents.includes(id)) ?? false
    return isInUse || this.#organizations.parentExists(id)
  }

  /** The stored view, from memory where it is still the one that we know. */
  async #read(): Promise<Stored> {
    const { objects } = this.#ports
    // Others may read meanwhile, and an older answer come later: what is unchanged is what was asked about.
    const known = this.#known
    const { etag } = known
    const found = etag === undefined ? await objects.get(viewKey) : await objects.getIfChanged(viewKey, etag)
    if (found === 'unchanged') return known
    const read = found === undefined ? {} : { etag: found.etag, ...parseView(found.body) }
    this.#known = read
    return read
  }

  /** Many ask at once, one reads: what is read is what they all wait for. */
  async #once(read: () => Promise<OrganizationView>): Promise<OrganizationView> {
    this.#reading ??= read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** Lists all accounts; tags as they were read last stay until they are read again, if tags matter at all. */
  async #readAccounts(): Promise<Written> {
    const readAt = renderInstant(this.#ports.clock.now())
    const stored = await this.#read()
    const { managementAccountId, accounts } = await listAllAccounts(this.#organizations, stored.view?.accounts ?? [])
    const reading = { managementAccountId, readAt, accounts }
    if (!(await this.#hasTagLinks())) return this.#write(stored, reading)
    const known = new Map(stored.view?.accounts.map((account) => [account.id, account]))
    const kept = accounts.map((account) => {
      const { tags, tagsRevision } = known.get(account.id) ?? {}
      return tags === undefined || tagsRevision === undefined ? account : { ...account, tags, tagsRevision }
    })
    // Where all others have theirs, accounts that are new have them read at once.
    const whole = stored.view?.hasTags ? await this.#withTagsOf(kept, kept.filter(lacksTags)) : kept
    const { tagsSince } = stored.view ?? {}
    return this.#write(stored, { ...reading, accounts: whole, ...(tagsSince === undefined ? {} : { tagsSince }) })
  }

  async #fillTags(stored: Stored, limits: TagLimits): Promise<OrganizationView> {
    const { etag, view } = stored
    if (etag === undefined || view === undefined) return this.rebuild()
    return this.#readTags({ etag, view }, resume(view, renderInstant(this.#ports.clock.now())), limits)
  }

  /**
   * Reads the tags that are older than this reading, a portion at a time (ListTagsForResource allows 10 a second). Several
   * processes may do so at once: each takes what the others have not read yet, from another place on.
   */
  async #readTags(stored: Written, tagsSince: TagsSince, limits: TagLimits): Promise<OrganizationView> {
    const { view } = stored
    const due = view.accounts.filter((account) => isDue(account, tagsSince))
    const endsMs = view.hasTags ? Math.min(limits.renewUntilMs, limits.untilMs) : limits.untilMs
    if (due.length === 0 || this.#ports.clock.monotonicMs() >= endsMs) return view
    const from = Math.floor(this.#ports.randomness.fraction() * Math.max(0, due.length - portion))
    const accounts = await this.#withTagsOf(view.accounts, due.slice(from, from + portion), limits.untilMs)
    return this.#readTags(await this.#write(stored, { ...view, accounts, tagsSince }), tagsSince, limits)
  }

  async #withTagsOf(
    accounts: readonly Account[],
    some: readonly Account[],
    untilMs = Number.POSITIVE_INFINITY,
  ): Promise<readonly Account[]> {
    const { clock } = this.#ports
    const limit = pLimit(readsAtOnce)
    const isRead = new AbortController()
    // Where others use the rate up, a single call may be repeated for half a minute.
    const over = Number.isFinite(untilMs)
      ? clock.sleep(untilMs - clock.monotonicMs(), isRead.signal)
      : new Promise(() => {})
    const readOne = async (account: Account): Promise<Account> => {
      if (clock.monotonicMs() >= untilMs) return account
      return Promise.race([this.#withTags(account), over.then(() => account)])
    }
    const read = await Promise.all(some.map((account) => limit(() => readOne(account)))).finally(() => isRead.abort())
    const byId = new Map(read.map((account) => [account.id, account]))
    return accounts.map((account) => byId.get(account.id) ?? account)
  }

  async #withTags(account: Account): Promise<Account> {
    const tagsRevision = this.#known.view?.revision ?? 0
    return { ...account, tags: await this.#organizations.listTags(account.id), tagsRevision }
  }

  /** Writes over exactly what was read; what others wrote meanwhile is settled account by account, and tried again. */
  async #write(base: Stored, reading: Reading): Promise<Written> {
    let stored = base
    let { accounts } = reading
    for (let writes = 1; writes <= writesMost; writes++) {
      const view = composeView({ ...reading, accounts }, (stored.view?.revision ?? 0) + 1)
      const condition = stored.etag === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: stored.etag }
      const written = await this.#ports.objects.put(viewKey, JSON.stringify(view), condition)
      if (written.outcome === 'written') {
        const own = { etag: written.etag, view }
        this.#known = own
        return own
      }
      stored = await this.#read()
      if (stored.view) accounts = await this.#settle(accounts, stored.view.accounts)
    }
    throw new Error(`${viewKey} is being changed by others all the time; it is tried again`)
  }

  /** Of two readings of the organization the newer one, account by account: where they differ, as it is by now. */
  async #settle(ours: readonly Account[], theirs: readonly Account[]): Promise<readonly Account[]> {
    const known = new Map(theirs.map((account) => [account.id, account]))
    const agreed = ours.flatMap((account) => agree(account, known.get(account.id)) ?? [])
    const ids = new Set([...ours.map(({ id }) => id), ...known.keys()])
    const disputed = [...ids.difference(new Set(agreed.map(({ id }) => id)))]
    if (disputed.length > disputedMost) {
      throw new Error(
        `${viewKey}: another process wrote it meanwhile, and ${disputed.length} accounts differ; it is read again`,
      )
    }
    const live = await Promise.all(disputed.map((id) => this.readLive(id)))
    return [...agreed, ...live.filter((account) => account !== undefined)]
  }

  async #hasTagLinks(): Promise<boolean> {
    const folders = ['', ...this.#folders.map((folder) => `${folder}/`)]
    const found = await Promise.all(
      folders.map((folder) => hasAny(this.#ports.objects.list(`${linkPrefix}${folder}account_tag%`))),
    )
    return found.includes(true)
  }
}

function composeView(
  { managementAccountId, readAt, accounts, tagsSince }: Reading,
  revision: number,
): OrganizationView {
  const isUnderWay = tagsSince !== undefined && accounts.some((account) => isDue(account, tagsSince))
  return {
    v: 1,
    managementAccountId,
    readAt,
    revision,
    hasTags: accounts.length > 0 && !accounts.some(lacksTags),
    ...(isUnderWay ? { tagsSince } : {}),
    accounts: accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

function lacksTags({ tags }: Account): boolean {
  return tags === undefined
}

function isDue({ tagsRevision }: Account, { revision }: TagsSince): boolean {
  return tagsRevision === undefined || tagsRevision < revision
}

/**
 * Since which revision tags must have been read: a reading that was interrupted goes on, and does not begin anew. What was
 * read before this view was written has a smaller one.
 */
function resume({ tagsSince, revision }: OrganizationView, at: string): TagsSince {
  const isRecent = tagsSince && Math.abs(Date.parse(at) - Date.parse(tagsSince.at)) < resumableMs
  return isRecent ? tagsSince : { revision, at }
}

/** A cache: one that cannot be understood is made again. */
function parseView(body: Uint8Array): Pick<Stored, 'view'> {
  try {
    return { view: organizationView.parse(JSON.parse(new TextDecoder().decode(body))) }
  } catch {
    return {}
  }
}

/** What both say of an account; tags that only one has read are taken from it. `undefined`: they differ. */
function agree(ours: Account, theirs: Account | undefined): Account | undefined {
  if (!theirs || isolate(ours) !== isolate(theirs)) return undefined
  const { tags, tagsRevision } = ours.tags === undefined ? theirs : ours
  if (tags === undefined || tagsRevision === undefined) return ours
  if (theirs.tags !== undefined && renderTags(tags) !== renderTags(theirs.tags)) return undefined
  return { ...ours, tags, tagsRevision: Math.max(tagsRevision, theirs.tagsRevision ?? 0) }
}

function isolate({ id, name, state, parents }: Account): string {
  return JSON.stringify([id, name, state, parents])
}

function renderTags(tags: NonNullable<Account['tags']>): string {
  return JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function hasAny(objects: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of objects) return true
  return false
}
