import * as identityStore from '@aws-sdk/client-identitystore'
import * as sqs from '@aws-sdk/client-sqs'
import * as ssoAdmin from '@aws-sdk/client-sso-admin'
import { describe, expect, test } from '@jest/globals'
import {
  type ErrorProof,
  isPassing,
  isServiceError,
  proofOf,
  ServiceError,
  unlessCode,
} from '../../../shared/ports/service-error.ts'

const errorOf = (code: string, httpStatus?: number) => new ServiceError('sso-admin', code, 'so', { httpStatus })

test.each<[code: string, httpStatus: number | undefined, proof: ErrorProof]>([
  ['ThrottlingException', 400, 'not-now'],
  ['TooManyRequestsException', 400, 'not-now'],
  ['RequestThrottled', 400, 'not-now'],
  ['RequestLimitExceeded', 503, 'not-now'],
  ['SlowDown', 503, 'not-now'],
  ['KMS.ThrottlingException', 400, 'not-now'],
  ['KmsThrottled', 400, 'not-now'],
  ['ThrottlingException', undefined, 'not-now'],
  ['ConditionalRequestConflict', 409, 'not-now'],
  ['CONCURRENT_MODIFICATION', 400, 'not-now'],
  ['AccessDeniedException', 400, 'refused'],
  ['AccessDenied', 403, 'refused'],
  ['ValidationException', 400, 'refused'],
  ['ResourceNotFoundException', 400, 'refused'],
  ['KMS_KEY_NOT_FOUND', 400, 'refused'],
  ['ServiceQuotaExceededException', 400, 'refused'],
  ['ConflictException', 400, 'refused'],
  ['NoSuchBucket', 404, 'refused'],
  ['PreconditionFailed', 412, 'refused'],
  ['DeleteConflict', 409, 'refused'],
  ['AccountNotManagementOrDelegatedAdministrator', 400, 'refused'],
  ['AccessDeniedException', undefined, 'refused'],
  ['AccessDeniedException', 499, 'refused'],
  ['AccessDeniedException', 500, 'unknown'],
  ['ConflictException', 503, 'unknown'],
  ['Unknown', 503, 'unknown'],
  ['ServiceUnavailableException', 503, 'unknown'],
  ['ServiceUnavailable', 503, 'unknown'],
  ['ServiceException', undefined, 'unknown'],
  ['InternalFailure', 500, 'unknown'],
  ['InternalServerException', 500, 'unknown'],
  ['InternalError', undefined, 'unknown'],
  ['NoAnswer', undefined, 'unknown'],
  ['NoAnswer', 502, 'unknown'],
  ['NoAnswer', 200, 'unknown'],
  ['Unknown', 400, 'unknown'],
  ['BrandNewException', 400, 'unknown'],
  ['BrandNewException', undefined, 'unknown'],
])('the code %s with HTTP status %s proves: %s', (code, httpStatus, proof) => {
  expect(proofOf(errorOf(code, httpStatus))).toBe(proof)
  expect(isPassing(errorOf(code, httpStatus))).toBe(proof !== 'refused')
})

test('an error that no service answered does not pass', () => {
  expect(isPassing(new TypeError('a mistake of ours'))).toBe(false)
})

describe.each([
  { service: 'SSO Admin', module: ssoAdmin },
  { service: 'the identity store', module: identityStore },
  { service: 'SQS', module: sqs },
])('the errors that $service declares', ({ module }) => {
  const declared = Object.values(module).flatMap((member: unknown) => declaredError(member) ?? [])

  test('are known where the caller is at fault, and prove nothing where the service is', () => {
    // Of queues and their messages as the console handles them: the port has no such operation.
    const elsewhere = ['InvalidAttributeName', 'InvalidAttributeValue', 'PurgeQueueInProgress', 'QueueDeletedRecently']
    const known = declared.filter(({ name }) => !elsewhere.includes(name) && name !== 'QueueNameExists')
    expect(known.length).toBeGreaterThan(5)
    for (const { name, fault } of known) {
      const proof = proofOf(errorOf(name, fault === 'client' ? 400 : 500))
      expect([name, proof === 'unknown']).toEqual([name, fault === 'server'])
    }
  })
})

/** An error class of the SDK: its constructor takes a message and metadata only. */
function declaredError(member: unknown): { readonly name: string; readonly fault: unknown } | undefined {
  if (typeof member !== 'function' || !(member.prototype instanceof Error)) return undefined
  const error: unknown = Reflect.construct(member, [{ message: '', $metadata: {} }])
  if (!(error instanceof Error) || !('$fault' in error) || error.$fault === undefined) return undefined
  return { name: error.name, fault: error.$fault }
}

test('an error without the code that was asked for stays a ServiceError to the compiler', () => {
  const error: unknown = errorOf('ValidationException')
  if (!isServiceError(error) || isServiceError(error, 'ConflictException')) throw error
  // @ts-expect-error: what is `never` could be given to anything.
  const nothing: string = error
  expect(nothing).toMatchObject({ code: 'ValidationException' })
})

test('an answer is nothing where the service refuses with a named code, and any other error goes on', async () => {
  const gone = new ServiceError('iam', 'NoSuchEntity', 'it is gone')
  expect(await unlessCode(Promise.resolve('there'), 'NoSuchEntity')).toBe('there')
  expect(await unlessCode(Promise.reject(gone), 'AccessDenied', 'NoSuchEntity')).toBeUndefined()
  await expect(unlessCode(Promise.reject(gone), 'AccessDenied')).rejects.toBe(gone)
  const other = new Error('NoSuchEntity')
  await expect(unlessCode(Promise.reject(other), 'NoSuchEntity')).rejects.toBe(other)
})
