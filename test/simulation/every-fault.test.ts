import { expect, test } from '@jest/globals'
import { metricNames } from '../../shared/ports/metrics.ts'
import type { Action } from './action.ts'
import { recordedMetrics } from './deployment.ts'
import { listFaults, playFault, playLife, type SingleFault } from './every-fault.ts'
import { allLives, canonicalLives, longLives } from './lives.ts'
import { digestOf } from './same-world.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { type CanonicalLife, linkOf, strike, upload, wait } from './steps.ts'
import { Tape } from './tape.ts'

/** With these a process dies, or does not learn what AWS did. */
const grave: readonly string[] = ['kill-before', 'kill-after', 'lose-answer', 'break-answer']

test.each(allLives)('$name: no promise is broken without a fault, nor with a single one', async (life) => {
  // Throws if the life violates a promise without a fault.
  const { faults } = await listFaults(life)
  const kinds = ['freeze', 'refuse-internal', ...grave]
  expect(faults.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds))
  // Every second life meets a grave fault, the others another one, and each where its name says. `npm run simulate -- --every-fault` plays every fault.
  const isGrave = allLives.indexOf(life) % 2 === 0
  const candidates = faults.filter(({ kind }) => grave.includes(kind) === isGrave)
  expect(await playFault(at(candidates, (life.name.length % 4) / 3))).toBeUndefined()
})

/** 0: the first, 1: the last. */
function at(faults: readonly SingleFault[], part: number): SingleFault {
  const fault = faults[Math.floor(part * (faults.length - 1))]
  if (fault === undefined) throw new Error('there is no fault of this sort')
  return fault
}

test.each(longLives)('$name: nothing is violated without a fault', async (life) => {
  expect((await playLife(life)).violation?.message).toBeUndefined()
})

test('a creation that AWS throttles is sent again', async () => {
  const [life] = canonicalLives
  const result = life && (await playLife(life, {}, strike('refuse-throttled', 'creations')))
  expect(result?.faults['refuse-throttled']).toBe(1)
  expect(result?.violation?.message).toBeUndefined()
})

test('a life that begins on a tape goes on as it did when the tape was recorded', async () => {
  const told = canonicalLives.filter((_, nth) => nth % 9 === 0)
  let compared = 0
  for (const life of told) {
    const tape = new Tape()
    const recorded = await playLife(life, { tape })
    const { part } = tape
    // A few lives never rest between their actions.
    if (part === undefined) continue
    compared++
    const played = await playLife(life, { part })
    expect(played.steps).toBeLessThan(recorded.steps)
    expect(played.trace).toEqual(recorded.trace)
  }
  expect(compared).toBeGreaterThanOrEqual(told.length - 2)
})

test('lives that come to rest alike are the same, and where access differs they are not', async () => {
  const restOf = async (life: CanonicalLife, first: Action) => {
    const digests: string[] = []
    const isJudged = (world: SimulatedWorld) => digests.push(digestOf(world)) > 0
    await playLife(life, { isJudged }, first)
    expect(digests).toHaveLength(1)
    return digests[0]
  }
  // The notifier has looked by then: what is told belongs to the state, and its looks come each minute, whatever else happens.
  const told = wait(200_000)
  const uploaded = { name: 'uploaded', actions: [upload(linkOf('root%all')), told] }
  const twice: Action = { do: 'repeat the next event', skip: 0 }
  expect(await restOf(uploaded, twice)).toBe(await restOf(uploaded, wait(0)))
  const other = { name: 'other', actions: [upload(linkOf('root%all', 'Console-ps')), told] }
  expect(await restOf(other, wait(0))).not.toBe(await restOf(uploaded, wait(0)))
})

// After all lives.
test('every metric is recorded, but errors, which the log counts, and those of functions that lives do not run', () => {
  const recorded = recordedMetrics.names
  const others = ['CredentialsHeartbeat', 'Errors', 'UsesRead', 'UsesUnreadable']
  expect(metricNames.filter((name) => !recorded.includes(name)).sort()).toEqual(others)
})
