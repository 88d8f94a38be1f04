import type { ReviewFile } from '../../domain/files/review-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName, principalType } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { People as Directory } from '../../reconcile/directory/people.ts'
import type { RequestSources } from '../requests/gather-request.ts'
import { judgingOwners } from './judge-owner.ts'
import { freezeMembers } from './reviewing-groups.ts'
import type { Subject } from './rules/review-item.ts'
import type { NamedPrincipal, ReviewersOfItem } from './rules/reviewers.ts'

export type FreezingSources = Pick<RequestSources, 'actorOf'> & {
  readonly objects: ObjectStore
  readonly identityStore: ConstructorParameters<typeof Directory>[0]
  readonly configuration: { readonly principalSuffix: string }
}

/** Who may have said who owns an item. The first that answers counts. */
export type Owners = {
  /** The tag of the account. */
  readonly tag?: string | undefined
  /** The file of the group, which its uploaders cannot write. */
  readonly group?: string | undefined
  /** The file of the link. */
  readonly uploader?: string | undefined
}

type Names = { readonly groups: readonly string[]; readonly users: readonly string[] }

/** Resolves the reviewers of a run to ids, and writes who is in their groups now. `folder`: that of the run. */
export function freezeReviewers(
  { reviewers }: Pick<ReviewFile, 'reviewers'>,
  folder: string,
  sources: FreezingSources,
) {
  const { objects, identityStore, configuration } = sources
  const judgeOwner = judgingOwners(sources)
  const directory = new Directory(identityStore)
  const idOf = (type: PrincipalType) =>
    onceEach(async (name: string) => {
      const whole = principalName.safeParse(name + configuration.principalSuffix).data
      return whole && (await identityStore.findPrincipalId(type, whole))
    })
  const ids = { GROUP: idOf('GROUP'), USER: idOf('USER') }

  const freezeGroup = onceEach(async (id: PrincipalId, name: string) => {
    // If they cannot be read, it throws: nobody of a group without members could keep anything.
    const all = (await directory.membersOf(id)) ?? []
    await freezeMembers({ folder, group: id, name }, all, objects)
  })
  const freeze = async (one: NamedPrincipal) => {
    if (one.type === 'GROUP') await freezeGroup(one.id, one.name)
    return one
  }
  const find = async (type: PrincipalType, name: string): Promise<NamedPrincipal[]> => {
    const id = await ids[type](name)
    return id === undefined ? [] : [{ type, id, name }]
  }
  const resolve = async ({ groups, users }: Names): Promise<NamedPrincipal[]> => {
    const found = [...groups.map((one) => find('GROUP', one)), ...users.map((one) => find('USER', one))]
    return (await Promise.all(found)).flat()
  }
  const resolveFrozen = async (names: Names) => Promise.all((await resolve(names)).map(freeze))

  const findOwner = async (name: string, subject: Subject): Promise<NamedPrincipal | string> => {
    const [group, user] = await Promise.all([ids.GROUP(name), ids.USER(name)])
    if (group && user) return 'is the name of a group and of a user'
    const id = group ?? user
    if (id === undefined) return 'is the name of no group and no user'
    const owner = { type: group ? principalType.enum.GROUP : principalType.enum.USER, id, name }
    return (await judgeOwner(owner, subject))?.why ?? freeze(owner)
  }

  const [named, fallback] = [resolveFrozen(reviewers.named), resolveFrozen(reviewers.fallback)]
  // The later caller receives the error.
  for (const early of [named, fallback]) void early.catch(() => {})
  return {
    fallback,
    /**
     * Those who answer first decide. The next in the order are asked if nobody of them is left.
     *
     * | order                                               | may              |
     * | --------------------------------------------------- | ---------------- |
     * | the account's tag, then the file of the group       | keep, revoke     |
     * | the link's file, if uploaders may name owners       | keep, revoke     |
     * | the link's file otherwise, without an owner so far  | revoke, besides  |
     * | `named`                                             | keep, revoke     |
     */
    ask: async (subject: Subject, { tag, group, uploader }: Owners): Promise<ReviewersOfItem> => {
      const order: NamedPrincipal[][] = []
      const passedOver: { readonly name: string; readonly why: string }[] = []
      const answer = async (name: string | undefined) => {
        const found = name ? await findOwner(name, subject) : undefined
        if (typeof found !== 'string') return found
        if (order.length === 0) passedOver.push({ name: name ?? '', why: found })
        return undefined
      }
      for (const name of [tag, group]) {
        const owner = await answer(name)
        if (owner) order.push([owner])
      }
      const isCandidate = reviewers.uploadersNameOwners || order.length === 0
      const byUploader = isCandidate ? await answer(uploader) : undefined
      if (byUploader && reviewers.uploadersNameOwners) order.push([byUploader])
      const revokers = byUploader && !reviewers.uploadersNameOwners ? { revokers: [byUploader] } : {}
      if ((await named).length > 0) order.push([...(await named)])
      const [first = [], ...next] = order
      const passed = passedOver.length > 0 ? { passedOver } : {}
      return { reviewers: first, ...(next.length > 0 && { next }), ...revokers, ...passed }
    },
    /** The people that a setting is about. */
    concerned: resolve,
  }
}
export type Frozen = ReturnType<typeof freezeReviewers>
