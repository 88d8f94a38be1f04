import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  areSameUploads,
  findAccess,
  isSameAccess,
  isSameLink,
  isSettled,
  ledgerEntry,
  renderEntry,
  withAccess,
  withoutAccess,
} from '../../../shared/domain/ledger-entry.ts'
import { accessesOf, entries, mine, theirs, third } from './access-arbitraries.ts'

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
  principalId: '11111111-2222-3333-4444-555555555555',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [],
}

test.each([
  ['it is granted', {}, true],
  ['it is being granted', { state: 'granting' }, false],
  ['its principal was seen gone', { orphanedAt: at }, false],
  ['there is former access', { former: [access] }, false],
])('an entry says whether anything is left to do where %s', (_, change, settled) => {
  expect(isSettled(ledgerEntry.parse({ v: 1, ...access, attempts: 0, updatedAt: at, ...change }))).toBe(settled)
})

describe('the object of an entry', () => {
  test('reads as the entry that was written, whatever that says', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(ledgerEntry.parse(JSON.parse(JSON.stringify(renderEntry(entry))))).toEqual(entry)
      }),
    )
  })

  test('shows the first access at the top and the others under former, which is not there where there are none', () => {
    const entry = { accesses: [mine, theirs, third], attempts: 2, updatedAt: at } as const
    const full = entry.accesses.map((ids) => ({ ...ids, state: 'granted' as const, links: [] }))
    const [first, ...former] = full
    if (first === undefined) throw new Error('there are three')
    const rest = { attempts: 2, updatedAt: at }
    expect(renderEntry({ accesses: [first, ...former], ...rest })).toEqual({ v: 1, ...first, former, ...rest })
    expect(JSON.parse(JSON.stringify(renderEntry({ accesses: [first], ...rest })))).toEqual({ v: 1, ...first, ...rest })
  })

  test.each([
    ['another version', { v: 2 }],
    ['an empty list of former access', { former: [] }],
    ['a state that nobody knows', { state: 'lost' }],
    ['a negative number of attempts', { attempts: -1 }],
  ])('is refused with %s', (_, change) => {
    expect(ledgerEntry.safeParse({ v: 1, ...access, attempts: 0, updatedAt: at, ...change }).success).toBe(false)
  })
})

describe('an access of an entry', () => {
  test('is the same by its two ids', () => {
    expect(isSameAccess(mine, { ...mine })).toBe(true)
    expect(isSameAccess(mine, theirs)).toBe(false)
    expect(isSameAccess(mine, third)).toBe(false)
  })

  test('is found after it was changed, at its place, and the others are as before', () => {
    fc.assert(
      fc.property(entries, accessesOf(mine), (entry, changed) => {
        const accesses = withAccess(entry, changed)
        const place = entry.accesses.findIndex((one) => isSameAccess(one, mine))
        expect(accesses.findIndex((one) => isSameAccess(one, mine))).toBe(Math.max(place, 0))
        expect(findAccess({ ...entry, accesses }, mine)).toBe(changed)
        const others = (all: typeof accesses) => all.filter((one) => !isSameAccess(one, mine))
        expect(others(accesses)).toEqual(others(entry.accesses))
      }),
    )
  })

  test('is put first where that is asked for, and where it is new', () => {
    fc.assert(
      fc.property(entries, accessesOf(mine), (entry, changed) => {
        const [first, ...others] = withAccess(entry, changed, { first: true })
        expect(first).toBe(changed)
        expect(others).toEqual(entry.accesses.filter((one) => !isSameAccess(one, mine)))
      }),
    )
    fc.assert(fc.property(accessesOf(mine), (one) => expect(withAccess(undefined, one)).toEqual([one])))
  })

  test('is gone without it, and nothing is left where it was the only one', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const left = entry.accesses.filter((one) => !isSameAccess(one, mine))
        expect(withoutAccess(entry, mine)).toEqual(left.length === 0 ? undefined : left)
      }),
    )
  })

  test('is not found where there is no entry, or none of these ids', () => {
    expect(findAccess(undefined, mine)).toBeUndefined()
    const entry = ledgerEntry.parse({ v: 1, ...access, attempts: 0, updatedAt: at })
    expect(findAccess(entry, third)).toBeUndefined()
  })
})
