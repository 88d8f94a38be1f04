import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { ListInstancesCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin'
import { afterEach, expect, test } from '@jest/globals'
import type * as z from 'zod'
import { addFaults } from '../../../../infra/local/faults/add-faults.ts'
import { faultFile } from '../../../../infra/local/faults/fault-file.ts'
import { addJsonServices } from '../../../../infra/local/json-services/json-services.ts'
import { buildLocalServer } from '../../../../infra/local/s3-and-sqs.ts'
import { World } from '../../../world.ts'

const Bucket = 'ssofile'
const Key = 'links_data/a'
const Body = new Uint8Array()

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

type Rules = z.input<typeof faultFile>['rules']

/** S3, SQS and SSO Admin on a free port, with these faults; clients that try once. */
async function open(rules: Rules, isReady = () => true) {
  const world = new World({ isOwned: false })
  const app = buildLocalServer(world)
  addJsonServices(app, world)
  const deaths: string[][] = []
  const sleeps: number[] = []
  addFaults(app, faultFile.parse({ rules }), {
    clock: {
      ...world.clock,
      now: () => world.clock.now(),
      monotonicMs: () => 0,
      sleep: async (ms) => void sleeps.push(ms),
    },
    log: world.log,
    isReady,
    die: () => deaths.push(world.objects.model.listPage().objects.map(({ key }) => key)),
  })
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  const common = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'me', secretAccessKey: 'any' },
    maxAttempts: 1,
  }
  const s3 = new S3Client({ ...common, forcePathStyle: true })
  const sqs = new SQSClient(common)
  const ssoAdmin = new SSOAdminClient(common)
  ends.push(async () => {
    for (const client of [s3, sqs, ssoAdmin]) client.destroy()
    await app.close()
  })
  return { world, s3, sqs, ssoAdmin, endpoint, deaths, sleeps }
}

const put = new PutObjectCommand({ Bucket, Key, Body })

test('S3 that is throttled answers 503 SlowDown and does nothing, then serves again', async () => {
  const { s3, world } = await open([{ service: 's3', operation: 'PutObject', fault: 'throttle', times: 1 }])
  await expect(s3.send(put)).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } })
  expect(await world.keys('')).toEqual([])
  await s3.send(put)
  expect(await world.keys('')).toEqual([Key])
})

test('each service is throttled in its own words', async () => {
  const { sqs, ssoAdmin } = await open([
    { service: 'sqs', fault: 'throttle' },
    { service: 'sso-admin', fault: 'throttle' },
  ])
  const QueueUrl = 'http://localhost/000000000000/ssofile-uploads'
  await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))).rejects.toMatchObject({
    name: 'RequestThrottled',
  })
  await expect(ssoAdmin.send(new ListInstancesCommand({}))).rejects.toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 400 },
  })
})

test('an error has the code of its rule, or the service’s internal error', async () => {
  const { s3, ssoAdmin } = await open([
    { service: 'sso-admin', fault: 'error', code: 'ConflictException', times: 1 },
    { service: 'sso-admin', fault: 'error', times: 1 },
    { service: 's3', operation: 'GetObject', fault: 'error', code: 'AccessDenied' },
    { service: 's3', operation: 'HeadObject', fault: 'error', code: 'ServiceUnavailable' },
  ])
  const list = () => ssoAdmin.send(new ListInstancesCommand({}))
  await expect(list()).rejects.toMatchObject({ name: 'ConflictException', $metadata: { httpStatusCode: 400 } })
  await expect(list()).rejects.toMatchObject({ name: 'InternalServerException', $metadata: { httpStatusCode: 500 } })
  await expect(list()).resolves.toMatchObject({ Instances: [{}] })
  await expect(s3.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'AccessDenied' })
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 503 },
  })
})

test('a dropped call did not take effect, and one whose answer is lost did; the caller sees the same', async () => {
  const { s3, world } = await open([
    { service: 's3', operation: 'PutObject', fault: 'drop', times: 1 },
    { service: 's3', operation: 'PutObject', fault: 'lose-answer', skip: 1, times: 1 },
    { service: 's3', operation: 'DeleteObject', fault: 'lose-answer' },
  ])
  const status = '$metadata.httpStatusCode'
  await expect(s3.send(put)).rejects.not.toHaveProperty(status)
  expect(await world.keys('')).toEqual([])
  await expect(s3.send(put)).rejects.not.toHaveProperty(status)
  expect(await world.keys('')).toEqual([Key])
  await expect(s3.send(new DeleteObjectCommand({ Bucket, Key }))).rejects.not.toHaveProperty(status)
  expect(await world.keys('')).toEqual([])
})

test('a delayed call waits and is then served', async () => {
  const { s3, sleeps } = await open([{ service: 's3', operation: 'ListObjectsV2', fault: 'delay', ms: 1500 }])
  await s3.send(put)
  expect(sleeps).toEqual([])
  await s3.send(new ListObjectsV2Command({ Bucket }))
  expect(sleeps).toEqual([1500])
})

test('the process dies before a call or after it, as the rule says', async () => {
  const { s3, deaths } = await open([
    { service: 's3', operation: 'PutObject', fault: 'kill', when: 'before', times: 1 },
    { service: 's3', operation: 'DeleteObject', fault: 'kill' },
  ])
  await s3.send(put)
  expect(deaths).toEqual([[]])
  await s3.send(put)
  await expect(s3.send(new DeleteObjectCommand({ Bucket, Key }))).rejects.toThrow()
  expect(deaths).toEqual([[], []])
})

test('nothing suffers before the system is ready, and the system’s own pages never do', async () => {
  let isReady = false
  const { s3, endpoint, world } = await open([{ service: 's3', fault: 'drop' }], () => isReady)
  await s3.send(put)
  isReady = true
  await expect(s3.send(put)).rejects.toThrow()
  const counts = await (await fetch(`${endpoint}/_ssofile/faults`)).json()
  expect(counts).toMatchObject([{ service: 's3', fault: 'drop', matched: 1, struck: 1 }])
  expect(world.log.lines).toMatchObject([
    { message: 'fault injected', fields: { fault: 'drop', service: 's3', operation: 'PutObject', caller: 'me' } },
  ])
})
