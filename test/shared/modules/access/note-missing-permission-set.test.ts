import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { noteMissingPermissionSet } from '../../../../shared/modules/access/explain-access.ts'
import { readSparingly } from '../../../../shared/modules/access/listed-access.ts'
import { foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { PermissionSetIndex } from '../../../../shared/reconcile/directory/permission-set-index.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'
import { inForceIn } from '../plan/in-force-in.ts'

const note = (world: World, name: string, ports: Ports = world.ports) => {
  const index = new PermissionSetIndex({ ...ports, ssoAdmin: readSparingly(ports).ssoAdmin })
  return world.finish(noteMissingPermissionSet(permissionSetName.parse(name), { ...ports, index }))
}

test('a permission set that there is neither in the bucket nor in Identity Center is said, with the near name', async () => {
  expect(await note(new World(), 'viewonlyacces')).toBe(
    "there is no permission set 'viewonlyacces': no file permission_sets/viewonlyacces.json, and none of this name in Identity Center; did you mean 'ViewOnlyAccess'?",
  )
  expect(await note(new World(), 'Nobodys-ps')).toMatch(/in Identity Center$/)
})

test('the near name may be that of a file', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Billing-ps.json', '{}')
  await world.objects.put('permission_sets/', '')
  expect(await note(world, 'billing-ps')).toMatch(/; did you mean 'Billing-ps'\?$/)
})

test('nothing is said of one that has a file, or that Identity Center has', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Billing-ps.json', '{}')
  expect(await note(world, 'Billing-ps')).toBeUndefined()
  expect(world.calls).toEqual([])
  expect(await note(world, 'ViewOnlyAccess')).toBeUndefined()
})

test('where Identity Center has too many that nobody has seen yet, sixty calls are made, and it is said to be unknown', async () => {
  const permissionSets = Array.from({ length: 80 }, (_, index) => ({
    permissionSetName: permissionSetName.parse(`Other-${index}`),
  }))
  const world = new World({ organization: { ...acme(), permissionSets, assignments: [] } })
  world.calls.length = 0
  expect(await note(world, 'Billing-ps')).toMatch(
    /^there is no file .*, and it is not known whether Identity Center has .*: it would take more than 60 calls /,
  )
  expect(world.calls.filter((call) => call === 'DescribePermissionSet')).toHaveLength(59)
  const { resolve } = await world.finish(foreseePermissionSets(world.ports, inForceIn(world)))
  await world.finish(resolve(permissionSetName.parse('Billing-ps')))
  world.calls.length = 0
  expect(await note(world, 'Billing-ps')).toMatch(/^there is no permission set 'Billing-ps'/)
  expect(world.calls).toEqual(['ListPermissionSets'])
})

test('where Identity Center may not be asked, that is said', async () => {
  const world = new World()
  const ports = intercept(world.ports, async ({ operation, proceed }) => {
    if (operation === 'listPermissionSets') throw new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
    return proceed()
  })
  expect(await note(world, 'Billing-ps', ports)).toMatch(/not known whether .*: not you$/)
})
