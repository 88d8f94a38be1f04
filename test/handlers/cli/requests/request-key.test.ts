import { describe, expect, test } from '@jest/globals'
import { parseDuration } from '../../../../handlers/cli/arguments/parse-duration.ts'
import { ownRequest, parseNamedRequest } from '../../../../handlers/cli/requests/request-key.ts'
import { renderDuration } from '../../../../handlers/cli/terminal/render-duration.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'

const userId = principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2')
const kenji = { userId, userName: principalName.parse('kenji.ito@acme.example') }
const key = `requests/${userId}/account%233000000002%Billing-ps%kenji.ito@acme.example%USER%ssofile`

describe('a request is for oneself', () => {
  test.each([
    'account%233000000002%Billing-ps',
    'account%233000000002%Billing-ps%kenji.ito@acme.example%USER%ssofile',
    'links_data/account%233000000002%Billing-ps%kenji.ito@acme.example%USER%ssofile',
    'links_data/temporary/account%233000000002%Billing-ps',
    key,
  ])('%s', (text) => {
    expect(ownRequest(text, kenji).key).toBe(key)
  })

  test.each([
    ['account%233000000002%Billing-ps%lea@acme.example%USER%ssofile', /a link of the user 'lea@acme.example'/],
    ['account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile', /received a group/],
    ['acount%233000000002%Billing-ps', /received scope 'acount'/],
    ['Billing-ps', /received 1 field/],
  ])('%s is refused', (text, why) => {
    expect(() => ownRequest(text, kenji)).toThrow(why)
  })
})

test('a link names oneself without the suffix of the deployment', () => {
  const short = 'account%233000000002%Billing-ps%kenji.ito%USER%ssofile'
  expect(ownRequest(short, kenji).link.principal).toBe('kenji.ito')
  const named = { userId, userName: principalName.parse('kenji.ito') }
  expect(ownRequest('account%233000000002%Billing-ps', named).key).toBe(`requests/${userId}/${short}`)
})

test('a request is named by its digest or its key', () => {
  const digest = '0123456789abcdef0123456789abcdef'
  expect(parseNamedRequest(digest)).toEqual({ digest })
  expect(parseNamedRequest(key)).toMatchObject({ key, userId })
  expect(parseNamedRequest(key.slice('requests/'.length))).toMatchObject({ key })
  expect(() => parseNamedRequest('account%233000000002%Billing-ps')).toThrow('ssofile requests')
})

test.each([
  ['4h', 'PT4H', '4 hours'],
  ['1h30m', 'PT1H30M', '1 hour 30 minutes'],
  ['2d', 'P2D', '2 days'],
  ['1d12h', 'P1DT12H', '1 day 12 hours'],
  ['PT90M', 'PT90M', undefined],
])('%s is %s', (text, iso, told) => {
  expect(parseDuration(text)).toBe(iso)
  if (told !== undefined) {
    const [, days = 0, hours = 0, minutes = 0] = /^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?$/.exec(iso) ?? []
    const ms = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000
    expect(renderDuration(ms)).toBe(told)
  }
})

test.each(['', '4', '4 hours', '0h', '31d', '-1h', 'h'])('%j is no length of time', (text) => {
  expect(() => parseDuration(text)).toThrow('such as 4h')
})
