import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { findAdministrators, foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import type { ObjectStore } from '../../../../shared/ports/object-store.ts'
import { World } from '../../../world.ts'
import { inForceIn } from './in-force-in.ts'

const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess'
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

const render = (permissionSetName: string, arn: string) =>
  JSON.stringify({ permissionSetName, managedPoliciesArnList: [arn] })

test('a file that is not in force hides no administrators: permission sets of others, and those that are about to change', async () => {
  const world = new World().start()
  const file = (name: string, arn: string) => world.objects.put(`permission_sets/${name}.json`, render(name, arn))
  const names = ['Theirs-ps', 'Broken-ps', 'Ours-ps', 'Read-ps'].map((name) => permissionSetName.parse(name))
  const make = async () => {
    for (const name of names.slice(0, 2)) {
      const arn = await world.ssoAdmin.createPermissionSet({ name, sessionDuration: 'PT1H', tags: [] })
      await world.ssoAdmin.attachManagedPolicy(arn, administrator)
    }
  }
  await world.finish(make())
  await file('Ours-ps', administrator)
  await file('Read-ps', readOnly)
  await file('Theirs-ps', readOnly)
  await world.objects.put('permission_sets/Broken-ps.json', '{')
  await world.clock.advance(120_000)
  const find = async (objects: ObjectStore = world.objects) =>
    findAdministrators(names, objects, await foreseePermissionSets(world.ports, inForceIn(world)))
  expect(await world.finish(find())).toEqual(['Broken-ps', 'Ours-ps', 'Theirs-ps'])
  const body = new TextEncoder().encode(render('Ours-ps', readOnly))
  const changes = { uploads: [{ key: 'permission_sets/Ours-ps.json', body }], deletions: [], same: [] }
  const proposed = new ProposedObjects(world.objects, world.clock.now(), changes)
  expect(await world.finish(find(proposed))).toEqual(['Broken-ps', 'Ours-ps', 'Theirs-ps'])
  await file('Ours-ps', readOnly)
  await world.clock.advance(120_000)
  expect(await world.finish(find())).toEqual(['Broken-ps', 'Theirs-ps'])
})

test('administrators are told by their files, and permission sets of others by what Identity Center has', async () => {
  const world = new World()
  const file = (name: string, arn: string) => world.objects.put(`permission_sets/${name}.json`, render(name, arn))
  await file('Ours-ps', administrator)
  await file('Read-ps', 'arn:aws:iam::aws:policy/ReadOnlyAccess')
  const find = async () => {
    for (const name of ['Theirs-ps', 'Harmless-ps']) {
      const arn = await world.ssoAdmin.createPermissionSet({
        name: permissionSetName.parse(name),
        sessionDuration: 'PT1H',
        tags: [],
      })
      if (name === 'Theirs-ps') await world.ssoAdmin.attachManagedPolicy(arn, administrator)
    }
    const names = ['Theirs-ps', 'Nowhere-ps', 'Ours-ps', 'Harmless-ps', 'Read-ps', 'Ours-ps'].map((name) =>
      permissionSetName.parse(name),
    )
    return findAdministrators(names, world.objects, await foreseePermissionSets(world.ports, inForceIn(world)))
  }
  expect(await world.finish(find())).toEqual(['Ours-ps', 'Theirs-ps'])
})
