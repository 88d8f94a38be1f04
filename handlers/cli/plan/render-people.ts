import { personKey } from '../../../shared/domain/people/person-file.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { PersonChange } from '../../../shared/reconcile/plan/preview-people.ts'
import type { Mood } from '../terminal/paint.ts'
import type { PlanLine, Quote } from './render-memberships.ts'

const words: Readonly<Record<PersonChange['change'], readonly [sign: string, mood: Mood, text: string]>> = {
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
export function listPeopleLines(people: readonly PersonChange[], quote: Quote): readonly PlanLine[] {
  const order = Object.keys(words)
  const sorted = people.toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change))
  return sorted.map((one) => {
    const [sign, mood, text] = words[one.change]
    const told = [`user ${quote(one.name)} ${text}${describe(one, quote)}`, ...describeTerms(one)].join('; ')
    return { sign, mood, text: `${told} (${quote(personKey(one.name))})` }
  })
}

function describe({ change, fields = [], at, reason }: PersonChange, quote: Quote): string {
  const changed = fields.join(', ')
  if (reason !== undefined) return ` ${quote(reason)}`
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

const effects = ['create', 'adopt', 'return', 'change', 'end'] as const

export function listPeopleFigures(people: readonly PersonChange[]): readonly (readonly [mood: Mood, text: string])[] {
  const ending = people.filter(({ change }) => change === 'end').length
  const changed = people.filter(changesPerson).length - ending
  return [
    ...(changed > 0 ? [['plain', count(changed, 'user to make or change', 'users to make or change')] as const] : []),
    ...(ending > 0 ? [['bad', count(ending, 'user to suspend', 'users to suspend')] as const] : []),
  ]
}

/** Whether something changes now. */
export function changesPerson({ change }: PersonChange): boolean {
  return effects.some((one) => one === change)
}
