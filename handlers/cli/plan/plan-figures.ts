import { count } from '../../../shared/domain/text/count.ts'
import type { PersonChange } from '../../../shared/modules/plan/list-person-changes.ts'
import type { Preview } from '../../../shared/modules/plan/preview.ts'
import type { Mood } from '../terminal/paint.ts'
import type { Push } from './make-plan.ts'

export type Figure = readonly [mood: Mood, text: string]

/** The figure of each kind: the first line of a plan, in every form. */
export function listFigures(preview: Preview): readonly Figure[] {
  const { grants, revocations, bindings, waiting, existing, held, stuck, idleLinks, unfinished } = preview
  const attributes = typeof preview.attributes === 'string' ? 0 : (preview.attributes?.length ?? 0)
  const waits = waiting.reduce((sum, { grants: those }) => sum + those.length, 0)
  return [
    [grants.length > 0 ? 'good' : 'plain', `${count(grants.length, 'assignment')} to grant`],
    [revocations.length > 0 ? 'bad' : 'plain', `${revocations.length.toLocaleString('en')} to revoke`],
    ...some(bindings.length, 'pending', 'link to bind to another user', 'links to bind to another user'),
    ...listSetFigures(preview),
    ...listPeopleFigures(preview),
    ...listMembershipFigures(preview),
    ...some(attributes, 'pending', 'attribute to change', 'attributes to change'),
    ...some(waits, 'plain', 'waiting', 'waiting'),
    ...some(existing.length, 'plain', 'there already', 'there already'),
    ...some(held.length, 'plain', 'held by the brake', 'held by the brake'),
    ...some(stuck.length, 'plain', 'stuck', 'stuck'),
    ...some(idleLinks.length, 'plain', 'link without effect', 'links without effect'),
    ...some(unfinished, 'plain', 'to be checked again', 'to be checked again'),
  ]
}

function some(number: number, mood: Mood, one: string, many: string): readonly Figure[] {
  return number > 0 ? [[mood, count(number, one, many)]] : []
}

const holdWords = {
  revocation: ['revocation'],
  removal: ['removal from groups', 'removals from groups'],
  file: ['permission set file'],
} as const
export type HoldKind = keyof typeof holdWords

/** `2 revocations`: how much of one kind the brake would hold. */
export function countHold(kind: HoldKind, number: number): string {
  const [one, many] = holdWords[kind]
  return count(number, one, many)
}

/** The files of a push. */
export function listFileFigures({
  uploads,
  deletions,
  same,
}: Pick<Push, 'uploads' | 'deletions' | 'same'>): readonly Figure[] {
  const added = uploads.filter(({ over }) => over === undefined).length
  const figures = [
    ['good', added, 'to upload'],
    ['pending', uploads.length - added, 'to replace'],
    ['bad', deletions.length, 'to delete'],
    ['plain', same.length, 'the same'],
  ] as const
  return figures.flatMap(([mood, number, what]) =>
    number > 0 ? [[mood, `${number.toLocaleString('en')} ${what}`]] : [],
  )
}

function listSetFigures({ permissionSets }: Preview): readonly Figure[] {
  const words = { create: 'to create', update: 'to change', delete: 'to delete', rejected: 'rejected' } as const
  return Object.entries(words).flatMap(([change, word]) => {
    const number = permissionSets.filter((one) => one.change === change).length
    return some(number, 'plain', `permission set ${word}`, `permission sets ${word}`)
  })
}

export function listMembershipFigures({ memberships }: Pick<Preview, 'memberships'>): readonly Figure[] {
  const { groups, added, removed, held, idle } = memberships
  const changed = groups.filter(isChanged).length
  return [
    ...some(changed, 'plain', 'group to change', 'groups to change'),
    ...some(added.length, 'good', 'membership to add', 'memberships to add'),
    ...some(removed.length, 'bad', 'membership to remove', 'memberships to remove'),
    ...some(held.length, 'plain', 'membership held by the brake', 'memberships held by the brake'),
    ...some(idle.length, 'plain', 'membership file without effect', 'membership files without effect'),
  ]
}

export function listPeopleFigures({ people }: Pick<Preview, 'people'>): readonly Figure[] {
  const ending = people.filter(({ change }) => change === 'end').length
  return [
    ...some(people.filter(changesPerson).length - ending, 'plain', 'user to make or change', 'users to make or change'),
    ...some(ending, 'bad', 'user to suspend', 'users to suspend'),
  ]
}

const personChanges: readonly PersonChange['change'][] = ['create', 'adopt', 'return', 'change', 'end']

/** Whether something changes now. */
function changesPerson({ change }: PersonChange): boolean {
  return personChanges.includes(change)
}

function isChanged({ change }: { readonly change: string }): boolean {
  return change !== 'blocked' && change !== 'rejected'
}

export function changesAccess(preview: Preview): boolean {
  const { grants, revocations, bindings, permissionSets, memberships, people, attributes } = preview
  const { added, removed, groups } = memberships
  const lists = [grants, revocations, bindings, attributes === 'denied' ? [] : (attributes ?? []), added, removed]
  return (
    lists.some(({ length }) => length > 0) ||
    [...permissionSets, ...groups].some(isChanged) ||
    people.some(changesPerson)
  )
}

/** Files that are invalid, or refused by policies. */
export function countRejected({ idleLinks, permissionSets, memberships, people }: Preview): number {
  const { idle, groups } = memberships
  const files = [...permissionSets, ...groups, ...people].filter(({ change }) => change === 'rejected')
  return [...idleLinks, ...idle].filter(({ state }) => state === 'rejected').length + files.length
}

/** Says that nothing changes, and what nobody compared. Empty: there is nothing to say. */
export function listRemarks(preview: Preview): readonly string[] {
  const { unchecked, brake } = preview
  const calm = describeCalm(preview)
  return [
    ...(calm === undefined ? [] : [calm]),
    ...(unchecked > 0
      ? [`${count(unchecked, 'grant')} not compared with what Identity Center has already: too many.`]
      : []),
    ...(brake.contentsUnchecked > 0
      ? [
          `${count(brake.contentsUnchecked, 'changed permission set')} not compared with what Identity Center has: too many. The brake may hold more files.`,
        ]
      : []),
  ]
}

/** `undefined`: something changes. */
function describeCalm(preview: Preview): string | undefined {
  const { waiting, held, stuck, permissionSets, unfinished, memberships, people, attributes } = preview
  if (changesAccess(preview)) return undefined
  // Waiting, held, stuck and blocked access still differs from the files. The plan did not look for changes by hand.
  const rejected = countRejected(preview)
  if (rejected > 0)
    return `Nothing to change, but ${count(rejected, 'file')} ${rejected === 1 ? 'is' : 'are'} not valid and ${rejected === 1 ? 'grants' : 'grant'} nothing.`
  const left = memberships.groups.length + memberships.held.length + memberships.kept.length + people.length
  const isEqual = permissionSets.length + waiting.length + held.length + stuck.length + unfinished + left === 0
  return isEqual && attributes === undefined
    ? 'Nothing to change: what ssofile gave is what the files say.'
    : 'Nothing to change right now.'
}
