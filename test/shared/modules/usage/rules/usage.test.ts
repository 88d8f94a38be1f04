import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { addHour, type Hours, listHours } from '../../../../../shared/modules/usage/rules/hours.ts'
import {
  addUses,
  forgetBefore,
  lastUsesOf,
  type PersonUses,
} from '../../../../../shared/modules/usage/rules/person-uses.ts'
import { parseUsageEvent, type Use, type Way } from '../../../../../shared/modules/usage/rules/use.ts'
import { watchedUntil } from '../../../../../shared/modules/usage/rules/watched.ts'

const user = principalId.parse('90677c608f-5f3c7f0a-1111-4222-8333-444455556666')
const now = new Date('2026-11-28T10:00:00Z')
const use = (at: string, over: Partial<Use> = {}): Use => ({
  ...{ user, at, by: 'cli', from: '203.0.113.7', agent: 'aws-cli/2.27' },
  account: accountId.parse('111122223333'),
  permissionSet: permissionSetName.parse('Billing-ps'),
  ...over,
})
const detail = (over: object = {}) => ({
  detail: {
    eventSource: 'sso.amazonaws.com',
    eventName: 'GetRoleCredentials',
    eventTime: '2026-11-28T09:15:00Z',
    sourceIPAddress: '203.0.113.7',
    userAgent: 'aws-cli/2.27',
    userIdentity: { type: 'IdentityCenterUser', onBehalfOf: { userId: user } },
    serviceEventDetails: { account_id: '111122223333', role_name: 'Billing-ps' },
    ...over,
  },
})

describe('an event', () => {
  test.each<[string, object, Way]>([
    ['of the console', { eventName: 'Federate' }, 'console'],
    [
      'of the console by the sign-in service',
      { eventName: 'Federate', eventSource: 'signin.amazonaws.com' },
      'console',
    ],
    ['of the CLI', {}, 'cli'],
    ['of an SDK', { userAgent: 'aws-sdk-go-v2/1.30 os/linux' }, 'cli'],
    ['of an application', { userAgent: 'Reports/3' }, 'application'],
    ['without an agent', { userAgent: undefined }, 'application'],
  ])('%s claims a use', (_, over, by) => {
    expect(parseUsageEvent(detail(over), now)).toMatchObject({ use: { user, by, at: '2026-11-28T09:15:00.000Z' } })
  })

  test.each<[string, unknown]>([
    ['no object', 'text'],
    ['no person', detail({ userIdentity: null })],
    ['a strange person', detail({ userIdentity: { onBehalfOf: { userId: '../../control/pause' } } })],
    ['no account', detail({ serviceEventDetails: null })],
    ['another call', detail({ eventName: 'CreateAccountAssignment' })],
    ['another service', detail({ eventSource: 's3.amazonaws.com' })],
    ['a refusal', detail({ errorCode: 'ForbiddenException' })],
    ['an instant long ago', detail({ eventTime: '1970-01-01T00:00:00Z' })],
    ['an instant still to come', detail({ eventTime: '2099-01-01T00:00:00Z' })],
  ])('with %s claims nothing', (_, body) => {
    expect(parseUsageEvent(body, now)).toBeUndefined()
  })

  test('of the watching call says only that somebody watched then', () => {
    const call = { eventSource: 'sts.amazonaws.com', eventName: 'AssumeRole', eventTime: '2026-11-28T09:15:00Z' }
    expect(parseUsageEvent({ detail: call }, now)).toEqual({ watchedAt: new Date('2026-11-28T09:15:00Z') })
  })

  test('later by as much as clocks differ counts as now, and long texts are cut', () => {
    const eventTime = new Date(now.getTime() + 60_000).toISOString()
    const parsed = parseUsageEvent(detail({ eventTime, userAgent: 'x'.repeat(9_000) }), now)
    expect(parsed).toMatchObject({ use: { at: now.toISOString(), agent: `${'x'.repeat(100)}…${'x'.repeat(100)}` } })
  })
})

const add = (before: PersonUses | undefined, ...uses: readonly Use[]) => addUses(user, before, uses)
const hoursOf = (person: PersonUses) =>
  person.uses.map(({ hours }) => listHours(hours).map((at) => at.toISOString().slice(0, 13)))

describe('the uses of a person', () => {
  test('are one row for each account and set, with its hours and the last use of each way', () => {
    const [nine, ten] = [use('2026-11-28T09:50:00.000Z'), use('2026-11-28T10:10:00.000Z', { by: 'console' })]
    const { person } = add(undefined, nine, ten)
    expect(person.uses).toMatchObject([
      {
        first: nine.at,
        ways: [
          { by: 'cli', at: nine.at },
          { by: 'console', at: ten.at },
        ],
      },
    ])
    expect(hoursOf(person)).toEqual([['2026-11-28T09', '2026-11-28T10']])
    expect(add(person, use('2026-11-28T10:59:00.000Z', { by: 'console' })).fresh).toEqual([])
    expect(add(person, use('2026-11-28T10:59:00.000Z', { by: 'application' })).fresh).toHaveLength(1)
  })

  test('that repeat in one batch are one fresh use', () => {
    const all = Array.from({ length: 1_000 }, (_, n) => use(`2026-11-28T09:${String(n % 60).padStart(2, '0')}:00.000Z`))
    expect(add(undefined, ...all).fresh).toHaveLength(1)
  })

  const uses = fc.array(fc.record({ minute: fc.nat(600), by: fc.constantFrom<Way>('console', 'cli', 'application') }), {
    maxLength: 20,
  })
  test('have the same hours and first use in whatever order and however often events come, and then nothing is fresh', () => {
    fc.assert(
      fc.property(uses, fc.nat(20), (drawn, cut) => {
        const all = drawn.map(({ minute, by }) => use(new Date(now.getTime() + minute * 60_000).toISOString(), { by }))
        const record = (events: readonly Use[]) => add(add(undefined, ...events.slice(cut)).person, ...events).person
        const seen = (person: PersonUses) => [
          hoursOf(person),
          person.uses.map(({ ways }) => ways.map(({ by }) => by).sort()),
        ]
        const recorded = record(all)
        expect(seen(record([...all, ...all].reverse()))).toEqual(seen(recorded))
        expect(hoursOf(recorded).flat()).toEqual([...new Set(all.map(({ at }) => at.slice(0, 13)))].sort())
        expect(add(recorded, ...all).fresh).toEqual([])
      }),
    )
  })

  test('count the hours of 90 and 400 days', () => {
    const { person } = add(undefined, use('2026-01-05T08:00:00.000Z'), use('2026-11-27T08:00:00.000Z'))
    const at = (day: string) => lastUsesOf(person, new Date(`${day}T08:00:00Z`))
    expect(at('2026-11-28')).toMatchObject([
      { first: '2026-01-05T08:00:00.000Z', at: '2026-11-27T08:00:00.000Z', by: 'cli', hours90: 1, hours400: 2 },
    ])
    expect(at('2027-02-25')).toMatchObject([{ hours90: 1, hours400: 1 }])
    expect(at('2027-02-26')).toMatchObject([{ hours90: 0, hours400: 1 }])
    expect(at('2028-12-27')).toMatchObject([{ hours90: 0, hours400: 0 }])
  })

  test('that ended before an instant are forgotten', () => {
    const { person } = add(
      undefined,
      use('2026-11-26T08:00:00.000Z', { by: 'console' }),
      use('2026-11-27T08:00:00.000Z'),
    )
    const kept = forgetBefore(person, '2026-11-27T08:00:00.000Z')
    expect(kept && hoursOf(kept)).toEqual([['2026-11-27T08']])
    expect(kept?.uses.map(({ ways }) => ways.map(({ by }) => by))).toEqual([['cli']])
    expect(forgetBefore(person, '2026-11-27T09:00:00.000Z')).toBeUndefined()
  })
})

describe('the watched time', () => {
  const hours = (count: number) => new Date(now.getTime() + count * 3_600_000).toISOString()
  const heard = (...at: readonly number[]) => at.reduce<Hours>((all, one) => addHour(all, hours(one)), {})

  test('begins after the first watching call, and has no gap while one comes every hour', () => {
    expect(watchedUntil({}, now)).toEqual({ gaps: [] })
    expect(watchedUntil(heard(0), new Date(now.getTime() + 60_000)).since).toBe('2026-11-28T10:01:00.000Z')
    expect(watchedUntil(heard(0, 1, 2, 3), new Date(hours(5)))).toMatchObject({ since: hours(1), gaps: [] })
  })

  test('has a gap from the last call before a silence to the next one, or to now', () => {
    expect(watchedUntil(heard(0, 1, 9), new Date(hours(10)))).toEqual({
      ...{ since: hours(1), countedSince: hours(10) },
      gaps: [{ from: hours(1), to: hours(10) }],
    })
    expect(watchedUntil(heard(0, 1), new Date(hours(9))).gaps).toEqual([{ from: hours(1), to: hours(9) }])
    expect(watchedUntil(heard(0, 1), new Date(hours(4))).gaps).toEqual([])
  })

  test('has no gap when late calls fill it', () => {
    expect(watchedUntil(heard(0, 6, 2, 4), new Date(hours(6))).gaps).toEqual([])
  })
})
