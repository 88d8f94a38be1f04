import { expect, test } from '@jest/globals'
import { decisionKey, parseDecisionFile, parseDecisionKey } from '../../../../shared/domain/files/decision-file.ts'
import { parseReviewFile, parseReviewKey } from '../../../../shared/domain/files/review-file.ts'

const key = 'reviews/quarter.json'
const body = {
  reviewers: { fallback: { groups: ['security'] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'revoke' },
}
const parse = (said: object) => parseReviewFile(key, new TextEncoder().encode(JSON.stringify(said)))

test('a review says at least who decides in the end, until when, and what silence means', () => {
  expect(parse(body)).toMatchObject({
    ok: true,
    value: { scopes: ['root%all'], permissionSets: ['*'], groups: [], keeps: 1, remindDays: [7, 1] },
  })
  expect(parseReviewKey(key)).toEqual({ ok: true, value: 'quarter' })
  expect(parseReviewKey('reviews/../x.json').ok).toBe(false)
})

test.each([
  ['silence that keeps', { ...body, silence: { escalateDays: 7, means: 'keep' } }, 'silence keeps nothing'],
  ['a scope that means nothing', { ...body, scopes: [] }, 'a list of 1 to 500 scopes'],
  ['a scope that no link can have', { ...body, scopes: ['everything'] }, 'a scope as in links'],
  ['nobody in the end', { ...body, reviewers: { fallback: {} } }, 'at least one of them'],
  ['a repetition before its end', { ...body, repeatDays: 21 }, 'more than lastsDays and escalateDays'],
  ['an unknown field', { ...body, owner: 'x' }, 'owner'],
])('%s is refused', (_, said, expected) => {
  const read = parse(said)
  expect(JSON.stringify(read)).toContain(expected)
  expect(read.ok).toBe(false)
})

const userId = '11111111-2222-3333-4444-555555555555'
const digest = '0123456789abcdef0123456789abcdef'

test('a decision names its person, the review, the item and the verdict by its key', () => {
  const path = `decisions/${userId}/quarter/${digest}%revoke`
  const read = parseDecisionKey(path)
  expect(read).toEqual({ ok: true, value: { userId, review: 'quarter', digest, verdict: 'revoke' } })
  expect(read.ok && decisionKey(read.value)).toBe(path)
})

test.each([
  `decisions/${userId}/quarter/${digest}%approve`,
  `decisions/${userId}/quarter/${digest}`,
  `decisions/${userId}/../${digest}%keep`,
  `decisions/somebody/quarter/${digest}%keep`,
  `decisions/${userId}/quarter/x/${digest}%keep`,
])('%s is no decision', (path) => {
  expect(parseDecisionKey(path).ok).toBe(false)
})

test('the body of a decision is empty, or has a comment in one line', () => {
  const parseBody = (text: string) => parseDecisionFile('decisions/x', new TextEncoder().encode(text)).ok
  expect([parseBody(''), parseBody('{"comment":"left the team"}'), parseBody('{"comment":"a\\nb"}')]).toEqual([
    true,
    true,
    false,
  ])
})
