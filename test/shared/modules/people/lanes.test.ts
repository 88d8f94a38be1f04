import { expect, test } from '@jest/globals'
import { measureDeletion, measureEnd, measureSuspension } from '../../../bench/beside-files.ts'
import { massOf } from '../../../depth.ts'

/**
 * Half of the promised minute. The figure jumps with the number of files, by what waits for the directory just then: 9 to 27 s for 300 to
 * 1,200 deletions.
 */
const mostMs = 30_000
const [few, many] = [massOf(500), massOf(900)]

test.each([
  [`${few} memberships of one push`, { files: 'valid', count: few }],
  [`${many} files that name nothing`, { files: 'junk', count: many }],
  [`${many} suspensions of nobody by one uploader`, { files: 'suspensions', count: many }],
  [`${many} memberships that one uploader uploads and deletes`, { files: 'deletions', count: many }],
  [`a change of another user, while ${few} memberships wait`, { files: 'waiting', count: few, title: true }],
] as const)('a suspended person has nothing within seconds beside %s', async (_, beside) => {
  expect(await measureSuspension(beside)).toBeLessThan(mostMs)
})

test('whose membership is deleted is out of the group within seconds beside the memberships of one push', async () => {
  expect(await measureDeletion({ files: 'valid', count: few })).toBeLessThan(mostMs)
})

test.each(['expiry', 'finish', 'denial'] as const)(
  'temporary access ends within seconds of its %s beside the memberships of one push',
  async (end) => {
    expect(await measureEnd(end, { files: 'valid', count: few })).toBeLessThan(mostMs)
  },
)
