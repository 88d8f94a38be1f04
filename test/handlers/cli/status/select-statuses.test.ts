import { expect, test } from '@jest/globals'
import { type StatusFilter, selectStatuses } from '../../../../handlers/cli/status/select-statuses.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { OrganizationView } from '../../../../shared/domain/organization/organization-view.ts'
import { noSelectors } from '../../../../shared/domain/scopes/selector-file.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import { matchesGlob } from '../../../../shared/domain/text/glob.ts'

const one = accountId.parse('200000000001')
const managementAccountId = accountId.parse('111111111111')
const account = {
  id: one,
  name: 'one',
  state: 'ACTIVE' as const,
  parents: ['r-tiny', 'ou-tiny-workload'],
  tags: { team: 'Data' },
}
const view: OrganizationView = {
  v: 1,
  managementAccountId,
  readAt: '2026-03-03T10:00:00.000Z',
  revision: 1,
  hasTags: true,
  accounts: [account],
}
const membership = {
  supportNestedOu: true,
  includeManagementAccount: false,
  includeOwnAccount: false,
  managementAccountId,
  selectors: noSelectors,
}
const organization = { view, membership }

const status = (name: string, state: Status['state'] = 'applied'): Status => {
  return {
    input: name.endsWith('.json') ? `permission_sets/${name}` : `links_data/${name}`,
    state,
    updatedAt: view.readAt,
  }
}
const all = [
  status('Read-ps.json'),
  status('root%all%Read-ps%team a%GROUP%ssofile'),
  status('team/ou_id%ou-tiny-workload%Read-ps%team%b%GROUP%ssofile', 'waiting'),
  status('account_tag%team^Data%Read-ps%kim@x.example%USER%ssofile'),
  status('account%200000000001%Read-ps%kim@x.example%USER%ssofile', 'failed'),
  status('account%200000000002%Read-ps%*%GROUP%ssofile'),
]
const numbersOf = (filter: StatusFilter) => selectStatuses(all, filter).map((found) => all.indexOf(found))

test.each<[string, StatusFilter, readonly number[]]>([
  ['without a filter', {}, [0, 1, 2, 3, 4, 5]],
  ['by state', { states: ['waiting', 'failed'] }, [2, 4]],
  ['by folder', { folder: 'team' }, [2]],
  ['by principal', { isPrincipalWanted: matchesGlob('kim@x.example') }, [3, 4]],
  ['by the beginning of a principal, a % in it included', { isPrincipalWanted: matchesGlob('team*') }, [1, 2]],
  ['by account, whatever the scope', { account: one, organization }, [1, 2, 3, 4]],
  ['by account where the organization is not known', { account: one }, [4]],
  ['by key', { isInputWanted: matchesGlob('links_data/account*') }, [3, 4, 5]],
  ['by all together', { account: one, organization, states: ['failed'] }, [4]],
])('inputs are selected %s', (_, filter, numbers) => {
  expect(numbersOf(filter)).toEqual(numbers)
})

test('what is stuck is selected, and what failed otherwise is not', () => {
  const failed = (stuck?: true) => {
    const accounts = {
      desired: 1,
      applied: 0,
      open: 0,
      failed: [{ account: one, reason: 'r', ...(stuck && { stuck }) }],
    }
    return { ...status('root%all%Read-ps%x%GROUP%ssofile', 'failed'), accounts }
  }
  const [stuck, other] = [failed(true), failed()]
  expect(selectStatuses([stuck, other], { states: ['stuck'] })).toEqual([stuck])
  expect(selectStatuses([stuck, other], { states: ['failed'] })).toEqual([stuck, other])
})

test('in a glob only * and ? have a meaning', () => {
  expect(matchesGlob('a.b/[c]*?')('a.b/[c]/x')).toBe(true)
  expect(matchesGlob('a.b')('axb')).toBe(false)
  expect(matchesGlob('a?')('a')).toBe(false)
})

test('requests for temporary access are shown only where a key asks for them', () => {
  const at = '2026-03-03T10:00:00.000Z'
  const denied: Status = { input: 'requests/id/x', state: 'rejected', updatedAt: at }
  const approval: Status = { input: 'approvals/id/x', state: 'rejected', updatedAt: at }
  const link: Status = { input: 'links_data/x', state: 'applied', updatedAt: at }
  expect(selectStatuses([denied, approval, link], {})).toEqual([link])
  expect(selectStatuses([denied, approval, link], { isInputWanted: matchesGlob('requests/*') })).toEqual([denied])
})

test('files about people are shown as links are: a rule that is not valid wants somebody', () => {
  const inputs = [
    'suspended/kim@x',
    'people/kim@x.json',
    'groups/a.json',
    'memberships/a%kim@x%ssofile',
    'rules/a.json',
  ]
  const told = inputs.map((input): Status => ({ input, state: 'rejected', updatedAt: '' }))
  expect(selectStatuses(told, {})).toEqual(told)
  expect(selectStatuses(told, { folder: '' })).toEqual([])
})
