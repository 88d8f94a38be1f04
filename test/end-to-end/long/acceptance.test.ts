import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { factsFile } from '../../acceptance/facts.ts'
import { account, sandbox } from '../../acceptance/sandbox.ts'
import { KeptSystem } from '../kept-system.ts'
import { LocalSystem } from '../local-system.ts'
import { checkout, runProgram } from '../run-program.ts'
import { bundleTwoReleases } from '../two-releases.ts'

let system: LocalSystem
let directory: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ssofile-acceptance-'))
  const { brake } = defaultConfiguration
  system = await LocalSystem.start({ configuration: { brake }, latencyMs: 300 })
})
afterAll(async () => {
  await system?.stop()
  rmSync(directory, { recursive: true })
})

/** acceptance-features.test.ts has these, on a system whose minutes are shorter. */
const waitingForMinutes = ['a suspended user', 'sessions: ']

const script = (name: string) => join(checkout, 'test/acceptance', name)
const what = async () => ({
  inputs: [...(await system.keys('links_data/')), ...(await system.keys('permission_sets/'))],
  ledger: await system.keys('assignments/'),
  access: await system.access.inAccount(account),
})

test('the acceptance runs whole on the local system, tells what it leaves out and why, and leaves nothing behind', async () => {
  const before = await what()
  const file = join(directory, 'facts.json')
  const { exitCode, stdout, stderr } = await runProgram(
    process.execPath,
    [script('main.ts'), ...sandbox, '--facts', file, '--without', ...waitingForMinutes],
    { env: { ...system.env('ssofile'), AWS_REGION: 'us-east-1' } },
  )
  expect([stdout, stderr, exitCode]).toEqual([expect.stringContaining(' 0 failed, '), '', 3])
  expect(stdout).toMatch(/\nnot everything was checked: 12 skipped, 2 not chosen\n$/)
  const { facts, steps } = factsFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  expect(steps.filter(({ outcome }) => outcome === 'skipped').map(({ step, reason }) => [step, reason])).toEqual([
    [
      expect.stringMatching(/^S3: .* session of IAM/),
      expect.stringContaining('--as bucketAdministratorSession=PROFILE'),
    ],
    [expect.stringMatching(/^events: uses of access/), expect.stringContaining('not measured: usesOfOne')],
    [expect.stringMatching(/auditor's role/), expect.stringContaining('no auditorRole')],
    [expect.stringMatching(/hygiene role/), expect.stringContaining('no hygieneRole')],
    [expect.stringMatching(/^break-glass/), expect.stringContaining('--break-glass FILE')],
    [expect.stringMatching(/^people: a user is made/), expect.stringContaining("the directory 'external'")],
    [expect.stringMatching(/^requests: /), expect.stringContaining('--as requester=PROFILE')],
    [expect.stringMatching(/^page: /), expect.stringContaining('--page URL')],
    [expect.stringMatching(/^account access manager/), expect.stringContaining('--entitled-role ARN')],
    [expect.stringMatching(/^an upgrade from the last release/), expect.stringContaining('--deploy-last')],
    [expect.stringMatching(/^every alarm/), expect.stringContaining('Unknown action')],
    [expect.stringMatching(/^events: tag, move/), expect.stringContaining('has no calls of IAM Identity Center')],
  ])
  expect(steps.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThanOrEqual(31)
  expect(facts).toMatchObject({
    createStatus: 'SUCCEEDED',
    duplicateCreateStatus: 'SUCCEEDED',
    assignmentOfDeletedStatus: 'FAILED',
    duplicateSetCode: 'ConflictException',
    quotaCode: 'ServiceQuotaExceededException',
    provisionStatus: 'SUCCEEDED',
    sixteenthCode: 'ThrottlingException',
    sixteenthText: expect.stringContaining('too many requests'),
    oldestListedIsDescribed: true,
    throttlingCode: 'ThrottlingException',
    bucketAdministratorDenied: 24,
    ifNoneMatchOfExisting: 412,
  })
  expect(await what()).toEqual(before)
})

test('where the models say something else than was measured, the contract tells it', async () => {
  const file = join(directory, 'facts.json')
  const measured = factsFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  const other = { ...measured, facts: { ...measured.facts, ifMatchOfAbsent: 412, bucketAdministratorDenied: 0 } }
  writeFileSync(file, JSON.stringify(other))
  const compare = [script('compare-with-models.ts'), '--facts', file, '--only', 'S3: ']
  const { exitCode, stdout } = await runProgram(process.execPath, compare, { env: system.env('ssofile') })
  expect([stdout.split('\n'), exitCode]).toEqual([
    [
      'bucketAdministratorDenied: measured 0, the models say 24',
      'ifMatchOfAbsent: measured 412, the models say 404',
      expect.stringMatching(/^not played on the models: .*throttlingText/),
      expect.stringMatching(/^2 facts of http:\S+ differ from the models$/),
      '',
    ],
    1,
  ])
})

test('the step of an upgrade and a rollback runs where two commands deploy the last release and this one', async () => {
  const kept = await KeptSystem.open()
  const { older, newer } = bundleTwoReleases(directory)
  let local = kept.start('acceptance', '--bundles', older)
  await local.ready()
  const deployed: string[] = []
  const deployer = createServer(async ({ url = '' }, response) => {
    await local.kill('SIGTERM')
    local = kept.start('acceptance', '--bundles', url === '/older' ? older : newer)
    await local.ready()
    deployed.push(url)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(deployer, 'listening')
  const deployerPort = (deployer.address() as AddressInfo).port
  const deploy = (release: string) =>
    `'${process.execPath}' -e "fetch('http://127.0.0.1:${deployerPort}/${release}').then(({ ok }) => process.exit(ok ? 0 : 1))"`
  try {
    const { exitCode, stdout } = await runProgram(
      process.execPath,
      [
        ...[script('main.ts'), ...sandbox, '--facts', join(directory, 'upgrade.json')],
        ...['--only', 'upgrade', '--deploy-last', deploy('older'), '--deploy-present', deploy('newer')],
      ],
      { env: { ...process.env, AWS_ENDPOINT_URL: local.url, AWS_REGION: 'us-east-1' } },
    )
    expect([stdout, exitCode]).toEqual([expect.stringContaining('2 passed, 0 failed, 0 skipped'), 0])
    expect(deployed).toEqual(['/older', '/newer', '/older', '/newer', '/newer'])
    expect([...(await kept.list('assignments/')), ...(await kept.list('links_data/'))]).toEqual([])
  } finally {
    deployer.close()
    await kept.close()
  }
})
