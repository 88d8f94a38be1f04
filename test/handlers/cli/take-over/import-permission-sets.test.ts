import { expect, test } from '@jest/globals'
import { adoptAll } from '../../../../handlers/cli/take-over/import-permission-sets.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { World } from '../../../world.ts'

const organization = organizationFile.parse({
  managementAccountId: '100000000001',
  root: { id: 'r-tiny', accounts: [{ id: '100000000001', name: 'main', email: 'aws@tiny.example' }] },
  permissionSets: [{ permissionSetName: 'Reader' }, { permissionSetName: 'Admin' }],
})

test('a dry run of permission sets tells what an import then does, and writes nothing', async () => {
  const world = new World({ organization })
  const { ports, configuration, clock } = world
  const before = await world.keys('')
  const proposed = { ...ports, configuration, objects: new ProposedObjects(ports.objects, clock.now()) }
  const told = await world.finish(adoptAll(proposed, undefined, true))
  expect(await world.keys('')).toEqual(before)
  const done = await world.finish(adoptAll({ ...ports, configuration }, undefined, false))
  expect(told).toEqual(done)
  expect(done.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual(['Admin adopted', 'Reader adopted'])
  expect(await world.keys('permission_sets/')).toEqual(['permission_sets/Admin.json', 'permission_sets/Reader.json'])
  expect(world.calls.filter((operation) => !/^(List|Describe|Get)/.test(operation))).toEqual([])
})
