import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  judgeUse,
  type OwnUse,
  type RoleUse,
  unusedDays,
  unusedSince,
} from '../../../../../shared/modules/usage/rules/role-use.ts'

const asOf = '2026-03-03T10:00:00.000Z'
/** So many days and hours before IAM was asked. */
const ago = (days: number, hours = 0) => new Date(Date.parse(asOf) - (days * 24 + hours) * 60 * 60_000).toISOString()
const known = (use: Partial<RoleUse & { isKnown: true }>): RoleUse => ({
  isKnown: true,
  asOf,
  madeAt: ago(300),
  ...use,
})
const refused: RoleUse = { isKnown: false, why: 'the account refuses' }

describe('access is unused', () => {
  const cases = [
    { what: 'its role was never used', since: ago(100), use: known({}), verdict: 'unused' },
    {
      what: 'its role was last used before that time',
      since: ago(250),
      use: known({ lastUsedAt: ago(95) }),
      verdict: 'unused',
    },
    {
      what: 'but not where its role was used within that time',
      since: ago(250),
      use: known({ lastUsedAt: ago(89) }),
      verdict: 'used',
    },
    { what: 'but not where it was given within that time', since: ago(10), use: known({}), verdict: 'too new' },
    {
      what: 'but not where its role was made within that time, which is another one than before',
      since: ago(250),
      use: known({ madeAt: ago(10) }),
      verdict: 'too new',
    },
    {
      what: 'but not where it was given after the last use of others',
      since: ago(10),
      use: known({ lastUsedAt: ago(50) }),
      verdict: 'too new',
    },
    {
      what: 'but not where it was used after it was given',
      since: ago(10),
      use: known({ lastUsedAt: ago(5) }),
      verdict: 'used',
    },
    { what: 'but not where the account cannot be asked', since: ago(250), use: refused, verdict: 'not known' },
    { what: 'but not where nobody asked', since: ago(250), use: undefined, verdict: 'not known' },
    {
      what: 'but not where nobody knows since when it is given',
      since: undefined,
      use: known({}),
      verdict: 'not known',
    },
  ] as const
  test.each(cases)('for 90 days where $what', ({ since, use, verdict }) => {
    expect(judgeUse({ since, use }, 90)).toBe(verdict)
  })

  test('for so many whole days, less the four hours by which uses come late', () => {
    const since = ago(300)
    const after = (hours: number) => known({ lastUsedAt: ago(90, hours) })
    expect(judgeUse({ since, use: after(4) }, 90)).toBe('unused')
    expect(judgeUse({ since, use: after(3.9) }, 90)).toBe('used')
    expect(unusedDays({ since, use: after(3.9) })).toBe(89)
    expect(unusedDays({ since, use: known({ lastUsedAt: ago(0, 1) }) })).toBe(0)
  })

  test('for 399 days at most, since IAM keeps 400', () => {
    const old = { since: ago(2_000), use: known({ madeAt: ago(2_000) }) }
    expect(unusedSince(old)).toEqual({ at: ago(400), what: 'counted' })
    expect(unusedDays(old)).toBe(399)
    expect(judgeUse(old, 399)).toBe('unused')
  })
})

describe("a person's own use", () => {
  const [user, account] = ['92307020-41b6-05ce-951e-70dfe8931aff', '233000000002']
  const lastUse = (at: string) =>
    ({
      user: principalId.parse(user),
      account: accountId.parse(account),
      permissionSet: permissionSetName.parse('Billing-ps'),
      ...{ first: at, at, by: 'cli' as const, hours90: 1, hours400: 1 },
    }) as const
  const own = (countedDays: number, usedDays?: number): OwnUse => ({
    countedSince: ago(countedDays),
    asOf,
    ...(usedDays !== undefined && { last: lastUse(ago(usedDays)) }),
  })
  test.each([
    ['it is counted for long, and there is none, although others used the role', own(95), 5, 'unused'],
    ['it is counted for long, and the last one was long ago', own(200, 95), 5, 'unused'],
    ['but not within that time', own(200, 80), 200, 'used'],
    ['but not while it is counted for less, and somebody used the role', own(10), 5, 'used'],
    ['it is counted for less, but nobody used the role', own(10), 95, 'unused'],
    ['but not after a gap in the counting', own(10, 95), 5, 'used'],
    ['but not where it is counted for less, and nobody knows the use of the role', own(10), undefined, 'too new'],
  ] as const)('access is unused for 90 days: %s', (_, person, roleDays, verdict) => {
    const use = roleDays === undefined ? refused : known({ lastUsedAt: ago(roleDays) })
    expect(judgeUse({ since: ago(280), use, own: person }, 90)).toBe(verdict)
  })

  test('access given lately is too new, even if others used the role since', () => {
    expect(judgeUse({ since: ago(20), use: known({ lastUsedAt: ago(5) }), own: own(200) }, 90)).toBe('too new')
  })

  test.each([
    ['others use the role', { use: known({ lastUsedAt: ago(0, 6) }), own: own(200) }],
    ['nobody uses the role', { use: known({}), own: own(200) }],
    ['nobody uses the role, and no uses are counted', { use: known({}) }],
    ['the use of the role is not known', { use: refused, own: own(200) }],
  ])('access by a group that the person joined lately is too new if %s', (_, uses) => {
    const access = { since: ago(280), memberSince: ago(1), ...uses }
    expect(unusedSince(access)).toEqual({ at: ago(1), what: 'joined' })
    expect(judgeUse(access, 90)).toBe('too new')
  })

  test('access is never called unused longer than it exists, since its last use, or longer than anybody counted', () => {
    const days = fc.integer({ min: 0, max: 399 })
    fc.assert(
      fc.property(days, days, fc.option(days), fc.option(days), (since, counted, used, role) => {
        const use = role === null ? refused : known({ madeAt: ago(400), lastUsedAt: ago(role) })
        const unused = unusedDays({ since: ago(since), use, own: own(counted, used ?? undefined) }) ?? 0
        expect(unused).toBeLessThanOrEqual(Math.min(since, used ?? 400, Math.max(counted, role ?? 0)))
      }),
    )
  })
})
