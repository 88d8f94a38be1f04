import { expect, test } from '@jest/globals'
import { noGuardrails, type Watched } from '../../../../shared/domain/guardrails/policy-file.ts'
import { findWatching } from '../../../../shared/domain/guardrails/watched.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'

const key = 'policies/money.json'
const rules = { links: [], permissionSets: [], separations: [], minimums: [] }
const found = (watch: readonly Watched[] | undefined, permissionSet = 'Billing-ps') =>
  findWatching(
    { ...noGuardrails, policies: [{ key, contact: 'us', ...rules, watch }] },
    { accountId: accountId.parse('233000000002'), permissionSet },
  )

test('a policy watches where all that it names fits', () => {
  expect(found([{ accounts: ['2330*'] }])).toBe(key)
  expect(found([{ permissionSets: ['Billing-*'] }])).toBe(key)
  expect(found([{ accounts: ['9*'] }, { accounts: ['2330*'], permissionSets: ['Billing-*'] }])).toBe(key)
  expect(found([{ accounts: ['2330*'], permissionSets: ['Admin-*'] }])).toBeUndefined()
  expect(found([{ accounts: [] }])).toBeUndefined()
  expect(found(undefined)).toBeUndefined()
})
