import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'

export const membershipsById = definePlace({
  at: 'state/memberships/',
  meaning: 'our memberships by the id of the directory',
  source: { is: 'index', of: 'owned_memberships/' },
})
export const membershipsByUser = definePlace({
  at: 'state/members/',
  meaning: 'our memberships by user',
  source: { is: 'index', of: 'owned_memberships/' },
})
/** Longer than it takes from the object to the entry. */
const newMs = 5 * 60_000

/**
 * The memberships by the directory's id: zero-byte objects `state/memberships/<id>%<group id>%<user id>`. Ledger keys have groups and
 * users, but the event of a removal has only the id. The reconcile writes missing objects, so they may be deleted at any time.
 */
export async function indexMembership(objects: ObjectStore, membershipId: string, id: MembershipId): Promise<void> {
  await objects.put(keyOf(membershipId, id), new Uint8Array())
}

export async function unindexMembership(objects: ObjectStore, membershipId: string, id: MembershipId): Promise<void> {
  await objects.delete(keyOf(membershipId, id))
}

/** `undefined`: not our membership, or its object was deleted. */
export async function findMembership(objects: ObjectStore, membershipId: string): Promise<MembershipId | undefined> {
  for await (const { key } of objects.list(`${membershipsById.at}${membershipId}%`)) return parse(key)
  return undefined
}

/**
 * The memberships by user: zero-byte objects `state/members/<user id>%<group id>`, because ledger keys begin with the group. Call it before
 * the entry is written. The reconcile writes missing objects and removes old ones.
 */
export async function indexMember(objects: ObjectStore, id: MembershipId): Promise<void> {
  await objects.put(userKeyOf(id), new Uint8Array())
}

/** The memberships that ssofile makes, or made, for these users. */
export async function listMembershipsOf(
  objects: ObjectStore,
  users: Iterable<PrincipalId>,
): Promise<readonly MembershipId[]> {
  const found: MembershipId[] = []
  await forEachAtOnce(users, async (user) => {
    for await (const { key } of objects.list(`${membershipsByUser.at}${user}%`)) {
      const group = principalId.safeParse(key.split('%')[1]).data
      if (group !== undefined) found.push({ group, user })
    }
  })
  return found
}

/**
 * Compares both kinds of objects with all our memberships: writes missing objects, and removes those of memberships that are gone. Lists
 * the objects first, because each is written before its entry. Keeps new ones, whose entries may still be on their way.
 */
export class MembershipAlignment {
  readonly #objects: ObjectStore
  readonly #unmet: Map<string, { readonly isNew: boolean }>

  private constructor(objects: ObjectStore, unmet: Map<string, { readonly isNew: boolean }>) {
    this.#objects = objects
    this.#unmet = unmet
  }

  /** Call it before the ledger is listed. */
  static async begin(objects: ObjectStore, now: Date): Promise<MembershipAlignment> {
    const unmet = new Map<string, { readonly isNew: boolean }>()
    for (const start of [membershipsById.at, membershipsByUser.at])
      for await (const { key, lastModified } of objects.list(start))
        unmet.set(key, { isNew: now.getTime() - lastModified.getTime() < newMs })
    return new MembershipAlignment(objects, unmet)
  }

  /** `ids`: of some memberships. `entries`: those of them that exist and are readable. */
  async meet(
    ids: readonly MembershipId[],
    entries: readonly { readonly id: MembershipId; readonly entry: Pick<OwnedMembership, 'membershipId'> }[],
  ): Promise<void> {
    const ofDirectory = entries.flatMap(({ id, entry: { membershipId } }) =>
      membershipId === undefined ? [] : [keyOf(membershipId, id)],
    )
    const missing = [...ids.map(userKeyOf), ...ofDirectory].filter((key) => !this.#unmet.delete(key))
    await forEachAtOnce(missing, async (key) => void (await this.#objects.put(key, new Uint8Array())))
  }

  /** `left`: groups that this run did not reach. Their objects stay. */
  async end(left: ReadonlySet<PrincipalId>): Promise<void> {
    await forEachAtOnce(this.#unmet, async ([key, { isNew }]) => {
      const group = principalId.safeParse(key.split('%')[1]).data
      if (!isNew && !(group && left.has(group))) await this.#objects.delete(key)
    })
  }
}

function keyOf(membershipId: string, { group, user }: MembershipId): string {
  return `${membershipsById.at}${membershipId}%${group}%${user}`
}

function userKeyOf({ group, user }: MembershipId): string {
  return `${membershipsByUser.at}${user}%${group}`
}

function parse(key: string): MembershipId | undefined {
  const [, group, user] = key.split('%').map((id) => principalId.safeParse(id).data)
  return group && user && { group, user }
}
