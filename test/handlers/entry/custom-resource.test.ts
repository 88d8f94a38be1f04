import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { CloudFormationCustomResourceEvent, Context, ScheduledEvent } from 'aws-lambda'
import { customResource as customResourceWith } from '../../../handlers/entry/custom-resource.ts'
import { functionSettings } from '../../../shared/ports/deployment-settings.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'

// What the handler does not read of Lambda's context is left out.
const context = {} as Context
type Run = Parameters<typeof customResourceWith>[0]
/** Time that only passes in pauses. */
let nowMs = 0
const patience = {
  clock: {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    async sleep(ms: number) {
      nowMs += ms
    },
  },
  randomness: { fraction: () => 0.5, id: () => '' },
}
const customResource = (run: Run) => customResourceWith(run, patience)
const answers: { method: string | undefined; contentType: string | undefined; body: unknown }[] = []
let answerCode = 200
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    answers.push({ method: request.method, contentType: request.headers['content-type'], body })
    response.writeHead(answerCode).end()
  })
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  url = `http://127.0.0.1:${address.port}/`
})
beforeEach(() => {
  answers.length = 0
  answerCode = 200
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const about = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Owner' }

function event(type: 'Create' | 'Update' | 'Delete'): CloudFormationCustomResourceEvent {
  const ServiceToken = 'arn:aws:lambda:eu-west-1:111122223333:function:ssofile-owner'
  const common = { ...about, ServiceToken, ResponseURL: url, ResourceType: 'Custom::Owner' }
  const ResourceProperties = { ServiceToken }
  const PhysicalResourceId = 'known'
  if (type === 'Create') return { ...common, RequestType: type, ResourceProperties }
  if (type === 'Delete') return { ...common, RequestType: type, PhysicalResourceId, ResourceProperties }
  const OldResourceProperties = ResourceProperties
  return { ...common, RequestType: type, PhysicalResourceId, ResourceProperties, OldResourceProperties }
}

test('CloudFormation is told that a creation succeeded, without a content type', async () => {
  let runs = 0
  await customResource(async () => runs++)(event('Create'), context)
  expect(runs).toBe(1)
  const body = { ...about, Status: 'SUCCESS', PhysicalResourceId: 'Owner' }
  expect(answers).toEqual([{ method: 'PUT', contentType: undefined, body }])
})

test('CloudFormation is told why an update failed', async () => {
  const run = async () => {
    throw new Error('the bucket belongs to another deployment')
  }
  await customResource(run)(event('Update'), context)
  const body = { Status: 'FAILED', Reason: 'the bucket belongs to another deployment', PhysicalResourceId: 'known' }
  expect(answers).toMatchObject([{ body }])
})

test('a deletion does nothing and succeeds', async () => {
  let runs = 0
  await customResource(async () => runs++)(event('Delete'), context)
  expect(runs).toBe(0)
  expect(answers).toMatchObject([{ body: { Status: 'SUCCESS', PhysicalResourceId: 'known' } }])
})

test('an answer that CloudFormation did not take is an error, so that Lambda runs it again', async () => {
  answerCode = 403
  await expect(customResource(async () => {})(event('Create'), context)).rejects.toThrow('answered 403')
})

test('a schedule runs it too, and its errors stay errors', async () => {
  const scheduled: ScheduledEvent = {
    id: '1',
    version: '0',
    account: '111122223333',
    time: '2026-03-03T10:00:00Z',
    region: 'eu-west-1',
    resources: [],
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    detail: {},
  }
  let runs = 0
  await customResource(async () => runs++)(scheduled, context)
  expect(runs).toBe(1)
  const failing = customResource(async () => {
    throw new Error('no organization')
  })
  await expect(failing(scheduled, context)).rejects.toThrow('no organization')
  expect(answers).toEqual([])
})

/** What a service answers while a role is not known to it yet. */
const denied = () => new ServiceError('s3', 'AccessDenied', 'Access Denied')

test('what is denied while the new role is not known everywhere is tried again, with pauses', async () => {
  const begins = nowMs
  let runs = 0
  await customResource(async () => {
    runs += 1
    if (nowMs - begins < 45_000) throw denied()
  })(event('Create'), context)
  expect(answers).toMatchObject([{ body: { Status: 'SUCCESS' } }])
  expect(runs).toBeGreaterThan(5)
  expect(runs).toBeLessThan(40)
})

test('what is still denied after a minute is told, and well before Lambda ends the function', async () => {
  const begins = nowMs
  await customResource(async () => {
    throw denied()
  })(event('Create'), context)
  expect(answers).toMatchObject([{ body: { Status: 'FAILED', Reason: 'Access Denied' } }])
  expect(nowMs - begins).toBeGreaterThanOrEqual(60_000)
  expect(nowMs - begins).toBeLessThan((functionSettings.owner.timeoutSeconds - 30) * 1_000)
})

test('what fails otherwise is told at once', async () => {
  const begins = nowMs
  await customResource(async () => {
    throw new ServiceError('s3', 'NoSuchBucket', 'The bucket does not exist')
  })(event('Create'), context)
  expect(answers).toMatchObject([{ body: { Status: 'FAILED' } }])
  expect(nowMs).toBe(begins)
})
