import * as z from 'zod'
import type { ReviewFile } from '../../domain/files/review-file.ts'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName, principalType } from '../../domain/principals/principal.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { People as Directory } from '../../reconcile/directory/people.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { readStored } from '../../reconcile/records/stored-json.ts'
import type { RequestSources } from '../requests/gather-request.ts'
import { isOwnAccess, isUploadOf } from './rules/decide-decision.ts'
import { filesOf, type Subject } from './rules/review-item.ts'
import type { NamedPrincipal, ReviewersOfItem } from './rules/reviewers.ts'

export type FreezingSources = Pick<RequestSources, 'actorOf'> & {
  readonly objects: ObjectStore
  readonly identityStore: ConstructorParameters<typeof Directory>[0]
  readonly configuration: { readonly principalSuffix: string }
}

/** The people of a reviewing group when the run began. Written once. */
const members = record({ v: z.literal(1), name: z.string(), members: z.array(principalId) })
const membersKey = (folder: string, group: PrincipalId) => `${folder}reviewers/${group}.json`

/** Those of these groups in which the person was when the run began. */
export async function wereIn(
  user: PrincipalId,
  { folder, groups }: { readonly folder: string; readonly groups: Iterable<PrincipalId> },
  objects: ReadingObjects,
): Promise<ReadonlySet<PrincipalId>> {
  const read = await Promise.all(
    [...groups].map(async (group) => ({ group, of: await readStored(objects, membersKey(folder, group), members) })),
  )
  return new Set(read.flatMap(({ group, of }) => (of?.value.members.includes(user) ? [group] : [])))
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

/** Groups with more people than this count as somebody who may decide, without a look at each person. */
const lookedAtMost = 10

/** Resolves the reviewers of a run to ids, and writes who is in their groups now. `folder`: that of the run. */
export function freezeReviewers(
  { reviewers }: Pick<ReviewFile, 'reviewers'>,
  folder: string,
  sources: FreezingSources,
) {
  const { objects, identityStore, actorOf, configuration } = sources
  const directory = new Directory(identityStore)
  const personOf = onceEach((user: PrincipalId) => actorOf(user))
  const groupsOf = onceEach(async (user: PrincipalId) => new Set(await directory.groupsOf(user)))
  const idOf = (type: PrincipalType) =>
    onceEach(async (name: string) => {
      const whole = principalName.safeParse(name + configuration.principalSuffix).data
      return whole && (await identityStore.findPrincipalId(type, whole))
    })
  const ids = { GROUP: idOf('GROUP'), USER: idOf('USER') }
  const peopleOf = onceEach(async (group: PrincipalId) => unlessUnread(directory.membersOf(group)))

  const freezeGroup = onceEach(async (id: PrincipalId, name: string) => {
    // If they cannot be read, it throws: nobody of a group without members could keep anything.
    const all = (await directory.membersOf(id)) ?? []
    await new JsonRecord(objects, membersKey(folder, id), members).write({ v: 1, name, members: [...all] }, undefined)
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

  /** Why nobody of this owner can decide on the item. */
  const judgePerson = async (user: PrincipalId, subject: Subject): Promise<string | undefined> => {
    const { name, user: of, bar } = await personOf(user)
    if (bar !== undefined) return 'is suspended, disabled or gone'
    const groupIds = await groupsOf(user)
    const isOwn = isOwnAccess(subject, { userId: user, name, groupIds })
    const userName = of?.name
    const isUploader = userName !== undefined && filesOf(subject).some(({ by }) => isUploadOf(by, userName))
    return isOwn || isUploader ? 'may not decide on their own access, membership or upload' : undefined
  }
  const judgeOwner = async ({ type, id }: NamedPrincipal, subject: Subject): Promise<string | undefined> => {
    if (type === 'USER') return judgePerson(id, subject)
    const nobody = 'has only members who may not decide on the item'
    if (isOwnAccess(subject, { userId: id, name: undefined, groupIds: new Set([id]) })) return nobody
    const read = await peopleOf(id)
    if ('unread' in read) return `has members that could not be read (${read.unread})`
    const { is: people = [] } = read
    if (people.length === 0) return 'has no members'
    if (people.length > lookedAtMost) return undefined
    for (const user of people) if ((await judgePerson(user, subject)) === undefined) return undefined
    return nobody
  }
  const findOwner = async (name: string, subject: Subject): Promise<NamedPrincipal | string> => {
    const [group, user] = await Promise.all([ids.GROUP(name), ids.USER(name)])
    if (group && user) return 'is the name of a group and of a user'
    const id = group ?? user
    if (id === undefined) return 'is the name of no group and no user'
    const owner = { type: group ? principalType.enum.GROUP : principalType.enum.USER, id, name }
    return (await judgeOwner(owner, subject)) ?? freeze(owner)
  }

  const [named, fallback] = [resolveFrozen(reviewers.named), resolveFrozen(reviewers.fallback)]
  // The later caller receives the error.
  for (const early of [named, fallback]) void early.catch(() => {})
  return {
    fallback,
    /**
     * | who answers first                                   | may              |
     * | --------------------------------------------------- | ---------------- |
     * | the account's tag, then the file of the group       | keep, revoke     |
     * | the link's file, if uploaders may name owners       | keep, revoke     |
     * | the link's file otherwise                           | revoke, besides  |
     * | `named`                                             | keep, revoke     |
     */
    ask: async (subject: Subject, { tag, group, uploader }: Owners): Promise<ReviewersOfItem> => {
      const passedOver: { readonly name: string; readonly why: string }[] = []
      const answer = async (name: string | undefined) => {
        const found = name ? await findOwner(name, subject) : undefined
        if (typeof found !== 'string') return found
        passedOver.push({ name: name ?? '', why: found })
        return undefined
      }
      const owner = (await answer(tag)) ?? (await answer(group))
      const byUploader = owner === undefined ? await answer(uploader) : undefined
      const counts = byUploader && reviewers.uploadersNameOwners ? byUploader : owner
      const revokers = byUploader && counts !== byUploader ? { revokers: [byUploader] } : {}
      const passed = passedOver.length > 0 ? { passedOver } : {}
      return { reviewers: counts ? [counts] : [...(await named)], ...revokers, ...passed }
    },
    /** The people whom a setting is about. */
    concerned: resolve,
  }
}
export type Frozen = ReturnType<typeof freezeReviewers>
