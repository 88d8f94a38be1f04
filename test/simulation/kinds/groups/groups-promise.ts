import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../../shared/memory/identity-store/identity-store-records.ts'
import { isHindered } from '../../at-rest.ts'
import type { Call } from '../../chaos.ts'
import { usersNow } from '../../oracle/names.ts'
import { type AtRest, Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { fileGroups } from './group-files.ts'

/**
 * Promise 3, for groups: ssofile deletes only groups that it made, without a file, and only while nobody is in them and nothing refers to
 * them. A group that a file asks for is there.
 */
export class GroupsPromise extends Judge {
  protected readonly promise = 'foreign'
  /** The groups that ssofile made. */
  readonly #made = new Set<PrincipalId>()
  /** All groups that a change named, and those from before. */
  readonly #known = new Set(fileGroups.flatMap((name) => this.world.identityStore.idOf('GROUP', name) ?? []))
  /** The name of a group that a call of the product makes at this moment. */
  #making: { readonly name: string; readonly atMs: number } | undefined
  /** When the file of each group came, by name. */
  readonly #askedMs = new Map<string, number>()

  override noteChange({ key }: Seen): void {
    const [, name] = /^groups\/(.*)\.json$/.exec(key) ?? []
    if (name === undefined) return
    if (this.world.textOf(key) === undefined) this.#askedMs.delete(name)
    else if (!this.#askedMs.has(name)) this.#askedMs.set(name, this.nowMs)
  }

  override noteCall({ service, operation }: Call, [subject]: readonly unknown[]): void {
    if (service !== 'identitystore') return
    if (operation === 'createGroup' && typeof subject === 'object' && subject !== null && 'displayName' in subject)
      this.#making = { name: String(subject.displayName), atMs: this.nowMs }
    if (operation === 'deleteGroup') this.#checkDeleted(String(subject))
  }

  #checkDeleted(id: string): void {
    const { identityStore, ssoAdmin, names } = this.world
    const group = [...this.#made].find((one) => one === id)
    const name = names.principal(id)
    if (group === undefined) this.fail(`deletes the group ${name}, which somebody else made`)
    if (group === undefined) return
    const askedMs = this.#askedMs.get(name) ?? Number.POSITIVE_INFINITY
    if (askedMs <= this.nowMs - seenAfterMs(this.world)) this.fail(`deletes the group ${name}, and its file is there`)
    const isMember = usersNow(this.world).some(([, user]) => identityStore.groupIdsOf(user).includes(group))
    const isAssigned = ssoAdmin.assignments().some(({ principalId }) => principalId === group)
    if (isMember || isAssigned) this.fail(`deletes the group ${name}, which is in use`)
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    if ('groupId' in change) this.#known.add(change.groupId)
    if (change.event !== 'CreateGroup') return
    const { name, atMs } = this.#making ?? {}
    if (atMs === this.nowMs && this.world.identityStore.nameOf('GROUP', change.groupId) === name)
      this.#made.add(change.groupId)
    this.#making = undefined
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable) return
    const { identityStore, names } = this.world
    for (const name of fileGroups) {
      const isAsked = /^$|^\{ "description": "\w+" \}$/.test(this.world.textOf(`groups/${name}.json`) ?? 'none')
      // The group of the file goes by another name.
      const isRenamed = [...this.#known].some(
        (id) => names.everNamesOf(id).includes(name) && identityStore.nameOf('GROUP', id) !== undefined,
      )
      if (isAsked && !isRenamed && identityStore.idOf('GROUP', name) === undefined)
        this.fail(`the group ${name} is not there, and its file is`, 'convergence')
      this.#checkOwner(name)
    }
  }

  /** The status of a file says whose the group is. Without an answer, or a description, ssofile cannot know. */
  #checkOwner(name: string): void {
    const { state, owned, principalId } = this.world.readJson(`status/groups/${name}.json.json`) ?? {}
    const isMade = [...this.#made].some((id) => id === principalId)
    if (state === 'applied' && !isHindered(this.world) && (owned === false) === isMade)
      this.fail(`the status of the group ${name} says that ${isMade ? 'others' : 'ssofile'} made it`, 'status')
  }
}
