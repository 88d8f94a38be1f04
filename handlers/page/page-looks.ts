import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { temporaryFolder } from '../../shared/domain/links/temporary-folder.ts'
import type { OrganizationView } from '../../shared/domain/organization/organization-view.ts'
import { permissionSetPrefix } from '../../shared/domain/permission-sets/permission-set-file.ts'
import { expandScope } from '../../shared/domain/scopes/expand-scope.ts'
import type { Scope } from '../../shared/domain/scopes/scope.ts'
import { fitsOne } from '../../shared/domain/text/glob.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { accessPrefix, type ListedAccess, parseAccessKey } from '../../shared/reconcile/records/access-list.ts'
import { listHeadsInParts } from '../../shared/reconcile/records/list-heads.ts'
import { readPermissionSetFile } from '../../shared/reconcile/records/read-permission-set-file.ts'
import { findEligible } from '../../shared/reconcile/requests/find-eligible.ts'
import { type Answer, answer, refuse } from '../api/answer.ts'
import { findReadable } from '../api/read-requests.ts'
import type { RequestContext } from '../api/request-context.ts'
import { SharedAnswer } from './shared-answer.ts'

type Person = NonNullable<RequestContext['caller']['person']>
type Rows = { readonly asOf: string; readonly rows: readonly ListedAccess[] }

const minuteMs = 60_000
const rowsMost = 500
const othersMost = 20
const accountsMost = 2_000
const setsMost = 200

const onlyApprovers = refuse(
  403,
  'a question about a request that does not wait for you',
  'one about a request that waits for your approval',
  'ask for GET /requests?of=waiting; what you have yourself tells GET /access',
)

/** The page's data besides requests. It comes from records, may be a minute old, and decides nothing. */
export class PageLooks {
  readonly #ports: Ports
  readonly #configuration: Configuration
  readonly #listed: SharedAnswer<Rows>
  #keys: readonly string[] = []
  readonly #organization: OrganizationCache
  #seen: { readonly view: OrganizationView | undefined; readonly atMs: number } | undefined
  readonly #abouts = new Map<string, { readonly about: string | undefined; readonly atMs: number }>()

  constructor(ports: Ports, configuration: Configuration, organization: OrganizationCache) {
    this.#organization = organization
    this.#ports = ports
    this.#configuration = configuration
    this.#listed = new SharedAnswer(() => this.#list(), ports.clock, minuteMs / 4)
  }

  async ownAccess(person: Person, context: RequestContext): Promise<Answer> {
    const { asOf, rows } = await this.#listed.get()
    const { own, unread } = await this.#ownOf(person, rows, context)
    const { isCut, ...told } = await this.#tell(own)
    return answer(200, { asOf, ...told, isCut: isCut || unread })
  }

  /** All access, for auditors. `words`: a row must contain all of them. */
  async everybody(words: string): Promise<Answer> {
    const { asOf, rows } = await this.#listed.get()
    const names = await this.#accountNames()
    const wanted = words.toLowerCase().split(/\s+/).slice(0, 10)
    const found = rows.filter(({ account, permissionSet, principal }) => {
      const text = `${account} ${names.get(account) ?? ''} ${permissionSet} ${principal}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    return answer(200, { asOf, all: found.length, ...(await this.#tell(found)) })
  }

  /** For each eligibility of the person: its accounts and its existing permission sets. */
  async choices({ userId, name }: Person, { known }: RequestContext): Promise<Answer> {
    const question = { user: { id: userId, name } }
    const { eligible } = await findEligible(question, { files: known.eligibilityFiles, people: known.people })
    const sets = (await this.#fileNames()).slice(0, setsMost)
    const choose = async ({ name, scopes, permissionSets }: (typeof eligible)[number]) => ({
      name,
      accounts: [...((await this.#placesOf(scopes)) ?? [])].slice(0, accountsMost),
      permissionSets: sets.filter((set) => fitsOne(permissionSets, set)),
    })
    const chosen = await Promise.all(eligible.map(choose))
    const abouts = await this.#aboutOf(chosen.flatMap(({ permissionSets }) => permissionSets))
    const accounts = await this.namesOf(chosen.flatMap(({ accounts }) => accounts))
    return answer(200, { choices: chosen, abouts, accounts })
  }

  /** More facts for an approver: the purpose of the permission set, and the person's other access there. */
  async about(request: string, approver: Person, context: RequestContext): Promise<Answer> {
    const found = await findReadable(request, context)
    if ('statusCode' in found) return found
    const { path, read } = found
    const { userId } = path
    const { scope, permissionSet } = path.link
    if (userId === approver.userId || read.status?.state !== 'waiting') return onlyApprovers
    // By the id: anybody may write another person's name into a request.
    const name = await context.known.people.nameOf(userId)
    const [{ asOf, rows }, places] = await Promise.all([this.#listed.get(), this.#placesOf([scope])])
    const isThere = (account: string) =>
      scope.kind === 'account' ? account === scope.id : (places?.has(account) ?? true)
    const there = rows.filter(({ account }) => isThere(account))
    const { own, unread } = await this.#ownOf({ userId, name }, there, context)
    const { [permissionSet]: about } = await this.#aboutOf([permissionSet])
    const accountName = scope.kind === 'account' ? (await this.#accountNames()).get(scope.id) : undefined
    return answer(200, {
      asOf,
      about,
      accountName,
      rows: own.slice(0, othersMost),
      isCut: unread || own.length > othersMost,
    })
  }

  /** The rows of this user, by the name and through groups. `unread`: the groups of the user could not be read. */
  async #ownOf(
    { userId, name }: { readonly userId: Person['userId']; readonly name: string | undefined },
    rows: readonly ListedAccess[],
    { known }: RequestContext,
  ): Promise<{ readonly own: readonly ListedAccess[]; readonly unread: boolean }> {
    const named = new Set(rows.flatMap(({ type, principal }) => (type === 'GROUP' ? [principal] : [])))
    const { groups, unread } = await known.people.groupsOf(userId, named)
    const isOwn = ({ type, principal }: ListedAccess) => (type === 'USER' ? principal === name : groups.has(principal))
    return { own: rows.filter(isOwn), unread: unread !== undefined }
  }

  /** The accounts in one of these scopes. `undefined`: no view of the organization is stored yet. */
  async #placesOf(scopes: readonly Scope[]): Promise<ReadonlySet<string> | undefined> {
    const [view, selectors] = await Promise.all([this.#view(), this.#organization.selectors()])
    if (view === undefined) return undefined
    const scoping = { ...this.#configuration, selectors }
    return new Set(scopes.flatMap((scope) => expandScope({ scope, folder: temporaryFolder }, view, scoping)))
  }

  async #tell(rows: readonly ListedAccess[]) {
    const shown = rows.slice(0, rowsMost)
    const accounts = await this.namesOf(shown.map(({ account }) => account))
    return { rows: shown, isCut: shown.length < rows.length, accounts }
  }

  async namesOf(ids: Iterable<string>): Promise<Readonly<Record<string, string>>> {
    const names = await this.#accountNames()
    const used = new Set(ids)
    return Object.fromEntries([...names].filter(([id]) => used.has(id)))
  }

  async #list(): Promise<Rows> {
    const asOf = renderInstant(this.#ports.clock.now())
    const heads = await listHeadsInParts(this.#ports.objects, accessPrefix, this.#keys)
    this.#keys = heads.map(({ key }) => key)
    return { asOf, rows: this.#keys.flatMap((key) => parseAccessKey(key) ?? []) }
  }

  async #accountNames(): Promise<ReadonlyMap<string, string>> {
    const view = await this.#view()
    return new Map(view?.accounts.map(({ id, name }) => [id, name]))
  }

  /** The view that the reconcile stored. No request waits for a read of the organization. */
  async #view(): Promise<OrganizationView | undefined> {
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#seen === undefined || nowMs - this.#seen.atMs > minuteMs)
      this.#seen = { view: await this.#organization.storedView(), atMs: nowMs }
    return this.#seen.view
  }

  async #fileNames(): Promise<readonly string[]> {
    const heads = await listHeadsInParts(this.#ports.objects, permissionSetPrefix, [])
    return heads.map(({ key }) => key.slice(permissionSetPrefix.length).replace(/\.json$/, ''))
  }

  /** The descriptions of permission sets, by name: one line each tells its purpose. */
  async #aboutOf(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const nowMs = this.#ports.clock.monotonicMs()
    const read = async (name: string) => {
      const known = this.#abouts.get(name)
      if (known && nowMs - known.atMs < minuteMs) return
      const found = await readPermissionSetFile(this.#ports.objects, `${permissionSetPrefix}${name}.json`)
      this.#abouts.set(name, { about: found?.file.ok ? found.file.value.description : undefined, atMs: nowMs })
    }
    const wanted = [...new Set(names)]
    await Promise.all(wanted.map(read))
    return Object.fromEntries(
      wanted.flatMap((name) => {
        const about = this.#abouts.get(name)?.about
        return about === undefined ? [] : [[name, about]]
      }),
    )
  }
}
