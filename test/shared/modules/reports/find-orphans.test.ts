import { expect, test } from '@jest/globals'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { smallOrganization } from '../../../end-to-end/small-organization.ts'
import { failing, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const organization = organizationFile.parse(
  smallOrganization({ groups: ['admins'], users: ['ana', 'bo', 'cy', 'dee'] }),
)
const linkOf = (group: string, account: string) => `links_data/account%${account}%Read-ps%${group}%GROUP%ssofile`
const [first, second] = [linkOf('admins', '200000000001'), linkOf('admins', '200000000002')]

test('what is owned by somebody who is suspended, disabled or gone is in orphans.csv and on the page, and stays in force', async () => {
  const world = new World({ organization }).start()
  const put = (key: string, body: object) => world.objects.put(key, JSON.stringify(body))
  await world.objects.put('permission_sets/Read-ps.json', JSON.stringify({ permissionSetName: 'Read-ps', owner: 'bo' }))
  await put('permission_sets/Team-ps.json', { permissionSetName: 'Team-ps', owner: 'admins' })
  await put('groups/ours.json', { owner: 'eve@acme.example' })
  await put('groups/theirs.json', { owner: 'whoever is on call' })
  await put(first, { owner: 'ana' })
  await put(second, { owner: 'cy' })
  await world.objects.put('suspended/ana', '')
  world.identityStore.setUserStatus(world.identityStore.idOf('USER', 'bo') ?? '', 'DISABLED')
  const granted = () => world.ssoAdmin.assignments().length
  await world.until(() => granted() === 2, 'the access')
  await world.finish(world.everyMorning())
  const folder = `reports/${world.clock.now().toISOString().slice(0, 10)}/`
  const text = async (name: string) => new TextDecoder().decode((await world.objects.get(folder + name))?.body)
  expect((await text('orphans.csv')).split('\r\n')).toEqual([
    '"input","owner","why"',
    '"groups/ours.json","eve@acme.example","the user is gone from the directory"',
    `"${first}","ana","the user is suspended"`,
    '"permission_sets/Read-ps.json","bo","the user is disabled in the directory"',
    '',
  ])
  const page = await text('index.html')
  for (const owner of ['eve@acme.example', 'ana', 'bo']) expect(page).toContain(`its owner is '${owner}'`)
  expect(page).not.toContain("its owner is 'cy'")
  expect(granted()).toBe(2)
})

test('where the directory cannot be listed, the report says that owners were not compared', async () => {
  const refusal = new ServiceError('identitystore', 'AccessDeniedException', 'not you')
  const wrap = (ports: World['ports']) => intercept(ports, failing('listPrincipals', refusal))
  const world = new World({ organization, wrap }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Read-ps.json', JSON.stringify({ permissionSetName: 'Read-ps', owner: 'bo' }))
  await world.finish(world.everyMorning())
  const date = world.clock.now().toISOString().slice(0, 10)
  expect(await world.json(`reports/${date}/summary.json`)).toMatchObject({
    notes: expect.arrayContaining([expect.stringMatching(/^owners could not be compared with the directory/)]),
  })
})
