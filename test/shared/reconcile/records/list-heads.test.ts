import { expect, test } from '@jest/globals'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import {
  forEachAtOnce,
  listHeads,
  listHeadsInParts,
  readsAtOnce,
} from '../../../../shared/reconcile/records/list-heads.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const prefix = 'eligibility/'
const keyOf = (index: number) => `${prefix}e-${String(index).padStart(5, '0')}.json`

test('a listing in parts tells every object once, in order, whatever came and went since the keys were known', async () => {
  const objects = new MemoryObjectStore({
    bucket: 'ssofile',
    clock: new VirtualClock(new Date('2026-03-03T10:00:00Z')),
  })
  const known = Array.from({ length: 2_500 }, (_, index) => keyOf(index * 2))
  for (const key of known) await objects.put(key, '')
  // The keys at which parts end, and what sorts differently by bytes and by UTF-16.
  const ends = [known[999], known[1_999]].flatMap((key) => key ?? [])
  await objects.delete(ends[0] ?? '')
  for (const name of ['!', '\u{1F600}', '\uFF5E', 'é', 'zz/']) await objects.put(`${prefix}${name}`, '')
  for (const index of [1, 1_999, 2_001, 3_999, 4_999]) await objects.put(keyOf(index), '')
  const expected = [...(await listHeads(objects, prefix)).keys()]
  expect(expected).toHaveLength(2_500 - 1 + 4 + 5)
  const inParts = async (keys: readonly string[]) =>
    (await listHeadsInParts(objects, prefix, keys)).map(({ key }) => key)
  expect(await inParts(known)).toEqual(expected)
  expect(await inParts(known.toReversed())).toEqual(expected)
  expect(await inParts([])).toEqual(expected)
  expect(await inParts(Array.from({ length: 1_000 }, () => `${prefix}é`))).toEqual(expected)
})

test('after a failure no further item is begun', async () => {
  const begun: number[] = []
  const items = Array.from({ length: 1_000 }, (_, nth) => nth)
  const work = forEachAtOnce(items, async (item) => {
    begun.push(item)
    await Promise.resolve()
    if (item === 3) throw new Error('item 3 failed')
  })
  await expect(work).rejects.toThrow('item 3 failed')
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun.length).toBeLessThanOrEqual(2 * readsAtOnce)
})
