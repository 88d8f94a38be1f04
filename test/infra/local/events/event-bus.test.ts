import { readdirSync, readFileSync } from 'node:fs'
import {
  CreateGroupCommand,
  CreateGroupMembershipCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteUserCommand,
  type IdentitystoreClient,
  UpdateGroupCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-identitystore'
import {
  AcceptHandshakeCommand,
  CloseAccountCommand,
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  DeleteOrganizationalUnitCommand,
  InviteAccountToOrganizationCommand,
  LeaveOrganizationCommand,
  MoveAccountCommand,
  RemoveAccountFromOrganizationCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateOrganizationalUnitCommand,
} from '@aws-sdk/client-organizations'
import {
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  DeletePermissionSetCommand,
  ProvisionPermissionSetCommand,
  type SSOAdminClient,
  TagResourceCommand as TagSetCommand,
  UpdatePermissionSetCommand,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EventBridgeEvent } from '../../../../infra/local/events/event-bridge-event.ts'
import { addJsonServices } from '../../../../infra/local/json-services/json-services.ts'
import { localRoleArn } from '../../../../infra/local/local-account.ts'
import { openLocalModels } from '../../../../infra/local/local-models.ts'
import { buildLocalServer } from '../../../../infra/local/s3-and-sqs.ts'
import { matchEventPattern } from '../../../../infra/match-event-pattern.ts'
import { wantedEvents } from '../../../../infra/wanted-events.ts'
import { SystemClock } from '../../../../shared/aws/system-clock.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { parseDirectoryEvent } from '../../../../shared/domain/principals/directory-event.ts'
import { memoryTables } from '../../../../shared/memory/table.ts'
import { useNames } from '../../../../shared/modules/usage/rules/use.ts'
import { eventually, sdkClients } from '../local-process.ts'

const fixtures = new URL('../../../../fixtures/events/', import.meta.url)
const IdentityStoreId = 'd-9067a1b2c3'

type Models = Awaited<ReturnType<typeof openLocalModels>>
const all: EventBridgeEvent[] = []
let models: Models
let clients: ReturnType<typeof sdkClients>
let stop = async () => {}
let url = ''

/** Everything a person can change, once each; what comes of it by itself is waited for. */
beforeAll(async () => {
  const clock = new SystemClock({ scale: 200 })
  const onEvent = (event: EventBridgeEvent) => all.push(event)
  const common = {
    bucket: 'ssofile',
    openTable: memoryTables,
    clock,
    machineClock: new SystemClock(),
    organizationFile: undefined,
    onEvent,
  }
  models = await openLocalModels({ ...common, latencyMs: 1, latencyP99Ms: 1, onError: () => {} })
  const app = buildLocalServer(models)
  addJsonServices(app, models, { clock, onCall: (call) => models.events.apiCalled(call) })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  clients = sdkClients(url, 'operator')
  const callers = ['operator', 'console', 'scim'].map((accessKeyId) => sdkClients(url, accessKeyId))
  stop = async () => {
    for (const one of [clients, ...callers]) one.destroy()
    await models.stop()
    await app.close()
  }
  await changeOrganization()
  for (const { identityStore } of callers) await changeDirectory(identityStore)
  await changeAccess(clients.ssoAdmin)
  useAccess()
  await eventually(async () => namesOf(all).includes('CloseAccountResult'))
}, 30_000)

function useAccess(): void {
  const account = accountId.parse('233000000002')
  const session = models.sessions.speakFor('priya.raman@acme.example', account)
  if (session === undefined) throw new Error('the user is gone')
  const origin = { sourceIpAddress: '203.0.113.7', userAgent: 'aws-cli/2.27.0', region: 'us-east-1' }
  for (const name of useNames) models.events.used({ name, session, permissionSet: 'Billing-ps', ...origin })
  models.events.watched()
}

afterAll(() => stop())

async function changeOrganization(): Promise<void> {
  const client = clients.organizations
  const account = { Email: 'new@acme.example', AccountName: 'Secret name' }
  await client.send(new CreateAccountCommand(account))
  await eventually(async () => namesOf(all).includes('AccountJoinedOrganization'))
  await client.send(new CreateAccountCommand(account))
  const AccountId = '240000000001'
  const { OrganizationalUnit: unit } = await client.send(
    new CreateOrganizationalUnitCommand({ ParentId: 'r-acme', Name: 'New' }),
  )
  const move = { AccountId, SourceParentId: 'ou-acme-wrk2test', DestinationParentId: unit?.Id ?? '' }
  await client.send(new MoveAccountCommand(move))
  await expect(client.send(new MoveAccountCommand({ ...move, AccountId: '999999999999' }))).rejects.toThrow()
  await client.send(
    new MoveAccountCommand({
      AccountId,
      SourceParentId: move.DestinationParentId,
      DestinationParentId: move.SourceParentId,
    }),
  )
  await client.send(new UpdateOrganizationalUnitCommand({ OrganizationalUnitId: unit?.Id, Name: 'Newer' }))
  await client.send(new DeleteOrganizationalUnitCommand({ OrganizationalUnitId: unit?.Id }))
  await client.send(new TagResourceCommand({ ResourceId: AccountId, Tags: [{ Key: 'team', Value: 'Shop' }] }))
  await client.send(new TagResourceCommand({ ResourceId: 'ou-acme-sec10000', Tags: [{ Key: 'a', Value: 'b' }] }))
  await client.send(new UntagResourceCommand({ ResourceId: AccountId, TagKeys: ['team'] }))
  await client.send(new CloseAccountCommand({ AccountId }))
  await client.send(new RemoveAccountFromOrganizationCommand({ AccountId: '240000000002' }))
  await inviteAccount('900000000001')
}

/** It accepts by itself, and leaves again. */
async function inviteAccount(id: string): Promise<void> {
  const invitation = new InviteAccountToOrganizationCommand({ Target: { Type: 'ACCOUNT', Id: id }, Notes: 'Secret' })
  const { Handshake } = await clients.organizations.send(invitation)
  expect(models.organizations.accountState(accountId.parse(id))).toBeUndefined()
  const member = sdkClients(url, id)
  await member.organizations.send(new AcceptHandshakeCommand({ HandshakeId: Handshake?.Id }))
  expect(models.organizations.accountState(accountId.parse(id))).toBe('ACTIVE')
  await member.organizations.send(new LeaveOrganizationCommand({}))
  member.destroy()
}

async function changeDirectory(client: IdentitystoreClient): Promise<void> {
  const { GroupId } = await client.send(new CreateGroupCommand({ IdentityStoreId, DisplayName: 'Secret group' }))
  const { UserId } = await client.send(
    new CreateUserCommand({ IdentityStoreId, UserName: 'secret.user', DisplayName: 'Secret user' }),
  )
  await client.send(new CreateGroupMembershipCommand({ IdentityStoreId, GroupId, MemberId: { UserId: UserId ?? '' } }))
  const Operations = [{ AttributePath: 'displayName', AttributeValue: 'Secret new name' }]
  await client.send(new UpdateGroupCommand({ IdentityStoreId, GroupId, Operations }))
  const names = ['userName', 'displayName'].map((AttributePath) => ({ AttributePath, AttributeValue: 'secret.name' }))
  await client.send(new UpdateUserCommand({ IdentityStoreId, UserId, Operations: names.slice(0, 1) }))
  await client.send(new UpdateUserCommand({ IdentityStoreId, UserId, Operations: names }))
  await client.send(new DeleteGroupCommand({ IdentityStoreId, GroupId }))
  await client.send(new DeleteUserCommand({ IdentityStoreId, UserId }))
}

async function changeAccess(client: SSOAdminClient): Promise<void> {
  const InstanceArn = models.ssoAdmin.instanceArn
  const { PermissionSet } = await client.send(new CreatePermissionSetCommand({ InstanceArn, Name: 'By-hand' }))
  const PermissionSetArn = PermissionSet?.PermissionSetArn
  const ofSet = { InstanceArn, PermissionSetArn }
  await client.send(new UpdatePermissionSetCommand({ ...ofSet, SessionDuration: 'PT2H' }))
  const Tags = [{ Key: 'team', Value: 'Web' }]
  await client.send(new TagSetCommand({ InstanceArn, ResourceArn: PermissionSetArn, Tags }))
  const PrincipalId = models.identityStore.idOf('GROUP', 'team-Web')
  const whom = { PrincipalType: 'GROUP' as const, PrincipalId, TargetType: 'AWS_ACCOUNT' as const }
  const assignment = { ...ofSet, ...whom, TargetId: '233000000002' }
  await client.send(new CreateAccountAssignmentCommand(assignment))
  await eventually(async () => models.ssoAdmin.assignments().some((one) => one.permissionSetArn === PermissionSetArn))
  await client.send(new DeleteAccountAssignmentCommand(assignment))
  await eventually(async () => !models.ssoAdmin.assignments().some((one) => one.permissionSetArn === PermissionSetArn))
  await client.send(new ProvisionPermissionSetCommand({ ...ofSet, TargetType: 'ALL_PROVISIONED_ACCOUNTS' }))
  await client.send(new DeletePermissionSetCommand(ofSet))
}

/** What is in `events`, as a handler would be given it. */
function delivered(): readonly EventBridgeEvent[] {
  const messages = models.queues.queue('events').messages()
  return messages.map(({ body }) => JSON.parse(body))
}

function namesOf(events: readonly EventBridgeEvent[]): readonly string[] {
  return events.map(({ detail, 'detail-type': type }) => String(detail.eventName ?? type))
}

describe.each(readdirSync(fixtures).map((file) => [file] as const))('fixtures/events/%s', (file) => {
  test('has exactly the members and types of an event that the local system renders', () => {
    const fixture: EventBridgeEvent = JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'))
    const alike = all.filter((event) => kindOf(event) === kindOf(fixture)).map(shapeOf)
    expect(alike.length).toBeGreaterThan(0)
    expect(alike).toContainEqual(shapeOf(fixture))
  })
})

test('every kind of event that the local system renders has a fixture', () => {
  const known = new Set(
    readdirSync(fixtures).map((file) => kindOf(JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')))),
  )
  expect([...new Set(all.map(kindOf))].filter((kind) => !known.has(kind))).toEqual([])
})

test('a created account is told twice, and only to those who look it up by its id', () => {
  const names = namesOf(delivered())
  expect(names.filter((name) => name === 'CreateAccountResult')).toHaveLength(2) // the second failed
  expect(names.filter((name) => name === 'AccountJoinedOrganization')).toHaveLength(2) // and an invited one
  expect(JSON.stringify(all)).not.toMatch(/Secret|new@acme/i)
})

test('a failed call is an event with an errorCode, and never reaches the queue', () => {
  const failed = all.filter(({ detail }) => 'errorCode' in detail)
  expect(namesOf(failed)).toEqual(['MoveAccount'])
  expect(failed[0]?.detail).toMatchObject({ errorCode: 'AccountNotFoundException', responseElements: null })
  expect(delivered().some(({ detail }) => 'errorCode' in detail)).toBe(false)
})

test('the queue gets what may change access', () => {
  const names = new Set(namesOf(delivered()))
  for (const name of ['MoveAccount', 'TagResource', 'Tag Change on Resource', 'CloseAccountResult', 'Group Updated']) {
    expect(names).toContain(name)
  }
  for (const name of ['CreateGroupMembership', 'Group Membership Created']) expect(names).toContain(name)
  expect(names).not.toContain('CreateAccount')
})

test.each([
  ['UpdateGroupDisplayName', { type: 'GROUP' }],
  ['UpdateUserName', { type: 'USER' }],
])('%s, as the console may call a new name, is wanted and understood', (eventName, change) => {
  const detail = { eventSource: 'sso-directory.amazonaws.com', eventName }
  const event = { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.sso-directory', detail }
  expect(wantedEvents(localRoleArn('dispatcher')).some((pattern) => matchEventPattern(pattern, event))).toBe(true)
  expect(parseDirectoryEvent(event)).toEqual(change)
})

test('the access key id is the identity of whoever called', () => {
  const move = all.find(({ detail }) => detail.eventName === 'MoveAccount')
  expect(move?.detail.userIdentity).toMatchObject({ accessKeyId: 'operator', userName: 'operator' })
})

test('calls of the dispatcher by its role are events, and never reach the queue', () => {
  const call = {
    service: 'sso' as const,
    operation: 'DeletePermissionSet',
    input: {},
    caller: { accessKeyId: 'ssofile', sourceIpAddress: '127.0.0.1', userAgent: 'aws-sdk-js/3 app/dispatcher' },
    at: new Date(),
    answer: { output: {} },
  }
  models.events.apiCalled(call)
  models.events.apiCalled({ ...call, caller: { ...call.caller, userAgent: 'aws-sdk-js/3 app/hourly' } })
  const [own, other] = all.slice(-2)
  expect(own?.detail.userIdentity).toMatchObject({
    type: 'AssumedRole',
    sessionContext: { sessionIssuer: { arn: localRoleArn('dispatcher') } },
  })
  const isWanted = (event: EventBridgeEvent | undefined) =>
    event && wantedEvents(localRoleArn('dispatcher')).some((pattern) => matchEventPattern(pattern, event))
  expect([own, other].map(isWanted)).toEqual([false, true])
})

test('the version of a resource goes up with each change of its tags', () => {
  const changes = all.filter(({ source, detail }) => source === 'aws.tag' && detail['resource-type'] === 'account')
  expect(changes.map(({ detail }) => detail.version)).toEqual([1, 2])
  expect(changes.map(({ detail }) => detail['changed-tag-keys'])).toEqual([['team'], ['team']])
})

/** What it is called, and whether it was refused or failed: that changes the shape. */
function kindOf({ 'detail-type': type, detail }: EventBridgeEvent): string {
  const outcome = 'errorCode' in detail || JSON.stringify(detail).includes('"failureReason"') ? ' failed' : ''
  return `${type} ${String(detail.eventSource ?? '')} ${String(detail.eventName ?? '')}${outcome}`
}

/** Members in order of their names, and types instead of values; what tags are called is a value too. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((member) => JSON.stringify(shapeOf(member))))].sort()
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, name === 'tags' && !Array.isArray(member) ? 'tags' : shapeOf(member)]),
  )
}
