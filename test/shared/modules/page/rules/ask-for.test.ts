import { expect, test } from '@jest/globals'
import { type AskFields, askFor, findFaults } from '../../../../../shared/modules/page/rules/ask-for.ts'
import { faultsOf, isBusy } from '../../../../../shared/modules/page/rules/faults-of.ts'
import {
  hoursOf,
  sayAge,
  sayDuration,
  sayRest,
  sayScope,
  sayUnits,
} from '../../../../../shared/modules/page/rules/say.ts'

const typed: AskFields = {
  scope: 'account%233000000002',
  permissionSet: 'Admin-ps',
  hours: '1.5',
  reason: ' disk ',
  ticket: '',
  incident: 'INC-7',
  startsAt: '',
}
const eligibility = {
  name: 'on-call',
  permissionSets: ['*'],
  scopes: ['root%all'],
  longest: 'PT8H',
  approvals: 1,
  approvers: { groups: ['approvers'], users: [] },
  needs: ['reason', 'ticket'],
  ticketPattern: 'OPS-##',
  endsSessions: false,
} as const

test('what was typed becomes a request for oneself; what was left empty is left out', () => {
  expect(askFor(typed, 'ana@acme.example', 'ask')).toEqual({
    action: 'ask',
    linkData: 'account%233000000002%Admin-ps%ana@acme.example%USER%ssofile',
    requestDetails: { duration: 'PT1H30M', reason: 'disk', incident: 'INC-7' },
  })
  const byNumber = askFor({ ...typed, scope: ' 233000000002 ' }, 'ana@acme.example', 'ask')
  expect(byNumber).toEqual(askFor(typed, 'ana@acme.example', 'ask'))
  const later = { ...typed, scope: 'ou_id%ou-acme-1', hours: '0,5', startsAt: '2026-03-03T10:00' }
  expect(askFor(later, 'ana', 'extend')).toMatchObject({
    action: 'extend',
    linkData: 'ou_id%ou-acme-1%Admin-ps%ana%USER%ssofile',
    requestDetails: { duration: 'PT30M', startsAt: expect.stringMatching(/^2026-03-0\dT\d\d:00:00\.000Z$/) },
  })
})

test.each([
  ['scope', ''],
  ['scope', 'prod'],
  ['permissionSet', ''],
  ['permissionSet', '*-ReadOnly'],
  ['hours', ''],
  ['hours', '-1'],
  ['hours', 'four'],
  ['hours', '8.5'],
  ['reason', ' ! '],
  ['ticket', ''],
  ['ticket', 'OPS-x'],
  ['startsAt', 'soon'],
] as const)('the field %s does not take %p, and says so', (field, value) => {
  const right = { ...typed, ticket: 'OPS-12' }
  expect(findFaults(right, eligibility)).toEqual({})
  expect(findFaults({ ...right, [field]: value }, eligibility)).toEqual({ [field]: expect.any(String) })
})

test('the form tells all mistakes at once', () => {
  const empty = { ...typed, scope: '', permissionSet: '', reason: '' }
  expect(Object.keys(findFaults(empty, eligibility))).toEqual(['scope', 'permissionSet', 'reason', 'ticket'])
})

test('the rest of a time has two units', () => {
  const minuteMs = 60_000
  expect([0.5, 1, 125, 24 * 60 + 61].map((minutes) => sayRest(minutes * minuteMs, 0))).toEqual([
    'less than a minute',
    '1 minute',
    '2 hours 5 minutes',
    '1 day 1 hour',
  ])
  expect(['PT8H', 'P1DT30M', 'PT90M'].map(hoursOf)).toEqual([8, 24.5, 1.5])
})

test('lengths of time, scopes and ages are told in words', () => {
  expect(['PT4H', 'PT1H30M', 'P1D', 'soon'].map(sayDuration)).toEqual(['4 hours', '1 hour 30 minutes', '1 day', 'soon'])
  expect(
    ['root%all', 'account%1', 'ou_id%ou-1', 'account_tag%env^prod', 'select%db', 'x'].map((one) => sayScope(one)),
  ).toEqual([
    'all accounts',
    'account 1',
    'accounts of ou-1',
    'accounts with the tag env = prod',
    'accounts that the selector db chooses',
    'x',
  ])
  expect([0, 59, 60, 7200, 86_400].map((seconds) => sayAge(0, seconds * 1000))).toEqual([
    'just now',
    'just now',
    '1 minute ago',
    '2 hours ago',
    '1 day ago',
  ])
})

test('what API Gateway itself refuses is told with what to do; busy answers are tried again', () => {
  const errors = [{ received: 'a', expected: 'b', remedy: 'c' }]
  expect(faultsOf(403, { message: 'a', errors })).toBe(errors)
  expect(faultsOf(403, { message: 'Forbidden' })).toEqual([
    { received: 'Forbidden (403)', remedy: expect.stringMatching(/aws sso login/) },
  ])
  const answers = [200, 403, 429, 500, 503]
  expect(answers.filter((status) => isBusy(status, true))).toEqual([429, 500, 503])
  expect(answers.filter((status) => isBusy(status, false))).toEqual([429, 503])
})

test.each(['12345678901', 'account%12345678901', '1234567890123'])(
  'the account %s is told how many digits it has',
  (scope) => {
    const digits = scope.replace(/\D/g, '').length
    expect(findFaults({ ...typed, scope }, undefined).scope).toContain(`An account has 12 digits; this has ${digits}.`)
  },
)

test('under an account stand the last two units of its path', () => {
  expect(['Root', 'Root/Workloads', 'Root/Workloads/Production/Payments'].map(sayUnits)).toEqual([
    'Root',
    'Root/Workloads',
    '…/Production/Payments',
  ])
})
