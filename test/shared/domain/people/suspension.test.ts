import { expect, test } from '@jest/globals'
import { describeSuspension } from '../../../../shared/domain/people/describe-suspension.ts'
import { parseSuspensionBody, parseSuspensionKey } from '../../../../shared/domain/people/suspension.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'

const user = principalId.parse('11111111-1111-1111-1111-111111111111')

test.each(['maria', 'maria@example.com', 'a%b', 'a/b', 'é'.normalize('NFC')])(
  'the file of %s names that user',
  (name) => {
    expect(parseSuspensionKey(`suspended/${name}`)).toEqual({ ok: true, value: name })
  },
)

test.each(['', 'a/', 'é'.normalize('NFD'), 'a\nb', 'a'.repeat(129)])('%j is no name of a user', (name) => {
  expect(parseSuspensionKey(`suspended/${name}`)).toMatchObject({ ok: false })
})

test.each([
  ['', true],
  ['{}', true],
  ['{"reason":"left","ticket":"HR-1"}', true],
  ['{"until":"x"}', false],
  ['{', false],
])('of the body %j it is said whether it can be read', (body, ok) => {
  expect(parseSuspensionBody('suspended/maria', new TextEncoder().encode(body))).toMatchObject({ ok })
})

test('who has nothing of ours and something of others is partly suspended, and who has neither is suspended', () => {
  const nothing = { user, ours: [], memberships: [], failed: [], foreign: [], groups: [] }
  expect(describeSuspension(nothing, true)).toMatchObject({ state: 'suspended' })
  expect(describeSuspension({ ...nothing, groups: ['developers'] }, true)).toMatchObject({ state: 'partly' })
  expect(describeSuspension({ ...nothing, held: 'held by the brake' }, true)).toMatchObject({ state: 'held' })
})

test('nobody is told to be suspended before a status has said that it begins, so that a crash in between is made good', () => {
  expect(
    describeSuspension({ user, ours: [], memberships: [], failed: [], foreign: [], groups: [] }, false),
  ).toMatchObject({
    state: 'revoking',
  })
})
