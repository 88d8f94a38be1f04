import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { isAdministrator } from '../../shared/domain/iam-policies/is-administrator.ts'
import { temporaryFolder } from '../../shared/domain/links/temporary-folder.ts'
import type { OrganizationView } from '../../shared/domain/organization/organization-view.ts'
import { renderUnitPath } from '../../shared/domain/organization/unit-path.ts'
import { permissionSetPrefix } from '../../shared/domain/permission-sets/permission-set-file.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { expandScope } from '../../shared/domain/scopes/expand-scope.ts'
import type { Scope } from '../../shared/domain/scopes/scope.ts'
import { fitsOne } from '../../shared/domain/text/glob.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import { judgeRisk } from '../../shared/modules/page/rules/judge-risk.ts'
import { sayAllowed } from '../../shared/modules/page/rules/say-allowed.ts'
import type { ToldUses } from '../../shared/modules/page/rules/told.ts'
import { findEligible } from '../../shared/modules/requests/find-eligible.ts'
import { keyOf } from '../../shared/modules/usage/rules/person-uses.ts'
import { readLastUses, readWatched } from '../../shared/modules/usage/use-records.ts'
import { onceIn } from '../../shared/ports/once.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { UnitNames } from '../../shared/reconcile/organization/unit-names.ts'
import { accessPrefix, type ListedAccess, parseAccessKey } from '../../shared/reconcile/records/access-list.ts'
import { listHeadsInParts } from '../../shared/reconcile/records/list-heads.ts'
import type { Policies } from '../../shared/reconcile/records/policies.ts'
import { listHeadsByRanges } from '../../shared/reconcile/records/ranges.ts'
import { readPermissionSetFile } from '../../shared/reconcile/records/read-permission-set-file.ts'
import { type Answer, answer, refuse } from '../api/answer.ts'
import { findReadable } from '../api/read-requests.ts'
import type { RequestContext } from '../api/request-context.ts'
import { GroupMembers, type Members } from './group-members.ts'
import type { PageRecords } from './page-records.ts'

/** What the file of a permission set says. */
type About = {
  readonly about: string | undefined
  readonly allows?: string | undefined
  readonly isAdministrator: boolean | undefined
}
type AboutContext = RequestContext & { readonly requestsOf: PageRecords['requestsOf'] }
type Person = NonNullable<RequestContext['caller']['person']>
/** `since`: when the list has it since. */
type Held = ListedAccess & { readonly since: string }
type Rows = { readonly asOf: string; readonly rows: readonly Held[] }

const minuteMs = 60_000
const rowsMost = 500
/** A function answers with at most 6 MB; this many rows are a sixth of it, compressed. (Lambda Developer Guide, "Lambda quotas".) */
const everybodyMost = 200_000
const othersMost = 20
const lastMost = 5
const accountsMost = 2_000
const setsMost = 200
/** Identity Store answers 20 calls a second, a listing of a group has 100 members, and the function ends after 29 seconds. */
const groupsMost = 100
const groupsMs = 10_000
const membersMs = 20_000

const onlyApprovers = refuse(
  403,
  'a question about a request that does not wait for you',
  'one about a request that waits for your approval',
  'open Approvals: it lists the requests that wait for you',
)

/** The page's data besides requests. It comes from records, may be a minute old, and decides nothing. */
export class PageLooks {
  readonly #ports: Ports
  readonly #configuration: Configuration
  readonly #listed: () => Promise<Rows>
  #keys: readonly string[] = []
  readonly #organization: OrganizationCache
  readonly #policies: Policies
  #seen: { readonly view: OrganizationView | undefined; readonly atMs: number } | undefined
  readonly #abouts = new Map<string, About & { readonly atMs: number }>()
  readonly #members: GroupMembers
  /** By the group before. */
  readonly #readings = new Map<string, Promise<Members>>()
  readonly #uses: () => Promise<ToldUses>
  readonly #units: () => Promise<ReadonlyMap<string, string>>
  #unitNames: ReadonlyMap<string, string> | undefined

  constructor(
    ports: Ports,
    configuration: Configuration,
    known: { readonly organization: OrganizationCache; readonly policies: Policies },
  ) {
    this.#organization = known.organization
    this.#policies = known.policies
    this.#ports = ports
    this.#configuration = configuration
    this.#members = new GroupMembers(ports, configuration)
    this.#uses = onceIn(minuteMs / 4, ports.clock, () => this.#readUses())
    this.#listed = onceIn(minuteMs / 4, ports.clock, () => this.#list())
    this.#units = onceIn(10 * minuteMs, ports.clock, () => this.#readUnits())
  }

  membersOf(group: PrincipalId): Promise<readonly PrincipalId[] | undefined> {
    return this.#members.membersOf(group)
  }

  async ownAccess(person: Person, context: RequestContext): Promise<Answer> {
    const { asOf, rows } = await this.#listed()
    const { own, unread } = await this.#ownOf(person, rows, context)
    const { isCut, ...told } = await this.#tell(own)
    return answer(200, { asOf, ...told, isCut: isCut || unread })
  }

  /** All access, for auditors, with the dates of nightly reports. */
  async everybody(dates: readonly string[]): Promise<Answer> {
    const { asOf, rows } = await this.#listed()
    const sets = [...new Set(rows.map(({ permissionSet }) => permissionSet))].slice(0, setsMost)
    const abouts = Object.entries(await this.#aboutOf(sets))
    const administratorSets = abouts.flatMap(([set, { isAdministrator }]) => (isAdministrator ? [set] : []))
    return answer(200, { asOf, dates, administratorSets, ...(await this.#tell(rows, everybodyMost)) })
  }

  /**
   * For auditors: the members of the groups that have access, ascending by name, some groups at a time. `next` is `after` if that takes
   * longer than an answer may: the same question again waits for the same reading.
   */
  async members(after: string): Promise<Answer> {
    const { rows } = await this.#listed()
    const groups = new Set(rows.flatMap(({ type, principal }) => (type === 'GROUP' ? [principal] : [])))
    const left = [...groups].filter((group) => group > after).sort()
    const members = await this.#membersIn(membersMs, after, left.slice(0, groupsMost))
    if (members === undefined) return answer(200, { members: {}, next: after })
    const last = left.findLast((group) => Object.hasOwn(members, group))
    return answer(200, { members, next: last === undefined || last === left.at(-1) ? null : last })
  }

  /** `undefined`: it takes longer. */
  async #membersIn(ms: number, after: string, groups: readonly string[]): Promise<Members | undefined> {
    const begun = this.#readings.get(after) ?? this.#members.of(groups, groupsMs)
    this.#readings.set(after, begun)
    const isRead = new AbortController()
    const forget = () => {
      this.#readings.delete(after)
      isRead.abort()
    }
    begun.then(forget, forget)
    return Promise.race([begun, this.#ports.clock.sleep(ms, isRead.signal).then(() => undefined)])
  }

  /** For auditors: everybody's last uses. */
  async uses(): Promise<Answer> {
    return answer(200, await this.#uses())
  }

  async #readUses(): Promise<ToldUses> {
    const [{ countedSince }, { uses, unread }] = await Promise.all([
      readWatched(this.#ports),
      readLastUses(this.#ports),
    ])
    const nameOf = await this.#members.namesOf([...uses.map(({ user }) => user), ...unread.keys()])
    // Reports name a person by the id, lists of now by the name.
    const told = uses.flatMap(({ at, by, ...use }) =>
      [use.user, nameOf(use.user)].map((person) => [`${person}%${keyOf(use)}`, `${at} ${by}`] as const),
    )
    const notKnown = [...unread.keys()].flatMap((user) => [user, nameOf(user)])
    return { countedSince, uses: Object.fromEntries(told), notKnown }
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
    const names = await this.tellNames(chosen.flatMap(({ accounts }) => accounts))
    const told = Object.entries(abouts).flatMap(([name, { about }]) => (about === undefined ? [] : [[name, about]]))
    return answer(200, { choices: chosen, abouts: Object.fromEntries(told), ...names })
  }

  /** More facts for an approver: the purpose of the permission set, the person's other access there, and their last requests. */
  async about(request: string, approver: Person, { requestsOf, ...context }: AboutContext): Promise<Answer> {
    const found = await findReadable(request, context)
    if ('statusCode' in found) return found
    const { path, read } = found
    const { userId } = path
    const { scope, permissionSet } = path.link
    if (userId === approver.userId || read.status?.state !== 'waiting') return onlyApprovers
    // By the id: anybody may write another person's name into a request.
    const name = await context.known.people.nameOf(userId)
    const [{ asOf, rows }, places] = await Promise.all([this.#listed(), this.#placesOf([scope])])
    // Nobody knows which accounts the scope has, so this shows none: an approver sees only the accounts of the request.
    const isUnplaced = places === undefined && scope.kind !== 'account'
    const isThere = (account: string) =>
      scope.kind === 'account' ? account === scope.id : (places?.has(account) ?? false)
    const there = rows.filter(({ account }) => isThere(account))
    const { own, unread } = await this.#ownOf({ userId, name }, there, context)
    const { [permissionSet]: { about, allows, isAdministrator: allowsEverything } = {} } = await this.#aboutOf([
      permissionSet,
    ])
    const accounts = (await this.#view())?.accounts.filter(({ id }) => isThere(id)) ?? []
    return answer(200, {
      asOf,
      about,
      allows,
      // Nobody can say then that this person has nothing there, or that the accounts are not production.
      unread: isUnplaced ? 'the accounts of this scope' : unread ? 'the groups of this person' : undefined,
      risks: judgeRisk({ permissionSet, allowsEverything, accounts, guardrails: await this.#policies.read() }),
      ...(await this.tellNames(scope.kind === 'account' ? [scope.id] : [])),
      // By the digest of the upload: every request for the same access has the same key.
      last: (await requestsOf(userId))
        .filter(({ digest }) => digest !== read.status?.request?.digest)
        .slice(0, lastMost),
      rows: own.slice(0, othersMost),
      isCut: own.length > othersMost,
    })
  }

  /** The rows of this user, by the name and through groups. `unread`: the groups of the user could not be read. */
  async #ownOf(
    { userId, name }: { readonly userId: Person['userId']; readonly name: string | undefined },
    rows: readonly Held[],
    { known }: RequestContext,
  ): Promise<{ readonly own: readonly Held[]; readonly unread: boolean }> {
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

  async #tell(rows: readonly Held[], most = rowsMost) {
    const shown = rows.slice(0, most)
    return {
      rows: shown,
      isCut: shown.length < rows.length,
      ...(await this.tellNames(shown.map(({ account }) => account))),
    }
  }

  /** Names of accounts, and of the units above each. */
  async tellNames(ids: Iterable<string>) {
    const [view, stored] = await Promise.all([this.#view(), this.#units()])
    const units = this.#unitNames ?? stored
    const used = new Set(ids)
    const accounts = view?.accounts.filter(({ id }) => used.has(id)) ?? []
    return {
      accounts: Object.fromEntries(accounts.map(({ id, name }) => [id, name])),
      paths: Object.fromEntries(accounts.map(({ id, parents }) => [id, renderUnitPath(parents, units)])),
    }
  }

  /** No request waits for Organizations: unknown names are read beside it, and stand in later answers. */
  async #readUnits(): Promise<ReadonlyMap<string, string>> {
    const names = new UnitNames(this.#ports)
    const ids = new Set((await this.#view())?.accounts.flatMap(({ parents }) => parents))
    names.of(ids).then(
      (all) => {
        this.#unitNames = all
      },
      () => {},
    )
    return names.stored()
  }

  /** When the organization was read, and the number of its management account. */
  async organization(): Promise<{ readonly readAt?: string | undefined; readonly account?: string | undefined }> {
    const view = await this.#view()
    return { readAt: view?.readAt, account: view?.managementAccountId }
  }

  async namesOf(ids: Iterable<string>): Promise<Readonly<Record<string, string>>> {
    const names = await this.accountNames()
    const used = new Set(ids)
    return Object.fromEntries([...names].filter(([id]) => used.has(id)))
  }

  async #list(): Promise<Rows> {
    const asOf = renderInstant(this.#ports.clock.now())
    const { objects } = this.#ports
    // A process that has just started knows no keys yet. 500,000 rows, one listing after the other, would take 50 seconds.
    const heads =
      this.#keys.length === 0
        ? await listHeadsByRanges(objects, accessPrefix)
        : await listHeadsInParts(objects, accessPrefix, this.#keys)
    this.#keys = heads.map(({ key }) => key)
    const rows = heads.flatMap(({ key, lastModified }) => {
      const told = parseAccessKey(key)
      return told === undefined ? [] : [{ ...told, since: renderInstant(lastModified) }]
    })
    return { asOf, rows }
  }

  async accountNames(): Promise<ReadonlyMap<string, string>> {
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
  async #aboutOf(names: readonly string[]): Promise<Readonly<Record<string, About>>> {
    const nowMs = this.#ports.clock.monotonicMs()
    const read = async (name: string) => {
      const known = this.#abouts.get(name)
      if (known && nowMs - known.atMs < minuteMs) return
      const found = await readPermissionSetFile(this.#ports.objects, `${permissionSetPrefix}${name}.json`)
      const file = found?.file.ok ? found.file.value : undefined
      this.#abouts.set(name, {
        about: file?.description,
        allows: file && sayAllowed(file),
        isAdministrator: file && isAdministrator(file),
        atMs: nowMs,
      })
    }
    const wanted = [...new Set(names)]
    await Promise.all(wanted.map(read))
    return Object.fromEntries(
      wanted.flatMap((name) => {
        const known = this.#abouts.get(name)
        return known === undefined ? [] : [[name, known]]
      }),
    )
  }
}
