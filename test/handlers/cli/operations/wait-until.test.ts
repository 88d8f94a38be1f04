import { expect, test } from '@jest/globals'
import { waitUntil } from '../../../../handlers/cli/operations/wait-until.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

/** S3's clock is so far ahead of the machine's. */
function open(aheadMs: number) {
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        const found = await proceed()
        if (operation !== 'head' || typeof found !== 'object' || found === null) return found
        return { ...found, servedAt: new Date(world.clock.now().getTime() + aheadMs) }
      }),
  })
  const told: string[] = []
  const wait = (afterMs: number, endsAfterMs = Number.POSITIVE_INFINITY) => {
    const startedMs = world.clock.monotonicMs()
    const instant = new Date(world.clock.now().getTime() + afterMs)
    const terms = { endsMs: startedMs + endsAfterMs, tell: () => void told.push('waiting') }
    const waiting = waitUntil(instant, world.ports, terms)
    return world.finish(waiting.then((isReached) => ({ isReached, tookMs: world.clock.monotonicMs() - startedMs })))
  }
  return { wait, told }
}

test.each([0, 240_000, -240_000])(
  'an instant is waited for by the clock of S3, which is %s ms ahead',
  async (aheadMs) => {
    const { wait, told } = open(aheadMs)
    const { isReached, tookMs } = await wait(300_000)
    expect(isReached).toBe(true)
    expect(Math.abs(tookMs - (300_000 - aheadMs))).toBeLessThan(1_500)
    expect(told).toEqual(['waiting'])
  },
)

test('an instant that is over is waited for a moment, so that who asks again and again does it slowly', async () => {
  expect((await open(0).wait(-5_000)).tookMs).toBeGreaterThanOrEqual(1_000)
})

test('where there is no time for it, nothing is waited for, and nothing is told', async () => {
  const { wait, told } = open(0)
  expect(await wait(300_000, 200_000)).toEqual({ isReached: false, tookMs: 0 })
  expect(told).toEqual([])
})
