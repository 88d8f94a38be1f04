import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { checkout, runProgram, ssofileCommand } from './run-program.ts'

const name = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const other = 'account%250000000003%Billing-ps%team-Accountants%GROUP%ssofile'

let system: LocalSystem
let folder: string

beforeAll(async () => {
  system = await LocalSystem.start()
  await system.untilFirstListing()
})
afterAll(() => system.stop())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-plan-'))
  await mkdir(join(folder, 'links_data'))
  await mkdir(join(folder, 'permission_sets'))
  const billing = await readFile(join(checkout, 'fixtures/acme/permission_sets/Billing-ps.json'))
  await writeFile(join(folder, 'permission_sets/Billing-ps.json'), billing)
})
afterEach(() => rm(folder, { recursive: true }))

type Plan = {
  readonly grants: readonly { name: string; links: readonly string[] }[]
  readonly revocations: readonly { name: string; links: readonly { key: string; fate: string }[] }[]
  readonly vanishingRoles: readonly unknown[]
}

async function plan(source: string): Promise<Plan & { exitCode: number; stderr: string }> {
  const { exitCode, stdout, stderr } = await system.ssofile(
    ['plan', source, '--detailed-exitcode', '--json'],
    'ssofile',
  )
  return { exitCode, stderr, ...JSON.parse(stdout || '{}') }
}

async function sync(): Promise<void> {
  for (const prefix of ['links_data', 'permission_sets'])
    await system.cli(['s3', 'sync', '--delete', join(folder, prefix), `s3://ssofile/${prefix}`])
  await system.untilQuiet()
}

test('a plan of a bucket with a file that is not valid ends with 1', async () => {
  const wrong = 'links_data/root%all%ReadOnly-ps%nobody%group%ssofile'
  await system.upload(wrong, '')
  await system.untilStatus(wrong, 'rejected')
  const planned = await system.ssofile(['plan', 's3://ssofile'])
  expect(planned).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(wrong) })
  await system.remove(wrong)
  await system.untilGone(wrong)
  expect(await system.ssofile(['plan', 's3://ssofile'])).toMatchObject({ exitCode: 0 })
})

test('a reader that has seen enough changes nothing of what the exit code answers', async () => {
  await writeFile(join(folder, 'links_data', name), '')
  const line = 'set -o pipefail; "$0" "$1" plan "$2" --detailed-exitcode | true'
  const ended = await runProgram('bash', ['-c', line, process.execPath, ssofileCommand, folder], {
    env: system.env('me'),
  })
  expect(ended).toMatchObject({ exitCode: 3, stdout: '' })
})

test('a folder that is not laid out as the bucket is refused, with what was expected', async () => {
  const { exitCode, stderr } = await system.ssofile(['plan', join(folder, 'links_data')])
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('which is links_data/ itself') })
})

test('a plan of a folder names what its sync then does, by link, and afterwards is empty', async () => {
  await writeFile(join(folder, 'links_data', name), '')
  const before = await system.lastingKeys()
  const first = await plan(folder)
  expect(first).toMatchObject({
    exitCode: 3,
    grants: [{ name, links: [`links_data/${name}`] }],
    revocations: [],
  })
  expect(await system.lastingKeys()).toEqual(before)

  await sync()
  expect(await system.named('assignments/')).toEqual([name])
  expect(await plan(folder)).toMatchObject({ exitCode: 0, grants: [], revocations: [] })
  expect(await plan('s3://ssofile')).toMatchObject({ exitCode: 0, grants: [], revocations: [] })

  await rm(join(folder, 'links_data', name))
  await writeFile(join(folder, 'links_data', other), '')
  const second = await plan(folder)
  expect(second).toMatchObject({
    exitCode: 3,
    grants: [{ name: other }],
    revocations: [{ name, links: [{ key: `links_data/${name}`, fate: 'deleted' }] }],
    vanishingRoles: [{ accountId: '233000000002', permissionSet: 'Billing-ps' }],
  })
  await sync()
  expect(await system.named('assignments/')).toEqual([other])

  const file = join(folder, 'permission_sets/Billing-ps.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), sessionDurationInMinutes: 61 }))
  expect(await plan(folder)).toMatchObject({
    exitCode: 3,
    permissionSets: [{ name: 'Billing-ps', change: 'update', fields: ['sessionDurationInMinutes'] }],
  })
})

test('a plan in words says what is revoked, and where a role would disappear', async () => {
  await writeFile(join(folder, 'links_data', other), '')
  await sync()
  await rm(join(folder, 'links_data', other))
  const { exitCode, stdout } = await system.ssofile(['plan', folder], 'ssofile')
  expect(exitCode).toBe(0)
  expect(stdout).toContain(
    `- links_data/${other} (gone)\n  revokes Billing-ps to group 'team-Accountants' in 1 account`,
  )
  expect(stdout).toContain('AWS deletes the role')
  expect(stdout).toContain('\n  Billing-ps in 1 account\n    250000000003  ml-training\n')
  expect(stdout).toMatch(/^0 assignments to grant, 1 to revoke\n[\s\S]*\n\nfiles: 1 to delete, 1 the same\n/)
})
