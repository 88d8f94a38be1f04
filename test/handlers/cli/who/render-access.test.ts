import { expect, test } from '@jest/globals'
import { renderJson } from '../../../../handlers/cli/terminal/render-json.ts'
import {
  AccessTable,
  type Fixed,
  renderAccessAsCsv,
  renderAccessAsJson,
} from '../../../../handlers/cli/who/render-access.ts'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type HeldAccess, membersNotRecorded } from '../../../../shared/modules/access/expand-access.ts'
import { accessCsvTitles, renderAccessRows } from '../../../../shared/modules/access/render-access-rows.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const asOf = now.toISOString()
const sources = { bucketReadAt: asOf, ledger: { is: 'whole' as const, asOf }, identityCenter: { why: 'a test' } }
const nothing: Fixed = { person: false, account: false, permissionSet: false }

const row = (index: number, more: Partial<HeldAccess> = {}): HeldAccess => ({
  person: 'ana',
  account: accountId.parse(String(100_000_000_000 + index)),
  accountName: `account-${index}`,
  accountState: 'ACTIVE',
  path: 'Root/Prod',
  pathIds: 'r-1/ou-1',
  permissionSet: permissionSetName.parse('Read-ps'),
  origin: 'ssofile',
  state: 'granted',
  since: now.toISOString(),
  links: [],
  ...more,
})
const rows = (count: number, more: Partial<HeldAccess> = {}) =>
  Array.from({ length: count }, (_, index) => row(index, more))
const facts = { ifEmpty: { is: 'a test', asOf: now.toISOString() }, sources, notes: [] }
function render(of: readonly HeldAccess[], width: number | undefined, fixed = nothing): string {
  const table = new AccessTable(fixed, width)
  for (const one of of) table.add([one])
  return table.render(facts, now)
}
async function* inParts(of: readonly HeldAccess[]) {
  yield of.slice(0, 700)
  if (of.length > 700) yield of.slice(700)
}
const join = async (parts: AsyncIterable<string>) => (await Array.fromAsync(parts)).join('')
const csv = (of: readonly HeldAccess[], wanted: { readonly hasLevels?: boolean; readonly hasUses?: boolean } = {}) =>
  join(renderAccessAsCsv(inParts(of), { hasUses: false, ...wanted }))
const linesOf = (text: string, word: string) => text.split('\n').filter((line) => line.startsWith(word)).length

test('of more rows than a person reads those that differ only in the account are one', () => {
  expect(linesOf(render(rows(24), 80), 'ana')).toBe(24)
  const many = render([...rows(201), ...rows(3, { person: 'bo' })], 80)
  expect(many).toMatch(/^ana +201 accounts +Read-ps +directly +2026-03-03$/m)
  expect(many).toMatch(/^bo +3 accounts +Read-ps/m)
  expect(many).toContain('204 rows: 2 people, 201 accounts; with every row, links, tickets and uploaders: --output csv')
})

test.each([5, 300, 10_000])('%i rows of many people, groups and days are told in forty lines', (number) => {
  const all = Array.from({ length: number }, (_, index) =>
    row(index % 200, {
      person: `person-${index % 97}`,
      group: `group-${index % 31}`,
      permissionSet: permissionSetName.parse(`Set-${index % 7}`),
      since: new Date(now.getTime() - (index % 50) * 86_400_000).toISOString(),
    }),
  )
  for (const width of [80, undefined]) {
    const text = render(all, width)
    expect(text.split('\n').length).toBeLessThanOrEqual(40)
    expect(text).toContain(`${number.toLocaleString('en')} rows: `)
    if (width !== undefined)
      for (const line of text.slice(0, text.indexOf('\n\n')).split('\n')) expect(line.length).toBeLessThanOrEqual(width)
  }
})

test('the account that was asked for is told once, with its OUs by names and ids', () => {
  const [account, path, ids] = render([row(0, { accountName: 'a\u001b[2J' })], 80, { ...nothing, account: true }).split(
    '\n',
  )
  expect(account).toBe('account   100000000000 (a\\u{1b}[2J, ACTIVE)')
  expect([path, ids]).toEqual(['in        Root/Prod', '          r-1/ou-1'])
})

test('a row without a person shows when anybody used the role', () => {
  const asOf = now.toISOString()
  const use = { isKnown: true, asOf, madeAt: asOf, lastUsedAt: '2026-01-05T00:00:00.000Z' } as const
  const counted = row(0, { use, own: { countedSince: asOf, asOf } })
  const nobody = row(1, { person: undefined, remark: 'the group has no members', use })
  const told = render([counted, nobody], undefined, { ...nothing, unusedForDays: 90 })
  expect(told).toMatch(/^\(no members\) .* 2026-01-05 /m)
})

test('the end of temporary access has its hour, and is marked', () => {
  const until = '2026-03-03T14:00:00.000Z'
  const request = {
    digest: requestDigest.parse('0123456789abcdef0123456789abcdef'),
    user: principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2'),
    eligibility: 'on-call',
    approvedBy: [],
  }
  const link = { key: 'links_data/temporary/x', etag: 'e', lastModified: until, expiresAt: until }
  expect(render([row(0, { until, links: [{ ...link, request }] })], undefined)).toContain('2026-03-03 14:00Z temporary')
  expect(render([row(0, { until, links: [link] })], undefined)).not.toContain('14:00')
})

test('access levels have a column where they were asked for, in the table and as CSV', async () => {
  const all = rows(2, { levels: ['Permissions management', 'Read', 'unknown'] })
  expect(render(all, undefined)).toMatch(/ Permissions Read unknown +Read-ps|Read-ps .* Permissions Read unknown/)
  expect(render(rows(2), undefined)).not.toContain('LEVELS')
  const [titles = '', first = ''] = (await csv(all, { hasLevels: true })).split('\r\n')
  expect(titles).toMatch(/"use as of","access levels","membership files","owner"$/)
  expect(first).toMatch(/,"Permissions management ; Read ; unknown","",""$/)
  expect(await csv(all)).not.toContain('access levels')
  const own = { countedSince: '2026-01-01T00:00:00.000Z', asOf: '2026-03-03T10:00:00.000Z' }
  expect(await csv(rows(1, { own }), { hasUses: true })).toMatch(
    /"last used by person","used by","hours used in 90 days","uses counted since"\r\n.*"","","0","2026-01-01T00:00:00.000Z"\r\n$/,
  )
})

test.each([0, 1, 2, 1_000, 1_001, 2_500])('%i rows in parts are the text of all rows at once', async (number) => {
  const all = rows(number, { remark: 'a "b"\n\u202ec' })
  const answer = { ifEmpty: { is: 'a test', asOf: now.toISOString() }, sources, notes: ['one'] }
  expect(await join(renderAccessAsJson(inParts(all), () => answer))).toBe(renderJson({ rows: all, ...answer }))
  expect(await csv(all)).toBe(accessCsvTitles() + renderAccessRows(all))
})

test('the table is the same in any order of the rows', () => {
  const hasEnd = { until: '2027-01-01T00:00:00.000Z' }
  const all = Array.from({ length: 60 }, (_, index) =>
    row(index % 7, {
      person: `person-${index % 5}`,
      permissionSet: permissionSetName.parse(`Set-${index % 11}`),
      origin: index % 13 === 0 ? 'foreign' : 'ssofile',
      ...(index % 17 === 0 ? hasEnd : {}),
    }),
  )
  for (const width of [80, 120, undefined])
    for (const some of [all, all.slice(0, 20)]) expect(render(some.toReversed(), width)).toBe(render(some, width))
})

test('a group with members that are not known is not counted as no people', () => {
  const unknown = rows(1, {
    person: undefined,
    personId: undefined,
    group: 'team',
    groupId: principalId.parse('92307020-41b6-05ce-951e-70dfe8931aff'),
    remark: membersNotRecorded,
  })
  expect(render(unknown, undefined)).toContain('1 row: the members of 1 group, which are not known, 1 account\n')
  expect(render([...unknown, ...rows(2)], undefined)).toContain(
    '3 rows: 1 person, and the members of 1 group, which are not known, ',
  )
})

test('nobody is said only of a complete reading, and the loss of the ledger comes first', () => {
  const table = () => new AccessTable(nothing, undefined)
  expect(table().render(facts, now)).toMatch(/^nobody: a test\n/)
  expect(table().render({ ...facts, ifEmpty: { unread: 'not known: why' } }, now)).toMatch(/^not known: why\n/)
  const ledger = { unread: 'the ledger was lost', since: asOf }
  const lost = { ...facts, sources: { ...sources, ledger }, ifEmpty: ledger }
  expect(table().render(lost, now)).toMatch(/^the ledger was lost\n/)
  const full = table()
  full.add(rows(1, { origin: 'not known', state: 'not known' }))
  expect(full.render(lost, now)).toMatch(/^the ledger was lost\n\n/)
  expect(full.render(lost, now)).not.toContain('not given by ssofile')
})
