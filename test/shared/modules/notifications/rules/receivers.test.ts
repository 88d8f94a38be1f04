import { expect, test } from '@jest/globals'
import { configuration } from '../../../../../shared/domain/deployment/configuration.ts'
import type { Notification } from '../../../../../shared/modules/notifications/rules/notification.ts'
import { isHeardBy } from '../../../../../shared/modules/notifications/rules/receivers.ts'

const { receivers } = configuration.parse({
  notifications: {
    receivers: [
      { name: 'operators', operators: true },
      { name: 'sets', permissionSets: true },
      { name: 'team-a', folders: ['team-a'] },
      { name: 'root', folders: [''] },
      { name: 'maria', uploaders: ['maria'] },
      { name: 'data', owners: ['team-Data'] },
      { name: 'platform', approvers: ['team-Platform'] },
      { name: 'kenji', requesters: ['kenji'] },
      { name: 'owners', requests: true },
    ],
  },
}).notifications

const common = { v: 1, id: '0'.repeat(32), at: '2026-03-03T10:00:00.000Z', bucket: 'ssofile' } as const
const input = (event: string, others: object = {}) =>
  ({ ...common, kind: 'input', event, input: 'links_data/x', ...others }) as Notification
const change = (event: string, others: object = {}) =>
  ({ ...common, kind: 'change', event, subject: 's', ...others }) as Notification
const request = (event: string, others: object = {}) =>
  ({
    ...common,
    kind: 'request',
    event: `request-${event}`,
    request: 'requests/id/x',
    requester: { id: 'id', name: 'kenji' },
    ...others,
  }) as Notification
const hearersOf = (told: Notification) => receivers.filter((one) => isHeardBy(one, told)).map(({ name }) => name)

test.each([
  ['a rejected link in a folder', input('rejected', { folder: 'team-a' }), ['team-a']],
  ['a link that waits, directly under links_data/', input('waiting', { folder: '', by: 'AWS:AROA:maria' }), ['root']],
  ['an applied link of somebody known', input('applied', { folder: 'b', by: 'AWS:AROA:maria' }), ['maria']],
  [
    'a failed link that came by the API',
    input('failed', { by: 'arn:aws:sts::111122223333:assumed-role/team-a/maria' }),
    ['maria'],
  ],
  ['a link of somebody whose name ends so', input('failed', { by: 'AWS:AROA:anna-maria' }), []],
  ['a link that is held', input('held', { folder: 'team-a' }), ['operators', 'team-a']],
  ['a permission set that is blocked', input('blocked', { input: 'permission_sets/a.json' }), ['sets']],
  ['a file that waits, of an owner', input('waiting', { owner: 'team-Data' }), ['data']],
  ['somebody who was put into a group, of its owner', change('membership-added', { owner: 'team-Data' }), ['data']],
  ['access that was granted', change('granted'), []],
  ['access that is held', change('held'), ['operators']],
  ['access that somebody else gave', change('foreign-found'), ['operators']],
  ['access that somebody else took', change('revoked', { by: 'maria by the console' }), ['operators']],
  ['access that ssofile took', change('revoked'), []],
  ['a pause', change('paused'), ['operators']],
  ['a permission set that was created', change('permission-set-created'), ['sets']],
  ['a request that waits for approvals', request('asked', { approvers: ['team-Platform'] }), ['platform', 'owners']],
  ['a request that waits for others', request('asked', { approvers: ['team-B'] }), ['owners']],
  ['an approval of several', request('approved', { by: { id: 'b' } }), ['owners']],
  ['a request that was granted', request('granted'), ['kenji', 'owners']],
  ['a request that was denied', request('denied'), ['kenji', 'owners']],
  ['a request whose requester is only a claim', request('refused', { requester: { id: 'id' } }), ['owners']],
  ['a review that waits for a group', change('review-begun', { reviewers: ['team-Platform', 'x'] }), ['platform']],
  ['a review that is escalated', change('review-escalated', { reviewers: ['x'] }), ['operators']],
  ['a decision in a review', change('review-decision-keep'), []],
  ['somebody who is back', change('person-back'), ['operators']],
  [
    'full access that reaches far',
    {
      ...common,
      kind: 'reach',
      event: 'administrator-reach',
      date: '',
      accounts: 11,
      most: 10,
      permissionSets: [],
    } as Notification,
    ['operators'],
  ],
  ['drift', { ...common, kind: 'drift', event: 'drift-found', missing: 1, foreign: 0 } as Notification, ['operators']],
])('of %s exactly those hear who want to', (_, told, hearers) => {
  expect(hearersOf(told)).toEqual(hearers)
})
