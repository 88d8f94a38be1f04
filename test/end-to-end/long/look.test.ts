import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { LocalSystem } from '../local-system.ts'
import { checkout, runProgram, runSsofile } from '../run-program.ts'
import { until } from '../until.ts'

const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const wrong = 'links_data/account%233000000002%Billing-ps%team-Accountants%group%ssofile'
const inFolder = 'links_data/team-a/account%250000000003%Billing-ps%team-Shop%GROUP%ssofile'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ configuration: { folders: ['team-a'] } })
  const billing = await readFile(join(checkout, 'fixtures/acme/permission_sets/Billing-ps.json'))
  await system.upload('permission_sets/Billing-ps.json', billing)
  for (const key of [`links_data/${link}`, wrong, inFolder]) await system.upload(key)
  await system.untilQuiet()
})
afterAll(() => system.stop(), 30_000)

test('validate of a bucket judges it by the folders that its deployment declares', async () => {
  const { exitCode, stdout } = await system.ssofile(['validate', 's3://ssofile', '--json'])
  expect(exitCode).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ links: 3, permissionSets: 1, errors: [{ key: wrong }], warnings: [] })
})

test('what a deployment would measure is shown', async () => {
  // The heartbeat comes when the dispatcher's slice ends.
  const measured = await until('a heartbeat of the dispatcher', async () => {
    const metrics = z.looseObject({}).parse(await (await fetch(`${system.url}/_ssofile/metrics`)).json())
    return 'DispatcherHeartbeat' in metrics ? metrics : undefined
  })
  expect(measured).toMatchObject({
    Created: { sum: 2 },
    Outstanding: { count: expect.any(Number) },
    DispatcherHeartbeat: { count: expect.any(Number) },
  })
})

test('explain answers whoever may read, in words and in JSON, and its exit code is the answer', async () => {
  const yes = await system.ssofile(['explain', '233000000002', 'Billing-ps', 'team-Accountants'])
  expect(yes).toMatchObject({ exitCode: 0, stderr: '' })
  expect(yes.stdout).toMatch(/access {4}granted since 20\d\d-/)
  expect(yes.stdout).toContain('uploaded by AWS:maria from 127.0.0.1')
  const no = await system.ssofile(['explain', '233000000002', 'Billing-ps', 'team-Shop', '--json'])
  expect(no.exitCode).toBe(1)
  expect(JSON.parse(no.stdout)).toMatchObject({ direct: [{ state: 'none' }] })
})

test('explain of an account by its name is refused, with its id', async () => {
  const { exitCode, stderr } = await system.ssofile(['explain', 'invoicing-prod', 'Billing-ps', 'team-Accountants'])
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining("'invoicing-prod' is 233000000002"),
  })
})

test('the help of every command shows an example', async () => {
  for (const command of ['local', 'validate', 'plan', 'apply', 'status', 'explain', 'redrive', 'completion']) {
    const { exitCode, stdout } = await system.ssofile([command, '--help'])
    expect({ command, exitCode }).toEqual({ command, exitCode: 0 })
    expect(stdout).toMatch(/Examples?:\n {2}/)
  }
})

/** On a terminal of eighty columns: all that was printed, also what was overwritten later. */
async function onTerminal(rows: number, args: string, env: NodeJS.ProcessEnv): Promise<string> {
  const program = `${process.execPath} ${join(checkout, 'handlers/cli/ssofile.ts')}`
  const command = `stty rows ${rows} cols 80; ${program} ${args}`
  const { stdout } = await runProgram('script', ['-qec', command, '/dev/null'], {
    env: { ...system.env('me'), NO_COLOR: '1', ...env },
  })
  return stripVTControlCharacters(stdout)
    .split(/\r\n|\r|\n/)
    .join('\n')
}

test('what does not fit the screen goes to the pager, what fits does not, and neither does what is no terminal', async () => {
  const pager = { PAGER: "sed 's/^/paged: /'" }
  expect(await onTerminal(4, 'status', pager)).toMatch(/^paged: STATE +ACCOUNTS +INPUT/m)
  const fitting = await onTerminal(60, 'status', pager)
  expect(fitting).toMatch(/^STATE +ACCOUNTS +INPUT/m)
  expect(fitting).not.toContain('paged: ')
  const { stdout } = await runSsofile(['status'], { ...system.env('me'), ...pager })
  expect(stdout).toMatch(/^STATE /)
  expect(await onTerminal(4, 'status', { PAGER: 'no-such-pager' })).toMatch(/^STATE /m)
})

test('no row of status and who is wider than a terminal of eighty columns', async () => {
  for (const command of ['status', 'who --no-live']) {
    const text = await onTerminal(60, command, { PAGER: 'cat' })
    const table = text.split('\n').filter((line) => /^(STATE|PERSON|applied|rejected|\()/.test(line))
    expect({ command, lines: table.length > 1 }).toEqual({ command, lines: true })
    expect(table.filter((line) => line.length > 80)).toEqual([])
  }
})

test('on a terminal a command tells how far it is, and elsewhere it does not before it has taken a second', async () => {
  expect(await onTerminal(60, 'who --no-live', { PAGER: 'cat' })).toMatch(/^reading assignments\/: 1 of 2$/m)
  const { stderr } = await runSsofile(['who', '--no-live'], system.env('me'))
  expect(stderr).toBe('')
})

test('completion is offered the keys, permission sets and accounts of the bucket', async () => {
  const offer = async (...args: readonly string[]) => (await system.ssofile(['offer', ...args])).stdout.split('\n')
  expect(await offer('keys', 'account%2330')).toContain(link)
  expect(await offer('permission-sets', 'Bill')).toEqual(['Billing-ps', ''])
  expect(await offer('accounts', '233000000002')).toEqual(['233000000002', ''])
  const { stdout } = await runSsofile(['offer', 'keys'], {
    ...system.env('me'),
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  })
  expect(stdout).toBe('')
})

test('right after three hundred uploads status tells of each of them: those that nobody has looked at are counted', async () => {
  const keys = Array.from({ length: 300 }, (_, index) => `links_data/root%all%Billing-ps%nobody ${index}%GROUP%ssofile`)
  await system.uploadAll(keys)
  const { stdout } = await system.ssofile(['status'])
  const figures = stdout.matchAll(/^ *(\d+) (?:[a-z]+ {2,}|not evaluated yet)/gm)
  const told = [...figures].reduce((sum, [, figure]) => sum + Number(figure), 0)
  expect({ told, stdout }).toEqual({ told: 304, stdout: expect.any(String) })
  await system.removeAll(keys)
})
