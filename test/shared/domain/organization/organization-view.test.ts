import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { organizationView } from '../../../../shared/domain/organization/organization-view.ts'
import { organizations } from '../arbitraries.ts'

const sandbox = { id: '222222222222', name: 'sandbox', state: 'ACTIVE', parents: ['r-abcd', 'ou-abcd-11111111'] }
const view = {
  v: 1,
  managementAccountId: '111111111111',
  readAt: '2026-03-03T10:15:30.123Z',
  hasTags: false,
  accounts: [sandbox],
}

test('a view that was stored is read as it was', () => {
  fc.assert(
    fc.property(organizations, (organization) => {
      expect(organizationView.parse(JSON.parse(JSON.stringify(organization)))).toEqual(organization)
    }),
  )
})

test('tags that were not read are absent, and tags that are none are empty', () => {
  const tagged = { ...view, accounts: [sandbox, { ...sandbox, id: '333333333333', tags: {} }] }
  expect(organizationView.parse(tagged).accounts.map(({ tags }) => tags)).toEqual([undefined, {}])
})

test.each([
  ['of another version', { ...view, v: 2 }],
  ['without a management account', { ...view, managementAccountId: undefined }],
  ['read at no instant', { ...view, readAt: 'yesterday' }],
  ['with an account in a state that AWS does not have', { ...view, accounts: [{ ...sandbox, state: 'active' }] }],
  ['with an account of 11 digits', { ...view, accounts: [{ ...sandbox, id: '22222222222' }] }],
  ['with an account in no place', { ...view, accounts: [{ ...sandbox, parents: undefined }] }],
])('a view %s is not believed', (_, stored) => {
  expect(organizationView.safeParse(stored).success).toBe(false)
})
