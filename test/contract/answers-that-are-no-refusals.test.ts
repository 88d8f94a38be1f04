import { createServer, type Server } from 'node:http'
import { Identitystore } from '@aws-sdk/client-identitystore'
import { Organizations } from '@aws-sdk/client-organizations'
import { S3 } from '@aws-sdk/client-s3'
import { SQS } from '@aws-sdk/client-sqs'
import { SSOAdmin } from '@aws-sdk/client-sso-admin'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsIdentityStore } from '../../shared/aws/identity-store-client.ts'
import { AwsOrganizations } from '../../shared/aws/organizations-client.ts'
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts'
import { SqsQueues } from '../../shared/aws/sqs-queues.ts'
import { awsSsoAdmin } from '../../shared/aws/sso-admin-client.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { proofOf, ServiceError } from '../../shared/ports/service-error.ts'

type Answer = { readonly status: number; readonly type?: string; readonly body?: string }

const instanceArn = 'arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6'
const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0123456789abcdef')
const principal = principalId.parse('00000000-0000-4000-8000-000000000000')
const account = accountId.parse('111111111111')
const target = { accountId: account, permissionSetArn: arn, principalId: principal, principalType: 'GROUP' } as const

/** Answers every request but ListInstances as told. */
let answer: Answer
let requests: number
let server: Server
let endpoint: string

beforeEach(async () => {
  requests = 0
  server = createServer((request, reply) => {
    const isListInstances = request.headers['x-amz-target'] === 'SWBExternalService.ListInstances'
    const { status, type = 'text/html', body } = isListInstances ? instances : answer
    if (!isListInstances) requests++
    request.resume()
    request.on('end', () => reply.writeHead(status, { 'content-type': type, connection: 'close' }).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}`
})
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())))

const jsonType = 'application/x-amz-json-1.1'
const json = (status: number, body: object): Answer => ({ status, type: jsonType, body: JSON.stringify(body) })
const instances = json(200, { Instances: [{ InstanceArn: instanceArn, IdentityStoreId: 'd-9067a1b2c3' }] })
const html = (status: number): Answer => ({
  status,
  body: `<html><head><title>${status}</title></head><body><center>Bad Gateway</center><hr></body></html>`,
})
const xml = (status: number, code: string): Answer => ({
  status,
  type: 'application/xml',
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>so</Message></Error>`,
})

function openPorts() {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  }
  const ssoAdmin = awsSsoAdmin(new SSOAdmin(config))
  const identityStore = new AwsIdentityStore(new Identitystore(config), async () => 'd-9067a1b2c3')
  const organizations = new AwsOrganizations(new Organizations(config))
  const objects = new S3ObjectStore(new S3({ ...config, forcePathStyle: true }), 'ssofile')
  const queues = new SqsQueues(new SQS(config), (queue) => `${endpoint}/000000000000/${queue}`)
  return { ssoAdmin, identityStore, organizations, objects, queues }
}

type Opened = ReturnType<typeof openPorts>
type Call = readonly [call: string, make: (ports: Opened) => Promise<unknown>]

const auditors = principalName.parse('Auditors')
const jsonCalls: readonly Call[] = [
  ['CreateAccountAssignment', ({ ssoAdmin }) => ssoAdmin.createAccountAssignment(target)],
  ['DescribePermissionSet', ({ ssoAdmin }) => ssoAdmin.describePermissionSet(arn)],
  ['GetGroupId', ({ identityStore }) => identityStore.findPrincipalId('GROUP', auditors)],
  ['ListGroupMembershipsForMember', ({ identityStore }) => identityStore.listGroupsOf(principal)],
  ['ListGroupMemberships', ({ identityStore }) => identityStore.listMembersOf(principal)],
  ['DescribeAccount', ({ organizations }) => organizations.describeAccount(account)],
  ['ListAccounts', ({ organizations }) => organizations.listAccounts()],
  ['SendMessageBatch', ({ queues }) => queues.send('uploads', [{ body: 'a' }])],
  ['ReceiveMessage', ({ queues }) => queues.receive('uploads', { most: 1, waitSeconds: 0 })],
]
const s3Calls: readonly Call[] = [
  ['HeadObject', ({ objects }) => objects.head('links_data/a')],
  ['GetObject', ({ objects }) => objects.get('links_data/a')],
  ['GetObject if it changed', ({ objects }) => objects.getIfChanged('links_data/a', 'etag')],
  ['PutObject', ({ objects }) => objects.put('status/a', 'x')],
  ['PutObject if none is there', ({ objects }) => objects.put('status/a', 'x', { ifNoneMatch: '*' })],
  ['DeleteObject', ({ objects }) => objects.delete('status/a', { ifMatch: 'etag' })],
  ['ListObjectsV2', ({ objects }) => Array.fromAsync(objects.list('status/'))],
]

async function errorOf(make: (ports: Opened) => Promise<unknown>): Promise<ServiceError> {
  const error: unknown = await make(openPorts()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ServiceError)) throw new Error(`received ${String(error)}, expected a ServiceError`)
  return error
}

describe.each([...jsonCalls, ...s3Calls])('%s', (_, make) => {
  test.each([
    ['an empty 500', { status: 500 }],
    ['an empty 503', { status: 503 }],
    ['an HTML 502', html(502)],
    ['an HTML 503', html(503)],
    ['an HTML 504', html(504)],
  ])('that is answered with %s may have taken effect', async (_, given) => {
    answer = given
    const error = await errorOf(make)
    expect({ proof: proofOf(error), httpStatus: error.httpStatus }).toEqual({
      proof: 'unknown',
      httpStatus: given.status,
    })
    expect(requests).toBe(1)
  })

  test('whose connection breaks may have taken effect', async () => {
    server.on('request', (request) => request.socket.destroy())
    answer = { status: 503 }
    const error = await errorOf(make)
    expect(error).toMatchObject({ code: 'NoAnswer', httpStatus: undefined })
    expect(proofOf(error)).toBe('unknown')
  })
})

describe.each(jsonCalls)('%s', (_, make) => {
  test.each([
    ['ServiceUnavailableException', 503],
    ['InternalFailure', 500],
    ['InternalServerException', 500],
    ['AccessDeniedException', 500],
  ])('that is answered with %s and HTTP %i may have taken effect', async (code, status) => {
    answer = json(status, { __type: code, Message: 'so' })
    const error = await errorOf(make)
    expect(error).toMatchObject({ code, httpStatus: status })
    expect(proofOf(error)).toBe('unknown')
  })

  test.each(['ThrottlingException', 'RequestThrottled'])('that is answered with %s passes', async (code) => {
    answer = json(400, { __type: code, Message: 'so' })
    expect(proofOf(await errorOf(make))).toBe('not-now')
  })

  test('that is answered with AccessDeniedException is refused', async () => {
    answer = json(400, { __type: 'AccessDeniedException', Message: 'so' })
    const error = await errorOf(make)
    expect(error).toMatchObject({ code: 'AccessDeniedException', httpStatus: 400 })
    expect(proofOf(error)).toBe('refused')
  })

  test('that is answered with a 200 that is HTML may have taken effect', async () => {
    answer = html(200)
    expect(proofOf(await errorOf(make))).toBe('unknown')
  })
})

// An answer to HEAD has no body, so no code.
describe.each(s3Calls.filter(([call]) => call !== 'HeadObject'))('%s', (_, make) => {
  test('that is answered with SlowDown and HTTP 503 passes', async () => {
    answer = xml(503, 'SlowDown')
    const error = await errorOf(make)
    expect(error).toMatchObject({ code: 'SlowDown', httpStatus: 503 })
    expect(proofOf(error)).toBe('not-now')
  })

  test('that is answered with AccessDenied is refused', async () => {
    answer = xml(403, 'AccessDenied')
    expect(proofOf(await errorOf(make))).toBe('refused')
  })
})

test('a read of SQS that KMS throttles passes', async () => {
  answer = json(400, { __type: 'com.amazonaws.sqs#KmsThrottled', message: 'so' })
  expect(proofOf(await errorOf(({ queues }) => queues.receive('uploads', { most: 1, waitSeconds: 0 })))).toBe('not-now')
})

describe.each<Call>([
  ['DescribePermissionSet', ({ ssoAdmin }) => ssoAdmin.describePermissionSet(arn)],
  ['DescribeAccountAssignmentCreationStatus', ({ ssoAdmin }) => ssoAdmin.describeAssignmentRequest('creation', 'x')],
  ['DescribePermissionSetProvisioningStatus', ({ ssoAdmin }) => ssoAdmin.describeProvisioning('x')],
  ['GetGroupId', ({ identityStore }) => identityStore.findPrincipalId('GROUP', auditors)],
  ['DescribeUser', ({ identityStore }) => identityStore.findPrincipalName('USER', principal)],
])('%s', (_, make) => {
  test.each([null, undefined])('answers nothing for what is not found with the reason %s', async (Reason) => {
    answer = json(400, { __type: 'ResourceNotFoundException', Message: 'so', ResourceType: 'GROUP', Reason })
    expect(await make(openPorts())).toBeUndefined()
  })
})

describe.each(
  jsonCalls.slice(0, 4).concat([
    ['ListAccountAssignments', ({ ssoAdmin }) => ssoAdmin.listAccountAssignments(account, arn)],
    ['GetPermissionsBoundary', ({ ssoAdmin }) => ssoAdmin.getPermissionsBoundary(arn)],
  ]),
)('%s', (_, make) => {
  test('throws where the KMS key is not found, with the reason as the code', async () => {
    answer = json(400, { __type: 'ResourceNotFoundException', Message: 'so', Reason: 'KMS_KEY_NOT_FOUND' })
    const error = await errorOf(make)
    expect(error.code).toBe('KMS_KEY_NOT_FOUND')
    expect(proofOf(error)).toBe('refused')
  })
})
