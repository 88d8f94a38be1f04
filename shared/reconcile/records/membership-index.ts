import type { MembershipId } from '../../domain/people/owned-membership.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachAtOnce } from './list-heads.ts'

const prefix = 'state/memberships/'

/**
 * By the directory's id of a membership: zero-byte objects `state/memberships/<id>%<group id>%<user id>`. The keys of the ledger have
 * groups and users, and the event of a removal has the id alone. The reconcile writes missing ones, so they may be deleted at any time.
 */
export async function indexMembership(objects: ObjectStore, membershipId: string, id: MembershipId): Promise<void> {
  await objects.put(keyOf(membershipId, id), new Uint8Array())
}

export async function unindexMembership(objects: ObjectStore, membershipId: string, id: MembershipId): Promise<void> {
  await objects.delete(keyOf(membershipId, id))
}

/** `undefined`: it is none of ours, or its object was deleted. */
export async function findMembership(objects: ObjectStore, membershipId: string): Promise<MembershipId | undefined> {
  for await (const { key } of objects.list(`${prefix}${membershipId}%`)) return parse(key)
  return undefined
}

/** Writes those that are missing, and removes those that nobody has any more. */
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
