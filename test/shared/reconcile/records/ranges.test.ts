import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  cutRanges,
  forEachHead,
  isInRange,
  listByRanges,
  listHeadsByRanges,
  rangeSizes,
  writeMarks,
} from '../../../../shared/reconcile/records/ranges.ts'
import { World } from '../../../world.ts'

const account = fc.integer({ min: 0, max: 99 }).map((number) => accountId.parse(String(number).padStart(12, '0')))
const key = fc.oneof(
  account.map((id) => `assignments/account%${id}%Some-ps%1234567890-group%GROUP`),
  fc.constantFrom('assignments/', 'assignments/account', 'assignments/README', 'assignments/zzz'),
)

/** Marks as if each account had so many entries that it fills a range. */
const asLargeAccounts = (ids: readonly AccountId[]) =>
  ids.flatMap((id) => Array<AccountId>(rangeSizes.marksOfRange).fill(id))

test('a listing by ranges has every key once, whatever the marks of the last comparison are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key), fc.array(account), fc.boolean(), async (keys, marks, isKnown) => {
      const { objects } = new World()
      for (const one of keys) await objects.put(one, '')
      if (isKnown) await writeMarks(objects, asLargeAccounts(marks))
      const listed: string[] = []
      await forEachHead(objects, 'assignments/', (head) => void listed.push(head.key))
      expect(listed.sort()).toEqual([...keys].sort())
      const ordered = (await Array.fromAsync(listByRanges(objects, 'assignments/'))).map((head) => head.key)
      expect(ordered).toEqual([...keys].sort())
      const kept = (await listHeadsByRanges(objects, 'assignments/')).map((head) => head.key)
      expect(kept).toEqual([...keys].sort())
    }),
    { numRuns: 100 },
  )
})

test('a range ends before it has more marks of any kind than it may, whatever the other kinds are', () => {
  const kinds = fc.array(
    fc.array(account).map((of) => of.sort()),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(kinds, fc.integer({ min: 1, max: 4 }), (of, marksOfRange) => {
      const ranges = cutRanges(of, { entriesOfMark: 1, marksOfRange })
      for (const range of ranges)
        for (const marks of of) {
          // A range has all of an account, so the account of its first mark is not divided.
          const inside = new Set(marks.filter((id) => id !== range.from && isInRange(id, range)))
          expect(inside.size).toBeLessThanOrEqual(marksOfRange)
        }
    }),
  )
})

test('marks of two kinds cut where either of them is complete', () => {
  const ids = (...numbers: readonly number[]) =>
    numbers.map((number) => accountId.parse(String(number).padStart(12, '0')))
  const sizes = { entriesOfMark: 1, marksOfRange: 2 }
  const cut = (...kinds: readonly (readonly AccountId[])[]) =>
    cutRanges(kinds, sizes).map(({ from }) => Number(from ?? 0))
  expect(cut(ids(1, 2, 3, 4, 5), [])).toEqual([0, 2, 4])
  expect(cut([], ids(1, 2, 3, 4, 5))).toEqual([0, 2, 4])
  expect(cut(ids(1, 2, 3, 4, 5), ids(3, 8, 9))).toEqual([0, 2, 4])
  expect(cut(ids(1, 2), ids(4, 6, 8, 9))).toEqual([0, 6])
})

test('a caller without the right to read the marks lists everything, and a refused listing throws when its range comes', async () => {
  const { objects } = new World()
  const refuse = async () => {
    throw new ServiceError('s3', 'AccessDenied', 'not allowed')
  }
  const keys = ['account%000000000001%A%x%GROUP', 'account%000000000009%A%x%GROUP'].map((one) => `assignments/${one}`)
  for (const one of keys) await objects.put(one, '')
  await writeMarks(objects, asLargeAccounts([accountId.parse('000000000005'), accountId.parse('000000000007')]))
  const list = objects.list.bind(objects)
  const blind = Object.assign(Object.create(objects), { get: refuse, list })
  expect((await Array.fromAsync(listByRanges(blind, 'assignments/'))).map((head) => head.key)).toEqual(keys)
  const half = Object.assign(Object.create(objects), {
    get: objects.get.bind(objects),
    list: (prefix: string, options: { readonly startAfter?: string } = {}) =>
      options.startAfter === undefined
        ? list(prefix, options)
        : (async function* () {
            yield await refuse()
          })(),
  })
  await expect(Array.fromAsync(listByRanges(half, 'assignments/'))).rejects.toThrow('not allowed')
})
