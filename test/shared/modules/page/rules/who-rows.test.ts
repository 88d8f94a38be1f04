import { expect, test } from '@jest/globals'
import { saySince } from '../../../../../shared/modules/page/rules/say.ts'
import { countMatrix, describeRows, lastUsedOf, rowsOfList } from '../../../../../shared/modules/page/rules/who-rows.ts'

const access = {
  account: '233000000001',
  permissionSet: 'Break-ps',
  giver: 'ours',
  since: '2026-03-03T10:00:00Z',
} as const
const list = {
  asOf: '2026-03-03T10:00:00Z',
  dates: [],
  administratorSets: ['Break-ps'],
  accounts: { '233000000001': 'ledger-prod' },
  paths: { '233000000001': 'Root/Prod' },
  isCut: false,
  rows: [
    { ...access, principal: 'team', type: 'GROUP' },
    { ...access, principal: 'ana', type: 'USER' },
  ],
} as const

test.each([
  [undefined, [['', 'members of team']]],
  [null, [['', 'the group is gone from the directory']]],
  [[], [['', 'the group has no members']]],
  [
    ['ben', 'cleo'],
    [
      ['ben', ''],
      ['cleo', ''],
    ],
  ],
])('a group with the members %p stands for these people', (members, holders) => {
  const rows = rowsOfList(list, members === undefined ? {} : { team: members })
  expect(rows.map(({ person, remark }) => [person, remark])).toEqual([...holders, ['ana', '']])
  expect(rows.map(({ group }) => group)).toEqual([...holders.map(() => 'team'), ''])
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
})

test('access of others has the day on which ssofile first saw it beside the beginning of other access', () => {
  const [ours, foreign] = rowsOfList(
    {
      ...list,
      rows: [
        { ...access, principal: 'ana', type: 'USER' },
        { ...access, principal: 'ben', type: 'USER', giver: 'foreign' },
      ],
    },
    {},
  )
  expect(ours).toMatchObject({ since: access.since, knownSince: '' })
  expect(foreign).toMatchObject({ since: '', knownSince: access.since })
  const said = [ours, foreign, undefined].map((row) => saySince(row ?? {}))
  expect(said).toEqual(['3 Mar 2026', 'known since 3 Mar 2026', 'not known'])
})

test('a permission set that allows everything is administrator-like, whatever its name, and people count once', () => {
  const rows = rowsOfList(list, { team: ['ana', 'ben'] })
  expect(describeRows('account', rows)).toEqual({
    facts: [
      ['Account', '233000000001'],
      ['OU', 'Root/Prod'],
      ['People', '2'],
    ],
    administers: 3,
  })
  expect(countMatrix(rows).rows).toEqual([
    { account: '233000000001', accountName: 'ledger-prod', people: { 'Break-ps': 2 } },
  ])
})

test('the last use of a person whose uses could not be read is not known', () => {
  const lastUsed = lastUsedOf({
    countedSince: '2026-03-01',
    uses: { 'ana%1%Read-ps': '2026-03-03 cli' },
    notKnown: ['ben'],
  })
  const people = ['ana', 'ben', 'eve'].map((person) => lastUsed(person, '1', 'Read-ps'))
  expect(people).toEqual(['2026-03-03 cli', 'not known', 'not since 2026-03-01'])
})
