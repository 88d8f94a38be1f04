import { expect, test } from '@jest/globals'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { compareColleagues } from '../../../../../shared/modules/reviews/rules/colleagues.ts'
import { type Subject, subject } from '../../../../../shared/modules/reviews/rules/review-item.ts'

const idOf = (digit: number) => principalId.parse(`${String(digit).repeat(8)}-1111-2222-3333-444444444444`)
const [group, ana, ben, cleo] = [idOf(1), idOf(2), idOf(3), idOf(4)]

const membership = (user: string, userId: string, lastUsed?: string) =>
  subject.parse({ kind: 'membership', group: 'oncall', user, groupId: group, userId, files: [], lastUsed })
function link(principal: string, principalId: string, permissionSet: string): Subject {
  const about = { permissionSet, type: 'USER', principal, principalId, isPrivileged: false }
  return subject.parse({
    ...{ kind: 'link', scope: 'account%111122223333', accounts: ['111122223333'] },
    ...about,
    file: { key: 'links_data/x', etag: 'e' },
  })
}
const subjects = [
  membership('ana', ana),
  membership('ben', ben, '2026-01-01T00:00:00Z'),
  membership('cleo', cleo),
  link('ana', ana, 'Admin-ps'),
  link('ana', ana, 'Read-ps'),
  link('ben', ben, 'Read-ps'),
]
const say = compareColleagues(subjects.map((one) => ({ subject: one })))

test('a membership says how many others use the group, and a link how many colleagues have the same', () => {
  expect(subjects.map(say)).toEqual([
    '1 of 2 others in the group used it',
    '0 of 2 others in the group used it',
    '1 of 2 others in the group used it',
    '0 of 2 colleagues in oncall have it too',
    '1 of 2 colleagues in oncall has it too',
    '1 of 2 colleagues in oncall has it too',
  ])
})

test('of somebody without a group in the review, nothing is said', () => {
  expect(say(link('dora', idOf(5), 'Admin-ps'))).toBe('')
})
