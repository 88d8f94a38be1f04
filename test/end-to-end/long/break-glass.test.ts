import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { drillRecord } from '../../../shared/modules/break-glass/rules/drill-record.ts'
import { callSsofile } from '../call-ssofile.ts'
import { findings } from '../findings.ts'
import { LocalSystem } from '../local-system.ts'
import { aws, becomeResponder, definition, deploy, environment, firstSignIn, kenji } from '../responder.ts'
import { checkout, type Ended } from '../run-program.ts'
import { until } from '../until.ts'

const mails = z.object({
  mails: z.array(z.object({ region: z.string(), rules: z.array(z.string()), text: z.string() })),
})

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'break-glass-'))
})
afterAll(() => rm(folder, { recursive: true }))

const ssofile = (url: string, as: string, ...args: readonly string[]) =>
  callSsofile(['break-glass', ...args], environment(url, as))
const mailsOf = async (url: string) => mails.parse(await (await fetch(`${url}/_ssofile/break-glass`)).json()).mails

/** A drill by a person who reads the mail and types its code. */
async function drill(url: string, as: string, ...args: readonly string[]): Promise<Ended> {
  const before = (await mailsOf(url)).length
  const command = ['handlers/cli/ssofile.ts', 'break-glass', 'drill', '--file', definition, '--to', folder, ...args]
  const child = spawn(process.execPath, command, {
    cwd: checkout,
    env: environment(url, as),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (text: Buffer) => (texts[stream] += text))
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const code = await until(
    'the mail of the alarm',
    async () => {
      const assumed = (await mailsOf(url)).slice(before).find(({ text }) => text.includes('AssumeRole'))
      return assumed && /Code for a drill: (\S+)/.exec(assumed.text)?.[1]
    },
    { tell: () => JSON.stringify(texts) },
  )
  child.stdin.end(`${code}\n`)
  return { exitCode: await ended, ...texts }
}

describe('with the bucket and all queues gone, and IAM Identity Center refusing every call', () => {
  let system: LocalSystem
  let key = ''
  beforeAll(async () => {
    system = await LocalSystem.start({
      faults: [
        { service: 's3', fault: 'error', code: 'NoSuchBucket' },
        { service: 'sqs', fault: 'error', code: 'QueueDoesNotExist' },
        { service: 'sso-admin', fault: 'error' },
        { service: 'identitystore', fault: 'error' },
      ],
    })
    await deploy(system.url)
    key = await becomeResponder(system.url, folder)
  })
  afterAll(() => system.stop())

  test('nothing of the bucket and of Identity Center works', async () => {
    expect(await aws(system.url, 'me', 's3', 'ls', 's3://ssofile')).toMatchObject({
      exitCode: expect.not.stringMatching('0'),
      stderr: expect.stringContaining('NoSuchBucket'),
    })
    const { exitCode, stderr } = await aws(system.url, 'me', 'sso-admin', 'list-instances')
    expect({ exitCode: exitCode > 0, stderr }).toMatchObject({
      exitCode: true,
      stderr: expect.stringContaining('InternalServerException'),
    })
  })

  test('a responder assumes a role by the AWS CLI, and uses it', async () => {
    const role = [
      '--role-arn',
      'arn:aws:iam::233000000001:role/BREAK-GLASS-incident-responder',
      '--role-session-name',
      'incident-1',
    ]
    const assumed = await aws(
      system.url,
      key,
      'sts',
      'assume-role',
      ...role,
      '--source-identity',
      kenji,
      '--query',
      'Credentials.AccessKeyId',
      '--output',
      'text',
    )
    expect(assumed).toMatchObject({ exitCode: 0 })
    expect((await aws(system.url, assumed.stdout.trim(), 'iam', 'list-roles')).exitCode).toBe(0)
    const widening = await aws(
      system.url,
      assumed.stdout.trim(),
      'iam',
      'untag-role',
      '--role-name',
      'BREAK-GLASS-incident-responder',
      '--tag-keys',
      'a',
    )
    expect(widening).toMatchObject({ stderr: expect.stringContaining('explicit deny') })
  })

  test('a drill of all playbooks passes, and its record is written here', async () => {
    const ended = await drill(system.url, key)
    expect({ ...ended, stderr: '' }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/passed: the alarm rang/),
    })
    const date = new Date().toISOString().slice(0, 10)
    const record = drillRecord.parse(JSON.parse(await readFile(join(folder, `drills/${date}/kenji.json`), 'utf8')))
    expect(record).toMatchObject({ responder: 'kenji', isPassed: true, alarm: { code: expect.any(String) } })
    expect(record.roles).toHaveLength(8)
    for (const { assumedInMs } of record.roles) expect(assumedInMs).toBeGreaterThan(0)
  })

  test('a check says what it could not ask, and checks the rest', async () => {
    const { exitCode, stdout } = await ssofile(
      system.url,
      'management',
      'check',
      '--file',
      definition,
      '--drills',
      folder,
      '--json',
    )
    const found = findings.parse(JSON.parse(stdout))
    expect(exitCode).toBe(1)
    expect(found.find(({ check }) => check === 'break-glass people')).toMatchObject({
      level: 'warn',
      told: expect.stringContaining('not checked'),
    })
    expect(found.find(({ check }) => check === 'break-glass roles')).toMatchObject({
      level: 'ok',
      told: '40 accounts have their roles and rules as rendered',
    })
    expect(found).toContainEqual(
      expect.objectContaining({ check: 'break-glass drills', level: 'ok', told: 'kenji: 0 days ago' }),
    )
  })

  test('evidence has the uses, the drill with an alarm that CloudTrail knows, and what could not be read', async () => {
    const output = join(folder, 'evidence.json')
    const { stdout } = await ssofile(
      system.url,
      'management',
      'evidence',
      '--file',
      definition,
      '--months',
      '2',
      '--drills',
      folder,
      '--output',
      output,
    )
    expect(stdout).toMatch(/uses, 1 drill, /)
    const evidence = JSON.parse(await readFile(output, 'utf8'))
    expect(evidence.drills).toEqual([expect.objectContaining({ responder: 'kenji', isAlarmKnown: true })])
    expect(evidence.uses).toContainEqual(
      expect.objectContaining({ name: 'AssumeRole', by: kenji, role: expect.stringContaining('incident-responder') }),
    )
  })
})

describe('on a system that works', () => {
  let system: LocalSystem
  beforeAll(async () => {
    system = await LocalSystem.start()
    await deploy(system.url)
  })
  afterAll(() => system.stop())

  const check = async (...args: readonly string[]) => {
    const { stdout } = await ssofile(system.url, 'management', 'check', '--file', definition, '--json', ...args)
    return findings.parse(JSON.parse(stdout))
  }

  test('a role that somebody changed, and one that is gone, are told with their accounts', async () => {
    const url = `${system.url}/_ssofile/accounts/233000000001/break-glass-roles`
    expect((await fetch(`${url}/BREAK-GLASS-administrator`, { method: 'PUT' })).status).toBe(204)
    expect((await fetch(`${url}/BREAK-GLASS-forensics-analyst`, { method: 'DELETE' })).status).toBe(204)
    const told = (await check()).filter((one) => one.check === 'break-glass roles').map((one) => one.told)
    expect(told).toEqual([
      '233000000001 has no role BREAK-GLASS-forensics-analyst',
      'BREAK-GLASS-administrator in 233000000001 was changed: it trusts others',
    ])
  })

  test('users without devices, a missing password policy and drills that never were are told', async () => {
    const found = await check()
    const levels = (name: string) => found.filter((one) => one.check === name).map(({ level }) => level)
    expect(levels('break-glass users')).toEqual(['fail', 'fail', 'fail'])
    expect(levels('break-glass passwords')).toEqual(['fail'])
    expect(levels('break-glass drills')).toEqual(['warn', 'warn', 'warn'])
    expect(levels('break-glass people')).toEqual(['ok'])
  })

  test('service control policies that are named are judged with the rest', async () => {
    const [scp, allows] = [join(folder, 'scp.json'), join(folder, 'allows.json')]
    const Statement = { Sid: 'NoRoles', Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }
    await writeFile(scp, JSON.stringify({ Version: '2012-10-17', Statement }))
    const all = { ...Statement, Effect: 'Allow', Action: '*' }
    await writeFile(allows, JSON.stringify({ Version: '2012-10-17', Statement: all }))
    const told = (await check('--scp', scp, allows)).filter((one) => one.check === 'break-glass scps')
    expect(told.map((one) => one.told)).toEqual([
      ...['kenji', 'lars', 'ama'].map((name) => `${scp}: NoRoles denies sts:AssumeRole to ${name}-BREAK-GLASS`),
      `${allows} stops nothing that the playbooks need`,
    ])
  })

  test('who is no responder drills nothing', async () => {
    const ended = await ssofile(system.url, 'me', 'drill', '--file', definition)
    expect(ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/expected a responder of example: kenji-BREAK-GLASS, .*aws login/),
    })
  })

  test('a responder without MFA assumes nothing, and the attempt rings', async () => {
    const key = await firstSignIn(system.url)
    const ended = await ssofile(
      system.url,
      key,
      'drill',
      '--file',
      definition,
      '--playbook',
      'administrator',
      '--no-alarm',
      '--output',
      join(folder, 'second'),
    )
    expect(ended).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/FAIL {2}BREAK-GLASS-administrator in 233000000001: not assumed; AccessDenied/),
    })
    expect((await mailsOf(system.url)).at(-1)).toMatchObject({
      rules: ['break-glass-role-assumed'],
      text: expect.stringMatching(
        /AssumeRole by kenji-BREAK-GLASS .*\nRole: arn:aws:iam::233000000001:role\/BREAK-GLASS-administrator\..*Error: AccessDenied/,
      ),
    })
  })
})
