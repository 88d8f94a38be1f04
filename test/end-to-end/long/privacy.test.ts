import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const set = 'permission_sets/Secret-ps.json'
const own = (grant: string) => `links_data/me/account%200000000001%${grant}%GROUP%ssofile`
const ofOther = 'links_data/other/account%200000000001%Secret-ps%merger-2027%GROUP%ssofile'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['merger-2027', 'mine'] }),
    configuration: { folders: ['me', 'other'], privacy: 'folder' },
  })
  await system.upload(set, permissionSetFile('Secret-ps'), 'other')
  await system.upload(ofOther, '', 'other')
  await system.untilStatus(ofOther, 'applied')
})
afterAll(() => system.stop(), 60_000)

test('the statuses of links that are almost right propose no name that their uploader may not know of', async () => {
  const almost = [own('Secret-ps%merger-202'), own('Secret-p%mine')]
  for (const link of almost) await system.upload(link, '', 'me')
  await system.untilStatuses(almost, 'waiting')
  for (const link of almost) {
    const { reason } = await system.untilStatus(link, 'waiting')
    expect(reason).toMatch(/ does not exist( in the identity store)?$/)
  }
})

test('the status of a permission set whose deletion is blocked counts the links of others, without their names', async () => {
  await system.remove(set, 'me')
  const { reason = '', remedy = '' } = await system.untilStatus(set, 'blocked')
  expect(reason).toContain('2 links and access in 1 account')
  expect(reason + remedy).not.toMatch(/merger|200000000001/)
})
