import { UpdateUserCommand } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { until } from '../until.ts'

const kenji = 'kenji.ito@acme.example'
const account = '233000000002'
const department = 'aws:identitystore:enterprise.department'
const rules = ['engineers', 'sellers'] as const

let system: LocalSystem
let user: string
let ama: string

beforeAll(async () => {
  // What waits for a minute waits for ten seconds.
  system = await LocalSystem.start({ timeScale: 6 })
  user = await system.userId(kenji)
  ama = await system.userId('ama.osei@acme.example')
})
afterAll(() => system.stop(), 60_000)

async function updateByCli(path: string, value: string) {
  const store = await system.access.identityStoreId()
  const operations = JSON.stringify([{ AttributePath: path, AttributeValue: value }])
  const args = ['--identity-store-id', store, '--user-id', user, '--operations', operations]
  return system.tryCli(['identitystore', 'update-user', ...args], { as: 'test' })
}

async function move(to: string, whose = user) {
  const IdentityStoreId = await system.access.identityStoreId()
  const Operations = [{ AttributePath: department, AttributeValue: to }]
  await system.identityStore.send(new UpdateUserCommand({ IdentityStoreId, UserId: whose, Operations }))
}

async function describe(...more: readonly string[]) {
  const store = await system.access.identityStoreId()
  const args = ['--identity-store-id', store, '--user-id', user, '--output', 'json', ...more]
  return JSON.parse(await system.cli(['identitystore', 'describe-user', ...args], { as: 'test' })) as object
}

/** Who has access through the groups that rules keep, as Identity Center's listing says. */
async function groupsOf(whose = user): Promise<readonly string[]> {
  const groups = await system.access.groupsOf(whose)
  const ids = await Promise.all(rules.map(async (name) => [name, await system.groupId(name)] as const))
  return ids.flatMap(([name, id]) => (groups.includes(id) ? [name] : []))
}

const untilIn = (expected: string, whose = user) =>
  until(`in ${expected}`, async () => ((await groupsOf(whose)).join() === expected ? true : undefined), {
    tell: async () => `${JSON.stringify(await system.status(`rules/${rules[0]}.json`))}\n${system.lastLogLines()}`,
  })

test('the AWS CLI changes attributes, which are answered only where they are asked for', async () => {
  const refused = await updateByCli('aws:identitystore:enterprise.salary', 'high')
  expect(refused.stderr).toContain('is not an attribute of a user')
  await updateByCli(department, 'Engineering')
  expect(await describe()).not.toHaveProperty('Extensions')
  expect(await describe('--extensions', 'aws:identitystore:enterprise')).toMatchObject({
    Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } },
  })
})

test('with the department the person moves from one group to the other, with the access', async () => {
  const denied = await system.tryCli(['s3', 'cp', 'package.json', 's3://ssofile/rules/engineers.json'], { as: 'maria' })
  expect(denied.stderr).toContain("use the access key id 'governance' for rules/")
  for (const [name, value] of [
    ['engineers', 'Engineering'],
    ['sellers', 'Sales'],
  ] as const) {
    await system.upload(`groups/${name}.json`, `{ "owner": "owner of ${name}" }`, 'governance')
    await system.upload(`rules/${name}.json`, JSON.stringify({ department: [value] }), 'governance')
    await system.untilStatus(`groups/${name}.json`, 'applied')
  }
  await untilIn('engineers')
  await system.untilStatus('rules/engineers.json', 'applied')
  await system.upload('permission_sets/Support-ps.json', '{ "permissionSetName": "Support-ps" }')
  const link = `links_data/account%${account}%Support-ps%sellers%GROUP%ssofile`
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  await move('Sales')
  await untilIn('sellers')
  const explained = await system.ssofile(['explain', account, 'Support-ps', kenji], 'auditor')
  expect(explained.stdout).toContain('the user is in the group through rules/sellers.json')
  const changes = (await system.keys('changes/')).flatMap((key) => /%(membership-[a-z]+%[a-z]+)%/.exec(key)?.[1] ?? [])
  expect(changes.toSorted()).toEqual([
    'membership-added%engineers',
    'membership-added%sellers',
    'membership-removed%engineers',
  ])
})

test('a rule that would empty its group is held as one list, and one release lets both people go', async () => {
  await move('Sales', ama)
  await untilIn('sellers', ama)
  await system.remove('rules/sellers.json', 'governance')
  await system.untilStatus('rules/sellers.json', 'held')
  expect(await groupsOf()).toEqual(['sellers'])
  const shown = await system.ssofile(['brake'], 'operator')
  expect(shown.stdout).toContain('rules/sellers.json takes 2 people out of its group')
  const { lists } = JSON.parse((await system.ssofile(['brake', '--json'], 'operator')).stdout)
  await system.ssofile(['brake', '--release', String(lists[0]?.digest)], 'operator')
  await system.untilGone('rules/sellers.json')
  expect([await groupsOf(), await groupsOf(ama)]).toEqual([[], []])
})
