import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import type { FunctionEnvironment } from '../../../handlers/entry/open-deployment.ts'
import { bundleFunctions } from '../../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { apiSettings } from '../../../shared/domain/deployment/environment.ts'
import type { FunctionName } from '../../../shared/ports/deployment-settings.ts'
import { workedQueues } from '../../../shared/ports/queues.ts'
import { LocalSystem } from '../local-system.ts'

const ownerSchema = z.object({
  instanceArn: z.string(),
  deployment: z.object({ name: z.string(), queueUrls: z.record(z.enum(workedQueues), z.string()) }),
})
const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

let system: LocalSystem
let directory: string
let variables: FunctionEnvironment
// What CloudFormation is answered.
const answers: unknown[] = []
const cloudFormation = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    answers.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.end()
  })
})

beforeAll(async () => {
  system = await LocalSystem.start()
  directory = await mkdtemp(join(tmpdir(), 'ssofile-entries-'))
  const principals = ['arn:aws:iam::111122223333:role/uploader']
  const api = apiSettings.parse({ access: { uploaders: [{ folder: '', principals }] }, changes: ['links'] })
  const settings = { ...defaultConfiguration, auditorRole: 'ssofile-auditor' }
  bundleFunctions(settings, directory, api)
  const owner = ownerSchema.parse(await system.json('control/owner.json'))
  variables = {
    SSOFILE_DEPLOYMENT: owner.deployment.name,
    SSOFILE_BUCKET: 'ssofile',
    SSOFILE_INSTANCE_ARN: owner.instanceArn,
    SSOFILE_QUEUE_URLS: JSON.stringify(owner.deployment.queueUrls),
    SSOFILE_BUS: 'local-outcomes',
    SSOFILE_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:local-notifications',
  }
  await new Promise<void>((resolve) => cloudFormation.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await new Promise((resolve) => cloudFormation.close(resolve))
  await rm(directory, { recursive: true })
  await system.stop()
})

/** Runs a function as it is deployed: its bundle in a fresh process, with the rights of ssofile. */
async function invoke(name: FunctionName, event: object, changed: Partial<FunctionEnvironment> = {}) {
  const file = pathToFileURL(join(directory, name, 'index.mjs')).href
  const script = `const { handler } = await import('${file}')
    const context = { functionName: '${name}', awsRequestId: '1', getRemainingTimeInMillis: () => 60_000 }
    const answer = await handler(JSON.parse(process.env.EVENT), context)
    console.error('answer ' + JSON.stringify(answer ?? null))`
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      ...variables,
      ...changed,
      EVENT: JSON.stringify(event),
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: system.url,
      AWS_ACCESS_KEY_ID: 'ssofile',
      AWS_SDK_UA_APP_ID: name,
      AWS_SECRET_ACCESS_KEY: 'any',
    },
  })
  const [, answer] = /^answer (.*)$/m.exec(stderr) ?? []
  if (answer === undefined) throw new Error(stderr)
  return JSON.parse(answer)
}

function record(body: object) {
  return {
    messageId: '1',
    receiptHandle: '1',
    body: JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
  }
}

test.each(['router', 'links', 'permission-sets', 'events', 'dispatcher'] as const)(
  'the bundle of %s answers its queue',
  async (name) => {
    const fifo = {
      messageId: '1',
      receiptHandle: '1',
      attributes: { ApproximateReceiveCount: '1', MessageGroupId: 'g' },
    }
    const input = { v: 1, id: '1', event: 'test' }
    const bodies = {
      router: { Event: 's3:TestEvent' },
      links: { ...input, key: link },
      'permission-sets': { ...input, key: 'permission_sets/Billing-ps.json' },
      events: { 'detail-type': 'User Updated', source: 'aws.identitystore', detail: {} },
      dispatcher: {},
    }
    const event = { Records: [{ ...fifo, body: JSON.stringify(bodies[name]) }] }
    expect(await invoke(name, event)).toEqual({ batchItemFailures: [] })
  },
  60_000,
)

test.each(['minute-links', 'sweep', 'hourly', 'nightly', 'report', 'credentials', 'retire'] as const)(
  'the bundle of %s runs by its schedule',
  async (name) => {
    expect(await invoke(name, { 'detail-type': 'Scheduled Event' })).toBeNull()
  },
  60_000,
)

test('the report that a bundle writes has its five objects, those of the month, and asks with the auditor role when roles were used', async () => {
  await invoke('report', { 'detail-type': 'Scheduled Event' })
  const keys = await system.keys('reports/2')
  expect(keys.map((key) => key.split('/')[2])).toEqual([
    'access.csv',
    'groups.csv',
    'index.html',
    'orphans.csv',
    'summary.json',
  ])
  const month = keys[0]?.slice('reports/'.length, 'reports/2026-03'.length) ?? ''
  expect(await system.keys(`reports/lifecycle/${month}`)).toEqual(
    ['csv', 'json'].map((ending) => `reports/lifecycle/${month}.${ending}`),
  )
  const summary = await system.json(keys.at(-1) ?? '')
  expect(summary).toMatchObject({ v: 1, counts: { unusedFor90Days: 0, useNotKnown: expect.any(Number) } })
  // The management account has no such role, and in suspended accounts nobody assumes one.
  expect(JSON.stringify(summary?.notes)).toMatch(
    /^\[("when roles were last used is not known in (account|\d+ accounts, such as) 111111111111: [^"]*")?\]$/,
  )
})

test('the bundle of the API creates a link for whom the environment lets upload, and for nobody else', async () => {
  const linkData = 'account%250000000003%Billing-ps%team-Accountants%GROUP%ssofile'
  const eventOf = (role: string) => ({
    version: '2.0',
    routeKey: 'POST /links',
    rawPath: '/links',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'create', linkData }),
    isBase64Encoded: false,
    requestContext: {
      requestId: '1',
      http: { sourceIp: '192.0.2.1' },
      authorizer: { iam: { userArn: `arn:aws:sts::111122223333:assumed-role/${role}/maria` } },
    },
  })
  expect(await invoke('api', eventOf('other'))).toMatchObject({ statusCode: 403 })
  expect(await system.has(`links_data/${linkData}`)).toBe(false)
  expect(await invoke('api', eventOf('uploader'))).toMatchObject({ statusCode: 202 })
  expect(await system.has(`links_data/${linkData}`)).toBe(true)
})

test('no bundle does anything on a bucket of another deployment', async () => {
  for (const name of ['router', 'sweep', 'dispatcher', 'api'] as const)
    await expect(invoke(name, { Records: [record({})] }, { SSOFILE_DEPLOYMENT: 'other' })).rejects.toThrow(
      'WrongOwnerError',
    )
})

test('the bundle of owner claims the bucket, and tells CloudFormation when it belongs to somebody else', async () => {
  const address = cloudFormation.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const event = {
    RequestType: 'Create',
    ResponseURL: `http://127.0.0.1:${address.port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Owner',
  }
  await invoke('owner', event)
  await invoke('owner', event, { SSOFILE_DEPLOYMENT: 'other' })
  expect(answers).toEqual([
    expect.objectContaining({ Status: 'SUCCESS', PhysicalResourceId: 'Owner' }),
    expect.objectContaining({ Status: 'FAILED', Reason: expect.stringContaining('belongs to the deployment local') }),
  ])
})
