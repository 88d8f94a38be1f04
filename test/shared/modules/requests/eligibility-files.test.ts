import { expect, test } from '@jest/globals'
import { EligibilityFiles } from '../../../../shared/modules/requests/eligibility-files.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const rule = {
  for: { groups: ['team-Web'] },
  permissionSets: ['*-ps'],
  scopes: ['root%all'],
  longest: 'PT8H',
  approvers: { groups: ['team-Platform'] },
}
const stored = 'state/eligibilities.json'

/** What `names` stand for has been read once, by the schedule. */
async function watched(names: readonly string[]): Promise<World> {
  const world = new World()
  for (const name of names) await world.objects.put(`eligibility/${name}.json`, JSON.stringify(rule))
  await world.finish(world.everyMinuteOfLinks())
  return world
}

/** What a process that has just started reads, and from which objects. `denied`: what S3 does not give it. */
async function start(world: World, denied?: string) {
  const got: unknown[] = []
  const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'get') got.push(args[0])
    if (operation === 'get' && args[0] === denied) throw new ServiceError('s3', 'AccessDenied', 'Access Denied')
    return proceed()
  })
  const { eligibilities } = await world.finish(new EligibilityFiles(ports).read())
  return { eligibilities, got }
}

test('a process that has just started reads one object in place of all files', async () => {
  const world = await watched(['a', 'b', 'c'])
  const { eligibilities, got } = await start(world)
  expect(got).toEqual([stored])
  expect([...eligibilities].map(([name, { ok }]) => [name, ok])).toEqual([
    ['a', true],
    ['b', true],
    ['c', true],
  ])
})

test('it reads what has changed since, and what is gone does not count', async () => {
  const world = await watched(['a', 'b', 'c'])
  await world.objects.put('eligibility/b.json', JSON.stringify({ ...rule, longest: 'PT1H' }))
  await world.objects.put('eligibility/d.json', '{}')
  await world.objects.delete('eligibility/a.json')
  const { eligibilities, got } = await start(world)
  expect(got).toEqual([stored, 'eligibility/b.json', 'eligibility/d.json'])
  expect(eligibilities.get('b')).toMatchObject({ ok: true, value: { longestMs: 3_600_000 } })
  expect([...eligibilities].map(([name, { ok }]) => [name, ok])).toEqual([
    ['b', true],
    ['c', true],
    ['d', false],
  ])
})

test('where that object is gone, spoiled, or not for this caller, the files are read', async () => {
  const world = await watched(['a'])
  const names = async (denied?: string) => [...(await start(world, denied)).eligibilities.keys()]
  expect(await names(stored)).toEqual(['a'])
  await world.objects.put(stored, '{"v": 2}')
  expect(await names()).toEqual(['a'])
  await world.objects.delete(stored)
  expect(await names()).toEqual(['a'])
})
