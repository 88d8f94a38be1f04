import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { desiredState } from '../../../../../shared/domain/assignments/plan.ts'
import {
  type Grant,
  grant,
  type Link,
  linkKeyMostBytes,
  parseLinkKey,
} from '../../../../../shared/domain/links/link.ts'
import { type AccountId, accountId } from '../../../../../shared/domain/organization/account-id.ts'
import {
  type Account,
  type OrganizationView,
  organizationView,
} from '../../../../../shared/domain/organization/organization-view.ts'
import { expandScope } from '../../../../../shared/domain/scopes/expand-scope.ts'
import { noSelectors } from '../../../../../shared/domain/scopes/selector-file.ts'
import { type AccessOfGrant, compactLinks } from '../../../../../shared/modules/take-over/rules/compact-links.ts'
import { runsOf } from '../../../../depth.ts'
import { grants, organizations } from '../../../domain/arbitraries.ts'

const nested = {
  supportNestedOu: true,
  includeManagementAccount: false,
  includeOwnAccount: false,
  selectors: noSelectors,
}
const readers = grant.parse({ permissionSet: 'ReadOnly', principal: 'readers', type: 'GROUP' })
const free = () => false

function account(number: number, parents: readonly string[], tags: Record<string, string> = {}): Account {
  const id = accountId.parse(String(number).padStart(12, '0'))
  return { id, name: `account ${id}`, state: 'ACTIVE', parents: ['r-abcd', ...parents], tags }
}

function viewOf(accounts: readonly Account[]): OrganizationView {
  const readAt = '2026-03-03T10:15:30.123Z'
  return organizationView.parse({ v: 1, managementAccountId: '999999999999', readAt, hasTags: true, accounts })
}

/** Two accounts with the tag team=Data, of which one is in the unit of three. */
const small = viewOf([
  account(1, ['ou-abcd-workload'], { team: 'Data' }),
  account(2, ['ou-abcd-workload']),
  account(3, ['ou-abcd-workload']),
  account(4, [], { team: 'Data' }),
  account(5, []),
  account(999_999_999_999, []),
])

function compact(accounts: readonly number[], more: Partial<Parameters<typeof compactLinks>[1]> = {}) {
  const ids = new Set(accounts.map((number) => account(number, []).id))
  const options = { view: small, configuration: nested, isCompact: true, tagKeys: [], isTaken: free, ...more }
  const { links, obstacles } = compactLinks([{ grant: readers, has: ids, needed: ids }], options)
  return { keys: links.map(({ key }) => key.replace(/^links_data\/(.*)%ReadOnly.*$/, '$1')), obstacles }
}

test('access in every account but the management account becomes one root link', () => {
  expect(compact([1, 2, 3, 4, 5]).keys).toEqual(['root%all'])
})

test('access in every account of a unit becomes a link of that unit, and the rest becomes account links', () => {
  expect(compact([1, 2, 3, 5]).keys).toEqual(['ou_id%ou-abcd-workload', 'account%000000000005'])
})

test('a tag becomes a link only where its key is named', () => {
  expect(compact([1, 4]).keys).toEqual(['account%000000000001', 'account%000000000004'])
  expect(compact([1, 4], { tagKeys: ['team'] }).keys).toEqual(['account_tag%team^Data'])
})

test('a unit of which one account lacks the access is not widened, and the report says which account', () => {
  const { keys, obstacles } = compact([1, 2])
  expect(keys).toEqual(['account%000000000001', 'account%000000000002'])
  expect(obstacles).toEqual([
    {
      grant: readers,
      scope: { kind: 'ou_id', id: 'ou-abcd-workload' },
      accounts: 3,
      lacking: ['000000000003'],
      links: 2,
    },
  ])
})

test('of two wider links for the same accounts one is told', () => {
  const view = viewOf([1, 2, 3].map((number) => account(number, ['ou-abcd-workload'])))
  expect(compact([1, 2], { view }).obstacles.map(({ scope }) => scope.kind)).toEqual(['root'])
})

test('without compacting each account gets its link', () => {
  expect(compact([1, 2, 3, 4, 5], { isCompact: false }).keys).toHaveLength(5)
})

test('a link whose name another file has is not written', () => {
  expect(compact([1, 2, 3], { isTaken: (key) => key.includes('%ou-abcd-workload%') }).keys).toHaveLength(3)
  expect(compact([1], { isTaken: () => true }).keys).toEqual([])
})

test('accounts that a link grants already count for a wider link, and need none', () => {
  const has = new Set(small.accounts.slice(0, 3).map(({ id }) => id))
  const options = { view: small, configuration: nested, isCompact: true, tagKeys: [], isTaken: free }
  const linksFor = (needed: ReadonlySet<AccountId>) => compactLinks([{ grant: readers, has, needed }], options).links
  expect(linksFor(new Set())).toEqual([])
  expect(linksFor(new Set([...has].slice(1))).map(({ scope }) => scope)).toEqual([
    { kind: 'ou_id', id: 'ou-abcd-workload' },
  ])
  expect(linksFor(new Set([...has].slice(2))).map(({ scope }) => scope.kind)).toEqual(['account'])
})

/** Any accounts of any organization have any of a few grants that links can spell. */
const cases = fc
  .record({
    view: organizations,
    supportNestedOu: fc.boolean(),
    selectors: fc.constant(noSelectors),
    includeManagementAccount: fc.boolean(),
    includeOwnAccount: fc.constant(false),
    tagKeys: fc.subarray(['team', 'a^b', 'a', '50%', 'constructor', 'k/l']),
    named: fc.uniqueArray(grants, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
    chosen: fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ view, named, chosen, tagKeys, ...configuration }) => {
    const fits = (one: Grant) => {
      const key = `links_data/account%000000000001%${one.permissionSet}%${one.principal}%${one.type}%ssofile`
      return parseLinkKey(key, []).ok && Buffer.byteLength(key) < linkKeyMostBytes - 300
    }
    const access = named.filter(fits).map((one, index): AccessOfGrant => {
      const ids = view.accounts
        .filter(({ id }) => expandScope({ scope: { kind: 'account', id } }, view, configuration).length > 0)
        .filter((_, place) => chosen[index]?.[place])
        .map(({ id }) => id)
      return { grant: one, has: new Set(ids), needed: new Set(ids) }
    })
    return { view, configuration, tagKeys, access }
  })

function expand(keys: readonly string[], view: OrganizationView, configuration: typeof nested): readonly string[] {
  const links = keys.map((key): Link => {
    const link = parseLinkKey(key, [])
    if (!link.ok) throw new Error(`${key} is not a link`)
    return link.value
  })
  const state = desiredState(links, view, configuration)
  return [...state].flatMap(([name, { accounts }]) => [...accounts].map((id) => `${id} ${name}`)).sort()
}

test('whatever the organization, the links grant exactly the assignments, and none of them is needless', () => {
  fc.assert(
    fc.property(cases, fc.boolean(), ({ view, configuration, tagKeys, access }, isCompact) => {
      const { links } = compactLinks(access, { view, configuration, isCompact, tagKeys, isTaken: free })
      const keys = links.map(({ key }) => key)
      const nameOf = ({ permissionSet, principal, type }: Grant) => `${permissionSet}%${principal}%${type}%ssofile`
      const wanted = access.flatMap(({ grant: one, has }) => [...has].map((id) => `${id} ${nameOf(one)}`)).sort()
      expect(expand(keys, view, configuration)).toEqual(wanted)
      for (const key of keys) {
        const others = keys.filter((other) => other !== key)
        expect(expand(others, view, configuration)).not.toEqual(wanted)
      }
    }),
    { numRuns: runsOf(300) },
  )
})

test('10,000 assignments that came from units and tags over 500 accounts become at most 5 % as many links', () => {
  const units = Array.from({ length: 20 }, (_, index) => `ou-abcd-unit${String(index).padStart(4, '0')}`)
  const accounts = Array.from({ length: 500 }, (_, index) =>
    account(index + 1, [units[index % 20] ?? ''], { stage: ['dev', 'test', 'prod'][index % 3] ?? '' }),
  )
  const view = viewOf(accounts)
  const grantOf = (number: number) => grant.parse({ ...readers, principal: `team-${number}` })
  const has = (isIn: (account: Account) => boolean) => new Set(accounts.filter(isIn).map(({ id }) => id))
  const access = [
    ...Array.from({ length: 10 }, (_, index) => ({ grant: grantOf(index), ids: has(() => true) })),
    ...Array.from({ length: 20 }, (_, index) => ({
      grant: grantOf(100 + index),
      ids: has(({ tags }) => tags?.stage === ['dev', 'test', 'prod'][index % 3]),
    })),
    ...Array.from({ length: 80 }, (_, index) => ({
      grant: grantOf(200 + index),
      ids: has(({ parents }) => parents.includes(units[index % 20] ?? '')),
    })),
  ].map(({ grant: one, ids }) => ({ grant: one, has: ids, needed: ids }))
  const total = access.reduce((sum, { needed }) => sum + needed.size, 0)
  expect(total).toBeGreaterThanOrEqual(10_000)
  const { links } = compactLinks(access, {
    view,
    configuration: nested,
    isCompact: true,
    tagKeys: ['stage'],
    isTaken: free,
  })
  expect(links.length).toBeLessThanOrEqual(total * 0.05)
  expect(
    expand(
      links.map(({ key }) => key),
      view,
      nested,
    ),
  ).toHaveLength(total)
})
