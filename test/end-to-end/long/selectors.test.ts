import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const key = 'selectors/data.json'
const link = 'links_data/select%data%ReadOnly-ps%team%GROUP%ssofile'
const data = JSON.stringify({ tags: ['team^Data'], except: [{ names: ['*-?????????002'] }] })
const everybody = JSON.stringify({ names: ['*'] })

let system: LocalSystem
let folder: string
const write = async (name: string, text: string) => {
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), text)
}
const accounts = async () => (await system.keys('assignments/')).map((name) => name.split('%')[1])
const untilAccounts = (...expected: readonly string[]) =>
  until(
    `access in ${expected.join(', ') || 'no account'}`,
    async () => ((await accounts()).join() === expected.join() ? true : undefined),
    { tell: async () => (await accounts()).join() },
  )

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-selectors-'))
  // A minute of the schedules takes three seconds.
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['team'] }),
    timeScale: 20,
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(link)
  await system.untilStatus(link, 'waiting')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

test('only governance writes a selector, and its link is granted as soon as it is there', async () => {
  await expect(system.upload(key, data)).rejects.toThrow("use the access key id 'governance' for selectors/")
  await write(key, data)
  await system.cli(['s3', 'cp', join(folder, key), `s3://ssofile/${key}`], { as: 'governance' })
  await untilAccounts('200000000001')
  expect(await system.untilStatus(link, 'applied')).toMatchObject({ accounts: { desired: 1, applied: 1 } })
})

test('validate tells each fault of a selector, and plan what another selector would change', async () => {
  await write(link, '')
  await write(key, '{"account": ["200000000001"]}')
  const invalid = await system.ssofile(['validate', folder])
  expect(invalid).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("the unknown field 'account'") })
  await write(key, everybody)
  expect(await system.ssofile(['validate', folder])).toMatchObject({ exitCode: 0 })
  const planned = await system.ssofile(['plan', 's3://ssofile', '--selectors', folder, '--json'])
  const { grants } = JSON.parse(planned.stdout)
  const gained: string[] = grants.map(({ accountId }: { accountId: string }) => accountId)
  expect(gained.sort()).toEqual(['200000000002', '200000000003'])
  const unchanged = await system.ssofile(['plan', 's3://ssofile', '--detailed-exitcode'])
  expect(unchanged.exitCode).toBe(0)
})

test('a selector that is not valid changes nothing, and both statuses say why', async () => {
  await system.upload(key, '{"tags":', 'governance')
  expect(await system.untilStatus(link, 'waiting')).toMatchObject({
    reason: expect.stringContaining('selectors/data.json cannot be used'),
  })
  const { stdout } = await system.ssofile(['status', key])
  expect(stdout).toContain('rejected')
  expect(await accounts()).toEqual(['200000000001'])
  const explained = await system.ssofile(['explain', '200000000001', 'ReadOnly-ps', 'team'])
  expect(explained.stdout).toContain('nobody knows which accounts')
})

test('a change grants and revokes, and a deletion revokes the rest', async () => {
  await system.upload(key, everybody, 'governance')
  await untilAccounts('200000000001', '200000000002', '200000000003')
  await system.remove(key, 'governance')
  await untilAccounts()
  expect(await system.untilStatus(link, 'waiting')).toMatchObject({ reason: 'there is no selectors/data.json' })
})
