import { expect, test } from '@jest/globals'
import { findChangesBack } from '../../../../handlers/cli/folder/bring-back.ts'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { findHeldFiles } from '../../../../shared/modules/restore/held-files.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { World } from '../../../world.ts'

const brake = { ...defaultConfiguration.brake, own: { count: 0, percent: 0, minutes: 15 } }
const account = '233000000002'
const file = JSON.stringify({ permissionSetName: 'Billing-ps' })
const link = (group: string) => `links_data/account%${account}%Billing-ps%${group}%GROUP%ssofile`
const groups = ['team-Accountants', 'team-security'] as const

test('keeping held access puts back exactly its deleted links, as they were last', async () => {
  const world = new World({ configuration: { brake } }).start()
  world.objects.model.setVersioning('Enabled')
  await world.objects.put('permission_sets/Billing-ps.json', file)
  for (const group of groups) await world.objects.put(link(group), '{ "reason": "audit" }')
  await world.until(async () => (await world.keys('assignments/')).length === 2, 'granted')
  const keys = await world.keys('assignments/')
  const held = keys.map((key) => assignmentKey.parse(key.slice('assignments/'.length)))
  const versions = new MemoryObjectVersions(world.objects.model)
  expect(await findHeldFiles(world.objects, versions, held)).toBeUndefined()
  await world.clock.advance(5_000)
  await world.objects.delete(link(groups[0]))
  await world.objects.put('links_data/other', 'somebody else')
  const files = await findHeldFiles(world.objects, versions, held)
  expect([...(files?.keys ?? [])]).toEqual([link(groups[0])])
  if (files === undefined) throw new Error('there are files to put back')
  const { changes } = await findChangesBack(world.objects, versions, files)
  expect(changes.deletions).toEqual([])
  expect(changes.uploads.map(({ key, body }) => [key, Buffer.from(body).toString()])).toEqual([
    [link(groups[0]), '{ "reason": "audit" }'],
  ])
})
