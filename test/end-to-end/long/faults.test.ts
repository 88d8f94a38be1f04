import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import type * as z from 'zod'
import type { FaultRule, faultFile } from '../../../infra/local/faults/fault-file.ts'
import { eventually, freePort, LocalProcess, sdkClients } from '../../infra/local/local-process.ts'
import { AccessReader } from '../access-reader.ts'
import { bareEnvironment } from '../local-system.ts'
import { runSsofile } from '../run-program.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const Bucket = 'ssofile'
const set = 'ReadOnly-ps'
const accounts = ['200000000001', '200000000002', '200000000003']
const groups = Array.from({ length: 10 }, (_, index) => `team ${index}`)
/** Account assignments in the grammar of links: 30. */
const wanted = accounts.flatMap((account) => groups.map((group) => `account%${account}%${set}%${group}%GROUP`)).sort()

const product = { caller: 'ssofile' } as const
const writes = ['CreateAccountAssignment', 'DeleteAccountAssignment'] as const
/** All of it at once, the rare ones counted and not drawn, so that each strikes; only the product suffers, so that the test can trust what it reads. */
const faults: z.input<typeof faultFile> = {
  seed: 5,
  rules: [
    { ...product, service: 'sso-admin', fault: 'throttle', skip: 30, times: 25 },
    ...writes.flatMap((operation) => [
      { ...product, service: 'sso-admin', operation, fault: 'lose-answer', probability: 0.15 } as const,
      { ...product, service: 'sso-admin', operation, fault: 'drop', skip: 4, times: 4 } as const,
      {
        ...product,
        service: 'sso-admin',
        operation,
        fault: 'error',
        code: 'ConflictException',
        skip: 9,
        times: 4,
      } as const,
    ]),
    { ...product, service: 'sso-admin', fault: 'error', probability: 0.03 },
    { ...product, service: 's3', operation: 'PutObject', fault: 'lose-answer', probability: 0.04 },
    { ...product, service: 's3', operation: 'DeleteObject', fault: 'lose-answer', probability: 0.04 },
    { ...product, service: 's3', fault: 'error', code: 'ServiceUnavailable', probability: 0.06 },
    { ...product, service: 's3', fault: 'drop', probability: 0.03 },
    { ...product, service: 's3', fault: 'delay', ms: 500, probability: 0.02 },
    { ...product, service: 'sqs', operation: 'SendMessageBatch', fault: 'lose-answer', probability: 0.05 },
    { ...product, service: 'sqs', operation: 'DeleteMessage', fault: 'drop', skip: 10, times: 5 },
    { ...product, service: 'organizations', fault: 'throttle', probability: 0.2 },
    { ...product, service: 'identitystore', fault: 'throttle', probability: 0.1 },
  ],
}

let directory = ''
let port = 0
let local: LocalProcess
let clients: ReturnType<typeof sdkClients>
let access: AccessReader

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-faults-'))
  port = await freePort()
  clients = sdkClients(`http://127.0.0.1:${port}`)
  access = new AccessReader(clients.ssoAdmin, clients.identityStore)
  const noBrake = {
    indirect: { count: 1000, percent: 100, most: 1000, hours: 24 },
    own: { count: 1000, percent: 100, minutes: 15 },
  }
  const organization = await write('organization.json', smallOrganization({ groups }))
  const args = ['--organization', organization, '--faults', await write('faults.json', faults)]
  args.push('--config', await write('configuration.json', { brake: noBrake }), '--time-scale', '10')
  local = new LocalProcess(port, args)
  await local.ready()
})

afterAll(async () => {
  await local?.kill()
  clients?.destroy()
  await rm(directory, { recursive: true, force: true })
})

async function write(name: string, content: unknown): Promise<string> {
  await writeFile(join(directory, name), JSON.stringify(content))
  return join(directory, name)
}

test('thirty links are in force, each granted once, in spite of throttling, lost answers, broken connections and an S3 that is unavailable', async () => {
  await put(`permission_sets/${set}.json`, permissionSetFile(set))
  await pLimit(10).map(wanted, (key) => put(`links_data/${key}%ssofile`))
  await eventually(async () => (await statesOf(wanted)).every((state) => state === 'applied'))
  expect(await accessNow()).toEqual(wanted)
  expect(await named('assignments/')).toEqual(wanted)
  expect(await history()).toEqual(wanted.map((key) => `${key} granted`))
})

// A message that has failed five times is given up; the sweep, each half minute here, finds what it was about.
test('all thirty are revoked, each once, and nothing is left of them', async () => {
  await pLimit(10).map(wanted, (key) => remove(`links_data/${key}%ssofile`))
  await eventually(async () => (await list('status/links_data/')).length === 0)
  expect(await accessNow()).toEqual([])
  expect(await list('assignments/')).toEqual([])
  expect(await list('attention/')).toEqual([])
  expect(await history()).toEqual(wanted.flatMap((key) => [`${key} granted`, `${key} revoked`]))
})

test('every fault of the file has struck', async () => {
  const counts = (await (await fetch(`${local.url}/_ssofile/faults`)).json()) as (FaultRule & { struck: number })[]
  for (const { service, operation = '*', fault, struck } of counts)
    process.stdout.write(`${String(struck).padStart(4)} × ${fault} of ${service} ${operation}\n`)
  expect(counts.filter(({ struck }) => struck === 0)).toEqual([])
})

test('a faults file with a mistake is refused with what is wrong and where', async () => {
  const file = await write('wrong.json', {
    rules: [
      { service: 's3', fault: 'throttel' },
      { service: 'ec2', fault: 'drop' },
    ],
  })
  const { exitCode, stderr } = await runSsofile(['local', '--port', '0', '--faults', file], bareEnvironment())
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('rules[0].fault') })
  expect(stderr).toContain('rules[1].service')
})

async function put(key: string, body = ''): Promise<void> {
  await clients.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: new TextEncoder().encode(body) }))
}

async function remove(key: string): Promise<void> {
  await clients.s3.send(new DeleteObjectCommand({ Bucket, Key: key }))
}

async function list(prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { Contents = [] } of paginateListObjectsV2({ client: clients.s3 }, { Bucket, Prefix: prefix }))
    for (const { Key = '' } of Contents) keys.push(Key)
  return keys
}

async function history(): Promise<readonly string[]> {
  return (await named('history/')).map((name) => name.replace(/\/.*%(\w+)\.json$/, ' $1')).sort()
}

/** The same with the names that the records have in place of the ids. */
async function named(prefix: 'assignments/' | 'history/'): Promise<readonly string[]> {
  const names = await pLimit(20).map(await list(`${prefix}account%`), async (key) => {
    const record = await clients.s3.send(new GetObjectCommand({ Bucket, Key: key }))
    const { principal } = JSON.parse((await record.Body?.transformToString()) ?? '{}')
    return key.slice(prefix.length).replace(/^((?:[^%]*%){3})[^%]*/, `$1${principal}`)
  })
  return names.sort()
}

async function accessNow(): Promise<readonly string[]> {
  const found = await Promise.all(
    accounts.map(async (account) => (await access.inAccount(account)).map((grant) => `account%${account}%${grant}`)),
  )
  return found.flat().sort()
}

async function statesOf(keys: readonly string[]): Promise<readonly unknown[]> {
  return pLimit(20).map(keys, async (key) => {
    const status = await clients.s3
      .send(new GetObjectCommand({ Bucket, Key: `status/links_data/${key}%ssofile.json` }))
      .catch(() => undefined)
    return JSON.parse((await status?.Body?.transformToString()) ?? '{}').state
  })
}
