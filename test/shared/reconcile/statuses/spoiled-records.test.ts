import { expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { SpoiledRecords } from '../../../../shared/reconcile/statuses/spoiled-records.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const brake = 'control/brake.json'
const owned = 'owned_permission_sets/Some-ps'
const sound = {
  [brake]: '{"v":1,"lists":[],"windows":[],"releases":[]}',
  [owned]: '{"v":1,"claimedAt":"2026-03-03T10:00:00.000Z"}',
}

test.each([brake, owned] as const)(
  '%s is told while it cannot be read, and not any more when it is restored',
  async (key) => {
    const world = new World()
    const records = new SpoiledRecords()
    for (const [name, body] of Object.entries(sound)) await world.objects.put(name, body)
    expect(await records.tell(world.ports, world.configuration)).toEqual([])
    expect(await world.keys('attention/')).toEqual([])
    await world.objects.put(key, '{"v":2}')
    expect(await records.tell(world.ports, world.configuration)).toEqual([key])
    expect(await world.keys('attention/')).toEqual([`attention/failed/${key}`])
    const told = await world.json(`status/${key}.json`)
    expect(told).toMatchObject({ input: key, state: 'failed', remedy: expect.stringContaining('restore the object') })
    await world.objects.put(key, sound[key])
    // Another process, which has read nothing before.
    expect(await new SpoiledRecords().tell(world.ports, world.configuration)).toEqual([])
    expect([...(await world.keys('attention/')), ...(await world.keys('status/'))]).toEqual([])
    const looked = world.queues
      .queue('permission-sets')
      .messages()
      .map(({ body }) => JSON.parse(body).key)
    expect(looked).toEqual(key === owned ? ['permission_sets/Some-ps.json'] : [])
  },
)

test('an object that S3 does not give is told as well, and one whose reading failed in passing is not', async () => {
  let code = 'InvalidRequest'
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        if (operation !== 'get' || args[0] !== brake) return proceed()
        throw new ServiceError('s3', code, 'S3 says no', { httpStatus: code === 'InternalError' ? 500 : 400 })
      }),
  })
  await world.objects.put(brake, sound[brake])
  expect(await new SpoiledRecords().tell(world.ports, world.configuration)).toEqual([brake])
  code = 'InternalError'
  await expect(new SpoiledRecords().tell(world.ports, world.configuration)).rejects.toThrow('S3 says no')
  expect(await world.keys('attention/')).toEqual([`attention/failed/${brake}`])
})

test('what was read without fault is not read again while it is the same object', async () => {
  const reads: unknown[] = []
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ operation, args, proceed }) => {
        if (operation === 'get') reads.push(args[0])
        return proceed()
      }),
  })
  for (const [name, body] of Object.entries(sound)) await world.objects.put(name, body)
  const records = new SpoiledRecords()
  await records.tell(world.ports, world.configuration)
  await records.tell(world.ports, world.configuration)
  expect(reads.filter((key) => key === owned)).toEqual([owned])
})
