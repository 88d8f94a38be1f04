import { expect, test } from '@jest/globals'
import { parseIsoDuration, renderIsoDuration } from '../../../../shared/domain/text/iso-duration.ts'

const hour = 60 * 60_000

test.each([
  ['PT8H', 8 * hour],
  ['PT1H30M', 1.5 * hour],
  ['PT45M', 0.75 * hour],
  ['P7D', 168 * hour],
  ['P1DT12H', 36 * hour],
  ['P30D', 720 * hour],
  ['PT720H', 720 * hour],
])('%s is a length of time', (text, ms) => {
  expect(parseIsoDuration(text)).toBe(ms)
})

test.each([
  '',
  'P',
  'PT',
  'PT0H',
  'P1DT',
  '8H',
  'PT8',
  'PT-1H',
  'PT1.5H',
  'P1M',
  'P1W',
  'PT30S',
  'P31D',
  'PT721H',
  ' PT1H',
])('%j is none: it is not in the form, nothing, or too long', (text) => {
  expect(parseIsoDuration(text)).toBeUndefined()
})

test.each(['PT8H', 'PT1H30M', 'PT45M', 'P7D', 'PT36H'])('%s is written as it was read', (text) => {
  expect(renderIsoDuration(parseIsoDuration(text) ?? 0)).toBe(text)
})
