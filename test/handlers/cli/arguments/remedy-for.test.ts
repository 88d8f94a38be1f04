import { expect, test } from '@jest/globals'
import { remedyFor } from '../../../../handlers/cli/arguments/remedy-for.ts'
import { ServiceError, type ServiceName } from '../../../../shared/ports/service-error.ts'

const local = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }

test.each([
  ['a port in use', new Error('listen EADDRINUSE: address already in use 127.0.0.1:4566'), {}, '--port 0'],
  [
    'no server at the endpoint',
    new ServiceError('s3', 'NoAnswer', 's3 did not answer: ECONNREFUSED'),
    local,
    'npm start',
  ],
  [
    'no credentials',
    new ServiceError('s3', 'NoAnswer', 's3 did not answer: Could not load credentials'),
    local,
    'AWS_ACCESS_KEY_ID',
  ],
  [
    'an unknown bucket',
    new ServiceError('s3', 'NoSuchBucket', 'The specified bucket does not exist'),
    { SSOFILE_BUCKET: 'mine' },
    "now: 'mine'",
  ],
])('%s is told with what to do about it', (_, error, environment, words) => {
  expect(remedyFor(error, environment, ['status'])).toContain(words)
})

test.each<[ServiceName, string]>([
  ['s3', 'AWS_ENDPOINT_URL_S3'],
  ['sso-admin', 'AWS_ENDPOINT_URL_SSO_ADMIN'],
  ['service-quotas', 'AWS_ENDPOINT_URL_SERVICE_QUOTAS'],
  ['access-analyzer', 'AWS_ENDPOINT_URL_ACCESSANALYZER'],
  ['events', 'AWS_ENDPOINT_URL_EVENTBRIDGE'],
  ['tagging', 'AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API'],
  ['secretsmanager', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'],
])('%s without an answer names its own endpoint before the common one', (service, variable) => {
  const error = new ServiceError(service, 'NoAnswer', 'did not answer: ECONNREFUSED')
  expect(remedyFor(error, { ...local, [variable]: 'http://127.0.0.1:1' }, [])).toMatch(
    new RegExp(`^${variable} is http://127.0.0.1:1:`),
  )
})

test('an error whose message says it all gets no remedy', () => {
  expect(remedyFor(new Error('anything else'), local, [])).toBeUndefined()
  expect(remedyFor(new ServiceError('s3', 'AccessDenied', 'you may not'), local, [])).toBeUndefined()
})

test('a bucket that was typed is named, and not the one of the environment', () => {
  const error = new ServiceError('s3', 'NoSuchBucket', 'The specified bucket does not exist')
  const told = remedyFor(error, { SSOFILE_BUCKET: 'mine' }, ['plan', 's3://typed'])
  expect(told).toContain("'s3://typed'")
  expect(told).not.toContain('mine')
})
