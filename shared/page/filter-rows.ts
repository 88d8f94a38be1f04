import { type AccessTable, fold, type SearchedKind } from './access-table.ts'

export const readyFilters = ['everything', 'direct', 'administrator', 'foreign', 'ending'] as const
export type ReadyFilter = (typeof readyFilters)[number]

/** What is given has to fit; an empty text fits everything. */
export type Filter = {
  /** Each word has to occur somewhere in the row or its links. */
  readonly words: string
  /** A whole name or id, or else a part of one. */
  readonly person: string
  readonly group: string
  readonly account: string
  readonly permissionSet: string
  /** A part of the ids above the account. */
  readonly unit: string
  /** A day: in force since then or later. */
  readonly since: string
  readonly ready: ReadyFilter
}

export const noFilter: Filter = {
  words: '',
  person: '',
  group: '',
  account: '',
  permissionSet: '',
  unit: '',
  since: '',
  ready: 'everything',
}

/** Whether a row passes. Made once for a filter, from the few values that there are, so that each row costs a few reads. */
type Test = (row: number) => boolean

/** Those of `order` that fit, in the same order. */
export function filterRows(
  table: AccessTable,
  filter: Filter,
  { order, administratorSets }: { readonly order: Int32Array; readonly administratorSets: ReadonlySet<string> },
): Int32Array {
  const tests = [
    ...testNames(table, filter),
    ...testWords(table, filter.words),
    ...testTime(table, filter.since),
    ...testReady(table, filter.ready, administratorSets),
  ]
  if (tests.length === 0) return order
  const fitting = new Int32Array(order.length)
  let length = 0
  for (const row of order) if (tests.every((test) => test(row))) fitting[length++] = row
  return fitting.subarray(0, length)
}

function testNames({ rows, values }: AccessTable, filter: Filter): readonly Test[] {
  const tests: Test[] = []
  for (const kind of ['person', 'group', 'account', 'permissionSet'] as const) {
    if (filter[kind] === '') continue
    const wanted = fold(filter[kind])
    const names = values[kind].map((value) => (typeof value === 'string' ? [value] : value.slice(0, 2)).map(fold))
    const isWhole = names.some((parts) => parts.includes(wanted))
    const fits = mask(names, (parts) =>
      isWhole ? parts.includes(wanted) : parts.some((part) => part.includes(wanted)),
    )
    tests.push((row) => fits[rows[kind][row] ?? 0] === 1)
  }
  if (filter.unit !== '') {
    const wanted = fold(filter.unit)
    const fits = mask(values.account, ([, , , path]) => fold(path).includes(wanted))
    tests.push((row) => fits[rows.account[row] ?? 0] === 1)
  }
  return tests
}

const wordColumns = ['person', 'group', 'account', 'permissionSet', 'state', 'remark'] as const satisfies SearchedKind[]

function testWords({ rows, values, searched }: AccessTable, text: string): readonly Test[] {
  const words = fold(text)
    .split(/\s+/)
    .filter((word) => word !== '')
  return words.map((word) => {
    const has = (known: string) => known.includes(word)
    const columns = wordColumns.map((kind) => ({ places: rows[kind], fits: mask(searched[kind], has) }))
    const links = mask(searched.link, has)
    columns.push({ places: rows.linkSet, fits: mask(values.linkSet, (set) => set.some((link) => links[link] === 1)) })
    return (row) => columns.some(({ places, fits }) => fits[places[row] ?? 0] === 1)
  })
}

function testTime({ rows, values }: AccessTable, since: string): readonly Test[] {
  if (since === '') return []
  const fits = mask(values.instant, (instant) => instant >= since)
  return [(row) => fits[rows.since[row] ?? 0] === 1]
}

function testReady({ rows, values }: AccessTable, ready: ReadyFilter, administratorSets: ReadonlySet<string>) {
  const tests: Test[] = []
  if (ready === 'direct') tests.push((row) => rows.group[row] === 0 && rows.person[row] !== 0)
  if (ready === 'ending') tests.push((row) => rows.until[row] !== 0)
  if (ready === 'foreign') {
    const foreign = mask(values.state, (state) => state === 'foreign')
    tests.push((row) => foreign[rows.state[row] ?? 0] === 1)
  }
  if (ready === 'administrator') {
    const fits = mask(values.permissionSet, (name) => isAdministrator(name, administratorSets))
    tests.push((row) => rows.until[row] === 0 && fits[rows.permissionSet[row] ?? 0] === 1)
  }
  return tests
}

/** Known to allow everything, or so called. */
export function isAdministrator(name: string, administratorSets: ReadonlySet<string>): boolean {
  return administratorSets.has(name) || /admin/i.test(name)
}

function mask<T>(values: readonly T[], fits: (value: T) => boolean): Uint8Array {
  return Uint8Array.from(values, (value) => (fits(value) ? 1 : 0))
}
