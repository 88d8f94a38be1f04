import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  describePause,
  pauseChanges,
  pauseRecord,
  readPause,
  reconcileAfterPause,
  resumeChanges,
  stopForLoss,
} from '../../../../shared/reconcile/records/pause.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const link = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const other = 'links_data/root%all%Billing-ps%team-security%GROUP%ssofile'

async function open(options: WorldOptions = {}): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] }, ...options }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.look()
  await world.finish(world.slice())
  return world
}

const pause = (world: World) => pauseChanges(world.ports, { reason: 'migration', by: 'me@here' })
const changes = (world: World) => world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call)).length

/** What a dead-letter queue would count, over all lanes. */
async function receives(world: World): Promise<readonly number[]> {
  const lanes = ['work-urgent', 'work', 'work-bulk'] as const
  const found = await Promise.all(lanes.map((lane) => world.queues.receive(lane, { most: 10, waitSeconds: 0 })))
  return found.flat().map(({ receiveCount }) => receiveCount)
}

describe('under a pause', () => {
  test('nothing is pulled: hints stay as they are, and uploads are looked at', async () => {
    const world = await open()
    expect(await pause(world)).toMatchObject({ isNew: true })
    await world.objects.put(link, '')
    for (let minute = 0; minute < 20; minute++) {
      await world.clock.advance(60_000)
      expect(await world.finish(world.slice())).toEqual({ outcome: 'paused', settled: 0, failed: 0 })
    }
    expect(changes(world)).toBe(0)
    expect((await world.json(`status/${link}.json`))?.state).toBe('applying')
    expect(new Set(await receives(world))).toEqual(new Set([1]))
  })

  test('a slice at work ends within seconds and gives back what it has not started', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await world.look()
    const running = world.slice()
    await world.until(() => changes(world) > 0, 'the first call')
    await pause(world)
    await world.clock.advance(3_000)
    const atPause = changes(world)
    await world.finish(running)
    expect(changes(world)).toBe(atPause)
    expect(new Set(await receives(world))).toEqual(new Set([1]))
  })

  test('a slice at work ends also where it cannot be noted that a pause ended it', async () => {
    let isFailing = false
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ args, proceed }) => {
        if (isFailing && args[0] === 'state/paused.json') throw new ServiceError('s3', 'InternalError', 'no')
        return proceed()
      })
    const world = await open({ wrap })
    await world.objects.put(link, '')
    await world.look()
    const running = world.slice()
    await world.until(() => changes(world) > 0, 'the first call')
    isFailing = true
    await pause(world)
    await world.clock.advance(3_000)
    const atPause = changes(world)
    await world.finish(running)
    expect(changes(world)).toBe(atPause)
  })

  test('a slice that waited for the lease of the one that was paused starts nothing', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await world.look()
    const running = world.slice()
    await world.until(() => changes(world) > 0, 'the first call')
    const waiting = world.slice()
    await world.clock.advance(1)
    await pause(world)
    await world.finish(running)
    const atPause = changes(world)
    expect(await world.finish(waiting)).toEqual({ outcome: 'paused', settled: 0, failed: 0 })
    expect(changes(world)).toBe(atPause)
  })

  test('the dispatcher stops at a pause that was written by hand and says nothing', async () => {
    const world = await open()
    await world.objects.put('control/pause.json', 'stop!')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
    expect((await readPause(world.objects))?.reason).toContain('control/pause.json cannot be read')
  })

  test('one that cannot be read stops the dispatcher too', async () => {
    let isFailing = false
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ args, proceed }) => {
        if (isFailing && args[0] === 'control/pause.json') throw new ServiceError('s3', 'InternalError', 'no')
        return proceed()
      })
    const world = await open({ wrap })
    await world.objects.put(link, '')
    await world.look()
    isFailing = true
    await expect(world.finish(world.slice())).rejects.toThrow('no')
    expect(changes(world)).toBe(0)
  })
})

describe('after a pause', () => {
  test('everything is compared again by itself, with what no event told meanwhile', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await world.look()
    await world.finish(world.slice())
    const before = world.ssoAdmin.assignments().length
    expect(before).toBeGreaterThan(3)
    await pause(world)
    await world.finish(world.slice())
    await world.objects.delete(link)
    await world.objects.put(other, '')
    await world.look()
    // Whatever hints there were are lost: only a reconcile finds the differences.
    for (const lane of ['work-urgent', 'work', 'work-bulk'] as const) {
      for (;;) {
        const messages = await world.queues.receive(lane, { most: 10, waitSeconds: 0 })
        if (messages.length === 0) break
        for (const { receiptHandle } of messages) await world.queues.delete(lane, receiptHandle)
      }
    }
    expect(await resumeChanges(world.ports, 'me@home')).toMatchObject({ is: 'ended', pause: { reason: 'migration' } })
    for (let slice = 0; slice < 3; slice++) {
      await world.finish(world.slice())
      await world.look()
    }
    expect(world.ssoAdmin.assignments()).toHaveLength(before)
    expect(new Set((await world.namedKeys('assignments/')).map((key) => key.split('%')[3]))).toEqual(
      new Set(['team-security']),
    )
    expect((await world.json(`status/${other}.json`))?.state).toBe('applied')
    expect(await world.json(`status/${link}.json`)).toBeUndefined()
    expect(await world.keys('state/paused.json')).toEqual([])
  })

  test('the pause that is there stays with its reason when somebody pauses again', async () => {
    const world = await open()
    await pause(world)
    const { isNew, pause: known } = await pauseChanges(world.ports, { reason: 'another', by: 'you' })
    expect(isNew).toBe(false)
    expect(describePause(known)).toMatch(/^paused by me@here since 2026-.*: migration$/)
    expect(await resumeChanges(world.ports, 'me@home')).toMatchObject({ is: 'ended', pause: { by: 'me@here' } })
    expect(await resumeChanges(world.ports, 'me@home')).toEqual({ is: 'none' })
  })
})

describe('history says of a pause', () => {
  const told = async (world: World) => (await world.keys('changes/')).filter((key) => key.endsWith('%all'))
  const next = async (world: World) => {
    await world.clock.advance(60_000)
    await world.finish(world.slice())
  }

  test('who paused, why, and who resumed, once each', async () => {
    const world = await open()
    await pause(world)
    await next(world)
    await next(world)
    expect(await told(world)).toEqual([expect.stringMatching(/%paused%all$/)])
    await resumeChanges(world.ports, 'you@there')
    await next(world)
    await next(world)
    expect(await told(world)).toEqual([expect.stringMatching(/%paused%all$/), expect.stringMatching(/%resumed%all$/)])
    const [paused = '', resumed = ''] = await world.keys('history/pause/')
    expect(await world.json(paused)).toMatchObject({ by: 'me@here', reason: 'migration' })
    expect(await world.json(resumed)).toMatchObject({ by: 'you@there' })
    expect(await world.json('control/resumed.json')).toEqual({ v: 1, over: [] })
  })

  test('each of two that no dispatcher saw', async () => {
    const world = await open()
    for (const by of ['ana', 'bo']) {
      await pause(world)
      await world.clock.advance(1_000)
      await resumeChanges(world.ports, by)
      await world.clock.advance(1_000)
    }
    await next(world)
    expect((await told(world)).map((key) => key.split('%')[1])).toEqual(['paused', 'resumed', 'paused', 'resumed'])
    const bodies = await Promise.all((await world.keys('history/pause/')).map((key) => world.json(key)))
    expect(bodies.map((body) => body?.by)).toEqual(['me@here', 'ana', 'me@here', 'bo'])
  })

  test('that nobody is known to have ended it, where somebody deleted it by hand', async () => {
    const world = await open()
    await pause(world)
    await next(world)
    await world.objects.delete(pauseRecord.at)
    await next(world)
    const [, resumed = ''] = await world.keys('history/pause/')
    expect(await world.json(resumed)).toMatchObject({ event: 'resumed', by: 'unknown' })
  })

  test('nothing wrong, and it ends all the same, where what is noted of it cannot be read', async () => {
    const world = await open()
    await pause(world)
    await world.objects.put('control/resumed.json', '?')
    expect(await resumeChanges(world.ports, 'me')).toMatchObject({ is: 'ended', pause: { by: 'me@here' } })
    expect(await readPause(world.objects)).toBeUndefined()
  })
})

describe('a resume', () => {
  /** Somebody else acts while the note of the resume is written. */
  function meanwhile(world: World, act: () => Promise<unknown>): World['ports'] {
    let isOver = false
    return intercept(world.ports, async ({ operation, args, proceed }) => {
      if (!isOver && operation === 'put' && args[0] === 'control/resumed.json') {
        isOver = true
        await act()
      }
      return proceed()
    })
  }

  test('does not end a pause during which ssofile finds the ledger lost, and history has no such end', async () => {
    const world = new World()
    await pause(world)
    const ports = meanwhile(world, () => stopForLoss(world.ports, '400 entries are gone'))
    expect(await resumeChanges(ports, 'me')).toMatchObject({ is: 'lost', pause: { lost: '400 entries are gone' } })
    expect(await readPause(world.objects)).toMatchObject({ by: 'me@here', lost: '400 entries are gone' })
    expect(await world.json('control/resumed.json')).toEqual({ v: 1, over: [] })
  })

  test('that accepts a loss leaves the pause of a person, which a resume without that option ends, and history has both', async () => {
    const world = new World()
    await pause(world)
    await stopForLoss(world.ports, '400 entries are gone')
    const known = await readPause(world.objects)
    expect(known && describePause(known)).toMatch(
      /^paused by me@here since 2026-.*: migration; also stopped, because the ledger was lost: 400 entries are gone$/,
    )
    await world.clock.advance(60_000)
    for (let times = 0; times < 2; times++) {
      const resumed = await resumeChanges(world.ports, 'bob', { acceptsLoss: true })
      expect(resumed).toMatchObject({ is: 'paused', pause: { by: 'me@here', reason: 'migration' } })
      expect((await readPause(world.objects))?.lost).toBeUndefined()
    }
    await world.clock.advance(60_000)
    expect(await resumeChanges(world.ports, 'eve')).toMatchObject({ is: 'ended' })
    await reconcileAfterPause(world.ports)
    const keys = await world.keys('history/pause/')
    expect(await Promise.all(keys.map((key) => world.json(key)))).toMatchObject([
      { event: 'paused', by: 'me@here' },
      { event: 'loss-accepted', by: 'bob', lost: '400 entries are gone' },
      { event: 'resumed', by: 'eve' },
    ])
  })

  test('that accepts a loss ends the stop of ssofile, and history has who did it', async () => {
    const world = new World()
    await stopForLoss(world.ports, '400 entries are gone')
    expect(await resumeChanges(world.ports, 'me', { acceptsLoss: true })).toMatchObject({ is: 'ended' })
    expect(await readPause(world.objects)).toBeUndefined()
    expect(await world.json('control/resumed.json')).toMatchObject({ over: [{ endedBy: 'me' }] })
  })

  test('of the pause that was shown does not end another one, which somebody began meanwhile', async () => {
    const world = new World()
    const { pause: shown } = await pauseChanges(world.ports, { reason: 'first', by: 'x' })
    const ports = meanwhile(world, async () => {
      await world.objects.delete(pauseRecord.at)
      await world.clock.advance(1_000)
      await pauseChanges(world.ports, { reason: 'second', by: 'y' })
    })
    expect(await resumeChanges(ports, 'me', { since: shown.since })).toMatchObject({ is: 'other' })
    expect(await readPause(world.objects)).toMatchObject({ reason: 'second' })
  })
})

describe('control/pause.json', () => {
  test('that cannot be read is no pause that is misunderstood: whoever asks is told', async () => {
    const refusal = new ServiceError('s3', 'AccessDenied', 'no')
    const world = new World()
    await pause(world)
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'get') throw refusal
      return proceed()
    })
    await expect(readPause(ports.objects)).rejects.toBe(refusal)
  })

  test.each(['', 'stop!', '{}', '{"v":1,"reason":"","by":"me","since":"2026-03-03T10:00:00Z"}', '{"v":2}'])(
    'that says %j is a pause all the same',
    async (body) => {
      const world = new World()
      await world.objects.put(pauseRecord.at, body)
      expect(await readPause(world.objects)).toEqual({
        v: 1,
        reason: '(control/pause.json cannot be read)',
        by: 'unknown',
        since: '2026-03-03T10:00:00.000Z',
      })
    },
  )

  test('that goes while it is read is no pause', async () => {
    const world = new World()
    await pause(world)
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'get') await world.objects.delete(pauseRecord.at)
      return proceed()
    })
    expect(await readPause(ports.objects)).toBeUndefined()
  })

  test('that goes while somebody else pauses is written again', async () => {
    const world = new World()
    await pause(world)
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      const answer = await proceed()
      if (operation === 'put') await world.objects.delete(pauseRecord.at)
      return answer
    })
    let puts = 0
    const counting = intercept(ports, async ({ operation, proceed }) => {
      if (operation !== 'put') return proceed()
      return ++puts === 1 ? proceed() : world.objects.put(pauseRecord.at, '{}')
    })
    expect(await pauseChanges(counting, { reason: 'another', by: 'you' })).toMatchObject({ isNew: true })
    expect(puts).toBe(2)
  })
})

test('only the first dispatcher after a pause has everything compared again', async () => {
  const world = new World()
  expect(await reconcileAfterPause(world.ports)).toBe(false)
  expect(world.queues.queue('events').counts().visible).toBe(0)
  await world.objects.put('state/paused.json', '')
  expect(await reconcileAfterPause(world.ports)).toBe(true)
  const [message] = await world.queues.receive('events', { most: 10, waitSeconds: 0 })
  expect(JSON.parse(message?.body ?? '')).toEqual({ 'detail-type': 'resumed after a pause' })
  expect(await reconcileAfterPause(world.ports)).toBe(false)
  expect(world.queues.queue('events').counts().visible).toBe(0)
})
