import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const place = 'links_data/account%200000000001%ReadOnly-ps'
const links = [`${place}%Auditors%GROUP%ssofile`, `${place}%ana@example.com%USER%ssofile`]

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['Auditors'], users: ['ana@example.com'] }),
    options: ['--older-ad-sync'],
  })
})
afterAll(() => system.stop(), 30_000)

test('with the older AD sync links for a group and for a user are applied, and nothing wants attention', async () => {
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  for (const link of links) await system.upload(link)
  for (const link of links) await system.untilStatus(link, 'applied')
  expect(await system.keys('attention/')).toEqual([])
})

test('sessions of a user whose groups cannot be read are ended only of what is named', async () => {
  const { exitCode, stderr } = await system.ssofile(['sessions', 'end', 'ana@example.com'], 'ssofile')
  expect(stderr).toContain('older AD sync')
  expect(stderr).toContain('name --permission-set, or use --everywhere')
  expect(exitCode).toBe(2)
})
