import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { renderPersonWith } from '../../../shared/domain/principals/person-remark.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { describeSources } from '../../../shared/modules/access/describe-sources.ts'
import {
  type HeldAccess,
  membersNotRecorded,
  membersUnknown,
  sortKeyOf,
} from '../../../shared/modules/access/expand-access.ts'
import { accessCsvTitles, renderAccessRows } from '../../../shared/modules/access/render-access-rows.ts'
import type { WhoFacts, WhoSources } from '../../../shared/modules/access/who-has-access.ts'
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
  /** Asked after the last row. A column that is not shown has no text, or the same in every row. */
  readonly isShown?: () => boolean
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
  if (origin === 'not known') return 'not known'
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
  [membersUnknown, 'not known'],
  ['the group is gone from the directory', 'group gone'],
  [membersNotRecorded, 'not recorded'],
])

const renderPerson = ({ person, remark }: HeldAccess): string => {
  if (person !== undefined) return renderPersonWith(person, remark)
  return `(${shortRemarks.get(remark ?? '') ?? remark ?? 'not known'})`
}

const renderSince = ({ since, origin, state }: HeldAccess): string => {
  const day = since === undefined ? 'not known' : `${origin === 'ssofile' ? '' : 'known '}${since.slice(0, 10)}`
  return state === 'granted' || origin !== 'ssofile' ? day : `${day} ${state}`
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

/** Access for a terminal, then the figures, and the age of each source. It keeps only the rows of one screen. */
export class AccessTable {
  readonly #fixed: Fixed
  readonly #width: number | undefined
  readonly #columns: readonly Column[]
  readonly #screens: readonly JoinedRows[]
  readonly #people = new Set<string>()
  /** Groups with members that are not known. */
  readonly #unread = new Set<string>()
  readonly #accounts = new Set<string>()
  readonly #verdicts = new Map<string, number>()
  /** Unused access by a group that the person may have joined after it was given. */
  #joinings = 0
  readonly #has = { unnamed: false, foreign: false, levels: false, ends: false, uses: false }
  #first: HeldAccess | undefined
  #rows = 0

  /** `width`: `undefined` for any. */
  constructor(fixed: Fixed, width: number | undefined) {
    this.#fixed = fixed
    this.#width = width
    const has = this.#has
    const { unusedForDays } = fixed
    const isNarrow = width !== undefined && width < widthForLinks
    const isWide = width === undefined || width >= widthForUnits
    const useOf = (row: HeldAccess) => (unusedForDays === undefined ? renderOwnUse(row) : renderUse(row, unusedForDays))
    const isUseShown = () => unusedForDays !== undefined || has.uses
    const columns: readonly (Column | false)[] = [
      { title: 'person', text: renderPerson, isShown: () => !fixed.person || has.unnamed },
      !fixed.account && { title: 'account', text: ({ account }) => account, isKept: true, isPlace: true },
      !fixed.account && { title: 'name', text: ({ accountName = '' }) => accountName, isPlace: true },
      isWide && !fixed.account && { title: 'OU path', text: ({ path = '' }) => path, isPlace: true },
      !fixed.permissionSet && { title: 'permission set', text: ({ permissionSet }) => permissionSet },
      { title: 'through', text: isNarrow ? groupOf : throughOf },
      { title: 'since', text: renderSince, isKept: true },
      { title: 'until', text: renderUntil, isKept: true, isShown: () => has.ends },
      { title: 'last used', text: useOf, isKept: true, isShown: isUseShown },
      unusedForDays !== undefined && {
        title: 'by anybody',
        // A row without a person shows how anybody used the role.
        text: (row) => (row.own === undefined && row.person !== undefined ? '' : renderRoleUse(row)),
        isKept: true,
        isShown: () => has.uses,
      },
      { title: 'levels', text: renderLevels, isKept: true, isShown: () => has.levels },
      !isNarrow && { title: 'by link', text: linksOf },
      isNarrow && {
        title: 'given by',
        text: ({ origin, own }) => (unusedForDays === undefined && own === undefined ? origin : ''),
        isKept: true,
        isShown: () => !isUseShown() && has.foreign,
      },
    ]
    this.#columns = columns.filter((column) => column !== false)
    this.#screens = joinings.map((joined) => new JoinedRows(this.#columns, joined))
  }

  add(rows: readonly HeldAccess[]): void {
    for (const row of rows) {
      this.#first ??= row
      this.#rows++
      const { person, personId = person, account, origin, levels, until, own } = row
      if (personId !== undefined) this.#people.add(personId)
      if (hasUnknownMembers(row)) this.#unread.add(row.groupId ?? '')
      this.#accounts.add(account)
      this.#has.unnamed ||= person === undefined
      this.#has.foreign ||= origin !== 'ssofile'
      this.#has.levels ||= levels !== undefined
      this.#has.ends ||= until !== undefined
      this.#has.uses ||= own !== undefined
      const { unusedForDays } = this.#fixed
      if (unusedForDays !== undefined) {
        const verdict = judgeUse(row, unusedForDays)
        this.#verdicts.set(verdict, (this.#verdicts.get(verdict) ?? 0) + 1)
        if (verdict === 'unused' && row.groupId !== undefined && person !== undefined && row.memberSince === undefined)
          this.#joinings++
      }
      const line = this.#columns.map(({ text }) => text(row))
      const sortKey = sortKeyOf(row)
      for (const screen of this.#screens) screen.add(line, sortKey)
    }
  }

  /** Call it after the last row. Without its ledger ssofile knows nothing else, so a loss comes first. */
  render(facts: WhoFacts, now: Date): string {
    const { ledger } = facts.sources
    const loss = 'is' in ledger || !this.#first ? '' : `${quote(ledger.unread, 1000)}\n\n`
    const { unusedForDays, account: isOneAccount } = this.#fixed
    const counted = { verdicts: this.#verdicts, joinings: this.#joinings, hasUses: this.#has.uses }
    const verdicts = unusedForDays === undefined ? '' : renderVerdicts(counted, unusedForDays)
    const found = this.#first
      ? this.#renderRows(isOneAccount ? this.#first : undefined)
      : renderNothing(facts, unusedForDays)
    return `${loss}${found}${verdicts}${renderSources(facts.sources, now)}${renderNotes(facts.notes)}`
  }

  #renderRows(place: HeldAccess | undefined): string {
    const width = this.#width
    const isShown = this.#columns.map((column) => column.isShown?.() ?? true)
    const all = this.#screens.find(({ isFull }) => !isFull)?.lines ?? []
    const shown = this.#columns.filter((_, at) => isShown[at])
    const table = renderTable(
      shown.map(({ title }) => title),
      all.slice(0, linesMost).map((line) => line.filter((_, at) => isShown[at])),
      width,
      shown.flatMap(({ isKept }, index) => (isKept ? [index] : [])),
    )
    const isShort = width !== undefined && width < widthForLinks
    const isJoined = all.length < this.#rows
    const more =
      isShort || isJoined ? `; with ${isJoined ? 'every row, ' : ''}links, tickets and uploaders: --output csv` : ''
    const left = all.length - linesMost
    const rest = left > 0 ? `and ${left.toLocaleString('en')} more lines like these\n` : ''
    const people = sayPeople(this.#people.size, this.#unread.size)
    const figures = `${count(this.#rows, 'row')}: ${people}, ${count(this.#accounts.size, 'account')}${more}\n`
    return `${place ? renderPlace(place) : ''}${table}${rest}\n${figures}`
  }
}

/** Nobody knows who has the access of this row. */
export function hasUnknownMembers({ person, remark = '' }: HeldAccess): boolean {
  return person === undefined && [membersUnknown, membersNotRecorded].includes(remark)
}

function sayPeople(known: number, unreadGroups: number): string {
  const people = count(known, 'person', 'people')
  if (unreadGroups === 0) return people
  const unread = `the members of ${count(unreadGroups, 'group')}, which are not known`
  return known === 0 ? unread : `${people}, and ${unread}`
}

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

type JoinedLine = { first: string; readonly values: readonly Set<string>[] }

/**
 * Rows that differ in some columns only, as one line: it has their number, or their earliest time. It gives up when there are more lines
 * than fit, except for the last of the `joinings`.
 */
class JoinedRows {
  readonly #columns: readonly Column[]
  readonly #isKept: readonly boolean[]
  readonly #isListed: readonly boolean[]
  readonly #most: number
  #alike: Map<string, JoinedLine> | undefined = new Map()

  constructor(columns: readonly Column[], joined: readonly string[]) {
    this.#columns = columns
    this.#isKept = columns.map(({ title, isPlace }) => !joined.includes(isPlace ? 'account' : title))
    // A line only shows whether the values of the other columns differ.
    this.#isListed = columns.map(({ title }) => nouns[title] !== undefined || title === 'since')
    this.#most = joined === joinings.at(-1) ? Number.POSITIVE_INFINITY : linesMost
  }

  add(line: readonly string[], sortKey: string): void {
    if (this.#alike === undefined) return
    const name = line.filter((_, at) => this.#isKept[at]).join('\n')
    const known = this.#alike.get(name) ?? { first: sortKey, values: line.map(() => new Set<string>()) }
    if (sortKey < known.first) known.first = sortKey
    for (const [at, seen] of known.values.entries()) if (this.#isListed[at] || seen.size < 2) seen.add(line[at] ?? '')
    this.#alike.set(name, known)
    if (this.#alike.size > this.#most) this.#alike = undefined
  }

  get isFull(): boolean {
    return this.#alike === undefined
  }

  /** By the first row of each. */
  get lines(): readonly (readonly string[])[] {
    const ordered = [...(this.#alike?.values() ?? [])].sort((a, b) => (a.first < b.first ? -1 : 1))
    return ordered.map(({ values }) => this.#columns.map(({ title }, at) => tellValues(title, values[at])))
  }
}

function tellValues(title: string, values: ReadonlySet<string> = new Set()): string {
  const [first = '', second] = [...values].sort()
  if (second === undefined) return first
  const noun = nouns[title]
  if (noun) return count(values.size, ...noun)
  return title === 'since' ? `${first} on` : ''
}

/** The one account of these rows, and its place in the organization. */
function renderPlace(row: HeldAccess): string {
  const { account, accountName = '', accountState = 'not in the organization', path = '', pathIds = '' } = row
  const name = [accountName, accountState].filter((part) => part !== '').map((part) => quote(part))
  const units = path === '' ? '' : `${'in'.padEnd(10)}${quote(path, 1000)}\n${' '.repeat(10)}${pathIds}\n`
  return `${'account'.padEnd(10)}${account} (${name.join(', ')})\n${units}\n`
}

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

function renderNothing({ ifEmpty, sources: { ledger } }: WhoFacts, unusedForDays: number | undefined): string {
  if (unusedForDays !== undefined && 'is' in ledger) return 'no access was found, except access used within that time\n'
  return 'is' in ifEmpty ? `nobody: ${ifEmpty.is}\n` : `${quote(ifEmpty.unread, 1000)}\n`
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

type Rows = AsyncIterable<readonly HeldAccess[]>

/** Titles, and then a line for each row, in parts. */
export async function* renderAccessAsCsv(
  rows: Rows,
  wanted: { readonly hasLevels?: boolean | undefined; readonly hasUses: boolean },
): AsyncGenerator<string> {
  yield accessCsvTitles(wanted)
  for await (const some of inParts(rows)) yield renderAccessRows(some, wanted)
}

/** `{ rows, ...facts }` as JSON, in parts. */
export async function* renderAccessAsJson(rows: Rows, facts: () => WhoFacts): AsyncGenerator<string> {
  let before = '{\n  "rows": ['
  for await (const some of inParts(rows)) {
    const texts = some.map((row) => renderJson(row).trimEnd().replaceAll('\n', '\n    '))
    yield `${before}\n    ${texts.join(',\n    ')}`
    before = ','
  }
  yield before === ',' ? '\n  ]' : `${before}]`
  yield `,${renderJson(facts()).slice(1)}`
}

/** The rows of a large group in one account may be longer than a string can be. (V8, String::kMaxLength.) */
const rowsOfPart = 1_000

async function* inParts(rows: Rows): AsyncGenerator<readonly HeldAccess[]> {
  for await (const some of rows)
    for (let at = 0; at < some.length; at += rowsOfPart) yield some.slice(at, at + rowsOfPart)
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

/** `joinings`: unused access by a group that the person may have joined after it was given. */
type CountedVerdicts = {
  readonly verdicts: ReadonlyMap<string, number>
  readonly joinings: number
  readonly hasUses: boolean
}

/** Rows with unknown use must not look like unused ones. */
export function renderVerdicts({ verdicts, joinings, hasUses }: CountedVerdicts, days: number): string {
  const counted = hasUses ? 'counted, ' : ''
  const [unused, young, unknown] = (['unused', 'too new', 'not known'] as const).map((one) => verdicts.get(one) ?? 0)
  const later = joinings === 0 ? '' : `, of them ${joinings} by a group that the person may have joined later`
  return `unused for ${count(days, 'day')}: ${unused}${later}; given, ${counted}or its role made, later: ${young}; not known: ${unknown}\n`
}
