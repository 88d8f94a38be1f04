import { expect, test } from '@jest/globals'
import { countUnderWay } from '../../../../handlers/cli/status/under-way.ts'
import { World } from '../../../world.ts'

const file = 'permission_sets/New-ps.json'
const key = 'links_data/root%all%New-ps%team-security%GROUP%ssofile'
const waiting = { state: 'waiting', waitsFor: file } as const
const good = '{"permissionSetName":"New-ps","description":"new"}'

test('what is on its way is under way, and nothing else', async () => {
  const { ports } = new World()
  const states = ['applying', 'revoking', 'applied', 'waiting', 'rejected', 'held'] as const
  expect(
    await countUnderWay(
      ports,
      states.map((state) => ({ state })),
    ),
  ).toBe(2)
})

test('a link that waits for a permission set is not under way while nobody has uploaded its file', async () => {
  const { ports } = new World()
  expect(await countUnderWay(ports, [waiting])).toBe(0)
})

test('it is from the upload of the file on, until the link itself is told something else', async () => {
  const world = new World().start()
  await world.objects.put(key, '')
  const read = () => world.json(`status/${key}.json`)
  await world.until(async () => (await read())?.state === 'waiting', 'a status of the link')
  expect(await read()).toMatchObject(waiting)
  await world.objects.put(file, good)
  expect(await countUnderWay(world.ports, [waiting])).toBe(1)
  await world.until(async () => (await world.json(`status/${file}.json`))?.state === 'applied', 'the permission set')
  expect(await countUnderWay(world.ports, [waiting])).toBe(1)
  await world.until(async () => (await read())?.state === 'applied', 'the link')
  expect(await read()).not.toHaveProperty('waitsFor')
})

test('it is not any more once the file is rejected, and is again once it is corrected', async () => {
  const world = new World().start()
  await world.objects.put(file, '{')
  expect(await countUnderWay(world.ports, [waiting, waiting])).toBe(2)
  await world.until(async () => (await world.json(`status/${file}.json`))?.state === 'rejected', 'its status')
  expect(await countUnderWay(world.ports, [waiting, waiting])).toBe(0)
  await world.clock.advance(1_000)
  await world.objects.put(file, good)
  expect(await countUnderWay(world.ports, [waiting, waiting])).toBe(2)
})
