import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { requestDigest } from '../../../../../shared/domain/files/access-request.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { accessColumns } from '../../../../../shared/modules/access-page/rules/access-columns.ts'
import { readTable, textOf } from '../../../../../shared/modules/access-page/rules/access-table.ts'
import type { PageRow } from '../../../../../shared/modules/access-page/rules/collect-rows.ts'
import { describeRow } from '../../../../../shared/modules/access-page/rules/describe-row.ts'
import type { PageFacts } from '../../../../../shared/modules/access-page/rules/page-data.ts'
import { renderAccessPage } from '../../../../../shared/modules/access-page/rules/render-access-page.ts'
import { row } from './page-rows.ts'

const facts: PageFacts = {
  madeAt: '2026-11-21T15:00:00.000Z',
  sources: [['ledger', 'as of now']],
  notes: [],
  administratorSets: [],
  attention: [],
}

async function render(rows: Iterable<PageRow>, given: Partial<PageFacts> = {}): Promise<readonly string[]> {
  const all = { ...facts, ...given }
  return Array.fromAsync(renderAccessPage({ madeAt: all.madeAt, facts: () => all, rows: [[...rows]] }))
}

const dataOf = (page: string) =>
  [...page.matchAll(/<script type="application\/json" class="rows">(.*?)<\/script>/gs)].map(([, text = '']) =>
    JSON.parse(text),
  )

test('a page that ended early says so until its script has run', async () => {
  const written: string[] = []
  const page = renderAccessPage({ madeAt: facts.madeAt, facts: () => Promise.reject(new Error('cut off')), rows: [] })
  const read = async () => {
    for await (const piece of page) written.push(piece)
  }
  await expect(read()).rejects.toThrow('cut off')
  expect(written.join('')).toContain('<p id="made">This page is incomplete')
})

test('what a row says comes back as it was', async () => {
  const links = [
    {
      key: 'links_data/a%b',
      by: { principalId: 'AWS:AIDA' },
      lastModified: '2026-01-01T00:00:00.000Z',
      ticket: 'OPS-1',
      reason: 'r',
      expiresAt: '2027-01-01T00:00:00.000Z',
      request: {
        digest: requestDigest.parse('0123456789abcdef0123456789abcdef'),
        user: principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2'),
        eligibility: 'on-call',
        approvedBy: [],
      },
    },
  ]
  const rows = [row(), row({ person: 'zoë', personId: 'id-z', until: '2027-01-01T00:00:00+02:00', links }), row()]
  const table = readTable([{ blocks: dataOf((await render(rows)).join('')), administratorSets: [] }])
  expect(table.length).toBe(3)
  expect([0, 1, 2].map((one) => textOf(table, one, 'person'))).toEqual(['bob', 'zoë', 'bob'])
  expect(describeRow(table, 1)).toEqual([
    ['Person', 'zoë'],
    ['Id of the person', 'id-z'],
    ['Account', '100000000001, prod'],
    ['State of the account', 'ACTIVE'],
    ['OUs above the account', 'Root/Prod'],
    ['Ids of these OUs', 'r-1/ou-1'],
    ['Permission set', 'Admin-ps'],
    ['Through', 'the group ops'],
    ['Id of the group', 'id-ops'],
    ['State', 'granted'],
    ['Since', '2026-03-03T10:00:00.000Z'],
    ['Ends by itself', '2026-12-31T22:00:00.000Z'],
    ['Given by the link', 'links_data/a%b'],
    ['Uploaded by', 'AWS:AIDA'],
    ['Uploaded at', '2026-01-01T00:00:00.000Z'],
    ['Ticket', 'OPS-1'],
    ['Reason', 'r'],
    ['The link expires', '2027-01-01T00:00:00.000Z'],
    [
      'Temporary',
      "until 2027-01-01T00:00:00.000Z, by eligibility 'on-call', approved automatically, request 0123456789abcdef0123456789abcdef",
    ],
  ])
  const until = accessColumns({ isOnePerson: false }).find(({ title }) => title === 'Until')
  expect([0, 1].map((one) => until?.text(table, one))).toEqual(['', '2026-12-31 22:00Z temporary'])
})

test('rows come in blocks, each value once, so that the page is written piece by piece', async () => {
  const pieces = await render(
    Array.from({ length: 4001 }, (_, index) => row({ person: `p${index % 7}`, personId: `${index % 7}` })),
  )
  const blocks = dataOf(pieces.join(''))
  expect(blocks.map(({ rows }) => rows.person.length)).toEqual([2000, 2000, 1])
  expect(blocks.map(({ values }) => values.person?.length)).toEqual([7, undefined, undefined])
  expect(pieces.length).toBeGreaterThanOrEqual(5)
})

test('no name can end the element it stands in or begin another', async () => {
  const hostile = '</script><script>alert(1)</script><!-- \u2028\u2029 <img src=x onerror=alert(1)>'
  const page = (
    await render([row({ person: hostile })], {
      notes: [hostile],
      attention: [{ input: hostile, state: 'waiting', reason: hostile, remedy: hostile }],
      changes: [{ at: hostile, event: hostile, what: hostile }],
    })
  ).join('')
  const own = (await render([])).join('')
  const count = (text: string, part: string) => text.split(part).length
  for (const part of ['<script', '</script', '<!--', '<img', '\u2028', '\u2029']) {
    expect([part, count(page, part)]).toEqual([part, count(own, part)])
  }
})

test('the policy allows the script and the style of the page by their hashes, and nothing else', async () => {
  const page = (await render([row()])).join('')
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]
  const hash = (text: string | undefined) =>
    `'sha256-${createHash('sha256')
      .update(text ?? '')
      .digest('base64')}'`
  const script = /<script>(.*?)<\/script>/s.exec(page)?.[1]
  const style = /<style>(.*?)<\/style>/s.exec(page)?.[1]
  expect(policy).toBe(
    `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`,
  )
  expect(page.match(/\b(?:src|href)="(?!data:,")/g)).toBeNull()
})
