import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { accessCalls, parseAccessCall } from '../../../../shared/domain/by-hand/access-call.ts'
import { renderAuthor } from '../../../../shared/domain/by-hand/author.ts'

const read = (fixture: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/events/${fixture}.json`, import.meta.url), 'utf8'))
const arn = 'arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-65554d74c4914c7a'
const withDetail = (detail: object) => {
  const event = read('delete-account-assignment')
  return { ...event, detail: { ...event.detail, ...detail } }
}

test.each(['create', 'delete'])('the event of %s-account-assignment says which assignment to look at', (verb) => {
  expect(parseAccessCall(read(`${verb}-account-assignment`))?.looks).toEqual([
    {
      at: 'assignment',
      assignment: {
        targetId: '444455556666',
        permissionSetArn: arn,
        principalId: '79e59ec2-0efb-8d44-a4d7-779117226f54',
        principalType: 'GROUP',
      },
    },
  ])
})

test.each(['create', 'update', 'provision', 'delete', 'tag'])(
  'the event of %s-permission-set says which one to look at',
  (verb) => {
    expect(parseAccessCall(read(`${verb}-permission-set`))?.looks).toEqual([{ at: 'permission-set', arn }])
  },
)

test('every call that changes a permission set names it in the place where it is looked for', () => {
  for (const [name, reads] of Object.entries(accessCalls['sso.amazonaws.com'] ?? {})) {
    const answer = { permissionSet: { permissionSetArn: arn } }
    const parameters = { permissionSetArn: arn, resourceArn: arn }
    const found = name.endsWith('AccountAssignment') ? 0 : 1
    expect([name, reads(parameters, answer).length]).toEqual([name, found])
  }
})

describe('an event that says where to look in another form than is known, or of a refused call, has nothing looked at', () => {
  test.each([
    [
      'no account',
      { requestParameters: { ...read('delete-account-assignment').detail.requestParameters, targetId: 'x' } },
    ],
    ['no parameters', { requestParameters: null }],
    ['a refused call', { errorCode: 'ConflictException' }],
    ['a call that nobody knows', { eventName: 'constructor' }],
    [
      'an application with tags',
      { eventName: 'TagResource', requestParameters: { resourceArn: 'arn:aws:sso::1:application/a' } },
    ],
  ])('%s', (_what, detail) => {
    expect(parseAccessCall(withDetail(detail))?.looks).toEqual([])
  })
})

test('a call of account access manager is about the roles of that account, and of an unknown one where it does not say', () => {
  const eventSource = 'account-access.amazonaws.com'
  const groupId = '92307020-41b6-45ce-951e-70dfe8931aa1'
  const give = (identityCenter: object, roleArn = 'arn:aws:iam::200000000001:role/ops/Deploy') => ({
    ...{ eventSource, eventName: 'CreateEntitlement' },
    requestParameters: { entitlement: { principalRole: { principal: { identityCenter }, roleArn } } },
  })
  const looksOf = (detail: object) => parseAccessCall(withDetail(detail))?.looks
  expect(looksOf(give({ groupId }))).toEqual([
    { at: 'roles', account: '200000000001', entitlement: `account%200000000001%role:Deploy%${groupId}%GROUP` },
  ])
  expect(looksOf(give({ userId: groupId }))).toMatchObject([
    { entitlement: `account%200000000001%role:Deploy%${groupId}%USER` },
  ])
  expect(looksOf(give({ groupId }, 'no role'))).toEqual([{ at: 'roles' }])
  expect(looksOf({ eventSource, eventName: 'DeleteEntitlement' })).toEqual([{ at: 'roles' }])
  expect(looksOf({ eventSource, eventName: 'ListEntitlements' })).toEqual([])
})

test('events of other services, and what is no event, are not read', () => {
  expect(parseAccessCall(read('create-group'))).toBeUndefined()
  expect(parseAccessCall('no event')).toBeUndefined()
  expect(parseAccessCall(withDetail({ eventSource: 'toString' }))).toBeUndefined()
})

describe('who called', () => {
  const role = 'AWSReservedSSO_Administrator-ps_0123456789abcdef'
  const session = {
    type: 'AssumedRole',
    arn: `arn:aws:sts::111111111111:assumed-role/${role}/alice@acme.example`,
    sessionContext: {
      sessionIssuer: { arn: `arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/${role}`, userName: role },
    },
  }
  const calledBy = (userIdentity: object, more: object = {}) => parseAccessCall(withDetail({ userIdentity, ...more }))

  test('from a session of Identity Center in the console is the person, with the permission set', () => {
    const call = calledBy(session, { sessionCredentialFromConsole: 'true' })
    expect(call?.author).toEqual({
      name: 'alice@acme.example',
      role,
      by: 'the console',
      address: '203.0.113.7',
      call: 'DeleteAccountAssignment',
      eventId: read('delete-account-assignment').detail.eventID,
      at: '2026-03-03T10:15:30.000Z',
    })
    expect(call?.author && renderAuthor(call.author)).toBe(
      'alice@acme.example (Administrator-ps) in the console at 2026-03-03T10:15:30.000Z from 203.0.113.7',
    )
    expect(call?.callerRole).toBe(session.sessionContext.sessionIssuer.arn)
  })

  test.each([
    ['a user of IAM', { type: 'IAMUser', userName: 'deployer', arn: 'arn:aws:iam::1:user/deployer' }, 'deployer'],
    ['the root user', { type: 'Root', accountId: '111111111111' }, 'root of account 111111111111'],
    ['somebody of Identity Center', { type: 'IdentityCenterUser', onBehalfOf: { userId: 'u-1' } }, 'u-1'],
    ['a service', { type: 'AWSService', invokedBy: 'sso.amazonaws.com' }, 'sso.amazonaws.com'],
  ])('as %s has a name', (_who, identity, name) => {
    expect(calledBy(identity)?.author).toMatchObject({ name })
    expect(calledBy(identity)?.callerRole).toBeUndefined()
  })

  test('is not known where the event does not say it, and the place is looked at all the same', () => {
    for (const identity of [{}, { type: 7 }, { type: 'Unknown' }]) {
      expect(calledBy(identity)?.author).toBeUndefined()
      expect(calledBy(identity)?.looks).toHaveLength(1)
    }
  })

  test('is text of one line and bounded length, whatever they call themselves', () => {
    const hostile = `eve\u202e\n2026 ERROR forged <script>${'x'.repeat(5_000)}`
    const author = calledBy({ type: 'IAMUser', userName: hostile }, { userAgent: hostile })?.author
    expect(author?.name).toMatch(/^eve\\u\{202e\}\\u\{a\}2026 ERROR forged <script>x+…x+$/)
    expect(author && renderAuthor(author).length).toBeLessThan(700)
  })
})
