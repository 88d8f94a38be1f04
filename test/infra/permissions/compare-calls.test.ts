import { describe, expect, test } from '@jest/globals'
import { parseRecordedCall } from '../../end-to-end/recorded-call.ts'
import { compareCalls, type RecordedCall, type Right } from './compare-calls.ts'

const bucket = 'arn:aws:s3:::bucket'
const rights: readonly Right[] = [
  { name: 'links', action: 's3:GetObject', resource: `${bucket}/links_data/*` },
  { name: 'links', action: 's3:PutObject', resource: `${bucket}/state/drift.json` },
  { name: 'links', action: 'organizations:ListAccounts', resource: '' },
  { name: 'router', action: 'kms:Decrypt', resource: '' },
]
const resourceOf = ({ key }: RecordedCall) => (key === undefined ? undefined : `${bucket}/${key}`)
const compare = (...calls: readonly RecordedCall[]) =>
  compareCalls(calls, rights, [{ right: / kms:/, of: 'the key', reason: 'S3 uses it' }], resourceOf)

describe('what was called, compared with what is granted,', () => {
  test('is the same where each right was used, or has its reason', () => {
    const calls = [
      { name: 'links', action: 's3:GetObject', key: 'links_data/' },
      { name: 'links', action: 's3:PutObject', key: 'state/drift.json' },
      { name: 'links', action: 'organizations:ListAccounts' },
    ]
    expect(compare(...calls)).toEqual({ notGranted: [], notCalled: [] })
  })

  test('is less where a right was not used', () => {
    expect(compare().notCalled).toEqual([
      `links: s3:GetObject ${bucket}/links_data/*`,
      `links: s3:PutObject ${bucket}/state/drift.json`,
      'links: organizations:ListAccounts ',
    ])
  })

  test.each([
    { what: 'another function', call: { name: 'router', action: 's3:GetObject', key: 'links_data/' } },
    { what: 'another action', call: { name: 'links', action: 's3:DeleteObject', key: 'links_data/' } },
    { what: 'another prefix', call: { name: 'links', action: 's3:GetObject', key: 'status/' } },
    {
      what: 'a key that only begins alike',
      call: { name: 'links', action: 's3:PutObject', key: 'state/drift.json.old' },
    },
    { what: 'another service', call: { name: 'links', action: 'sso:ListInstances' } },
  ])('is more where $what is called', ({ call }) => {
    expect(compare(call).notGranted).toHaveLength(1)
  })
})

describe('a request to the local system is recorded', () => {
  const userAgent = 'aws-sdk-js/3.1169.0 os/linux lang/js app/minute-links-PT-NO-OP-2'
  const request = (method: string, url: string, target?: string, body = '') =>
    parseRecordedCall({ method, url, headers: { 'user-agent': userAgent, 'x-amz-target': target }, body })

  test.each([
    ['GET', '/ssofile/state/expiry/2026-01-01?x-id=GetObject', 's3:GetObject', 'state/expiry/'],
    ['HEAD', '/ssofile/links_data/a/root%25all', 's3:GetObject', 'links_data/'],
    ['PUT', '/ssofile/control/brake.json', 's3:PutObject', 'control/brake.json'],
    ['DELETE', '/ssofile/state/drift.json', 's3:DeleteObject', 'state/drift.json'],
    ['PUT', '/ssofile/attention/failed/links_data/a', 's3:PutObject', 'attention/'],
    ['PUT', '/ssofile/attention/failed/break-glass/a/mfa/zoe', 's3:PutObject', 'attention/failed/break-glass/'],
    ['PUT', '/ssofile/reports/permissions.csv', 's3:PutObject', 'reports/permissions.csv'],
    ['PUT', '/ssofile/reports/permissions/A.csv', 's3:PutObject', 'reports/permissions/'],
    ['GET', '/ssofile/?list-type=2&prefix=state%2F', 's3:ListBucket', ''],
  ])('as the right that it needs, with its kind of key: %s %s', (method, url, action, key) => {
    expect(request(method, url)).toEqual({ name: 'minute-links', action, key })
  })

  test('with the queue that the body names, also of a batch', () => {
    const body = JSON.stringify({ QueueUrl: 'http://127.0.0.1:1/000000000000/ssofile-links.fifo', Entries: [] })
    expect(request('POST', '/', 'AmazonSQS.SendMessageBatch', body)).toEqual({
      name: 'minute-links',
      action: 'sqs:SendMessage',
      queue: 'ssofile-links.fifo',
    })
  })

  test('with the service as IAM names it', () => {
    expect(request('POST', '/', 'SWBExternalService.ListInstances')?.action).toBe('sso:ListInstances')
    expect(request('POST', '/policy/validation?nextToken=a')?.action).toBe('access-analyzer:ValidatePolicy')
    expect(request('POST', '/', 'AWSIdentityStore.GetGroupId')?.action).toBe('identitystore:GetGroupId')
  })

  test('as the role of operators where a command of ssofile made it', () => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=ssofile-operator/20260303/us-east-1/s3/aws4_request, …'
    const put = (agent: string) =>
      parseRecordedCall({
        method: 'PUT',
        url: '/b/foreign/x',
        headers: { 'user-agent': agent, authorization },
        body: '',
      })
    expect(put('aws-sdk-js/3.1169.0 os/linux')).toEqual({
      name: 'operator',
      action: 's3:PutObject',
      key: 'foreign/',
    })
    expect(put('aws-cli/2.0')).toBe(undefined)
  })

  test('not where the auditor’s role, which a function has assumed, reads rules and a bus', () => {
    expect(request('POST', '/', 'AWSEvents.ListRules')).toBe(undefined)
    expect(request('POST', '/', 'AWSEvents.DescribeEventBus')).toBe(undefined)
    expect(request('POST', '/', 'AWSEvents.PutEvents')?.action).toBe('events:PutEvents')
  })

  test('only where a function made it', () => {
    expect(parseRecordedCall({ method: 'GET', url: '/', headers: { 'user-agent': 'aws-cli/2.0' }, body: '' })).toBe(
      undefined,
    )
  })
})
