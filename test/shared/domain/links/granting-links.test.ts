import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Assignment } from '../../../../shared/domain/assignments/assignment.ts'
import { desiredState, toAssignment } from '../../../../shared/domain/assignments/plan.ts'
import { listGrantingLinks, listUnclearLinks } from '../../../../shared/domain/links/granting-links.ts'
import { type Link, parseLinkKey, renderLinkKey } from '../../../../shared/domain/links/link.ts'
import {
  type Account,
  account,
  type OrganizationView,
} from '../../../../shared/domain/organization/organization-view.ts'
import { expandScope } from '../../../../shared/domain/scopes/expand-scope.ts'
import type { Scope } from '../../../../shared/domain/scopes/scope.ts'
import { noSelectors, parseSelectorFile } from '../../../../shared/domain/scopes/selector-file.ts'
import { stride } from '../../../depth.ts'
import { grants, linkParts, organizations, selectorDocuments } from '../arbitraries.ts'

const shop = account.parse({
  id: '444444444444',
  name: 'shop',
  state: 'ACTIVE',
  parents: ['r-abcd', 'ou-abcd-workload', 'ou-abcd-shop'],
  tags: { team: 'Shop', 'cost centre': '', 'a^b': 'c', '50%': 'x', share: '5%', 'e\u0301': 'x' },
})
const auditors = { accountId: shop.id, permissionSet: 'ReadOnly', principal: 'auditors', type: 'GROUP' } as Assignment
const configuration = {
  folders: ['team-a'],
  supportNestedOu: true,
  includeManagementAccount: false,
  includeOwnAccount: false,
  selectors: noSelectors,
  managementAccountId: account.shape.id.parse('111111111111'),
}
const encode = (document: unknown) => new TextEncoder().encode(JSON.stringify(document))
const keysOf = (links: readonly Link[]) => links.map(({ key }) => key)

test('every key that could grant an assignment is listed: folders times scopes', () => {
  const names = [
    'root%all',
    'account%444444444444',
    'ou_id%r-abcd',
    'ou_id%ou-abcd-workload',
    'ou_id%ou-abcd-shop',
    'account_tag%team^Shop',
    'account_tag%cost centre^',
  ]
  expect(keysOf(listGrantingLinks(auditors, shop, configuration))).toEqual(
    names.flatMap((name) => [
      `links_data/${name}%ReadOnly%auditors%GROUP%ssofile`,
      `links_data/team-a/${name}%ReadOnly%auditors%GROUP%ssofile`,
    ]),
  )
})

test('a selector that selects the account adds a key, and one that cannot be used a key of which nobody knows', () => {
  const parsed = (document: unknown) => parseSelectorFile('selectors/x.json', encode(document))
  const selectors = new Map([
    ['mine', parsed({ names: ['sh?p'], except: [{ tags: ['team^Other'] }] })],
    ['others', parsed({ accounts: ['222222222222'] })],
    ['broken', parsed([])],
    ['no name', parsed([])],
  ])
  const membership = { ...configuration, folders: [], selectors }
  const listed = keysOf(listGrantingLinks(auditors, shop, membership)).filter((key) => key.includes('select'))
  expect(listed).toEqual(['links_data/select%mine%ReadOnly%auditors%GROUP%ssofile'])
  expect(keysOf(listUnclearLinks(auditors, shop, membership))).toEqual([
    'links_data/select%broken%ReadOnly%auditors%GROUP%ssofile',
  ])
  expect(listUnclearLinks(auditors, { ...shop, state: 'CLOSED' }, membership)).toEqual([])
})

test('without nested organizational units only the own one counts', () => {
  const keys = keysOf(listGrantingLinks(auditors, shop, { ...configuration, folders: [], supportNestedOu: false }))
  expect(keys.filter((key) => key.includes('ou_id'))).toEqual([
    'links_data/ou_id%ou-abcd-shop%ReadOnly%auditors%GROUP%ssofile',
  ])
})

test('no link grants anything on a suspended account, the management account or another account', () => {
  const none = (other: Partial<Account>, assignment = auditors) =>
    expect(listGrantingLinks(assignment, { ...shop, ...other }, configuration)).toEqual([])
  none({ state: 'SUSPENDED' })
  none({ id: configuration.managementAccountId }, { ...auditors, accountId: configuration.managementAccountId })
  none({ id: account.shape.id.parse('555555555555') })
})

test('a link too long for its folder grants nothing from there', () => {
  const principal = 'g'.repeat(900 - 'links_data/root%all%ReadOnly%%GROUP%ssofile'.length)
  const keys = keysOf(listGrantingLinks({ ...auditors, principal } as Assignment, shop, configuration))
  expect(keys).toEqual([`links_data/root%all%ReadOnly%${principal}%GROUP%ssofile`])
})

test('each link is listed once, is valid and grants the assignment', () => {
  fc.assert(
    fc.property(organizations, grants, fc.boolean(), (view, grant, supportNestedOu) => {
      for (const place of view.accounts) {
        const links = listGrantingLinks(toAssignment(grant, place.id), place, {
          ...configuration,
          supportNestedOu,
          managementAccountId: view.managementAccountId,
        })
        expect(new Set(keysOf(links)).size).toBe(links.length)
        for (const link of links) {
          expect(parseLinkKey(link.key, configuration.folders)).toEqual({ ok: true, value: link })
          expect(link).toMatchObject(grant)
        }
      }
    }),
  )
})

/** Links as the bucket may hold them, biased towards tags that accounts of the organization have. */
const linkIn = (view: OrganizationView) => {
  const tags = view.accounts.flatMap(({ tags }) => Object.entries(tags ?? {}))
  const tagScope = fc
    .constantFrom(...tags, ['team', ''])
    .map(([key, value]): Scope => ({ kind: 'account_tag', key, value }))
  return fc
    .tuple(linkParts(configuration.folders), fc.option(tagScope))
    .map(([parts, scope]) =>
      parseLinkKey(renderLinkKey({ ...parts, ...(scope ? { scope } : {}) }), configuration.folders),
    )
    .filter((link) => link.ok)
    .map((link) => link.value)
}

test('an account is within the scope of a link exactly if the link is listed for its assignment there', () => {
  const cases = organizations.chain((view) =>
    fc.tuple(fc.constant(view), linkIn(view), fc.boolean(), fc.boolean(), selectorDocuments),
  )
  let within = 0
  fc.assert(
    fc.property(cases, ([view, link, supportNestedOu, includeManagementAccount, document]) => {
      const selectors = new Map([['prod', parseSelectorFile('selectors/prod.json', encode(document))]])
      const { managementAccountId } = view
      const membership = {
        supportNestedOu,
        includeManagementAccount,
        includeOwnAccount: false,
        managementAccountId,
        selectors,
      }
      const expanded = expandScope(link, view, membership)
      const desired = desiredState([link], view, membership)
      for (const place of view.accounts) {
        const assignment = toAssignment(link, place.id)
        const listed = listGrantingLinks(assignment, place, { folders: configuration.folders, ...membership })
        expect(keysOf(listed).includes(link.key)).toBe(expanded.includes(place.id))
        expect([...desired.values()].some(({ accounts }) => accounts.has(place.id))).toBe(expanded.includes(place.id))
        if (expanded.includes(place.id)) within += 1
      }
    }),
    { numRuns: Math.ceil(2000 / stride) },
  )
  expect(within).toBeGreaterThan(500 / stride)
})

test('only a user may have temporary access', () => {
  const maria = { ...auditors, type: 'USER' as const }
  const keys = keysOf(listGrantingLinks(maria, shop, { ...configuration, folders: [] }))
  expect(keys).toContain('links_data/temporary/root%all%ReadOnly%auditors%USER%ssofile')
})
