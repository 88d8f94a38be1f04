import { describe, expect, test } from '@jest/globals'
import { areSameUploads, isSameUpload } from '../../../shared/domain/ledger-entry.ts'

const one = { key: 'links_data/a', etag: 'e', lastModified: '2026-03-03T10:00:00.000Z' }
const two = { ...one, key: 'links_data/b' }

describe('an upload of a link', () => {
  test('is the same where key, etag and instant are', () => {
    expect(isSameUpload(one, { ...one })).toBe(true)
  })

  test.each([
    ['key', two],
    ['etag', { ...one, etag: 'f' }],
    ['instant, as of empty files that share an etag', { ...one, lastModified: '2026-03-03T10:00:01.000Z' }],
  ])('is another with another %s', (_, other) => {
    expect(isSameUpload(one, other)).toBe(false)
  })
})

test('uploads are the same in any order, and others where one is missing, more or anew', () => {
  expect(areSameUploads([one, two], [two, one])).toBe(true)
  expect(areSameUploads([], [])).toBe(true)
  expect(areSameUploads([one, two], [one])).toBe(false)
  expect(areSameUploads([one], [one, two])).toBe(false)
  expect(areSameUploads([one, two], [one, { ...two, etag: 'f' }])).toBe(false)
})
