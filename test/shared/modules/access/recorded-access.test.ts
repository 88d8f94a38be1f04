import { expect, test } from '@jest/globals'
import type { Access } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { judgeRecorded, type RecordedAccess } from '../../../../shared/modules/access/recorded-access.ts'

const ids = {
  principal: principalName.parse('team'),
  principalId: principalId.parse('00000000-0000-4000-8000-000000000000'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-48e4324a953c4365'),
}
const ten = '2026-03-03T10:00:00.000Z'
const calledAt = { calledAt: ten, answeredAt: ten, endedAt: ten }
const soon = new Date('2026-03-03T10:01:00Z')
const later = new Date('2026-03-03T10:10:00Z')

function recorded(ours: Partial<Access> | undefined): RecordedAccess {
  const state = ours === undefined ? 'foreign' : (ours.state ?? 'granted')
  const access = { ...ids, links: [], ...ours, state: ours?.state ?? ('granted' as const) }
  return {
    ...ids,
    accountId: accountId.parse('200000000001'),
    permissionSet: permissionSetName.parse('Read-ps'),
    type: 'GROUP',
    links: [],
    state,
    ...(ours === undefined ? {} : { ours: access }),
  }
}

const granted: Partial<Access> = {
  grantedAt: ten,
  call: { kind: 'creation', ...calledAt, outcome: 'SUCCEEDED' },
}
const failed: Partial<Access> = { state: 'failed', call: { kind: 'creation', ...calledAt, outcome: 'FAILED' } }
const revoked: Partial<Access> = {
  state: 'revoking',
  grantedAt: ten,
  call: { kind: 'deletion', ...calledAt, outcome: 'SUCCEEDED' },
}

test.each([
  ['foreign access', undefined, ['there', 'there', 'gone']],
  ['access that was granted', granted, ['there', 'there', 'gone']],
  ['access that a drift check misses', { ...granted, missingSince: ten }, ['gone', 'there', 'gone']],
  ['access that was held', { ...granted, state: 'held' as const }, ['there', 'there', 'gone']],
  ['access that was revoked', revoked, ['gone', 'foreign', 'gone']],
  ['access whose entry was lost', { state: 'failed' as const }, ['there', 'there', 'gone']],
  ['a creation that failed after an unanswered one', { ...failed, unansweredAt: ten }, ['there', 'there', 'gone']],
  ['a creation that failed', failed, ['gone', 'foreign', 'gone']],
] as const)('%s is there by record, where it is listed, and where it is not', (_, ours, verdicts) => {
  const one = recorded(ours)
  const listed = (isListed: boolean) => judgeRecorded(one, { isListed, at: later })
  expect([judgeRecorded(one, undefined), listed(true), listed(false)]).toEqual(verdicts)
})

test('what was granted a moment ago is there, although a listing lags behind', () => {
  expect(judgeRecorded(recorded(granted), { isListed: false, at: soon })).toBe('there')
})
