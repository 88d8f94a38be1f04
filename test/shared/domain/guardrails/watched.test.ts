import { expect, test } from '@jest/globals'
import { noGuardrails, type Watched } from '../../../../shared/domain/guardrails/policy-file.ts'
import { describeBlindWatches, findWatches } from '../../../../shared/domain/guardrails/watched.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'

const key = 'policies/money.json'
const rules = { links: [], permissionSets: [], separations: [], minimums: [] }
const place = { accountId: accountId.parse('233000000002'), permissionSet: 'Billing-ps' }
const found = (watch: readonly Watched[] | undefined, permissionSet = 'Billing-ps') =>
  findWatches(
    { ...noGuardrails, policies: [{ key, contact: 'us', ...rules, watch }] },
    { ...place, permissionSet },
  ).get('given')

test('a policy watches where all that it names fits', () => {
  expect(found([{ accounts: ['2330*'] }])).toBe(key)
  expect(found([{ permissionSets: ['Billing-*'] }])).toBe(key)
  expect(found([{ accounts: ['9*'] }, { accounts: ['2330*'], permissionSets: ['Billing-*'] }])).toBe(key)
  expect(found([{ accounts: ['2330*'], permissionSets: ['Admin-*'] }])).toBeUndefined()
  expect(found([{ accounts: [] }])).toBeUndefined()
  expect(found(undefined)).toBeUndefined()
})

test('a watch of uses is no watch of access given by hand, and each kind of use has the first policy that fits', () => {
  expect(found([{ uses: ['any'] }])).toBeUndefined()
  const policy = (name: string, watch: readonly Watched[]) => ({ key: name, contact: 'us', ...rules, watch })
  const policies = [
    policy('policies/a.json', [{ permissionSets: ['Admin-*'], uses: ['any'] }, { uses: ['suspended'] }]),
    policy('policies/b.json', [{ accounts: ['2330*'] }, { accounts: ['2330*'], uses: ['any', 'suspended'] }]),
  ]
  expect(Object.fromEntries(findWatches({ ...noGuardrails, policies }, place))).toEqual({
    given: 'policies/b.json',
    suspended: 'policies/a.json',
    any: 'policies/b.json',
  })
})

test.each([
  [400, undefined],
  [31, undefined],
  [30, 'policies/a.json watches first, which is never told with usageDays 30: set usageDays above 30'],
  [0, 'policies/a.json watches first and any, which is never told with usageDays 0: set usageDays above 0'],
])('with usageDays %i a policy is told which uses it watches in vain', (usageDays, told) => {
  const policy = { key: 'policies/a.json', contact: 'us', ...rules }
  const watch: readonly Watched[] = [{ accounts: ['2330*'] }, { uses: ['first', 'any'] }]
  const [warning, ...more] = describeBlindWatches({ ...noGuardrails, policies: [{ ...policy, watch }] }, usageDays)
  expect([warning?.slice(0, told?.length), more]).toEqual([told, []])
})
