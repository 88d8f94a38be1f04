import { expect, test } from '@jest/globals'
import { describeSubject } from '../../../../../shared/modules/access-page/rules/describe-subject.ts'
import { inOrder, row, tableOf } from './page-rows.ts'

test('rows of one person alone are summed up as that person', () => {
  const table = tableOf(
    row(),
    row({ account: '100000000002', permissionSet: 'Read', group: undefined, groupId: undefined }),
  )
  const among = inOrder(table)
  expect(describeSubject(table, { person: 'bob', account: '' }, among)).toEqual({
    title: 'bob',
    facts: [
      ['Accounts', '2'],
      ['Permission sets', 'Admin-ps, Read'],
      ['Through groups', 'ops'],
      ['Rows held directly', '1'],
      ['Accounts with administrator access', '1'],
    ],
  })
})

test('rows of one account alone are summed up as that account', () => {
  const table = tableOf(row(), row({ person: 'zoe', personId: 'id-zoe', state: 'foreign', permissionSet: 'Read' }))
  const among = inOrder(table)
  expect(describeSubject(table, { person: '', account: 'prod' }, among)).toEqual({
    title: '100000000001, prod',
    facts: [
      ['State', 'ACTIVE'],
      ['OUs above it', 'Root/Prod'],
      ['Ids of these OUs', 'r-1/ou-1'],
      ['People', '2'],
      ['Permission sets', 'Admin-ps, Read'],
      ['Administrators', '1'],
      ['Foreign rows', '1'],
    ],
  })
})

test('rows of several people are summed up as nobody', () => {
  const table = tableOf(row(), row({ person: 'bobby', personId: 'id-2' }))
  const among = inOrder(table)
  expect(describeSubject(table, { person: 'bo', account: '' }, among)).toBeUndefined()
})
