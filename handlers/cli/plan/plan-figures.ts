import { count } from '../../../shared/domain/text/count.ts'
import type { PermissionSetChange } from '../../../shared/modules/plan/foresee-permission-sets.ts'
import type { PersonChange } from '../../../shared/modules/plan/list-person-changes.ts'
import type { Preview } from '../../../shared/modules/plan/preview.ts'
import type { InputChanges } from '../folder/compare-inputs.ts'
import type { Mood } from '../terminal/paint.ts'
import type { Push } from './make-plan.ts'

/** `isChange`: what it counts changes now. It does not wait or stay, and it is not refused. */
export type Figure = readonly [mood: Mood, text: string, isChange: boolean]

/** The figure of each kind: the first line of a plan, in every form. */
export function listFigures(preview: Preview): readonly Figure[] {
  const { grants, revocations, bindings, waiting, existing, held, stuck, idleLinks, unfinished } = preview
  const attributes = preview.attributes === 'denied' ? [] : (preview.attributes ?? [])
  const waits = waiting.reduce((sum, { grants: those }) => sum + those.length, 0)
  const setsThat = (what: PermissionSetChange['change']) =>
    preview.permissionSets.filter(({ change }) => change === what).length
  const [isGranting, isRevoking] = [grants.length > 0, revocations.length > 0]
  return [
    [isGranting ? 'good' : 'plain', `${count(grants.length, 'assignment')} to grant`, isGranting],
    [isRevoking ? 'bad' : 'plain', `${revocations.length.toLocaleString('en')} to revoke`, isRevoking],
    ...changes(bindings.length, 'pending', 'link to bind to another user', 'links to bind to another user'),
    ...changes(setsThat('create'), 'plain', 'permission set to create', 'permission sets to create'),
    ...changes(setsThat('update'), 'plain', 'permission set to change', 'permission sets to change'),
    ...changes(setsThat('delete'), 'plain', 'permission set to delete', 'permission sets to delete'),
    ...stays(setsThat('rejected'), 'permission set rejected', 'permission sets rejected'),
    ...listPeopleFigures(preview),
    ...listMembershipFigures(preview),
    ...changes(attributes.length, 'pending', 'attribute to change', 'attributes to change'),
    ...stays(waits, 'waiting'),
    ...stays(existing.length, 'there already'),
    ...stays(held.length, 'held by the brake'),
    ...stays(stuck.length, 'stuck'),
    ...stays(countLater(idleLinks), 'link that grants later', 'links that grant later'),
    ...stays(idleLinks.length - countLater(idleLinks), 'link without effect', 'links without effect'),
    ...stays(unfinished, 'to be checked again'),
  ]
}

function countLater(idle: readonly { readonly later?: unknown }[]): number {
  return idle.filter(({ later }) => later !== undefined).length
}

function changes(number: number, mood: Mood, one: string, many: string): readonly Figure[] {
  return number > 0 ? [[mood, count(number, one, many), true]] : []
}

function stays(number: number, one: string, many = one): readonly Figure[] {
  return number > 0 ? [['plain', count(number, one, many), false]] : []
}

/** The files of a push. */
export function listFileFigures({ uploads, deletions, same }: InputChanges): readonly Figure[] {
  const added = uploads.filter(({ over }) => over === undefined).length
  return [
    ...changes(added, 'good', 'to upload', 'to upload'),
    ...changes(uploads.length - added, 'pending', 'to replace', 'to replace'),
    ...changes(deletions.length, 'bad', 'to delete', 'to delete'),
    ...stays(same.length, 'the same'),
  ]
}

export function listMembershipFigures({ memberships }: Pick<Preview, 'memberships'>): readonly Figure[] {
  const { groups, added, removed, held, idle } = memberships
  const changed = groups.filter(({ change }) => change !== 'blocked' && change !== 'rejected').length
  return [
    ...changes(changed, 'plain', 'group to change', 'groups to change'),
    ...changes(added.length, 'good', 'membership to add', 'memberships to add'),
    ...changes(removed.length, 'bad', 'membership to remove', 'memberships to remove'),
    ...stays(held.length, 'membership held by the brake', 'memberships held by the brake'),
    ...stays(countLater(idle), 'membership that comes later', 'memberships that come later'),
    ...stays(idle.length - countLater(idle), 'membership file without effect', 'membership files without effect'),
  ]
}

export function listPeopleFigures({ people }: Pick<Preview, 'people'>): readonly Figure[] {
  const ending = people.filter(({ change }) => change === 'end').length
  const changed = people.filter(({ change }) => personChanges.includes(change)).length
  return [
    ...changes(changed, 'plain', 'user to make or change', 'users to make or change'),
    ...changes(ending, 'bad', 'user to suspend', 'users to suspend'),
  ]
}

/** Those that happen now, except an end. */
const personChanges: readonly PersonChange['change'][] = ['create', 'adopt', 'return', 'change']

export function changesAccess(preview: Preview): boolean {
  return listFigures(preview).some(([, , isChange]) => isChange)
}

/** Files that are invalid, or refused by policies. */
export function countRejected(preview: Preview): number {
  return listFates(preview).filter((fate) => fate === 'rejected').length
}

/** The state, or the change, of each file that waits, changes something or has no effect. */
function listFates({ idleLinks, permissionSets, memberships, people }: Preview): readonly string[] {
  return [
    ...[...idleLinks, ...memberships.idle].map(({ state }) => state),
    ...[...permissionSets, ...memberships.groups, ...people].map(({ change }) => change),
  ]
}

/** Says that nothing changes, and what nobody compared. Empty: there is nothing to say. */
export function listRemarks(preview: Preview, push?: Push): readonly string[] {
  const { unchecked, brake } = preview
  const { uploads = [], deletions = [] } = push ?? {}
  const files = uploads.length + deletions.length
  return [
    changesAccess(preview) ? '' : describeCalm(preview, files),
    unchecked > 0 ? `${count(unchecked, 'grant')} not compared with what Identity Center has already: too many.` : '',
    brake.contentsUnchecked > 0
      ? `${count(brake.contentsUnchecked, 'changed permission set')} not compared with what Identity Center has: too many. The brake may hold more files.`
      : '',
  ].filter((remark) => remark !== '')
}

/** `files`: those of a push that differ, which may change later access. */
function describeCalm(preview: Preview, files: number): string {
  const { waiting, held, stuck, unfinished, memberships, attributes } = preview
  // Waiting, held, stuck and blocked access still differs from the files. The plan did not look for changes by hand.
  const left = memberships.held.length + memberships.kept.length + files
  const isOver = listFates(preview).every((fate) => fate === 'rejected' || fate === 'expired')
  const open = waiting.length + held.length + stuck.length + unfinished + left
  const isEqual = isOver && open === 0 && attributes === undefined
  const later = files > 0 ? 'No access changes right now' : 'Nothing to change right now'
  const calm = isEqual ? 'Nothing to change' : later
  const rejected = countRejected(preview)
  if (rejected > 0)
    return `${calm}, but ${count(rejected, 'file is not valid and grants', 'files are not valid and grant')} nothing.`
  return isEqual ? `${calm}: what ssofile gave is what the files say.` : `${calm}.`
}
