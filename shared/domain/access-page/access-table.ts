import { type PageBlock, type PageValueKind, type PageValues, type RowColumn, rowColumns } from './page-data.ts'

/** All rows, by column. A row has the index of its value in a list; index 0 is the absent value. */
export type AccessTable = {
  readonly length: number
  readonly rows: Readonly<Record<RowColumn, Int32Array>>
  readonly values: Readonly<PageValues>
  /** The text by which a search finds a value. */
  readonly searched: Readonly<Record<SearchedKind, readonly string[]>>
}
export type SearchedKind = 'person' | 'group' | 'account' | 'permissionSet' | 'state' | 'remark' | 'link'

/** The list of a column's values; some columns share a list. */
export function kindOf(column: RowColumn): PageValueKind {
  return column === 'since' || column === 'until' ? 'instant' : column
}

export function readTable(blocks: Iterable<PageBlock>): AccessTable {
  const values: PageValues = {
    person: [['', '']],
    group: [['', '']],
    account: [['', '', '', '', '']],
    permissionSet: [''],
    state: [''],
    instant: [''],
    remark: [''],
    use: [['', -1]],
    link: [['', '', '', '', '', '', '', '']],
    linkSet: [[]],
  }
  const known: PageBlock[] = []
  for (const block of blocks) {
    for (const kind of Object.keys(values) as PageValueKind[]) addValues(kind, values, block.values)
    known.push(block)
  }
  const rows = Object.fromEntries(rowColumns.map((column) => [column, joinColumn(column, known)]))
  const searched = {
    person: values.person.map(foldAll),
    group: values.group.map(foldAll),
    account: values.account.map(foldAll),
    permissionSet: values.permissionSet.map(fold),
    state: values.state.map(fold),
    remark: values.remark.map(fold),
    link: values.link.map(foldAll),
  }
  const table = { rows: rows as Record<RowColumn, Int32Array>, values, searched }
  return { ...table, length: table.rows.person.length }
}

/** The value of a row in one column, as its first part. */
export function textOf(table: AccessTable, row: number, column: Exclude<RowColumn, 'linkSet'>): string {
  const value = table.values[kindOf(column)][table.rows[column][row] ?? 0]
  return typeof value === 'string' ? value : String(value?.[0] ?? '')
}

/** Text in one case and one Unicode form, so that a search finds it however it was typed. */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

const foldAll = (parts: readonly string[]): string => fold(parts.join(' '))

function addValues<K extends PageValueKind>(kind: K, all: PageValues, added: Partial<PageValues>): void {
  const list: PageValues[K][number][] = all[kind]
  for (const value of added[kind] ?? []) list.push(value)
}

function joinColumn(column: RowColumn, blocks: readonly PageBlock[]): Int32Array {
  const joined = new Int32Array(blocks.reduce((length, { rows }) => length + rows[column].length, 0))
  let at = 0
  for (const { rows } of blocks) {
    joined.set(rows[column], at)
    at += rows[column].length
  }
  return joined
}
