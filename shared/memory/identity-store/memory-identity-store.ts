import type { ExternalId } from '../../domain/principals/external-id.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type Profile,
  renderNewUser,
  renderProfileOperations,
  toProfile,
} from '../../domain/principals/person-profile.ts'
import { canExist, type PrincipalName, type PrincipalType, principalName } from '../../domain/principals/principal.ts'
import { toAttributes } from '../../domain/principals/user-attributes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DirectoryNetwork } from '../../ports/directory-network.ts'
import type { DirectoryGroup, DirectoryUser, IdentityStore, NamedPrincipal } from '../../ports/identity-store.ts'
import { OlderAdSync } from '../../ports/older-ad-sync.ts'
import { listAll, type Page } from '../../ports/page.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { CallGate, type CallObserver, type Limiter } from '../call-gate.ts'
import { type PageRequest, pageOf } from '../page-of.ts'
import { RollingSecond } from '../sso-admin/rolling-second.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { checkLetters } from './check-name.ts'
import { DirectoryGroups } from './directory-groups.ts'
import { DirectoryMemberships } from './directory-memberships.ts'
import { DirectoryUsers, extensionOf, externalIdsOf } from './directory-users.ts'
import type {
  AttributeOperation,
  GroupRecord,
  IdentityStoreChange,
  JsonObject,
  MembershipRecord,
  UserRecord,
  UserStatus,
} from './identity-store-records.ts'
import { invalidDirectoryInput, resourceNotFound, tooFast, unknownOperation } from './identity-store-refusals.ts'
import { NetworkRules } from './network-rules.ts'

export type MemoryIdentityStoreOptions = CallObserver & {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable?: OpenTable
  readonly identityStoreId?: string
  readonly onChange?: (change: IdentityStoreChange) => void
  /** Whether a call comes from one of these CIDR ranges; absent: from none. */
  readonly isFrom?: ((ranges: readonly string[]) => boolean) | undefined
  /** The source of users is Active Directory with the older AD sync. */
  readonly hasOlderAdSync?: boolean | undefined
}

type Unstamped<C> = C extends unknown ? Omit<C, 'at'> : never

const pageMost = 100
// Source: IAM Identity Center User Guide, "Quotas and limits": 20 transactions per second per API and store.
const callsPerSecond = 20
// Source: aws-sdk issue 682: with the older AD sync these are refused "as expected".
const lackedByOlderAdSync: ReadonlySet<string> = new Set([
  'GetGroupId',
  'GetUserId',
  'ListGroupMemberships',
  'ListGroupMembershipsForMember',
])

/**
 * An honest model of an identity store: 20 calls per second to each API, unique names matched exactly, 100 a page.
 * Listings are ascending by id, which says nothing about names. Methods have the names of AWS's operations; those at
 * the end are the model's own and count as no call.
 */
export class MemoryIdentityStore implements IdentityStore {
  readonly identityStoreId: string
  readonly #options: MemoryIdentityStoreOptions
  readonly #groups: DirectoryGroups
  readonly #users: DirectoryUsers
  readonly #memberships: DirectoryMemberships
  readonly #gate: Pick<CallGate, 'enter'>
  /** The addresses from which it answers. */
  readonly network: NetworkRules
  readonly #beforeChange: (() => void)[] = []
  readonly #olderAdSync = new OlderAdSync()
  readonly #undescribed = new Set<string>()

  constructor(options: MemoryIdentityStoreOptions) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.identityStoreId = options.identityStoreId ?? 'd-9067a1b2c3'
    this.#groups = new DirectoryGroups(openTable('identity-store/groups'))
    this.#users = new DirectoryUsers(openTable('identity-store/users'))
    this.#memberships = new DirectoryMemberships(openTable('identity-store/memberships'))
    const limiters = new Map<string, Limiter>()
    const limiterFor = (operation: string): Limiter => {
      const limiter = limiters.get(operation) ?? new RollingSecond(callsPerSecond)
      limiters.set(operation, limiter)
      return limiter
    }
    this.network = new NetworkRules(openTable('identity-store/network'), options.isFrom)
    const gate = new CallGate({ ...options, limiterFor, tooFast })
    const enter = (operation: string) => {
      gate.enter(operation)
      this.network.check(operation)
      if (options.hasOlderAdSync && lackedByOlderAdSync.has(operation)) throw unknownOperation()
    }
    this.#gate = { enter }
  }

  // The port.

  async findPrincipalId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined> {
    if (!canExist(type, name)) return undefined
    const page = { most: pageMost }
    return this.#olderAdSync.find(
      () => (type === 'GROUP' ? this.getGroupId(name) : this.getUserId(name)),
      async () =>
        type === 'GROUP'
          ? (await this.listGroups(page, { displayName: name })).items[0]?.groupId
          : (await this.listUsers(page, { userName: name })).items[0]?.userId,
    )
  }

  async findPrincipalName(type: PrincipalType, id: PrincipalId): Promise<PrincipalName | undefined> {
    if (type === 'GROUP') return (await this.findGroup(id))?.name
    this.#gate.enter('DescribeUser')
    const name = this.#users.find(id)?.userName
    return name === undefined ? undefined : principalName.parse(name)
  }

  findUserByEmail(email: string): Promise<PrincipalId | undefined> {
    return this.getUserIdByEmail(email)
  }

  async findUser(id: PrincipalId): ReturnType<IdentityStore['findUser']> {
    this.#gate.enter('DescribeUser')
    const user = this.#users.find(id)
    return user && toUser(user)
  }

  async listPeople(nextToken?: string): ReturnType<IdentityStore['listPeople']> {
    const page = await this.listUsers({ nextToken, most: pageMost })
    return { items: page.items.map(toUser), nextToken: page.nextToken }
  }

  async createPerson(name: PrincipalName, profile: Profile): Promise<PrincipalId> {
    return this.createUser({ userName: name, attributes: renderNewUser(profile) })
  }

  async updatePerson(id: PrincipalId, change: Profile): Promise<void> {
    await this.updateUser(id, renderProfileOperations(change))
  }

  async findGroup(id: PrincipalId): Promise<DirectoryGroup | undefined> {
    const described = await unlessCode(this.describeGroup(id), 'ResourceNotFoundException')
    return this.#olderAdSync.describe(described && toGroup(described), {
      anyName: () => this.getGroupId('nobody has this name'),
      list: async () => {
        const pages = (nextToken: string | undefined) => this.listGroups({ nextToken, most: pageMost })
        for await (const group of listAll(pages)) if (group.groupId === id) return toGroup(group)
        return undefined
      },
    })
  }

  async updateGroupDescription(groupId: PrincipalId, description: string | undefined): Promise<void> {
    await this.updateGroup(groupId, [{ path: 'description', value: description }])
  }

  async listPrincipals(type: PrincipalType, nextToken?: string): Promise<Page<NamedPrincipal>> {
    const page = { nextToken, most: pageMost }
    if (type === 'USER') {
      const { items, nextToken: next } = await this.listUsers(page)
      return {
        items: items.map((user) => ({
          ...namedPrincipal(user.userId, user.userName),
          displayName: toProfile(user.attributes).displayName,
          isDisabled: isDisabled(user),
          ...issuerOf(user),
          createdAt: user.createdAt,
        })),
        nextToken: next,
      }
    }
    const { items, nextToken: next } = await this.listGroups(page)
    const named = items.flatMap((group) =>
      group.displayName === undefined
        ? []
        : [{ ...namedPrincipal(group.groupId, group.displayName), group: toGroup(group) }],
    )
    return { items: named, nextToken: next }
  }

  async listGroupsOf(userId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>> {
    const request = { nextToken, most: pageMost }
    const page = await this.#olderAdSync.listMemberships(() => this.listGroupMembershipsForMember(userId, request))
    return { items: page.items.map(({ groupId }) => groupId), nextToken: page.nextToken }
  }

  async listMembersOf(groupId: PrincipalId, nextToken?: string): Promise<Page<PrincipalId>> {
    const request = { nextToken, most: pageMost }
    const page = await this.#olderAdSync.listMemberships(() => this.listGroupMemberships(groupId, request))
    return { items: page.items.map(({ userId }) => userId), nextToken: page.nextToken }
  }

  /** DescribeIdentityStore without its constants. */
  async describeNetwork(): Promise<DirectoryNetwork | undefined> {
    this.#gate.enter('DescribeIdentityStore')
    return this.network.now
  }

  async updateNetwork(network: DirectoryNetwork | undefined): Promise<void> {
    this.#gate.enter('UpdateIdentityStore')
    this.network.set(network)
  }

  // Groups.

  /** `undefined`: no group has exactly this DisplayName. */
  async getGroupId(displayName: string): Promise<PrincipalId | undefined> {
    this.#gate.enter('GetGroupId')
    checkLetters('GROUP', displayName)
    return this.#groups.idOf(displayName)
  }

  async describeGroup(groupId: string): Promise<GroupRecord> {
    this.#gate.enter('DescribeGroup')
    if (this.#undescribed.has(groupId)) throw resourceNotFound('GROUP', groupId)
    return this.#groups.get(groupId)
  }

  async listGroups(page: PageRequest, filter?: { readonly displayName: string }): Promise<Page<GroupRecord>> {
    this.#gate.enter('ListGroups')
    const ids = filter === undefined ? this.#groups.ids() : listOf(this.#groups.idOf(filter.displayName))
    return this.#read(ids, page, (id) => this.#groups.get(id))
  }

  async createGroup(group: { readonly displayName?: string; readonly description?: string }): Promise<PrincipalId> {
    this.#gate.enter('CreateGroup')
    const groupId = principalId.parse(this.#options.randomness.id())
    this.#addGroup(groupId, group)
    this.#changed({ event: 'CreateGroup', groupId })
    return groupId
  }

  async updateGroup(groupId: string, operations: readonly AttributeOperation[]): Promise<void> {
    this.#gate.enter('UpdateGroup')
    this.#willChange()
    this.#groups.update(groupId, operations, this.#options.clock.now())
    this.#changed({ event: 'UpdateGroup', groupId: principalId.parse(groupId) })
  }

  /** Its account assignments stay, under an id that no longer exists. */
  async deleteGroup(groupId: string): Promise<void> {
    this.#gate.enter('DeleteGroup')
    this.#willChange()
    const group = this.#groups.delete(groupId)
    this.#memberships.deleteAll(this.#memberships.ofGroup(group.groupId))
    this.#changed({ event: 'DeleteGroup', groupId: group.groupId })
  }

  // Users.

  /** `undefined`: no user has exactly this UserName. */
  async getUserId(userName: string): Promise<PrincipalId | undefined> {
    this.#gate.enter('GetUserId')
    checkLetters('USER', userName)
    return this.#users.idOf(userName)
  }

  /** GetGroupId or GetUserId. `undefined`: no group or user has this id of a provider. */
  async getIdByExternalId(type: PrincipalType, externalId: ExternalId): Promise<PrincipalId | undefined> {
    this.#gate.enter(type === 'GROUP' ? 'GetGroupId' : 'GetUserId')
    return type === 'GROUP' ? this.#groups.idOfExternal(externalId) : this.#users.idOfExternal(externalId)
  }

  /** `undefined`: no user has exactly this address. */
  async getUserIdByEmail(email: string): Promise<PrincipalId | undefined> {
    this.#gate.enter('GetUserId')
    return this.#users.idOfEmail(email)
  }

  async describeUser(userId: string): Promise<UserRecord> {
    this.#gate.enter('DescribeUser')
    return this.#users.get(userId)
  }

  async listUsers(page: PageRequest, filter?: { readonly userName: string }): Promise<Page<UserRecord>> {
    this.#gate.enter('ListUsers')
    const ids = filter === undefined ? this.#users.ids() : listOf(this.#users.idOf(filter.userName))
    return this.#read(ids, page, (id) => this.#users.get(id))
  }

  async createUser(user: { readonly userName: string; readonly attributes?: JsonObject }): Promise<PrincipalId> {
    this.#gate.enter('CreateUser')
    const userId = principalId.parse(this.#options.randomness.id())
    this.#addUser(userId, user)
    this.#changed({ event: 'CreateUser', userId })
    return userId
  }

  async updateUser(userId: string, operations: readonly AttributeOperation[]): Promise<void> {
    this.#gate.enter('UpdateUser')
    this.#willChange()
    this.#users.update(userId, operations, this.#options.clock.now())
    this.#changed({ event: 'UpdateUser', userId: principalId.parse(userId) })
  }

  /** Its account assignments stay, under an id that no longer exists. */
  async deleteUser(userId: string): Promise<void> {
    this.#gate.enter('DeleteUser')
    this.#willChange()
    const user = this.#users.delete(userId)
    this.#memberships.deleteAll(this.#memberships.ofUser(user.userId))
    this.#changed({ event: 'DeleteUser', userId: user.userId })
  }

  // Memberships.

  async createGroupMembership(groupId: string, userId: string): Promise<string> {
    this.#gate.enter('CreateGroupMembership')
    const group = this.#groups.get(groupId)
    const user = this.#users.get(userId)
    return this.addMember(this.#options.randomness.id(), group.groupId, user.userId)
  }

  async deleteGroupMembership(membershipId: string): Promise<void> {
    this.#gate.enter('DeleteGroupMembership')
    this.#willChange()
    const { groupId, userId } = this.#memberships.delete(membershipId)
    this.#changed({ event: 'DeleteGroupMembership', membershipId, groupId, userId })
  }

  async describeGroupMembership(membershipId: string): Promise<MembershipRecord> {
    this.#gate.enter('DescribeGroupMembership')
    return this.#memberships.get(membershipId)
  }

  /** `undefined`: this user is not a member of this group. */
  async getGroupMembershipId(groupId: string, userId: string): Promise<string | undefined> {
    this.#gate.enter('GetGroupMembershipId')
    return this.#memberships.find(groupId, userId)?.membershipId
  }

  async listGroupMemberships(groupId: string, page: PageRequest): Promise<Page<MembershipRecord>> {
    this.#gate.enter('ListGroupMemberships')
    return this.#read(this.#memberships.ofGroup(this.#groups.get(groupId).groupId), page, (id) =>
      this.#memberships.get(id),
    )
  }

  async listGroupMembershipsForMember(userId: string, page: PageRequest): Promise<Page<MembershipRecord>> {
    this.#gate.enter('ListGroupMembershipsForMember')
    return this.#read(this.#memberships.ofUser(this.#users.get(userId).userId), page, (id) => this.#memberships.get(id))
  }

  /** Whether the user is in each group, in the order of `groupIds`. */
  async isMemberInGroups(userId: string, groupIds: readonly string[]): Promise<readonly boolean[]> {
    this.#gate.enter('IsMemberInGroups')
    return groupIds.map((groupId) => this.#memberships.find(groupId, userId) !== undefined)
  }

  // The methods below are the model's own.

  hasPrincipal(type: PrincipalType, id: PrincipalId): boolean {
    return (type === 'GROUP' ? this.#groups.find(id) : this.#users.find(id)) !== undefined
  }

  idOf(type: PrincipalType, name: string): PrincipalId | undefined {
    return type === 'GROUP' ? this.#groups.idOf(name) : this.#users.idOf(name)
  }

  nameOf(type: PrincipalType, id: PrincipalId): string | undefined {
    return type === 'GROUP' ? this.#groups.find(id)?.displayName : this.#users.find(id)?.userName
  }

  attributesOf(userId: PrincipalId): JsonObject {
    return this.#users.find(userId)?.attributes ?? {}
  }

  groupIdsOf(userId: PrincipalId): readonly PrincipalId[] {
    return this.#memberships.ofUser(userId).map((id) => this.#memberships.get(id).groupId)
  }

  /** Adds a principal with a given id, without a change event, as from an organization file. Throws if the name is taken. */
  addPrincipal(type: PrincipalType, id: PrincipalId, name: string): void {
    if (type === 'GROUP') this.#addGroup(id, { displayName: name })
    else this.#addUser(id, { userName: name })
  }

  /** Acts like a provider or a person at the console: no operation of the API writes the status of a user. */
  setUserStatus(userId: string, status: UserStatus): void {
    this.#willChange()
    this.#users.setStatus(userId, status, this.#options.clock.now())
    this.#changed({ event: 'UpdateUser', userId: principalId.parse(userId) })
  }

  /** Acts like a provider by SCIM: no operation of the API writes ExternalIds. */
  setExternalIdOfUser(userId: string, externalId: ExternalId): void {
    this.#willChange()
    this.#users.setExternalId(userId, externalId, this.#options.clock.now())
    this.#changed({ event: 'UpdateUser', userId: principalId.parse(userId) })
  }

  /** Sets the external id of a group. */
  setExternalId(groupId: string, externalId: ExternalId): void {
    this.#willChange()
    this.#groups.setExternalId(groupId, externalId, this.#options.clock.now())
    this.#changed({ event: 'UpdateGroup', groupId: principalId.parse(groupId) })
  }

  /** Acts like the older AD sync: DescribeGroup does not find this existing group. */
  doNotDescribe(groupId: PrincipalId): void {
    this.#undescribed.add(groupId)
  }

  /** Runs before every change, so that due requests are still judged by the directory before the change. */
  onBeforeChange(listener: () => void): void {
    this.#beforeChange.push(listener)
  }

  #addGroup(groupId: PrincipalId, group: { readonly displayName?: string; readonly description?: string }): void {
    this.#willChange()
    const now = this.#options.clock.now()
    this.#groups.put({ ...group, groupId, createdAt: now, updatedAt: now })
  }

  #addUser(userId: PrincipalId, user: { readonly userName: string; readonly attributes?: JsonObject }): void {
    this.#willChange()
    const now = this.#options.clock.now()
    this.#users.put({
      userId,
      userName: user.userName,
      attributes: user.attributes ?? {},
      createdAt: now,
      updatedAt: now,
    })
  }

  /** Like `addPrincipal`: it counts as no call. */
  addMember(membershipId: string, groupId: PrincipalId, userId: PrincipalId): string {
    this.#willChange()
    this.#memberships.add({ membershipId, groupId, userId, createdAt: this.#options.clock.now() })
    this.#changed({ event: 'CreateGroupMembership', membershipId, groupId, userId })
    return membershipId
  }

  #read<T>(ids: readonly string[], request: PageRequest, read: (id: string) => T): Page<T> {
    const page = pageOf(ids, request)
    if (page === undefined) throw invalidDirectoryInput('NextToken is not valid.')
    return { items: page.items.map(read), nextToken: page.nextToken }
  }

  #willChange(): void {
    for (const listener of this.#beforeChange) listener()
  }

  #changed(change: Unstamped<IdentityStoreChange>): void {
    this.#options.onChange?.({ ...change, at: this.#options.clock.now() })
  }
}

function toGroup({ displayName, description, externalId }: GroupRecord): DirectoryGroup {
  const name = displayName === undefined ? {} : { name: principalName.parse(displayName) }
  return { ...name, description, isExternal: externalId !== undefined }
}

function isDisabled({ attributes }: UserRecord): boolean {
  return attributes.UserStatus === 'DISABLED'
}

function toUser(user: UserRecord): DirectoryUser {
  const { userId, userName, attributes } = user
  return {
    ...namedPrincipal(userId, userName),
    isDisabled: isDisabled(user),
    attributes: toAttributes(attributes, extensionOf(user)),
    isExternal: externalIdsOf(user).length > 0,
    externalIds: externalIdsOf(user),
    profile: toProfile(attributes),
  }
}

function issuerOf(user: UserRecord): Pick<NamedPrincipal, 'issuer' | 'externalIds'> {
  const externalIds = externalIdsOf(user)
  const [first] = externalIds
  return first ? { issuer: first.issuer, externalIds } : {}
}

function namedPrincipal(id: PrincipalId, name: string): NamedPrincipal {
  return { id, name: principalName.parse(name) }
}

function listOf<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}
