import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parseDirectoryEvent, usersWhoMoved } from '../../../../shared/domain/principals/directory-event.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'

const fixtures = new URL('../../../../fixtures/events/', import.meta.url)
const group = { type: 'GROUP', id: '92307020-41b6-45ce-951e-70dfe8931aa1' }
const user = { type: 'USER', id: '54c8e4f8-90a1-7045-0a6b-2f7b1c9d8e10' }

function read(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'))
}

const groupEvents = [
  'group-created.json',
  'group-updated.json',
  'group-deleted.json',
  ...['create', 'update', 'delete'].flatMap((verb) => [`${verb}-group.json`, `console-${verb}-group.json`]),
  ...['create', 'patch', 'delete'].map((verb) => `scim-${verb}-group.json`),
]
const userEvents = [
  'user-created.json',
  'user-updated.json',
  'user-deleted.json',
  ...['create', 'update', 'delete'].flatMap((verb) => [`${verb}-user.json`, `console-${verb}-user.json`]),
  ...['create', 'patch', 'put', 'delete'].map((verb) => `scim-${verb}-user.json`),
]
const membershipEvents = [
  'group-membership-created.json',
  'create-group-membership.json',
  'console-add-member-to-group.json',
]
const otherEvents = readdirSync(fixtures).filter(
  (file) => ![...groupEvents, ...userEvents, ...membershipEvents].includes(file),
)

test.each(groupEvents)('the event fixtures/events/%s is about its group', (file) => {
  const mayMoveUsers = /^scim-(create|patch)/.test(file) ? { mayMoveUsers: true } : {}
  expect(parseDirectoryEvent(read(file))).toEqual({ ...group, ...mayMoveUsers })
})

test.each(userEvents)('the event fixtures/events/%s is about its user', (file) => {
  expect(parseDirectoryEvent(read(file))).toEqual(user)
})

test.each(membershipEvents)('the event fixtures/events/%s is about its membership', (file) => {
  expect(parseDirectoryEvent(read(file))).toMatchObject({
    ...{ type: 'MEMBERSHIP', isCreation: true },
    ...{ group: '92307020-41b6-45ce-951e-70dfe8931aa1', user: '54c8e4f8-90a1-7045-0a6b-2f7b1c9d8e10' },
  })
})

test('an event of a membership has its id, and who called, as far as it says', () => {
  const id = '04d8a458-6001-70f0-8a5e-3f4c2b1d0e9a'
  expect(parseDirectoryEvent(read('create-group-membership.json'))).toMatchObject({
    membershipId: id,
    author: { name: 'operator', call: 'CreateGroupMembership' },
  })
  const deleted = api('DeleteGroupMembership', { requestParameters: { membershipId: id } })
  expect(parseDirectoryEvent(deleted)).toMatchObject({ membershipId: id, isCreation: false, group: undefined })
})

test('events of members name the users who moved; all may have moved if one that adds somebody, or one of SCIM, names nobody', () => {
  const named = { type: 'MEMBERSHIP', isCreation: true, user: principalId.parse(user.id) } as const
  const changed = { type: 'GROUP' } as const
  expect(usersWhoMoved([])).toEqual(new Set())
  expect(usersWhoMoved([changed, { type: 'USER' }, named, named])).toEqual(new Set([user.id]))
  expect(usersWhoMoved([named, { type: 'MEMBERSHIP', isCreation: true }])).toBe('all')
  expect(usersWhoMoved([named, { type: 'MEMBERSHIP', isCreation: false }])).toEqual(new Set([user.id]))
  expect(usersWhoMoved([named, { ...changed, mayMoveUsers: true }])).toBe('all')
})

test.each(['memberId', 'member-id', 'member'])('the user of an event of members may be called %s', (name) => {
  const event = api('RemoveMemberFromGroup', { requestParameters: { groupId: group.id, [name]: user.id } })
  expect(parseDirectoryEvent(event)).toMatchObject({ group: group.id, user: user.id })
})

test.each(otherEvents)('the event fixtures/events/%s names no group or user to look at', (file) => {
  expect(parseDirectoryEvent(read(file))).toBeUndefined()
})

test.each([
  ['a native notification', 'group-updated.json', { resources: [], detail: { 'event-version': '2.0' } }],
  ['a native notification without detail', 'group-updated.json', { resources: undefined, detail: undefined }],
  [
    'a call',
    'update-group.json',
    { detail: { eventSource: 'identitystore.amazonaws.com', eventName: 'UpdateGroup', requestParameters: null } },
  ],
  [
    'a call with something else where its id was',
    'update-group.json',
    {
      detail: {
        eventSource: 'identitystore-scim.amazonaws.com',
        eventName: 'PatchGroup',
        requestParameters: { id: 'HIDDEN_DUE_TO_SECURITY_REASONS', tenantId: ['?'] },
      },
    },
  ],
])('%s in which no id can be found is about all groups', (_, file, changed) => {
  expect(parseDirectoryEvent({ ...read(file), ...changed })).toMatchObject({ type: 'GROUP', id: undefined })
})

test('the id of a user in the event of a group is not taken for its own', () => {
  const detail = {
    eventSource: 'identitystore.amazonaws.com',
    eventName: 'UpdateGroup',
    requestParameters: { userId: user.id },
    responseElements: { group: { groupId: group.id } },
  }
  expect(parseDirectoryEvent({ ...read('update-group.json'), detail })).toEqual(group)
})

test.each([undefined, null, 7, 'text', {}, { detail: {} }, { 'detail-type': 'Group Updated', source: 'made.up' }])(
  '%j is not about the directory',
  (event) => {
    expect(parseDirectoryEvent(event)).toBeUndefined()
  },
)

const api = (eventName: string, detail: object = {}, eventSource = 'identitystore.amazonaws.com') => ({
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.identitystore',
  detail: { eventSource, eventName, ...detail },
})

test.each(['Create', 'Update', 'Put', 'Patch', 'Delete'])('%s of a user or a group is about them', (verb) => {
  for (const source of ['identitystore', 'sso-directory', 'identitystore-scim']) {
    const request = { requestParameters: { id: user.id } }
    expect(parseDirectoryEvent(api(`${verb}User`, request, `${source}.amazonaws.com`))).toEqual(user)
    const ofGroup = parseDirectoryEvent(api(`${verb}Group`, {}, `${source}.amazonaws.com`))
    const isOfScim = source === 'identitystore-scim' && ['Create', 'Put', 'Patch'].includes(verb)
    expect(ofGroup).toEqual({ type: 'GROUP', ...(isOfScim ? { mayMoveUsers: true } : {}) })
  }
})

test.each([
  ['a call that reads', api('DescribeUser')],
  ['a call that only ends like one that changes', api('TryToDeleteUser')],
  ['a call of another service', api('DeleteUser', {}, 'iam.amazonaws.com')],
  ['a call without a name', api('DeleteUser', { eventName: 7 })],
  ['a notification of something else', { 'detail-type': 'Group Policy Created', source: 'aws.identitystore' }],
  ['a notification of members by another source', { 'detail-type': 'Group Membership Created', source: 'made.up' }],
  ['a call that only begins like one of members', api('CreateGroupMembershipLater')],
  ['a notification that only begins like one', { 'detail-type': 'User Created Twice', source: 'aws.identitystore' }],
  ['a notification that only ends like one', { 'detail-type': 'A User Created', source: 'aws.identitystore' }],
])('%s is not about users or groups', (_, event) => {
  expect(parseDirectoryEvent(event)).toBeUndefined()
})

test.each(['CreateGroupMembership', 'DeleteGroupMembership', 'AddMemberToGroup', 'RemoveMemberFromGroup'])(
  '%s is about memberships',
  (name) => {
    for (const source of ['identitystore', 'sso-directory', 'identitystore-scim'])
      expect(parseDirectoryEvent(api(name, {}, `${source}.amazonaws.com`))).toMatchObject({ type: 'MEMBERSHIP' })
  },
)

test.each(['Enable', 'Disable'])('%s of a user, as the console does it, is about that user', (verb) => {
  const request = { requestParameters: { userId: user.id } }
  expect(parseDirectoryEvent(api(`${verb}User`, request, 'sso-directory.amazonaws.com'))).toEqual(user)
})

test('an id is found in the request before the answer, up to three levels deep, and by each of its names', () => {
  const other = '54c8e4f8-90a1-7045-0a6b-000000000000'
  const idIn = (detail: object) => {
    const change = parseDirectoryEvent(api('UpdateUser', detail))
    return change?.type === 'MEMBERSHIP' ? change : change?.id
  }
  expect(idIn({ requestParameters: { userId: user.id }, responseElements: { userId: other } })).toBe(user.id)
  expect(idIn({ responseElements: { userId: other } })).toBe(other)
  for (const name of ['userId', 'UserId', 'user-id', 'id'])
    expect(idIn({ requestParameters: { [name]: other } })).toBe(other)
  expect(idIn({ requestParameters: { id: other, userId: user.id } })).toBe(user.id)
  expect(idIn({ requestParameters: { a: null, b: { c: { userId: user.id } } } })).toBe(user.id)
  expect(idIn({ requestParameters: { a: { b: { c: { userId: user.id } } } } })).toBeUndefined()
  expect(idIn({ requestParameters: { groupId: group.id } })).toBeUndefined()
  expect(parseDirectoryEvent(api('UpdateGroup', { requestParameters: { 'group-id': group.id } }))).toEqual(group)
})

test('a notification without an id in it is about the one that its resource names', () => {
  const event = { 'detail-type': 'User Deleted', source: 'aws.identitystore' }
  const arn = (id: string) => `arn:aws:identitystore:::user/${id}`
  expect(parseDirectoryEvent({ ...event, resources: [arn('x'), arn(user.id)] })).toEqual(user)
  expect(parseDirectoryEvent({ ...event, resources: [arn('x')] })).toEqual({ type: 'USER' })
  expect(parseDirectoryEvent({ ...event, resources: [`${arn('x')}/y/${user.id}`] })).toEqual(user)
  const detail = { 'user-id': user.id }
  expect(parseDirectoryEvent({ ...event, detail, resources: [arn(group.id)] })).toEqual(user)
})
