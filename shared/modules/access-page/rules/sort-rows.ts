import { type AccessTable, fold, kindOf, type TableColumn } from './access-table.ts'

/** Columns that show another part of the account than its id. */
const partsOfAccount: Readonly<Partial<Record<SortedColumn, number>>> = { accountName: 1, accountPath: 3 }

export type SortedColumn = Exclude<TableColumn, 'linkSet' | 'remark'> | 'accountName' | 'accountPath'
export type Sorting = { readonly by: SortedColumn; readonly isDescending: boolean }

/** All rows by one column; equal rows keep their order. */
export function sortRows(table: AccessTable, { by, isDescending }: Sorting): Int32Array {
  const column = by === 'accountName' || by === 'accountPath' ? 'account' : by
  const part = partsOfAccount[by] ?? 0
  const values = table.values[kindOf(column)].map((value) =>
    fold(String(typeof value === 'string' ? value : value[part])),
  )
  return orderRows(table.rows[column], values, isDescending)
}

/** `places`: for each row the place of its value. Only the values are compared; the rows are then counted into their places. */
export function orderRows(places: Int32Array, values: readonly (string | number)[], isDescending: boolean): Int32Array {
  const ranks = rankValues(values)
  const starts = new Int32Array(ranks.length + 1)
  const rankOf = (row: number) => {
    const rank = ranks[places[row] ?? 0] ?? 0
    return isDescending ? ranks.length - 1 - rank : rank
  }
  for (let row = 0; row < places.length; row++) starts[rankOf(row) + 1] = (starts[rankOf(row) + 1] ?? 0) + 1
  for (let rank = 1; rank < starts.length; rank++) starts[rank] = (starts[rank] ?? 0) + (starts[rank - 1] ?? 0)
  const sorted = new Int32Array(places.length)
  for (let row = 0; row < places.length; row++) {
    const rank = rankOf(row)
    const at = starts[rank] ?? 0
    starts[rank] = at + 1
    sorted[at] = row
  }
  return sorted
}

/** The rank of each value; equal ones share it. Absent ones come last. */
function rankValues(values: readonly (string | number)[]): Int32Array {
  const order = values.map((_, place) => place).sort((a, b) => compare(values[a] ?? '', values[b] ?? ''))
  const ranks = new Int32Array(values.length)
  order.forEach((place, index) => {
    const before = order[index - 1]
    ranks[place] = before !== undefined && values[before] === values[place] ? (ranks[before] ?? 0) : index
  })
  return ranks
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  return a < b ? -1 : 1
}
