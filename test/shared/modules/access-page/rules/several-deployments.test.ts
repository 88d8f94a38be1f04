import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { type AccessTable, readTable } from '../../../../../shared/modules/access-page/rules/access-table.ts'
import { describeRow } from '../../../../../shared/modules/access-page/rules/describe-row.ts'
import { describeSubject } from '../../../../../shared/modules/access-page/rules/describe-subject.ts'
import { type Filter, filterRows, noFilter } from '../../../../../shared/modules/access-page/rules/filter-rows.ts'
import { joinFacts } from '../../../../../shared/modules/access-page/rules/join-facts.ts'
import type { PageFacts } from '../../../../../shared/modules/access-page/rules/page-data.ts'
import { firstState, type PageState } from '../../../../../shared/modules/access-page/rules/page-state.ts'
import { describeSources, PageViews } from '../../../../../shared/modules/access-page/rules/page-views.ts'
import { inOrder, partOf, row } from './page-rows.ts'

const facts: PageFacts = {
  madeAt: '2026-11-21T12:00:00.000Z',
  sources: [['ledger', 'as of now']],
  notes: ['a group could not be read'],
  administratorSets: [],
  attention: [{ input: 'links_data/x', state: 'waiting' }],
  changes: [{ at: '2026-11-21T11:00:00.000Z', event: 'granted', what: 'y' }],
}
const rowsOfAcme = [row(), row({ person: 'zoe', permissionSet: 'Everything' })]
const globexRows = [row({ account: '200000000001', permissionSet: 'Everything' })]
const table = readTable([
  partOf(rowsOfAcme, { deployment: 'acme', administratorSets: ['Everything'] }),
  partOf(globexRows, { deployment: 'globex' }),
])

function found(filter: Partial<Filter>, among: AccessTable = table): readonly number[] {
  return [...filterRows(among, { ...noFilter, ...filter }, inOrder(among))]
}

function viewOf(state: Partial<PageState>, unread: readonly string[] = []) {
  const parts = ['acme', 'globex'].map((deployment) => ({ deployment, facts }))
  const missing = unread.map((deployment) => ({ deployment, facts: undefined }))
  return new PageViews(table, joinFacts([...parts, ...missing])).make({ ...firstState, ...state })
}

test('each row of several deployments says what it says in a table of its own deployment', () => {
  const people = fc.array(
    fc.record({
      person: fc.constantFrom('ann', 'bob', 'zoe'),
      group: fc.constantFrom('ops', 'admins'),
      account: fc.constantFrom('100000000001', '200000000002'),
      until: fc.option(fc.constantFrom('2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z'), { nil: undefined }),
      links: fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), lastModified: fc.constant('2026-01-01') })),
    }),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(fc.array(people, { minLength: 1, maxLength: 4 }), (deployments) => {
      const parts = deployments.map((rows, index) => ({ rows: rows.map(row), deployment: `d${index}` }))
      const joined = readTable(parts.map(({ rows, deployment }) => partOf(rows, { deployment })))
      const expected = parts.flatMap(({ rows, deployment }) => {
        const alone = readTable([partOf(rows)])
        return rows.map((_, index) => [['Deployment', deployment], ...describeRow(alone, index)])
      })
      expect(Array.from({ length: joined.length }, (_, index) => describeRow(joined, index))).toEqual(expected)
    }),
  )
})

test('a person of the same name in two deployments is two people', () => {
  expect(found({ person: 'bob' })).toEqual([0, 2])
  expect(viewOf({ filter: { ...noFilter, person: 'bob' } }).count).toBe('2 rows: 2 people, 2 accounts')
  const among = filterRows(table, { ...noFilter, person: 'bob' }, inOrder(table))
  expect(describeSubject(table, { person: 'bob', account: '' }, among)).toBeUndefined()
  const { opened } = viewOf({ filter: { ...noFilter, deployment: 'globex' } })
  expect(opened(0, 1)).toEqual({ to: 'filter', filter: { deployment: 'globex', person: 'bob' } })
})

test('a permission set is administrator access in the deployment whose file allows everything, and in no other', () => {
  expect(found({ ready: 'administrator', permissionSet: 'Everything' })).toEqual([1])
})

test('views of several deployments name the deployment in each row, and the filter for it holds in all', () => {
  const { columns, cells } = viewOf({})
  expect(columns.map(({ title }) => title).slice(0, 2)).toEqual(['Deployment', 'Person'])
  expect([cells(0).slice(0, 2), cells(2).slice(0, 2)]).toEqual([
    ['acme', 'bob'],
    ['acme', 'zoe'],
  ])
  const matrix = viewOf({ view: 'matrix' })
  expect(matrix.columns.map(({ title }) => title)).toEqual([
    'Account',
    'acme: Admin-ps',
    'acme: Everything',
    'globex: Everything',
  ])
  expect(matrix.opened(1, 3)).toEqual({
    to: 'filter',
    filter: { account: '200000000001', permissionSet: 'Everything', deployment: 'globex' },
  })
  for (const view of ['changes', 'attention'] as const) {
    expect(viewOf({ view }).cells(0)[0]).toBe('acme')
    const filtered = viewOf({ view, filter: { ...noFilter, deployment: 'globex' } })
    expect([filtered.length, filtered.cells(0)[0]]).toEqual([1, 'globex'])
  }
})

test('facts of several deployments say which they are about, and which deployment could not be read', () => {
  const later = { ...facts, madeAt: '2026-11-21T12:30:00.000Z' }
  const joined = joinFacts([
    { deployment: 'acme', facts: later },
    { deployment: 'globex', facts },
    { deployment: 'initech', facts: undefined },
  ])
  expect(joined).toMatchObject({ madeAt: facts.madeAt, unread: ['initech'] })
  expect(describeSources(joined).slice(0, 6)).toEqual([
    ['Page', 'made at 2026-11-21T12:00:00.000Z'],
    ['acme: ledger', 'as of now'],
    ['globex: ledger', 'as of now'],
    ['Note', 'initech could not be read, so its access is missing here'],
    ['Note', 'acme: a group could not be read'],
    ['Note', 'globex: a group could not be read'],
  ])
})
