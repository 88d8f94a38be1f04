import { expect, test } from '@jest/globals'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import { describeRequest } from '../../../../shared/page/requests/describe-request.ts'
import type { ToldRequest } from '../../../../shared/page/requests/told-request.ts'

const now = Date.parse('2026-03-03T13:30:00Z')
const digest = '0123456789abcdef0123456789abcdef' as NonNullable<Status['request']>['digest']
const status = (state: Status['state'], more: Partial<Status> = {}): Status => ({
  input: 'i',
  state,
  etag: 'e1',
  reason: 'so it is',
  remedy: 'do that',
  request: { digest, approvals: { needed: 2, given: [] } },
  updatedAt: '2026-03-03T10:00:01Z',
  ...more,
})
const told = (now: Status | null, more: Partial<ToldRequest> = {}): ToldRequest => ({
  key: 'requests/u/k',
  linkData: 'account%233000000002%Admin-ps%100%ana%USER%ssofile',
  file: { etag: 'e1', lastModified: '2026-03-03T10:00:00Z' },
  requestDetails: { duration: 'PT1H30M', reason: 'disk' },
  status: now,
  ...more,
})
const labels = (one: ToldRequest, of: 'mine' | 'waiting') =>
  describeRequest(one, of, now).actions.map(({ label }) => label)

test.each([
  ['waiting', status('waiting'), ['Withdraw'], ['Approve', 'Deny']],
  ['granted', status('applied'), ['End now'], []],
  ['refused', status('rejected'), ['Remove'], []],
  ['over', status('expired'), ['Remove'], []],
  ['new', null, ['Withdraw'], []],
] as const)(
  'a request that is %s can be changed by who asked, and decided only while it waits',
  (state, now, mine, theirs) => {
    expect(describeRequest(told(now), 'mine', Date.parse('2026-03-03T13:30:00Z')).state).toBe(state)
    expect(labels(told(now), 'mine')).toEqual(mine)
    expect(labels(told(now), 'waiting')).toEqual(theirs)
  },
)

test('what was granted before stays in the list while more is asked for, and can be ended', () => {
  const request = { digest, approvals: { needed: 2, given: [] }, runsUntil: '2026-03-03T15:00:00.000Z' }
  const one = told(status('waiting', { request }))
  const { state, facts } = describeRequest(one, 'mine', now)
  expect(state).toBe('waiting')
  expect(Object.fromEntries(facts)['Granted before']).toMatch(/^goes on until /)
  expect(labels(one, 'mine')).toEqual(['Withdraw the extension', 'End now, with the extension'])
  expect(labels(told(status('applied', { request })), 'mine')).toEqual(labels(one, 'mine'))
})

test('once what was granted before has ended, nothing is said of it', () => {
  const request = { digest, runsUntil: '2026-03-03T13:00:00.000Z' }
  const one = told(status('rejected', { request }))
  expect(Object.fromEntries(describeRequest(one, 'mine', now).facts)).not.toHaveProperty('Granted before')
  expect(labels(one, 'mine')).toEqual(['Remove'])
})

test('an edited request cannot be approved before ssofile has looked at it: its digest is of the earlier text', () => {
  const edited = told(status('waiting'), { file: { etag: 'e2', lastModified: '2026-03-03T11:00:00Z' } })
  expect(describeRequest(edited, 'waiting', now)).toMatchObject({ state: 'new', digest: undefined, actions: [] })
})

test('what is deleted is ending, and nothing more can be done', () => {
  expect(describeRequest(told(status('applied'), { file: null }), 'mine', now)).toMatchObject({
    state: 'ending',
    actions: [],
  })
})

test('why it was refused and what to do is told to who asked', () => {
  const { stateText, facts } = describeRequest(told(status('rejected')), 'mine', now)
  expect(stateText).toBe('Refused')
  expect(Object.fromEntries(facts)).toMatchObject({ Why: 'so it is', 'What to do': 'do that' })
})

test('who, where, how long, since when and why are told, with the name as it stands in the link', () => {
  const { title, stateText, facts } = describeRequest(told(status('waiting')), 'mine', now)
  expect({ title, stateText }).toEqual({
    title: 'Admin-ps in account 233000000002',
    stateText: 'Waiting: 0 of 2 approvals',
  })
  expect(Object.fromEntries(facts)).toMatchObject({
    Who: '100%ana',
    'For how long': '1 hour 30 minutes',
    Asked: expect.stringMatching(/, 3 hours ago$/),
    Reason: 'disk',
    Digest: digest,
  })
})
