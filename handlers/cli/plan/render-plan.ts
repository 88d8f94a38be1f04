import type { Assignment } from '../../../shared/domain/assignments/assignment.ts'
import { describeAttributeStep } from '../../../shared/domain/attributes/plan-attributes.ts'
import { renderGrant } from '../../../shared/domain/links/link.ts'
import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import { isUnplaced } from '../../../shared/domain/organization/organization-view.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { LinkFate, PlannedGrant, PlannedRevocation } from '../../../shared/reconcile/plan/planned-access.ts'
import type { Preview } from '../../../shared/reconcile/plan/preview.ts'
import { type Mood, paint } from '../terminal/paint.ts'
import { brief, type Room, takeFirst, verbose } from '../terminal/room.ts'
import { listChange } from './list-meaning.ts'
import type { ToldPreview } from './make-plan.ts'
import type { ToldPermissionSetChange } from './name-changed-fields.ts'
import { changesMemberships, listMembershipFigures, listMembershipLines, type PlanLine } from './render-memberships.ts'
import { changesPerson, listPeopleFigures, listPeopleLines } from './render-people.ts'

export const fates: Readonly<Record<LinkFate, string>> = {
  unreadable: 'S3 does not give it to ssofile',
  deleted: 'gone',
  ended: 'its temporary access has ended',
  rejected: 'not valid any more',
  expired: 'expired',
  'not-yet': 'not in force yet',
  elsewhere: 'no longer covers these accounts',
  nameless: 'nobody has its name with the principalSuffix',
  suspended: 'a file suspends its user',
}

/** A plan for a terminal: the figures, then waiting access, and revocations last. */
export function renderPlan(preview: ToldPreview, { isVerbose = false } = {}): string {
  const room = isVerbose ? verbose : brief
  const parts = [
    renderFigures(preview),
    renderAge(preview),
    renderUnplaced(preview),
    renderIdle(preview, room),
    renderLater(preview),
    renderRenamed(preview),
    renderWaiting(preview, room),
    renderExisting(preview, room),
    renderPermissionSets(preview),
    renderGrants(preview, room),
    renderOwnAccount(preview),
    renderStuck(preview, room),
    renderHeld(preview, room),
    renderBindings(preview),
    renderRevocations(preview, room),
    renderLines(listPeopleLines(preview.people, quoteName), 'more user', room),
    renderLines(listMembershipLines(preview.memberships, quoteName), 'more membership', room),
    renderRoles(preview, room),
    renderMinimums(preview),
    renderBrake(preview),
    listAttributes(preview)
      .map((line) => `${line}\n`)
      .join(''),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** Empty if the organization was read just now, or by a clock that is ahead of this one. */
function renderAge({ view, viewAgeMs }: Preview): string {
  const minutes = Math.floor(viewAgeMs / 60_000)
  return minutes < 1 ? '' : `The organization was read ${count(minutes, 'minute')} ago (${view.readAt}).\n`
}

function renderUnplaced({ view }: Preview): string {
  const unplaced = view.accounts.filter(isUnplaced).map(({ id }) => id)
  if (unplaced.length === 0) return ''
  return `! ${paint('pending', 'accounts')} whose State or Paths Organizations does not say: nothing is granted or revoked in ${unplaced.join(', ')}\n`
}

/** Groups ineffective files of links and memberships by their reason. */
function renderIdle({ idleLinks, memberships }: Preview, room: Room): string {
  const alike = Map.groupBy([...idleLinks, ...memberships.idle], ({ state, reason, remedy }) =>
    [state, reason, remedy].join('\n'),
  )
  const groups = [...alike.values()]
  const told = takeFirst(groups, room).map((group) => {
    const heads = group.slice(0, room.accounts).map(({ key, state }) => {
      const word = paint(state === 'rejected' ? 'bad' : 'pending', state)
      return `! ${quote(key, 1024)}  ${word}: grants nothing\n`
    })
    const texts = [group[0]?.reason, group[0]?.remedy].flatMap((text) => text ?? [])
    const why = texts.map((text) => `    ${quote(text, 2000)}\n`)
    return [...heads, renderMore(group.length - heads.length), ...why].join('')
  })
  const left = groups.slice(told.length).reduce((sum, group) => sum + group.length, 0)
  return told.join('') + renderMore(left)
}

function renderLater({ rulesLater }: Preview): string {
  if (rulesLater.length === 0) return ''
  return `! ${paint('pending', 'rules')} about who uploads are judged when the files are uploaded: ${rulesLater.map((rule) => quote(rule)).join(', ')}\n`
}

/** Access that a policy wants people to keep, if too few people would keep it. */
function renderMinimums({ minimums }: Preview): string {
  const told = minimums.map((one) => `    ${quote(one, 2000)}\n`)
  return told.length === 0
    ? ''
    : `! ${paint('bad', 'a policy refuses')} this plan (push refuses it, too):\n${told.join('')}`
}

function renderMore(links: number): string {
  return links > 0 ? `  and ${count(links, 'more link')} (--verbose shows all)\n` : ''
}

/** Lists all of them, without a limit: a new mail domain gives every user another name. */
function renderRenamed({ waiting }: Preview): string {
  const renamed = new Map(
    waiting.flatMap(({ meant, grants }) =>
      grants.flatMap(({ assignment, links }) =>
        meant === undefined
          ? []
          : links.map((key) => {
              const scope = key.slice(0, -renderGrant(assignment).length)
              return [key, scope + renderGrant({ ...assignment, ...meant })] as const
            }),
      ),
    ),
  )
  if (renamed.size === 0) return ''
  const pairs = [...renamed].map(([key, present]) => `    ${quote(key, 1024)}\n      as ${quote(present, 1024)}\n`)
  const head = `${count(renamed.size, 'link')} with a former name or an id; upload each with the present name, then delete the former`
  return `… ${paint('pending', head)}:\n${pairs.join('')}`
}

/** Groups waiting links by their reason. */
function renderWaiting({ waiting: all, view }: Preview, room: Room): string {
  const waiting = all.filter(({ meant }) => meant === undefined)
  const alike = Map.groupBy(waiting, ({ reason, remedy }) => [reason, remedy].join('\n'))
  const groups = [...alike.values()]
  const told = takeFirst(groups, room).map((group) => {
    const heads = group
      .slice(0, room.accounts)
      .map(({ grants }) => renderGroups(grants, { sign: '…', mood: 'pending', word: 'waits to grant', view, room }))
    const [{ reason, remedy } = { reason: '', remedy: '' }] = group
    const why = `    why: ${quote(reason, 2000)}\n    do:  ${quote(remedy, 2000)}\n`
    return [...heads, renderMore(group.length - heads.length), why].join('')
  })
  const left = groups.slice(told.length).reduce((sum, group) => sum + group.length, 0)
  return told.join('') + renderMore(left)
}

function renderExisting({ existing, view }: Preview, room: Room): string {
  if (existing.length === 0) return ''
  const word = 'leaves alone, since it was there before:'
  return renderGroups(existing, { sign: '=', mood: 'pending', word, view, room })
}

function renderPermissionSets({ permissionSets }: ToldPreview): string {
  const words = {
    create: paint('good', 'is created'),
    update: paint('pending', 'is changed'),
    delete: paint('bad', 'is deleted'),
    blocked: `${paint('pending', 'blocked')}: its file is gone, but links or assignments still use it`,
  }
  return permissionSets
    .map((one) => {
      const name = `* permission set ${quote(one.name)}  `
      if (one.change !== 'rejected')
        return `${name}${words[one.change]}${renderFields(one.fields)}\n${renderMeaning(one)}`
      return `${name}${paint('bad', 'rejected')}\n    ${quote(one.reason, 2000)}\n    ${quote(one.remedy, 2000)}\n`
    })
    .join('')
}

function renderFields(fields: readonly string[] | undefined): string {
  if (fields === undefined) return ''
  return fields.length === 0 ? ': its file means the same, written differently' : `: ${fields.join(', ')}`
}

function renderMeaning(change: ToldPermissionSetChange): string {
  return listChange(change)
    .map(({ word, items, more }) => {
      const rest = more > 0 ? ` and ${more.toLocaleString('en')} more (--json shows all)` : ''
      return `    ${word === 'warning' ? paint('bad', word) : word}: ${items.map((item) => quote(item, 1000)).join(', ')}${rest}\n`
    })
    .join('')
}

function renderGrants({ grants, view }: Preview, room: Room): string {
  return renderGroups(grants, { sign: '+', mood: 'good', word: 'grants', view, room })
}

function renderOwnAccount(preview: Preview): string {
  const told = describeOwnAccount(preview)
  return told === undefined ? '' : `! ${paint('bad', told)}\n`
}

/** `undefined`: no access is granted there. */
export function describeOwnAccount({ ownAccount }: Pick<Preview, 'ownAccount'>): string | undefined {
  if (ownAccount === undefined) return undefined
  const { id, grants } = ownAccount
  return `${count(grants, 'grant')} in ${id}, the account in which ssofile runs: administrators there can change all access`
}

function renderStuck({ stuck, view }: Preview, room: Room): string {
  const word =
    'cannot revoke, since the account accepts no changes, or its permission set is also assigned in the management account:'
  return renderGroups(stuck.map(withFates), { sign: '!', mood: 'bad', word, view, room })
}

function renderHeld({ held, view }: Preview, room: Room): string {
  return renderGroups(held.map(withFates), { sign: '!', mood: 'bad', word: 'held by the brake:', view, room })
}

function renderBrake({ brake, memberships }: Preview): string {
  const { held, reasons, contents, losses, contentsUnchecked } = brake
  const removals = memberships.brake
  const listed = reasons.map((reason) => `    ${quote(reason, 500)}\n`).join('')
  const list = (files: typeof contents) =>
    files.map(({ name, reason }) => `    ${quote(name)}: ${quote(reason, 2000)}\n`).join('')
  return [
    held === 0
      ? ''
      : `${paint('bad', 'brake')}: ${count(held, 'revocation')} would be held until a person releases them (ssofile brake)\n${listed}`,
    removals.held === 0
      ? ''
      : `${paint('bad', 'brake')}: ${count(removals.held, 'removal')} from groups would be held until a person releases them (ssofile brake)\n${removals.reasons.map((reason) => `    ${quote(reason, 500)}\n`).join('')}`,
    contents.length === 0
      ? ''
      : `${paint('bad', 'brake')}: ${count(contents.length, 'permission set file')} would be held until a person releases ${contents.length === 1 ? 'it' : 'them'} (ssofile brake)\n${list(contents)}`,
    losses.length === 0
      ? ''
      : `! ${count(losses.length, 'permission set file takes', 'permission set files take')} something away\n${list(losses)}`,
    contentsUnchecked === 0
      ? ''
      : `! ${count(contentsUnchecked, 'more permission set')} not compared with what Identity Center has: the brake may hold ${contentsUnchecked === 1 ? 'its file' : 'their files'} too\n`,
  ].join('')
}

/** The changes of attributes for access control, one a line. */
export function listAttributes({ attributes = [] }: Pick<ToldPreview, 'attributes'>): readonly string[] {
  if (attributes === 'denied')
    return ['! attributes for access control: these credentials may not ask Identity Center which it has']
  const told = attributes.map((one) => {
    const held = one.isHeld ? '; it waits until a person releases it (ssofile brake)' : ''
    const left = one.step === 'report' ? '; somebody changed it by hand, and onDrift only reports' : held
    const sets = one.sets.length === 0 ? 'no permission set uses it' : `used by ${one.sets.join(', ')}`
    const sign = one.from === undefined ? '+' : '!'
    return `${sign} attribute: ${describeAttributeStep(one)} (aws:PrincipalTag/${quote(one.key, 128)}, ${sets})${left}`
  })
  if (told.length === 0) return []
  return [...told, '  (looked for in the inline policies of permission_sets/; managed policies may name them too)']
}

function renderRevocations({ revocations, view }: Preview, room: Room): string {
  return renderGroups(revocations.map(withFates), { sign: '-', mood: 'bad', word: 'revokes', view, room })
}

function renderLines(lines: readonly PlanLine[], noun: string, room: Room): string {
  const told = takeFirst(lines, room).map(({ sign, mood, text }) => `${sign} ${paint(mood, text)}\n`)
  const more = lines.length - told.length
  return told.join('') + (more > 0 ? `  and ${count(more, noun)} (--verbose shows all)\n` : '')
}

function quoteName(text: string): string {
  return `'${quote(text, 1100)}'`
}

function renderBindings({ bindings }: Preview): string {
  return bindings
    .map(({ link, principal, from, to }) => {
      const head = `~ ${quote(link, 1100)}\n`
      return `${head}  ${paint('pending', 'binds now')} to the present user '${quote(principal)}' (${to}), instead of the one before (${from})\n`
    })
    .join('')
}

export function withFates({ assignment, links }: PlannedRevocation): PlannedGrant {
  return { assignment, links: links.map(({ key, fate }) => `${key} (${fates[fate]})`) }
}

type Look = {
  readonly sign: string
  readonly mood: Mood
  readonly word: string
  readonly view: Preview['view']
  readonly room: Room
}

/** One block for all assignments of the same links, with their accounts. */
function renderGroups(planned: readonly PlannedGrant[], { sign, mood, word, view, room }: Look): string {
  const names = new Map(view.accounts.map(({ id, name }) => [id, name]))
  const groups = groupByLinks(planned)
  const told = takeFirst(groups, room).map((group) => {
    const [first] = group
    if (first === undefined) return ''
    const [link = 'no link is known', ...others] = first.links
    const head = `${sign} ${quote(link, 1100)}\n${others.map((other) => `  and ${quote(other, 1100)}\n`).join('')}`
    const what = `  ${paint(mood, word)} ${renderWho(first.assignment)} in ${count(group.length, 'account')}\n`
    return `${head}${what}${renderAccounts(
      group.map(({ assignment }) => assignment.accountId),
      names,
      room,
    )}`
  })
  return told.join('') + renderMore(groups.length - told.length)
}

/** Assignments of the same permission set to the same principal by the same links: they differ in their accounts only. */
export function groupByLinks(planned: readonly PlannedGrant[]): readonly (readonly PlannedGrant[])[] {
  return [...Map.groupBy(planned, ({ links, assignment }) => [...links, renderWho(assignment)].join('\n')).values()]
}

function renderWho({ permissionSet, principal, type }: Assignment): string {
  return `${permissionSet} to ${type === 'GROUP' ? 'group' : 'user'} '${quote(principal)}'`
}

function renderAccounts(accounts: readonly AccountId[], names: ReadonlyMap<AccountId, string>, room: Room): string {
  const told = accounts
    .slice(0, room.accounts)
    .map((id) => `    ${id}  ${quote(names.get(id) ?? 'not in the organization')}\n`)
  const more = accounts.length - told.length
  return `${told.join('')}${more > 0 ? `    and ${count(more, 'more account')} (--verbose shows all)\n` : ''}`
}

function renderRoles({ vanishingRoles, view }: Preview, room: Room): string {
  const names = new Map(view.accounts.map(({ id, name }) => [id, name]))
  if (vanishingRoles.length === 0) return ''
  const told = vanishingRoles.slice(0, room.accounts).map(({ accountId, permissionSet }) => {
    return `    ${accountId}  ${quote(names.get(accountId) ?? '')}  AWSReservedSSO_${permissionSet}_…\n`
  })
  const more = vanishingRoles.length - told.length
  const rest = more > 0 ? `    and ${count(more, 'more role')} (--verbose shows all)\n` : ''
  return `${paint('bad', 'warning')}: these are the last assignments that ssofile knows of, so AWS deletes the role in the account.\n  A role that is created again has another suffix: whatever trusts or names the old one breaks.\n${told.join('')}${rest}`
}

function listSetFigures(sets: ToldPreview['permissionSets']): readonly Figure[] {
  const words = { create: 'to create', update: 'to change', delete: 'to delete', rejected: 'rejected' } as const
  return Object.entries(words).flatMap(([change, word]) => {
    const number = sets.filter((one) => one.change === change).length
    return number === 0 ? [] : [['plain', `${count(number, 'permission set')} ${word}`] as const]
  })
}

type Figure = readonly [mood: Mood, text: string]

/** The figure of each kind: the first line of a plan, in every form. */
export function listFigures(preview: ToldPreview): readonly Figure[] {
  const { grants, revocations, bindings, waiting, existing, held, stuck, idleLinks, permissionSets, unfinished } =
    preview
  const attributes = typeof preview.attributes === 'string' ? 0 : (preview.attributes?.length ?? 0)
  const waits = waiting.reduce((sum, { grants: those }) => sum + those.length, 0)
  const some = (number: number, word: string): readonly Figure[] =>
    number > 0 ? [['plain', `${number.toLocaleString('en')} ${word}`]] : []
  return [
    [grants.length > 0 ? 'good' : 'plain', `${count(grants.length, 'assignment')} to grant`],
    [revocations.length > 0 ? 'bad' : 'plain', `${revocations.length.toLocaleString('en')} to revoke`],
    ...(bindings.length > 0 ? [['pending', `${count(bindings.length, 'link')} to bind to another user`] as const] : []),
    ...listSetFigures(permissionSets),
    ...listPeopleFigures(preview.people),
    ...listMembershipFigures(preview.memberships),
    ...(attributes > 0 ? [['pending', `${count(attributes, 'attribute')} to change`] as const] : []),
    ...some(waits, 'waiting'),
    ...some(existing.length, 'there already'),
    ...some(held.length, 'held by the brake'),
    ...some(stuck.length, 'stuck'),
    ...(idleLinks.length > 0 ? [['plain', `${count(idleLinks.length, 'link')} without effect`] as const] : []),
    ...some(unfinished, 'to be checked again'),
  ]
}

/** Files that are invalid, or refused by policies. */
export function countRejected({
  idleLinks,
  permissionSets,
  memberships: { idle, groups },
  people,
}: Pick<ToldPreview, 'idleLinks' | 'permissionSets' | 'memberships' | 'people'>): number {
  const isRejected = ({ state }: { readonly state: string }) => state === 'rejected'
  const files = [...permissionSets, ...groups, ...people].filter(({ change }) => change === 'rejected')
  return [...idleLinks, ...idle].filter(isRejected).length + files.length
}

/** Empty if something changes. */
export function renderCalm(preview: ToldPreview): string {
  const { grants, revocations, bindings, waiting, held, stuck, permissionSets, unfinished } = preview
  const changed = permissionSets.filter(({ change }) => change !== 'rejected' && change !== 'blocked').length
  if (grants.length + revocations.length + bindings.length + changed > 0) return ''
  if (changesMemberships(preview.memberships) || preview.people.some(changesPerson)) return ''
  // Waiting, held, stuck and blocked access still differs from the files. The plan did not look for changes by hand.
  const rejected = countRejected(preview)
  if (rejected > 0)
    return `Nothing to change, but ${count(rejected, 'file')} ${rejected === 1 ? 'is' : 'are'} not valid and ${rejected === 1 ? 'grants' : 'grant'} nothing.`
  const { memberships } = preview
  const left = memberships.groups.length + memberships.held.length + memberships.kept.length + preview.people.length
  const isEqual = permissionSets.length + waiting.length + held.length + stuck.length + unfinished + left === 0
  return isEqual ? 'Nothing to change: what ssofile gave is what the files say.' : 'Nothing to change right now.'
}

function renderFigures(preview: ToldPreview): string {
  const calm = renderCalm(preview)
  const { unchecked } = preview
  const figures = listFigures(preview).map(([mood, text]) => paint(mood, text))
  const notes =
    unchecked === 0
      ? ''
      : `${count(unchecked, 'grant')} not compared with what Identity Center has already: too many.\n`
  return `${calm === '' ? '' : `${calm}\n`}${figures.join(', ')}\n${notes}`
}
