import { expect, test } from '@jest/globals'
import { firstFields, scopesOf, setsOf } from '../../../../../shared/modules/page/rules/form-choices.ts'
import type { ToldEligibility, ToldRequest } from '../../../../../shared/modules/page/rules/told.ts'

const eligibility: ToldEligibility = {
  name: 'on-call',
  permissionSets: ['Admin-ps', 'Read*'],
  scopes: ['ou_id%ou-acme-wrk10000', 'account%233000000001'],
  longest: 'PT8H',
  approvals: 1,
  approvers: { groups: ['approvers'], users: [] },
  needs: [],
  endsSessions: false,
}
const choices = {
  choices: [{ name: 'on-call', accounts: ['233000000001', '233000000002'], permissionSets: ['Admin-ps', 'Read-ps'] }],
  abouts: {},
  accounts: {},
  paths: {},
}
const eligibilities = { name: 'ana', eligible: [eligibility], unusable: [] }
const linkData = 'account%233000000001%Read-ps%ana%USER%ssofile'
const granted: ToldRequest = {
  key: 'requests/u/k',
  linkData,
  file: null,
  requestDetails: { duration: 'PT1H', reason: 'disk', ticket: 'OPS-1' },
  status: null,
}
const offered = { eligibilities, choices, mine: [granted] }
const fields = (query: string) => firstFields(offered, new URLSearchParams(query), 'on-call')

test('an address fills the form, and what is only one is chosen already', () => {
  expect(fields('account=233000000002&set=Read-ps')).toMatchObject({
    scope: 'account%233000000002',
    permissionSet: 'Read-ps',
  })
  expect(fields('')).toMatchObject({ scope: '', permissionSet: '' })
  const only = { ...eligibility, name: 'one', permissionSets: ['Admin-ps'], scopes: ['account%233000000001'] }
  const few = { ...offered, eligibilities: { ...eligibilities, eligible: [only] } }
  expect(firstFields(few, new URLSearchParams(), 'one')).toMatchObject({
    scope: 'account%233000000001',
    permissionSet: 'Admin-ps',
  })
})

test('an extension keeps account, permission set and ticket, and asks for its own reason', () => {
  expect(fields(`extend=${encodeURIComponent(linkData)}`)).toMatchObject({
    scope: 'account%233000000001',
    permissionSet: 'Read-ps',
    ticket: 'OPS-1',
    reason: '',
  })
})

test('accounts and permission sets are offered by name, and the patterns of the eligibility where nobody knows them', () => {
  expect(scopesOf(offered, eligibility)).toEqual([
    'account%233000000001',
    'account%233000000002',
    'ou_id%ou-acme-wrk10000',
  ])
  expect(setsOf(offered, eligibility)).toEqual(['Admin-ps', 'Read-ps'])
  const nothing = { choices: { ...choices, choices: [] } }
  expect(scopesOf(nothing, eligibility)).toEqual(eligibility.scopes)
  expect(setsOf(nothing, eligibility)).toEqual(['Admin-ps'])
})
