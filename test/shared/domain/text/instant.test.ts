import { expect, test } from '@jest/globals'
import { givenInstant, renderInstant } from '../../../../shared/domain/text/instant.ts'
import { listProjectFiles, readText } from '../../../house/source-files.ts'

const [first, last] = ['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']

test.each([
  ['2026-12-24T18:00:00+01:00', '2026-12-24T18:00:00+01:00'],
  ['2026-12-24T18:00+01:00', '2026-12-24T18:00+01:00'],
  [last, last],
  ['9999-12-31T23:59:59-00:00', '9999-12-31T23:59:59-00:00'],
  ['9999-12-31T23:59:59-05:00', last],
  ['9999-12-31T23:59-12:00', last],
  ['9999-12-31T23:59:59+14:00', '9999-12-31T23:59:59+14:00'],
  [first, first],
  ['0000-01-01T00:00:00+12:00', first],
])('the instant %s of a file is read as %s', (text, read) => {
  expect(givenInstant.parse(text)).toBe(read)
  expect(renderInstant(new Date(text))).toMatch(/^\d{4}-/)
})

test.each(['2026-02-30T00:00:00Z', '2026-12-24T18:00:00', '+010000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', 7])(
  'a file is refused with %s instead of an instant',
  (text) => {
    expect(givenInstant.safeParse(text).success).toBe(false)
  },
)

test('every kind of file reads its instants by the one schema, which knows what is outside the calendar', () => {
  const own = listProjectFiles().filter(
    (path) => /^(shared|handlers)\/.*\.ts$/.test(path) && /datetime\(\{[^)]*offset: true/.test(readText(path)),
  )
  expect(own).toEqual(['shared/domain/text/instant.ts'])
})
