import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import { isUnplaced } from '../../../shared/domain/organization/organization-view.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { PlannedGrant } from '../../../shared/reconcile/plan/planned-access.ts'
import { noMemberships, type PlannedMembership } from '../../../shared/reconcile/plan/preview-memberships.ts'
import type { Pause } from '../../../shared/reconcile/records/pause.ts'
import { describePause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { listInvalid } from '../folder/find-invalid.ts'
import { fitMarkdown, type MarkdownSection } from './fit-markdown.ts'
import { isGrave, listChange } from './list-meaning.ts'
import type { MadePlan, ToldPreview } from './make-plan.ts'
import { markdownCode } from './markdown-code.ts'
import { listMembershipFigures, listMembershipLines } from './render-memberships.ts'
import { listPeopleFigures, listPeopleLines } from './render-people.ts'
import { describeOwnAccount, groupByLinks, listAttributes, listFigures, renderCalm, withFates } from './render-plan.ts'

/** GitHub refuses a comment of more than 65,536 characters. The difference leaves room for a line of the user's own. */
export const markdownMost = 65_000
/** The plan lists a link with more accounts first. */
const manyAccounts = 20
const accountsTold = 3

type RenderedPlan = Pick<MadePlan, 'preview' | 'push' | 'warnings'> & {
  readonly pause: Pause | undefined
  /** The folder or bucket, as typed. */
  readonly source: string
}

/**
 * A plan for the comment of a pull request: the figures and the verdict of the brake, then the largest gains of access, then all groups,
 * folded. At most 65,000 UTF-16 units, and equal for equal inputs: no clock, no duration. Text from outside is in code spans.
 */
export function renderMarkdownPlan(told: RenderedPlan): string {
  const { preview, push, source } = told
  const later = preview.rulesLater
  const notes = [
    ...told.warnings,
    ...(later.length > 0
      ? [`rules about who uploads are judged when the files are uploaded: ${later.join(', ')}`]
      : []),
  ]
  const sections = [
    { title: 'Look at these first', lines: listFirst(told), isOpen: true },
    section(preview.permissionSets.length, 'permission set', listPermissionSets(preview)),
    section(preview.grants.length, 'grant', listGroups(preview.grants, preview)),
    section(preview.revocations.length, 'revocation', listGroups(preview.revocations.map(withFates), preview)),
    {
      title: ['Groups', ...listMembershipFigures(preview.memberships).map(([, text]) => text)].join(', '),
      lines: listMemberships(preview),
    },
    {
      title: ['People', ...listPeopleFigures(preview.people).map(([, text]) => text)].join(', '),
      lines: listPeopleLines(preview.people, markdownCode).map(({ text }) => `- ${text}`),
    },
    section(preview.vanishingRoles.length, 'role that AWS deletes', listRoles(preview), 'roles that AWS deletes'),
    section(
      preview.brake.held + preview.memberships.brake.held,
      'revocation that the brake would hold',
      listBrake(preview),
      'revocations that the brake would hold',
    ),
    section(
      preview.brake.contents.length,
      'permission set file that the brake would hold',
      listFilesOfSets(preview.brake.contents),
      'permission set files that the brake would hold',
    ),
    section(
      preview.brake.losses.length,
      'permission set file that takes something away',
      listFilesOfSets(preview.brake.losses),
      'permission set files that take something away',
    ),
    section(
      listAttributes(preview).length,
      'line about attributes for access control',
      listAttributes(preview).map((line) => `- ${markdownCode(line, 2000)}`),
      'lines about attributes for access control',
    ),
    section(
      preview.bindings.length,
      'link bound to another user',
      listBindings(preview),
      'links bound to another user',
    ),
    { title: 'Waits, or has no effect', lines: [...listWaiting(preview), ...listIdle(preview)] },
    { title: 'Stays as it is', lines: listUnchanged(preview) },
    { title: `Files: ${renderFileFigures(push)}`, lines: listFiles(push) },
    section(
      notes.length,
      'note',
      notes.map((note) => `- ${markdownCode(note, 2000)}`),
    ),
  ]
  const whole = `\`ssofile plan --json\` of ${markdownCode(source, 300)}`
  const foot = (left: number) => {
    const note =
      left > 0
        ? `**${count(left, 'line')} left out here**, since a comment has no room for more. All of it: ${whole}\n\n`
        : ''
    return `${note}${renderDigest(push)}`
  }
  return fitMarkdown({ head: renderHead(told), sections, foot }, markdownMost)
}

function section(number: number, noun: string, lines: readonly string[], plural?: string): MarkdownSection {
  return { title: count(number, noun, plural), lines }
}

function renderHead({ preview, push, pause }: RenderedPlan): string {
  const figures = listFigures(preview).map(([, text]) => text)
  const brake = renderVerdict(preview)
  const faults = push?.faults.length ?? 0
  const invalid = push?.invalid.filter(({ isNamed }) => !isNamed).length ?? 0
  const lines = [
    `**${figures.join(', ')}.** ${brake}${renderMinimums(preview)}`,
    renderCalm(preview),
    ...(faults > 0 ? [`**${count(faults, 'file')} cannot be read: a push is refused.**`] : []),
    ...(invalid > 0
      ? [`**${count(invalid, 'file')} to upload ${invalid === 1 ? 'is' : 'are'} not valid: a push is refused.**`]
      : []),
    ...(pause
      ? [
          `All changes are stopped: ${markdownCode(describePause(pause), 1000)}. Nothing is carried out until: \`${remedyOf(pause)}\``,
        ]
      : []),
    ...(preview.unchecked > 0
      ? [`${count(preview.unchecked, 'grant')} not compared with what Identity Center has already: too many.`]
      : []),
    ...(preview.brake.contentsUnchecked > 0
      ? [
          `${count(preview.brake.contentsUnchecked, 'changed permission set')} not compared with what Identity Center has: too many. The brake may hold more files.`,
        ]
      : []),
  ]
  return `${lines.filter((line) => line !== '').join('\n\n')}\n\n`
}

function renderVerdict({ brake: { held, contents }, memberships }: ToldPreview): string {
  const removals = memberships.brake.held
  const parts = [
    ...(held > 0 ? [count(held, 'revocation')] : []),
    ...(removals > 0 ? [count(removals, 'removal from groups', 'removals from groups')] : []),
    ...(contents.length > 0 ? [count(contents.length, 'permission set file')] : []),
  ]
  if (parts.length === 0) return 'The brake would hold nothing.'
  const them = held + removals + contents.length === 1 ? 'it' : 'them'
  return `**The brake would hold ${parts.join(' and ')}** until a person releases ${them}.`
}

/**
 * The largest gains: for administrators, in many accounts, directly for a user; then the files that this push breaks. Many broken files
 * cannot push the gains out.
 */
function listFirst({ preview, push }: RenderedPlan): readonly string[] {
  const invalid = push?.invalid ?? []
  const others = new Set(push?.uploads.map(({ key }) => key))
  for (const { key } of invalid) others.delete(key)
  const names = new Set(invalid.map(({ key }) => key.replace(/\.json$/, '')))
  const isInvalid = (name: string) => names.has(permissionSetPrefix + name.replace(/\.json$/, ''))
  const faults = push?.faults ?? []
  return [
    ...faults.map(
      ({ key, received, remedy }) =>
        `- **cannot be read**: ${markdownCode(key, 1024)}: ${markdownCode(`received ${received}; ${remedy}`, 2000)}`,
    ),
    ...[describeOwnAccount(preview)].flatMap((told) => (told === undefined ? [] : [`- **${told}**`])),
    ...listWideSets(preview),
    ...listWideGrants(preview),
    ...listWideMemberships(preview),
    ...listInvalid(invalid).map(
      ({ key, text }) => `- **rejected**: ${markdownCode(key, 1100)}: ${markdownCode(text, 2000)}`,
    ),
    ...preview.permissionSets.flatMap((one) =>
      one.change === 'rejected' && !isInvalid(one.name) ? [renderRejected(one)] : [],
    ),
    ...[...preview.idleLinks, ...preview.memberships.idle]
      .filter(({ key, state }) => state === 'rejected' && others.has(key))
      .map(renderIdle),
  ]
}

/** New or changed permission sets that allow everything, and those whose change reaches many accounts. */
function listWideSets(preview: ToldPreview): readonly string[] {
  return preview.permissionSets.flatMap((one) => {
    if (one.change === 'rejected') return []
    const { accounts = 0 } = preview.reach.get(one.name) ?? {}
    const isGiving = one.change === 'create' || one.change === 'update'
    const { meaning } = one
    const gains = (meaning?.gained.length ?? 0) + (meaning?.policiesGained.length ?? 0) + (meaning?.changed.length ?? 0)
    const isWarned = (one.change === 'update' && gains > 0) || (meaning?.warnings.length ?? 0) > 0
    const tags = [
      ...(isGiving && preview.administrators.includes(one.name) ? ['administrator'] : []),
      ...(accounts > manyAccounts ? [count(accounts, 'account')] : []),
      ...(isWarned ? [one.change === 'create' ? 'with a warning' : 'other permissions'] : []),
      ...(one.check && isGrave(one.check) ? ['IAM Access Analyzer warns'] : []),
    ]
    return tags.length === 0 ? [] : [`- **${tags.join(', ')}**: ${renderSet(one, preview)}`]
  })
}

/** Administrators first, then by the number of accounts. Waiting grants count: nobody asks again later. */
function listWideGrants(preview: ToldPreview): readonly string[] {
  const waiting = new Set(preview.waiting.flatMap(({ grants }) => grants))
  const told = sortBySize(groupByLinks([...preview.grants, ...waiting])).flatMap((group) => {
    const [first] = group
    if (!first) return []
    const isAdministrator = preview.administrators.includes(first.assignment.permissionSet)
    const tags = [
      ...(isAdministrator ? ['administrator'] : []),
      ...(group.length > manyAccounts ? [count(group.length, 'account')] : []),
      ...(first.assignment.type === 'USER' ? ['to a user directly'] : []),
    ]
    if (tags.length === 0) return []
    const all = waiting.has(first) ? [...tags, 'waits'] : tags
    return [{ isAdministrator, line: `- **${all.join(', ')}**: ${renderGroup(group, preview)}` }]
  })
  const { administrators = [], others = [] } = Object.groupBy(told, (one) =>
    one.isAdministrator ? 'administrators' : 'others',
  )
  return [...administrators, ...others].map(({ line }) => line)
}

function listPermissionSets(preview: ToldPreview): readonly string[] {
  return preview.permissionSets.map((one) =>
    one.change === 'rejected' ? renderRejected(one) : `- ${renderSet(one, preview)}`,
  )
}

type Change = ToldPreview['permissionSets'][number]

function renderRejected({ name, reason, remedy }: Extract<Change, { readonly change: 'rejected' }>): string {
  return `- **rejected**: permission set ${markdownCode(name)}: ${markdownCode(`${reason}; ${remedy}`, 2000)}`
}

function renderSet(one: Exclude<Change, { readonly change: 'rejected' }>, { reach }: ToldPreview): string {
  const words = {
    create: 'is created',
    update: 'is changed',
    delete: 'is deleted',
    blocked: 'stays: its file is gone, but links or assignments still use it',
  }
  const { fields } = one
  const changed =
    fields === undefined
      ? ''
      : fields.length === 0
        ? ': its file means the same, written differently'
        : `: ${fields.map((field) => markdownCode(field)).join(', ')}`
  const { principals = 0, accounts = 0 } = reach.get(one.name) ?? {}
  const holders =
    principals === 0
      ? ''
      : ` (${count(principals, 'principal has', 'principals have')} it, in ${count(accounts, 'account')})`
  return `permission set ${markdownCode(one.name)} ${words[one.change]}${changed}${holders}${renderMeaning(one)}`
}

/** A nested list below the permission set. */
function renderMeaning(change: Change): string {
  return listChange(change)
    .map(({ word, items, more }) => {
      const rest = more > 0 ? ` and ${more.toLocaleString('en')} more` : ''
      const head = word === 'warning' ? '**warning**' : word
      return `\n  - ${head}: ${items.map((item) => markdownCode(item, 1000)).join(', ')}${rest}`
    })
    .join('')
}

function listGroups(planned: readonly PlannedGrant[], preview: ToldPreview): readonly string[] {
  return sortBySize(groupByLinks(planned)).map((group) => `- ${renderGroup(group, preview)}`)
}

/** The widest first; groups of equal size keep the order of the plan. */
function sortBySize(groups: readonly (readonly PlannedGrant[])[]): readonly (readonly PlannedGrant[])[] {
  return groups.toSorted((a, b) => b.length - a.length)
}

function renderGroup(group: readonly PlannedGrant[], preview: ToldPreview): string {
  const [first] = group
  if (!first) return ''
  const { permissionSet, principal, type } = first.assignment
  const accounts = group.map(({ assignment: { accountId } }) => accountId)
  const links =
    first.links.length === 0 ? 'no link is known' : first.links.map((link) => markdownCode(link, 1100)).join(' and ')
  return `${markdownCode(permissionSet)} to ${type === 'GROUP' ? 'group' : 'user'} ${markdownCode(principal)} ${renderAccounts(accounts, preview)}, by ${links}`
}

function renderAccounts(accounts: readonly AccountId[], { view }: ToldPreview): string {
  const names = new Map(view.accounts.map(({ id, name }) => [id, name]))
  const told = accounts
    .slice(0, accountsTold)
    .map((id) => `${id} ${markdownCode(names.get(id) ?? 'not in the organization')}`)
  const more = accounts.length > accountsTold ? ` and ${count(accounts.length - accountsTold, 'more account')}` : ''
  return `in ${count(accounts.length, 'account')}: ${told.join(', ')}${more}`
}

function listWaiting(preview: ToldPreview): readonly string[] {
  return preview.waiting.flatMap(({ grants, reason, remedy }) =>
    groupByLinks(grants).map(
      (group) => `- waits: ${renderGroup(group, preview)}; ${markdownCode(`${reason}; ${remedy}`, 2000)}`,
    ),
  )
}

function listIdle({ idleLinks, memberships }: ToldPreview): readonly string[] {
  return [...idleLinks, ...memberships.idle].map(renderIdle)
}

function renderIdle({ key, state, reason, remedy }: ToldPreview['idleLinks'][number]): string {
  const why = [reason, remedy].flatMap((text) => text ?? []).join('; ')
  return `- **${state === 'applied' ? 'no accounts' : state}**: ${markdownCode(key, 1100)}${why === '' ? '' : `: ${markdownCode(why, 2000)}`}`
}

function listRoles(preview: ToldPreview): readonly string[] {
  const sets = [...Map.groupBy(preview.vanishingRoles, ({ permissionSet }) => permissionSet)]
  const roles = sets
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([name, all]) => {
      const accounts = all.map(({ accountId }) => accountId)
      return `- ${markdownCode(name)} ${renderAccounts(accounts, preview)}`
    })
  return roles.length === 0
    ? []
    : [
        'These are the last assignments there. A role that is made again has another suffix: what trusts or names the old one breaks.',
        '',
        ...roles,
      ]
}

/** ssofile refuses a push of this plan. */
function renderMinimums({ minimums: [first, ...more] }: ToldPreview): string {
  if (first === undefined) return ''
  return ` **A policy refuses this plan**: ${markdownCode(first, 500)}${more.length > 0 ? ` and ${more.length} more` : ''}.`
}

function listMemberships({ memberships }: ToldPreview): readonly string[] {
  return listMembershipLines(memberships, markdownCode).map(({ text }) => `- ${text}`)
}

/** A new member of a group gets all access of the group. */
function listWideMemberships({ memberships, administrators }: ToldPreview): readonly string[] {
  const isWide = ({ access }: PlannedMembership) =>
    access.some(
      ({ permissionSet, accounts }) => administrators.includes(permissionSet) || accounts.length > manyAccounts,
    )
  const wide = { ...noMemberships, added: memberships.added.filter(isWide) }
  return listMembershipLines(wide, markdownCode).map(({ text }) => `- **membership**: ${text}`)
}

function listBrake({ brake, memberships }: ToldPreview): readonly string[] {
  return [...brake.reasons, ...memberships.brake.reasons].map((reason) => `- ${markdownCode(reason, 500)}`)
}

function listFilesOfSets(files: ToldPreview['brake']['contents']): readonly string[] {
  return files.map(({ name, reason }) => `- ${markdownCode(name)}: ${markdownCode(reason, 2000)}`)
}

function listBindings({ bindings }: ToldPreview): readonly string[] {
  return bindings.map(
    ({ link, principal, from, to }) =>
      `- ${markdownCode(link, 1100)} to the present user ${markdownCode(principal)} (${markdownCode(to)}), instead of the one before (${markdownCode(from)})`,
  )
}

function listUnchanged(preview: ToldPreview): readonly string[] {
  const told = (word: string, planned: readonly PlannedGrant[]) =>
    groupByLinks(planned).map((group) => `- ${word}: ${renderGroup(group, preview)}`)
  return [
    ...told('held by the brake', preview.held.map(withFates)),
    ...told(
      'cannot be revoked, since the account accepts no changes, or its permission set is also assigned in the management account',
      preview.stuck.map(withFates),
    ),
    ...told('there already, not by ssofile', preview.existing),
    ...preview.view.accounts
      .filter(isUnplaced)
      .map(({ id }) => `- nothing is granted or revoked in ${id}: Organizations does not say its State or Paths`),
  ]
}

function renderFileFigures(push: RenderedPlan['push']): string {
  if (!push) return 'as they are in the bucket'
  const { uploads, deletions, same } = push
  const added = uploads.filter(({ over }) => over === undefined).length
  const figures = [
    [added, 'to upload'],
    [uploads.length - added, 'to replace'],
    [deletions.length, 'to delete'],
    [same.length, 'the same'],
  ] as const
  return (
    figures
      .filter(([number]) => number > 0)
      .map(([number, word]) => `${number.toLocaleString('en')} ${word}`)
      .join(', ') || 'none'
  )
}

function listFiles(push: RenderedPlan['push']): readonly string[] {
  if (!push) return []
  return [
    ...push.deletions.map(({ key }) => `- deletes ${markdownCode(key, 1024)}`),
    ...push.uploads.map(({ key, over }) => `- ${over ? 'replaces' : 'uploads'} ${markdownCode(key, 1024)}`),
  ]
}

function renderDigest(push: RenderedPlan['push']): string {
  if (!push) return ''
  if (push.uploads.length + push.deletions.length === 0) return 'No file differs: nothing to push.\n'
  return `Plan \`${push.digest}\`: \`ssofile push --plan\` with this digest does exactly this, and refuses when files, bucket or access have changed.\n`
}
