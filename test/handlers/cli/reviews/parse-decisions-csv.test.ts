import { expect, test } from '@jest/globals'
import { parseDecisionsCsv } from '../../../../handlers/cli/reviews/parse-decisions-csv.ts'
import { renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'

const [first, second, ended] = ['1', '2', '3'].map((digit) => digit.repeat(31).concat('a')) as [string, string, string]
function faultOf(digest: string): string | undefined {
  if (digest === ended) return 'it is kept'
  return [first, second].includes(digest) ? undefined : `no item has the digest '${digest}'`
}
const read = (...lines: readonly string[]) => parseDecisionsCsv('decisions.csv', lines.join('\r\n'), faultOf)

test.each([
  ['commas and a byte order mark', '\uFEFFdecide,comment,item,digest', ','],
  ['semicolons, as spreadsheets of many countries write them', 'decide;comment;item;digest', ';'],
])('decisions are read from a table with %s', (_, head, separator) => {
  const line = (...cells: readonly string[]) => cells.join(separator)
  const table = [
    line('keep', '', '"Read-ps for ana, in prod;1"', first),
    line(' Revoke ', '"left\nthe team"', 'x', second.toUpperCase()),
    line('', '', 'y', ended),
  ]
  expect(read(head, ...table)).toMatchObject({
    ok: true,
    value: {
      decided: [
        { digest: first, verdict: 'keep', place: 'line 2' },
        { digest: second, verdict: 'revoke', comment: 'left the team' },
      ],
      open: 1,
    },
  })
})

test('every faulty line is named, and then nothing counts', () => {
  const rows = [`keep,${first}`, `maybe,${second}`, `revoke,${ended}`, `keep,${first}`, 'keep,1.11E+31']
  const found = read('decide,digest', ...rows)
  expect(found.ok ? '' : renderComplaint(found.complaint)).toMatch(
    /4 faulty lines:\n {2}line 3: 'maybe' is no decision\n {2}line 4: it is kept\n {2}line 5: the item of line 2 again\n {2}line 6: no item has the digest '1\.11e\+31'\n/,
  )
})

test('a table without the columns of the review is refused', () => {
  const found = read('item,result', 'x,open')
  expect(found.ok ? '' : renderComplaint(found.complaint)).toContain('no column digest, decide')
})
