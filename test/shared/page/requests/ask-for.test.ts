import { expect, test } from '@jest/globals'
import { askFor } from '../../../../shared/page/requests/ask-for.ts'
import { faultsOf, isBusy } from '../../../../shared/page/requests/faults-of.ts'
import { sayAge, sayDuration, sayScope } from '../../../../shared/page/requests/say.ts'

const typed = {
  where: '233000000002',
  permissionSet: 'Admin-ps',
  hours: '1.5',
  reason: ' disk ',
  ticket: '',
  incident: 'INC-7',
  startsAt: '',
}

test('what was typed becomes a request for oneself; what was left empty is left out', () => {
  expect(askFor(typed, { user: 'ana@acme.example', places: [] })).toEqual({
    ok: true,
    body: {
      action: 'ask',
      linkData: 'account%233000000002%Admin-ps%ana@acme.example%USER%ssofile',
      requestDetails: { duration: 'PT1H30M', reason: 'disk', incident: 'INC-7' },
    },
  })
  expect(
    askFor(
      { ...typed, where: 'ou_id%ou-acme-1', hours: '0,5', startsAt: '2026-03-03T10:00' },
      { user: 'ana', places: [] },
    ),
  ).toMatchObject({
    body: {
      linkData: 'ou_id%ou-acme-1%Admin-ps%ana%USER%ssofile',
      requestDetails: { duration: 'PT30M', startsAt: expect.stringMatching(/^2026-03-0\dT\d\d:00:00\.000Z$/) },
    },
  })
})

test.each([
  ['where', ''],
  ['where', 'prod'],
  ['where', '23300000000'],
  ['permissionSet', ''],
  ['permissionSet', '*-ReadOnly'],
  ['hours', ''],
  ['hours', '-1'],
  ['hours', 'four'],
] as const)('the field %s does not take %p, and says so', (field, value) => {
  expect(askFor({ ...typed, [field]: value }, { user: 'ana', places: [] })).toMatchObject({
    ok: false,
    field,
    message: expect.any(String),
  })
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
  expect([200, 403, 429, 500, 503].filter(isBusy)).toEqual([429, 503])
})
