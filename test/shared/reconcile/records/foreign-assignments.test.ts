import { expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { forEachKnown } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const keyOf = (nth: number) =>
  `account%00000000000${nth}%Admin-ps%90676a1c2d-10000000-0000-0000-0000-000000000001%GROUP`

/** A bucket whose listings are counted, wait until `pass` is called, and then answer by `answer`. */
async function open() {
  const world = new World()
  for (const nth of [1, 2]) await world.objects.put(`assignments/${keyOf(nth)}`, '')
  await world.objects.put(`foreign/${keyOf(3)}`, '')
  const listings: string[] = []
  const gate = Promise.withResolvers<void>()
  const bucket = { answer: async () => {} }
  const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation !== 'list') return proceed()
    listings.push(String(args[0]))
    await gate.promise
    await bucket.answer()
    return proceed()
  })
  const listKnown = async () => {
    const known: string[] = []
    await forEachKnown(objects, ({ key }) => known.push(key))
    return known.sort()
  }
  return { world, objects, listings, bucket, listKnown, pass: () => gate.resolve() }
}

/** Until all that waits for nothing else has happened. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('callers who wait share the next listing, and each gets everything that was written before it asked', async () => {
  const { world, listings, listKnown, pass } = await open()
  const first = listKnown()
  await settle()
  expect(listings).toEqual(['assignments/'])
  await world.objects.put(`assignments/${keyOf(4)}`, '')
  const others = Array.from({ length: 10 }, listKnown)
  await settle()
  pass()
  expect(await first).toEqual(expect.arrayContaining([1, 2, 3].map(keyOf)))
  for (const known of await Promise.all(others)) expect(known).toEqual([1, 2, 3, 4].map(keyOf))
  expect(listings).toEqual(['assignments/', 'foreign/', 'assignments/', 'foreign/'])
  expect(await listKnown()).toEqual([1, 2, 3, 4].map(keyOf))
  expect(listings).toHaveLength(6)
})

test('a listing that S3 refuses fails for all of its callers, and the next one begins', async () => {
  const { bucket, listKnown, pass } = await open()
  bucket.answer = () => Promise.reject(new ServiceError('s3', 'SlowDown', 'slow down'))
  const first = [listKnown(), listKnown()]
  await settle()
  const next = listKnown()
  pass()
  for (const { status } of await Promise.allSettled(first)) expect(status).toBe('rejected')
  bucket.answer = async () => {}
  expect(await next).toEqual([1, 2, 3].map(keyOf))
})

test('a caller whose work throws gets its own error, and the others get everything', async () => {
  const { objects, listKnown, pass } = await open()
  pass()
  const failing = forEachKnown(objects, () => {
    throw new Error('my own fault')
  })
  const other = listKnown()
  await expect(failing).rejects.toThrow('my own fault')
  expect(await other).toEqual([1, 2, 3].map(keyOf))
})
