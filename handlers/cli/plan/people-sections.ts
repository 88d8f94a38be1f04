import { groupKey } from '../../../shared/domain/files/group-file.ts'
import { personKey } from '../../../shared/domain/files/person-file.ts'
import { ruleKey, rulePrefix } from '../../../shared/domain/files/rule-file.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { GroupAccess } from '../../../shared/modules/plan/group-access.ts'
import type { GroupChange, PlannedMembership } from '../../../shared/modules/plan/list-membership-changes.ts'
import type { PersonChange } from '../../../shared/modules/plan/list-person-changes.ts'
import type { Preview } from '../../../shared/modules/plan/preview.ts'
import type { Mood } from '../terminal/paint.ts'
import { type Entry, fates, listed, named, say, type Text } from './plan-section.ts'

const setsTold = 5
const namesTold = 10
/** A new member of a group gets all its access; with more accounts than this, the plan lists it first. */
export const manyAccounts = 20

type Look = readonly [sign: string, mood: Mood, text: string]

const groupLooks: Readonly<Record<GroupChange['change'], Look>> = {
  create: ['+', 'good', 'is made'],
  adopt: ['+', 'pending', 'exists and is adopted'],
  describe: ['*', 'pending', 'gets another description'],
  'give-up': ['-', 'pending', 'stays in the directory and is given up'],
  delete: ['-', 'bad', 'is deleted'],
  blocked: ['!', 'pending', 'stays: its file is gone, but'],
  rejected: ['!', 'bad', 'rejected:'],
}

type Memberships = Pick<Preview, 'memberships' | 'administrators'>

type Kind = 'existing' | 'kept' | 'held' | 'added' | 'removed'
type Idle = Preview['memberships']['idle'][number]
/** `what` is said before the access. */
const memberLooks: Readonly<Record<Kind | 'later', readonly [...Look, what: string]>> = {
  existing: ['=', 'pending', 'stays, since others put in', 'which has'],
  kept: ['!', 'bad', 'stays, since a provider keeps the group now', 'which has'],
  held: ['!', 'bad', 'held by the brake', 'and keeps'],
  added: ['+', 'good', 'puts in', 'and grants'],
  later: ['…', 'pending', 'will put in', 'and grant'],
  removed: ['-', 'bad', 'takes out', 'and revokes'],
}

/** Groups first, then unchanged memberships, and removals last. */
export function listMembershipEntries(preview: Memberships): readonly Entry[] {
  const { groups, ...memberships } = preview.memberships
  const described = (kind: Kind, isMeant: (one: PlannedMembership) => boolean = () => true) =>
    memberships[kind].filter(isMeant).map((one) => describeMembership(one, kind, preview))
  const changed = (kind: 'added' | 'removed') => [
    ...described(kind, (one) => !isByRule(one)),
    ...listRuleEntries(kind, preview),
  ]
  return [
    ...groups.map(({ name, change, reason }): Entry => {
      const [sign, mood, text] = groupLooks[change]
      const why = reason === undefined ? '' : change === 'rejected' ? say` ${named(reason)}` : ` ${reason}`
      return { sign, mood, text: say`group ${named(name)} ${text}${why} (${named(groupKey(name))})` }
    }),
    ...(['existing', 'kept', 'held'] as const).flatMap((kind) => described(kind)),
    ...changed('added'),
    ...changed('removed'),
  ]
}

/** No file asks for it, now or before. */
function isByRule({ files }: PlannedMembership): boolean {
  return files.every(({ key }) => key.startsWith(rulePrefix))
}

/** One entry for each rule: a rule may cover thousands. People who write the attributes of new members give them access. */
function listRuleEntries(kind: 'added' | 'removed', preview: Memberships): readonly Entry[] {
  const [sign, mood, word, what] = memberLooks[kind]
  return [...Map.groupBy(preview.memberships[kind].filter(isByRule), ({ group }) => group)].flatMap(
    ([group, people]): readonly Entry[] => {
      const key = ruleKey(group)
      const names = listed(people.slice(0, namesTold).map(({ user }) => named(user)))
      const more = people.length > namesTold ? ` and ${count(people.length - namesTold, 'more', 'more')}` : ''
      const access = people[0]?.access ?? []
      const text = say`${word} ${count(people.length, 'person', 'people')} by ${named(key)}, group ${named(group)}, ${what} ${describeAccess(access)}: ${names}${more}`
      if (kind === 'removed') return [{ sign, mood, text }]
      const attributes = preview.memberships.rules.find((rule) => rule.key === key)?.attributes ?? []
      const writers = say`whoever writes ${attributes.join(', ')} of users gives access of group ${named(group)}`
      return [
        { sign, mood, text, first: firstOf(access, preview) },
        { sign: '!', mood: 'pending', text: writers },
      ]
    },
  )
}

function describeMembership(one: PlannedMembership, kind: Kind | 'later', preview: Memberships): Entry {
  const { user, group, files, access } = one
  const [sign, mood, word, what] = memberLooks[kind]
  const by = files.map(({ key, fate }) => say`${named(key)}${fate === 'in-force' ? '' : ` (${fates[fate]})`}`)
  const text = say`${word}: user ${named(user)}, group ${named(group)}, ${what} ${describeAccess(access)}; by ${listed(by, ' and ')}`
  if (kind === 'added') return { sign, mood, text, first: firstOf(access, preview) }
  return { sign, mood, text, first: kind === 'later' ? firstOf(access, preview, kind) : undefined }
}

/** A membership that comes without another upload, once its time or its user comes. */
export function describeLaterMembership(one: PlannedMembership, { reason, remedy }: Idle, preview: Memberships): Entry {
  return { ...describeMembership(one, 'later', preview), word: 'later', why: { reason, remedy } }
}

function firstOf(access: readonly GroupAccess[], { administrators }: Memberships, ...words: string[]): Entry['first'] {
  const isWide = access.some(
    ({ permissionSet, accounts }) => administrators.includes(permissionSet) || accounts.length > manyAccounts,
  )
  return isWide ? { rank: 'membership', tags: ['membership', ...words] } : undefined
}

function describeAccess(access: readonly GroupAccess[]): Text {
  if (access.length === 0) return ['no access']
  const sets = access
    .slice(0, setsTold)
    .map(({ permissionSet, accounts }) => say`${named(permissionSet)} in ${count(accounts.length, 'account')}`)
  const more = access.length - sets.length
  return listed([...sets, ...(more > 0 ? [[count(more, 'more permission set')]] : [])])
}

const personLooks: Readonly<Record<PersonChange['change'], Look>> = {
  create: ['+', 'good', 'is made'],
  adopt: ['+', 'pending', 'exists and is adopted'],
  return: ['+', 'good', 'counts as suspended no longer'],
  change: ['*', 'pending', 'changes'],
  wait: ['!', 'pending', 'is made'],
  end: ['-', 'bad', 'counts as suspended'],
  ended: ['-', 'pending', 'has ended'],
  renamed: ['!', 'bad', 'stays as it is:'],
  rejected: ['!', 'bad', 'rejected:'],
}

/** Ends and changes without effect come last. */
export function listPeopleEntries(people: readonly PersonChange[]): readonly Entry[] {
  const order = Object.keys(personLooks)
  const sorted = people.toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change))
  return sorted.map((one) => {
    const [sign, mood, text] = personLooks[one.change]
    const terms = describeTerms(one)
    const told = say`user ${named(one.name)} ${text}${describePerson(one)}${terms.map((term) => `; ${term}`).join('')}`
    return { sign, mood, text: say`${told} (${named(personKey(one.name))})` }
  })
}

function describePerson({ change, fields = [], at, reason }: PersonChange): string | Text {
  const changed = fields.join(', ')
  if (reason !== undefined) return say` ${named(reason)}`
  if (change === 'change') return ` ${changed}`
  if (change === 'wait') return ` at ${at}`
  if (change === 'ended') return `, and is deleted after ${at}`
  if (change === 'end') return at === undefined ? ', since the file is gone' : `, since the time ended at ${at}`
  return changed === '' ? '' : `, and changes ${changed}`
}

function describeTerms({ change, endsAt, deleteAfterDays }: PersonChange): readonly string[] {
  const deleted =
    deleteAfterDays === undefined ? [] : [`is deleted ${count(deleteAfterDays, 'day')} later, if nothing is left`]
  if (change === 'end') return deleted
  return endsAt === undefined ? [] : [`counts as suspended from ${endsAt}`, ...deleted]
}
