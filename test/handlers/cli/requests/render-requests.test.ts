import { expect, test } from '@jest/globals'
import {
  renderOpenRequests,
  renderOpenRequestsAsCsv,
  renderStories,
  renderStoriesAsCsv,
} from '../../../../handlers/cli/requests/requests.ts'
import { renderStatus } from '../../../../handlers/cli/status/render-status.ts'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import type { RequestStory } from '../../../../shared/modules/requests/rules/request-story.ts'

const user = principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2')
const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
const ten = '2026-03-03T10:00:00.000Z'
const key = `requests/${user}/account%233000000002%Billing-ps%kenji%USER%ssofile`
const waiting: Status = {
  input: key,
  state: 'waiting',
  reason: 'it waits for approvals',
  lastModified: ten,
  updatedAt: ten,
  request: {
    digest,
    eligibility: 'billing',
    approvals: { needed: 2, given: [{ user, name: 'lea', at: ten }] },
    lapsesAt: '2026-03-04T10:00:00.000Z',
  },
}

/** By title; of a CSV without commas and quotes in its cells. */
function firstRowOf(csv: string): Readonly<Record<string, string | undefined>> {
  const [titles = [], cells = []] = csv.split('\r\n').map((line) => line.slice(1, -1).split('","'))
  return Object.fromEntries(titles.map((title, nth) => [title, cells[nth]]))
}

test('a request that waits says since when, for how many approvals, until when, and its whole digest', () => {
  const line = renderOpenRequests([waiting], new Date('2026-03-03T11:00:00Z'), undefined).split('\n')[1]
  expect(line?.split(/ {2,}/)).toEqual([
    'waiting',
    '60 minutes ago',
    'kenji',
    'Billing-ps',
    'account%233000000002',
    'lapses 2026-03-04 10:00Z',
    '1 of 2',
    digest,
  ])
  const turned = key.replace('kenji', 'kenji\u202e')
  const rejected = renderOpenRequests([{ ...waiting, input: turned }], new Date(ten), undefined)
  expect(rejected).toContain(turned.replace('\u202e', '\\u{202e}'))
  expect(renderOpenRequests([], new Date(ten), undefined)).toBe('no requests\n')
})

test('what was granted before is told with its end while more is asked for', () => {
  const request = { digest, runsUntil: '2026-03-03T12:00:00.000Z', lapsesAt: '2026-03-04T10:00:00.000Z' }
  const extended: Status = { ...waiting, request }
  const line = renderOpenRequests([extended], new Date('2026-03-03T11:00:00Z'), undefined).split('\n')[1]
  expect(line?.split(/ {2,}/)).toContain('2026-03-03 12:00Z')
  expect(firstRowOf(renderOpenRequestsAsCsv([extended]))).toMatchObject({ 'runs until': request.runsUntil })
})

test.each(['waiting', 'applied', 'rejected', 'expired'] as const)(
  'the CSV has requester and outcome of a request that is %s, though nobody has judged it',
  (state) => {
    const told = firstRowOf(renderOpenRequestsAsCsv([{ input: key, state, updatedAt: ten }]))
    expect(told).toMatchObject({ requester: 'kenji', outcome: state })
  },
)

test('the CSV of what history says has requester and outcome, though the name of the requester is not known', () => {
  const story: RequestStory = { key, digest, user, outcome: 'lapsed', events: [{ event: 'asked', at: ten }] }
  expect(firstRowOf(renderStoriesAsCsv([story]))).toMatchObject({ requester: user, outcome: 'lapsed' })
})

test('the status of a request says who approved it, by which eligibility, and that it is not granted yet', () => {
  const text = renderStatus(waiting)
  expect(text).toContain('state     waiting (not granted yet)')
  expect(text).toContain("eligible  by 'billing'")
  expect(text).toContain(`approvals 1 of 2, lea at ${ten}`)
  expect(text).toContain(`digest    ${digest}`)
})

test('a request of the past has a line, and everything as CSV, where no name is a formula', () => {
  const story: RequestStory = {
    key,
    digest,
    user,
    permissionSet: 'Billing-ps',
    scope: 'account%233000000002',
    reason: '=1+1',
    incident: 'INC-7',
    outcome: 'denied',
    events: [
      { event: 'asked', at: ten },
      { event: 'denied', at: ten, by: { user, name: 'lea', at: ten }, comment: 'not now' },
    ],
  }
  expect(renderStories([story], undefined).split('\n')[1]).toMatch(/^denied +2026-03-03 10:00Z +92307020.* lea +INC-7$/)
  const [, csv = ''] = renderStoriesAsCsv([story]).split('\r\n')
  expect(csv).toContain("'=1+1")
  expect(csv).toContain('not now')
})
