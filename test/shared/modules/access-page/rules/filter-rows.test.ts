import { expect, test } from '@jest/globals'
import { type AccessTable, readTable } from '../../../../../shared/modules/access-page/rules/access-table.ts'
import { describeRow } from '../../../../../shared/modules/access-page/rules/describe-row.ts'
import { type Filter, filterRows, noFilter } from '../../../../../shared/modules/access-page/rules/filter-rows.ts'
import { inOrder, partOf, peopleOf, row, tableOf } from './page-rows.ts'

const links = [
  {
    key: 'links_data/x',
    lastModified: '2026-01-01T00:00:00.000Z',
    ticket: 'OPS-7',
    by: { principalId: 'AWS:AIDAZOE' },
  },
]
const rows = [
  row({ person: 'ann', group: undefined, groupId: undefined, permissionSet: 'Billing-ps', links }),
  row({ person: 'bob' }),
  row({ person: 'bobby', until: '2027-01-01T02:00:00+02:00' }),
  row({
    person: 'José',
    account: '100000000002',
    accountName: 'Données',
    path: 'Root/Prod%2FTest',
    pathIds: 'r-1/ou-2',
    permissionSet: 'Everything',
  }),
  row({ person: 'zoe', state: 'foreign', permissionSet: 'Read', links: [], since: '2026-11-20T00:00:00.000Z' }),
]
const table = readTable([partOf(rows, { administratorSets: ['Everything'] })])

function found(filter: Partial<Filter>, among: AccessTable = table): readonly string[] {
  return peopleOf(among, filterRows(among, { ...noFilter, ...filter }, inOrder(among)))
}

test('without a filter every row is shown', () => {
  expect(found({})).toEqual(['ann', 'bob', 'bobby', 'José', 'zoe'])
})

test('access that is unused for 90 days is found, and none of which that is not known', () => {
  const use = { isKnown: true, asOf: '2026-03-03T10:00:00.000Z', madeAt: '2025-01-01T00:00:00.000Z' } as const
  const unused = tableOf(
    row({ person: 'ann', use, unusedDays: 90 }),
    row({ person: 'bob', use, unusedDays: 89 }),
    row({ person: 'cid', use: { isKnown: false, why: 'it was not asked' } }),
    row({ person: 'dan' }),
    row({ person: 'eve', use: { ...use, lastUsedAt: '2025-06-01T00:00:00.000Z' }, unusedDays: 275 }),
  )
  expect(found({ ready: 'unused' }, unused)).toEqual(['ann', 'eve'])
  expect(describeRow(unused, 4)).toContainEqual([
    'Role last used',
    '2025-06-01T00:00:00.000Z, by anybody who has it; this access is known to be unused for 275 days',
  ])
  expect(describeRow(unused, 0)).toContainEqual(['Role last used', expect.stringMatching(/^never, /)])
  expect(describeRow(unused, 2).map(([name]) => name)).not.toContain('Role last used')
})

test.each([
  ['a part of a name', 'bobb', ['bobby']],
  ['words in different columns, each of which has to occur', 'bob prod', ['bob', 'bobby']],
  ['capitals and letters of another Unicode form', 'JOSE\u0301 donne\u0301es', ['José']],
  ['the ticket of a link', 'ops-7', ['ann']],
  ['who uploaded a link', 'aidazoe', ['ann']],
  ['nothing that occurs', 'nobody', []],
])('a search finds rows by %s', (_, words, people) => {
  expect(found({ words })).toEqual(people)
})

test('a whole name in a field means that name alone, and a part of names all of them', () => {
  expect(found({ person: 'bob' })).toEqual(['bob'])
  expect(found({ person: 'bo' })).toEqual(['bob', 'bobby'])
  expect(found({ account: 'données' })).toEqual(['José'])
  expect(found({ account: '100000000002' })).toEqual(['José'])
  expect(found({ group: 'ops', permissionSet: 'Admin-ps' })).toEqual(['bob', 'bobby'])
  expect(found({ unit: 'ou-2' })).toEqual(['José'])
})

test('the ready-made filters show direct, permanent administrator, foreign and ending access', () => {
  expect(found({ ready: 'direct' })).toEqual(['ann'])
  expect(found({ ready: 'administrator' })).toEqual(['bob', 'José'])
  expect(found({ ready: 'foreign' })).toEqual(['zoe'])
  expect(found({ ready: 'ending' })).toEqual(['bobby'])
})

test('a date shows what is in force since that day or later', () => {
  expect(found({ since: '2026-11-20' })).toEqual(['zoe'])
  expect(found({ since: '2026-11-21' })).toEqual([])
})

test.each([
  ['the id of a unit', 'ou-1', ['ann', 'bob', 'bobby', 'zoe']],
  ['the path of names, in whole units', 'root/prod', ['ann', 'bob', 'bobby', 'zoe']],
  ['the path of a unit with a slash in its name', 'Root/Prod%2FTest', ['José']],
  ['everything below a unit', 'Root', ['ann', 'bob', 'bobby', 'José', 'zoe']],
  ['a part of names', 'test', ['José']],
  ['a name that another unit has in its own', 'Root/Prod/Test', []],
])('a unit is found by %s', (_, unit, people) => {
  expect(found({ unit })).toEqual(people)
})

test('a unit that is called like the id of another is not taken for it', () => {
  const faked = tableOf(row({ person: 'eve', path: 'Root/ou-1', pathIds: 'r-1/ou-9' }), row({ person: 'bob' }))
  expect(found({ unit: 'ou-1' }, faked)).toEqual(['bob'])
})
