import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { findAdministrators, foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import { World } from '../../../world.ts'
import { inForceIn } from './in-force-in.ts'

const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess'

test('administrators are told by their files, and permission sets of others by what Identity Center has', async () => {
  const world = new World()
  const file = (name: string, arn: string) =>
    world.objects.put(
      `permission_sets/${name}.json`,
      JSON.stringify({ permissionSetName: name, managedPoliciesArnList: [arn] }),
    )
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
