import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { factsFile } from '../../acceptance/facts.ts'
import { account, sandbox } from '../../acceptance/sandbox.ts'
import { LocalSystem } from '../local-system.ts'
import { refuseMissingDeletions } from '../refuse-missing-deletions.ts'
import { checkout, runProgram } from '../run-program.ts'
import { until } from '../until.ts'

const main = join(checkout, 'test/acceptance/main.ts')
const firstGrant = 'a permission set and a link to it are applied'
let system: LocalSystem
let directory: string
let before: Awaited<ReturnType<typeof whatIsThere>>
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ssofile-acceptance-'))
  system = await LocalSystem.start()
  before = await whatIsThere()
})
afterEach(async () => {
  expect(await whatIsThere()).toEqual(before)
})
afterAll(async () => {
  await system?.stop()
  rmSync(directory, { recursive: true })
})

const whatIsThere = async () => ({
  inputs: [...(await system.keys('links_data/')), ...(await system.keys('permission_sets/'))],
  controls: await system.has('control/pause.json'),
  access: await system.access.inAccount(account),
})
const file = () => join(directory, 'facts.json')
const argsFor = (only: readonly string[], ...more: readonly string[]) => [
  ...[main, ...sandbox, '--facts', file(), '--only', ...only],
  ...more,
]
const readFacts = () => factsFile.parse(JSON.parse(readFileSync(file(), 'utf8')))

test('an endpoint that refuses the deletion of a missing assignment at once is measured as one that fails it later', async () => {
  const endpoint = await refuseMissingDeletions(system)
  try {
    const env = { ...system.env('ssofile'), AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: 'us-east-1' }
    const { exitCode, stdout } = await runProgram(process.execPath, argsFor(['one assignment is made']), { env })
    expect([stdout, exitCode]).toEqual([expect.stringContaining('2 passed, 0 failed, 0 skipped'), 0])
    expect(readFacts().facts).toMatchObject({
      createMs: expect.any(Number),
      createListingLagMs: expect.any(Number),
      deleteMs: expect.any(Number),
      deleteOfMissingStatus: 'ResourceNotFoundException',
      deleteOfMissingReason: expect.stringContaining('does not exist'),
      endedRequestIsDescribed: true,
    })
  } finally {
    await endpoint.close()
  }
})

test('when the first grant fails, its last status is told, and no other step is tried', async () => {
  const denied = { service: 'sso-admin', operation: 'CreatePermissionSet', caller: 'ssofile', fault: 'error' } as const
  const broken = await LocalSystem.start({ faults: [{ ...denied, code: 'AccessDeniedException' }] })
  try {
    const args = [main, ...sandbox, '--facts', file(), '--patience-seconds', '5']
    const env = { ...broken.env('ssofile'), AWS_REGION: 'us-east-1' }
    const { exitCode, stdout } = await runProgram(process.execPath, args, { env })
    expect([stdout, exitCode]).toEqual([expect.stringContaining('1 passed, 1 failed, 1 skipped'), 1])
    const [grant, others] = readFacts().steps
    expect(grant).toMatchObject({
      step: firstGrant,
      outcome: 'failed',
      reason: expect.stringContaining('within 5 s'),
      statuses: [expect.stringMatching(/^permission_sets\/acc-\w+\.json is 'failed'; .*AccessDenied.*; \w+/)],
    })
    expect(others).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(/^\d+ not tried/) })
  } finally {
    await broken.stop()
  }
})

test('SIGTERM during the step of the pause takes the pause back, and everything else', async () => {
  const child = spawn(process.execPath, argsFor([firstGrant, 'during a pause', 'a deleted link']), {
    env: { ...system.env('ssofile'), AWS_REGION: 'us-east-1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  await until('the pause', async () => ((await system.has('control/pause.json')) ? true : undefined))
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([1, null])
  expect(told).toContain('1 not tried: SIGTERM came')
})

test.each([
  ['acceptance', main, '--only <text...>'],
  ['simulate', join(checkout, 'test/simulation/main.ts'), '--every-fault'],
])('npm run %s -- --help tells every option, and does nothing else', async (_, script, option) => {
  const { exitCode, stdout, stderr } = await runProgram(process.execPath, [script, '--help'], { env: process.env })
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toContain(option)
})

test.each([
  [
    'a kind of person that there is not',
    ['--as', 'requestor=x'],
    /received --as requestor=x, expected KIND=PROFILE; kinds: .*requester/,
  ],
  ['a text that no step has', ['--only', 'paus1'], /no step has 'paus1' in its name/],
  ['an option that there is not', ['--onyl', 'pause'], /unknown option '--onyl'/],
])('%s is wrong usage, and nothing runs', async (_, more, told) => {
  const args = [main, ...sandbox, '--facts', join(directory, 'none.json'), ...more]
  const { exitCode, stdout, stderr } = await runProgram(process.execPath, args, { env: system.env('ssofile') })
  expect([exitCode, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(told)
})
