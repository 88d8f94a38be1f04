import { expect, test } from '@jest/globals'
import { parseOwnCsv, renderCsv } from '../../../../shared/domain/text/render-csv.ts'

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1', '\r=1'])('a spreadsheet takes %j for text', (name) => {
  const [, row = ''] = renderCsv([['name'], [name]]).split('\r\n')
  expect(row).toMatch(/^"'/)
})

test('quotes, separators and line ends stay inside their cell', () => {
  const csv = renderCsv([
    ['a', 'b'],
    ['say "hi", you;', 'two\nlines\u202e'],
  ])
  expect(csv).toBe('"a","b"\r\n"say ""hi"", you;","two\\u{a}lines\\u{202e}"\r\n')
})

test('an ordinary cell is as it is, and one that is too long is cut in the middle', () => {
  expect(renderCsv([['', 'team 1 = a', "links_data/root%all%A-ps%it's%GROUP%ssofile"]])).toBe(
    `"","team 1 = a","links_data/root%all%A-ps%it's%GROUP%ssofile"\r\n`,
  )
  expect(renderCsv([['x'.repeat(10_001)]])).toBe(`"${'x'.repeat(5_000)}…${'x'.repeat(5_000)}"\r\n`)
})

test('what is written is read again, without the apostrophe before a formula', () => {
  const rows = [
    ['group', 'a "b", c'],
    ['', '=cmd|calc'],
    [' +1', 'é'],
  ]
  expect([...parseOwnCsv(renderCsv(rows))]).toEqual(rows)
})
