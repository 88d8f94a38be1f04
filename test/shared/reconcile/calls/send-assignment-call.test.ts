import { expect, test } from '@jest/globals'
import { exempt } from '../../../../shared/domain/brake/admission.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { NotStartedError } from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import { type AssignmentCall, sendAssignmentCall } from '../../../../shared/reconcile/calls/send-assignment-call.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const target: AssignmentTarget = {
  accountId: accountId.parse('233000000002'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  principalId: principalId.parse('11111111-2222-3333-4444-555555555555'),
  principalType: 'GROUP',
}
const { signal: ending } = new AbortController()

/** What is answered to a creation, and what was asked for. */
function send(answer: () => unknown, call: AssignmentCall = { kind: 'creation' }) {
  const asked: (readonly unknown[])[] = []
  const { ssoAdmin } = intercept(new World().ports, async ({ operation, args }) => {
    asked.push([operation, ...args])
    return answer()
  })
  return { asked, sent: sendAssignmentCall(call, target, { ssoAdmin, ending }) }
}

const failing = (error: unknown) =>
  send(() => {
    throw error
  }).sent

test.each([
  ['creation', 'createAccountAssignment', { kind: 'creation' }],
  ['deletion', 'deleteAccountAssignment', { kind: 'deletion', admission: exempt('temporary access has ended') }],
] as const)(
  'a %s is sent once, until the slice ends, and answered with the id of its request',
  async (_, operation, call) => {
    const { asked, sent } = send(() => ({ requestId: 'request-1', state: 'IN_PROGRESS' }), call)
    expect(await sent).toEqual({ is: 'accepted', requestId: 'request-1' })
    expect(asked).toEqual([[operation, target, { signal: ending }]])
  },
)

const conflict = new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')
const full = new ServiceError('sso-admin', 'ServiceQuotaExceededException', 'no more groups')
test.each<[string, Error, object]>([
  ['that never left took no effect', new NotStartedError(), { is: 'not-now', reason: new NotStartedError().message }],
  [
    'that meets another operation took no effect, and passes',
    conflict,
    { is: 'not-now', reason: `ConflictException: ${conflict.message}` },
  ],
  [
    'that is throttled took no effect, and passes',
    new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded'),
    { is: 'not-now', reason: 'ThrottlingException: Rate exceeded' },
  ],
  [
    'that is refused took no effect, and tells the error',
    full,
    { is: 'refused', reason: 'ServiceQuotaExceededException: no more groups', error: full },
  ],
  [
    'without an answer may have taken effect',
    noAnswer('CreateAccountAssignment'),
    { is: 'unknown', reason: 'NoAnswer: CreateAccountAssignment was not answered' },
  ],
  [
    'with an error that nobody knows may have taken effect',
    new ServiceError('sso-admin', 'SomethingNewException', 'what'),
    { is: 'unknown', reason: 'SomethingNewException: what' },
  ],
])('a call %s', async (_, error, answer) => {
  expect(await failing(error)).toEqual(answer)
})

test('what is no answer of the service is thrown', async () => {
  await expect(failing(new TypeError('a defect'))).rejects.toThrow('a defect')
})
