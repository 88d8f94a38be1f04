import { expect, test } from '@jest/globals'
import { scopeDigest } from '../../../../../shared/domain/files/access-request.ts'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import type { Status } from '../../../../../shared/domain/statuses/status.ts'
import {
  digestOf,
  factsOfDecision,
  ownActs,
  runsUntil,
  sayProgress,
  sayShown,
  stateOf,
} from '../../../../../shared/modules/page/rules/describe-request.ts'
import { partsOf, sayInstant } from '../../../../../shared/modules/page/rules/say.ts'
import type { ToldRequest } from '../../../../../shared/modules/page/rules/told.ts'

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
const labels = (one: ToldRequest, mayExtend = false) =>
  ownActs(one, { mayExtend, nowMs: now }).map(({ label }) => label)

test.each([
  ['waiting', status('waiting'), ['Withdraw'], digest],
  ['granted', status('applied'), ['End now'], digest],
  ['refused', status('rejected'), ['Remove'], digest],
  ['over', status('expired'), ['Remove'], digest],
  ['new', null, ['Withdraw'], undefined],
] as const)('a request that is %s can be changed by its author', (state, now, mine, decided) => {
  expect(stateOf(told(now))).toBe(state)
  expect(labels(told(now))).toEqual(mine)
  expect(digestOf(told(now))).toBe(decided)
})

test('granted access can be extended while its eligibility is there', () => {
  expect(labels(told(status('applied')), true)).toEqual(['Extend', 'End now'])
})

test('an approver reads how many accounts a wide scope has, and the names of the first ones', () => {
  const accounts = Array.from({ length: 30 }, (_, index) => accountId.parse(String(100000000000 + index)))
  const scope = { digest: scopeDigest.parse(digest), count: 31, accounts }
  const text = sayShown(told(status('waiting', { request: { digest, scope } })), { '100000000000': 'ledger' })
  expect(text).toMatch(/^31: ledger, 100000000001, .*, 100000000019, 11 more$/)
  expect(sayShown(told(status('waiting')), {})).toBeUndefined()
})

test('while an extension waits it can be withdrawn by itself, and the access can be ended', () => {
  const request = { digest, approvals: { needed: 2, given: [] }, runsUntil: '2026-03-03T15:00:00.000Z' }
  const one = told(status('waiting', { request }))
  expect(stateOf(one)).toBe('waiting')
  expect(runsUntil(one, now)).toBe('2026-03-03T15:00:00.000Z')
  expect(labels(one)).toEqual(['Withdraw extension', 'End now'])
  expect(labels(told(status('applied', { request })))).toEqual(labels(one))
})

test('once the earlier access has ended, nothing is said of it', () => {
  const one = told(status('rejected', { request: { digest, runsUntil: '2026-03-03T13:00:00.000Z' } }))
  expect(runsUntil(one, now)).toBeUndefined()
  expect(labels(one)).toEqual(['Remove'])
})

test('an edited request cannot be approved before ssofile has looked at it: its digest is of the earlier text', () => {
  const edited = told(status('waiting'), { file: { etag: 'e2', lastModified: '2026-03-03T11:00:00Z' } })
  expect({ state: stateOf(edited), digest: digestOf(edited) }).toEqual({ state: 'new', digest: undefined })
})

test('a deleted request is ending, and nothing more can be done', () => {
  const one = told(status('applied'), { file: null })
  expect({ state: stateOf(one), labels: labels(one) }).toEqual({ state: 'ending', labels: [] })
})

test('the state is told with its approvals, and the name as it stands in the link', () => {
  expect(sayProgress(told(status('waiting')))).toBe('0 of 2 approvals')
  expect(partsOf(told(null).linkData)).toEqual({
    scope: 'account%233000000002',
    account: '233000000002',
    permissionSet: 'Admin-ps',
    user: '100%ana',
  })
})

const about = { risks: [{ label: 'Production', why: 'tagged' }], rows: [], isCut: false, allows: 'all actions of s3' }

test('an approver reads what a decision rests on, and until when an extension runs now and afterwards', () => {
  const runs = '2026-03-03T14:00:00Z'
  const request = { digest, runsUntil: runs } as NonNullable<Status['request']>
  expect(factsOfDecision(told(status('waiting', { request })), about, now)).toEqual([
    ['Risk', 'Production (tagged)'],
    ['Has there now', 'Nothing'],
    ['What it allows', 'all actions of s3'],
    ['For how long', '1 hour 30 minutes'],
    ['Extension', `The access runs until ${sayInstant(runs)} now`],
    ['Runs afterwards until', `${sayInstant('2026-03-03T15:00:00Z')}, if it is granted now`],
  ])
})

test('a decision in ssofile browse says that risk and present access are not known', () => {
  const facts = new Map(factsOfDecision(told(status('waiting')), undefined, now))
  expect([facts.get('Risk'), facts.get('Has there now')].every((text) => text?.startsWith('Not known'))).toBe(true)
})
