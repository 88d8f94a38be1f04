import { expect, test } from '@jest/globals'
import { renderProgress } from '../../../../handlers/cli/terminal/progress.ts'

test('a step without a count is told alone', () => {
  expect(renderProgress('reading', undefined, 60_000)).toBe('reading …')
})

test.each([
  [0, 60_000, 'reading: 0 of 1,000'],
  [10, 1_999, 'reading: 10 of 1,000'],
  [10, 2_000, 'reading: 10 of 1,000, about 3 minutes left'],
  [500, 10_000, 'reading: 500 of 1,000, about 10 seconds left'],
  [999, 10_000, 'reading: 999 of 1,000, about 1 second left'],
  [1_000, 10_000, 'reading: 1,000 of 1,000'],
])('with %i done after %i ms it says %s', (done, elapsedMs, line) => {
  expect(renderProgress('reading', { done, of: 1_000 }, elapsedMs)).toBe(line)
})
