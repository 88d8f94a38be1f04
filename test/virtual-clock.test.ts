import { expect, test } from '@jest/globals'
import { VirtualClock } from './virtual-clock.ts'

const start = new Date('2026-03-03T10:15:30.123Z')

test('time stands still until it is moved', async () => {
  const clock = new VirtualClock(start)
  expect(clock.now()).toEqual(start)
  expect(clock.monotonicMs()).toBe(0)
  await clock.advance(1500)
  expect(clock.now()).toEqual(new Date('2026-03-03T10:15:31.623Z'))
  expect(clock.monotonicMs()).toBe(1500)
})

test('time does not go back', async () => {
  const clock = new VirtualClock(start)
  await clock.advanceTo(new Date(0))
  expect(clock.now()).toEqual(start)
})

test('sleepers wake at their instants and in their order, those of one instant as they went to sleep', async () => {
  const clock = new VirtualClock(start)
  const woken: string[] = []
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms)
    woken.push(`${name} at ${clock.monotonicMs()}`)
  }
  const all = [sleep('third', 200), sleep('first', 100), sleep('second', 100), sleep('fourth', 301)]
  await clock.advance(300)
  expect(woken).toEqual(['first at 100', 'second at 100', 'third at 200'])
  expect(clock.nextDueAt()).toEqual(new Date(start.getTime() + 301))
  await clock.advance(1)
  await Promise.all(all)
  expect(woken.at(-1)).toBe('fourth at 301')
})

test('who goes to sleep again on the way is woken on the way', async () => {
  const clock = new VirtualClock(start)
  let ticks = 0
  const ticking = (async () => {
    for (; ticks < 10; ticks++) await clock.sleep(1000)
  })()
  await clock.advance(5500)
  expect(ticks).toBe(5)
  await clock.advance(4500)
  await ticking
})

test('a sleep ends at once when its signal is or becomes aborted, and is then no longer due', async () => {
  const clock = new VirtualClock(start)
  const abort = new AbortController()
  const sleeping = clock.sleep(1000, abort.signal)
  abort.abort()
  await sleeping
  await clock.sleep(1000, abort.signal)
  expect(clock.nextDueAt()).toBeUndefined()
  expect(clock.wakeNext()).toBe(false)
  expect(clock.now()).toEqual(start)
})

test('no time is no sleep', async () => {
  const clock = new VirtualClock(start)
  await clock.sleep(0)
  await clock.sleep(-1)
  await clock.sleep(Number.NaN)
})

test('sleepers can be woken one by one', async () => {
  const clock = new VirtualClock(start)
  const first = clock.sleep(10)
  const second = clock.sleep(20)
  expect(clock.wakeNext()).toBe(true)
  await first
  expect(clock.monotonicMs()).toBe(10)
  expect(clock.wakeNext()).toBe(true)
  await second
  expect(clock.monotonicMs()).toBe(20)
})
