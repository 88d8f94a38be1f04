import { expect, test } from '@jest/globals'
import { itemDigest } from '../../../../../shared/domain/files/decision-file.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { renderReviewCsv, resultOf, results } from '../../../../../shared/modules/reviews/rules/manifest.ts'
import { remedyOf, type Subject } from '../../../../../shared/modules/reviews/rules/review-item.ts'

const at = '2027-01-01T00:00:00.000Z'
const digest = itemDigest.parse('0'.repeat(32))

test('each end, proven or not, has a result, and each result comes about', () => {
  const ends = ['deleted', 'gone', 'task', 'changed', 'kept', 'not done'] as const
  const of = (item: Partial<Parameters<typeof resultOf>[0]>) =>
    resultOf({ subject: membership(), decisions: [], ...item }, { keeps: 2 })
  const told = ends.flatMap((is) => [of({ end: { is, at } }), of({ end: { is, at }, provenAt: at })])
  const given = (...keys: string[]) =>
    of({ end: { is: 'deleted', at }, provenAt: at, given: keys.map((key) => ({ key, etag: 'e' })) })
  const [own, rule] = ['memberships/oncall%kenji%ssofile', 'rules/oncall.json']
  expect([given(own), given(own, rule), given()]).toEqual(['came back', 'still given', 'still given'])
  const [keep, revoke] = [decided('keep'), decided('revoke')]
  expect([of({}), of({ decisions: [keep] })]).toEqual(['open', 'open'])
  expect([of({ decisions: [keep, keep] }), of({ decisions: [revoke] })]).toEqual(['decided', 'decided'])
  expect(new Set([...told, given(own), given(), 'open', 'decided'])).toEqual(new Set(results))
})

const id = principalId.parse('11111111-2222-3333-4444-555555555555')
const decided = (verdict: 'keep' | 'revoke') => ({ user: id, verdict, key: 'k', etag: 'e', at })
const membership = (...keys: string[]): Subject => ({
  kind: 'membership',
  group: 'oncall',
  user: 'kenji',
  groupId: id,
  userId: id,
  files: keys.map((key) => ({ key, etag: 'e' })),
})

test.each([
  ['by files', membership('memberships/oncall%kenji%ssofile'), 'delete'],
  ['by a rule', membership('rules/oncall.json'), 'change rules/oncall.json'],
  [
    'by a rule and a file',
    membership('memberships/oncall%kenji%ssofile', 'rules/oncall.json'),
    'change rules/oncall.json',
  ],
  ['by a provider', membership(), 'aws identitystore delete-group-membership'],
])('a membership %s is taken away by what gave it', (_, subject, expected) => {
  expect(JSON.stringify(remedyOf(subject))).toContain(expected)
})

test('no cell of the table is a formula, whatever names and comments say', () => {
  const csv = renderReviewCsv({
    items: [
      {
        digest,
        item: '=cmd|calc',
        subject: membership(),
        reviewers: [
          { type: 'GROUP', id, name: '@SUM(1)' },
          { type: 'USER', id, name: '<img src=x>' },
        ],
        replaces: undefined,
        result: 'open',
        decisions: [{ user: id, verdict: 'keep', key: 'k', etag: 'e', at, comment: '-1+1\r\n"x"' }],
        end: undefined,
        proof: ['+1'],
        provenAt: undefined,
      },
    ],
  })
  const [, row = ''] = csv.split('\r\n')
  expect(row).not.toMatch(/"[=+\-@]/)
  expect(csv.split('\r\n')).toHaveLength(3)
})
