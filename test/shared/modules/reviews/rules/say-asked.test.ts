import { expect, test } from '@jest/globals'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { type ReviewItem, reviewItem } from '../../../../../shared/modules/reviews/rules/review-item.ts'
import { sayAsked, sayOnlyRevokes } from '../../../../../shared/modules/reviews/rules/say-asked.ts'

const idOf = (digit: number) => principalId.parse(`${String(digit).repeat(8)}-1111-2222-3333-444444444444`)
const [ana, ben, security] = [idOf(1), idOf(2), idOf(3)]
const me = { userId: ana, groupIds: new Set([security]) }
const asAna = { type: 'USER' as const, id: ana, name: 'ana' }
const asBen = { type: 'USER' as const, id: ben, name: 'ben' }
const asSecurity = { type: 'GROUP' as const, id: security, name: 'team-security' }
const asked = (over: Partial<ReviewItem>): ReviewItem =>
  reviewItem.parse({
    ...{ v: 1, digest: 'd'.repeat(32), review: 'quarter', run: '2026-03-03T10:00:00.000Z' },
    ...{ subject: { kind: 'unread', what: 'the members of oncall', why: 'no answer' }, reviewers: [], decisions: [] },
    ...over,
  })

test.each([
  ['its reviewer', asked({ reviewers: [asAna] }), 'You answer for it'],
  ['in its group', asked({ reviewers: [asSecurity] }), 'You answer for it, with the group team-security'],
  [
    'the owner by its uploader',
    asked({ reviewers: [asBen], revokers: [asAna] }),
    'Its uploader chose you as the owner',
  ],
  ['the fallback', asked({}), 'Nobody answers for it, so the fallback decides, with the group team-security'],
])('who is %s reads why', (_, item, why) => {
  expect(sayAsked(item, { fallback: [asSecurity], escalatedAt: undefined }, me)).toBe(why)
})

test('who may only revoke reads why', () => {
  expect(sayOnlyRevokes(asked({ revokers: [asAna] }), me)).toBe(
    'its uploader chose you as the owner; others may keep it',
  )
  expect(sayOnlyRevokes(asked({ reviewers: [asSecurity] }), me)).toBe(
    'you joined its reviewers after the review began; others may keep it',
  )
})
