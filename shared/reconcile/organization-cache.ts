import type { AccountId } from '../domain/account-id.ts'
import { renderInstant } from '../domain/instant.ts'
import { linkPrefix } from '../domain/link.ts'
import { type Account, type OrganizationView, organizationView } from '../domain/organization-view.ts'
import type { Organizations } from '../ports/organizations.ts'
import { listAll } from '../ports/page.ts'
import type { Ports } from '../ports/ports.ts'
import { isServiceError } from '../ports/service-error.ts'
import { patientOrganizations } from './patient-organizations.ts'
import { readJson, renderJson, type Stored } from './stored-json.ts'

const viewKey = 'state/organization.json'

/** So often the organization is read for one view, where others write theirs meanwhile; each time one of them is done. */
const readingsMost = 10

type Known = { readonly view: OrganizationView; readonly etag: string }

/** The organization as last read: a cache for finding accounts, never evidence for a revocation. */
export class OrganizationCache {
  readonly #ports: Pick<Ports, 'objects' | 'clock'>
  readonly #organizations: Organizations
  readonly #folders: readonly string[]
  #known: Known | undefined
  #reading: Promise<OrganizationView> | undefined

  constructor(ports: Pick<Ports, 'objects' | 'organizations' | 'clock' | 'randomness'>, folders: readonly string[]) {
    this.#ports = ports
    this.#organizations = patientOrganizations(ports)
    this.#folders = folders
  }

  /**
   * The view as it is now, with tags where an `account_tag` link exists; read from Organizations where there is none yet.
   * Asked for anew each time: a hint that follows a new view must never be evaluated by an older one and then be gone.
   */
  async view(): Promise<OrganizationView> {
    const head = await this.#ports.objects.head(viewKey)
    const known = this.#known
    const view = head && head.etag === known?.etag ? known.view : await this.#refresh()
    // The first account_tag link makes tags matter, from that moment on.
    return view.hasTags || !(await this.#hasTagLinks()) ? view : this.#once(() => this.#readAll())
  }

  /** Reads the whole organization. Throws, and changes nothing, when a page or a tag cannot be read. */
  rebuild(): Promise<OrganizationView> {
    return this.#readAll()
  }

  /** The account as this view has it, else as Organizations has it; `undefined`: there is none. */
  async find(accountId: AccountId, { accounts }: OrganizationView): Promise<Account | undefined> {
    return accounts.find(({ id }) => id === accountId) ?? this.readLive(accountId)
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
    const stored = await this.#readStored()
    return stored ? this.#remember(stored.value, stored.object.etag) : this.#once(() => this.#readAll())
  }

  /** A cache: one that cannot be understood is made again. */
  async #readStored(): Promise<Stored<OrganizationView> | undefined> {
    try {
      return await readJson(this.#ports.objects, viewKey, organizationView)
    } catch (error) {
      if (isServiceError(error)) throw error
      return undefined
    }
  }

  /**
   * A view that someone wrote while we were reading may be newer than ours in parts, and no clock tells (those of two
   * processes may differ): it is read again, so that a slow reader never brings back what is no longer so.
   */
  async #readAll(): Promise<OrganizationView> {
    for (let reading = 1; reading <= readingsMost; reading++) {
      const before = await this.#ports.objects.head(viewKey)
      const view = await this.#readOrganization()
      const unchanged = before ? ({ ifMatch: before.etag } as const) : ({ ifNoneMatch: '*' } as const)
      const written = await this.#ports.objects.put(viewKey, renderJson(view), unchanged)
      if (written.outcome === 'written') return this.#remember(view, written.etag)
    }
    throw new Error(`${viewKey} is being written by others all the time; the organization will be read again`)
  }

  async #readOrganization(): Promise<OrganizationView> {
    const readAt = renderInstant(this.#ports.clock.now())
    const hasTags = await this.#hasTagLinks()
    const listed = await Array.fromAsync(listAll((nextToken) => this.#organizations.listAccounts(nextToken)))
    const accounts = hasTags ? await Promise.all(listed.map((account) => this.#withTags(account))) : listed
    const managementAccountId = await this.#organizations.managementAccountId()
    if (!accounts.some(({ id }) => id === managementAccountId)) {
      throw new Error(
        `Organizations listed ${accounts.length} accounts without the management account ${managementAccountId}: an incomplete listing changes nothing`,
      )
    }
    return { v: 1, managementAccountId, readAt, hasTags, accounts }
  }

  async #withTags(account: Account): Promise<Account> {
    return { ...account, tags: { ...(await this.#organizations.listTags(account.id)) } }
  }

  #remember(view: OrganizationView, etag: string): OrganizationView {
    this.#known = { view, etag }
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
