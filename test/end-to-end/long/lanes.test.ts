import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { slowed } from '../../slowness.ts'
import { LocalSystem } from '../local-system.ts'
import { until } from '../until.ts'

const account = '233000000001'
const kenji = 'kenji.ito@acme.example'
const permissionSet = 'Support-ps'
const link = `links_data/account%${account}%${permissionSet}%${kenji}%USER%ssofile`
const suspension = `suspended/${kenji}`
const goneMostMs = 10_000
const folders = ['team-a', 'team-b', 'team-c']
/** Three folders upload 300 each: a group that is there, and people who are not. */
const others = folders.flatMap((folder) =>
  Array.from({ length: 300 }, (_, nth) => `memberships/${folder}/oncall%somebody-${nth}%ssofile`),
)

let system: LocalSystem

beforeAll(async () => {
  system = await LocalSystem.start()
  await system.upload(`permission_sets/${permissionSet}.json`, JSON.stringify({ permissionSetName: permissionSet }))
  await system.upload('groups/oncall.json', '{ "owner": "team-platform" }', 'ssofile')
  await system.untilStatus('groups/oncall.json', 'applied')
  await system.upload(link, '')
  await system.untilStatus(link, 'applied')
})
afterAll(() => system.stop(), 60_000)

const hasAccess = async () => (await system.access.inAccount(account)).includes(`${permissionSet}%${kenji}%USER`)

test('900 files are uploaded, then a person is suspended, who has nothing ten seconds later', async () => {
  expect(await hasAccess()).toBe(true)
  await system.uploadAll(others)
  const beganMs = Date.now()
  await system.upload(suspension, '', 'hr')
  await until('the end of the access', async () => ((await hasAccess()) ? undefined : true), {
    tell: async () => JSON.stringify(await system.status(suspension)),
  })
  expect(Date.now() - beganMs).toBeLessThan(slowed(goneMostMs))
})
