import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Account } from '../../../../shared/domain/organization/organization-view.ts'
import { expandScope, expandScopeAtMost, isUnclear } from '../../../../shared/domain/scopes/expand-scope.ts'
import { parseSelectorFile } from '../../../../shared/domain/scopes/selector-file.ts'
import { selectorName } from '../../../../shared/domain/scopes/selector-name.ts'
import { organizations, ouIds, rootId, type SaidOfSelector, selectorDocuments } from '../arbitraries.ts'

const name = selectorName.parse('drawn')
const parse = (document: unknown) =>
  parseSelectorFile(`selectors/${name}.json`, new TextEncoder().encode(JSON.stringify(document)))

/** What a document means, written as plainly as can be; shares no code with the product. */
function means(said: SaidOfSelector, account: Account, parents: readonly string[]): boolean {
  const { organizationalUnits, accounts, names, tags, allOf, anyOf, except } = said
  const each = (list: readonly SaidOfSelector[]) => list.map((one) => means(one, account, parents))
  const globToRegex = (glob: string) =>
    new RegExp(
      `^${glob
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
      'su',
    )
  return (
    (!organizationalUnits || parents.some((id) => organizationalUnits.includes(id))) &&
    (!accounts || accounts.includes(account.id)) &&
    (!names || names.some((glob) => globToRegex(glob).test(account.name))) &&
    (!tags || Object.entries(account.tags ?? {}).some(([key, value]) => tags.includes(`${key}^${value}`))) &&
    (!allOf || each(allOf).every(Boolean)) &&
    (!anyOf || each(anyOf).some(Boolean)) &&
    (!except || !each(except).some(Boolean))
  )
}

test('a selector selects what a plain filter would, of the active member accounts', () => {
  let [selected, left] = [0, 0]
  fc.assert(
    fc.property(organizations, selectorDocuments, fc.boolean(), fc.boolean(), (view, document, nested, management) => {
      const selector = parse(document)
      expect(selector.ok).toBe(true)
      const scoping = {
        supportNestedOu: nested,
        includeManagementAccount: management,
        includeOwnAccount: false,
        selectors: new Map([[name as string, selector]]),
      }
      const expected = view.accounts
        .filter(({ state, id }) => state === 'ACTIVE' && id !== view.managementAccountId)
        .filter((one) => means(document, one, nested ? one.parents : one.parents.slice(-1)))
        .map(({ id }) => id)
        .sort()
      expect(expandScope({ scope: { kind: 'select', name } }, view, scoping)).toEqual(expected)
      selected += expected.length
      left += view.accounts.length - expected.length
    }),
    { numRuns: 500 },
  )
  expect(selected).toBeGreaterThan(100)
  expect(left).toBeGreaterThan(100)
})

test('without tags a selector says yes or no only where it says so whatever the tags are', () => {
  const someTags = fc.dictionary(fc.constantFrom('team', 'a^b', 'a'), fc.constantFrom('', 'x', 'b^c'))
  let unclear = 0
  fc.assert(
    fc.property(organizations, selectorDocuments, fc.array(someTags, { maxLength: 5 }), (view, document, drawn) => {
      const scoping = {
        ...{
          supportNestedOu: true,
          includeManagementAccount: false,
          includeOwnAccount: false,
          managementAccountId: view.managementAccountId,
        },
        selectors: new Map([[name as string, parse(document)]]),
      }
      const scope = { kind: 'select', name } as const
      for (const { tags, ...untagged } of view.accounts) {
        if (isUnclear({ scope }, untagged, scoping)) {
          unclear++
          continue
        }
        const without = expandScope({ scope }, { ...view, accounts: [untagged] }, scoping)
        for (const other of [tags ?? {}, ...drawn])
          expect(expandScope({ scope }, { ...view, accounts: [{ ...untagged, tags: other }] }, scoping)).toEqual(
            without,
          )
      }
    }),
    { numRuns: 200 },
  )
  expect(unclear).toBeGreaterThan(50)
})

describe('nobody knows', () => {
  const view = fc.sample(organizations, { numRuns: 1, seed: 1 })[0]
  const [, one] = view?.accounts ?? []
  if (!view || !one) throw new Error('an organization has accounts')
  const active: Account = { ...one, state: 'ACTIVE', parents: [rootId, ouIds[0]] }
  const scope = { kind: 'select', name } as const
  const membership = {
    supportNestedOu: true,
    includeManagementAccount: false,
    includeOwnAccount: false,
    managementAccountId: view.managementAccountId,
    selectors: new Map([[name as string, parse('nonsense')]]),
  }

  test('which active accounts a selector means that is not valid; of a closed one everybody does', () => {
    expect(isUnclear({ scope }, active, membership)).toBe(true)
    expect(isUnclear({ scope }, { ...active, state: 'SUSPENDED' }, membership)).toBe(false)
    expect(isUnclear({ scope: { kind: 'root' } }, active, membership)).toBe(false)
  })

  test('whether a link reaches an account by a selector that is not valid, so it may reach each active one', () => {
    const accounts: Account[] = [active, { ...active, state: 'SUSPENDED' }]
    expect(expandScope({ scope }, { ...view, accounts }, membership)).toEqual([])
    expect(expandScopeAtMost({ scope }, { ...view, accounts }, membership)).toEqual([active.id])
  })

  test('nothing of a selector that is not there: it selects no account', () => {
    const without = { ...membership, selectors: new Map() }
    expect(isUnclear({ scope }, active, without)).toBe(false)
    expect(expandScope({ scope }, { ...view, accounts: [active] }, without)).toEqual([])
  })
})
