import { KeysByOwner } from '../keys-by-owner.ts'
import type { MembershipRecord } from './identity-store-records.ts'
import { duplicate, resourceNotFound } from './identity-store-refusals.ts'

/** Which users are in which groups: a table and an index from either side. Ids are ascending. */
export class DirectoryMemberships {
  readonly #table: Map<string, MembershipRecord>
  readonly #byGroup = new KeysByOwner()
  readonly #byUser = new KeysByOwner()

  constructor(table: Map<string, MembershipRecord>) {
    this.#table = table
    for (const membership of table.values()) this.#index(membership)
  }

  ofGroup(groupId: string): readonly string[] {
    return this.#byGroup.of(groupId)
  }

  ofUser(userId: string): readonly string[] {
    return this.#byUser.of(userId)
  }

  get(membershipId: string): MembershipRecord {
    const membership = this.#table.get(membershipId)
    if (membership === undefined) throw resourceNotFound('GROUP_MEMBERSHIP', membershipId)
    return membership
  }

  find(groupId: string, userId: string): MembershipRecord | undefined {
    return this.ofUser(userId)
      .map((id) => this.get(id))
      .find((membership) => membership.groupId === groupId)
  }

  add(membership: MembershipRecord): void {
    if (this.find(membership.groupId, membership.userId))
      throw duplicate('Member and Group relationship already exists.')
    this.#table.set(membership.membershipId, membership)
    this.#index(membership)
  }

  delete(membershipId: string): MembershipRecord {
    const membership = this.get(membershipId)
    this.#table.delete(membershipId)
    this.#byGroup.delete(membership.groupId, membershipId)
    this.#byUser.delete(membership.userId, membershipId)
    return membership
  }

  deleteAll(membershipIds: readonly string[]): void {
    for (const membershipId of membershipIds) this.delete(membershipId)
  }

  #index({ membershipId, groupId, userId }: MembershipRecord): void {
    this.#byGroup.add(groupId, membershipId)
    this.#byUser.add(userId, membershipId)
  }
}
