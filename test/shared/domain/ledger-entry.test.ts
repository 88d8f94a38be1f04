import { expect, test } from '@jest/globals'
import { isSettled, ledgerEntry } from '../../../shared/domain/ledger-entry.ts'

const at = '2026-03-03T10:00:00.000Z'
const access = {
  state: 'granted',
  principalId: '11111111-2222-3333-4444-555555555555',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [],
}

test.each([
  ['it is granted', {}, true],
  ['it is being granted', { state: 'granting' }, false],
  ['its principal was seen gone', { orphanedAt: at }, false],
  ['there is former access', { former: [access] }, false],
])('whether anything is left to do for an entry where %s', (_, change, settled) => {
  expect(isSettled(ledgerEntry.parse({ v: 1, ...access, attempts: 0, updatedAt: at, ...change }))).toBe(settled)
})
