import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const set = 'Admin-ps'
const link = `links_data/account%${account}%${set}%admins%GROUP%ssofile`
const memberOf = (user: string) => `memberships/admins%${user}%ssofile`
const policy = {
  contact: 'the platform team',
  minimums: [
    {
      ...{ id: 'an-administrator', control: 'AC-6', mode: 'enforce' },
      ...{ for: { permissionSets: [set] }, must: { peopleLeast: 1 } },
    },
  ],
}

let system: LocalSystem
let group: string
const ids = new Map<string, string>()
/** Governance writes the policy and the group; maria uploads links and memberships; HR suspends; the operator releases. */
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ users: ['ana', 'ben'] }) })
  for (const user of ['ana', 'ben']) ids.set(user, await system.userId(user))
  await system.upload('policies/people.json', JSON.stringify(policy), 'governance')
  await system.upload('groups/admins.json', '{ "description": "who administers" }', 'governance')
  await system.untilStatus('groups/admins.json', 'applied')
  group = await system.groupId('admins')
  await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  for (const user of ['ana', 'ben']) await system.upload(memberOf(user))
  await system.upload(link)
  for (const key of [memberOf('ana'), memberOf('ben'), link]) await system.untilStatus(key, 'applied')
})
afterAll(() => system.stop(), 60_000)

type Shown = { digest: string; rule: string; memberships?: string[]; people?: string[] }
const lists = async (): Promise<readonly Shown[]> =>
  JSON.parse((await system.ssofile(['brake', '--json'], 'operator')).stdout).lists
const isIn = async (user: string) => (await system.access.groupsOf(ids.get(user) ?? '')).includes(group)

async function release(as: string): Promise<void> {
  for (const { digest } of await lists()) await system.ssofile(['brake', '--release', digest], as)
}

test('a plan says that nobody would be left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-minimum-'))
  try {
    await mkdir(join(folder, 'memberships'))
    const { stdout } = await system.ssofile(['plan', folder], 'maria')
    expect(stdout).toContain(`it has nobody who would keep '${set}' in account ${account}`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('neither the uploader of memberships nor HR can leave nobody; the operator can', async () => {
  await system.upload('suspended/ana', '', 'hr')
  await until('ana is out', async () => ((await isIn('ana')) ? undefined : true))

  await system.remove(memberOf('ben'))
  const { reason } = await system.untilStatus(memberOf('ben'), 'held')
  expect(reason).toContain(`it has nobody who would keep '${set}' in account ${account}, expected at least 1 person`)
  expect(await lists()).toMatchObject([{ rule: 'minimum', memberships: ['admins%ben'] }])

  await system.upload('suspended/ben', '', 'hr')
  expect((await system.untilStatus('suspended/ben', 'held')).reason).toContain('an-administrator')
  expect(await isIn('ben')).toBe(true)
  expect((await lists()).flatMap(({ people = [] }) => people)).toEqual(['ben'])

  await release('maria')
  expect(await lists()).not.toEqual([])
  await release('operator')
  await until('ben is out', async () => ((await isIn('ben')) ? undefined : true), { withinMs: 120_000 })
  expect(await lists()).toEqual([])
})
