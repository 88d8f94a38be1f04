import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { LedgerCount } from '../../../../shared/domain/assignments/ledger-loss.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { Lease } from '../../../../shared/reconcile/dispatcher/lease.ts'
import { forgetLedgerCount, readLedgerCount } from '../../../../shared/reconcile/records/ledger-count.ts'
import { endLoss, pauseChanges, readPause } from '../../../../shared/reconcile/records/pause.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const everywhere = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'

const always: Interceptor = ({ proceed }) => proceed()

/** A bucket with one entry for each of 40 accounts or so, which no sweep has counted. */
async function grant(interceptor = always, { isSwept = false } = {}): Promise<World> {
  const wrap = (ports: Ports) => intercept(ports, interceptor)
  const world = new World({ organization: { ...acme(), assignments: [] }, wrap }).start({ dispatcher: false })
  await world.finish(world.everyHour(), 1_000)
  if (isSwept) await world.finish(world.everyFiveMinutes())
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(everywhere, '')
  await world.look()
  await world.finish(world.slice())
  return world
}

/** A bucket whose ledger was counted. */
async function open(interceptor = always): Promise<World> {
  const world = await grant(interceptor)
  await world.finish(world.everyFiveMinutes())
  return world
}

const changes = (world: World) => world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call)).length
const remove = async (world: World, prefix: string, most = Number.POSITIVE_INFINITY) => {
  for (const key of (await world.keys(prefix)).slice(0, most)) await world.objects.as('somebody').delete(key)
}

describe('a ledger', () => {
  test('is counted by each sweep, and is not lost while it is there', async () => {
    const world = await open()
    const entries = await world.namedKeys('assignments/')
    expect(entries.length).toBeGreaterThan(30)
    expect(await readLedgerCount(world.objects)).toMatchObject({ settled: entries.length })
    expect((await world.finish(world.slice())).outcome).toBe('done')
    expect(world.metrics.sumOf('LedgerLost')).toBe(0)
  })

  test('is not lost where entries are gone before the sweep that lists them has read them', async () => {
    // What Identity Center had no room for: it was never granted, so history does not tell of its end.
    const begun = new Set<string>()
    const world = await open(async ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && begun.has(String(key))) for (const one of begun) await world.objects.delete(one)
      return proceed()
    })
    const entries = await world.keys('assignments/')
    const late = '11111111-2222-3333-4444-555555555555'
    for (const key of entries.slice(0, 25)) begun.add(key.replace(/[0-9a-f-]{36}/, late))
    for (const key of begun) await world.objects.put(key, '{}')
    await world.finish(world.everyFiveMinutes())
    expect(await world.keys('assignments/')).toEqual(entries)
    expect(await readLedgerCount(world.objects)).toMatchObject({ settled: entries.length })
    expect((await world.finish(world.slice())).outcome).toBe('done')
  })

  test('is counted from then on when an operator says so, also while a sweep counts it', async () => {
    let isCounting = false
    let begun: LedgerCount | undefined
    const world = await open(async ({ operation, args: [key], proceed }) => {
      const answer = await proceed()
      if (isCounting && operation === 'get' && key === 'control/ledger.json') {
        isCounting = false
        await forgetLedgerCount(world.objects, world.clock.now())
        begun = await readLedgerCount(world.objects)
      }
      return answer
    })
    const entries = await world.namedKeys('assignments/')
    await remove(world, 'control/ledger.json')
    isCounting = true
    await world.finish(world.everyFiveMinutes())
    expect(isCounting).toBe(false)
    expect(begun).toMatchObject({ settled: entries.length })
    expect(await readLedgerCount(world.objects)).toEqual(begun)
    await world.finish(world.everyFiveMinutes())
    expect(await readLedgerCount(world.objects)).toMatchObject({ settled: entries.length })
  })

  test('without its owner is lost: everything stops, with an alarm each time', async () => {
    const world = await open()
    await world.objects.as('somebody').delete('control/owner.json')
    const before = changes(world)
    await world.objects.delete(everywhere)
    await world.look()
    for (let minute = 0; minute < 3; minute++) expect((await world.finish(world.slice())).outcome).toBe('paused')
    expect(changes(world)).toBe(before)
    expect(await readPause(world.objects)).toMatchObject({ by: 'ssofile', lost: 'control/owner.json is gone' })
    expect(world.metrics.sumOf('LedgerLost')).toBe(3)
    expect(world.log.lines.map(({ message }) => message).join()).toContain('the ledger was lost')
  })

  test('is lost where more than 20 entries and more than a tenth are gone without their history', async () => {
    const world = await open()
    const entries = await world.namedKeys('assignments/')
    await remove(world, 'assignments/', 20)
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await remove(world, 'assignments/', 1)
    expect((await world.finish(world.slice())).outcome).toBe('paused')
    expect((await readPause(world.objects))?.lost).toBe(
      `21 of ${entries.length} entries under assignments/ are gone, and history does not say why`,
    )
  })

  test('is lost too where it goes a few entries at a time, with a sweep between', async () => {
    const world = await open()
    await remove(world, 'assignments/', 12)
    await world.finish(world.everyFiveMinutes())
    await remove(world, 'assignments/', 12)
    await world.finish(world.everyFiveMinutes())
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('is lost where its history is gone with it', async () => {
    const world = await open()
    await remove(world, 'assignments/')
    await remove(world, 'history/')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('whose entries are all revoked is not lost, and is counted as it is', async () => {
    const world = await open()
    await world.objects.delete(everywhere)
    await world.look()
    await world.finish(world.slice())
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await world.finish(world.everyFiveMinutes())
    expect(await readLedgerCount(world.objects)).toMatchObject({ settled: 0 })
    expect(await readPause(world.objects)).toBeUndefined()
  })

  test('whose count is gone with it is lost all the same: history says how many there were', async () => {
    const world = await open()
    await remove(world, 'assignments/')
    await world.objects.delete('control/ledger.json')
    await world.finish(world.everyFiveMinutes())
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('that somebody restores under the lease is not stopped beside them: that would outlast the restoration', async () => {
    const world = await open()
    const lease = await world.finish(Lease.acquire(world.ports, 'restoration'))
    await world.objects.as('somebody').delete('control/owner.json')
    void lease?.keep()
    expect((await world.finish(world.slice())).outcome).toBe('lease-held')
    expect(await readPause(world.objects)).toBeUndefined()
    await world.finish(lease?.release() ?? Promise.resolve())
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('that is lost while a slice is at work ends it within a minute', async () => {
    const world = await open()
    await world.objects.delete(everywhere)
    await world.look()
    await world.objects.put(everywhere, '')
    const running = world.slice({ lingerMs: 500_000 })
    await world.clock.advance(5_000)
    await world.objects.as('somebody').delete('control/owner.json')
    const beganMs = world.clock.monotonicMs()
    await world.finish(running)
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(60_000)
    expect((await readPause(world.objects))?.lost).toBe('control/owner.json is gone')
  })
})

describe('a ledger that no sweep has counted since access was granted', () => {
  test.each([{ isSwept: true }, { isSwept: false }])(
    'is lost when its entries are deleted at once, and one was counted before: $isSwept',
    async ({ isSwept }) => {
      const world = await grant(always, { isSwept })
      const { length } = await world.namedKeys('assignments/')
      await remove(world, 'assignments/')
      expect((await world.finish(world.slice())).outcome).toBe('paused')
      expect((await readPause(world.objects))?.lost).toBe(
        `${length} of ${length} entries under assignments/ are gone, and history does not say why`,
      )
    },
  )

  test('is lost with what two ids have under one name, the former in its grace period', async () => {
    const world = await grant(always, { isSwept: true })
    const { length } = await world.namedKeys('assignments/')
    const former = world.identityStore.idOf('GROUP', 'team-Accountants')
    if (former === undefined) throw new Error('the group is not there')
    await world.finish(world.identityStore.deleteGroup(former))
    await world.finish(world.identityStore.createGroup({ displayName: 'team-Accountants' }))
    await world.finish(world.everyHour(), 1_000)
    await world.finish(world.slice())
    expect(await world.keys('assignments/')).toHaveLength(2 * length)
    await remove(world, 'assignments/')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
    expect((await readPause(world.objects))?.lost).toContain(`${2 * length} of ${2 * length} entries`)
  })

  test('is lost too where a sweep comes before the guard, and where some go before it and some after', async () => {
    for (const [before, after] of [
      [100, 0],
      [15, 15],
    ] as const) {
      const world = await grant(always, { isSwept: true })
      await remove(world, 'assignments/', before)
      await world.finish(world.everyFiveMinutes())
      await remove(world, 'assignments/', after)
      expect((await world.finish(world.slice())).outcome).toBe('paused')
    }
  })

  test('is lost where more than 20 entries and more than a tenth are gone', async () => {
    const world = await grant(always, { isSwept: true })
    await remove(world, 'assignments/', 20)
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await remove(world, 'assignments/', 1)
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('is not lost where the access has ended meanwhile, or began again', async () => {
    const world = await grant(always, { isSwept: true })
    await world.objects.delete(everywhere)
    await world.look()
    await world.finish(world.slice())
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await world.objects.put(everywhere, '')
    await world.look()
    await world.finish(world.slice())
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await world.finish(world.everyFiveMinutes())
    expect(await readLedgerCount(world.objects)).toMatchObject({
      settled: (await world.namedKeys('assignments/')).length,
    })
  })

  test('is not lost where the access ends between the look at changes/ and the listing of the ledger', async () => {
    let end: (() => Promise<void>) | undefined
    const world = await grant(
      async ({ operation, args: [key], proceed }) => {
        if (operation !== 'list' || key !== 'assignments/' || !end) return proceed()
        const now = end
        end = undefined
        await now()
        return proceed()
      },
      { isSwept: true },
    )
    end = async () => {
      for (const key of await world.namedKeys('assignments/')) {
        const name = key.slice('assignments/'.length)
        await world.objects.put(`changes/${world.clock.now().toISOString().replace('T', '/')}%revoked%${name}`, '')
        await world.objects.delete(key)
      }
    }
    expect((await world.finish(world.slice())).outcome).toBe('done')
    expect(end).toBeUndefined()
  })

  test('is lost where as many entries as are gone were granted and revoked since a sweep counted', async () => {
    const world = await open()
    const { length } = await world.namedKeys('assignments/')
    await world.clock.advance(2_000)
    const other = everywhere.replace('team-Accountants', 'team-Platform')
    await world.objects.put(other, '')
    await world.look()
    await world.finish(world.slice())
    await world.clock.advance(2_000)
    await world.objects.delete(other)
    await world.look()
    await world.finish(world.slice())
    expect(await world.namedKeys('assignments/')).toHaveLength(length)
    await remove(world, 'assignments/')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('is lost again where what is left of it is deleted after an operator has accepted a loss, and before a sweep', async () => {
    const world = await open()
    await remove(world, 'assignments/', 10)
    await world.clock.advance(2_000)
    await forgetLedgerCount(world.objects, world.clock.now())
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await remove(world, 'assignments/')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
  })

  test('is counted from then on when an operator accepts the loss', async () => {
    const world = await grant(always, { isSwept: true })
    await remove(world, 'assignments/')
    expect((await world.finish(world.slice())).outcome).toBe('paused')
    // S3 tells whole seconds.
    await world.clock.advance(1_000)
    await forgetLedgerCount(world.objects, world.clock.now())
    await endLoss(world.objects)
    expect((await world.finish(world.slice())).outcome).toBe('done')
    await world.finish(world.everyFiveMinutes())
    expect((await world.finish(world.slice())).outcome).toBe('done')
  })
})

describe('a pause of a person', () => {
  test('says too that the ledger was lost, and goes on when it is found', async () => {
    const world = await open()
    const own = { reason: 'migration', by: 'me@here' }
    await pauseChanges(world.ports, own)
    await world.objects.as('somebody').delete('control/owner.json')
    await world.finish(world.slice())
    expect(await readPause(world.objects)).toMatchObject({ ...own, lost: 'control/owner.json is gone' })
    expect(await endLoss(world.objects)).toMatchObject(own)
    expect((await readPause(world.objects))?.lost).toBeUndefined()
  })
})
