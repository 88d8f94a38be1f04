import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { leavingOf } from '../../../../shared/domain/brake/minimum.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { stillHolds } from '../../../../shared/reconcile/brake/ask-minimum.ts'

const idOf = (nth: number) => principalId.parse(`11111111-1111-4111-8111-00000000000${nth}`)
const [group, other, user, person] = [idOf(1), idOf(2), idOf(3), idOf(4)]
const keyIn = (account: string) => assignmentKey.parse(`account%${account}%Admin-ps%${other}%GROUP`)
const places = { accounts: new Set(['200000000001']), groups: new Set([group]) }
const takes = { person }
const asked = { isConcerned: true, leaving: new Set(['person of before']), left: 5, places }
const recordWith = (added: readonly string[], left = 5 + added.length) => ({
  ...emptyBrake,
  left,
  leaving: ['person of before', ...added].map((access) => ({ access, at: '2026-03-03T10:00:00.000Z' })),
})
const elsewhere = [keyIn('200000000002'), leavingOf({ membership: { group: other, user } })]

test.each([
  ['nothing', [], true],
  ['access in another account, and a person out of a group without access there', elsewhere, true],
  ['access in the account', [...elsewhere, keyIn('200000000001')], false],
  ['a person out of a group with access there', [leavingOf({ membership: { group, user } })], false],
  ['everything of a person, who may be in any group', [leavingOf({ person: user })], false],
])('an answer that enough people stay, followed by the loss of %s, still holds: %s', (_, added, expected) => {
  expect(stillHolds(asked, recordWith(added), takes)).toBe(expected)
})

test('an answer does not hold if something left that the record has forgotten', () => {
  expect(stillHolds(asked, recordWith(elsewhere, 8), takes)).toBe(false)
  expect(stillHolds(asked, recordWith([], 6), takes)).toBe(false)
})

test('an answer about unknown places holds only while nothing begins to leave', () => {
  const unknown = { ...asked, places: undefined }
  expect(stillHolds(unknown, recordWith([]), takes)).toBe(true)
  expect(stillHolds(unknown, recordWith(elsewhere), takes)).toBe(false)
})
