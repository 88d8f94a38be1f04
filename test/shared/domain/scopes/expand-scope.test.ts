import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { account, accountStates, organizationView } from '../../../../shared/domain/organization/organization-view.ts'
import { closedBecause, expandScope } from '../../../../shared/domain/scopes/expand-scope.ts'
import type { Scope } from '../../../../shared/domain/scopes/scope.ts'
import { noSelectors } from '../../../../shared/domain/scopes/selector-file.ts'
import { organizations, scopes } from '../arbitraries.ts'

const nested = {
  supportNestedOu: true,
  includeManagementAccount: false,
  includeOwnAccount: false,
  selectors: noSelectors,
}
const flat = {
  supportNestedOu: false,
  includeManagementAccount: false,
  includeOwnAccount: false,
  selectors: noSelectors,
}

/** r-abcd > ou-abcd-workload > ou-abcd-shop; listed in no order. */
const view = organizationView.parse({
  v: 1,
  managementAccountId: '111111111111',
  readAt: '2026-03-03T10:15:30.123Z',
  hasTags: true,
  accounts: [
    {
      id: '444444444444',
      name: 'shop',
      state: 'ACTIVE',
      parents: ['r-abcd', 'ou-abcd-workload', 'ou-abcd-shop'],
      tags: { team: 'Shop' },
    },
    { id: '111111111111', name: 'management', state: 'ACTIVE', parents: ['r-abcd'], tags: { team: 'Platform' } },
    {
      id: '333333333333',
      name: 'workload',
      state: 'ACTIVE',
      parents: ['r-abcd', 'ou-abcd-workload'],
      tags: { team: '' },
    },
    { id: '222222222222', name: 'sandbox', state: 'ACTIVE', parents: ['r-abcd'], tags: {} },
    {
      id: '555555555555',
      name: 'old shop',
      state: 'SUSPENDED',
      parents: ['r-abcd', 'ou-abcd-workload', 'ou-abcd-shop'],
      tags: { team: 'Shop' },
    },
  ],
})
const expand = (scope: Scope, configuration = nested) => expandScope({ scope }, view, configuration)

test('root is every active account but the management account, ascending by id', () => {
  expect(expand({ kind: 'root' })).toEqual(['222222222222', '333333333333', '444444444444'])
})

test('the management account is meant by its id alone, where configured, and never by root, a unit or a tag', () => {
  const configuration = { ...nested, includeManagementAccount: true }
  const management = accountId.parse('111111111111')
  for (const scope of [
    { kind: 'root' },
    { kind: 'ou_id', id: 'r-abcd' },
    { kind: 'account_tag', key: 'team', value: 'Platform' },
  ] as const) {
    expect(expand(scope)).not.toContain(management)
    expect(expand(scope, configuration)).not.toContain(management)
  }
  expect(expand({ kind: 'account', id: management })).toEqual([])
  expect(expand({ kind: 'account', id: management }, configuration)).toEqual([management])
})

describe('an organizational unit', () => {
  test('with nested ones is every account below it', () => {
    expect(expand({ kind: 'ou_id', id: 'ou-abcd-workload' })).toEqual(['333333333333', '444444444444'])
    expect(expand({ kind: 'ou_id', id: 'r-abcd' })).toEqual(expand({ kind: 'root' }))
  })

  test('without nested ones is every account directly in it', () => {
    expect(expand({ kind: 'ou_id', id: 'ou-abcd-workload' }, flat)).toEqual(['333333333333'])
    expect(expand({ kind: 'ou_id', id: 'r-abcd' }, flat)).toEqual(['222222222222'])
  })

  test('that does not exist is no account: the link waits', () => {
    expect(expand({ kind: 'ou_id', id: 'ou-abcd-nowhere0' })).toEqual([])
  })
})

describe('a tag', () => {
  test('a tag covers every account that has exactly this value', () => {
    expect(expand({ kind: 'account_tag', key: 'team', value: 'Shop' })).toEqual(['444444444444'])
    expect(expand({ kind: 'account_tag', key: 'team', value: 'shop' })).toEqual([])
    expect(expand({ kind: 'account_tag', key: 'Team', value: 'Shop' })).toEqual([])
  })

  test('with an empty value is not an absent tag', () => {
    expect(expand({ kind: 'account_tag', key: 'team', value: '' })).toEqual(['333333333333'])
  })

  test('a tag covers no account whose tags were not read', () => {
    const unread = { ...view, accounts: view.accounts.map(({ tags: _, ...rest }) => rest) }
    expect(expandScope({ scope: { kind: 'account_tag', key: 'team', value: 'Shop' } }, unread, nested)).toEqual([])
  })

  test("a tag is not found in what JavaScript's objects inherit", () => {
    for (const key of ['constructor', 'toString', '__proto__']) {
      expect(expand({ kind: 'account_tag', key, value: '' })).toEqual([])
    }
  })
})

test('only an ACTIVE account can be given access', () => {
  const active = accountStates.filter((state) => {
    const sandbox = account.parse({ id: '222222222222', name: 'sandbox', state, parents: ['r-abcd'] })
    return expandScope({ scope: { kind: 'root' } }, { ...view, accounts: [sandbox] }, nested).length > 0
  })
  expect(active).toEqual(['ACTIVE'])
  expect(expand({ kind: 'account', id: accountId.parse('555555555555') })).toEqual([])
})

test('a scope is part of root, sorted, and the same whatever the order of the accounts', () => {
  fc.assert(
    fc.property(
      organizations,
      scopes,
      fc.boolean(),
      fc.boolean(),
      (organization, scope, supportNestedOu, includeManagementAccount) => {
        const configuration = {
          supportNestedOu,
          includeManagementAccount,
          includeOwnAccount: false,
          selectors: noSelectors,
        }
        const accounts = expandScope({ scope }, organization, configuration)
        const all = expandScope({ scope: { kind: 'root' } }, organization, configuration)
        const named = scope.kind === 'account' ? [scope.id] : []
        expect(new Set(accounts).isSubsetOf(new Set([...all, ...named]))).toBe(true)
        expect(accounts).toEqual([...accounts].sort())
        const turned = { ...organization, accounts: organization.accounts.toReversed() }
        expect(expandScope({ scope }, turned, configuration)).toEqual(accounts)
      },
    ),
  )
})

const management = accountId.parse('111111111111')
const own = accountId.parse('222222222222')
const other = accountId.parse('333333333333')
const noFlags = { supportNestedOu: true, includeManagementAccount: false, includeOwnAccount: false }

describe('whoever administers the account in which ssofile runs, owns ssofile, so', () => {
  const everything = ['root', 'account', 'ou_id'] as const
  const scopeOf = (kind: (typeof everything)[number]): Scope => {
    if (kind === 'account') return { kind, id: own }
    return kind === 'root' ? { kind } : { kind, id: 'r-abcd' }
  }
  const reach = (kind: (typeof everything)[number], folder: string | undefined, flags = {}) =>
    expandScope({ scope: scopeOf(kind), folder }, view, { ...nested, ownAccount: own, ...flags })

  test.each(everything)('no %s link reaches it where nothing is configured', (kind) => {
    expect(reach(kind, undefined)).not.toContain(own)
    expect(reach(kind, 'team-a')).not.toContain(own)
  })

  test.each(everything)('with includeOwnAccount %s links outside folders reach it, and others do not', (kind) => {
    expect(reach(kind, undefined, { includeOwnAccount: true })).toContain(own)
    expect(reach(kind, 'team-a', { includeOwnAccount: true })).not.toContain(own)
    expect(reach(kind, 'temporary', { includeOwnAccount: true })).not.toContain(own)
  })

  test.each([
    ['management', 'account', undefined, {}, 'management-account'],
    ['management', 'account', undefined, { includeManagementAccount: true }, undefined],
    ['management', 'account', 'team-a', { includeManagementAccount: true }, 'own-account'],
    [
      'management',
      'root',
      undefined,
      { includeManagementAccount: true, includeOwnAccount: true },
      'management-account',
    ],
    ['member', 'account', 'team-a', { includeManagementAccount: true }, 'own-account'],
    ['member', 'root', undefined, { includeOwnAccount: true }, undefined],
  ] as const)('ssofile in the %s account: an %s link in folder %s with %j is closed by %s', (...row) => {
    const [where, kind, folder, flags, because] = row
    const ownAccount = where === 'management' ? management : own
    const scope: Scope = kind === 'root' ? { kind } : { kind, id: ownAccount }
    const membership = { ...noFlags, ...flags, ownAccount, managementAccountId: management }
    expect(closedBecause({ scope, folder }, ownAccount, membership)).toBe(because)
    expect(closedBecause({ scope: { kind: 'root' }, folder: 'team-a' }, other, membership)).toBeUndefined()
  })
})
