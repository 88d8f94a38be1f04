import { type PageBlock, type PageValueKind, type PageValues, type RowColumn, rowColumns } from './page-data.ts'

export type TableColumn = RowColumn | 'deployment'
type TableValues = PageValues & { readonly deployment: string[] }

/** All rows, by column. A row has the index of its value in a list; index 0 is the absent value. */
export type AccessTable = {
  readonly length: number
  readonly rows: Readonly<Record<TableColumn, Int32Array>>
  readonly values: Readonly<TableValues>
  /** The permission sets in `values`: whether they give administrator access, and the index of their deployment. */
  readonly permissionSets: readonly { readonly isAdministrator: boolean; readonly deployment: number }[]
  /** The text by which a search finds a value. */
  readonly searched: Readonly<Record<SearchedKind, readonly string[]>>
}
export type SearchedKind = 'deployment' | 'person' | 'group' | 'account' | 'permissionSet' | 'state' | 'remark' | 'link'

/** The rows of one deployment. Its values are its own: no name of one deployment is joined with a name of another. */
export type TablePart = {
  /** Absent: the table has one deployment, without a name. */
  readonly deployment?: string | undefined
  readonly blocks: Iterable<PageBlock>
  readonly administratorSets: readonly string[]
}

/** The list of a column's values; some columns share a list. */
export function kindOf(column: RowColumn): PageValueKind
export function kindOf(column: TableColumn): keyof TableValues
export function kindOf(column: TableColumn): keyof TableValues {
  return column === 'since' || column === 'until' ? 'instant' : column
}

export function readTable(parts: Iterable<TablePart>): AccessTable {
  const values: TableValues = {
    deployment: [''],
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
  const permissionSets = [{ isAdministrator: false, deployment: 0 }]
  const known: Placed[] = []
  for (const { deployment: name, blocks, administratorSets } of parts) {
    const sets = new Set(administratorSets)
    const deployment = name === undefined ? 0 : values.deployment.push(name) - 1
    const before = countValues(values)
    for (const block of blocks) {
      for (const kind of Object.keys(before) as PageValueKind[]) addValues(kind, values, block.values, before)
      known.push({ rows: block.rows, before, deployment })
    }
    for (const set of values.permissionSet.slice(permissionSets.length))
      permissionSets.push({ isAdministrator: isAdministrator(set, sets), deployment })
  }
  const rows = Object.fromEntries(rowColumns.map((column) => [column, joinColumn(column, known)]))
  const searched = {
    deployment: values.deployment.map(fold),
    person: values.person.map(foldAll),
    group: values.group.map(foldAll),
    account: values.account.map(foldAll),
    permissionSet: values.permissionSet.map(fold),
    state: values.state.map(fold),
    remark: values.remark.map(fold),
    link: values.link.map(foldAll),
  }
  const columns = rows as Record<RowColumn, Int32Array>
  const deployment = join(known, ({ rows, deployment }) => rows.person.map(() => deployment))
  const table = { rows: { ...columns, deployment }, values, permissionSets, searched }
  return { ...table, length: table.rows.person.length }
}

/** The value of a row in one column, as its first part. */
export function textOf(table: AccessTable, row: number, column: Exclude<TableColumn, 'linkSet'>): string {
  const value = table.values[kindOf(column)][table.rows[column][row] ?? 0]
  return typeof value === 'string' ? value : String(value?.[0] ?? '')
}

/** Known to allow everything, or named like that. */
export function isAdministrator(name: string, administratorSets: ReadonlySet<string>): boolean {
  return administratorSets.has(name) || /admin/i.test(name)
}

/** Text in one case and one Unicode form, so that a search finds it however it was typed. */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

const foldAll = (parts: readonly string[]): string => fold(parts.join(' '))

/** The rows of a block, and how many values there were before the first block of its deployment. */
type Placed = Pick<PageBlock, 'rows'> & { readonly before: Counts; readonly deployment: number }
type Counts = Readonly<Record<PageValueKind, number>>

/** Without the absent values. */
function countValues({ deployment: _, ...values }: TableValues): Counts {
  return Object.fromEntries(Object.entries(values).map(([kind, list]) => [kind, list.length - 1])) as Counts
}

function addValues<K extends PageValueKind>(
  kind: K,
  all: PageValues,
  added: Partial<PageValues>,
  { link }: Pick<Counts, 'link'>,
): void {
  const list: PageValues[K][number][] = all[kind]
  if (kind !== 'linkSet' || link === 0) for (const value of added[kind] ?? []) list.push(value)
  else for (const links of added.linkSet ?? []) all.linkSet.push(links.map((one) => one + link))
}

function joinColumn(column: RowColumn, blocks: readonly Placed[]): Int32Array {
  return join(blocks, ({ rows, before }) => {
    const added = before[kindOf(column)]
    return added === 0 ? rows[column] : rows[column].map((place) => (place === 0 ? 0 : place + added))
  })
}

function join(blocks: readonly Placed[], placesOf: (block: Placed) => readonly number[]): Int32Array {
  const joined = new Int32Array(blocks.reduce((length, { rows }) => length + rows.person.length, 0))
  let at = 0
  for (const block of blocks) {
    joined.set(placesOf(block), at)
    at += block.rows.person.length
  }
  return joined
}
