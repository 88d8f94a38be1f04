import { describe, expect, test } from '@jest/globals'
import { areSameUploads, isSameUpload, isSettled, ledgerEntry } from '../../../shared/domain/ledger-entry.ts'

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

const at = '2026-03-03T10:00:00.000Z'
const access = {
  state: 'granted',
  principalId: '11111111-2222-3333-4444-555555555555',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [],
}

test.each([
  ['it is granted', {}, true],
  ['it is being granted', { state: 'granting' }, false],
  ['its principal was seen gone', { orphanedAt: at }, false],
  ['there is former access', { former: [access] }, false],
])('whether anything is left to do for an entry where %s', (_, change, settled) => {
  expect(isSettled(ledgerEntry.parse({ v: 1, ...access, attempts: 0, updatedAt: at, ...change }))).toBe(settled)
})
