import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { TableColumn } from '../../../../shared/domain/text/render-csv.ts'
import { accessColumns } from '../../../../shared/modules/access/render-access-rows.ts'
import { renderColumnName } from '../../../../shared/modules/reports/table-writer.ts'
import { groupColumns } from '../../../../shared/modules/reports/write-report.ts'

const page = readFileSync(new URL('../../../../docs/audit.md', import.meta.url), 'utf8')
const statements = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, statement = '']) => statement.trim())
const tables = statements.filter((one) => one.startsWith('CREATE'))
const questions = statements.filter((one) => !one.startsWith('CREATE'))

type AnyColumn = Pick<TableColumn<never>, 'title' | 'values'>
const types = { texts: 'string', instants: 'timestamp', numbers: 'int' }
const columns: Readonly<Record<string, readonly AnyColumn[]>> = { access: accessColumns, groups: groupColumns }
const names = (table: string) => [...(columns[table] ?? []).map(({ title }) => renderColumnName(title)), 'day']

const keywords = new Set(
  'SELECT DISTINCT FROM WHERE AND ORDER BY DESC AS WITH EXCEPT UNION ALL BETWEEN IS NOT NULL'.split(' '),
)
const withoutPairs = (text: string): string => (text.includes('()') ? withoutPairs(text.replaceAll('()', '')) : text)

test.each(Object.keys(columns))('the table of %s has the columns of the report, with their types', (name) => {
  const table = tables.find((one) => one.startsWith(`CREATE EXTERNAL TABLE ssofile_${name} (`)) ?? ''
  const written = [...(table.split('PARTITIONED')[0] ?? '').matchAll(/`(\w+)` (\w+)/g)].map(([, column, type]) => [
    column,
    type,
  ])
  expect(written).toEqual(
    columns[name]?.map(({ title, values }) => [renderColumnName(title), types[values ?? 'texts']]),
  )
  expect(table).toContain(`'storage.location.template' = 's3://<bucket>/reports/\${day}/${name}/'`)
})

test('there is a statement for each question, and for no other table', () => {
  expect(tables).toHaveLength(2)
  expect(questions).toHaveLength(7)
})

test.each(questions)(
  'a statement is one, closes its parentheses, and knows only columns of its table: %s',
  (question) => {
    const [table = ''] = new Set([...question.matchAll(/FROM ssofile_(\w+)/g)].map(([, name = '']) => name))
    const aliases = [...question.matchAll(/\b(\w+) AS \(|AS (\w+)/g)].map(([, one, other]) => one ?? other)
    const words = question.match(/'[^']*'|"?\w+"?|[(),=;.*]|>=|\S/g) ?? []
    expect(withoutPairs(words.filter((word) => '()'.includes(word)).join(''))).toBe('')
    const known = new Set([...keywords, ...names(table), ...aliases, `ssofile_${table}`])
    const unknown = words.filter(
      (word) => !/^('.*'|\d+|[(),=.*]|>=)$/.test(word) && !known.has(word.replaceAll('"', '')),
    )
    expect(unknown).toEqual([';'])
    expect(words.at(-1)).toBe(';')
    expect(question).toMatch(/WHERE day (=|BETWEEN) '/)
    expect(question).not.toMatch(/,\s*(FROM|\)|;)|\b(AND|OR|WHERE)\s*(AND|OR|\)|;)/)
  },
)
