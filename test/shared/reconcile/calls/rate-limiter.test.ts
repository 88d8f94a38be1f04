import { expect, test } from '@jest/globals'
import { type Priority, RateLimiter } from '../../../../shared/reconcile/calls/rate-limiter.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

function open(perSecond = 20) {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const limiter = new RateLimiter(clock, perSecond)
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

test('those that wait behind a stream of grants take turns: neither starves, however many of the other wait', async () => {
  const { clock, started, call } = open()
  for (let index = 0; index < 400; index++) {
    call('grant')
    call('background')
  }
  for (let index = 0; index < 5; index++) call('poll')
  await clock.advance(3_300)
  const firsts = started.slice(0, 60).map(({ priority }) => priority)
  expect(firsts.filter((priority) => priority === 'poll')).toHaveLength(5)
  expect(firsts.filter((priority) => priority === 'background').length).toBeGreaterThanOrEqual(5)
})

test('the turn of those behind is never that of a revocation: it goes first all the same', async () => {
  const { clock, started, call } = open(1)
  for (let index = 0; index < 4; index++) call('grant')
  await clock.advance(2_500)
  expect(started).toHaveLength(3)
  call('background')
  call('revocation')
  await clock.advance(3_000)
  expect(started.slice(3).map(({ priority }) => priority)).toEqual(['revocation', 'background', 'grant'])
})

test('what waits for a place starts as soon as there is one, whenever the call that had it ended', async () => {
  const { clock, limiter, started, call } = open()
  const ends = await Promise.all(Array.from({ length: 20 }, () => limiter.acquire('grant')))
  call('grant')
  await clock.advance(350)
  for (const end of ends) end()
  const endedMs = clock.monotonicMs()
  await clock.advance(3_000)
  expect(started[0]?.at).toBeLessThan(endedMs + 1_050)
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

test('the order of what waits is revocations, grants, polls and then the rest', async () => {
  const { clock, started, call } = open(1)
  for (const priority of ['background', 'poll', 'background', 'poll', 'grant', 'revocation', 'grant'] as const)
    call(priority)
  await clock.advance(10_000)
  // The first was alone; of the others every fourth that is no revocation is one that waits behind the first.
  expect(started.map(({ priority }) => priority)).toEqual([
    'background',
    'revocation',
    'grant',
    'grant',
    'background',
    'poll',
    'poll',
  ])
})

test.each([
  [0.5, 2_000],
  [1, 1_000],
  [2.5, 800],
])('at %d calls a second as many start in the long run, and no faster', async (perSecond, windowMs) => {
  const { clock, started, call } = open(perSecond)
  for (let index = 0; index < 9; index++) call('grant')
  await clock.advance(20_000)
  const most = Math.max(1, Math.floor(perSecond))
  const apart = started.slice(most).map(({ at }, index) => at - (started[index]?.at ?? 0))
  expect(Math.min(...apart)).toBeGreaterThan(windowMs)
  expect(Math.max(...apart)).toBeLessThan(windowMs + 50)
})

test('of two pauses the one that lasts longer counts', async () => {
  const { clock, limiter, started, call } = open()
  limiter.pause(700)
  limiter.pause(100)
  call('grant')
  await clock.advance(699)
  expect(started).toEqual([])
  await clock.advance(2)
  expect(started).toHaveLength(1)
})

test('whoever rests waits until a second after the last call ended, and not at all where there was none', async () => {
  const { clock, limiter, call } = open()
  const rested: number[] = []
  const rest = () => void limiter.rest().then(() => rested.push(clock.monotonicMs()))
  rest()
  await clock.advance(1)
  expect(rested).toHaveLength(1)
  call('grant')
  await clock.advance(400)
  call('poll')
  await clock.advance(1)
  const lastEndedMs = clock.monotonicMs() - 1
  rest()
  await clock.advance(999)
  expect(rested).toHaveLength(1)
  await clock.advance(50)
  expect(rested[1]).toBeGreaterThan(lastEndedMs + 1_000)
})

test('after a refusal half as many calls start, and one more each second until all do again', async () => {
  const { clock, limiter, started, call } = open()
  for (let index = 0; index < 600; index++) call('grant')
  await clock.advance(5_000)
  // Refusals of calls that were under way together count once.
  for (let index = 0; index < 5; index++) limiter.slowDown(500)
  const refusedMs = clock.monotonicMs()
  expect(limiter.perSecond).toBe(10)
  await clock.advance(15_000)
  const startedIn = (second: number) =>
    started.filter(({ at }) => at > refusedMs + second * 1_000 && at <= refusedMs + (second + 1) * 1_000).length
  expect(startedIn(0)).toBeLessThanOrEqual(10)
  expect(startedIn(4)).toBeGreaterThanOrEqual(13)
  expect(startedIn(4)).toBeLessThanOrEqual(15)
  expect(startedIn(13)).toBeGreaterThanOrEqual(19)
  expect(limiter.perSecond).toBe(20)
})

test('however often it is refused, one call a second starts', async () => {
  const { clock, limiter, started, call } = open()
  for (let index = 0; index < 500; index++) call('grant')
  for (let second = 0; second < 12; second++) {
    limiter.slowDown(0)
    await clock.advance(1_100)
  }
  const before = started.length
  limiter.slowDown(0)
  await clock.advance(2_200)
  expect(started.length - before).toBeGreaterThanOrEqual(1)
})

test('what may become two requests has two places, and starts alone where the rate is lower than that', async () => {
  const { clock, limiter } = open()
  const startedMs: number[] = []
  const make = async () => void startedMs.push(clock.monotonicMs())
  for (let index = 0; index < 15; index++) void limiter.run('grant', make, 2)
  await clock.advance(900)
  expect(startedMs).toHaveLength(10)
  await clock.advance(200)
  expect(startedMs).toHaveLength(15)
  const slow = open(1)
  const done = slow.limiter.run('grant', async () => 'done', 2)
  await slow.clock.advance(1)
  expect(await done).toBe('done')
})
