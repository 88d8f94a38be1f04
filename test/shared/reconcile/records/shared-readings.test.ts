import { expect, test } from '@jest/globals'
import { SharedReadings } from '../../../../shared/reconcile/records/shared-readings.ts'
import { World } from '../../../world.ts'

/** `read` answers how many readings were taken until then. */
function open() {
  const { clock } = new World()
  const readings = new SharedReadings<number>(clock)
  let taken = 0
  const read = (sinceMs: number, key = 'a') => readings.read(key, sinceMs, async () => ++taken)
  return { clock, readings, read }
}

test('one reading serves whoever asks for what stood there before it began', async () => {
  const { clock, read } = open()
  const pulledMs = clock.monotonicMs()
  await clock.advance(1_000)
  expect(await read(pulledMs)).toBe(1)
  await clock.advance(29_999)
  expect(await read(pulledMs)).toBe(1)
  expect(await read(pulledMs, 'b')).toBe(2)
})

test('a reading that began before that moment, or half a minute ago, serves nobody', async () => {
  const { clock, read } = open()
  const pulledMs = clock.monotonicMs()
  expect(await read(pulledMs)).toBe(1)
  await clock.advance(1)
  expect(await read(clock.monotonicMs())).toBe(2)
  await clock.advance(30_000)
  expect(await read(pulledMs)).toBe(3)
})

test('a reading that failed serves nobody else', async () => {
  const { clock, readings, read } = open()
  const sinceMs = clock.monotonicMs()
  await expect(readings.read('a', sinceMs, () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer')
  expect(await read(sinceMs)).toBe(1)
})
