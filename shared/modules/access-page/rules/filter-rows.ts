import { type AccessTable, fold, type SearchedKind } from './access-table.ts'

export const readyFilters = ['everything', 'direct', 'administrator', 'foreign', 'ending', 'unused'] as const
/** As in the summary of a report. */
const unusedDaysAsked = 90
export type ReadyFilter = (typeof readyFilters)[number]

/** A row must match every given field; an empty text matches everything. */
export type Filter = {
  /** Each word must occur somewhere in the row or its links. */
  readonly words: string
  /** A whole name or id, or otherwise a part of one. */
  readonly deployment: string
  readonly person: string
  readonly group: string
  readonly account: string
  readonly permissionSet: string
  /** An id of a unit above the account, or its path of names, or otherwise a part of these. */
  readonly unit: string
  /** A day: in force since then or later. */
  readonly since: string
  readonly ready: ReadyFilter
}

export const noFilter: Filter = {
  words: '',
  deployment: '',
  person: '',
  group: '',
  account: '',
  permissionSet: '',
  unit: '',
  since: '',
  ready: 'everything',
}

type PageAccount = AccessTable['values']['account'][number]

/** 1 for each row that passes. Computed from the few different values, in tight loops. */
type Passing = Uint8Array

/** The rows of `order` that match, in the same order. */
export function filterRows(table: AccessTable, filter: Filter, order: Int32Array): Int32Array {
  const passing = [
    ...passNames(table, filter),
    ...passWords(table, filter.words),
    ...passTime(table, filter.since),
    ...passReady(table, filter.ready),
  ]
  if (passing.length === 0) return order
  const [first = new Uint8Array(table.length), ...others] = passing
  for (const other of others)
    for (let row = 0; row < first.length; row++) first[row] = (first[row] ?? 0) & (other[row] ?? 0)
  return order.filter((row) => first[row] === 1)
}

function passNames({ rows, values }: AccessTable, filter: Filter): readonly Passing[] {
  const passing: Passing[] = []
  for (const kind of ['deployment', 'person', 'group', 'account', 'permissionSet'] as const) {
    if (filter[kind] === '') continue
    const wanted = fold(filter[kind])
    const names = values[kind].map((value) => (typeof value === 'string' ? [value] : value.slice(0, 2)).map(fold))
    const isWhole = names.some((parts) => parts.includes(wanted))
    const fits = (parts: readonly string[]) =>
      isWhole ? parts.includes(wanted) : parts.some((part) => part.includes(wanted))
    passing.push(pass(rows[kind], names, fits))
  }
  if (filter.unit !== '') passing.push(pass(rows.account, values.account, passUnit(values.account, fold(filter.unit))))
  return passing
}

/** An id has priority over a name: a unit may have another one's id as its name. */
function passUnit(accounts: AccessTable['values']['account'], wanted: string): (account: PageAccount) => boolean {
  const isId = ([, , , , ids]: PageAccount) => fold(ids).split('/').includes(wanted)
  const isPath = ([, , , path]: PageAccount) => `${fold(path)}/`.startsWith(`${wanted}/`)
  const isPart = ([, , , path, ids]: PageAccount) => fold(`${path} ${ids}`).includes(wanted)
  return [isId, isPath].find((isMeant) => accounts.some(isMeant)) ?? isPart
}

const wordColumns = [
  'deployment',
  'person',
  'group',
  'account',
  'permissionSet',
  'state',
  'remark',
] as const satisfies SearchedKind[]

function passWords({ length, rows, values, searched }: AccessTable, text: string): readonly Passing[] {
  const words = fold(text)
    .split(/\s+/)
    .filter((word) => word !== '')
  return words.map((word) => {
    const has = (known: string) => known.includes(word)
    const passing = new Uint8Array(length)
    for (const kind of wordColumns) spread(rows[kind], mask(searched[kind], has), passing)
    const links = mask(searched.link, has)
    const linkSets = mask(values.linkSet, (set) => set.some((link) => links[link] === 1))
    return spread(rows.linkSet, linkSets, passing)
  })
}

function passTime({ rows, values }: AccessTable, since: string): readonly Passing[] {
  return since === '' ? [] : [pass(rows.since, values.instant, (instant) => instant >= since)]
}

function passReady({ rows, values, permissionSets }: AccessTable, ready: ReadyFilter) {
  const isAbsent = (places: Int32Array) => Uint8Array.from(places, (place) => (place === 0 ? 1 : 0))
  switch (ready) {
    case 'everything':
      return []
    case 'direct':
      return [isAbsent(rows.group), pass(rows.person, values.person, ([name]) => name !== '')]
    case 'ending':
      return [pass(rows.until, values.instant, (instant) => instant !== '')]
    case 'foreign':
      return [pass(rows.state, values.state, (state) => state === 'foreign')]
    case 'unused':
      return [pass(rows.use, values.use, ([, days]) => days >= unusedDaysAsked)]
    case 'administrator':
      return [isAbsent(rows.until), pass(rows.permissionSet, permissionSets, (set) => set.isAdministrator)]
    default:
      return ready satisfies never
  }
}

function pass<T>(places: Int32Array, values: readonly T[], fits: (value: T) => boolean): Passing {
  return spread(places, mask(values, fits))
}

/** 1 for each value that fits. */
export function mask<T>(values: readonly T[], fits: (value: T) => boolean): Uint8Array {
  return Uint8Array.from(values, (value) => (fits(value) ? 1 : 0))
}

/** Marks the rows with matching values, in addition to the rows that pass already. */
export function spread(
  places: Int32Array,
  fits: Uint8Array,
  passing: Passing = new Uint8Array(places.length),
): Passing {
  if (!fits.includes(1)) return passing
  for (let row = 0; row < places.length; row++) if (fits[places[row] ?? 0] === 1) passing[row] = 1
  return passing
}
