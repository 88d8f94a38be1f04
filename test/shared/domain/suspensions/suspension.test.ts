import { expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { describeSuspension, isAdmitted } from '../../../../shared/domain/suspensions/describe-suspension.ts'
import {
  parseSuspensionBody,
  parseSuspensionKey,
  suspensionKey,
} from '../../../../shared/domain/suspensions/suspension.ts'

const user = principalId.parse('11111111-1111-1111-1111-111111111111')

test.each(['maria', 'maria@example.com', 'a%b', 'a/b', 'é'.normalize('NFC'), 'a'.repeat(128)])(
  'the file of %s names that user',
  (name) => {
    expect(parseSuspensionKey(`suspended/${name}`)).toEqual({ ok: true, value: name })
    expect(suspensionKey(principalName.parse(name))).toBe(`suspended/${name}`)
  },
)

test.each(['', 'a/', 'é'.normalize('NFD'), 'a\nb', 'a\u2028b', 'a\u2029b', 'a\ud800b', 'a'.repeat(129)])(
  '%j is no name of a user',
  (name) => {
    expect(parseSuspensionKey(`suspended/${name}`)).toMatchObject({ ok: false })
  },
)

test('a key that names nobody, or lies elsewhere, is told with what to do instead', () => {
  expect(parseSuspensionKey('suspended/a\tb')).toEqual({
    ok: false,
    complaint: {
      object: 'suspended/a\tb',
      received: "the name 'a\\u{9}b'",
      expected:
        'suspended/<user name>, the exact user name: at most 128 printable characters in Unicode normal form NFC',
      remedy: 'suspend the person with ssofile suspend, which finds the name; delete this one',
    },
  })
  expect(parseSuspensionKey('retire/team-a/x')).toMatchObject({ ok: false })
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

const oneLine = (most: number) =>
  `one line of text, at most ${most} characters, without control characters; write it in one line in double quotes, or leave the field out;`
test.each([
  [
    'that is a list',
    '[]',
    'one JSON object with the fields reason or ticket, or an empty file; write { "reason": "…", "ticket": "…" }, or upload an empty file;',
  ],
  ['with a long reason', `{"reason":"${'a'.repeat(1_001)}"}`, oneLine(1_000)],
  ['with a ticket of two lines', '{"ticket":"a\\nb"}', oneLine(200)],
  ['of 4,097 bytes', ' '.repeat(4_097), 'at most 4096 bytes; shorten the reason'],
])('of a body %s it is told what is allowed', (_, body, told) => {
  const read = parseSuspensionBody('suspended/maria', new TextEncoder().encode(body))
  expect(read.ok || `${read.complaint.expected}; ${read.complaint.remedy};`).toContain(told)
})

test('a reason may have 1,000 characters, and an empty file says nothing', () => {
  const parse = (body: string) => parseSuspensionBody('suspended/maria', new TextEncoder().encode(body))
  const reason = 'a'.repeat(1_000)
  expect([parse(JSON.stringify({ reason })), parse('')]).toEqual(
    [reason, undefined].map((said) => ({ ok: true, value: { reason: said } })),
  )
})

test('who has nothing of ours and something of others is partly suspended, and who has neither is suspended', () => {
  const nothing = { user, ours: [], memberships: [], kept: [], failed: [], foreign: [], groups: [] }
  expect(describeSuspension(nothing, true)).toMatchObject({ state: 'suspended' })
  expect(describeSuspension({ ...nothing, groups: ['developers'] }, true)).toMatchObject({ state: 'partly' })
  expect(describeSuspension({ ...nothing, unread: 'not today' }, true)).toMatchObject({
    state: 'partly',
    reason: expect.stringContaining('groups, which cannot be read (not today)'),
    remedy: expect.stringContaining('disable the user in the provider'),
  })
  expect(describeSuspension({ ...nothing, held: 'held by the brake' }, true)).toMatchObject({ state: 'held' })
})

test('nobody is told to be suspended before a status has said that it begins, so that a crash in between is made good', () => {
  expect(
    describeSuspension({ user, ours: [], memberships: [], kept: [], failed: [], foreign: [], groups: [] }, false),
  ).toMatchObject({
    state: 'revoking',
  })
})

test('a suspension whose first look failed has not passed the brake, and one whose revocations are put off has', () => {
  const since = '2026-03-03T10:00:00.000Z'
  expect(isAdmitted({ state: 'failed', putOff: { since, state: 'applying' } })).toBe(false)
  expect(isAdmitted({ state: 'failed', putOff: { since, state: 'revoking' } })).toBe(true)
  expect(isAdmitted({ state: 'failed' })).toBe(true)
})
