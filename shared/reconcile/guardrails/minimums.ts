import { type AssignmentId, type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type GrantingLink, hasExpired, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { leavingOf, type Taking } from '../../domain/brake/minimum.ts'
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
import { Ledger, listAssignmentKeys } from '../records/ledger.ts'
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

type Judgement = Awaited<ReturnType<AskMinimum['judge']>>
/** `left`: how many people are left, if fewer than demanded; or why that is unknown. */
type PeopleLeft = { readonly isConcerned: boolean; readonly left?: number | { readonly unread: string } | undefined }
type IsThere = (person: PrincipalId) => Promise<boolean>
type Leaving = ReadonlySet<string>
type Context = {
  readonly of: PolicyMinimum
  readonly leaving: Leaving
  readonly isThere: IsThere
  readonly coming: Coming
}
/** The access in one account that a rule covers. */
type Concerned = { readonly of: PolicyMinimum; readonly account: AccountId; readonly keys: AssignmentKey[] }

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

  /** The first minimum that this loss breaks, if it takes away a person who counts. */
  async judge(taking: Taking, leaving: Leaving): Promise<Judgement> {
    const [judgement = unconcerned] = await this.judgeAll([taking], leaving)
    return judgement
  }

  /** Like `judge`, for several losses, each as if the other `leaving` access were gone. */
  async judgeAll(takings: readonly Taking[], leaving: Leaving, coming: Coming = []): Promise<readonly Judgement[]> {
    const guardrails = await this.#sources.policies.read()
    const places = takings.map((taking) => ('key' in taking ? assignmentOf(taking.key) : undefined))
    const isFree = (place: AssignmentId | undefined) =>
      guardrails.policies.every(({ minimums }) => minimums.length === 0) ||
      (place !== undefined && enforcedMinimumsFor(guardrails, place).length === 0)
    if (places.every(isFree)) return takings.map(() => unconcerned)
    const [place, ...more] = places
    const beginning = place && more.length === 0 ? `account%${place.accountId}%` : ''
    const keys = new Map<string, Concerned>()
    for await (const key of listAssignmentKeys(this.#sources.objects, ledgerPrefix, beginning))
      for (const of of enforcedMinimumsFor(guardrails, assignmentOf(key))) {
        const account = assignmentOf(key).accountId
        const name = `${of.policy.key}#${of.rule.id} ${account}`
        const known = keys.get(name) ?? { of, account, keys: [] }
        keys.set(name, known)
        known.keys.push(key)
      }
    const judged: Judgement[] = []
    for (const taking of takings) {
      const others = new Set([...leaving].filter((one) => one !== leavingOf(taking)))
      const context = { leaving: others, isThere: await this.#readPresence(others), coming }
      judged.push(await this.#judgeBy([...keys.values()], taking, context))
    }
    return judged
  }

  async #judgeBy(
    all: readonly Concerned[],
    taking: Taking,
    context: Pick<Context, 'leaving' | 'isThere' | 'coming'>,
  ): Promise<Judgement> {
    let isConcerned = false
    for (const { of, account, keys } of all) {
      // Unreadable: hold it, because it is unknown who would be left.
      const read = await unlessUnread(this.#judgeHere(taking, keys, { ...context, of }))
      const found: PeopleLeft = 'is' in read ? read.is : { isConcerned: true, left: read }
      isConcerned ||= found.isConcerned
      if (found.left === undefined) continue
      return { isConcerned, objection: { account, objection: describeFound(found.left, of, account) } }
    }
    return { isConcerned }
  }

  /** The people who keep the access of a minimum in one account; counts no further than it demands. */
  async listKeeping(
    keys: readonly AssignmentKey[],
    rule: PolicyMinimum['rule'],
    { leaving, isThere, coming = [] }: { leaving: Leaving; isThere: IsThere; coming?: Coming },
  ): Promise<ReadonlySet<PrincipalId>> {
    const people = new Set<PrincipalId>()
    const add = async ({ type, principalId }: Pick<AssignmentId, 'type' | 'principalId'>, key?: AssignmentKey) => {
      const candidates = await this.#peopleOf({ type, principalId }, leaving)
      const more: PrincipalId[] = []
      for (const person of candidates) if (!people.has(person) && (await isThere(person))) more.push(person)
      if (more.length > 0 && (key === undefined || (await this.#isKept(key)))) for (const one of more) people.add(one)
    }
    const given = coming.filter(({ accountId }) => keys.some((key) => assignmentOf(key).accountId === accountId))
    for (const one of given) if (fitsOne(rule.for.permissionSets, one.permissionSet)) await add(one)
    for (const key of keys) {
      if (people.size >= rule.must.peopleLeast) break
      if (!leaving.has(key)) await add(assignmentOf(key), key)
    }
    return people
  }

  /** True for people in the directory who are neither disabled nor suspended. */
  readPresence(): Promise<IsThere> {
    return this.#readPresence(new Set())
  }

  async #judgeHere(taking: Taking, keys: readonly AssignmentKey[], context: Context): Promise<PeopleLeft> {
    const { leaving, isThere, of } = context
    const taken: AssignmentKey[] = []
    for (const key of keys) if (await this.#takes(taking, key, leaving)) taken.push(key)
    const [first] = taken
    if (first === undefined) return { isConcerned: false }
    const kept = await this.listKeeping(keys, of.rule, {
      ...context,
      leaving: new Set([...leaving, leavingOf(taking)]),
    })
    if (kept.size >= of.rule.must.peopleLeast) return { isConcerned: true }
    const lost: PrincipalId[] = []
    for (const person of await this.#losersOf(taking, leaving))
      if (!kept.has(person) && (await isThere(person))) lost.push(person)
    if (lost.length === 0) return { isConcerned: true }
    for (const key of taken) if (await this.#isKept(key, 'key' in taking)) return { isConcerned: true, left: kept.size }
    return { isConcerned: true }
  }

  async #takes(taking: Taking, key: AssignmentKey, leaving: Leaving): Promise<boolean> {
    const { type, principalId } = assignmentOf(key)
    if ('key' in taking) return taking.key === key
    if ('membership' in taking) return type === 'GROUP' && principalId === taking.membership.group
    return (await this.#peopleOf({ type, principalId }, leaving)).includes(taking.person)
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

  async #readPresence(leaving: Leaving): Promise<IsThere> {
    const { memberships, suspensions, statuses } = this.#sources
    const suspensionOf = await suspensions.readAll()
    return async (person) => {
      const user = await memberships.userOf(person)
      if (user === undefined || user.isDisabled || leaving.has(leavingOf({ person }))) return false
      const file = suspensionOf?.(person, user.name)
      return file === undefined || !isAdmitted(await spoiledAsAbsent(statuses.read(file)))
    }
  }

  /** Whether the ledger has this access permanently. `isGoing`: it is being revoked, and the revocation may have begun. */
  async #isKept(key: AssignmentKey, isGoing = false): Promise<boolean> {
    const { objects } = this.#sources
    const entry = (await spoiledAsAbsent(new Ledger(objects).read(key)))?.entry
    if (isGoing) return entry === undefined || !isOnlyTemporary(entry.links.map((link) => link.key))
    const isThere = (entry?.state === 'granted' || entry?.state === 'held') && entry.missingSince === undefined
    return isThere && (await isStanding(entry.links, objects))
  }
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

function describeFound(
  left: NonNullable<PeopleLeft['left']>,
  { policy, rule }: PolicyMinimum,
  account: AccountId,
): string {
  if (typeof left === 'number') return describeObjection(objectToRevocation(policy, rule, { left, account }))
  const sets = listed(rule.for.permissionSets)
  return `ssofile does not know who would keep ${sets} in account ${account} (${quote(left.unread, 300)}); make sure that ssofile can read it`
}
