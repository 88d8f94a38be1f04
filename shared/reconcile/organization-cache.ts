import type { AccountId } from '../domain/account-id.ts'
import { renderInstant } from '../domain/instant.ts'
import { linkPrefix } from '../domain/link.ts'
import { type Account, type OrganizationView, organizationView } from '../domain/organization-view.ts'
import type { Organizations } from '../ports/organizations.ts'
import { listAll } from '../ports/page.ts'
import type { Ports } from '../ports/ports.ts'
import { patientOrganizations } from './patient-organizations.ts'
import { readJson, renderJson } from './stored-json.ts'

const viewKey = 'state/organization.json'
/** How long a view is used without asking whether there is a newer one. */
const freshMs = 2_000

/** The organization as last read: a cache for finding accounts, never evidence for a revocation. */
export class OrganizationCache {
  readonly #ports: Pick<Ports, 'objects' | 'clock'>
  readonly #organizations: Organizations
  readonly #folders: readonly string[]
  #known: { view: OrganizationView; etag: string; checkedMs: number } | undefined
  #reading: Promise<OrganizationView> | undefined

  constructor(ports: Pick<Ports, 'objects' | 'organizations' | 'clock' | 'randomness'>, folders: readonly string[]) {
    this.#ports = ports
    this.#organizations = patientOrganizations(ports)
    this.#folders = folders
  }

  /** The view, with tags where an `account_tag` link exists; read from Organizations where there is none yet. */
  async view(): Promise<OrganizationView> {
    const known = this.#known
    const isFresh = known && this.#ports.clock.monotonicMs() - known.checkedMs < freshMs
    const view = isFresh ? known.view : await this.#once(() => this.#refresh())
    // The first account_tag link makes tags matter, from that moment on.
    return view.hasTags || !(await this.#hasTagLinks()) ? view : this.#once(() => this.#readAll())
  }

  /** Reads the whole organization. Throws, and changes nothing, when a page or a tag cannot be read. */
  rebuild(): Promise<OrganizationView> {
    return this.#readAll()
  }

  /** The account as the view has it, else as Organizations has it; `undefined`: there is none. */
  async find(accountId: AccountId): Promise<Account | undefined> {
    const account = (await this.view()).accounts.find(({ id }) => id === accountId)
    return account ?? this.readLive(accountId)
  }

  /** The account as Organizations has it at this moment, with tags where an `account_tag` link exists. */
  async readLive(accountId: AccountId): Promise<Account | undefined> {
    const account = await this.#organizations.describeAccount(accountId)
    if (!account || !(this.#known?.view.hasTags || (await this.#hasTagLinks()))) return account
    return this.#withTags(account)
  }

  /** Whether an organizational unit or a root of this id exists; an empty one is in no account's path. */
  parentExists(id: string): Promise<boolean> {
    return this.#organizations.parentExists(id)
  }

  /** Many ask at once, one reads: what is read is what they all wait for. */
  async #once(read: () => Promise<OrganizationView>): Promise<OrganizationView> {
    this.#reading ??= read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #refresh(): Promise<OrganizationView> {
    const known = this.#known
    const head = known && (await this.#ports.objects.head(viewKey))
    if (known && head?.etag === known.etag) return this.#remember(known.view, known.etag)
    const stored = await readJson(this.#ports.objects, viewKey, organizationView)
    return stored ? this.#remember(stored.value, stored.object.etag) : this.#readAll()
  }

  async #readAll(): Promise<OrganizationView> {
    const hasTags = await this.#hasTagLinks()
    const listed = await Array.fromAsync(listAll((nextToken) => this.#organizations.listAccounts(nextToken)))
    const accounts = hasTags ? await Promise.all(listed.map((account) => this.#withTags(account))) : listed
    const managementAccountId = await this.#organizations.managementAccountId()
    if (!accounts.some(({ id }) => id === managementAccountId)) {
      throw new Error(
        `Organizations listed ${accounts.length} accounts without the management account ${managementAccountId}: an incomplete listing changes nothing`,
      )
    }
    const readAt = renderInstant(this.#ports.clock.now())
    const view: OrganizationView = { v: 1, managementAccountId, readAt, hasTags, accounts }
    const written = await this.#ports.objects.put(viewKey, renderJson(view))
    return written.outcome === 'written' ? this.#remember(view, written.etag) : view
  }

  async #withTags(account: Account): Promise<Account> {
    return { ...account, tags: { ...(await this.#organizations.listTags(account.id)) } }
  }

  #remember(view: OrganizationView, etag: string): OrganizationView {
    this.#known = { view, etag, checkedMs: this.#ports.clock.monotonicMs() }
    return view
  }

  async #hasTagLinks(): Promise<boolean> {
    const folders = ['', ...this.#folders.map((folder) => `${folder}/`)]
    const found = await Promise.all(
      folders.map((folder) => hasAny(this.#ports.objects.list(`${linkPrefix}${folder}account_tag%`))),
    )
    return found.includes(true)
  }
}

async function hasAny(objects: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of objects) return true
  return false
}
