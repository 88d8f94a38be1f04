import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseOrganizationEvent } from '../../../../shared/domain/organization/organization-event.ts'

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/events/${name}.json`, import.meta.url), 'utf8'))
const account = { look: 'accounts', accounts: ['444455556666'] }
const unit = { look: 'organizational-units', organizationalUnits: ['ou-acme-wrk10000'] }
const nothing = { look: 'nothing' }
const everything = { look: 'everything' }

describe('an event of the organization', () => {
  test.each([
    ['create-account-result', account],
    ['account-joined-organization', account],
    ['account-joined-organization-invited', account],
    ['account-departed-organization', account],
    ['move-account', account],
    ['remove-account-from-organization', account],
    ['close-account', account],
    ['close-account-result', account],
    ['tag-resource', account],
    ['tag-resource-several-tags', account],
    ['untag-resource', account],
    ['tag-change-on-resource', account],
    ['tag-change-on-resource-several-tags', account],
    ['create-organizational-unit', unit],
    ['delete-organizational-unit', unit],
    ['update-organizational-unit', nothing],
    ['create-account', nothing],
    ['create-account-result-failed', nothing],
    ['move-account-refused', nothing],
    ['tag-change-on-organizational-unit', nothing],
    ['tag-resource-organizational-unit', nothing],
    ['invite-account-to-organization', nothing],
  ])('as in %s.json says where to look again', (fixture, look) => {
    expect(parseOrganizationEvent(read(fixture))).toMatchObject(look)
  })

  test.each(['group-created', 'user-deleted', 'update-group', 'delete-user'])(
    'the fixture %s.json is no event of the organization',
    (fixture) => {
      expect(parseOrganizationEvent(read(fixture))).toBeUndefined()
    },
  )

  test.each([undefined, null, 'text', 7, [], {}, { detail: null }])(
    'the value %j is no event of the organization',
    (body) => {
      expect(parseOrganizationEvent(body)).toBeUndefined()
    },
  )

  test.each([
    ['whose detail-type is another than the known one', { 'detail-type': 'AWS Organizations Account Joined' }, account],
    ['that names its account in another place', { accountJoinedStatus: { account: '444455556666' } }, everything],
  ])('AccountJoinedOrganization %s says where to look all the same', (_, more, look) => {
    const { detail, ...event } = read('account-joined-organization')
    const isDetailType = 'detail-type' in more
    const serviceEventDetails = isDetailType ? detail.serviceEventDetails : more
    const received = { ...event, ...(isDetailType ? more : {}), detail: { ...detail, serviceEventDetails } }
    expect(parseOrganizationEvent(received)).toMatchObject(look)
  })

  test.each(['AcceptHandshake', 'LeaveOrganization', 'EnableAWSServiceAccess'])(
    '%s, which is not known, has everything looked at',
    (eventName) => {
      expect(
        parseOrganizationEvent({ detail: { eventSource: 'organizations.amazonaws.com', eventName } }),
      ).toMatchObject(everything)
    },
  )

  test.each(['CreateAccountResult', 'CloseAccountResult', 'MoveAccount', 'TagResource', 'CreateOrganizationalUnit'])(
    '%s that says nothing of where has everything looked at',
    (eventName) => {
      const detail = { eventSource: 'organizations.amazonaws.com', eventName, requestParameters: null }
      expect(parseOrganizationEvent({ detail })).toMatchObject(everything)
    },
  )

  const call = (detail: object) =>
    parseOrganizationEvent({ detail: { eventSource: 'organizations.amazonaws.com', ...detail } })
  const tagChange = (resources: readonly string[], detail: object = {}) =>
    parseOrganizationEvent({
      source: 'aws.tag',
      resources,
      detail: { service: 'organizations', 'resource-type': 'account', ...detail },
    })

  test.each([
    ['UpdateOrganizationalUnit', {}, 'links name organizational units by their ids, which stay'],
    ['CreateAccount', {}, 'the account does not exist yet; another event follows'],
    ['InviteAccountToOrganization', {}, 'the account does not exist yet; another event follows'],
    ['DescribeAccount', { readOnly: true }, 'the call reads'],
    ['MoveAccount', { errorCode: 'AccessDeniedException' }, 'the call was refused: AccessDeniedException'],
    ['TagResource', { requestParameters: { resourceId: 'p-12345678' } }, 'only tags of accounts are a scope'],
    ['UntagResource', { requestParameters: { resourceId: 'r-abcd' } }, 'only tags of accounts are a scope'],
    [
      'CreateAccountResult',
      { serviceEventDetails: { createAccountStatus: { state: 'FAILED' } } },
      'the account was not created',
    ],
  ])('%s with %j has nothing looked at, and says why', (name, detail, reason) => {
    expect(call({ eventName: name, ...detail })).toEqual({ name, look: 'nothing', reason })
  })

  test.each([
    ['MoveAccount', { readOnly: false, requestParameters: { accountId: '44445555666' } }],
    ['TagResource', { requestParameters: { resourceId: 'x-444455556666' } }],
    ['TagResource', { requestParameters: { resourceId: 'up-to-no-good' } }],
    ['DeleteOrganizationalUnit', { requestParameters: { organizationalUnitId: 'r-abcd' } }],
    ['CreateOrganizationalUnit', { responseElements: { organizationalUnit: { id: 'acme' } } }],
    ['CreateAccountResult', { serviceEventDetails: { createAccountStatus: { state: 'SUCCEEDED' } } }],
  ])('%s with %j has everything looked at, since it cannot be read', (name, detail) => {
    const reason = 'its resource has an unknown form'
    expect(call({ eventName: name, ...detail })).toEqual({ name, look: 'everything', reason })
  })

  test('that is not known is told by its name', () => {
    const reason = 'ssofile does not know the effect of this event'
    expect(call({ eventName: 'LeaveOrganization' })).toEqual({ name: 'LeaveOrganization', look: 'everything', reason })
  })

  test('that tags several accounts has all of them looked at, or everything where one cannot be read', () => {
    const name = 'Tag Change on Resource'
    const arn = (id: string) => `arn:aws:organizations::111111111111:account/o-abcdefghij/${id}`
    const [one, other] = ['444455556666', '777788889999'].map(arn) as [string, string]
    expect(tagChange([one, other])).toEqual({ name, look: 'accounts', accounts: ['444455556666', '777788889999'] })
    expect(tagChange([one, arn('x')])).toMatchObject({ name, look: 'everything' })
    expect(tagChange([])).toMatchObject({ name, look: 'everything' })
    expect(tagChange([one], { 'resource-type': 'policy' })).toEqual({
      name,
      look: 'nothing',
      reason: 'only tags of accounts are a scope',
    })
    expect(tagChange([one], { service: 'ec2' })).toBeUndefined()
  })

  test('of another service is none', () => {
    const detail = { eventSource: 'iam.amazonaws.com', eventName: 'MoveAccount' }
    expect(parseOrganizationEvent({ detail })).toBeUndefined()
  })
})
