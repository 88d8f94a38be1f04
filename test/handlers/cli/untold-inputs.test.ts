import { expect, test } from '@jest/globals'
import { readAllStatuses } from '../../../handlers/cli/read-all-statuses.ts'
import { hasUntold } from '../../../handlers/cli/untold-inputs.ts'
import { World } from '../../world.ts'

const key = 'permission_sets/Untold-ps.json'
const file = (description: string) => JSON.stringify({ permissionSetName: 'Untold-ps', description })
const isWaitedFor = async ({ ports }: World) => hasUntold(ports, await readAllStatuses(ports))

async function openTold(): Promise<World> {
  const world = new World().start()
  await world.objects.put(key, file('first'))
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the file')
  return world
}

test('a file that has just come is waited for until a status speaks of it', async () => {
  const world = new World().start()
  expect(await isWaitedFor(world)).toBe(false)
  await world.objects.put(key, file('first'))
  expect(await isWaitedFor(world)).toBe(true)
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the file')
})

test.each([
  ['uploaded with another content', (world: World) => world.objects.put(key, file('second'))],
  ['uploaded again as it was', (world: World) => world.objects.put(key, file('first'))],
  ['deleted', (world: World) => world.objects.delete(key)],
])('the status of a file that was since %s is not taken for its outcome', async (_, change) => {
  const world = await openTold()
  await world.clock.advance(1_000)
  await change(world)
  expect(await isWaitedFor(world)).toBe(true)
  await world.until(async () => !(await isWaitedFor(world)), 'a status of what was done last')
})

test.each([
  'links_data/no link',
  'links_data/undeclared/root%all%Untold-ps%team-security%GROUP%ssofile',
  'permission_sets/no name',
  'permission_sets/Bad-ps.json',
  `links_data/${'x'.repeat(950)}`,
])('a file that is rejected is waited for no longer: %s', async (input) => {
  const world = new World().start()
  await world.objects.put(input, '{')
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the file')
  expect((await readAllStatuses(world.ports)).statuses).toMatchObject([{ input, state: 'rejected' }])
})
