import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import {
  found,
  type IdentityCenterWorld,
  management,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  serve,
  shop,
  smallOrganization,
  suspended,
  type Wire,
  type WorldOptions,
  website,
} from './identity-center-world.ts'

// AWS's refusals as a client sees them on the wire: status code, `__type` and `Message`. (aws-facts: sections 1 to 5.)

type Reply = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> }
type Input = Readonly<Record<string, unknown>>

let world: IdentityCenterWorld
let wire: Wire

beforeEach(() => open())
afterEach(() => wire.close())

async function open(options: WorldOptions = {}, organization: object = smallOrganization): Promise<void> {
  world = openWorld(options, organization)
  wire = await serve(world)
}

async function reopen(options: WorldOptions, organization?: object): Promise<void> {
  await wire.close()
  await open(options, organization)
}

async function post(target: string, body: string): Promise<Reply> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }
  const response = await fetch(`${wire.endpoint}/`, { method: 'POST', headers, body })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

const sso = (operation: string, input: Input = {}) =>
  post(`SWBExternalService.${operation}`, JSON.stringify({ InstanceArn: world.ssoAdmin.instanceArn, ...input }))
const directory = (operation: string, input: Input = {}) =>
  post(
    `AWSIdentityStore.${operation}`,
    JSON.stringify({ IdentityStoreId: world.identityStore.identityStoreId, ...input }),
  )
const organizations = (operation: string, input: Input = {}) =>
  post(`AWSOrganizationsV20161128.${operation}`, JSON.stringify(input))

const arnOf = (name: string) => permissionSetArnIn(world, name)
const group = (name: string) => principalIdIn(world, 'GROUP', name)

function assignment(account: string, set: string, principal: string): Input {
  return {
    TargetId: account,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: arnOf(set),
    PrincipalType: 'GROUP',
    PrincipalId: group(principal),
  }
}

/** The outcome of a creation or deletion. */
async function outcomeOf(kind: 'Creation' | 'Deletion', input: Input): Promise<unknown> {
  const operation = kind === 'Creation' ? 'CreateAccountAssignment' : 'DeleteAccountAssignment'
  const started = await sso(operation, input)
  const { RequestId } = Object(started.body[`AccountAssignment${kind}Status`])
  await world.clock.advance(60_000)
  const described = await sso(`DescribeAccountAssignment${kind}Status`, {
    [`AccountAssignment${kind}RequestId`]: RequestId,
  })
  return described.body[`AccountAssignment${kind}Status`]
}

const manyAccounts = (count: number) => ({
  ...smallOrganization,
  root: {
    ...smallOrganization.root,
    accounts: [
      ...smallOrganization.root.accounts,
      ...Array.from({ length: count }, (_, index) => ({
        id: String(400_000_000_000 + index),
        name: `account-${index}`,
        email: `account-${index}@example.com`,
        tags: {},
      })),
    ],
  },
})

describe('the wire', () => {
  test('an error is HTTP 400 with __type and Message, and has a request id', async () => {
    const reply = await sso('DescribePermissionSet', {
      PermissionSetArn: `${arnOf('ReadOnly-ps').slice(0, -16)}0123456789abcdef`,
    })
    expect(reply.status).toBe(400)
    expect(reply.headers.get('content-type')).toBe('application/x-amz-json-1.1')
    expect(reply.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(reply.body).toEqual({
      __type: 'ResourceNotFoundException',
      Message: 'Could not find PermissionSet with id ps-0123456789abcdef',
    })
  })

  test('instants are epoch seconds', async () => {
    const reply = await sso('DescribePermissionSet', { PermissionSetArn: arnOf('ReadOnly-ps') })
    expect(reply.body).toMatchObject({ PermissionSet: { CreatedDate: Date.parse('2026-03-03T10:00:00Z') / 1000 } })
  })

  test('an operation that the service does not have is unknown', async () => {
    expect((await sso('GrantEverything')).body).toMatchObject({ __type: 'UnknownOperationException' })
    expect((await sso('toString')).body).toMatchObject({ __type: 'UnknownOperationException' })
  })

  test.each([{ body: '{' }, { body: '[]' }, { body: '{"InstanceArn":5}' }])(
    'the body $body cannot be deserialized',
    async ({ body }) => {
      expect(await post('SWBExternalService.ListPermissionSets', body)).toMatchObject({
        status: 400,
        body: { __type: 'SerializationException' },
      })
    },
  )

  test('a service that breaks the connection does not answer at all', async () => {
    world.ssoAdmin.listInstances = async () => {
      throw new ServiceError('sso-admin', 'NoAnswer', 'cut')
    }
    await expect(post('SWBExternalService.ListInstances', '{}')).rejects.toThrow('fetch failed')
  })

  test('an internal error of the service is HTTP 500', async () => {
    world.ssoAdmin.listInstances = async () => {
      throw new ServiceError('sso-admin', 'InternalServerException', 'broken')
    }
    expect((await post('SWBExternalService.ListInstances', '{}')).status).toBe(500)
  })

  test('another instance and another identity store are not found', async () => {
    const InstanceArn = 'arn:aws:sso:::instance/ssoins-0000000000000000'
    expect((await sso('ListPermissionSets', { InstanceArn })).body).toMatchObject({
      __type: 'ResourceNotFoundException',
    })
    expect((await directory('ListGroups', { IdentityStoreId: 'd-0000000000' })).body).toMatchObject({
      __type: 'ResourceNotFoundException',
      ResourceType: 'IDENTITY_STORE',
    })
  })
})

describe('limits of SSO Admin', () => {
  test('twenty calls of any kind pass in a second, the next is throttled', async () => {
    for (let call = 0; call < 10; call++) {
      expect((await sso('ListPermissionSets')).status).toBe(200)
      expect((await sso('ListAccountAssignmentCreationStatus')).status).toBe(200)
    }
    expect(await sso('DescribeInstance')).toMatchObject({
      status: 400,
      body: { __type: 'ThrottlingException', Message: 'Rate exceeded' },
    })
    await world.clock.advance(999)
    expect((await sso('DescribeInstance')).status).toBe(400)
    await world.clock.advance(1)
    expect((await sso('DescribeInstance')).status).toBe(200)
  })

  test('fifteen assignment requests are outstanding at most, creations and deletions together', async () => {
    await reopen({ ssoAdmin: { latencyMs: 60_000 } }, manyAccounts(16))
    for (let index = 0; index < 15; index++) {
      const operation = index % 2 === 0 ? 'CreateAccountAssignment' : 'DeleteAccountAssignment'
      const reply = await sso(operation, assignment(String(400_000_000_000 + index), 'ReadOnly-ps', 'Auditors'))
      expect(reply.status).toBe(200)
      await world.clock.advance(100)
    }
    expect((await sso('CreateAccountAssignment', assignment(website, 'ReadOnly-ps', 'Auditors'))).body).toEqual({
      __type: 'ThrottlingException',
      Message: 'There are too many requests processing. Please try again later.',
    })
    await world.clock.advance(3_600_000)
    expect((await sso('CreateAccountAssignment', assignment(website, 'ReadOnly-ps', 'Auditors'))).status).toBe(200)
  })

  test('one request per account is in progress at most', async () => {
    await sso('CreateAccountAssignment', assignment(website, 'ReadOnly-ps', 'Auditors'))
    expect((await sso('DeleteAccountAssignment', assignment(website, 'Operator-ps', 'Operators'))).body).toEqual({
      __type: 'ConflictException',
      Message: 'There is a conflicting operation in process.',
    })
    expect((await sso('CreateAccountAssignment', assignment(shop, 'ReadOnly-ps', 'Auditors'))).status).toBe(200)
  })

  test('a permission set takes twenty-five policies of both kinds together', async () => {
    const PermissionSetArn = arnOf('ReadOnly-ps')
    const attach = (index: number) =>
      index % 2 === 0
        ? sso('AttachManagedPolicyToPermissionSet', {
            PermissionSetArn,
            ManagedPolicyArn: `arn:aws:iam::aws:policy/Policy${index}`,
          })
        : sso('AttachCustomerManagedPolicyReferenceToPermissionSet', {
            PermissionSetArn,
            CustomerManagedPolicyReference: { Name: `policy-${index}` },
          })
    for (let index = 2; index <= 25; index++) {
      expect((await attach(index)).status).toBe(200)
      await world.clock.advance(500)
    }
    expect((await attach(26)).body).toMatchObject({ __type: 'ServiceQuotaExceededException' })
  })

  test('an inline policy has 10,240 bytes at most, white space not counted', async () => {
    const PermissionSetArn = arnOf('ReadOnly-ps')
    const policyOf = (action: string) =>
      `{ "Statement": { "Effect": "Allow", "Action": "s3:${action}", "Resource": "*" } }`
    const policy = (size: number) => policyOf('x'.repeat(size - policyOf('').replaceAll(' ', '').length))
    expect(
      (await sso('PutInlinePolicyToPermissionSet', { PermissionSetArn, InlinePolicy: policy(10_240) })).status,
    ).toBe(200)
    await world.clock.advance(500)
    expect(
      (await sso('PutInlinePolicyToPermissionSet', { PermissionSetArn, InlinePolicy: policy(10_241) })).body,
    ).toMatchObject({ __type: 'ServiceQuotaExceededException' })
  })

  test('a managed policy that AWS does not have is not found, also as a boundary', async () => {
    const PermissionSetArn = arnOf('ReadOnly-ps')
    const ManagedPolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAcess'
    const refused = { __type: 'ResourceNotFoundException', Message: expect.stringContaining(ManagedPolicyArn) }
    expect(
      (await sso('AttachManagedPolicyToPermissionSet', { PermissionSetArn, ManagedPolicyArn })).body,
    ).toMatchObject(refused)
    await world.clock.advance(500)
    const PermissionsBoundary = { ManagedPolicyArn }
    expect(
      (await sso('PutPermissionsBoundaryToPermissionSet', { PermissionSetArn, PermissionsBoundary })).body,
    ).toMatchObject(refused)
  })

  test('an inline policy with an effect in other letters is invalid', async () => {
    const InlinePolicy = '{ "Statement": [{ "Effect": "allow", "Action": "*", "Resource": "*" }] }'
    expect(
      (await sso('PutInlinePolicyToPermissionSet', { PermissionSetArn: arnOf('ReadOnly-ps'), InlinePolicy })).body,
    ).toMatchObject({ __type: 'ValidationException' })
  })

  test('a hundred groups have a permission set in an account at most', async () => {
    const accountIdOfWebsite = accountId.parse(website)
    for (let index = 0; index < 100; index++) {
      const groupId = await createGroup(`group ${index}`)
      await world.clock.advance(100)
      world.ssoAdmin.addAssignment({
        accountId: accountIdOfWebsite,
        permissionSetArn: arnOf('ReadOnly-ps'),
        principalId: groupId,
        principalType: 'GROUP',
      })
    }
    expect((await sso('CreateAccountAssignment', assignment(website, 'ReadOnly-ps', 'Auditors'))).body).toMatchObject({
      __type: 'ServiceQuotaExceededException',
    })
    expect((await sso('CreateAccountAssignment', assignment(website, 'ReadOnly-ps', 'group 7'))).status).toBe(200)
  })

  async function createGroup(name: string) {
    return world.identityStore.createGroup({ displayName: name })
  }
})

describe('what requests fail with', () => {
  test('deleting an assignment that is missing', async () => {
    expect(await outcomeOf('Deletion', assignment(website, 'ReadOnly-ps', 'Auditors'))).toMatchObject({
      Status: 'FAILED',
      FailureReason: expect.stringContaining("404 status error: EntitlementItem doesn't exist"),
    })
  })

  test('creating for a group that is gone', async () => {
    const input = assignment(website, 'ReadOnly-ps', 'Auditors')
    await world.identityStore.deleteGroup(group('Auditors'))
    expect(await outcomeOf('Creation', input)).toMatchObject({
      Status: 'FAILED',
      FailureReason: `Received a 404 status error: the GROUP assignee ${input.PrincipalId} was not found in directory d-9067a1b2c3.`,
    })
  })

  test('creating where a customer managed policy is missing', async () => {
    world.ssoAdmin.removeCustomerManagedPolicy(accountId.parse(website), 'operators-base')
    expect(await outcomeOf('Creation', assignment(website, 'Operator-ps', 'Operators'))).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'Received a 404 status error: Not supported policy operators-base.',
    })
    expect(await outcomeOf('Creation', assignment(shop, 'Operator-ps', 'Operators'))).toMatchObject({
      Status: 'SUCCEEDED',
    })
  })

  test.each(['Creation', 'Deletion'] as const)('a %s in a suspended account', async (kind) => {
    expect(await outcomeOf(kind, assignment(suspended, 'ReadOnly-ps', 'Auditors'))).toMatchObject({
      Status: 'FAILED',
      FailureReason: expect.stringContaining(`Obtaining permissions to manage your AWS account '${suspended}'`),
    })
  })

  test('creating an assignment that exists succeeds', async () => {
    await outcomeOf('Creation', assignment(website, 'ReadOnly-ps', 'Auditors'))
    expect(await outcomeOf('Creation', assignment(website, 'ReadOnly-ps', 'Auditors'))).toMatchObject({
      Status: 'SUCCEEDED',
    })
  })

  test('provisioning where the permission set is not', async () => {
    const input = { PermissionSetArn: arnOf('ReadOnly-ps'), TargetType: 'AWS_ACCOUNT', TargetId: website }
    const { body } = await sso('ProvisionPermissionSet', input)
    await world.clock.advance(60_000)
    const { RequestId } = Object(body.PermissionSetProvisioningStatus)
    const described = await sso('DescribePermissionSetProvisioningStatus', {
      ProvisionPermissionSetRequestId: RequestId,
    })
    expect(described.body.PermissionSetProvisioningStatus).toMatchObject({
      Status: 'FAILED',
      AccountId: website,
      FailureReason: expect.stringContaining(`Permission set provision not found in AWS account ${website}`),
    })
  })

  test('a listed request does not tell the reason', async () => {
    await outcomeOf('Deletion', assignment(website, 'ReadOnly-ps', 'Auditors'))
    const { body } = await sso('ListAccountAssignmentDeletionStatus', { Filter: { Status: 'FAILED' } })
    const [row] = Array.from(Object(body.AccountAssignmentsDeletionStatus))
    expect(Object.keys(Object(row)).sort()).toEqual(['CreatedDate', 'RequestId', 'Status'])
  })
})

describe('a delegated administrator', () => {
  beforeEach(() => reopen({ ssoAdmin: { caller: 'delegated-administrator' } }))

  test('a delegated administrator may not assign in the management account', async () => {
    expect(
      (await sso('CreateAccountAssignment', assignment(management, 'ReadOnly-ps', 'Auditors'))).body,
    ).toMatchObject({
      __type: 'AccessDeniedException',
      Message: expect.stringContaining(`arn:aws:sso:::account/${management}`),
    })
  })

  test('a delegated administrator may not assign a permission set anywhere that is in the management account', async () => {
    world.ssoAdmin.addAssignment({
      accountId: accountId.parse(management),
      permissionSetArn: arnOf('ReadOnly-ps'),
      principalId: group('Auditors'),
      principalType: 'GROUP',
    })
    expect((await sso('CreateAccountAssignment', assignment(website, 'ReadOnly-ps', 'Auditors'))).body).toMatchObject({
      __type: 'AccessDeniedException',
      Message: expect.stringContaining(arnOf('ReadOnly-ps')),
    })
    expect((await sso('DescribePermissionSet', { PermissionSetArn: arnOf('ReadOnly-ps') })).status).toBe(200)
    expect((await sso('CreateAccountAssignment', assignment(website, 'Operator-ps', 'Auditors'))).status).toBe(200)
  })
})

test('an instance of the account itself is listed before that of the organization, and has no permission sets', async () => {
  const own = '333333333333'
  await reopen({ ssoAdmin: { accountInstanceOf: accountId.parse(own) } })
  const { body } = await sso('ListInstances', { InstanceArn: undefined })
  const owners = Array.from(Object(body.Instances)).map((one) => Object(one).OwnerAccountId)
  expect(owners).toEqual([own, management])
  const { InstanceArn } = Object(Array.from(Object(body.Instances))[0])
  expect((await sso('DescribeInstance', { InstanceArn })).body).toMatchObject({ OwnerAccountId: own })
  expect((await sso('ListPermissionSets', { InstanceArn })).body).toMatchObject({ __type: 'ResourceNotFoundException' })
})

describe('validation', () => {
  test('every broken constraint is told, as AWS words it', async () => {
    expect((await sso('ListPermissionSets', { InstanceArn: undefined, MaxResults: 101 })).body).toEqual({
      __type: 'ValidationException',
      Message:
        "2 validation errors detected: Value null at 'instanceArn' failed to satisfy constraint: Member must not be null; " +
        "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    })
  })

  test.each([
    { what: 'a dash outside Latin-1', input: { Description: 'reads – everything' } },
    { what: 'an empty description', input: { Description: '' } },
    { what: 'a description of 701 characters', input: { Description: 'x'.repeat(701) } },
    { what: 'a name of 33 characters', input: { Name: 'x'.repeat(33) } },
    { what: 'a name with a space', input: { Name: 'Read Only' } },
    { what: 'a session of 13 hours', input: { SessionDuration: 'PT13H' } },
    { what: 'a session of 59 minutes', input: { SessionDuration: 'PT59M' } },
    { what: 'a relay state with a space and an umlaut', input: { RelayState: 'https://example.com/ü' } },
  ])('CreatePermissionSet refuses $what', async ({ input }) => {
    expect((await sso('CreatePermissionSet', { Name: 'New-ps', ...input })).body).toMatchObject({
      __type: 'ValidationException',
      Message: expect.stringMatching(/^1 validation error detected: Value '.*' at '/s),
    })
  })

  test.each([
    { what: 'a target type other than an account', input: { TargetType: 'OU' } },
    { what: 'an account id of eleven digits', input: { TargetId: '22222222222' } },
    { what: 'a principal by name', input: { PrincipalId: 'Auditors' } },
    { what: 'a principal type in small letters', input: { PrincipalType: 'group' } },
  ])('CreateAccountAssignment refuses $what', async ({ input }) => {
    const reply = await sso('CreateAccountAssignment', { ...assignment(website, 'ReadOnly-ps', 'Auditors'), ...input })
    expect(reply.body).toMatchObject({ __type: 'ValidationException' })
  })

  test('a page token that AWS did not give out is invalid', async () => {
    expect((await sso('ListPermissionSets', { NextToken: 'abcd' })).body).toMatchObject({
      __type: 'ValidationException',
    })
    expect((await directory('ListGroups', { NextToken: 'abcd' })).body).toMatchObject({ __type: 'ValidationException' })
    expect((await organizations('ListAccounts', { NextToken: 'abcd' })).body).toMatchObject({
      __type: 'InvalidInputException',
      Reason: 'INVALID_NEXT_TOKEN',
    })
  })

  test('Organizations names a broken constraint InvalidInputException', async () => {
    expect((await organizations('ListAccounts', { MaxResults: 21 })).body).toMatchObject({
      __type: 'InvalidInputException',
      Message: expect.stringContaining('less than or equal to 20'),
    })
  })

  test('a missing permissions boundary is not found, a missing inline policy is an empty text', async () => {
    const PermissionSetArn = arnOf('ReadOnly-ps')
    expect((await sso('GetPermissionsBoundaryForPermissionSet', { PermissionSetArn })).body).toMatchObject({
      __type: 'ResourceNotFoundException',
    })
    expect((await sso('GetInlinePolicyForPermissionSet', { PermissionSetArn })).body).toEqual({ InlinePolicy: '' })
  })
})

describe('pages', () => {
  test('SSO Admin gives as many rows as are asked for, each once', async () => {
    const first = await sso('ListPermissionSets', { MaxResults: 1 })
    expect(first.body.PermissionSets).toHaveLength(1)
    const second = await sso('ListPermissionSets', { MaxResults: 1, NextToken: first.body.NextToken })
    expect([first.body.PermissionSets, second.body.PermissionSets].flat().sort()).toEqual(
      [arnOf('ReadOnly-ps'), arnOf('Operator-ps')].sort(),
    )
    expect(second.body.NextToken).toBeUndefined()
  })

  test('Organizations gives twenty accounts a page', async () => {
    await reopen({}, manyAccounts(30))
    const { body } = await organizations('ListAccounts')
    expect(body.Accounts).toHaveLength(20)
    expect((await organizations('ListAccounts', { NextToken: body.NextToken })).body.Accounts).toHaveLength(14)
  })
})

describe('Identity Store', () => {
  test('each API has twenty calls a second of its own, and says when to come back', async () => {
    for (let call = 0; call < 20; call++) expect((await directory('ListGroups')).status).toBe(200)
    expect(await directory('ListGroups')).toMatchObject({
      status: 400,
      body: { __type: 'ThrottlingException', RetryAfterSeconds: 1 },
    })
    expect((await directory('ListUsers')).status).toBe(200)
  })

  test('a group that is not there is named by its kind', async () => {
    const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: 'Nobody' }
    expect((await directory('GetGroupId', { AlternateIdentifier: { UniqueAttribute } })).body).toMatchObject({
      __type: 'ResourceNotFoundException',
      ResourceType: 'GROUP',
    })
  })

  test('a second group of a name and a user name that differs only in case are conflicts', async () => {
    expect((await directory('CreateGroup', { DisplayName: 'Auditors' })).body).toMatchObject({
      __type: 'ConflictException',
      Reason: 'UNIQUENESS_CONSTRAINT_VIOLATION',
    })
    expect((await directory('CreateGroup', { DisplayName: 'auditors' })).status).toBe(200)
    expect((await directory('CreateUser', { UserName: 'ANA@example.com' })).body).toMatchObject({
      __type: 'ConflictException',
    })
  })

  test('a group that was made again under its name has another id, and the old assignments stay under the dead one', async () => {
    const before = group('Auditors')
    await outcomeOf('Creation', assignment(website, 'ReadOnly-ps', 'Auditors'))
    await directory('DeleteGroup', { GroupId: before })
    const { GroupId } = (await directory('CreateGroup', { DisplayName: 'Auditors' })).body
    expect(GroupId).not.toBe(before)
    const { body } = await sso('ListAccountAssignments', { AccountId: website, PermissionSetArn: arnOf('ReadOnly-ps') })
    expect(body.AccountAssignments).toMatchObject([{ PrincipalId: before }])
  })
})

describe('Organizations', () => {
  test.each([
    { operation: 'DescribeOrganization', input: {}, burst: 2 },
    { operation: 'ListRoots', input: {}, burst: 2 },
    { operation: 'ListAccounts', input: {}, burst: 12 },
    { operation: 'ListParents', input: { ChildId: website }, burst: 8 },
    { operation: 'ListTagsForResource', input: { ResourceId: website }, burst: 15 },
    { operation: 'DescribeAccount', input: { AccountId: website }, burst: 30 },
  ])('$operation passes $burst times at once', async ({ operation, input, burst }) => {
    for (let call = 0; call < burst; call++) expect((await organizations(operation, input)).status).toBe(200)
    expect((await organizations(operation, input)).body).toMatchObject({ __type: 'TooManyRequestsException' })
    await world.clock.advance(1000)
    expect((await organizations(operation, input)).status).toBe(200)
  })

  test('an account has State and Paths and no Status', async () => {
    const { body } = await organizations('DescribeAccount', { AccountId: shop })
    expect(body.Account).toMatchObject({
      Id: shop,
      State: 'ACTIVE',
      Paths: [`${world.organizations.organizationId}/r-test/ou-test-workload/ou-test-shopshop/${shop}/`],
    })
    expect(body.Account).not.toHaveProperty('Status')
  })

  test('an organizational unit that is not empty is not deleted', async () => {
    expect(
      (await organizations('DeleteOrganizationalUnit', { OrganizationalUnitId: 'ou-test-shopshop' })).body,
    ).toMatchObject({
      __type: 'OrganizationalUnitNotEmptyException',
    })
    expect((await organizations('DeleteOrganizationalUnit', { OrganizationalUnitId: 'ou-test-emptyone' })).status).toBe(
      200,
    )
  })

  test('the management account can be neither closed nor removed', async () => {
    expect((await organizations('CloseAccount', { AccountId: management })).body).toMatchObject({
      __type: 'ConstraintViolationException',
      Reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT',
    })
    expect((await organizations('RemoveAccountFromOrganization', { AccountId: management })).body).toMatchObject({
      __type: 'MasterCannotLeaveOrganizationException',
    })
  })

  test('organizational units are five deep at most', async () => {
    let parent = 'r-test'
    for (let depth = 1; depth <= 5; depth++) {
      const { body } = await organizations('CreateOrganizationalUnit', { ParentId: parent, Name: `level ${depth}` })
      parent = String(found(Object(body.OrganizationalUnit).Id, 'the new organizational unit'))
    }
    expect((await organizations('CreateOrganizationalUnit', { ParentId: parent, Name: 'level 6' })).body).toMatchObject(
      {
        __type: 'ConstraintViolationException',
        Reason: 'OU_DEPTH_LIMIT_EXCEEDED',
      },
    )
  })

  test('an account that is made comes into the root after a while', async () => {
    const { body } = await organizations('CreateAccount', { Email: 'new@example.com', AccountName: 'new' })
    expect(body.CreateAccountStatus).toMatchObject({ State: 'IN_PROGRESS' })
    const { Id } = Object(body.CreateAccountStatus)
    await world.clock.advance(1000)
    const described = await organizations('DescribeCreateAccountStatus', { CreateAccountRequestId: Id })
    const { State, AccountId } = Object(described.body.CreateAccountStatus)
    expect(State).toBe('SUCCEEDED')
    expect((await organizations('ListParents', { ChildId: AccountId })).body.Parents).toEqual([
      { Id: 'r-test', Type: 'ROOT' },
    ])
  })
})
