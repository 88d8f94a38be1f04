import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { factsFile } from '../../acceptance/facts.ts'
import { account, sandbox } from '../../acceptance/sandbox.ts'
import { LocalSystem } from '../local-system.ts'
import { definition } from '../responder.ts'
import { checkout, runProgram } from '../run-program.ts'
import { signIn } from '../sign-in.ts'
import { until } from '../until.ts'

const people = { requester: 'kenji.ito@acme.example', approver: 'maria.alvarez@acme.example' } as const
const permissionSet = 'Base-ps'
const features = [
  'S3: ',
  'people: ',
  'attributes: ',
  'requests: ',
  'sessions: ',
  'API: ',
  'page: ',
  'roles: ',
  'account access manager',
]
let system: LocalSystem
let directory: string
const as: string[] = []
const health = z.object({ page: z.string() })
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ssofile-acceptance-'))
  const configuration = {
    directory: 'identity-center' as const,
    auditorRole: 'ssofile-auditor',
    hygieneRole: 'ssofile-hygiene',
  }
  // What waits for a minute waits for three seconds.
  system = await LocalSystem.start({ configuration, timeScale: 20 })
  await system.upload('hygiene.json', '{ "ownerTag": "team" }', 'governance')
  await system.upload(`permission_sets/${permissionSet}.json`, JSON.stringify({ permissionSetName: permissionSet }))
  for (const [kind, user] of Object.entries(people)) {
    const link = `links_data/account%${account}%${permissionSet}%${user}%USER%ssofile`
    await system.upload(link)
    await system.untilStatus(link, 'applied')
    as.push(`${kind}=${(await signIn(system, { user, permissionSet, account })).accessKeyId}`)
  }
  as.push(`bucketAdministratorSession=${as[0]?.split('=')[1]}`)
})
afterAll(async () => {
  await system?.stop()
  rmSync(directory, { recursive: true })
})

/** Every input, record and status that bears the name of an acceptance; what happened stays in history and reports. */
const left = async () =>
  (await system.keys('')).filter((key) => key.includes('acc-') && !/^(history|changes|reports|state)\//.test(key))

async function run(...more: readonly string[]) {
  const file = join(directory, 'facts.json')
  const args = [join(checkout, 'test/acceptance/main.ts'), ...sandbox, '--facts', file, ...more]
  const env = { ...system.env('ssofile'), AWS_REGION: 'us-east-1' }
  const { stderr, stdout, exitCode } = await runProgram(process.execPath, args, { env })
  expect(stderr).toBe('')
  return { stdout, exitCode, ...factsFile.parse(JSON.parse(readFileSync(file, 'utf8'))) }
}

test('the acceptance has a step for each feature that this deployment has, and leaves nothing behind', async () => {
  const { page } = health.parse(await (await fetch(`${system.url}/_ssofile/health`)).json())
  const role = `arn:aws:iam::${account}:role/ops/Deploy`
  const { stdout, exitCode, facts } = await run(
    ...['--only', ...features, '--as', ...as],
    ...['--page', page, '--entitled-role', role],
  )
  expect([stdout, exitCode]).toEqual([expect.stringContaining(' 0 failed, 0 skipped'), 0])
  expect(facts).toMatchObject({
    requestOfAnotherStatus: 403,
    bucketAdministratorSessionDenied: 5,
    sessionsEndedMs: expect.any(Number),
    pageWithoutSessionStatus: 401,
    auditorRoleListsRoles: true,
  })
  await until('nothing is left', async () => ((await left()).length === 0 ? true : undefined), {
    tell: async () => (await left()).join('\n'),
  })
})

test('the step of break-glass fails with each finding', async () => {
  const body = readFileSync(join(checkout, definition), 'utf8')
  const headers = { 'content-type': 'application/json' }
  await fetch(`${system.url}/_ssofile/break-glass`, { method: 'PUT', headers, body })
  const { exitCode, facts, steps } = await run('--only', 'break-glass', '--break-glass', join(checkout, definition))
  expect(exitCode).toBe(1)
  expect(facts).toMatchObject({ breakGlassFindings: 4 })
  expect(steps[0]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('has 0 MFA devices') })
})
