import { expect, test } from '@jest/globals'
import {
  asEntry,
  bringForward,
  isSameAccess,
  listAccess,
  toFormer,
  withFormer,
  withoutAccess,
} from '../../../shared/domain/former-access.ts'
import { permissionSetArn } from '../../../shared/domain/identity-center-ids.ts'
import {
  type FormerAccess,
  formerAccess,
  isSettled,
  type LedgerEntry,
  ledgerEntry,
} from '../../../shared/domain/ledger-entry.ts'

const at = '2026-03-03T10:00:00.000Z'
const arn = 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'
const idOf = (digit: number) => `${String(digit).repeat(8)}-2222-3333-4444-555555555555`
const access = (digit: number) => ({ state: 'granted', principalId: idOf(digit), permissionSetArn: arn, links: [] })

function entry(...digits: readonly number[]): LedgerEntry {
  const [present = 1, ...others] = digits
  const former = others.length === 0 ? {} : { former: others.map(access) }
  return ledgerEntry.parse({ v: 1, ...access(present), ...former, openUntil: at, attempts: 2, updatedAt: at })
}

const ids = (whole: LedgerEntry | undefined) => whole && listAccess(whole).map(({ principalId }) => principalId[0])
const accessOf = (digit: number): FormerAccess => toFormer(entry(digit))

test('a former access that is brought forward is the present one, and what was present is former', () => {
  expect(ids(bringForward(entry(1, 2, 3), accessOf(3)))).toEqual(['3', '1', '2'])
})

test('an access that is new to an entry makes all it had former', () => {
  expect(ids(bringForward(entry(1, 2), accessOf(4)))).toEqual(['4', '1', '2'])
})

test('brought forward, an access brings no grace of another principal with it', () => {
  expect(bringForward({ ...entry(1, 2), orphanedAt: at }, accessOf(2)).orphanedAt).toBeUndefined()
})

test.each([
  { of: [1, 2, 3], without: 1, left: ['2', '3'] },
  { of: [1, 2, 3], without: 2, left: ['1', '3'] },
  { of: [1], without: 1, left: undefined },
  { of: [1, 2], without: 9, left: ['1', '2'] },
])('without $without an entry of $of has $left left', ({ of, without, left }) => {
  const rest = withoutAccess(entry(...of), accessOf(without))
  expect(ids(rest)).toEqual(left)
  if (rest) expect(ledgerEntry.parse(JSON.parse(JSON.stringify(rest)))).toEqual(JSON.parse(JSON.stringify(rest)))
})

test('what is changed of a former access goes back into its place, and its retry to the whole', () => {
  const whole = entry(1, 2, 3)
  const [former] = whole.former ?? []
  if (!former) throw new Error('the entry has no former access')
  const changed: LedgerEntry = { ...asEntry(whole, former), state: 'failed', reason: 'no', attempts: 3 }
  const next = withFormer(whole, changed)
  expect(next).toMatchObject({ state: 'granted', attempts: 3, former: [{ state: 'failed', reason: 'no' }, {}] })
  expect(ids(next)).toEqual(['1', '2', '3'])
})

test('the same principal with another permission set has another access', () => {
  const other = permissionSetArn.parse(arn.replace(/.$/, '0'))
  const [one, another] = [accessOf(1), { ...accessOf(1), permissionSetArn: other }]
  expect(isSameAccess(one, { ...one })).toBe(true)
  expect(isSameAccess(one, another)).toBe(false)
  expect(isSameAccess(one, accessOf(2))).toBe(false)
  expect(withoutAccess({ ...entry(1), former: [another] }, one)).toMatchObject({ permissionSetArn: other })
})

test.each([
  ['brought forward', (whole: LedgerEntry) => bringForward(whole, accessOf(2))],
  ['an entry of its own', (whole: LedgerEntry) => asEntry(whole, accessOf(2))],
])('an access that is %s keeps the retry of the entry that it came from', (_, change) => {
  expect(change(entry(1, 2))).toMatchObject({ v: 1, openUntil: at, attempts: 2, updatedAt: at })
  const { openUntil: _openUntil, ...closed } = entry(1, 2)
  expect(Object.keys(change(closed))).not.toContain('openUntil')
})

test('what is taken from an entry leaves the grace and the drift of the access that stays present', () => {
  const seenGone = { ...entry(1, 2), orphanedAt: at, missingSince: at }
  expect(withoutAccess(seenGone, accessOf(2))).toEqual({ ...entry(1), orphanedAt: at, missingSince: at })
  expect(withoutAccess(seenGone, accessOf(1))).toEqual(entry(2))
})

test('an entry without former access has none after the retry of what it had', () => {
  expect(withFormer(entry(1), { ...entry(2), attempts: 5 })).toEqual({ ...entry(1), attempts: 5 })
})

test('an entry without other access says nothing of former access', () => {
  expect(bringForward(entry(1), accessOf(1))).toStrictEqual(entry(1))
})

test('an entry is settled once it is granted, has nothing former, and its principal was not seen gone', () => {
  expect(isSettled(entry(1))).toBe(true)
  expect(isSettled(entry(1, 2))).toBe(false)
  expect(isSettled({ ...entry(1), orphanedAt: at })).toBe(false)
  expect(isSettled({ ...entry(1), state: 'failed' })).toBe(false)
})

const ninth = access(9)
/** With everything that an entry may say. */
const whole = ledgerEntry.parse({
  v: 1,
  ...access(1),
  reason: 'someone removed it',
  call: { kind: 'creation', calledAt: at },
  lastCreation: { kind: 'creation', calledAt: at },
  grantedAt: at,
  former: [ninth],
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
  const forward = bringForward(whole, formerAccess.parse(ninth))
  expect(ledgerEntry.safeParse(JSON.parse(JSON.stringify(forward))).error).toBeUndefined()
  expect(ids(forward)).toEqual(['9', '1'])
})
