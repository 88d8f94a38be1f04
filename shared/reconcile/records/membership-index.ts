import type { MembershipId } from '../../domain/people/owned-membership.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachAtOnce } from './list-heads.ts'

const prefix = 'state/memberships/'

/**
 * The memberships by the directory's id: zero-byte objects `state/memberships/<id>%<group id>%<user id>`. Ledger keys have
 * groups and users, but the event of a removal has only the id. The reconcile writes missing objects, so they may be deleted at
 * any time.
 */
export async function indexMembership(objects: ObjectStore, membershipId: string, id: MembershipId): Promise<void> {
  await objects.put(keyOf(membershipId, id), new Uint8Array())
}

export async function unindexMembership(objects: ObjectStore, membershipId: string, id: MembershipId): Promise<void> {
  await objects.delete(keyOf(membershipId, id))
}

/** `undefined`: not our membership, or its object was deleted. */
export async function findMembership(objects: ObjectStore, membershipId: string): Promise<MembershipId | undefined> {
  for await (const { key } of objects.list(`${prefix}${membershipId}%`)) return parse(key)
  return undefined
}

/** Writes missing objects and removes those of memberships that are gone. */
export async function alignMemberships(
  objects: ObjectStore,
  known: Iterable<{ readonly membershipId: string; readonly id: MembershipId }>,
): Promise<void> {
  const missing = new Map(Array.from(known, (one) => [keyOf(one.membershipId, one.id), one]))
  const stale: string[] = []
  for await (const { key } of objects.list(prefix)) if (!missing.delete(key)) stale.push(key)
  await forEachAtOnce(missing.values(), ({ membershipId, id }) => indexMembership(objects, membershipId, id))
  await forEachAtOnce(stale, async (key) => {
    await objects.delete(key)
  })
}

function keyOf(membershipId: string, { group, user }: MembershipId): string {
  return `${prefix}${membershipId}%${group}%${user}`
}

function parse(key: string): MembershipId | undefined {
  const [, group, user] = key.split('%').map((id) => principalId.safeParse(id).data)
  return group && user && { group, user }
}
