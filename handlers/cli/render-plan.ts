import type { AccountId } from '../../shared/domain/account-id.ts'
import type { Assignment } from '../../shared/domain/assignment.ts'
import { quote } from '../../shared/domain/complaint.ts'
import { isUnplaced } from '../../shared/domain/organization-view.ts'
import type { LinkFate, PlannedGrant, PlannedRevocation, Preview } from '../../shared/reconcile/preview/preview.ts'
import { count } from './count.ts'
import type { ToldPermissionSetChange } from './name-changed-fields.ts'
import { type Mood, paint } from './paint.ts'

/** Beyond this, the accounts of a link are only counted; `--json` has all. */
const accountsTold = 10

const fates: Readonly<Record<LinkFate, string>> = {
  unreadable: 'S3 does not give it to ssofile',
  deleted: 'gone',
  rejected: 'not valid any more',
  expired: 'expired',
  'not-yet': 'not in force yet',
  elsewhere: 'no longer covers these accounts',
}

type ToldPreview = Omit<Preview, 'permissionSets'> & { readonly permissionSets: readonly ToldPermissionSetChange[] }

/** A plan for a terminal. What takes access away comes last, next to the figures. */
export function renderPlan(preview: ToldPreview): string {
  const parts = [
    renderAge(preview),
    renderUnplaced(preview),
    renderIdle(preview),
    renderWaiting(preview),
    renderExisting(preview),
    renderPermissionSets(preview),
    renderGrants(preview),
    renderStuck(preview),
    renderHeld(preview),
    renderBindings(preview),
    renderRevocations(preview),
    renderRoles(preview),
    renderBrake(preview),
    renderFigures(preview),
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

function renderIdle({ idleLinks }: Preview): string {
  return idleLinks
    .map(({ key, state, reason, remedy }) => {
      const word = paint(state === 'rejected' ? 'bad' : 'pending', state === 'applied' ? 'no accounts' : state)
      const lines = [reason, remedy].flatMap((text) => (text === undefined ? [] : [`    ${quote(text, 2000)}\n`]))
      return `! ${quote(key, 1024)}  ${word}: grants nothing\n${lines.join('')}`
    })
    .join('')
}

function renderWaiting({ waiting, view }: Preview): string {
  return waiting
    .map(({ grants, reason, remedy }) => {
      const head = renderGroups(grants, { sign: '…', mood: 'pending', word: 'waits to grant', view })
      return `${head}    why: ${quote(reason, 2000)}\n    do:  ${quote(remedy, 2000)}\n`
    })
    .join('')
}

function renderExisting({ existing, view }: Preview): string {
  if (existing.length === 0) return ''
  const word = 'leaves alone, since it was there before:'
  return renderGroups(existing, { sign: '=', mood: 'pending', word, view })
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
      if (one.change !== 'rejected') return `${name}${words[one.change]}${renderFields(one.fields)}\n`
      return `${name}${paint('bad', 'rejected')}\n    ${quote(one.reason, 2000)}\n    ${quote(one.remedy, 2000)}\n`
    })
    .join('')
}

function renderFields(fields: readonly string[] | undefined): string {
  if (fields === undefined) return ''
  return fields.length === 0 ? ': its file means the same, written differently' : `: ${fields.join(', ')}`
}

function renderGrants({ grants, view }: Preview): string {
  return renderGroups(grants, { sign: '+', mood: 'good', word: 'grants', view })
}

function renderStuck({ stuck, view }: Preview): string {
  const word = 'cannot revoke, since the account accepts no changes:'
  return renderGroups(stuck.map(withFates), { sign: '!', mood: 'bad', word, view })
}

function renderHeld({ held, view }: Preview): string {
  return renderGroups(held.map(withFates), { sign: '!', mood: 'bad', word: 'held by the brake:', view })
}

function renderBrake({ brake }: Preview): string {
  if (brake.held === 0) return ''
  const reasons = brake.reasons.map((reason) => `    ${quote(reason, 500)}\n`).join('')
  return `${paint('bad', 'brake')}: ${count(brake.held, 'revocation')} would be held until a person releases them (ssofile brake)\n${reasons}`
}

function renderRevocations({ revocations, view }: Preview): string {
  return renderGroups(revocations.map(withFates), { sign: '-', mood: 'bad', word: 'revokes', view })
}

function renderBindings({ bindings }: Preview): string {
  return bindings
    .map(({ link, principal, from, to }) => {
      const head = `~ ${quote(link, 1100)}\n`
      return `${head}  ${paint('pending', 'binds anew')} to the present user '${quote(principal)}' (${to}), instead of the one before (${from})\n`
    })
    .join('')
}

function withFates({ assignment, links }: PlannedRevocation): PlannedGrant {
  return { assignment, links: links.map(({ key, fate }) => `${key} (${fates[fate]})`) }
}

type Look = {
  readonly sign: string
  readonly mood: Mood
  readonly word: string
  readonly view: Preview['view']
}

/** One block for all assignments of the same links, with their accounts. */
function renderGroups(planned: readonly PlannedGrant[], { sign, mood, word, view }: Look): string {
  const names = new Map(view.accounts.map(({ id, name }) => [id, name]))
  const groups = Map.groupBy(planned, ({ links, assignment }) => [...links, renderWho(assignment)].join('\n'))
  return [...groups.values()]
    .map((group) => {
      const [first] = group
      if (first === undefined) return ''
      const [link = 'no link is known', ...others] = first.links
      const head = `${sign} ${quote(link, 1100)}\n${others.map((other) => `  and ${quote(other, 1100)}\n`).join('')}`
      const what = `  ${paint(mood, word)} ${renderWho(first.assignment)} in ${count(group.length, 'account')}\n`
      return `${head}${what}${renderAccounts(
        group.map(({ assignment }) => assignment.accountId),
        names,
      )}`
    })
    .join('')
}

function renderWho({ permissionSet, principal, type }: Assignment): string {
  return `${permissionSet} to ${type === 'GROUP' ? 'group' : 'user'} '${quote(principal)}'`
}

function renderAccounts(accounts: readonly AccountId[], names: ReadonlyMap<AccountId, string>): string {
  const told = accounts
    .slice(0, accountsTold)
    .map((id) => `    ${id}  ${quote(names.get(id) ?? 'not in the organization')}\n`)
  const more = accounts.length - told.length
  return `${told.join('')}${more > 0 ? `    and ${count(more, 'more account')} (--json has all)\n` : ''}`
}

function renderRoles({ vanishingRoles, view }: Preview): string {
  const names = new Map(view.accounts.map(({ id, name }) => [id, name]))
  if (vanishingRoles.length === 0) return ''
  const told = vanishingRoles.slice(0, accountsTold).map(({ accountId, permissionSet }) => {
    return `    ${accountId}  ${quote(names.get(accountId) ?? '')}  AWSReservedSSO_${permissionSet}_…\n`
  })
  const more = vanishingRoles.length - told.length
  const rest = more > 0 ? `    and ${count(more, 'more role')} (--json has all)\n` : ''
  return `${paint('bad', 'warning')}: these are the last assignments that ssofile knows of, so AWS deletes the role in the account.\n  A role that is created again has another suffix: whatever trusts or names the old one breaks.\n${told.join('')}${rest}`
}

function renderFigures(preview: Preview): string {
  const {
    grants,
    revocations,
    bindings,
    waiting,
    existing,
    held,
    stuck,
    idleLinks,
    permissionSets,
    unfinished,
    unchecked,
  } = preview
  const waits = waiting.reduce((sum, { grants: those }) => sum + those.length, 0)
  const changed = permissionSets.filter(({ change }) => change !== 'rejected' && change !== 'blocked').length
  const figures = [
    paint(grants.length > 0 ? 'good' : 'plain', `${count(grants.length, 'assignment')} to grant`),
    paint(revocations.length > 0 ? 'bad' : 'plain', `${revocations.length.toLocaleString('en')} to revoke`),
    ...(bindings.length > 0 ? [paint('pending', `${count(bindings.length, 'link')} to bind anew`)] : []),
    ...(changed > 0 ? [`${count(changed, 'permission set')} to change`] : []),
    ...(waits > 0 ? [`${waits.toLocaleString('en')} waiting`] : []),
    ...(existing.length > 0 ? [`${existing.length.toLocaleString('en')} there already`] : []),
    ...(held.length > 0 ? [`${held.length.toLocaleString('en')} held by the brake`] : []),
    ...(stuck.length > 0 ? [`${stuck.length.toLocaleString('en')} stuck`] : []),
    ...(idleLinks.length > 0 ? [`${count(idleLinks.length, 'link')} without effect`] : []),
    ...(unfinished > 0 ? [`${unfinished.toLocaleString('en')} to be checked again`] : []),
  ]
  const isEmpty = grants.length + revocations.length + bindings.length + changed === 0
  // What waits, is held, stuck or blocked still differs from the files. Changes by hand were not looked for.
  const isEqual = isEmpty && permissionSets.length + waits + held.length + stuck.length + unfinished === 0
  const head = isEqual
    ? 'Nothing to change: what ssofile gave is what the files say.\n'
    : isEmpty
      ? 'Nothing to change right now.\n'
      : ''
  const notes =
    unchecked === 0
      ? ''
      : `${count(unchecked, 'grant')} not compared with what Identity Center has already: too many.\n`
  return `${head}${figures.join(', ')}\n${notes}`
}
