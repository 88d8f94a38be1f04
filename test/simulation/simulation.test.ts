import { expect, test } from '@jest/globals'
import { calm } from './regressions/regression.ts'
import { regressions } from './regressions.ts'
import { runSimulation } from './run.ts'
import { deleteLink, linkOf, upload, wait } from './scenario-steps.ts'
import { describeFailure, simulate } from './simulate.ts'

// The seed is fixed, so that a failure is the change's and not the dice's; `npm run simulate` draws a new one each time.
test('three hundred runs with faults keep every promise and converge', async () => {
  const report = await simulate({ runs: 300, seed: 20260303, steps: 20 })
  expect(report.failure === undefined ? '' : describeFailure(report.failure)).toBe('')
  expect(report.runs).toBe(300)
}, 600_000)

test('the same seed gives the same trace, byte for byte', async () => {
  const actions = [upload(linkOf('root%all')), wait(20_000), deleteLink(linkOf('root%all'))]
  const traces = await Promise.all([runSimulation(calm, actions), runSimulation(calm, actions)])
  expect(traces[0]?.traceHash).toBe(traces[1]?.traceHash)
  expect(traces[0]?.steps).toBeGreaterThan(100)
})

test.each(regressions)(
  '$name',
  async ({ settings, actions }) => {
    const { violation } = await runSimulation(settings, actions)
    expect(violation?.message).toBeUndefined()
  },
  60_000,
)
