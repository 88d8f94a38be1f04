import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { Lease, leaseRecord } from '../../../../shared/reconcile/dispatcher/lease.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const acquire = (world: World, ports: Ports = world.ports) => world.finish(Lease.acquire(ports, 'test'))

describe('the dispatcher lease', () => {
  test('is refused while someone alive holds it', async () => {
    const world = new World({ isOwned: false })
    const first = await acquire(world)
    void first?.keep()
    expect(await acquire(world)).toBeUndefined()
    await world.finish(first?.release() ?? Promise.resolve())
    expect(await acquire(world)).toBeDefined()
  })

  test('of a dead holder is taken over after a minute', async () => {
    const world = new World({ isOwned: false })
    await acquire(world)
    const diedAt = world.clock.monotonicMs()
    expect(await acquire(world)).toBeDefined()
    expect(world.clock.monotonicMs() - diedAt).toBeGreaterThan(60_000)
    expect(world.clock.monotonicMs() - diedAt).toBeLessThanOrEqual(64_000)
  })

  test('starts nothing 40 seconds after the last renewal began, also when a renewal hangs for ever', async () => {
    const world = new World({ isOwned: false })
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      const isRenewal = operation === 'put' && args[0] === leaseRecord.at && JSON.stringify(args[2]).includes('ifMatch')
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
    const world = new World({ isOwned: false })
    let renewals = 0
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      const answer = await proceed()
      const isRenewal = operation === 'put' && args[0] === leaseRecord.at && JSON.stringify(args[2]).includes('ifMatch')
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

  test('goes to one of two who ask for it at the same moment, whoever had it before', async () => {
    for (const hadAnyone of [false, true]) {
      const world = new World({ isOwned: false })
      if (hadAnyone) {
        await acquire(world)
        await world.clock.advance(61_000)
      }
      const ask = async (holder: string) => {
        const lease = await Lease.acquire(world.ports, holder)
        void lease?.keep()
        return lease
      }
      const leases = await world.finish(Promise.all([ask('one'), ask('other')]))
      expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1)
    }
  })

  test('is awaited for as long as a dead holder could have it, and says once who has it', async () => {
    const world = new World({ isOwned: false })
    const first = await acquire(world)
    void first?.keep()
    const beganMs = world.clock.monotonicMs()
    expect(await acquire(world)).toBeUndefined()
    expect(world.clock.monotonicMs() - beganMs).toBeGreaterThan(62_000)
    expect(world.clock.monotonicMs() - beganMs).toBeLessThanOrEqual(66_000)
    expect(world.log.lines.filter(({ message }) => message.startsWith('another dispatcher'))).toEqual([
      expect.objectContaining({ fields: expect.objectContaining({ holder: 'test' }) }),
    ])
    expect(await Lease.holder(world.ports)).toBe('test')
    await world.finish(first?.release() ?? Promise.resolve())
    expect(await Lease.holder(world.ports)).toBeUndefined()
  })

  test('is renewed every twenty seconds until it is released, and not afterwards', async () => {
    const world = new World({ isOwned: false })
    const lease = await acquire(world)
    void lease?.keep()
    const etags = new Set<string | undefined>()
    for (let second = 0; second < 60; second++) {
      etags.add((await world.objects.head(leaseRecord.at))?.etag)
      await world.clock.advance(1_000)
    }
    expect(etags.size).toBe(3)
    expect(lease?.mayStart()).toBe(true)
    await world.finish(lease?.release() ?? Promise.resolve())
    await world.clock.advance(60_000)
    expect(await world.keys('control/')).toEqual([])
  })

  test('that someone else has taken starts nothing more, and is left to them', async () => {
    const world = new World({ isOwned: false })
    const lease = await acquire(world)
    void lease?.keep()
    await world.objects.put(leaseRecord.at, '{}')
    await world.clock.advance(20_100)
    expect(lease?.mayStart()).toBe(false)
    await world.clock.advance(60_000)
    expect(world.log.lines.map(({ message }) => message)).toEqual([
      'the dispatcher lost the lease; it starts nothing new',
    ])
    await world.finish(lease?.release() ?? Promise.resolve())
    expect(await world.keys('control/')).toEqual([leaseRecord.at])
  })

  test('that someone else has taken while a renewal went unanswered is not taken for ours', async () => {
    const world = new World({ isOwned: false })
    let isFailing = false
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'put' && isFailing) throw noAnswer('PutObject')
      return proceed()
    })
    const lease = await acquire(world, ports)
    void lease?.keep()
    isFailing = true
    await world.clock.advance(20_100)
    isFailing = false
    const theirs = { v: 1, nonce: 'theirs', holder: 'someone else', renewedAt: world.clock.now().toISOString() }
    await world.objects.put(leaseRecord.at, JSON.stringify(theirs))
    await world.clock.advance(20_000)
    expect(lease?.mayStart()).toBe(false)
    await world.finish(lease?.release() ?? Promise.resolve())
    expect(await world.json(leaseRecord.at)).toEqual(theirs)
  })

  test('that someone else has released while a renewal went unanswered is lost', async () => {
    const world = new World({ isOwned: false })
    let isFailing = false
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'put' && isFailing) throw noAnswer('PutObject')
      return proceed()
    })
    const lease = await acquire(world, ports)
    void lease?.keep()
    isFailing = true
    await world.clock.advance(20_100)
    isFailing = false
    await world.objects.delete(leaseRecord.at)
    await world.clock.advance(20_000)
    expect(lease?.mayStart()).toBe(false)
    expect(world.log.lines.at(-1)?.message).toBe('the dispatcher lost the lease; it starts nothing new')
  })

  test('goes on after a renewal that failed, which is told', async () => {
    const world = new World({ isOwned: false })
    let isFailing = false
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'put' && isFailing) throw noAnswer('PutObject')
      return proceed()
    })
    const lease = await acquire(world, ports)
    void lease?.keep()
    isFailing = true
    await world.clock.advance(20_100)
    isFailing = false
    expect(lease?.mayStart()).toBe(true)
    expect(world.log.lines).toEqual([
      expect.objectContaining({
        message: 'the dispatcher lease could not be renewed',
        fields: { error: expect.anything() },
      }),
    ])
    await world.clock.advance(40_000)
    expect(lease?.mayStart()).toBe(true)
    await world.finish(lease?.release() ?? Promise.resolve())
  })

  test('that cannot be released is told, and runs out', async () => {
    const world = new World({ isOwned: false })
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'delete') throw noAnswer('DeleteObject')
      return proceed()
    })
    const lease = await acquire(world, ports)
    void lease?.keep()
    await world.finish(lease?.release() ?? Promise.resolve())
    expect(world.log.lines).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('could not be released'),
        fields: { error: expect.anything() },
      }),
    ])
    expect(await acquire(world)).toBeDefined()
  })

  test('waits with its release for a renewal under way, but not for one that hangs', async () => {
    const world = new World({ isOwned: false })
    let hangsMs = 2_000
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      const isRenewal = operation === 'put' && JSON.stringify(args[2]).includes('ifMatch')
      if (isRenewal) await world.clock.sleep(hangsMs)
      return proceed()
    })
    for (const [index, mostMs] of [2_200, 5_200].entries()) {
      if (index === 1) hangsMs = 3_600_000
      const lease = await acquire(world, ports)
      void lease?.keep()
      await world.clock.advance(20_100)
      const beganMs = world.clock.monotonicMs()
      await world.finish(lease?.release() ?? Promise.resolve())
      expect(world.clock.monotonicMs() - beganMs).toBeLessThanOrEqual(mostMs)
      expect(await world.keys('control/')).toEqual([])
    }
  })

  test('says in its object who holds it and since when, under another nonce each time', async () => {
    const world = new World({ isOwned: false })
    const lease = await acquire(world)
    const first = await world.json(leaseRecord.at)
    expect(first).toEqual({ v: 1, nonce: expect.any(String), holder: 'test', renewedAt: '2026-03-03T10:00:00.000Z' })
    void lease?.keep()
    await world.clock.advance(20_100)
    const second = await world.json(leaseRecord.at)
    expect(second).toMatchObject({ holder: 'test', renewedAt: expect.stringMatching(/^2026-03-03T10:00:20/) })
    expect(second?.nonce).not.toBe(first?.nonce)
    await world.finish(lease?.release() ?? Promise.resolve())
  })
})
