import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { commands } from '../../handlers/cli/commands.ts'
import { someOf } from '../depth.ts'
import { callSsofile } from './call-ssofile.ts'
import { LocalSystem } from './local-system.ts'
import { type Ended, runSsofile } from './run-program.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
/**
 * Other tests call most commands in a process that serves many (call-ssofile.ts). Here each command starts as people start it. CI starts
 * every fifth, since this compares how processes begin and end; `DEPTH=whole` starts all.
 */
const calls: Readonly<Record<string, readonly string[]>> = {
  validate: ['fixtures/acme'],
  plan: ['fixtures/acme'],
  push: ['fixtures/acme'],
  pull: ['FOLDER'],
  undo: ['--dry-run'],
  policies: ['test', 'fixtures/acme'],
  touch: [link, '--rebind'],
  status: [link, '--wait', '--json'],
  who: ['--no-live', '--json'],
  explain: ['233000000002', 'Billing-ps', 'team-Accountants'],
  review: ['list'],
  request: [link, '--for', '1h', '--reason', 'a test'],
  requests: ['--json'],
  approve: ['requests/nothing'],
  deny: ['requests/nothing'],
  finish: ['requests/nothing'],
  browse: ['--no-such-option'],
  incident: ['INC-1'],
  apply: ['s3://ssofile', '--no-drift', '--json'],
  brake: ['--json'],
  pause: ['--reason', 'a test'],
  resume: ['--json'],
  sessions: ['--json'],
  retire: ['--from-report', '2026-01-01'],
  suggest: ['Billing-ps', '--json'],
  suspend: ['nobody'],
  'restore-person': ['nobody'],
  restore: ['--dry-run', '--json'],
  redrive: ['--json'],
  'break-glass': ['check', '--file', 'no/such/file'],
  init: ['FOLDER'],
  local: ['--port', 'none'],
  doctor: ['--no-such-option'], // doctor.test.ts has more
  import: ['--assignments', '--dry-run'],
  export: ['FOLDER'],
  release: ['--all', '--json'],
  completion: ['bash'],
  offer: ['keys', ''],
}

let system: LocalSystem
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-every-command-'))
  system = await LocalSystem.start()
  await system.upload(link)
  await system.untilFirstListing()
  await system.untilQuiet()
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

test('there is a call of each command', () => {
  expect(Object.keys(calls)).toEqual(Object.keys(commands))
})

describe('started as a process, a command ends as it does where others were called before', () => {
  test.each(someOf(Object.entries(calls)))('%s', async (command, args) => {
    const env = system.env(command === 'apply' ? 'ssofile' : 'maria')
    const callOf = (folder: string) => [command, ...args.map((word) => word.replace('FOLDER', folder))]
    const called = await callSsofile(callOf(join(folder, `${command}-1`)), env)
    const started = await runSsofile(callOf(join(folder, `${command}-2`)), env)
    expect(withoutFigures(called)).toEqual(withoutFigures(started))
  })
})

/**
 * Times and durations are others each time. How far it is, a command says only when it has taken a second; how old what it read is, only
 * after some minutes.
 */
function withoutFigures({ exitCode, stdout, stderr }: Ended): Ended {
  const result = stderr.replace(/^[^\n]*( …|: [\d,]+ of [\d,]+[^\n]*)\n/gm, '')
  const output = stdout.replace(/^The organization was read [^\n]*\n\n?/gm, '').replace(/\d+/g, '0')
  return { exitCode, stdout: output, stderr: result.replace(/\d+/g, '0') }
}
