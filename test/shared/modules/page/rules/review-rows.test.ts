import { expect, test } from '@jest/globals'
import { reviewRows } from '../../../../../shared/modules/page/rules/review-rows.ts'
import type { ToldReviewItem } from '../../../../../shared/modules/page/rules/told.ts'
import { reviewItem } from '../../../../../shared/modules/reviews/rules/review-item.ts'

const nowMs = Date.parse('2026-03-03T00:00:00Z')
function item(principal: string, said: object = {}): ToldReviewItem {
  const file = { key: 'links_data/x', etag: 'e' }
  const access = {
    permissionSet: 'Admin-ps',
    principal,
    type: 'USER',
    isPrivileged: false,
    since: '2020-01-01T00:00:00Z',
  }
  const accounts = ['233000000002']
  const subject = { kind: 'link', scope: 'account%233000000002', accounts, file, ...access, ...said }
  const read = reviewItem.parse({ digest: '0'.repeat(32), subject, reviewers: [] })
  return { ...read, review: 'quarter', item: principal, result: 'open', mayDecide: true, mayKeep: true }
}

test('privileged items come first, then unused ones, then new ones, then others by name', () => {
  const items = [
    item('z'),
    item('a'),
    item('new', { since: '2026-03-01T00:00:00Z' }),
    item('unused', { lastUsed: '2025-01-01T00:00:00Z' }),
    item('<b>ž', { isPrivileged: true }),
  ]
  const rows = reviewRows(items, { accounts: { '233000000002': 'ledger' }, nowMs })
  expect(rows.map(({ who, flags }) => [who, ...flags])).toEqual([
    ['<b>ž', 'Privileged'],
    ['unused', 'Unused'],
    ['new', 'New'],
    ['a'],
    ['z'],
  ])
  expect(rows[0]?.place).toBe('ledger (233000000002)')
})

test('the membership of a privileged group comes first, with its flag', () => {
  const id = '92307020-41b6-05ce-951e-70dfe8931aa2'
  const member = { kind: 'membership', group: 'admins', user: 'kim', groupId: id, userId: id, files: [] }
  const items = [item('a'), item('other', member), item('kim', { ...member, isPrivileged: true })]
  const rows = reviewRows(items, { nowMs })
  expect(rows.map(({ item: name, flags }) => [name, ...flags])).toEqual([['kim', 'Privileged'], ['a'], ['other']])
})

test('access in more accounts than the page gets says how many more there are', () => {
  const subject = { kind: 'foreign', accounts: ['233000000002', '233000000003'] }
  const rows = reviewRows([{ ...item('a', subject), moreAccounts: 3 }, item('b', subject)], { nowMs })
  expect(rows.map(({ place }) => place)).toEqual([
    'account 233000000002, account 233000000003 and 3 more accounts',
    'account 233000000002, account 233000000003',
  ])
})
