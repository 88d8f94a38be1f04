import { expect, test } from '@jest/globals'
import { findPlace, placeOfAccount, placeOfScope } from '../../../../shared/page/requests/find-place.ts'

const places = [
  placeOfAccount('233000000002', 'shop-prod'),
  placeOfAccount('233000000003', 'web-prod'),
  placeOfAccount('233000000004', 'twin'),
  placeOfAccount('233000000005', 'Twin'),
  placeOfAccount('233000000006', undefined),
  placeOfScope('ou_id%ou-acme-wrk10000'),
]

test.each([
  ['one of the list', 'shop-prod (233000000002)', 'account%233000000002'],
  ['the whole name of one account', ' Shop-PROD ', 'account%233000000002'],
  ['12 digits', '233000000009', 'account%233000000009'],
  ['an account without a name', '233000000006', 'account%233000000006'],
  ['a scope as the list says it', 'accounts of ou-acme-wrk10000', 'ou_id%ou-acme-wrk10000'],
  ['a scope as links write it', 'account_tag%env^prod', 'account_tag%env^prod'],
])('a place is found by %s', (_, typed, scope) => {
  expect(findPlace(typed, places)).toEqual({ ok: true, scope })
})

test.each([
  ['a name of two accounts', 'twin', 'Choose one: twin (233000000004), Twin (233000000005).'],
  ['part of names', 'prod', 'Choose one: shop-prod (233000000002), web-prod (233000000003).'],
  ['part of one name, which is not asked for by itself', 'shop', 'Choose one: shop-prod (233000000002).'],
  ['nothing', '', 'Write the name or the 12 digits of an account, or choose one of the list.'],
  ['no account', 'none', 'Write the name or the 12 digits of an account, or choose one of the list.'],
])('%s is told apart', (_, typed, message) => {
  expect(findPlace(typed, places)).toEqual({ ok: false, message })
})

test('of many places with a part in common the first five are told', () => {
  const many = Array.from({ length: 7 }, (_, n) => placeOfAccount(`20000000000${n}`, `prod-${n}`))
  expect(findPlace('prod', many)).toMatchObject({ message: expect.stringMatching(/prod-4 \(\d{12}\) and 2 more\.$/) })
})
