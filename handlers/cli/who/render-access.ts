import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { renderPersonWith } from '../../../shared/domain/principals/person-remark.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { describeSources } from '../../../shared/modules/access/describe-sources.ts'
import type { HeldAccess } from '../../../shared/modules/access/expand-access.ts'
import { accessCsvTitles, renderAccessRows } from '../../../shared/modules/access/render-access-rows.ts'
import type { WhoAnswer, WhoSources } from '../../../shared/modules/access/who-has-access.ts'
import { judgeUse, unusedSince } from '../../../shared/modules/usage/rules/role-use.ts'
import { paint } from '../terminal/paint.ts'
import { renderAge } from '../terminal/render-age.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable } from '../terminal/render-table.ts'

type Column = {
  readonly title: string
  readonly text: (row: HeldAccess) => string
  /** The column is never cut. */
  readonly isKept?: boolean
  /** The column shows the account. */
  readonly isPlace?: boolean
}
/** Columns with the same value in each row are left out. */
export type Fixed = {
  readonly person: boolean
  readonly account: boolean
  readonly permissionSet: boolean
  /** The user asked for access unused for this many days. */
  readonly unusedForDays?: number | undefined
}

const linksOf = ({ links, origin }: HeldAccess): string => {
  const [first, ...others] = links.map(({ key }) => key.slice(linkPrefix.length))
  if (origin === 'foreign') return 'not given by ssofile'
  return first === undefined ? 'none known' : `${first}${others.length === 0 ? '' : ` +${others.length}`}`
}

const groupOf = ({ group, groupId }: HeldAccess): string => group ?? groupId ?? 'directly'

/** The membership's file names the group, too. */
const throughOf = (row: HeldAccess): string => {
  const [first, ...others] = row.memberships ?? []
  return first === undefined ? groupOf(row) : `${first}${others.length === 0 ? '' : ` +${others.length}`}`
}

/** Short remarks for a narrow column; other output has the sentences. */
const shortRemarks = new Map([
  ['the group has no members', 'no members'],
  ['its members are not known', 'not known'],
  ['the group is gone from the directory', 'group gone'],
  ['its members then are not recorded', 'not recorded'],
])

const renderPerson = ({ person, remark }: HeldAccess): string => {
  if (person !== undefined) return renderPersonWith(person, remark)
  return `(${shortRemarks.get(remark ?? '') ?? remark ?? 'not known'})`
}

const renderSince = ({ since, origin, state }: HeldAccess): string => {
  const day = since === undefined ? 'not known' : `${origin === 'foreign' ? 'known ' : ''}${since.slice(0, 10)}`
  return state === 'granted' || state === 'foreign' ? day : `${day} ${state}`
}

/** The end of the access: a day, or for temporary access also the time. */
const renderUntil = ({ until = '', links }: HeldAccess): string => {
  const isTemporary = links.some(({ request }) => request !== undefined)
  return isTemporary && until !== '' ? `${until.slice(0, 16).replace('T', ' ')}Z temporary` : until.slice(0, 10)
}

/** AWS's words but one, which would take half of a narrow line. */
const renderLevels = ({ levels = [] }: HeldAccess): string =>
  levels.map((level) => (level === 'Permissions management' ? 'Permissions' : level)).join(' ')

/** A person reads no more. Beyond that, rows that differ in few columns share a line; --output lists all. */
const linesMost = 24

/** On a narrower terminal, links would be cut beyond recognition. */
const widthForLinks = 110
const widthForUnits = 160

/** Access for a terminal of this width (`undefined`: any), then the figures, and the age of each source. */
export function renderAccess(answer: WhoAnswer, fixed: Fixed, now: Date, width: number | undefined): string {
  const { rows, notes, sources } = answer
  const isNarrow = width !== undefined && width < widthForLinks
  const isWide = width === undefined || width >= widthForUnits
  const hasForeign = rows.some(({ origin }) => origin === 'foreign')
  const hasLevels = rows.some(({ levels }) => levels !== undefined)
  const hasEnds = rows.some(({ until }) => until !== undefined)
  const { unusedForDays } = fixed
  const isCounted = areCounted(rows)
  const useOf = (row: HeldAccess) => (unusedForDays === undefined ? renderOwnUse(row) : renderUse(row, unusedForDays))
  const used = (unusedForDays !== undefined || isCounted) && { title: 'last used', text: useOf, isKept: true }
  const columns: readonly (Column | false)[] = [
    !fixed.person && { title: 'person', text: renderPerson },
    !fixed.account && { title: 'account', text: ({ account }) => account, isKept: true, isPlace: true },
    !fixed.account && { title: 'name', text: ({ accountName = '' }) => accountName, isPlace: true },
    isWide && !fixed.account && { title: 'OU path', text: ({ path = '' }) => path, isPlace: true },
    !fixed.permissionSet && { title: 'permission set', text: ({ permissionSet }) => permissionSet },
    { title: 'through', text: isNarrow ? groupOf : throughOf },
    { title: 'since', text: renderSince, isKept: true },
    hasEnds && { title: 'until', text: renderUntil, isKept: true },
    used,
    isCounted && unusedForDays !== undefined && { title: 'by anybody', text: renderRoleUse, isKept: true },
    hasLevels && { title: 'levels', text: renderLevels, isKept: true },
    !isNarrow && { title: 'by link', text: linksOf },
    !used && isNarrow && hasForeign && { title: 'given by', text: ({ origin }) => origin, isKept: true },
  ]
  const shown = columns.filter((column) => column !== false)
  const { lines, left } = renderLines(rows, shown)
  const table = renderTable(
    shown.map(({ title }) => title),
    lines,
    width,
    shown.flatMap(({ isKept }, index) => (isKept ? [index] : [])),
  )
  const people = new Set(rows.flatMap(({ personId, person }) => personId ?? person ?? [])).size
  const accounts = new Set(rows.map(({ account }) => account)).size
  const isShort = isNarrow && rows.length > 0
  const isJoined = lines.length < rows.length
  const more =
    isShort || isJoined ? `; with ${isJoined ? 'every row, ' : ''}links, tickets and uploaders: --output csv` : ''
  const rest = left === 0 ? '' : `and ${left.toLocaleString('en')} more lines like these\n`
  const figures = `${count(rows.length, 'row')}: ${count(people, 'person', 'people')}, ${count(accounts, 'account')}${more}\n`
  const nothing = renderNothing(answer, unusedForDays)
  const found = rows.length === 0 ? nothing : `${fixed.account ? renderPlace(rows) : ''}${table}${rest}\n${figures}`
  const verdicts = unusedForDays === undefined ? '' : renderVerdicts(rows, unusedForDays)
  return `${found}${verdicts}${renderSources(sources, now)}${renderNotes(notes)}`
}

type Rows = WhoAnswer['rows']

/** Columns in which joined rows may differ: more at each step, until the rows fit. */
const joinings: readonly (readonly string[])[] = [
  [],
  ['account'],
  ['account', 'since', 'until', 'by link', 'last used'],
  ['account', 'since', 'until', 'by link', 'last used', 'person'],
  ['account', 'since', 'until', 'by link', 'last used', 'person', 'through'],
]

const nouns: Readonly<Record<string, readonly [one: string, many: string]>> = {
  account: ['account', 'accounts'],
  person: ['person', 'people'],
  through: ['way', 'ways'],
}

function renderLines(rows: Rows, columns: readonly Column[]) {
  for (const joined of joinings) {
    const lines = joinRows(rows, columns, joined, joined === joinings.at(-1) ? Number.POSITIVE_INFINITY : linesMost)
    if (lines) return { lines: lines.slice(0, linesMost), left: Math.max(0, lines.length - linesMost) }
  }
  return { lines: [], left: 0 }
}

/**
 * Joins rows that differ in these columns only: the line has their number, or their earliest time. `undefined`: there are more lines than
 * `most`.
 */
function joinRows(rows: Rows, columns: readonly Column[], joined: readonly string[], most: number) {
  const isJoined = ({ title, isPlace }: Column) => joined.includes(isPlace ? 'account' : title)
  const kept = columns.map((column) => !isJoined(column))
  // A line only shows whether the values of the other columns differ.
  const isListed = columns.map(({ title }) => nouns[title] !== undefined || title === 'since')
  const alike = new Map<string, readonly Set<string>[]>()
  for (const row of rows) {
    const line = columns.map(({ text }) => text(row))
    const name = line.filter((_, at) => kept[at]).join('\n')
    const values = alike.get(name) ?? columns.map(() => new Set<string>())
    for (const [at, seen] of values.entries()) if (isListed[at] || seen.size < 2) seen.add(line[at] ?? '')
    alike.set(name, values)
    if (alike.size > most) return undefined
  }
  return [...alike.values()].map((values) =>
    columns.map(({ title }, at) => {
      const [first = '', second] = [...(values[at] ?? [])].sort()
      if (second === undefined) return first
      const noun = nouns[title]
      if (noun) return count(values[at]?.size ?? 0, ...noun)
      return title === 'since' ? `${first} on` : ''
    }),
  )
}

/** The one account of these rows, and its place in the organization. */
function renderPlace([first]: WhoAnswer['rows']): string {
  if (first === undefined) return ''
  const { account, accountName = '', accountState = 'not in the organization', path = '', pathIds = '' } = first
  const name = [accountName, accountState].filter((part) => part !== '').map((part) => quote(part))
  const units = path === '' ? '' : `${'in'.padEnd(10)}${quote(path, 1000)}\n${' '.repeat(10)}${pathIds}\n`
  return `${'account'.padEnd(10)}${account} (${name.join(', ')})\n${units}\n`
}

const areCounted = (rows: readonly HeldAccess[]) => rows.some(({ own }) => own !== undefined)

/** The last use by this person; without one, since when uses are counted. */
function renderOwnUse({ own }: HeldAccess): string {
  if (own === undefined) return ''
  return own.last === undefined
    ? `not since ${own.countedSince.slice(0, 10)}`
    : `${own.last.at.slice(0, 10)} ${own.last.by}`
}

function renderRoleUse({ use }: HeldAccess): string {
  return use?.isKnown ? (use.lastUsedAt?.slice(0, 10) ?? 'never') : 'not known'
}

/** Records alone cannot prove that there is no access. */
function renderNothing({ isAsked, sources: { historySince } }: WhoAnswer, unusedForDays: number | undefined): string {
  if (unusedForDays !== undefined) return 'no access was found, except access used within that time\n'
  if (isAsked) return 'nobody: Identity Center lists no such access, and ssofile has no record of any\n'
  if (historySince !== undefined) return 'nobody, according to history\n'
  return 'no such access is recorded, but Identity Center was not asked and may have some\n'
}

export function renderNotes(notes: readonly string[]): string {
  return notes.map((note) => `${paint('pending', 'note')}  ${quote(note, 500)}\n`).join('')
}

export function renderSources(sources: WhoSources, now: Date): string {
  return describeSources(sources, { now: 'now', dated: (at) => renderDated(at, now) })
    .map(([name, text]) => `${name.padEnd(10)}${quote(text, 500)}\n`)
    .join('')
}

function renderDated(at: string, now: Date): string {
  return `${renderAge(at, now)} (${at})`
}

/** Half a million rows are longer than a string can be. (V8, String::kMaxLength.) */
const rowsOfPart = 1_000

export function* renderAccessAsCsv({ rows }: Pick<WhoAnswer, 'rows'>, { hasLevels = false } = {}): Generator<string> {
  const wanted = { hasLevels, hasUses: areCounted(rows) }
  yield accessCsvTitles(wanted)
  for (let at = 0; at < rows.length; at += rowsOfPart) yield renderAccessRows(rows.slice(at, at + rowsOfPart), wanted)
}

/** The text of `renderJson(answer)`, in parts. */
export function* renderAccessAsJson({ rows, ...rest }: WhoAnswer): Generator<string> {
  if (rows.length === 0) return yield renderJson({ rows, ...rest })
  yield '{\n  "rows": ['
  for (let at = 0; at < rows.length; at += rowsOfPart) {
    const texts = rows.slice(at, at + rowsOfPart).map((row) => renderJson(row).trimEnd().replaceAll('\n', '\n    '))
    yield `${at === 0 ? '' : ','}\n    ${texts.join(',\n    ')}`
  }
  yield `\n  ],${renderJson(rest).slice(1)}`
}

/** The last use of this access, by its person if that is counted, for a user who asks for unused access. */
export function renderUse(row: HeldAccess, days: number): string {
  const { use, own } = row
  const [verdict, last] = [judgeUse(row, days), unusedSince(row)]
  if (verdict === 'not known' || last === undefined) return 'not known'
  if (own !== undefined && (verdict === 'unused' || own.last !== undefined)) return renderOwnUse(row)
  if (verdict === 'unused') return renderRoleUse(row)
  const what = last.what === 'granted' && row.origin === 'foreign' ? 'known' : last.what
  return `${what} ${renderAge(last.at, new Date(use?.isKnown ? use.asOf : (own?.asOf ?? last.at)))}`
}

/** Rows with unknown use must not look like unused ones. */
export function renderVerdicts(rows: readonly HeldAccess[], days: number): string {
  const verdicts = rows.map((row) => judgeUse(row, days))
  const [unused, young, unknown] = (['unused', 'too new', 'not known'] as const).map(
    (verdict) => verdicts.filter((one) => one === verdict).length,
  )
  const counted = areCounted(rows) ? 'counted, ' : ''
  return `unused for ${count(days, 'day')}: ${unused}; given, ${counted}or its role made, later: ${young}; not known: ${unknown}\n`
}
