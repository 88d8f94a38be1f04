import { expect, test } from '@jest/globals'
import { metricNames } from '../../shared/ports/metrics.ts'
import type { Action } from './action.ts'
import { recordedMetrics } from './deployment.ts'
import { listFaults, playFault, playLife } from './every-fault.ts'
import { allLives, type CanonicalLife, canonicalLives, linkOf, longLives, strike, upload, wait } from './lives.ts'
import { digestOf } from './same-world.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { Tape } from './tape.ts'

test.each(allLives.map((life, index) => ({ ...life, index })))(
  '$name: nothing is violated without a fault, nor by two of its faults',
  async ({ index, ...life }) => {
    // Throws if the life violates a promise without a fault.
    const { faults } = await listFaults(life)
    const kinds = ['freeze', 'refuse-internal', 'kill-before', 'kill-after', 'lose-answer', 'break-answer']
    expect(faults.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds))
    // By turns. `npm run simulate -- --every-fault` takes each.
    const struck = [index % 2, 2 + (index % 2)].flatMap(
      (third) => faults[Math.floor((third / 3) * (faults.length - 1))] ?? [],
    )
    expect(await Promise.all(struck.map((fault) => playFault(fault)))).toEqual(struck.map(() => undefined))
  },
)

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
  for (const life of told) {
    const tape = new Tape()
    const recorded = await playLife(life, { tape })
    const { part } = tape
    expect(part).toBeDefined()
    const played = await playLife(life, { part })
    expect(played.steps).toBeLessThan(recorded.steps)
    expect(played.trace).toEqual(recorded.trace)
  }
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
test('every metric is recorded, but errors, which the log counts, and the heartbeats of what lives do not run', () => {
  const recorded = recordedMetrics.names
  expect(metricNames.filter((name) => !recorded.includes(name)).sort()).toEqual([
    'CredentialsHeartbeat',
    'Errors',
    'RetireHeartbeat',
  ])
})
