import { expect, test } from '@jest/globals'
import { measureDeletion, measureEnd, measureSuspension } from '../../../bench/beside-files.ts'
import { isShallow } from '../../../depth.ts'

const mostMs = 20_000
const [pushed, others] = isShallow ? [200, 400] : [500, 900]

test.each([
  [`${pushed} memberships of one push`, { files: 'valid', count: pushed }],
  [`${others} files that name nothing`, { files: 'junk', count: others }],
  [`${others} suspensions of nobody by one uploader`, { files: 'suspensions', count: others }],
  [`${others} memberships that one uploader uploads and deletes`, { files: 'deletions', count: others }],
  [`a change of another user, while ${pushed} memberships wait`, { files: 'waiting', count: pushed, title: true }],
] as const)('a suspended person has nothing within seconds beside %s', async (_, beside) => {
  expect(await measureSuspension(beside)).toBeLessThan(mostMs)
})

test(`whose membership is deleted is out of the group within seconds beside ${pushed} memberships of one push`, async () => {
  expect(await measureDeletion({ files: 'valid', count: pushed })).toBeLessThan(mostMs)
})

test.each(['expiry', 'finish', 'denial'] as const)(
  `temporary access ends within seconds of its %s beside ${pushed} memberships of one push`,
  async (end) => {
    expect(await measureEnd(end, { files: 'valid', count: pushed })).toBeLessThan(mostMs)
  },
)
