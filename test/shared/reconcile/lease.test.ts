import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../shared/ports/ports.ts'
import { Lease, leaseKey } from '../../../shared/reconcile/lease.ts'
import { intercept, noAnswer } from '../../intercept.ts'
import { World } from '../../world.ts'

const acquire = (world: World, ports: Ports = world.ports) => world.finish(Lease.acquire(ports, 'test'))

describe('the dispatcher lease', () => {
  test('is refused while someone alive holds it', async () => {
    const world = new World()
    const first = await acquire(world)
    void first?.keep()
    expect(await acquire(world)).toBeUndefined()
    await world.finish(first?.release() ?? Promise.resolve())
    expect(await acquire(world)).toBeDefined()
  })

  test('of a dead holder is taken over after a minute', async () => {
    const world = new World()
    await acquire(world)
    const diedAt = world.clock.monotonicMs()
    expect(await acquire(world)).toBeDefined()
    expect(world.clock.monotonicMs() - diedAt).toBeGreaterThan(60_000)
    expect(world.clock.monotonicMs() - diedAt).toBeLessThanOrEqual(64_000)
  })

  test('starts nothing 40 seconds after the last renewal began, also when a renewal hangs for ever', async () => {
    const world = new World()
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      const isRenewal = operation === 'put' && args[0] === leaseKey && JSON.stringify(args[2]).includes('ifMatch')
      return isRenewal ? new Promise(() => {}) : proceed()
    })
    const lease = await acquire(world, ports)
    void lease?.keep()
    await world.clock.advance(39_999 - world.clock.monotonicMs())
    expect(lease?.mayStart()).toBe(true)
    await world.clock.advance(200)
    expect(lease?.mayStart()).toBe(false)
    await world.finish(lease?.release() ?? Promise.resolve())
  })

  test('whose renewal was written without an answer is kept', async () => {
    const world = new World()
    let renewals = 0
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      const answer = await proceed()
      const isRenewal = operation === 'put' && args[0] === leaseKey && JSON.stringify(args[2]).includes('ifMatch')
      if (isRenewal && ++renewals === 1) throw noAnswer('PutObject')
      return answer
    })
    const lease = await acquire(world, ports)
    void lease?.keep()
    await world.clock.advance(130_000)
    expect(lease?.mayStart()).toBe(true)
    await world.finish(lease?.release() ?? Promise.resolve())
    expect(await world.keys('control/')).toEqual([])
  })
})
