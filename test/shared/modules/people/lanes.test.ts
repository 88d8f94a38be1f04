import { expect, test } from '@jest/globals'
import { measureDeletion, measureEnd, measureSuspension } from '../../../bench/beside-files.ts'

/**
 * Half of the promised minute. The figure jumps with the number of files, by what waits for the directory just then: 9 to 27 s for 300 to
 * 1,200 deletions.
 */
const mostMs = 30_000

test.each([
  ['500 memberships of one push', { files: 'valid', count: 500 }],
  ['900 files that name nothing', { files: 'junk', count: 900 }],
  ['900 suspensions of nobody by one uploader', { files: 'suspensions', count: 900 }],
  ['900 memberships that one uploader uploads and deletes', { files: 'deletions', count: 900 }],
  ['a change of another user, while 500 memberships wait', { files: 'waiting', count: 500, title: true }],
] as const)('a suspended person has nothing within seconds beside %s', async (_, beside) => {
  expect(await measureSuspension(beside)).toBeLessThan(mostMs)
})

test('whose membership is deleted is out of the group within seconds beside 500 memberships of one push', async () => {
  expect(await measureDeletion({ files: 'valid', count: 500 })).toBeLessThan(mostMs)
})

test.each(['expiry', 'finish', 'denial'] as const)(
  'temporary access ends within seconds of its %s beside 500 memberships of one push',
  async (end) => {
    expect(await measureEnd(end, { files: 'valid', count: 500 })).toBeLessThan(mostMs)
  },
)
