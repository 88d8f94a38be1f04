import { describe, expect, test } from '@jest/globals'
import { judgeUse, type RoleUse, unusedDays, unusedSince } from '../../../../shared/domain/assignments/role-use.ts'

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
    expect(unusedSince(old)).toBe(ago(400))
    expect(unusedDays(old)).toBe(399)
    expect(judgeUse(old, 399)).toBe('unused')
  })
})
