import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { addDay, forgetBefore, lastUsesIn } from '../../../../shared/domain/usage/roll-up.ts'
import { addUses, newIn } from '../../../../shared/domain/usage/usage-day.ts'
import { parseUsageEvent, type Use, type Way } from '../../../../shared/domain/usage/use.ts'
import { hear, watchedUntil } from '../../../../shared/domain/usage/watched.ts'

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
  ])('with %s claims nothing', (_, body) => {
    expect(parseUsageEvent(body, now)).toBeUndefined()
  })

  test('of the watching call says only that somebody watched then', () => {
    const call = { eventSource: 'sts.amazonaws.com', eventName: 'AssumeRole', eventTime: '2026-11-28T09:15:00Z' }
    expect(parseUsageEvent({ detail: call }, now)).toEqual({ watchedAt: new Date('2026-11-28T09:15:00Z') })
  })

  test('from the future counts as now, and long texts are cut', () => {
    const parsed = parseUsageEvent(detail({ eventTime: '2099-01-01T00:00:00Z', userAgent: 'x'.repeat(9_000) }), now)
    expect(parsed).toMatchObject({ use: { at: now.toISOString(), agent: 'x'.repeat(200) } })
  })
})

describe('a day of uses', () => {
  test('has one row for each account, set and way, with its hours', () => {
    const day = addUses(user, undefined, [use('2026-11-28T09:50:00.000Z'), use('2026-11-28T10:10:00.000Z')])
    expect(day.rows).toMatchObject([
      {
        first: '2026-11-28T09:50:00.000Z',
        last: '2026-11-28T10:10:00.000Z',
        hours: ['2026-11-28T09', '2026-11-28T10'],
      },
    ])
    expect(newIn(day, [use('2026-11-28T10:59:00.000Z')])).toEqual([])
    expect(newIn(day, [use('2026-11-28T10:59:00.000Z', { by: 'console' })])).toHaveLength(1)
  })

  const uses = fc.array(fc.record({ minute: fc.nat(600), by: fc.constantFrom<Way>('console', 'cli', 'application') }), {
    maxLength: 20,
  })
  test('has the same hours in whatever order and however often events come', () => {
    fc.assert(
      fc.property(uses, fc.nat(20), (drawn, cut) => {
        const all = drawn.map(({ minute, by }) => use(new Date(now.getTime() + minute * 60_000).toISOString(), { by }))
        const hoursOf = (events: readonly Use[]) =>
          addUses(user, addUses(user, undefined, events.slice(cut)), events)
            .rows.map(({ by, hours }) => `${by} ${hours}`)
            .sort()
        expect(hoursOf([...all, ...all].reverse())).toEqual(hoursOf(all))
      }),
    )
  })
})

describe('the roll-up', () => {
  const dayAt = (at: string) => addUses(user, undefined, [use(at)])

  test('keeps the first and the last use, and counts hours of 13 and 57 weeks', () => {
    const first = addDay(undefined, '2026-01-05', [dayAt('2026-01-05T08:00:00.000Z')])
    const second = addDay(first, '2026-11-27', [dayAt('2026-11-27T08:00:00.000Z')])
    expect(lastUsesIn(second)).toMatchObject([
      { first: '2026-01-05T08:00:00.000Z', at: '2026-11-27T08:00:00.000Z', by: 'cli', hours90: 1, hours400: 2 },
    ])
    expect(lastUsesIn(addDay(second, '2027-11-27', []))).toMatchObject([{ hours90: 0, hours400: 1 }])
    expect(lastUsesIn(addDay(second, '2028-12-27', []))).toMatchObject([{ hours90: 0, hours400: 0 }])
  })

  test('counts an hour with two ways once, and names the way of the later one', () => {
    const both = addUses(user, undefined, [
      use('2026-11-27T08:00:00.000Z', { by: 'console' }),
      use('2026-11-27T08:30:00.000Z'),
    ])
    expect(lastUsesIn(addDay(undefined, '2026-11-27', [both]))).toMatchObject([{ by: 'cli', hours90: 1 }])
  })

  test('forgets uses that ended before an instant', () => {
    const rolled = addDay(undefined, '2026-11-27', [dayAt('2026-11-27T08:00:00.000Z')])
    expect(forgetBefore(rolled, '2026-11-27').uses).toHaveLength(1)
    expect(forgetBefore(rolled, '2026-11-28').uses).toEqual([])
  })
})

describe('the watched time', () => {
  const hours = (count: number) => new Date(now.getTime() + count * 3_600_000).toISOString()
  const heard = (...at: readonly number[]) =>
    at.reduce((all, one) => hear(all, hours(one)), hear({ spans: [] }, hours(0)))

  test('begins with the first watching call, and has no gap while one comes every hour', () => {
    expect(watchedUntil({ spans: [] }, now)).toEqual({ gaps: [] })
    expect(watchedUntil(heard(1, 2, 3), new Date(hours(5)))).toEqual({ since: hours(0), gaps: [] })
  })

  test('has a gap from the last call before a silence to the next one, or to now', () => {
    expect(watchedUntil(heard(1, 9), new Date(hours(9)))).toEqual({
      since: hours(0),
      gaps: [{ from: hours(1), to: hours(9) }],
    })
    expect(watchedUntil(heard(1), new Date(hours(9))).gaps).toEqual([{ from: hours(1), to: hours(9) }])
  })

  test('has no gap when late calls fill it', () => {
    expect(watchedUntil(heard(6, 2, 4), new Date(hours(6))).gaps).toEqual([])
  })
})
