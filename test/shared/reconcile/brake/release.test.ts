import { describe, expect, test } from '@jest/globals'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import {
  digestIn,
  granted,
  groupsOf,
  held,
  linksOf,
  openBraked,
  release,
  releaseAll,
  remove,
  settled,
  settledLater,
} from './braked-world.ts'

describe('a release', () => {
  const groups = groupsOf(6)
  const braked = async (count: number) => {
    const world = await openBraked(groups, linksOf(groups), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groups).slice(0, count))
    return { world, digest: await digestIn(world) }
  }

  test('of another digest releases nothing', async () => {
    const { world } = await braked(4)
    expect(await release(world, 'deadbeef')).toBe('other-list')
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 4, held: 2 })
  })

  test('of a list that has grown since it was shown releases nothing', async () => {
    const { world, digest } = await braked(4)
    await remove(world, linksOf(groups).slice(4, 5))
    expect(await release(world, digest)).toBe('other-list')
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 4, held: 3 })
  })

  test('given twice is one, and what is held afterwards stays held', async () => {
    const { world, digest } = await braked(4)
    expect(await release(world, digest)).toBe('released')
    expect(await release(world, digest)).toBe('released-before')
    for (const link of linksOf(groups).slice(4)) await world.objects.delete(link)
    for (let slice = 0; slice < 2; slice++) await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 2, held: 2 })
  })

  test('is used up once its access is gone: the same links, restored and deleted again within the hour, are counted again', async () => {
    const { world, digest } = await braked(6)
    expect(await release(world, digest)).toBe('released')
    for (let slice = 0; slice < 2; slice++) await settled(world)
    await settledLater(world)
    expect(granted(world)).toBe(0)
    for (const link of linksOf(groups)) await world.objects.put(link, '')
    await settledLater(world)
    expect(granted(world)).toBe(6)
    // The window of the first deletions is over, the hour of the release is not.
    await world.clock.advance(16 * 60_000)
    await remove(world, linksOf(groups))
    await settledLater(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 4, held: 4 })
  })

  test('is over after an hour: what nobody carried out until then is judged again', async () => {
    const { world, digest } = await braked(6)
    expect(await release(world, digest)).toBe('released')
    await world.clock.advance(60 * 60_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 2, held: 2 })
  })

  test('whose hints are lost is carried out by the reconcile', async () => {
    const { world, digest } = await braked(4)
    expect(await release(world, digest)).toBe('released')
    const stored = await brakeFile(world.objects).read()
    const { value = emptyBrake, object } = stored ?? {}
    const releases = value.releases.map((one) => ({ ...one, hinted: true }))
    await brakeFile(world.objects).write({ ...value, releases }, object?.etag)
    await settled(world)
    expect(granted(world)).toBe(4)
    await world.finish(world.everyHour())
    await settled(world)
    expect({ granted: granted(world), attention: await world.keys('attention/') }).toEqual({
      granted: 2,
      attention: [],
    })
  })

  test("is judged by S3's clock, whatever the dispatcher's says", async () => {
    const wrap = (ports: Ports): Ports => ({
      ...ports,
      clock: {
        now: () => new Date(ports.clock.now().getTime() + 2 * 60 * 60_000),
        monotonicMs: () => ports.clock.monotonicMs(),
        sleep: (ms, signal) => ports.clock.sleep(ms, signal),
      },
    })
    const world = await openBraked(groups, linksOf(groups), { own: { count: 2, percent: 0 }, wrap })
    await remove(world, linksOf(groups).slice(0, 4))
    expect(await held(world)).toHaveLength(2)
    await releaseAll(world)
    expect(granted(world)).toBe(2)
  })
})
