import { expect, test } from '@jest/globals'
import { Signal } from '../../../../shared/reconcile/calls/signal.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

/** A loop that waits for at most a minute, and when it was woken. */
function open() {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const signal = new Signal()
  const wait = async () => {
    await signal.wait(clock, 60_000)
    return clock.monotonicMs()
  }
  const startMs = clock.monotonicMs()
  return { clock, signal, wait, startMs }
}

test('who waits is woken when something happens, and else after the time given', async () => {
  const { clock, signal, wait, startMs } = open()
  const woken = wait()
  await clock.advance(1_000)
  signal.raise()
  await clock.advance(1_000)
  expect(await woken).toBe(startMs + 1_000)
  const late = wait()
  await clock.advance(120_000)
  expect(await late).toBe(startMs + 62_000)
})

test('what happened while nobody waited is remembered once', async () => {
  const { clock, signal, wait, startMs } = open()
  signal.raise()
  signal.raise()
  expect(await wait()).toBe(startMs)
  const next = wait()
  await clock.advance(59_000)
  signal.raise()
  await clock.advance(1_000)
  expect(await next).toBe(startMs + 59_000)
  const last = wait()
  await clock.advance(60_000)
  expect(await last).toBe(startMs + 120_000)
})
