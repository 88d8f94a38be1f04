import { groupKey } from '../../../shared/domain/people/group-file.ts'
import { ruleKey, rulePrefix } from '../../../shared/domain/people/rule-file.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { GroupAccess } from '../../../shared/reconcile/plan/group-access.ts'
import type { GroupChange } from '../../../shared/reconcile/plan/preview-groups.ts'
import type {
  MembershipFate,
  MembershipsPreview,
  PlannedMembership,
} from '../../../shared/reconcile/plan/preview-memberships.ts'
import type { Mood } from '../terminal/paint.ts'

const setsTold = 5
const namesTold = 10

/** One line of a plan about groups or people. `quote`: how to show names from outside. */
export type PlanLine = { readonly sign: string; readonly mood: Mood; readonly text: string }
export type Quote = (text: string) => string

const fates: Readonly<Record<MembershipFate, string>> = {
  absent: 'gone',
  rejected: 'not valid any more',
  unreadable: 'S3 does not give it to ssofile',
  expired: 'expired',
  'not-yet': 'not in force yet',
  'in-force': 'in force',
  suspended: 'a file suspends the user',
  'not-meant': 'no longer matches the user',
}

const groupWords: Readonly<Record<GroupChange['change'], readonly [sign: string, mood: Mood, text: string]>> = {
  create: ['+', 'good', 'is made'],
  adopt: ['+', 'pending', 'exists and is adopted'],
  describe: ['*', 'pending', 'gets another description'],
  'give-up': ['-', 'pending', 'stays in the directory and is given up'],
  delete: ['-', 'bad', 'is deleted'],
  blocked: ['!', 'pending', 'stays: its file is gone, but'],
  rejected: ['!', 'bad', 'rejected:'],
}

/** Groups first, then unchanged memberships, and removals last. */
export function listMembershipLines(preview: MembershipsPreview, quote: Quote): readonly PlanLine[] {
  return [
    ...preview.groups.map(({ name, change, reason }) => {
      const [sign, mood, text] = groupWords[change]
      const why = reason === undefined ? '' : ` ${change === 'rejected' ? quote(reason) : reason}`
      return { sign, mood, text: `group ${quote(name)} ${text}${why} (${quote(groupKey(name))})` }
    }),
    ...preview.existing.map((one) => tell(one, quote, ['=', 'pending', 'stays, since others put in: ', 'which has'])),
    ...preview.kept.map((one) =>
      tell(one, quote, ['!', 'bad', 'stays, since a provider keeps the group now: ', 'which has']),
    ),
    ...preview.held.map((one) => tell(one, quote, ['!', 'bad', 'held by the brake: ', 'and keeps'])),
    ...preview.added
      .filter((one) => !isByRule(one))
      .map((one) => tell(one, quote, ['+', 'good', 'puts in: ', 'and grants'])),
    ...tellRules(preview, 'added', quote),
    ...preview.removed
      .filter((one) => !isByRule(one))
      .map((one) => tell(one, quote, ['-', 'bad', 'takes out: ', 'and revokes'])),
    ...tellRules(preview, 'removed', quote),
  ]
}

/** No file asks for it, now or before. */
function isByRule({ files }: PlannedMembership): boolean {
  return files.every(({ key }) => key.startsWith(rulePrefix))
}

/** One line for each rule: a rule may cover thousands. */
function tellRules(
  { added, removed, rules }: MembershipsPreview,
  which: 'added' | 'removed',
  quote: Quote,
): readonly PlanLine[] {
  const all = (which === 'added' ? added : removed).filter(isByRule)
  return [...Map.groupBy(all, ({ group }) => group)].flatMap(([group, people]): readonly PlanLine[] => {
    const key = ruleKey(group)
    const names = people.slice(0, namesTold).map(({ user }) => quote(user))
    const more = people.length > names.length ? ` and ${people.length - names.length} more` : ''
    const what = `${count(people.length, 'person', 'people')} by ${quote(key)}, group ${quote(group)}`
    const access = describeGroupAccess(people[0]?.access ?? [], quote)
    if (which === 'removed')
      return [{ sign: '-', mood: 'bad', text: `takes out ${what}, and revokes ${access}: ${names.join(', ')}${more}` }]
    const attributes = rules.find((rule) => rule.key === key)?.attributes ?? []
    return [
      { sign: '+', mood: 'good', text: `puts in ${what}, and grants ${access}: ${names.join(', ')}${more}` },
      {
        sign: '!',
        mood: 'pending',
        text: `whoever writes ${attributes.join(', ')} of users gives access of group ${quote(group)}`,
      },
    ]
  })
}

function tell(
  { user, group, files, access }: PlannedMembership,
  quote: Quote,
  [sign, mood, word, what]: readonly [string, Mood, string, string],
): PlanLine {
  const by = files.map(({ key, fate }) => `${quote(key)}${fate === 'in-force' ? '' : ` (${fates[fate]})`}`)
  const text = `${word}user ${quote(user)}, group ${quote(group)}, ${what} ${describeGroupAccess(access, quote)}; by ${by.join(' and ')}`
  return { sign, mood, text }
}

function describeGroupAccess(access: readonly GroupAccess[], quote: Quote): string {
  if (access.length === 0) return 'no access'
  const told = access
    .slice(0, setsTold)
    .map(({ permissionSet, accounts }) => `${quote(permissionSet)} in ${count(accounts.length, 'account')}`)
  const more = access.length - told.length
  return [...told, ...(more > 0 ? [count(more, 'more permission set')] : [])].join(', ')
}

export function listMembershipFigures(preview: MembershipsPreview): readonly (readonly [mood: Mood, text: string])[] {
  const changed = preview.groups.filter(({ change }) => !['blocked', 'rejected'].includes(change)).length
  const some = (number: number, mood: Mood, word: string, plural?: string) =>
    number > 0 ? [[mood, count(number, word, plural)] as const] : []
  return [
    ...some(changed, 'plain', 'group to change', 'groups to change'),
    ...some(preview.added.length, 'good', 'membership to add', 'memberships to add'),
    ...some(preview.removed.length, 'bad', 'membership to remove', 'memberships to remove'),
    ...some(preview.held.length, 'plain', 'membership held by the brake', 'memberships held by the brake'),
    ...some(preview.idle.length, 'plain', 'membership file without effect', 'membership files without effect'),
  ]
}

export function changesMemberships({ added, removed, groups }: MembershipsPreview): boolean {
  const isChanged = groups.some(({ change }) => change !== 'blocked' && change !== 'rejected')
  return isChanged || added.length + removed.length > 0
}
