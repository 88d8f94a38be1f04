import { expect, test } from '@jest/globals'
import {
  describeHealth,
  sayDeletions,
  sayHeld,
  sayRelease,
} from '../../../../../shared/modules/page/rules/describe-operations.ts'
import type { ToldOperations } from '../../../../../shared/modules/page/rules/told.ts'

const nowMs = Date.parse('2026-03-03T12:00:00Z')
const quiet: ToldOperations = {
  pause: null,
  lists: [],
  contents: [],
  attention: { all: 0, inputs: [] },
  health: { schedules: [], isDriftCheckOpen: false, openWork: 0 },
  accounts: {},
}
const tell = (operations: ToldOperations) =>
  describeHealth(operations, nowMs).map(({ label, text, isGood }) => `${label}: ${text}, ${isGood}`)

test('an installation in which nothing has run yet says so of what every installation has', () => {
  expect(tell(quiet)).toEqual([
    'Changes: Carried out, true',
    'Held by the brake: Nothing, true',
    'Needs attention: Nothing, true',
    'Work that waits: None, undefined',
    'Last sweep: never, false',
    'Last reconcile: never, false',
    'Last minute’s work: never, false',
    'Last drift check: never, false',
    'Organization read: never, undefined',
  ])
})

test('a schedule that is late, a drift check that still runs and old work are told with their age', () => {
  const schedules = [
    { name: 'sweep', ranAt: '2026-03-03T09:00:00Z', isLate: true },
    { name: 'report', ranAt: '2026-03-03T04:00:00Z', isLate: false },
  ]
  const oldestWork = '2026-03-03T11:40:00Z'
  const driftCheckedAt = '2026-03-03T02:00:00Z'
  const health = { schedules, driftCheckedAt, isDriftCheckOpen: true, openWork: 3, oldestWork }
  const told = tell({ ...quiet, health })
  expect(told).toEqual(
    expect.arrayContaining([
      'Work that waits: 3 items, the oldest: 20 minutes ago, undefined',
      'Last sweep: 3 hours ago, false',
      'Last drift check: began 10 hours ago, still running, true',
      'Last report of access: 8 hours ago, true',
    ]),
  )
})

test.each([
  ['2026-03-03T11:00:00Z', 'began 1 hour ago, ended, true'],
  ['2026-02-28T11:00:00Z', 'began 3 days ago, ended, false'],
])('a drift check that began at %s and has ended counts, whoever began it', (driftCheckedAt, said) => {
  expect(tell({ ...quiet, health: { ...quiet.health, driftCheckedAt } })).toContain(`Last drift check: ${said}`)
})

test('the reason under a title that says that it is held begins with what happened', () => {
  expect(sayHeld('held by the brake: more than 20 links')).toBe('More than 20 links')
  expect(sayHeld('held by the brake until a person releases it: x')).toBe('Until a person releases it: x')
})

test.each([
  [
    26,
    { accounts: 15, groups: 3, users: 0, people: 7 },
    'ssofile then takes 26 accesses in 15 accounts from 3 groups (7 people).',
  ],
  [1, { accounts: 1, groups: 0, users: 1 }, 'ssofile then takes 1 access in 1 account from 1 user.'],
  [
    5,
    { accounts: 2, groups: 1, users: 4 },
    'ssofile then takes 5 accesses in 2 accounts from 1 group and 4 users (the number of people is not known).',
  ],
  [0, { accounts: 0, groups: 0, users: 0 }, 'ssofile then does what the reason of the list says.'],
])('a release of %i accesses says what it does', (held, takes, said) => {
  expect(sayRelease({ held, takes })).toBe(said)
})

test('who deleted the links of a held list is said by person, each link once, with the last instant', () => {
  const link = (name: string, deletedBy?: string, deletedAt?: string) => ({ link: name, deletedBy, deletedAt })
  const maria = link('a', 'AWS:maria', '2026-03-03T10:00:00.000Z')
  const rows = [
    { links: [maria, link('b', 'AWS:maria', '2026-03-03T10:05:00.000Z')] },
    { links: [maria, link('c', 'AWS:kenji', '2026-03-03T09:00:00.000Z'), link('d')] },
  ].map((row) => ({ account: '1', permissionSet: 'x', principal: 'p', type: 'GROUP' as const, ...row }))
  expect(sayDeletions(rows)).toMatch(/^2 links by maria, 3 Mar.*; 1 link by kenji, 3 Mar.*$/)
  expect(sayDeletions([])).toBe('')
})
