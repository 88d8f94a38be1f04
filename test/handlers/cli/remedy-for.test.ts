import { expect, test } from '@jest/globals'
import { remedyFor } from '../../../handlers/cli/remedy-for.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'

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
  expect(remedyFor(error, environment)).toContain(words)
})

test('an error whose message says it all gets no remedy', () => {
  expect(remedyFor(new Error('anything else'), local)).toBeUndefined()
  expect(remedyFor(new ServiceError('s3', 'AccessDenied', 'you may not'), local)).toBeUndefined()
})
