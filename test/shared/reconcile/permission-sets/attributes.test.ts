import { describe, expect, test } from '@jest/globals'
import { attributeKey, attributeSource, attributesKey } from '../../../../shared/domain/attributes/attributes-file.ts'
import { releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { stride } from '../../../depth.ts'
import { dyingPorts } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

type Attributes = Readonly<Record<string, string>>

class Attributing {
  readonly world: World

  constructor(options: WorldOptions = {}, start: Parameters<World['start']>[0] = {}) {
    this.world = new World(options).start(start)
  }

  put(attributes: Attributes) {
    const rows = Object.entries(attributes).map(([Key, source]) => ({ Key, Value: { Source: [source] } }))
    return this.world.objects.put(attributesKey, JSON.stringify({ AccessControlAttributes: rows }))
  }

  byHand(attributes: Attributes): void {
    this.world.ssoAdmin.setAttributes(
      Object.entries(attributes).map(([key, source]) => ({
        key: attributeKey.parse(key),
        source: attributeSource.parse(source),
      })),
    )
  }

  now(): Attributes | undefined {
    const configured = this.world.ssoAdmin.attributesNow()
    return configured && Object.fromEntries(configured.attributes.map(({ key, source }) => [key, source]))
  }

  async status() {
    return (await this.world.json(`status/${attributesKey}.json`)) as
      | { state: string; reason?: string; remedy?: string; etag?: string; warnings?: string[] }
      | undefined
  }

  /** The status says so of the file that is there now. */
  until(state: string | undefined): Promise<void> {
    return this.world.until(async () => {
      const status = await this.status()
      return status?.state === state && status?.etag === (await this.world.objects.head(attributesKey))?.etag
    }, `attributes as ${state}`)
  }

  async release(): Promise<void> {
    const [, digest = ''] = /--release ([0-9a-f]{16})/.exec((await this.status())?.remedy ?? '') ?? []
    expect(await releaseList(this.world.objects, digest, 'ops')).toMatchObject({ outcome: 'released' })
    await this.world.finish(this.world.everyMinute())
  }

  async events(): Promise<readonly string[]> {
    const keys = await this.world.keys('changes/')
    return keys.flatMap((key) => /%(attributes?-[a-z-]+%.*)$/.exec(key)?.[1] ?? [])
  }
}

test('attributes come by the file: the first are created, others are added, and history has each', async () => {
  const attributing = new Attributing()
  await attributing.put({ Team: 'a' })
  await attributing.until('applied')
  await attributing.put({ Team: 'a', 'cost/center': 'b' })
  await attributing.until('applied')
  expect(attributing.now()).toEqual({ Team: 'a', 'cost/center': 'b' })
  expect(await attributing.events()).toEqual(['attribute-added%Team', 'attribute-added%cost%2Fcenter'])
  const told = await attributing.world.keys('history/access-control-attributes/')
  expect(told.map((key) => key.split('/')[2])).toEqual(['Team', 'cost%2Fcenter'])
  expect(attributing.world.errors).toEqual([])
})

describe.each(['restore', 'report'] as const)(
  'where somebody else asked for other attributes and AWS refused them, and onDrift is %s',
  (onDrift) => {
    test.each([
      ['one more', { Team: 'a', Cost: 'b', Admin: 'c' }],
      ['one less', { Team: 'a' }],
      ['another source', { Team: 'a', Cost: 'x' }],
    ])('ssofile asks for those that it applied: %s', async (_, theirs) => {
      const attributing = new Attributing({ configuration: { onDrift } })
      const { world } = attributing
      await attributing.put({ Team: 'a', Cost: 'b' })
      await attributing.until('applied')
      world.ssoAdmin.failAttributes('no')
      attributing.byHand(theirs)
      world.ssoAdmin.failAttributes(undefined)
      await world.finish(world.everyHour())
      await attributing.until('applied')
      expect(attributing.now()).toEqual({ Team: 'a', Cost: 'b' })
    })
  },
)

test('a refused change of somebody else before the first file is told with its reason, and changed only once another one is in force', async () => {
  const attributing = new Attributing()
  const { world } = attributing
  world.ssoAdmin.failAttributes('no such source')
  attributing.byHand({ Admin: 'c' })
  world.ssoAdmin.failAttributes(undefined)
  await attributing.put({ Team: 'a' })
  await attributing.until('failed')
  expect((await attributing.status())?.reason).toMatch(/^somebody else asked .* no such source/)
  expect(attributing.now()).toEqual({ Admin: 'c' })
  attributing.byHand({})
  await world.finish(world.everyHour())
  await attributing.until('applied')
  expect(attributing.now()).toEqual({ Team: 'a' })
})

test('what is removed and what gets another source waits for a release of exactly that, and what is added does not', async () => {
  const attributing = new Attributing()
  await attributing.put({ Team: 'a', Cost: 'b' })
  await attributing.until('applied')
  await attributing.put({ Team: 'c', Title: 'd' })
  await attributing.until('held')
  expect(attributing.now()).toEqual({ Team: 'a', Cost: 'b', Title: 'd' })
  expect((await attributing.status())?.reason).toBe(
    "held by the brake until a person releases it: change 'Team' from 'a' to 'c'; remove 'Cost', which now comes from 'b'",
  )
  await attributing.release()
  await attributing.until('applied')
  expect(attributing.now()).toEqual({ Team: 'c', Title: 'd' })
  // Released for an hour, and only that: the next loss is held again.
  await attributing.put({ Team: 'c' })
  await attributing.until('held')
  expect(attributing.now()).toEqual({ Team: 'c', Title: 'd' })
  // The file as it was: nothing is held any more.
  await attributing.put({ Team: 'c', Title: 'd' })
  await attributing.until('applied')
  expect((await attributing.world.json('control/brake.json'))?.lists).toEqual([])
  expect((await attributing.events()).filter((one) => !one.includes('held'))).toEqual([
    ...['attribute-added%Cost', 'attribute-added%Team', 'attribute-added%Title'],
    ...['attribute-changed%Team', 'attribute-removed%Cost'],
  ])
})

test('a key in other capitals with another source waits for a release, as the same key does', async () => {
  const attributing = new Attributing()
  await attributing.put({ Department: 'a' })
  await attributing.until('applied')
  await attributing.put({ Department: 'a', department: 'b' })
  await attributing.until('rejected')
  await attributing.put({ department: 'b' })
  await attributing.until('held')
  expect(attributing.now()).toEqual({ Department: 'a' })
  await attributing.release()
  await attributing.until('applied')
  expect(attributing.now()).toEqual({ Department: 'b' })
  await attributing.put({ department: 'b' })
  await attributing.until('applied')
})

test('a source that AWS does not list is applied, and its status warns of it', async () => {
  const attributing = new Attributing()
  await attributing.put({ Team: `$\${path:enterprise.costCenter}` })
  await attributing.until('applied')
  expect((await attributing.status())?.warnings).toEqual([expect.stringContaining("of 'Team'")])
  await attributing.put({ Cost: `\${path:enterprise.costcenter}` })
  await attributing.until('held')
  expect((await attributing.status())?.warnings).toEqual([expect.stringContaining("of 'Cost'")])
})

test('a file that is deleted gives the attributes up, and none is changed', async () => {
  const attributing = new Attributing()
  await attributing.put({ Team: 'a' })
  await attributing.until('applied')
  await attributing.put({})
  await attributing.until('held')
  await attributing.world.objects.delete(attributesKey)
  await attributing.until(undefined)
  expect(attributing.now()).toEqual({ Team: 'a' })
  expect(await attributing.world.keys('owned_attributes/')).toEqual([])
  expect((await attributing.world.json('control/brake.json'))?.lists).toEqual([])
  expect(await attributing.events()).toContain(`attributes-given-up%${attributesKey}`)
})

test('without a file nobody is asked; with one, what others configured before goes only by a release', async () => {
  const attributing = new Attributing()
  attributing.byHand({ Old: 'x', Team: 'a' })
  await attributing.world.finish(attributing.world.everyHour())
  expect(attributing.world.calls.filter((call) => call.includes('Attribute'))).toEqual([])
  await attributing.put({ Team: 'a' })
  await attributing.until('held')
  expect(attributing.now()).toEqual({ Old: 'x', Team: 'a' })
})

test('a file that is not valid changes nothing and says so', async () => {
  const attributing = new Attributing()
  await attributing.put({ Team: 'a' })
  await attributing.until('applied')
  await attributing.world.objects.put(attributesKey, '{ "attributes": [] }')
  await attributing.until('rejected')
  await attributing.world.finish(attributing.world.everyHour())
  expect(attributing.now()).toEqual({ Team: 'a' })
  expect(await attributing.world.keys('owned_attributes/')).toHaveLength(1)
})

test('a file that is not valid holds nothing any more', async () => {
  const attributing = new Attributing()
  await attributing.put({ Team: 'a' })
  await attributing.until('applied')
  await attributing.put({})
  await attributing.until('held')
  await attributing.world.objects.put(attributesKey, '{ "attributes": [] }')
  await attributing.until('rejected')
  await attributing.world.until(
    async () => JSON.stringify((await attributing.world.json('control/brake.json'))?.lists) === '[]',
    'no list',
  )
  expect(attributing.now()).toEqual({ Team: 'a' })
})

describe('changes by hand are found within the hour', () => {
  test.each(['restore', 'report'] as const)('and onDrift says %s', async (onDrift) => {
    const attributing = new Attributing({ configuration: { onDrift } })
    await attributing.put({ Cost: 'b', Team: 'a' })
    await attributing.until('applied')
    attributing.byHand({ Team: 'z' })
    await attributing.world.finish(attributing.world.everyHour())
    if (onDrift === 'report') await attributing.until('failed')
    else await attributing.world.until(() => 'Cost' in (attributing.now() ?? {}), 'the attributes of the file')
    expect(attributing.now()).toEqual(onDrift === 'restore' ? { Cost: 'b', Team: 'a' } : { Team: 'z' })
    // A file with one more says nothing of what is only reported.
    await attributing.put({ Cost: 'b', Team: 'a', Title: 'd' })
    await attributing.until(onDrift === 'report' ? 'failed' : 'applied')
    await attributing.world.finish(attributing.world.everyHour())
    await attributing.world.clock.advance(60_000)
    expect(attributing.now()).toEqual(
      onDrift === 'restore' ? { Cost: 'b', Team: 'a', Title: 'd' } : { Team: 'z', Title: 'd' },
    )
  })
})

test('what Identity Center does not take in the end is failed with its reason, and tried again each hour', async () => {
  const attributing = new Attributing()
  attributing.world.ssoAdmin.failAttributes('the source is unknown')
  await attributing.put({ Team: 'a' })
  await attributing.until('failed')
  expect((await attributing.status())?.reason).toContain('the source is unknown')
  attributing.world.ssoAdmin.failAttributes(undefined)
  await attributing.world.finish(attributing.world.everyHour())
  await attributing.until('applied')
  expect(await attributing.events()).toEqual(['attribute-added%Team'])
})

test('what takes long is applying, and looked at again until it is enabled', async () => {
  const attributing = new Attributing({ ssoAdmin: { latencyMs: 90_000, latencyP99Ms: 90_001 } })
  await attributing.put({ Team: 'a' })
  await attributing.world.until(
    async () => (await attributing.status())?.reason === 'Identity Center is still applying the attributes',
    'applying',
  )
  for (let minute = 0; minute < 4; minute++) {
    await attributing.world.clock.advance(60_000)
    await attributing.world.finish(attributing.world.everyMinute())
  }
  await attributing.until('applied')
})

test.each(['before', 'after'] as const)(
  'a dispatcher that dies at any call, %s it takes effect, leaves nothing that the next one does not finish',
  async (when) => {
    for (let atCall = 0; ; atCall += stride) {
      const attributing = new Attributing({}, { dispatcher: false })
      const { world } = attributing
      attributing.byHand({ Team: 'a' })
      await attributing.put({ Team: 'a', Cost: 'b' })
      await world.look()
      const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when })
      void world.slice({}, dying.ports)
      await world.clock.advance(8_000)
      for (let round = 0; round < 3; round++) {
        await world.clock.advance(65_000)
        await world.finish(world.everyFiveMinutes(), 1_000)
        await world.look()
        await world.finish(world.slice(), 1_000)
      }
      expect({ atCall, now: attributing.now(), state: (await attributing.status())?.state }).toEqual({
        atCall,
        now: { Team: 'a', Cost: 'b' },
        state: 'applied',
      })
      expect(await attributing.events()).toEqual(['attribute-added%Cost'])
      if (!dying.isDead()) return
    }
  },
  120_000,
)
