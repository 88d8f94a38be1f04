import type { DirectoryChange } from '../../../../shared/domain/principals/directory-event.ts'
import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { followMemberships } from '../../../../shared/modules/people/follow-directory.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import type { InterceptedCall } from '../../../intercept.ts'
import { Grouping } from './grouping.ts'

export const groupNames = ['red', 'green'] as const
export const userNames = ['ana', 'ben', 'cleo', 'dan'] as const
export const departments = ['Web', 'Ops'] as const
export type GroupName = (typeof groupNames)[number]
export type UserName = (typeof userNames)[number]
export type Department = (typeof departments)[number]

/** How somebody or something stands in the directory when a life begins. `own`: nobody made it yet. */
export type Source = 'absent' | 'own' | 'provider'

type GroupStep =
  | { readonly do: 'group' | 'no group' | 'no rule' | 'provide group'; readonly group: GroupName }
  | { readonly do: 'rule'; readonly group: GroupName; readonly department: Department | 'not valid' }
type MemberStep = {
  readonly do: 'member' | 'no member'
  readonly group: GroupName
  readonly user: UserName
  readonly folder: string
}
type UserStep =
  | { readonly do: 'person'; readonly user: UserName; readonly department: Department; readonly isDeleted: boolean }
  | { readonly do: 'move'; readonly user: UserName; readonly department: Department }
  | {
      readonly do: 'no person' | 'suspend' | 'restore' | 'disable' | 'enable' | 'rename' | 'provide'
      readonly user: UserName
    }
export type Step = GroupStep | MemberStep | UserStep | { readonly do: 'hour' | 'release' }

/** Governance lets files take these over. */
const adoptable: readonly string[] = ['ana', 'ben']
const departmentPath = 'aws:identitystore:enterprise.department'
const names = { displayName: 'A Person', givenName: 'A', familyName: 'Person' }

/**
 * A directory in which some users and groups are a provider's and others are nobody's, and people who write files for all of them.
 * Judges each write of the product at the moment at which it is made, from the files and the directory alone.
 */
export class MixedDirectory {
  readonly grouping: Grouping
  readonly violations: string[] = []
  /** The writes that were made. */
  readonly writes: string[] = []
  readonly #issuer: string
  /** By id: whatever name a user has had, and has. */
  readonly #namesOf = new Map<PrincipalId, Set<string>>()
  #renamed = 0
  /** Groups that others made. */
  readonly #foreign = new Set<PrincipalId>()
  /** Users whom others made, and whom no policy lets a file take over. */
  readonly #untaken = new Set<PrincipalId>()
  /** By user name: whether the last valid file under `people/` says that the user is to be deleted. */
  readonly #deletes = new Map<string, boolean>()

  constructor(issuer: string) {
    this.#issuer = issuer
    this.grouping = new Grouping({ directory: 'identity-center' })
    this.grouping.answer = (call) => this.#judge(call)
  }

  get #store() {
    return this.grouping.world.identityStore
  }

  async fill(groups: readonly Source[], users: readonly (readonly [Source, Department])[]): Promise<void> {
    for (const [index, source] of groups.entries()) {
      if (source === 'absent') continue
      const id = await this.#store.createGroup({ displayName: groupNames[index] ?? '' })
      this.#foreign.add(id)
      if (source === 'provider') this.#store.setExternalId(id, { issuer: this.#issuer, id })
    }
    await this.grouping.put('policies/people.json', { contact: 'it', adoptPeople: adoptable })
    for (const [index, [source, department]] of users.entries()) {
      if (source === 'absent') continue
      const attributes = { Extensions: { 'aws:identitystore:enterprise': { department } } }
      const userName = userNames[index] ?? ''
      const id = await this.#store.createUser({ userName, attributes })
      if (!adoptable.includes(userName)) this.#untaken.add(id)
      if (source === 'provider') this.#store.setExternalIdOfUser(id, { issuer: this.#issuer, id })
      await this.grouping.world.clock.advance(200)
    }
  }

  async perform(step: Step): Promise<void> {
    const { grouping } = this
    if (step.do === 'hour') {
      await grouping.world.finish(grouping.world.everyHour(), 1_000)
      // Nobody is deleted before what others gave has been compared.
      await grouping.world.finish(grouping.world.everyNight(), 1_000)
    } else if (step.do === 'release') await this.#release()
    else if ('folder' in step) {
      const key = `memberships/${step.folder}${step.group}%${step.user}%ssofile`
      await (step.do === 'member' ? grouping.put(key) : grouping.delete(key))
    } else if ('group' in step) await this.#performOnGroup(step)
    else if ('user' in step) await this.#performOnUser(step)
    await this.#pass()
  }

  async #performOnGroup(step: GroupStep): Promise<void> {
    const { grouping } = this
    const { group } = step
    if (step.do === 'group') await grouping.put(`groups/${group}.json`)
    else if (step.do === 'no group') await grouping.delete(`groups/${group}.json`)
    else if (step.do === 'no rule') await grouping.delete(`rules/${group}.json`)
    else if (step.do === 'rule') {
      const body = step.department === 'not valid' ? { salary: ['high'] } : { department: [step.department] }
      await grouping.put(`rules/${group}.json`, body)
    } else {
      const id = this.#store.idOf('GROUP', group)
      if (id !== undefined) this.#store.setExternalId(id, { issuer: this.#issuer, id })
    }
  }

  async #performOnUser(step: UserStep): Promise<void> {
    const { grouping } = this
    const { user } = step
    if (step.do === 'person') {
      const { department, isDeleted } = step
      this.#deletes.set(user, isDeleted)
      await grouping.put(`people/${user}.json`, { ...names, department, ...(isDeleted && { deleteAfterDays: 0 }) })
    } else if (step.do === 'no person') await grouping.delete(`people/${user}.json`)
    else if (step.do === 'suspend') await grouping.put(`suspended/${user}`)
    else if (step.do === 'restore') await grouping.delete(`suspended/${user}`)
    else {
      const id = this.#store.idOf('USER', user)
      if (id === undefined) return
      this.#note(id)
      if (step.do === 'provide') this.#store.setExternalIdOfUser(id, { issuer: this.#issuer, id })
      else if (step.do === 'rename')
        await this.#store.updateUser(id, [{ path: 'userName', value: `${user}-${++this.#renamed}` }])
      else if (step.do === 'move') await this.#store.updateUser(id, [{ path: departmentPath, value: step.department }])
      else this.#store.setUserStatus(id, step.do === 'disable' ? 'DISABLED' : 'ENABLED')
      await this.#hear({ type: 'USER', id })
    }
  }

  async #hear(change: DirectoryChange): Promise<void> {
    const { world } = this.grouping
    await world.finish(followMemberships(world.ports, world.configuration, [change]))
  }

  async #release(): Promise<void> {
    const { objects } = this.grouping.world
    for (const list of (await brakeFile(objects).read())?.value.lists ?? [])
      await releaseList(objects, digestOf(list), 'an operator')
  }

  async #pass(): Promise<void> {
    const { world } = this.grouping
    await world.clock.advance(61_000)
    await world.finish(world.everyMinute(), 1_000)
    await world.clock.advance(30_000)
  }

  #note(id: PrincipalId): Set<string> {
    const known = this.#namesOf.get(id) ?? new Set()
    const name = this.#store.nameOf('USER', id)
    if (name !== undefined) known.add(name)
    this.#namesOf.set(id, known)
    return known
  }

  async #judge({ port, operation, args, proceed }: InterceptedCall): Promise<unknown> {
    if (port !== 'identityStore') return proceed()
    const fault = await this.#findFault(operation, args)
    if (fault !== undefined) this.violations.push(`${operation}: ${fault}`)
    if (/^(create|update|delete)/.test(operation)) this.writes.push(operation)
    return proceed()
  }

  /** What must not be so when this call is made. */
  async #findFault(operation: string, args: readonly unknown[]): Promise<string | undefined> {
    switch (operation) {
      case 'updatePerson':
      case 'deleteUser':
        return this.#judgeUser(operation, principalId.parse(args[0]))
      case 'updateGroupDescription':
      case 'deleteGroup':
      case 'createGroupMembership':
        return this.#judgeGroup(operation, principalId.parse(args[0]))
      case 'deleteGroupMembership': {
        const { groupId, userId } = await this.#store.describeGroupMembership(String(args[0]))
        return (await this.#judgeGroup(operation, groupId)) ?? this.#judgeRemoval(groupId, userId)
      }
      default:
        return undefined
    }
  }

  async #judgeUser(operation: string, id: PrincipalId): Promise<string | undefined> {
    const name = this.#store.nameOf('USER', id) ?? ''
    if ('ExternalIds' in this.#store.attributesOf(id)) return `the user ${name} is a provider's`
    if (this.#untaken.has(id)) return `others made the user ${name}`
    if (operation === 'deleteUser' && this.#store.groupIdsOf(id).length > 0) return `${name} is in a group`
    if (operation === 'deleteUser' && !this.#deletes.get(name)) return `no file has deleteAfterDays for ${name}`
    return undefined
  }

  async #judgeGroup(operation: string, id: PrincipalId): Promise<string | undefined> {
    const name = this.#store.nameOf('GROUP', id)
    if ((await this.#store.describeGroup(id)).externalId !== undefined) return `the group ${name} is a provider's`
    if (operation === 'deleteGroup' && this.#foreign.has(id)) return `others made the group ${name}`
    return undefined
  }

  /** Nothing may ask for the membership now. Who is suspended or disabled is asked for by nothing. */
  async #judgeRemoval(groupId: PrincipalId, userId: PrincipalId): Promise<string | undefined> {
    const { world } = this.grouping
    const group = this.#store.nameOf('GROUP', groupId)
    const user = this.#store.nameOf('USER', userId)
    const attributes = this.#store.attributesOf(userId)
    if (attributes.UserStatus === 'DISABLED') return undefined
    for (const name of this.#note(userId)) if (await world.objects.head(`suspended/${name}`)) return undefined
    for (const folder of ['', 'team-a/', 'team-b/']) {
      const key = `memberships/${folder}${group}%${user}%ssofile`
      if (await world.objects.head(key)) return `${key} asks for it`
    }
    const key = `rules/${group}.json`
    const rule = await world.json(key)
    const entry = await world.json(`owned_memberships/${groupId}%${userId}`)
    const isByRule = JSON.stringify(entry?.files ?? []).includes(key)
    if (rule && !('department' in rule) && isByRule) return `${key} is not valid, and takes nobody out`
    const meant = JSON.stringify(rule?.department ?? [])
    const department = (await world.identityStore.findUser(userId))?.attributes.department ?? ''
    return department !== '' && meant.includes(`"${department}"`) ? `${key} asks for ${user}` : undefined
  }
}
