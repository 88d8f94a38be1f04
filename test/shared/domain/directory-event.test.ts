import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseDirectoryEvent } from '../../../shared/domain/directory-event.ts'

const fixtures = new URL('../../../fixtures/events/', import.meta.url)
const group = { type: 'GROUP', id: '92307020-41b6-45ce-951e-70dfe8931aa1' }
const user = { type: 'USER', id: '54c8e4f8-90a1-7045-0a6b-2f7b1c9d8e10' }

function read(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'))
}

describe.each(readdirSync(fixtures).map((file) => [file] as const))('fixtures/events/%s', (file) => {
  const isMembership = /member/.test(file)
  const noun = /^(?:console-|scim-)?(?:create-|update-|delete-|patch-|put-)?(group|user)(?:-|\.)/.exec(file)?.[1]

  test('says whose assignments are to be looked at, or is not about the directory', () => {
    const expected = { group, user }[noun ?? '']
    expect(parseDirectoryEvent(read(file))).toEqual(isMembership ? undefined : expected)
  })
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
  expect(parseDirectoryEvent({ ...read(file), ...changed })).toEqual({ type: 'GROUP' })
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
