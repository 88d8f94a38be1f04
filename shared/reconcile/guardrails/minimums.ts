import pLimit from 'p-limit'
import { type AssignmentId, type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type GrantingLink, hasExpired, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { type JudgedPlaces, leavingOf, type MinimumObjection, type Taking } from '../../domain/brake/minimum.ts'
import { describeObjection, listed, objectToRevocation } from '../../domain/guardrails/judge-by-policies.ts'
import { enforcedMinimumsFor, isOnlyTemporary, type PolicyMinimum } from '../../domain/guardrails/minimum.ts'
import { temporaryPrefix } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { isAdmitted } from '../../domain/suspensions/describe-suspension.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { AskMinimum } from '../brake/ask-minimum.ts'
import type { Memberships } from '../directory/memberships.ts'
import { EntryCopies, readListedEntry } from '../records/entry-copies.ts'
import { type ListedAssignment, listAssignmentHeads } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import type { Policies } from '../records/policies.ts'
import type { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { Suspensions } from '../records/suspensions.ts'

export type MinimumSources = {
  readonly objects: ObjectStore
  readonly policies: Pick<Policies, 'read'>
  readonly memberships: Memberships
  readonly suspensions: Pick<Suspensions, 'readAll'>
  readonly statuses: Pick<StatusStore, 'read'>
}

/** Access that a plan grants at the same time. */
export type Coming = readonly AssignmentId[]

type Judgement = Awaited<ReturnType<AskMinimum['judgeAll']>>[number]
/** How many people are left, if fewer than demanded; or why that is unknown. */
type PeopleLeft = number | { readonly unread: string } | undefined
type IsThere = (person: PrincipalId) => Promise<boolean>
type Leaving = ReadonlySet<string>
type Context = {
  readonly of: PolicyMinimum
  readonly leaving: Leaving
  readonly isThere: IsThere
  readonly coming: Coming
  /** Absent: the few entries are read one by one. */
  readonly copies?: EntryCopies | undefined
}
/** The access in one account that a rule covers. */
type Concerned = { readonly of: PolicyMinimum; readonly account: AccountId; readonly access: ListedAssignment[] }

/** The places by the id of each principal with access, and which of these are groups. */
type Covered = { readonly byPrincipal: Map<PrincipalId, Set<Concerned>>; readonly groups: Set<PrincipalId> }
/** A principal who loses access. `why`: why it is unknown whether the principal loses it. */
type Taken = { readonly principal: PrincipalId; readonly why?: { readonly unread: string } }

const unconcerned: Judgement = { isConcerned: false }

/**
 * How many people policies want to keep their access. Asked for each loss of access, whatever its cause; see `Brake`. People
 * count if they are in the directory, not disabled, not suspended, and have standing access from ssofile, which cannot keep
 * access from others. People whose suspension is held count.
 */
export class Minimums implements AskMinimum {
  readonly #sources: MinimumSources

  constructor(sources: MinimumSources) {
    this.#sources = sources
  }

  /**
   * The first minimum that each loss breaks, if it takes away a person who counts: one loss after the other, as if `leaving` and those before
   * it that break none were gone.
   */
  async judgeAll(takings: readonly Taking[], leaving: Leaving, coming: Coming = []): Promise<readonly Judgement[]> {
    const guardrails = await this.#sources.policies.read()
    const places = takings.map((taking) => ('key' in taking ? assignmentOf(taking.key) : undefined))
    const isFree = (place: AssignmentId | undefined) =>
      guardrails.policies.every(({ minimums }) => minimums.length === 0) ||
      (place !== undefined && enforcedMinimumsFor(guardrails, place).length === 0)
    if (places.every(isFree)) return takings.map(() => unconcerned)
    const [place, ...more] = places
    const { objects } = this.#sources
    const beginning = place && more.length === 0 ? `account%${place.accountId}%` : ''
    const concerned = new Map<string, Concerned>()
    const covered: Covered = { byPrincipal: new Map(), groups: new Set() }
    for await (const one of listAssignmentHeads(objects, ledgerPrefix, beginning)) {
      const { accountId: account, permissionSet, principalId, type } = assignmentOf(one.key)
      for (const of of enforcedMinimumsFor(guardrails, { accountId: account, permissionSet })) {
        const name = `${of.policy.key}#${of.rule.id} ${account}`
        const known = concerned.get(name) ?? { of, account, access: [] }
        concerned.set(name, known)
        known.access.push(one)
        const places = covered.byPrincipal.get(principalId) ?? new Set()
        covered.byPrincipal.set(principalId, places.add(known))
        if (type === 'GROUP') covered.groups.add(principalId)
      }
    }
    const presenceIn = await this.readPresence()
    const copies = beginning === '' ? new EntryCopies(objects) : undefined
    const gone = new Set(leaving)
    const judged: Judgement[] = []
    for (const taking of takings) {
      const others = new Set(gone)
      others.delete(leavingOf(taking))
      const context = { leaving: others, isThere: presenceIn(others), coming, copies }
      const judgement = await this.#judgeBy(covered, taking, context)
      if (judgement.isConcerned && judgement.objection === undefined) gone.add(leavingOf(taking))
      judged.push(judgement)
    }
    return judged
  }

  /** There may be tens of thousands of accounts, so it looks at many at once. */
  async #judgeBy(all: Covered, taking: Taking, context: Omit<Context, 'of'>): Promise<Judgement> {
    const taken = await this.#findTaken(all, taking, context.leaving)
    const placesOf = (id: PrincipalId) => [...(all.byPrincipal.get(id) ?? [])]
    for (const { principal, why } of taken) {
      const [place] = why ? placesOf(principal) : []
      // Unreadable: hold it, because it is unknown who would be left.
      if (place) return { isConcerned: true, objection: objectTo(why, place) }
    }
    const ids = new Set(taken.map(({ principal }) => principal))
    const isTaken = (key: AssignmentKey) =>
      'key' in taking ? key === taking.key : ids.has(assignmentOf(key).principalId)
    const concerned = [...new Set([...ids].flatMap(placesOf))]
      .filter(({ access }) => access.some(({ key }) => isTaken(key)))
      .sort((a, b) => (a.account < b.account ? -1 : a.account > b.account ? 1 : 0))
    const found = await pLimit(readsAtOnce).map(concerned, async (one) => {
      const read = await unlessUnread(this.#judgeHere(taking, one.access, isTaken, { ...context, of: one.of }))
      return objectTo('is' in read ? read.is : read, one)
    })
    return {
      isConcerned: concerned.length > 0,
      objection: found.find((objection) => objection !== undefined),
      places: placesIn(concerned),
    }
  }

  async #findTaken(all: Covered, taking: Taking, leaving: Leaving): Promise<readonly Taken[]> {
    if ('key' in taking) return [{ principal: assignmentOf(taking.key).principalId }]
    if ('membership' in taking) return [{ principal: taking.membership.group }]
    const found = await pLimit(readsAtOnce).map([...all.groups], async (principal): Promise<readonly Taken[]> => {
      const members = await unlessUnread(this.#peopleOf({ type: 'GROUP', principalId: principal }, leaving))
      if (!('is' in members)) return [{ principal, why: members }]
      return members.is.includes(taking.person) ? [{ principal }] : []
    })
    return [{ principal: taking.person }, ...found.flat()]
  }

  /** The people who keep the access of a minimum in one account; counts no further than it demands. */
  async listKeeping(
    access: readonly ListedAssignment[],
    rule: PolicyMinimum['rule'],
    { leaving, isThere, copies, coming = [] }: Omit<Context, 'of' | 'coming'> & { readonly coming?: Coming },
  ): Promise<ReadonlySet<PrincipalId>> {
    const people = new Set<PrincipalId>()
    const add = async ({ type, principalId }: Pick<AssignmentId, 'type' | 'principalId'>, one?: ListedAssignment) => {
      const candidates = await this.#peopleOf({ type, principalId }, leaving)
      const more: PrincipalId[] = []
      for (const person of candidates) {
        // The directory is asked for each, and a group may have thousands.
        if (people.size + more.length >= rule.must.peopleLeast) break
        if (!people.has(person) && (await isThere(person))) more.push(person)
      }
      if (more.length > 0 && (one === undefined || (await this.#isKept(one, copies))))
        for (const person of more) people.add(person)
    }
    const given = coming.filter(({ accountId }) => access.some(({ key }) => assignmentOf(key).accountId === accountId))
    for (const one of given) if (fitsOne(rule.for.permissionSets, one.permissionSet)) await add(one)
    for (const one of access) {
      if (people.size >= rule.must.peopleLeast) break
      if (!leaving.has(one.key)) await add(assignmentOf(one.key), one)
    }
    return people
  }

  /** True for people in the directory who are neither disabled nor suspended, nor leaving. Reads the suspensions once. */
  async readPresence(): Promise<(leaving: Leaving) => IsThere> {
    const { memberships, suspensions, statuses } = this.#sources
    const suspensionOf = await suspensions.readAll()
    return (leaving) => async (person) => {
      const user = await memberships.userOf(person)
      if (user === undefined || user.isDisabled || leaving.has(leavingOf({ person }))) return false
      const file = suspensionOf?.(person, user.name)
      return file === undefined || !isAdmitted(await spoiledAsAbsent(statuses.read(file)))
    }
  }

  async #judgeHere(
    taking: Taking,
    access: readonly ListedAssignment[],
    isTaken: (key: AssignmentKey) => boolean,
    context: Context,
  ): Promise<PeopleLeft> {
    const { leaving, isThere, of, copies } = context
    const kept = await this.listKeeping(access, of.rule, {
      ...context,
      leaving: new Set([...leaving, leavingOf(taking)]),
    })
    if (kept.size >= of.rule.must.peopleLeast) return undefined
    const lost: PrincipalId[] = []
    for (const person of await this.#losersOf(taking, leaving))
      if (!kept.has(person) && (await isThere(person))) lost.push(person)
    if (lost.length === 0) return undefined
    for (const one of access)
      if (isTaken(one.key) && (await this.#isKept(one, copies, 'key' in taking))) return kept.size
    return undefined
  }

  async #losersOf(taking: Taking, leaving: Leaving): Promise<readonly PrincipalId[]> {
    if ('key' in taking) return this.#peopleOf(assignmentOf(taking.key), leaving)
    return ['person' in taking ? taking.person : taking.membership.user]
  }

  async #peopleOf(
    { type, principalId }: Pick<AssignmentId, 'type' | 'principalId'>,
    leaving: Leaving,
  ): Promise<readonly PrincipalId[]> {
    const people = await this.#sources.memberships.peopleOf(type, principalId)
    const isLeaving = (user: PrincipalId) =>
      leaving.has(leavingOf({ person: user })) ||
      (type === 'GROUP' && leaving.has(leavingOf({ membership: { group: principalId, user } })))
    return people.filter((user) => !isLeaving(user))
  }

  /** Whether the ledger has this access permanently. `isGoing`: it is being revoked, and the revocation may have begun. */
  async #isKept({ head }: ListedAssignment, copies: EntryCopies | undefined, isGoing = false): Promise<boolean> {
    const { objects } = this.#sources
    const entry = await spoiledAsAbsent(readListedEntry(objects, head, copies))
    if (isGoing) return entry === undefined || !isOnlyTemporary(entry.links.map((link) => link.key))
    const isThere = (entry?.state === 'granted' || entry?.state === 'held') && entry.missingSince === undefined
    return isThere && (await isStanding(entry.links, objects))
  }
}

function placesIn(concerned: readonly Concerned[]): JudgedPlaces {
  const ids = concerned.flatMap(({ access }) => access.map(({ key }) => assignmentOf(key)))
  const groups = ids.flatMap(({ type, principalId }) => (type === 'GROUP' ? [principalId] : []))
  return { accounts: new Set(concerned.map(({ account }) => account)), groups: new Set(groups) }
}

/**
 * If temporary links grant the access too, it continues after the others are deleted, and ends with the temporary ones. So
 * check each of the others.
 */
async function isStanding(links: readonly GrantingLink[], objects: ObjectStore): Promise<boolean> {
  if (isOnlyTemporary(links.map(({ key }) => key))) return false
  const standing = links.filter(({ key }) => !key.startsWith(temporaryPrefix))
  if (standing.length === links.length) return true
  for (const link of standing) {
    const now = await objects.head(link.key)
    if (now?.etag === link.etag && !hasExpired(link, now.servedAt)) return true
  }
  return false
}

function objectTo(left: PeopleLeft, { of: { policy, rule }, account }: Concerned): MinimumObjection | undefined {
  if (left === undefined) return undefined
  if (typeof left === 'number')
    return { account, objection: describeObjection(objectToRevocation(policy, rule, { left, account })) }
  const sets = listed(rule.for.permissionSets)
  return {
    account,
    objection: `ssofile does not know who would keep ${sets} in account ${account} (${quote(left.unread, 300)}); make sure that ssofile can read it`,
  }
}
