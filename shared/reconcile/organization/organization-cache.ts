import pLimit from 'p-limit'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { type Account, isUnplaced, type OrganizationView } from '../../domain/organization/organization-view.ts'
import { askTags, type Selectors } from '../../domain/scopes/selector-file.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Organizations } from '../../ports/organizations.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { patientOrganizations } from '../calls/patient-organizations.ts'
import { listLinksOfKind } from '../records/list-links.ts'
import { SelectorFiles } from '../records/selector-files.ts'
import { SharedReadings } from '../records/shared-readings.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { listAllAccounts } from './list-all-accounts.ts'
import { OrganizationFile, organizationRecord } from './organization-file.ts'
import { readTagsInBulk } from './read-tags-in-bulk.ts'

/** The number of accounts whose tags are read between two writes: about 20 seconds of work, which is lost if the process dies. */
const portion = 200
/** A reading of tags that was interrupted longer ago starts again. */
const resumableMs = 2 * 60 * 60_000
/** How long a reading renews known tags; the next reading continues. A function has at most 15 minutes. */
const renewalMs = 11 * 60_000
/** The reconcile reads the organization every hour, in up to 15 minutes. An older view is not kept up to date. */
const recentMs = 90 * 60_000
/** The most accounts to read live if two writers differ about them. With more, the whole reading is repeated later. */
const disputedMost = 200
const writesMost = 20
/** The revision of tags from the bulk answer: they are still to be read one by one. */
const fromBulk = 0
/** Each reconcile reads so large a part of the tags one by one. So an old row of the bulk answer misleads for a day at most. */
const provenPart = 1 / 20
/** As many calls as the rate permits in two seconds. A caller starts no call in its last two seconds, so no answer comes too late. */
const readsAtOnce = 16
export const lastReadsMs = 2_000

/** The stored view. Absent: nothing is stored, or the object is spoiled and will be overwritten. */
type Stored = { readonly etag?: string | undefined; readonly view?: OrganizationView | undefined }
type TagsSince = NonNullable<OrganizationView['tagsSince']>
type Written = { readonly etag: string; readonly view: OrganizationView }
/** In monotonic milliseconds: the end of renewing known tags, and the end of reading any tags. */
type TagLimits = { readonly renewUntilMs: number; readonly untilMs: number }
type Reading = Pick<OrganizationView, 'managementAccountId' | 'readAt' | 'tagsSince'> & {
  readonly accounts: readonly Account[]
}

/**
 * The organization as last read: a cache that finds accounts, never evidence for a revocation. Every write is conditional. If another
 * process wrote meanwhile, accounts about which the two views differ are read live. So no older reading ever replaces a newer one, even if
 * clocks differ.
 */
export class OrganizationCache {
  readonly #ports: Pick<Ports, 'objects' | 'accountTags' | 'clock' | 'randomness'>
  readonly #record: OrganizationFile
  readonly #organizations: Organizations
  readonly #folders: readonly string[]
  readonly #shared: SharedReadings<Stored>
  readonly #selectors: SelectorFiles
  #known: Stored = {}
  #reading: Promise<OrganizationView> | undefined

  constructor(
    ports: Pick<Ports, 'objects' | 'organizations' | 'accountTags' | 'clock' | 'randomness'>,
    folders: readonly string[],
  ) {
    this.#ports = ports
    this.#shared = new SharedReadings(ports.clock)
    this.#record = new OrganizationFile(ports.objects)
    this.#organizations = patientOrganizations(ports)
    this.#folders = folders
    this.#selectors = new SelectorFiles(ports.objects)
  }

  /** The present selectors, by name. */
  selectors(): Promise<Selectors> {
    return this.#selectors.read()
  }

  /**
   * The present view. Reads Organizations if there is none yet. Each call reads the object again: otherwise a hint about a new view could
   * be evaluated by an older view, and be lost. `sinceMs` (monotonic): a view from this moment or later is fresh enough, for instance from
   * the pull of the hint. Then calls share readings.
   */
  async view(sinceMs?: number): Promise<OrganizationView> {
    const read = () => this.#read()
    const stored = await (sinceMs === undefined ? read() : this.#shared.read('', sinceMs, read))
    return stored.view ?? (await this.#once(async () => (await this.#readAccounts()).view))
  }

  /** Any view has it, because it never changes. */
  async managementAccountId(): Promise<AccountId> {
    return (this.#known.view ?? (await this.view())).managementAccountId
  }

  /** The stored view; `undefined`: there is none. Reads only S3. */
  async storedView(): Promise<OrganizationView | undefined> {
    return (await this.#read()).view
  }

  /**
   * The view with the tags of all accounts, for a caller that needs them. Reading them takes seconds in bulk, but 15 minutes for 7,000 accounts
   * one by one. Waits for no more tags after `untilMs` (monotonic). Keeps the tags that were read; `hasTags` says whether they are complete.
   */
  async viewWithTags(untilMs = Number.POSITIVE_INFINITY): Promise<OrganizationView> {
    const view = await this.view()
    // A caller without time does not wait for another reader either.
    if (view.hasTags || this.#ports.clock.monotonicMs() >= untilMs) return view
    const limits = { renewUntilMs: Number.NEGATIVE_INFINITY, untilMs }
    return this.#once(async () => this.#fillTags(await this.#read(), limits))
  }

  /** The view with tags if they matter. */
  async viewForAllLinks(): Promise<OrganizationView> {
    return (await this.doTagsMatter()) ? this.viewWithTags() : this.view()
  }

  /**
   * The view for previews, which must not take minutes. If a reconcile keeps the view up to date: the handlers' view, with tags if they
   * matter. Otherwise a new reading.
   */
  async recentView(): Promise<OrganizationView> {
    const { view } = await this.#read()
    const ageMs = view ? this.#ports.clock.now().getTime() - Date.parse(view.readAt) : Number.POSITIVE_INFINITY
    return Math.abs(ageMs) < recentMs ? this.viewForAllLinks() : this.rebuild()
  }

  /**
   * Reads the whole organization. Throws, and removes nothing, if a page or a tag cannot be read. Keeps tags that were read
   * before, and the next call continues from there. Renews known tags until `renewMs` after the start; the others stay.
   */
  async rebuild(renewMs: number = renewalMs): Promise<OrganizationView> {
    const renewUntilMs = this.#ports.clock.monotonicMs() + renewMs
    const { isRenewed, ...stored } = await this.#readAccounts(renewUntilMs)
    const limits = { renewUntilMs, untilMs: Number.POSITIVE_INFINITY }
    return !isRenewed && (await this.doTagsMatter()) ? this.#fillTags(stored, limits) : stored.view
  }

  /** Reads these accounts live and updates the view. Removes accounts that do not exist. Returns the view before and after. */
  async refresh(ids: readonly AccountId[]): Promise<{ before: OrganizationView; after: OrganizationView }> {
    const before = await this.view()
    // Another process may have written since: its view is only newer.
    const stored = await this.#read()
    const view = stored.view ?? before
    const selectors = await this.selectors()
    const live = await Promise.all(ids.map((id) => this.readLive(id, () => this.doTagsMatter(selectors))))
    const others = view.accounts.filter(({ id }) => !ids.includes(id))
    const accounts = [...others, ...live.filter((account) => account !== undefined)]
    return { before, after: (await this.#write(stored, { ...view, accounts })).view }
  }

  /** The account in this view, otherwise from Organizations; `undefined`: it does not exist. With tags if they matter. */
  async find(
    accountId: AccountId,
    { accounts }: OrganizationView,
    doTagsMatter = () => this.doTagsMatter(),
  ): Promise<Account | undefined> {
    const account = accounts.find(({ id }) => id === accountId)
    const isEnough = account && !isUnplaced(account) && (!lacksTags(account) || !(await doTagsMatter()))
    return isEnough ? account : this.readLive(accountId, doTagsMatter)
  }

  /**
   * The account from Organizations now, with tags if they matter. Tags may wait for the rate (ListTagsForResource allows 10 a second), so
   * the account is read after its tags.
   */
  async readLive(accountId: AccountId, doTagsMatter = () => this.doTagsMatter()): Promise<Account | undefined> {
    const doMatter = this.#known.view?.hasTags || (await doTagsMatter())
    const tagged = doMatter ? await this.#tagsOf(accountId) : {}
    const account = await this.#organizations.describeAccount(accountId)
    return account && { ...account, ...tagged }
  }

  /**
   * The account of a view with tags that were read one by one, now if nobody did before. Tags of a bulk answer may be hours old. If the
   * account differs, its present state also goes into the view, so that statuses and sweeps know it too. `undefined`: it does not exist.
   */
  async prove(account: Account): Promise<Account | undefined> {
    if (account.tagsRevision !== fromBulk) return account
    const live = await this.readLive(account.id, async () => true)
    const isSame = live !== undefined && agree(live, account) !== undefined
    if (!isSame) await this.refresh([account.id])
    return live
  }

  /** Whether an organizational unit or a root with this id exists. Calls Organizations only if no known account is in it. */
  async parentExists(id: string): Promise<boolean> {
    const { view } = await this.#read()
    const isInUse = view?.accounts.some(({ parents }) => parents.includes(id)) ?? false
    return isInUse || (await this.#organizations.parentName(id)) !== undefined
  }

  /** Whether an `account_tag` link exists, or a selector that asks for tags. `selectors`: as just read. */
  async doTagsMatter(selectors?: Selectors): Promise<boolean> {
    if (askTags(selectors ?? (await this.selectors()))) return true
    const listings = listLinksOfKind(this.#ports.objects, this.#folders, 'account_tag')
    const first = await Promise.all(listings.map((listing) => listing.next()))
    return first.some(({ done }) => !done)
  }

  /** The stored view, from memory while the object is unchanged. */
  async #read(): Promise<Stored> {
    // Another call may change `#known` meanwhile; `unchanged` is about the view that this call asked for.
    const known = this.#known
    const read = await unlessSpoiled(this.#record.readIfChanged(known.etag))
    if (read === 'unchanged') return known
    const stored = { etag: read?.object.etag, view: isSpoiled(read) ? undefined : read?.value }
    this.#known = stored
    return stored
  }

  /** Callers at the same time share one reading. */
  async #once(read: () => Promise<OrganizationView>): Promise<OrganizationView> {
    this.#reading ??= read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /**
   * Lists all accounts. If tags matter, the known tags stay until they are read again. `isRenewed`: they were compared with the bulk answer,
   * which happens during the listing.
   */
  async #readAccounts(renewUntilMs = Number.NEGATIVE_INFINITY): Promise<Written & { readonly isRenewed: boolean }> {
    const readAt = renderInstant(this.#ports.clock.now())
    const stored = await this.#read()
    const doMatter = await this.doTagsMatter()
    const [{ managementAccountId, accounts }, renewed] = await Promise.all([
      listAllAccounts(this.#organizations, stored.view?.accounts ?? []),
      doMatter && stored.view?.hasTags ? this.#renew(stored.view, renewUntilMs) : undefined,
    ])
    const reading = { managementAccountId, readAt, accounts }
    const isRenewed = renewed !== undefined
    if (!doMatter) return { ...(await this.#write(stored, reading)), isRenewed }
    const known = new Map((renewed ?? stored.view?.accounts)?.map((account) => [account.id, account]))
    const kept = accounts.map((account) => {
      const { tags, tagsRevision } = known.get(account.id) ?? {}
      return tags === undefined || tagsRevision === undefined ? account : { ...account, tags, tagsRevision }
    })
    // If all other accounts have tags, read the tags of new accounts at once.
    const whole = stored.view?.hasTags ? await this.#withTagsOf(kept, kept.filter(lacksTags)) : kept
    const tagsSince = isRenewed ? undefined : stored.view?.tagsSince
    return { ...(await this.#write(stored, { ...reading, accounts: whole, tagsSince })), isRenewed }
  }

  /**
   * The accounts with renewed tags; `undefined`: there is no bulk answer. The bulk answer may be hours old, so it only says where to look:
   * tags that differ from the known ones are read one by one. So are those that nobody has read for the longest time.
   */
  async #renew(
    { managementAccountId, accounts }: OrganizationView,
    untilMs: number,
  ): Promise<readonly Account[] | undefined> {
    const bulk = await readTagsInBulk(this.#ports, managementAccountId, untilMs)
    if (bulk === undefined) return undefined
    const oldestFirst = accounts.toSorted((a, b) => (a.tagsRevision ?? 0) - (b.tagsRevision ?? 0))
    const differing = oldestFirst.filter(({ id, tags = {} }) => renderTags(tags) !== renderTags(bulk.get(id) ?? {}))
    const proven = oldestFirst.slice(0, Math.ceil(accounts.length * provenPart))
    return this.#withTagsOf(accounts, [...new Set([...differing, ...proven])], untilMs)
  }

  /** Tags that nobody has read come from the bulk answer. */
  async #fillTags(stored: Stored, limits: TagLimits): Promise<OrganizationView> {
    const { etag, view } = stored
    if (etag === undefined || view === undefined) return this.rebuild()
    const bulk = view.hasTags
      ? undefined
      : await readTagsInBulk(this.#ports, view.managementAccountId, limits.untilMs - lastReadsMs)
    if (bulk === undefined)
      return this.#readTags({ etag, view }, resume(view, renderInstant(this.#ports.clock.now())), limits)
    const fill = (account: Account): Account =>
      lacksTags(account) ? { ...account, tags: bulk.get(account.id) ?? {}, tagsRevision: fromBulk } : account
    const { tagsSince: _, ...reading } = view
    return (await this.#write(stored, { ...reading, accounts: view.accounts.map(fill) })).view
  }

  /**
   * Reads the tags that are older than this reading, a portion at a time (ListTagsForResource allows 10 a second). Several
   * processes may do so at once: each starts at a random account that no other has read yet.
   */
  async #readTags(stored: Written, tagsSince: TagsSince, limits: TagLimits): Promise<OrganizationView> {
    const { view } = stored
    const due = view.accounts.filter((account) => isDue(account, tagsSince))
    const lastMs = limits.untilMs - lastReadsMs
    const endsMs = view.hasTags ? Math.min(limits.renewUntilMs, lastMs) : lastMs
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
    // If others use up the rate, a single call may be retried for half a minute.
    const over = Number.isFinite(untilMs)
      ? clock.sleep(untilMs - clock.monotonicMs(), isRead.signal)
      : new Promise(() => {})
    const readOne = async (account: Account): Promise<Account> => {
      if (clock.monotonicMs() >= untilMs - lastReadsMs) return account
      return Promise.race([this.#withTags(account), over.then(() => account)])
    }
    const read = await Promise.all(some.map((account) => limit(() => readOne(account)))).finally(() => isRead.abort())
    const byId = new Map(read.map((account) => [account.id, account]))
    return accounts.map((account) => byId.get(account.id) ?? account)
  }

  async #withTags(account: Account): Promise<Account> {
    return { ...account, ...(await this.#tagsOf(account.id)) }
  }

  /** An account that is gone has no tags. */
  async #tagsOf(accountId: AccountId): Promise<Pick<Account, 'tags' | 'tagsRevision'>> {
    const tagsRevision = this.#known.view?.revision ?? 0
    const tags = await unlessCode(this.#organizations.listTags(accountId), 'TargetNotFoundException')
    return tags === undefined ? {} : { tags, tagsRevision }
  }

  /** Overwrites exactly the view that was read. If another process was faster, merges its view account by account. */
  async #write(base: Stored, reading: Reading): Promise<Written> {
    let stored = base
    let { accounts } = reading
    for (let writes = 1; writes <= writesMost; writes++) {
      const view = composeView({ ...reading, accounts }, (stored.view?.revision ?? 0) + 1)
      const written = await this.#record.write(view, stored.etag)
      if (written.outcome === 'written') {
        const own = { etag: written.etag, view }
        this.#known = own
        return own
      }
      const before = stored.view?.accounts ?? []
      stored = await this.#read()
      if (stored.view) accounts = await this.#settle(accounts, stored.view.accounts, before)
    }
    throw new Error(`${organizationRecord.at} keeps changing; ssofile will try again`)
  }

  /**
   * Merges two readings of the organization: reads an account live if they differ about it. If they differ about very many, hundreds have
   * changed without an event, and only this reading knows: then it reads only those live that the other process has changed since `before`.
   */
  async #settle(
    ours: readonly Account[],
    theirs: readonly Account[],
    before: readonly Account[],
  ): Promise<readonly Account[]> {
    const [own, known, old] = [ours, theirs, before].map((all) => new Map(all.map((account) => [account.id, account])))
    const agreed = ours.flatMap((account) => agree(account, known?.get(account.id)) ?? [])
    const ids = new Set(ours.map(({ id }) => id)).union(new Set(theirs.map(({ id }) => id)))
    const differing = [...ids.difference(new Set(agreed.map(({ id }) => id)))]
    const isChanged = (id: AccountId) => {
      const [theirOwn, former] = [known?.get(id), old?.get(id)]
      return theirOwn === undefined || former === undefined
        ? theirOwn !== former
        : agree(former, theirOwn) === undefined
    }
    const disputed = differing.length > disputedMost ? differing.filter(isChanged) : differing
    if (disputed.length > disputedMost) {
      throw new Error(
        `${organizationRecord.at}: another process wrote it in the meantime, and ${disputed.length} accounts differ; ssofile reads it again`,
      )
    }
    const live = await Promise.all(disputed.map((id) => this.readLive(id)))
    const only = new Set(differing).difference(new Set(disputed))
    const unread = [...only].map((id) => own?.get(id))
    return [...agreed, ...unread, ...live].filter((account) => account !== undefined)
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
    tagsSince: isUnderWay ? tagsSince : undefined,
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
 * Where the reading of tags begins: tags of an older revision have to be read. An interrupted reading continues. Tags that were read before
 * this view was written have a smaller revision.
 */
function resume({ tagsSince, revision }: OrganizationView, at: string): TagsSince {
  const isRecent = tagsSince && Math.abs(Date.parse(at) - Date.parse(tagsSince.at)) < resumableMs
  return isRecent ? tagsSince : { revision, at }
}

/** The account if both readings agree; tags may come from either. `undefined`: they differ. */
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
