import { type AccessTable, textOf } from './access-table.ts'
import { countDifferent } from './count-people.ts'
import type { Facts } from './describe-row.ts'

type Subject = { readonly title: string; readonly facts: Facts }

/** A view of one person or one account: the common facts of all these rows. `undefined`: they share neither. */
export function describeSubject(
  table: AccessTable,
  filter: { readonly person: string; readonly account: string },
  among: Int32Array,
): Subject | undefined {
  const [first] = among
  if (first === undefined) return undefined
  const isOne = (places: Int32Array) => places[first] !== 0 && countDifferent(places, among) === 1
  if (filter.person !== '' && isOne(table.rows.person)) return describePerson(table, first, among)
  if (filter.account !== '' && isOne(table.rows.account)) return describeAccount(table, first, among)
  return undefined
}

function describePerson(table: AccessTable, first: number, among: Int32Array): Subject {
  const { rows, values } = table
  const groupNames = values.group.map(([name]) => name)
  const groups = listNames(groupNames, rows.group, among)
  const direct = among.filter((row) => rows.group[row] === 0).length
  const administered = listAdministered(table, among)
  return {
    title: textOf(table, first, 'person'),
    facts: [
      ['Accounts', String(countDifferent(rows.account, among))],
      ['Permission sets', listNames(values.permissionSet, rows.permissionSet, among)],
      ['Through groups', groups || 'none'],
      ['Rows held directly', String(direct)],
      ['Accounts with administrator access', String(countDifferent(rows.account, administered))],
      ...(textOf(table, first, 'remark') === '' ? [] : [['Remark', textOf(table, first, 'remark')] as const]),
    ],
  }
}

function describeAccount(table: AccessTable, first: number, among: Int32Array): Subject {
  const { rows, values } = table
  const [id = '', name = '', state = '', path = '', pathIds = ''] = values.account[rows.account[first] ?? 0] ?? []
  const administered = listAdministered(table, among)
  const foreign = among.filter((row) => textOf(table, row, 'state') === 'foreign')
  return {
    title: name === '' ? id : `${id}, ${name}`,
    facts: [
      ['State', state || 'not known'],
      ['OUs above it', path || 'not known'],
      ['Ids of these OUs', pathIds || 'not known'],
      ['People', String(countDifferent(rows.person, among))],
      ['Permission sets', listNames(values.permissionSet, rows.permissionSet, among)],
      ['Administrators', String(countDifferent(rows.person, administered))],
      ['Foreign rows', String(foreign.length)],
    ],
  }
}

const listAdministered = ({ rows, permissionSets }: AccessTable, among: Int32Array) =>
  among.filter((row) => permissionSets[rows.permissionSet[row] ?? 0]?.isAdministrator)

const namesMost = 12

function listNames(names: readonly string[], places: Int32Array, among: Int32Array): string {
  const used = new Set<number>()
  for (const row of among) used.add(places[row] ?? 0)
  used.delete(0)
  const sorted = [...used].map((place) => names[place] ?? '').sort()
  return sayFirst(sorted, namesMost)
}

/** The first ones, and the number of the others: `a, b and 3 more`. */
function sayFirst(all: readonly string[], most: number): string {
  return `${all.slice(0, most).join(', ')}${all.length > most ? ` and ${all.length - most} more` : ''}`
}
