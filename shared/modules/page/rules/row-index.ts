import { fold } from '../../access-page/rules/access-table.ts'
import { mask, spread } from '../../access-page/rules/filter-rows.ts'
import { orderRows } from '../../access-page/rules/sort-rows.ts'
import { suggestNames } from '../../access-page/rules/suggest-names.ts'
import type { FilterQuery, FilterToken } from './filter-query.ts'

type IndexedBy<T> = {
  readonly id: string
  readonly value?: ((item: T) => string | number) | undefined
  /** `false`: the column only sorts. */
  readonly isFilter?: boolean
}
/** The different values of a column, and for each row the place of its value: a filter looks at each value once. */
type IndexedColumn = {
  readonly values: readonly (string | number)[]
  readonly texts: readonly string[]
  readonly folded: readonly string[]
  readonly places: Int32Array
  readonly isFilter: boolean
}
export type RowIndex = { readonly length: number; readonly columns: ReadonlyMap<string, IndexedColumn> }
export type RowOrder = { readonly by?: string | undefined; readonly isDescending: boolean }

export function indexRows<T>(items: readonly T[], columns: readonly IndexedBy<T>[]): RowIndex {
  const indexed = columns.flatMap(({ id, value, isFilter = true }) =>
    value ? [[id, { ...indexColumn(items, value), isFilter }] as const] : [],
  )
  return { length: items.length, columns: new Map(indexed) }
}

function indexColumn<T>(items: readonly T[], value: (item: T) => string | number) {
  const known = new Map<string | number, number>()
  const places = Int32Array.from(items, (item) => {
    const own = value(item)
    const place = known.get(own) ?? known.size
    if (place === known.size) known.set(own, place)
    return place
  })
  const values = [...known.keys()]
  const texts = values.map(String)
  return { values, texts, folded: texts.map(fold), places }
}

/** The rows that match, in this order; equal rows keep theirs, and absent values come last. */
export function findRows<T>(all: readonly T[], index: RowIndex, query: FilterQuery, order: RowOrder): readonly T[] {
  return Array.from(filterIndex(index, query, sortIndex(index, order))).flatMap((row) => all[row] ?? [])
}

function sortIndex({ length, columns }: RowIndex, { by = '', isDescending }: RowOrder): Int32Array {
  const column = columns.get(by)
  if (column === undefined) return Int32Array.from({ length }, (_, row) => row)
  const values = column.values.map((value, place) => (typeof value === 'number' ? value : (column.folded[place] ?? '')))
  return orderRows(column.places, values, isDescending)
}

/** Without a property, any column may match. */
function filterIndex(index: RowIndex, { operation, tokens }: FilterQuery, order: Int32Array): Int32Array {
  if (tokens.length === 0) return order
  const isEach = operation === 'and'
  const passing = tokens.map((token) => passToken(index, token))
  return order.filter((row) =>
    isEach ? passing.every((one) => one[row] === 1) : passing.some((one) => one[row] === 1),
  )
}

function passToken({ length, columns }: RowIndex, { propertyKey, operator, value }: FilterToken): Uint8Array {
  const passing = new Uint8Array(length)
  const pass = ({ places, ...column }: IndexedColumn, by: string) =>
    spread(places, passValues(column, by, value), passing)
  if (propertyKey !== undefined) {
    const column = columns.get(propertyKey)
    return column === undefined ? passing : pass(column, operator)
  }
  for (const column of columns.values()) if (column.isFilter) pass(column, operator === '!:' ? ':' : operator)
  return operator === '!:' ? passing.map((one) => 1 - one) : passing
}

function passValues(
  { values, texts, folded }: Pick<IndexedColumn, 'values' | 'texts' | 'folded'>,
  operator: string,
  wanted: string,
): Uint8Array {
  const part = fold(wanted)
  const ordered = (is: (value: string | number, limit: string | number) => boolean) =>
    mask(values, (value) => value !== '' && is(value, typeof value === 'number' ? Number(wanted) : wanted))
  switch (operator) {
    case ':':
      return mask(folded, (text) => text.includes(part))
    case '!:':
      return mask(folded, (text) => !text.includes(part))
    case '^':
      return mask(folded, (text) => text.startsWith(part))
    case '=':
      return mask(texts, (text) => text === wanted)
    case '!=':
      return mask(texts, (text) => text !== wanted)
    case '>=':
      return ordered((value, limit) => value >= limit)
    case '<':
      return ordered((value, limit) => value < limit)
    default:
      return mask(texts, () => false)
  }
}

/** Values of one column, or of all, that contain the typed text: the first of each. */
export function suggestValues(
  { columns }: RowIndex,
  typed: string,
  property?: string,
): readonly { readonly propertyKey: string; readonly value: string }[] {
  const all = [...columns].filter(([id, { isFilter }]) => isFilter && (property === undefined || id === property))
  return all.flatMap(([propertyKey, { texts }]) => suggestNames(texts, typed).map((value) => ({ propertyKey, value })))
}
