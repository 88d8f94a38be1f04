import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  parseSessionDuration,
  renderSessionDuration,
} from '../../../../shared/domain/permission-sets/session-duration.ts'

test.each([
  [60, 'PT1H'],
  [61, 'PT1H1M'],
  [90, 'PT1H30M'],
  [240, 'PT4H'],
  [720, 'PT12H'],
  [59, 'PT59M'],
  [0, 'PT0M'],
])('%i minutes are %s', (minutes, text) => {
  expect(renderSessionDuration(minutes)).toBe(text)
})

test.each([
  ['PT4H', 240],
  ['PT1H30M', 90],
  ['PT90M', 90],
  ['PT3600S', 60],
  ['PT1H30M60S', 91],
  ['PT12H0M', 720],
])('%s is %i minutes', (text, minutes) => {
  expect(parseSessionDuration(text)).toBe(minutes)
})

test.each(['', 'PT', 'P1D', 'PT1H ', ' PT1H', 'pt1h', 'PT30M1H', 'PTH', 'PT1.5H', 'PT90S', '60'])(
  "'%s' is no duration in whole minutes",
  (text) => {
    expect(parseSessionDuration(text)).toBeUndefined()
  },
)

test('what is rendered is parsed back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2_000 }), (minutes) => {
      expect(parseSessionDuration(renderSessionDuration(minutes))).toBe(minutes)
    }),
  )
})
