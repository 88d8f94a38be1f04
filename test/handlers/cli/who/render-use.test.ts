import { expect, test } from '@jest/globals'
import { renderUse, renderVerdicts } from '../../../../handlers/cli/who/render-access.ts'
import type { HeldAccess } from '../../../../shared/modules/access/expand-access.ts'
import { judgeUse, type RoleUse } from '../../../../shared/modules/usage/rules/role-use.ts'

const asOf = '2026-11-21T10:00:00.000Z'
const madeAt = '2026-01-01T00:00:00.000Z'
const known: RoleUse = { isKnown: true, asOf, madeAt }
const row = (given: Partial<HeldAccess>) => ({ since: madeAt, origin: 'ssofile', use: known, ...given }) as HeldAccess

const cases: readonly { readonly given: Partial<HeldAccess>; readonly told: string }[] = [
  { given: {}, told: 'never' },
  { given: { use: { ...known, lastUsedAt: '2026-05-01T08:00:00.000Z' } }, told: '2026-05-01' },
  { given: { since: '2026-11-11T09:00:00.000Z' }, told: 'granted 10 days ago' },
  { given: { since: '2026-11-11T09:00:00.000Z', origin: 'foreign' }, told: 'known 10 days ago' },
  { given: { memberSince: '2026-11-20T09:00:00.000Z' }, told: 'joined 25 hours ago' },
  { given: { use: { ...known, madeAt: '2026-11-20T09:00:00.000Z' } }, told: 'role made 25 hours ago' },
  { given: { use: { isKnown: false, why: 'the account refuses' } }, told: 'not known' },
  { given: { since: undefined }, told: 'not known' },
]

test.each(cases)('of access that is asked for as unused for 90 days the table says: $told', ({ given, told }) => {
  expect(renderUse(row(given), 90)).toBe(told)
})

test('what is unused is counted apart from what may not be called so', () => {
  const verdicts = new Map<string, number>()
  for (const { given } of cases) {
    const verdict = judgeUse(row(given), 90)
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
  }
  expect(renderVerdicts({ verdicts, joinings: 0, hasUses: false }, 90)).toBe(
    'unused for 90 days: 2; given, or its role made, later: 4; not known: 2\n',
  )
  expect(renderVerdicts({ verdicts, joinings: 1, hasUses: false }, 90)).toMatch(
    /^unused for 90 days: 2, of them 1 by a group that the person may have joined later; given/,
  )
})
