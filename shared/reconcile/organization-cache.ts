import type { AccountId } from '../domain/account-id.ts'
import { renderInstant } from '../domain/instant.ts'
import { linkPrefix } from '../domain/link.ts'
import { type Account, type OrganizationView, organizationView } from '../domain/organization-view.ts'
import { listAll } from '../ports/page.ts'
import type { Ports } from '../ports/ports.ts'
import { readJson, renderJson } from './stored-json.ts'

const viewKey = 'state/organization.json'
/** How long a view is used without asking whether there is a newer one. */
const freshMs = 2_000

/** The organization as last read: a cache for finding accounts, never evidence for a revocation. */
export class OrganizationCache {
  readonly #ports: Pick<Ports, 'objects' | 'organizations' | 'clock'>
  readonly #folders: readonly string[]
  #known: { view: OrganizationView; etag: string; checkedMs: number } | undefined

  constructor(ports: Pick<Ports, 'objects' | 'organizations' | 'clock'>, folders: readonly string[]) {
    this.#ports = ports
    this.#folders = folders
  }

  /** The view with tags, where an `account_tag` link exists; read from Organizations where there is none yet. */
  async view(): Promise<OrganizationView> {
    const known = this.#known
    if (known && this.#ports.clock.monotonicMs() - known.checkedMs < freshMs) return known.view
    const head = known && (await this.#ports.objects.head(viewKey))
    if (known && head?.etag === known.etag) {
      known.checkedMs = this.#ports.clock.monotonicMs()
      return this.#withTags(known.view)
    }
    const stored = await readJson(this.#ports.objects, viewKey, organizationView)
    if (!stored) return this.rebuild()
    this.#remember(stored.value, stored.object.etag)
    return this.#withTags(stored.value)
  }

  async #withTags(view: OrganizationView): Promise<OrganizationView> {
    return view.hasTags || !(await this.hasTagLinks()) ? view : this.rebuild()
  }

  /** Reads the whole organization. Throws, and changes nothing, when a page or a tag cannot be read. */
  async rebuild(): Promise<OrganizationView> {
    const { organizations, objects, clock } = this.#ports
    const hasTags = await this.hasTagLinks()
    const accounts: Account[] = []
    for await (const account of listAll((nextToken) => organizations.listAccounts(nextToken))) {
      accounts.push(hasTags ? { ...account, tags: { ...(await organizations.listTags(account.id)) } } : account)
    }
    const managementAccountId = await organizations.managementAccountId()
    if (!accounts.some(({ id }) => id === managementAccountId)) {
      throw new Error(
        `Organizations listed ${accounts.length} accounts without the management account ${managementAccountId}: an incomplete listing changes nothing`,
      )
    }
    const view: OrganizationView = { v: 1, managementAccountId, readAt: renderInstant(clock.now()), hasTags, accounts }
    const written = await objects.put(viewKey, renderJson(view))
    if (written.outcome === 'written') this.#remember(view, written.etag)
    return view
  }

  #remember(view: OrganizationView, etag: string): void {
    this.#known = { view, etag, checkedMs: this.#ports.clock.monotonicMs() }
  }

  /** The account as the view has it, else as Organizations has it; `undefined`: there is none. */
  async find(accountId: AccountId): Promise<Account | undefined> {
    const account = (await this.view()).accounts.find(({ id }) => id === accountId)
    return account ?? this.readLive(accountId)
  }

  /** The account as Organizations has it at this moment, with tags where an `account_tag` link exists. */
  async readLive(accountId: AccountId): Promise<Account | undefined> {
    const account = await this.#ports.organizations.describeAccount(accountId)
    if (!account || !(await this.hasTagLinks())) return account
    return { ...account, tags: { ...(await this.#ports.organizations.listTags(accountId)) } }
  }

  async hasTagLinks(): Promise<boolean> {
    const prefixes = ['', ...this.#folders.map((folder) => `${folder}/`)].map(
      (folder) => `${linkPrefix}${folder}account_tag%`,
    )
    const found = await Promise.all(prefixes.map((prefix) => hasAny(this.#ports.objects.list(prefix))))
    return found.includes(true)
  }
}

async function hasAny(objects: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of objects) return true
  return false
}
