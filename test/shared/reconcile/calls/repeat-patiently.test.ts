import { describe, expect, test } from '@jest/globals'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { backOffMs, type Repetition, repeatPatiently } from '../../../../shared/reconcile/calls/repeat-patiently.ts'
import { World } from '../../../world.ts'

const throttled = new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.')
const denied = new ServiceError('s3', 'AccessDenied', 'no')
const repetition = { attemptsMost: 4, firstMs: 1_000, mostMs: 3_000 }
/** Draws the same fraction each time. */
const always = (fraction: number) => ({ fraction: () => fraction, id: () => 'id' })

/** A call that fails this often, and what the clock showed at each attempt. */
function open(failures: number, error: unknown, options: Partial<Repetition> = {}) {
  const world = new World()
  const atMs: number[] = []
  const call = async () => {
    atMs.push(world.clock.monotonicMs())
    if (atMs.length <= failures) throw error
    return 'answer'
  }
  const ports = { clock: world.clock, randomness: always(0.5) }
  return { world, atMs, run: () => world.finish(repeatPatiently(ports, { ...repetition, ...options }, call), 10) }
}

describe('a call that is repeated patiently', () => {
  test('is made once where it succeeds', async () => {
    const { run, atMs } = open(0, throttled)
    expect(await run()).toBe('answer')
    expect(atMs).toHaveLength(1)
  })

  test('waits for a fraction of a bound that doubles up to its most', async () => {
    const { run, atMs } = open(3, throttled)
    expect(await run()).toBe('answer')
    expect(atMs.map((ms) => ms - (atMs[0] ?? 0))).toEqual([0, 500, 1_500, 3_000])
  })

  test('throws the last error when no attempt is left', async () => {
    const { run, atMs } = open(4, throttled)
    await expect(run()).rejects.toBe(throttled)
    expect(atMs).toHaveLength(4)
  })

  test('throws at once what does not pass by itself', async () => {
    const { run, atMs } = open(1, denied)
    await expect(run()).rejects.toBe(denied)
    expect(atMs).toHaveLength(1)
  })

  test('is repeated for other errors where the caller says that it may help', async () => {
    const { run, atMs } = open(1, denied, { mayHelp: (error) => error === denied })
    expect(await run()).toBe('answer')
    expect(atMs).toHaveLength(2)
  })

  test('tells of each pause and of its error', async () => {
    const pauses: unknown[] = []
    await open(2, throttled, { onPause: (ms, error) => pauses.push([ms, error]) }).run()
    expect(pauses).toEqual([
      [500, throttled],
      [1_000, throttled],
    ])
  })

  test('is not made again after its signal is aborted, and does not wait any longer', async () => {
    const end = new AbortController()
    const { run, atMs, world } = open(2, throttled, { signal: end.signal })
    void world.clock.sleep(200).then(() => end.abort())
    const startedMs = world.clock.monotonicMs()
    await expect(run()).rejects.toBe(throttled)
    expect(atMs).toHaveLength(1)
    expect(world.clock.monotonicMs() - startedMs).toBe(200)
  })
})

test('the jitter is full: pauses lie anywhere between nothing and the bound', () => {
  const randomness = new SeededRandomness(1)
  const pauses = Array.from({ length: 200 }, () => backOffMs(2, { firstMs: 500, mostMs: 9_000 }, randomness))
  expect(Math.min(...pauses)).toBeLessThan(100)
  expect(Math.max(...pauses)).toBeGreaterThan(900)
  expect(Math.max(...pauses)).toBeLessThan(1_000)
})
