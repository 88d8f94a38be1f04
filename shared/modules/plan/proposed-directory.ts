import { createHash } from 'node:crypto'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId } from '../../domain/principals/owned-membership.ts'
import { type Profile, renderNewUser } from '../../domain/principals/person-profile.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import { enterpriseExtension, toAttributes } from '../../domain/principals/user-attributes.ts'
import type { DirectoryGroup, DirectoryUser, IdentityStore, NamedPrincipal } from '../../ports/identity-store.ts'
import { onceEach } from '../../ports/once.ts'
import { listAll, type Page } from '../../ports/page.ts'
import { ServiceError } from '../../ports/service-error.ts'

/** One change of the directory. `id`: of the group, the user or the membership. */
export type DirectoryWrite = {
  readonly operation: Exclude<keyof IdentityStore, `find${string}` | `list${string}` | `get${string}`>
  readonly id: string
  /** The changed fields of a user. */
  readonly change?: Profile
}

/** `undefined`: the directory has this member, and nobody has asked for the id of the membership. */
type Members = Map<PrincipalId, string | undefined>

/**
 * The directory as it would be after the writes of this process, which never leave it. Asks the directory for each thing once.
 * Refuses what the directory refuses: a second group, user or member of the same name.
 */
export class ProposedDirectory implements IdentityStore {
  /** In their order. */
  readonly writes: DirectoryWrite[] = []
  readonly #directory: IdentityStore
  readonly #whose: (membershipId: string) => Promise<MembershipId | undefined>
  /** Everything that differs from the directory; `undefined`: it is gone. */
  readonly #groups = new Map<PrincipalId, DirectoryGroup | undefined>()
  readonly #users = new Map<PrincipalId, DirectoryUser | undefined>()
  readonly #members = new Map<PrincipalId, Promise<Members | undefined>>()
  /** `undefined`: there is no such group. */
  readonly #membersOf = onceEach((groupId: PrincipalId) => this.#readMembers(groupId), this.#members)
  readonly #made = new Set<PrincipalId>()
  readonly #asked: ReturnType<typeof rememberAnswers>

  /** `whose`: the group and the user of a membership that ssofile made. */
  constructor(directory: IdentityStore, whose: (membershipId: string) => Promise<MembershipId | undefined>) {
    this.#directory = directory
    this.#asked = rememberAnswers(directory)
    this.#whose = whose
  }

  /** Users that it made, changed or deleted. */
  get changedUsers(): ReadonlySet<PrincipalId> {
    return new Set(this.#users.keys())
  }

  /** The directory gives it another id. */
  isMade(id: PrincipalId): boolean {
    return this.#made.has(id)
  }

  async findPrincipalId(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined> {
    const own = type === 'GROUP' ? this.#groups : this.#users
    for (const [id, one] of own) if (one?.name === name) return id
    const id = await this.#asked.findPrincipalId(type, name)
    return id === undefined || own.has(id) ? undefined : id
  }

  async findUserByEmail(email: string): Promise<PrincipalId | undefined> {
    for (const [id, user] of this.#users) if (user?.profile.email === email) return id
    const id = await this.#directory.findUserByEmail(email)
    return id === undefined || this.#users.has(id) ? undefined : id
  }

  async findPrincipalName(type: PrincipalType, id: PrincipalId): Promise<PrincipalName | undefined> {
    return (await (type === 'GROUP' ? this.findGroup(id) : this.findUser(id)))?.name
  }

  async findUser(id: PrincipalId): Promise<DirectoryUser | undefined> {
    return this.#users.has(id) ? this.#users.get(id) : this.#asked.findUser(id)
  }

  async findGroup(id: PrincipalId): Promise<DirectoryGroup | undefined> {
    return this.#groups.has(id) ? this.#groups.get(id) : this.#asked.findGroup(id)
  }

  async listPeople(token?: string): Promise<Page<DirectoryUser>> {
    const page = await this.#asked.listPeople(token)
    return amend(page, this.#users, (user) => [user])
  }

  async listPrincipals(type: PrincipalType, token?: string): Promise<Page<NamedPrincipal>> {
    const page = await this.#asked.listPrincipals(type, token)
    return type === 'USER'
      ? amend(page, this.#users, ({ id, name, isDisabled }): NamedPrincipal[] => [{ id, name, isDisabled }])
      : amend(page, this.#groups, ({ name }, id): NamedPrincipal[] => (name === undefined ? [] : [{ id, name }]))
  }

  async listGroupsOf(userId: PrincipalId): Promise<Page<PrincipalId>> {
    const listed = this.#made.has(userId) ? [] : await this.#asked.listGroupsOf(userId)
    const items = listed.filter((id) => !this.#members.has(id) && !this.#groups.has(id))
    for (const [id, members] of this.#members) if ((await members)?.has(userId)) items.push(id)
    return { items }
  }

  async listMembersOf(groupId: PrincipalId): Promise<Page<PrincipalId>> {
    const members = await this.#membersOf(groupId)
    if (members === undefined) throw refusal('ResourceNotFoundException', `there is no group ${groupId}`)
    return { items: [...members.keys()] }
  }

  async getGroupMembershipId(groupId: PrincipalId, userId: PrincipalId): Promise<string | undefined> {
    const members = await this.#membersOf(groupId)
    if (!members?.has(userId)) return undefined
    const known = members.get(userId) ?? (await this.#directory.getGroupMembershipId(groupId, userId))
    members.set(userId, known)
    return known
  }

  async createGroup({ displayName, description }: Parameters<IdentityStore['createGroup']>[0]): Promise<PrincipalId> {
    if ((await this.findPrincipalId('GROUP', displayName)) !== undefined)
      throw refusal('ConflictException', `there is a group '${displayName}'`)
    const id = idFor('group', displayName)
    this.#made.add(id)
    this.#groups.set(id, { name: displayName, description, isExternal: false })
    this.#members.set(id, Promise.resolve(new Map()))
    return this.#wrote('createGroup', id)
  }

  async updateGroupDescription(groupId: PrincipalId, description: string | undefined): Promise<void> {
    const group = await this.findGroup(groupId)
    if (group === undefined) throw refusal('ResourceNotFoundException', `there is no group ${groupId}`)
    this.#groups.set(groupId, { ...group, description })
    this.#wrote('updateGroupDescription', groupId)
  }

  async deleteGroup(groupId: PrincipalId): Promise<void> {
    if ((await this.findGroup(groupId)) === undefined)
      throw refusal('ResourceNotFoundException', `there is no group ${groupId}`)
    this.#groups.set(groupId, undefined)
    this.#members.set(groupId, Promise.resolve(undefined))
    this.#wrote('deleteGroup', groupId)
  }

  async createGroupMembership(groupId: PrincipalId, userId: PrincipalId): Promise<string> {
    const members = await this.#membersOf(groupId)
    if (members === undefined || (await this.findUser(userId)) === undefined)
      throw refusal('ResourceNotFoundException', `there is no group ${groupId} or no user ${userId}`)
    if (members.has(userId)) throw refusal('ConflictException', `${userId} is in group ${groupId}`)
    const id = idFor(groupId, userId)
    members.set(userId, id)
    return this.#wrote('createGroupMembership', id)
  }

  async deleteGroupMembership(membershipId: string): Promise<void> {
    const of = await this.#whose(membershipId)
    const members = of && (await this.#membersOf(of.group))
    if (of === undefined || !members?.delete(of.user))
      throw refusal('ResourceNotFoundException', `there is no membership ${membershipId}`)
    this.#wrote('deleteGroupMembership', membershipId)
  }

  async createPerson(name: PrincipalName, profile: Profile): Promise<PrincipalId> {
    if ((await this.findPrincipalId('USER', name)) !== undefined)
      throw refusal('ConflictException', `there is a user '${name}'`)
    await this.#refuseTaken(profile.email)
    const id = idFor('user', name)
    this.#made.add(id)
    this.#users.set(id, withProfile({ id, name, isDisabled: false, isExternal: false }, profile))
    return this.#wrote('createPerson', id)
  }

  async updatePerson(id: PrincipalId, change: Profile): Promise<void> {
    const user = await this.findUser(id)
    if (user === undefined) throw refusal('ResourceNotFoundException', `there is no user ${id}`)
    await this.#refuseTaken(change.email)
    const { title: _, department: __, userType: ___, manager: ____, ...attributes } = user.attributes
    const changed = withProfile(user, { ...user.profile, ...change })
    this.#users.set(id, { ...changed, attributes: { ...attributes, ...changed.attributes } })
    this.writes.push({ operation: 'updatePerson', id, change })
  }

  async deleteUser(id: PrincipalId): Promise<void> {
    for (const group of (await this.listGroupsOf(id)).items) (await this.#membersOf(group))?.delete(id)
    this.#users.set(id, undefined)
    this.#wrote('deleteUser', id)
  }

  async #refuseTaken(email: string | undefined): Promise<void> {
    if (email !== undefined && (await this.findUserByEmail(email)) !== undefined)
      throw refusal('ConflictException', `there is a user with the address '${email}'`)
  }

  #wrote<Id extends string>(operation: DirectoryWrite['operation'], id: Id): Id {
    this.writes.push({ operation, id })
    return id
  }

  async #readMembers(groupId: PrincipalId): Promise<Members | undefined> {
    if ((await this.findGroup(groupId)) === undefined) return undefined
    const ids = await Array.fromAsync(listAll((token) => this.#directory.listMembersOf(groupId, token)))
    return new Map(ids.map((id) => [id, undefined]))
  }
}

/** A page of a listing without everything that differs; the last one also shows what differs. */
function amend<T extends { readonly id: PrincipalId }, Own>(
  { items, nextToken }: Page<T>,
  own: ReadonlyMap<PrincipalId, Own | undefined>,
  show: (one: Own, id: PrincipalId) => readonly T[],
): Page<T> {
  const listed = items.filter(({ id }) => !own.has(id))
  const changed = nextToken === undefined ? [...own].flatMap(([id, one]) => (one ? show(one, id) : [])) : []
  return { items: [...listed, ...changed], nextToken }
}

function rememberAnswers(directory: IdentityStore) {
  return {
    findPrincipalId: onceEach((type: PrincipalType, name: PrincipalName) => directory.findPrincipalId(type, name)),
    findUser: onceEach((id: PrincipalId) => directory.findUser(id)),
    findGroup: onceEach((id: PrincipalId) => directory.findGroup(id)),
    listPeople: onceEach((token?: string) => directory.listPeople(token)),
    listPrincipals: onceEach((type: PrincipalType, token?: string) => directory.listPrincipals(type, token)),
    listGroupsOf: onceEach((id: PrincipalId) => Array.fromAsync(listAll((token) => directory.listGroupsOf(id, token)))),
  }
}

function withProfile(user: Omit<DirectoryUser, 'attributes' | 'profile'>, profile: Profile): DirectoryUser {
  const { Extensions, ...core } = renderNewUser(profile)
  return { ...user, profile, attributes: toAttributes(core, Extensions?.[enterpriseExtension]) }
}

/** Looks like an id of the directory, and is the same in every run. */
function idFor(...of: readonly string[]): PrincipalId {
  const hash = createHash('md5').update(of.join('\n')).digest('hex')
  return principalId.parse(hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
}

function refusal(code: string, message: string): ServiceError {
  return new ServiceError('identitystore', code, message)
}
