import { expect, test } from '@jest/globals'
import { VirtualClock } from '../../../shared/memory/virtual-clock.ts'
import { type Priority, RateLimiter } from '../../../shared/reconcile/rate-limiter.ts'

function open() {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const limiter = new RateLimiter(clock, 20)
  const started: { priority: Priority; at: number }[] = []
  const call = (priority: Priority) =>
    void limiter.acquire(priority).then((end) => {
      started.push({ priority, at: clock.monotonicMs() })
      end()
    })
  return { clock, limiter, started, call }
}

test('never more than 20 calls start in any rolling second, and nearly 20 do where there is work', async () => {
  const { clock, started, call } = open()
  for (let index = 0; index < 200; index++) call('grant')
  await clock.advance(10_500)
  expect(started).toHaveLength(200)
  for (const [index, { at }] of started.entries())
    expect((started[index + 20]?.at ?? Infinity) - at).toBeGreaterThan(1_000)
})

test('a revocation goes before everything that waits', async () => {
  const { clock, started, call } = open()
  for (let index = 0; index < 40; index++) call('background')
  for (let index = 0; index < 40; index++) call('grant')
  await clock.advance(1)
  for (let index = 0; index < 20; index++) call('revocation')
  await clock.advance(1_100)
  expect(started.slice(20, 40).map(({ priority }) => priority)).toEqual(Array(20).fill('revocation'))
})

test('a stream of grants leaves every fourth call to those that wait behind it', async () => {
  const { clock, started, call } = open()
  for (let index = 0; index < 400; index++) call('grant')
  for (let index = 0; index < 10; index++) call('background')
  await clock.advance(2_200)
  expect(started.filter(({ priority }) => priority === 'background')).toHaveLength(10)
})

test('after the service said that the rate is exceeded, nothing starts for a while', async () => {
  const { clock, limiter, started, call } = open()
  limiter.pause(700)
  call('revocation')
  await clock.advance(699)
  expect(started).toEqual([])
  await clock.advance(1)
  expect(started).toHaveLength(1)
})

test('a call that takes long keeps its place until a second after its end: it may have arrived last', async () => {
  const { clock, limiter, started, call } = open()
  const ends = await Promise.all(Array.from({ length: 20 }, () => limiter.acquire('grant')))
  call('grant')
  await clock.advance(5_000)
  expect(started).toEqual([])
  for (const end of ends) end()
  await clock.advance(1_000)
  expect(started).toEqual([])
  await clock.advance(20)
  expect(started).toHaveLength(1)
})
