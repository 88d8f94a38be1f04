import { expect, test } from '@jest/globals'
import { bringForward, toFormer } from '../../../shared/domain/former-access.ts'
import { formerAccess, ledgerEntry } from '../../../shared/domain/ledger-entry.ts'

const at = '2026-03-03T10:00:00.000Z'
const access = {
  state: 'failed',
  reason: 'someone removed it',
  principalId: '92307020-41b6-05ce-951e-70dfe8931aa1',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-6b398906c5b246f8',
  links: [],
  call: { kind: 'creation', calledAt: at },
  lastCreation: { kind: 'creation', calledAt: at },
  grantedAt: at,
}
const other = { ...access, principalId: '92307020-41b6-05ce-951e-70dfe8931bb2' }
/** With everything that an entry may say. */
const whole = ledgerEntry.parse({
  v: 1,
  ...access,
  former: [other],
  orphanedAt: at,
  missingSince: at,
  openUntil: at,
  attempts: 1,
  updatedAt: at,
})

test('the access of an entry that says all an entry may say can be kept as former', () => {
  expect(formerAccess.safeParse(toFormer(whole)).error).toBeUndefined()
})

test('an entry in which a former access comes forward can be read again', () => {
  const forward = bringForward(whole, formerAccess.parse(other))
  expect(ledgerEntry.safeParse(JSON.parse(JSON.stringify(forward))).error).toBeUndefined()
  expect(forward.former?.map(({ principalId }) => principalId)).toEqual([access.principalId])
})
