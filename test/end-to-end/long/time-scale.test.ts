import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetGroupIdCommand } from '@aws-sdk/client-identitystore'
import { CreateAccountCommand, DescribeCreateAccountStatusCommand } from '@aws-sdk/client-organizations'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import {
  CreateAccountAssignmentCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  ListInstancesCommand,
  ListPermissionSetsCommand,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually, freePort, LocalProcess, sdkClients } from '../../infra/local/local-process.ts'
import { slowed } from '../../slowness.ts'

const Bucket = 'ssofile'
const IdentityStoreId = 'd-9067a1b2c3'
const assignment = 'account%260000000001%ViewOnlyAccess%team-Web%GROUP%ssofile'
const secondMs = 1000
const minuteMs = 60 * secondMs

let directory = ''
let port = 0
let local: LocalProcess
let clients: ReturnType<typeof sdkClients>
/** A queue that nobody works from. */
let idleUrl = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-time-'))
  port = await freePort()
  clients = sdkClients(`http://127.0.0.1:${port}`, 'ssofile')
  idleUrl = `http://127.0.0.1:${port}/000000000000/ssofile-links-dead.fifo`
  await start('--time-scale', '100', '--latency-ms', String(minuteMs), '--latency-p99-ms', String(minuteMs))
})

afterAll(async () => {
  await local?.kill()
  clients?.destroy()
  await rm(directory, { recursive: true, force: true })
})

async function start(...options: readonly string[]): Promise<void> {
  local = new LocalProcess(port, ['--data-dir', directory, ...options])
  await local.ready()
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

describe('a hundred times faster', () => {
  test('an assignment request of a minute, with the same 99th percentile, takes 600 milliseconds', async () => {
    const { InstanceArn, PermissionSetArn } = await someSet()
    const PrincipalId = await groupId('team-Web')
    const tookMs = await elapsedMs(async () => {
      const { AccountAssignmentCreationStatus: created } = await clients.ssoAdmin.send(
        new CreateAccountAssignmentCommand({
          InstanceArn,
          PermissionSetArn,
          PrincipalId,
          PrincipalType: 'GROUP',
          TargetId: '260000000002',
          TargetType: 'AWS_ACCOUNT',
        }),
      )
      const input = { InstanceArn, AccountAssignmentCreationRequestId: created?.RequestId }
      await eventually(async () => {
        const answer = await clients.ssoAdmin.send(new DescribeAccountAssignmentCreationStatusCommand(input))
        return answer.AccountAssignmentCreationStatus?.Status === 'SUCCEEDED'
      })
    })
    expect(tookMs).toBeGreaterThan(500)
    expect(tookMs).toBeLessThan(slowed(6 * secondMs))
  })

  test('a long poll of twenty seconds ends after 200 milliseconds, with an empty answer', async () => {
    const tookMs = await elapsedMs(async () => {
      const answer = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: idleUrl, WaitTimeSeconds: 20 }))
      expect(answer.Messages ?? []).toEqual([])
    })
    expect(tookMs).toBeGreaterThan(150)
    expect(tookMs).toBeLessThan(slowed(6 * secondMs))
  })

  test('a message in flight is visible again after thirty scaled seconds', async () => {
    const message = { MessageBody: 'any', MessageGroupId: 'any', MessageDeduplicationId: 'any' }
    await clients.sqs.send(new SendMessageCommand({ QueueUrl: idleUrl, ...message }))
    const receive = new ReceiveMessageCommand({ QueueUrl: idleUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 })
    expect((await clients.sqs.send(receive)).Messages).toHaveLength(1)
    const tookMs = await elapsedMs(() =>
      eventually(async () => ((await clients.sqs.send(receive)).Messages ?? []).length > 0),
    )
    expect(tookMs).toBeLessThan(slowed(10 * secondMs))
  })

  test('a link is applied, and the lease keeps to the time of S3, which is real', async () => {
    const put = new PutObjectCommand({ Bucket, Key: `links_data/${assignment}`, Body: new Uint8Array() })
    await clients.s3.send(put)
    await eventually(async () => (await lastModified('control/dispatcher.json')) !== undefined)
    const lease = (await lastModified('control/dispatcher.json')) ?? new Date()
    expect(Math.abs(Date.now() - lease.getTime())).toBeLessThan(slowed(30 * secondMs))
    await eventually(async () => (await statusState()) === 'applied')
  })
})

test('a restart at real time does not go back behind what was stored, and a created account still surfaces by itself', async () => {
  const { CreateAccountStatus: request } = await clients.organizations.send(
    new CreateAccountCommand({ AccountName: 'New', Email: 'new@acme.example' }),
  )
  await local.kill()
  await start('--time-scale', '1')
  const requestedAt = request?.RequestedTimestamp ?? new Date(Number.POSITIVE_INFINITY)
  // A hundred times faster, the time of the first run is far ahead of the machine's.
  expect(requestedAt.getTime()).toBeGreaterThan(Date.now())
  const described = await clients.organizations.send(
    new DescribeCreateAccountStatusCommand({ CreateAccountRequestId: request?.Id }),
  )
  expect(described.CreateAccountStatus?.State).toBe('SUCCEEDED')
  await eventually(async () => /events=.*CreateAccountResult/.test(local.output))
  await eventually(async () => /events=.*AccountJoinedOrganization/.test(local.output))
  expect(await statusState()).toBe('applied')
})

async function someSet() {
  const { Instances } = await clients.ssoAdmin.send(new ListInstancesCommand({}))
  const InstanceArn = Instances?.[0]?.InstanceArn
  const { PermissionSets } = await clients.ssoAdmin.send(new ListPermissionSetsCommand({ InstanceArn }))
  return { InstanceArn, PermissionSetArn: PermissionSets?.[0] }
}

async function groupId(AttributeValue: string): Promise<string | undefined> {
  const AlternateIdentifier = { UniqueAttribute: { AttributePath: 'displayName', AttributeValue } }
  return (await clients.identityStore.send(new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier }))).GroupId
}

async function lastModified(Key: string): Promise<Date | undefined> {
  return clients.s3.send(new HeadObjectCommand({ Bucket, Key })).then(
    (head) => head.LastModified,
    () => undefined,
  )
}

async function statusState(): Promise<unknown> {
  const answer = await fetch(`${local.url}/ssofile/status/links_data/${encodeURIComponent(assignment)}.json`, {
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=me/20260303/us-east-1/s3/aws4_request' },
  })
  return answer.ok ? JSON.parse(await answer.text()).state : undefined
}

/** Takes everything out of `events`; answers the names. */
