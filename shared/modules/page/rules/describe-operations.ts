import { sayTaken } from '../../../domain/brake/taken.ts'
import { sayActor } from '../../../domain/links/say-actor.ts'
import { count, sayAge, sayInstant } from './say.ts'
import type { ToldOperations } from './told.ts'

/** The functions of schedules, as people know their work. */
const schedules: Readonly<Record<string, string>> = {
  sweep: 'Last sweep',
  hourly: 'Last reconcile',
  'minute-links': 'Last minute’s work',
  notifications: 'Last notifications',
  report: 'Last report of access',
  credentials: 'Last report of credentials',
  retire: 'Last look at retired credentials',
}
/** Every installation has these. */
const always: readonly string[] = ['sweep', 'hourly', 'minute-links']

/** `isGood`: absent, where there is no good and bad. */
export type HealthFact = { readonly label: string; readonly text: string; readonly isGood?: boolean }

/** The state of the installation, fact by fact. */
export function describeHealth(
  { health, pause, lists, contents, attention }: Omit<ToldOperations, 'accounts'>,
  nowMs: number,
): readonly HealthFact[] {
  const { openWork, oldestWork, organizationReadAt } = health
  const age = (at: string | undefined) => (at === undefined ? 'never' : sayAge(Date.parse(at), nowMs))
  const none = (label: string, number: number, unit: string): HealthFact => {
    return { label, text: number === 0 ? 'Nothing' : count(number, unit), isGood: number === 0 }
  }
  const runs = Object.entries(schedules).flatMap(([name, label]): readonly HealthFact[] => {
    const run = health.schedules.find((one) => one.name === name)
    const text = age(run?.ranAt)
    return run || always.includes(name) ? [{ label, text, isGood: run?.isLate === false }] : []
  })
  const held = lists.reduce((sum, one) => sum + one.held, contents.length)
  return [
    { label: 'Changes', text: pause ? 'Paused' : 'Carried out', isGood: !pause },
    none('Held by the brake', held, 'act'),
    none('Needs attention', attention.all, 'file'),
    {
      label: 'Work that waits',
      text: openWork === 0 ? 'None' : `${count(openWork, 'item')}, the oldest: ${age(oldestWork)}`,
    },
    ...runs,
    sayDriftCheck(health, nowMs),
    { label: 'Organization read', text: age(organizationReadAt) },
  ]
}

/** A check begins each night: after two nights it is late. */
const checkedWithinMs = 2.25 * 24 * 60 * 60_000

/** The schedule of the night only begins the check, and a person may begin one too. So its record counts. */
function sayDriftCheck({ driftCheckedAt, isDriftCheckOpen }: ToldOperations['health'], nowMs: number): HealthFact {
  const label = 'Last drift check'
  if (driftCheckedAt === undefined) return { label, text: 'never', isGood: false }
  const beganMs = Date.parse(driftCheckedAt)
  const text = `began ${sayAge(beganMs, nowMs)}, ${isDriftCheckOpen ? 'still running' : 'ended'}`
  return { label, text, isGood: nowMs - beganMs < checkedWithinMs }
}

/** What a release of this list does. People without access by ssofile have no rows. */
export function sayRelease({ held, takes }: Pick<ToldOperations['lists'][number], 'held' | 'takes'>): string {
  if (held === 0) return 'ssofile then does what the reason of the list says.'
  return `ssofile then takes ${sayTaken(held, takes)}.`
}

/** Who deleted how many of these links, and when the last: the person with the most first. Empty: nobody deleted one, or nobody knows who. */
export function sayDeletions(rows: ToldOperations['lists'][number]['rows']): string {
  const deleted = new Map(
    rows.flatMap(({ links }) =>
      links.flatMap(({ link, deletedBy, deletedAt }) =>
        deletedBy === undefined || deletedAt === undefined ? [] : [[link, { by: deletedBy, at: deletedAt }] as const],
      ),
    ),
  )
  const byPerson = [...Map.groupBy(deleted.values(), ({ by }) => sayActor(by))].sort(
    ([, a], [, b]) => b.length - a.length,
  )
  return byPerson
    .map(
      ([name, some]) =>
        `${count(some.length, 'link')} by ${name}, ${sayInstant(
          some
            .map(({ at }) => at)
            .sort()
            .at(-1) ?? '',
        )}`,
    )
    .join('; ')
}

/** Why something is held, under a title that says so already. */
export function sayHeld(reason: string): string {
  return reason.replace(/^held by the brake(?:: )?\s*(.)/, (_, first: string) => first.toUpperCase())
}

export const sayAttention: Readonly<Record<ToldOperations['attention']['inputs'][number]['state'], string>> = {
  held: 'Held by the brake',
  failed: 'Failed',
  rejected: 'Not valid',
  blocked: 'Blocked',
  stuck: 'Stuck: its account takes no changes now',
  partly: 'Suspended, and something of others is left',
  waiting: 'Waits for something that is not there yet',
}

/** The figures of nightly reports that have a chart. */
export const charts = [
  ['administrators', 'People with administrator-like access'],
  ['temporary', 'Temporary grants'],
  ['hoursToAccess', 'Hours from joining to access (median of the month)'],
  ['unusedFor90Days', 'Access unused for 90 days'],
  ['people', 'People with access'],
  ['foreign', 'Access that ssofile did not give'],
] as const
