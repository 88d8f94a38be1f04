import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { People as Directory } from '../../reconcile/directory/people.ts'
import type { RequestSources } from '../requests/gather-request.ts'
import { membersThen } from './reviewing-groups.ts'
import { isOwnAccess, isUploadOf } from './rules/decide-decision.ts'
import { filesOf, type ReviewItem, type Subject } from './rules/review-item.ts'
import { type NamedPrincipal, reviewersNow } from './rules/reviewers.ts'

type Sources = Pick<RequestSources, 'actorOf'> & {
  readonly identityStore: ConstructorParameters<typeof Directory>[0]
}
/** `isUnread`: it may still be somebody. */
type Nobody = { readonly why: string; readonly isUnread?: boolean }

/** Groups with more people than this count as somebody who may decide, without a look at each person. */
const lookedAtMost = 10

/** Says why nobody of this owner can decide on the item. `among`: only these people count. `undefined`: somebody can. */
export function judgingOwners({ identityStore, actorOf }: Sources) {
  const directory = new Directory(identityStore)
  const personOf = onceEach((user: PrincipalId) => actorOf(user))
  const groupsOf = onceEach(async (user: PrincipalId) => new Set(await directory.groupsOf(user)))
  const peopleOf = onceEach(async (group: PrincipalId) => unlessUnread(directory.membersOf(group)))
  const judgePerson = async (user: PrincipalId, subject: Subject): Promise<string | undefined> => {
    const { name, user: of, bar } = await personOf(user)
    if (bar !== undefined) return 'is suspended, disabled or gone'
    const isOwn = isOwnAccess(subject, { userId: user, name, groupIds: await groupsOf(user) })
    const userName = of?.name
    const isUploader = userName !== undefined && filesOf(subject).some(({ by }) => isUploadOf(by, userName))
    return isOwn || isUploader ? 'may not decide on their own access, membership or upload' : undefined
  }
  return async (
    { type, id }: NamedPrincipal,
    subject: Subject,
    among?: ReadonlySet<PrincipalId>,
  ): Promise<Nobody | undefined> => {
    if (type === 'USER') {
      const why = await judgePerson(id, subject)
      return why === undefined ? undefined : { why }
    }
    const nobody = { why: 'has only members who may not decide on the item' }
    if (isOwnAccess(subject, { userId: id, name: undefined, groupIds: new Set([id]) })) return nobody
    const read = await peopleOf(id)
    if ('unread' in read) return { why: `has members that could not be read (${read.unread})`, isUnread: true }
    const people = (read.is ?? []).filter((user) => among?.has(user) !== false)
    if (people.length === 0) return { why: 'has no members' }
    if (people.length > lookedAtMost) return undefined
    for (const user of people) if ((await judgePerson(user, subject)) === undefined) return undefined
    return nobody
  }
}

/** Passes an item on while nobody of those who are asked is left. `folder`: that of the run, which says who was in their groups. */
export function passingOn(folder: string, { objects, ...sources }: Sources & { readonly objects: ReadingObjects }) {
  const judge = judgingOwners(sources)
  const then = onceEach((group: PrincipalId) => membersThen({ folder, group }, objects))
  return async (item: ReviewItem): Promise<ReviewItem> => {
    for (let passed = item; ; ) {
      const asked = reviewersNow(passed)
      const left: { readonly name: string; readonly why: string }[] = []
      for (const one of asked) {
        const nobody = await judge(one, item.subject, one.type === 'GROUP' ? await then(one.id) : undefined)
        if (nobody === undefined || nobody.isUnread) return passed
        left.push({ name: one.name, why: nobody.why })
      }
      const [first] = left
      if (first === undefined) return passed
      const name = left.map((one) => one.name).join(' and ')
      const why = left.length > 1 ? 'have left or may not decide on the item' : first.why
      passed = { ...passed, left: [...(passed.left ?? []), { name, why }] }
    }
  }
}
