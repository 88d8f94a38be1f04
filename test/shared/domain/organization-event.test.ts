import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseOrganizationEvent } from '../../../shared/domain/organization-event.ts'

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/events/${name}.json`, import.meta.url), 'utf8'))
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

  test.each(['group-created', 'user-deleted', 'update-group', 'delete-user'])('is none in %s.json', (fixture) => {
    expect(parseOrganizationEvent(read(fixture))).toBeUndefined()
  })

  test.each([undefined, null, 'text', 7, [], {}, { detail: null }])('is none in %j', (body) => {
    expect(parseOrganizationEvent(body)).toBeUndefined()
  })

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
})
