import { expect, test } from '@jest/globals'
import { runSimulation } from './run.ts'
import { describeFailure, simulate } from './simulate.ts'
import { deleteLink, linkOf, upload, wait } from './steps.ts'
import type { WorldSettings } from './world-settings.ts'

const calm: WorldSettings = { seed: 0, latencyP99Ms: 1200, outstanding: 1, skewMs: 0, mischief: 'any' }

// The seed is fixed, so that a failure comes from the change and not from chance. CI also plays 120 lives by `npm run simulate`.
test('a dozen runs with faults keep every promise and converge', async () => {
  const report = await simulate({ runs: 12, seed: 20260303, steps: 20 })
  expect(report.failure === undefined ? '' : describeFailure(report.failure)).toBe('')
  expect(report.lives).toHaveLength(12)
})

test('the same seed gives the same trace, byte for byte', async () => {
  const actions = [upload(linkOf('root%all')), wait(20_000), deleteLink(linkOf('root%all'))]
  const traces = await Promise.all([runSimulation(calm, actions), runSimulation(calm, actions)])
  expect(traces[0]?.trace).toEqual(traces[1]?.trace)
  expect(traces[0]?.steps).toBeGreaterThan(100)
})
