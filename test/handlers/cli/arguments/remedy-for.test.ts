import { expect, test } from '@jest/globals'
import { remedyFor } from '../../../../handlers/cli/arguments/remedy-for.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'

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

test('the endpoint that is named is that of the service which did not answer, where it has its own', () => {
  const error = new ServiceError('sso-admin', 'NoAnswer', 'sso-admin did not answer: ECONNREFUSED')
  const environment = { ...local, AWS_ENDPOINT_URL_SSO_ADMIN: 'http://127.0.0.1:1' }
  expect(remedyFor(error, environment, [])).toMatch(/^AWS_ENDPOINT_URL_SSO_ADMIN is http:\/\/127\.0\.0\.1:1:/)
})
