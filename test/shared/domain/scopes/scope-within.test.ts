import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Account } from '../../../../shared/domain/organization/organization-view.ts'
import type { Scope } from '../../../../shared/domain/scopes/scope.ts'
import { isScopeWithin } from '../../../../shared/domain/scopes/scope-within.ts'
import { noSelectors } from '../../../../shared/domain/scopes/selector-file.ts'

const own = accountId.parse('222222222222')
const membership = {
  supportNestedOu: true,
  includeManagementAccount: false,
  includeOwnAccount: true,
  ownAccount: own,
  managementAccountId: accountId.parse('111111111111'),
  selectors: noSelectors,
}
const accountOf = (id: Account['id']): Account => ({ id, name: 'x', state: 'ACTIVE', parents: ['r-abcd'] })

test.each<[string, Scope]>([
  ['by its id', { kind: 'account', id: own }],
  ['by everything', { kind: 'root' }],
  ['by its unit', { kind: 'ou_id', id: 'r-abcd' }],
])('an eligibility that has the account in which ssofile runs %s lets nobody ask for access there', (_, outer) => {
  const asked: Scope = { kind: 'account', id: own }
  expect(isScopeWithin(asked, outer, { account: accountOf(own) }, membership)).toBe(false)
  const other = accountId.parse('333333333333')
  const elsewhere: Scope = { kind: 'account', id: other }
  const same = outer.kind === 'account' ? elsewhere : outer
  expect(isScopeWithin(elsewhere, same, { account: accountOf(other) }, membership)).toBe(true)
})
