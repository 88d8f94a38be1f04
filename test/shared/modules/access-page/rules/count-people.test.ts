import { expect, test } from '@jest/globals'
import { countPeople } from '../../../../../shared/modules/access-page/rules/count-people.ts'
import { inOrder, row, tableOf } from './page-rows.ts'

test('a person who has the same access by two groups counts once', () => {
  const table = tableOf(
    row(),
    row({ group: 'sre', groupId: 'id-sre' }),
    row({ person: 'ann', personId: 'id-ann' }),
    row({ person: undefined, personId: undefined, permissionSet: 'Empty', remark: 'the group has no members' }),
    row({ account: '100000000000', accountName: 'other' }),
  )
  const { accounts, permissionSets, people } = countPeople(table, inOrder(table))
  const ids = accounts.map((place) => table.values.account[place]?.[0])
  const names = permissionSets.map((place) => table.values.permissionSet[place])
  expect(ids).toEqual(['100000000000', '100000000001'])
  expect(names).toEqual(['Admin-ps', 'Empty'])
  expect(accounts.map((account) => permissionSets.map((set) => people(account, set)))).toEqual([
    [1, undefined],
    [2, 0],
  ])
})

test('permission sets of administrators come first, so that a matrix begins with the access that matters', () => {
  const table = tableOf(
    row({ permissionSet: 'Billing' }),
    row({ permissionSet: 'Root-admin' }),
    row({ permissionSet: 'Audit' }),
  )
  const { permissionSets } = countPeople(table, inOrder(table))
  const names = permissionSets.map((place) => table.values.permissionSet[place])
  expect(names).toEqual(['Root-admin', 'Audit', 'Billing'])
})
