import pLimit from 'p-limit'
import type { AssignmentId } from '../../domain/assignments/assignment.ts'
import { toAssignment } from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { LinkCase } from '../../domain/guardrails/judge-by-policies.ts'
import { type Overlap, separatedFrom } from '../../domain/guardrails/separation.ts'
import { type Grant, type Link, linksIn } from '../../domain/links/link.ts'
import { assignmentHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import type { Memberships } from '../directory/memberships.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { Policies } from '../records/policies.ts'
import { NameIndex } from '../records/principal-names.ts'
import { StatusStore } from '../records/status-store.ts'
import { SpoiledObjectError } from '../records/stored-json.ts'

type Overlaps = LinkCase['overlaps']

/** Finds the other access of a link's people. `account`: only there; absent: in every account where the link was judged. */
export type FindOverlaps = { overlaps(link: Link, account?: AccountId): Promise<Overlaps> }

type SeparationSources = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'> & {
  readonly policies: Pick<Policies, 'read'>
  readonly principals: Pick<PrincipalIndex, 'resolve'>
  readonly memberships: Memberships
  readonly configuration: Configuration
}

/**
 * The other access of people, for rules that keep permission sets apart. Only a dispatcher asks, because it alone knows what is
 * being granted. Reads memberships from the directory; an answer counts for a minute.
 */
export class Separations implements FindOverlaps {
  readonly #context: SeparationSources
  /** The last findings of this process by link and account, for the status of the link. */
  readonly #found = new Map<string, Map<AccountId, Overlaps>>()
  /** The refused links whose accounts this process has all looked at. */
  readonly #woken = new Set<string>()
  #tail: Promise<unknown> = Promise.resolve()

  constructor(context: SeparationSources) {
    this.#context = context
  }

  async overlaps(link: Link, account?: AccountId): Promise<Overlaps> {
    if (account === undefined) return this.#foundOf(link.key)
    const overlaps = await this.#read(link, account)
    const found = this.#found.get(link.key) ?? new Map<AccountId, Overlaps>()
    this.#found.set(link.key, found.set(account, overlaps))
    return overlaps
  }

  async concerns(permissionSet: PermissionSetName): Promise<boolean> {
    return separatedFrom(await this.#context.policies.read(), permissionSet) !== undefined
  }

  /**
   * Runs judgements one after the other: of two grants that exclude each other, the second is judged after the first is
   * written.
   */
  alone<T>(judge: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(judge)
    this.#tail = done.catch(() => undefined)
    return done
  }

  /**
   * Someone lost this access: looks again at the links that were refused because of it. At first it looks in all their accounts, because
   * the status of a link needs the findings of all, and another process may have found them. From then on it looks only in this account.
   */
  async wake({ permissionSet, accountId: account }: Pick<AssignmentId, 'permissionSet' | 'accountId'>): Promise<void> {
    const { objects, clock, randomness, policies, configuration } = this.#context
    const isSeparated = separatedFrom(await policies.read(), permissionSet)
    if (!isSeparated) return
    const rejected = await Array.fromAsync(new StatusStore(objects, clock).listAttention('rejected'))
    const links = linksIn(new Set([...rejected, ...this.#found.keys()]), configuration.folders)
    const refused = links.filter((link) => isSeparated({ permissionSet: link.permissionSet, account }))
    const known = refused.filter(({ key }) => this.#woken.has(key))
    await this.#lookEverywhere(refused.flatMap(({ key }) => (this.#woken.has(key) ? [] : [key])))
    // A hint about an account outside the link's scope changes nothing.
    const concerned = known.filter(({ scope }) => scope.kind !== 'account' || scope.id === account)
    const hints = concerned.map((link) => assignmentHint(toAssignment(link, account), link.key))
    await sendHints(this.#context, { id: randomness.id(), hints, revocation: false }, configuration)
  }

  async #lookEverywhere(links: readonly string[]): Promise<void> {
    if (links.length === 0) return
    for (const key of links) this.#woken.add(key)
    try {
      await sendInputs(this.#context, links, 'the obstacle may be gone', this.#context.configuration)
    } catch (error) {
      for (const key of links) this.#woken.delete(key)
      throw error
    }
  }

  #foundOf(key: string): Overlaps {
    const found = this.#found.get(key)
    if (!found) return 'later'
    const all = [...found.values()]
    const unread = all.find((one) => typeof one === 'object' && 'unread' in one)
    return unread ?? all.flatMap((one) => (Array.isArray(one) ? one : []))
  }

  async #read(link: Link, account: AccountId): Promise<Overlaps> {
    const { principals, policies, configuration } = this.#context
    const isSeparated = separatedFrom(await policies.read(), link.permissionSet)
    if (!isSeparated) return []
    const principalId = await principals.resolve(link.type, link.principal, this.#context.clock.monotonicMs())
    if (principalId === undefined) return []
    const isNamed = configuration.privacy === 'open'
    return readOverlaps({ ...link, principalId }, account, { ...this.#context, isSeparated, isNamed })
  }
}

/** Refused links that some rule keeps apart: the conflicting access of their people may be gone. */
export async function listKeptApart(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { folders }: Pick<Configuration, 'folders'>,
): Promise<readonly string[]> {
  const rejected = linksIn(await Array.fromAsync(new StatusStore(objects, clock).listAttention('rejected')), folders)
  if (rejected.length === 0) return []
  const guardrails = await new Policies({ objects, clock }).read()
  return rejected.flatMap(({ key, permissionSet }) => (separatedFrom(guardrails, permissionSet) ? [key] : []))
}

/** The access of this principal's people in this account to which `isSeparated` applies. `besides`: access that is not recorded yet. */
export async function readOverlaps(
  { type, principalId }: Pick<Grant, 'type'> & { readonly principalId: PrincipalId },
  account: AccountId,
  {
    objects,
    memberships,
    isSeparated,
    isNamed,
    besides = [],
  }: {
    readonly objects: ObjectStore
    readonly memberships: Memberships
    readonly isSeparated: (other: Pick<Overlap, 'permissionSet' | 'account'>) => boolean
    readonly isNamed: boolean
    readonly besides?: readonly AssignmentId[]
  },
): Promise<Exclude<Overlaps, 'later'>> {
  try {
    const all = besides.filter(({ accountId }) => accountId === account)
    // Access that is being revoked counts until it is gone.
    for await (const { assignment } of listKnown(objects, `account%${account}%`)) all.push(assignment)
    const others = all.filter(({ permissionSet }) => isSeparated({ permissionSet, account }))
    if (others.length === 0) return []
    const names = await NameIndex.read(objects)
    const own = new Set(await memberships.peopleOf(type, principalId))
    const found = await pLimit(readsAtOnce).map(
      others,
      async ({ permissionSet, principalId: other, type: otherType }): Promise<readonly Overlap[]> => {
        const people = await memberships.peopleOf(otherType, other)
        const both = people.filter((person) => own.has(person))
        const [first] = both
        const name = first && isNamed ? ((await memberships.userOf(first))?.name ?? first) : undefined
        const group = otherType === 'GROUP' && first ? names.namesOf(otherType, other)[0] : undefined
        return both.map((_, index) => ({ person: index === 0 ? name : undefined, permissionSet, account, group }))
      },
    )
    return found.flat()
  } catch (error) {
    if (error instanceof SpoiledObjectError) return { unread: error.message }
    if (isServiceError(error) && !isPassing(error)) return { unread: error.message }
    throw error
  }
}
