import { expect, test } from '@jest/globals'
import { hint, isDriftHint } from '../../../../shared/domain/messages/hint.ts'

const cause = 'links_data/root%all%ReadOnly%auditors%GROUP%ssofile'
const assignment = {
  v: 1,
  kind: 'assignment',
  account: '012345678901',
  permissionSet: 'ReadOnly',
  principal: 'auditors',
  type: 'GROUP',
  cause,
}
const principalId = '11111111-2222-3333-4444-555555555555'
const access = {
  v: 1,
  kind: 'access',
  account: '012345678901',
  permissionSet: 'ReadOnly',
  principalId,
  type: 'GROUP',
  cause: 'open work',
}
const permissionSet = {
  v: 1,
  kind: 'permission-set',
  permissionSet: 'ReadOnly',
  cause: 'permission_sets/ReadOnly.json',
}

test('a hint names an account assignment, an access or a permission set, and its cause', () => {
  for (const message of [assignment, access, permissionSet]) {
    expect(hint.parse(JSON.parse(JSON.stringify(message)))).toEqual(message)
  }
})

const ofDrift = { v: 1, run: '2026-03-03T02:00:00.000Z', unit: 'GROUP 1', cause: 'the nightly check' }

test.each([
  ['an account assignment', assignment, false],
  ['an access', access, false],
  ['a permission set', permissionSet, false],
  ['a whole drift check', { ...ofDrift, kind: 'drift' }, true],
  ['some principals', { ...ofDrift, kind: 'drift-of-principals', type: 'GROUP', principals: [principalId] }, true],
  [
    'a permission set everywhere',
    { ...ofDrift, kind: 'drift-of-permission-set', permissionSet: 'ReadOnly', isOnlyAxis: true },
    true,
  ],
])('a hint at %s says whether it is of a drift check', (_, message, isOfDrift) => {
  expect(isDriftHint(hint.parse(message))).toBe(isOfDrift)
})

test.each([
  ['of another version', { ...assignment, v: 2 }],
  ['of another kind', { ...assignment, kind: 'account' }],
  ['without a cause', { ...assignment, cause: undefined }],
  ['without an account', { ...assignment, account: undefined }],
  ['with an account of 11 digits', { ...assignment, account: '12345678901' }],
  ['with an account as a number', { ...assignment, account: 123456789012 }],
  ['with an empty principal', { ...assignment, principal: '' }],
  ['with a name where an access has an id', { ...access, principalId: 'auditors' }],
  ['with a type in small letters', { ...assignment, type: 'group' }],
  ['with a permission set name that AWS does not allow', { ...permissionSet, permissionSet: 'Read Only' }],
  ['that is a text', JSON.stringify(assignment)],
])('a message %s is no hint', (_, message) => {
  expect(hint.safeParse(message).success).toBe(false)
})

test('of a hint of another version everything is read that this one knows', () => {
  expect(hint.parse({ ...assignment, action: 'revoke' })).toMatchObject(assignment)
})
