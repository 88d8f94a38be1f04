import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  areSameUploads,
  isAtRest,
  isSameLink,
  ledgerEntry,
} from '../../../../shared/domain/assignments/ledger-entry.ts'
import { entries } from '../access-arbitraries.ts'

const one = { key: 'links_data/a', etag: 'e', lastModified: '2026-03-03T10:00:00.000Z' }
const two = { ...one, key: 'links_data/b' }

describe('an upload of a link', () => {
  test('an upload of a link is the same whenever it was made', () => {
    const again = { ...one, lastModified: '2026-03-03T10:00:01.000Z' }
    expect(isSameLink(one, again)).toBe(true)
  })

  test.each([
    ['key', two],
    ['content', { ...one, etag: 'f' }],
    ['instant at which it was asked to count as new', { ...one, rebind: '2026-03-03T10:00:01.000Z' }],
  ])('an upload of a link is another with another %s', (_, other) => {
    expect(isSameLink(one, other)).toBe(false)
  })
})

test('uploads are the same in any order, and others where one is missing, added or uploaded again', () => {
  expect(areSameUploads([one, two], [two, one])).toBe(true)
  expect(areSameUploads([], [])).toBe(true)
  expect(areSameUploads([one, two], [one])).toBe(false)
  expect(areSameUploads([one], [one, two])).toBe(false)
  expect(areSameUploads([one, two], [one, { ...two, etag: 'f' }])).toBe(false)
  expect(areSameUploads([one], [{ ...one, lastModified: '2026-03-03T10:00:01.000Z' }])).toBe(false)
})

const at = '2026-03-03T10:00:00.000Z'
const access = {
  state: 'granted',
  principal: 'auditors',
  principalId: '11111111-2222-3333-4444-555555555555',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [],
}

test.each([
  ['it is granted', {}, true],
  ['it is being granted', { state: 'granting' }, false],
  ['its principal was seen gone', { orphanedAt: at }, false],
  ['an operator gave it back', { releasedAt: at }, false],
])('an entry says whether anything is left to do where %s', (_, change, settled) => {
  expect(isAtRest(ledgerEntry.parse({ v: 1, ...access, attempts: 0, updatedAt: at, ...change }))).toBe(settled)
})

describe('the object of an entry', () => {
  test('reads as the entry that was written, whatever that says', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(ledgerEntry.parse(JSON.parse(JSON.stringify(entry)))).toEqual(entry)
      }),
    )
  })

  test.each([
    ['another version', { v: 2 }],
    ['no name of its principal', { principal: undefined }],
    ['a name where its id is expected', { principalId: 'auditors' }],
    ['a state that nobody knows', { state: 'lost' }],
    ['a negative number of attempts', { attempts: -1 }],
  ])('is refused with %s', (_, change) => {
    expect(ledgerEntry.safeParse({ v: 1, ...access, attempts: 0, updatedAt: at, ...change }).success).toBe(false)
  })
})
