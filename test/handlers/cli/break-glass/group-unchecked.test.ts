import { expect, test } from '@jest/globals'
import { groupUnchecked } from '../../../../handlers/cli/break-glass/break-glass-check.ts'
import {
  type BreakGlassFinding,
  breakGlassFinding,
} from '../../../../shared/modules/break-glass/rules/judge-break-glass.ts'

const remedy = 'use credentials that may ask'
const group = (findings: readonly BreakGlassFinding[]) =>
  Array.fromAsync(
    groupUnchecked(
      (async function* () {
        yield* findings
      })(),
    ),
  )
const unchecked = (check: 'users' | 'alarms' | 'roles', subject: string, told: string): BreakGlassFinding => ({
  ...breakGlassFinding(check, { subject, level: 'fail', told, remedy }),
  isUnchecked: true,
})
const part = (check: 'users' | 'alarms', subject: string, why: string) =>
  unchecked(check, subject, `${subject && `${subject}: `}not checked: ${why}`)
const role = (account: string) =>
  unchecked(
    'roles',
    account,
    `${account} was not checked: AccessDenied (may not assume arn:aws:iam::${account}:role/a)`,
  )

test('checks that failed for one reason are one finding, which names the first of them', async () => {
  const regions = Array.from({ length: 10 }, (_, index) => part('alarms', `region-${index}`, 'no credentials'))
  expect(await group([part('users', '', 'no credentials'), ...regions])).toEqual([
    {
      ...{ check: 'break-glass', subject: '', level: 'fail', remedy },
      told: '11 not checked (users, alarms region-0, alarms region-1, alarms region-2, alarms region-3 and 6 more): no credentials',
      isUnchecked: true,
    },
  ])
})

test('accounts that refuse the same are one finding, whose reason names none of them', async () => {
  expect(await group([role('200000000001'), role('200000000002')])).toMatchObject([
    {
      told: '2 not checked (roles 200000000001, roles 200000000002): AccessDenied (may not assume arn:aws:iam::<account>:role/a)',
    },
  ])
})

test('checks that failed for different reasons stay as they are, after what was checked', async () => {
  const checked = breakGlassFinding('drills', { subject: 'kenji', level: 'ok', told: 'kenji: 0 days ago' })
  const both = [part('users', '', 'no credentials'), part('alarms', 'region-1', 'throttled')]
  expect(await group([...both, checked])).toEqual([checked, ...both])
})
