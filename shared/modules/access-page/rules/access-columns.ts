import { renderPersonWith } from '../../../domain/principals/person-remark.ts'
import { type AccessTable, textOf } from './access-table.ts'
import type { SortedColumn } from './sort-rows.ts'

export type AccessColumn = {
  readonly title: string
  readonly width: string
  readonly sortedBy?: SortedColumn
  readonly text: (table: AccessTable, row: number) => string
}

const accountPart = ({ rows, values }: AccessTable, row: number, part: 0 | 1 | 3): string =>
  values.account[rows.account[row] ?? 0]?.[part] ?? ''

/** Only in a table of several deployments. */
const deployment: AccessColumn = {
  title: 'Deployment',
  width: '8.5rem',
  sortedBy: 'deployment',
  text: (table, row) => textOf(table, row, 'deployment'),
}
const columns: readonly AccessColumn[] = [
  { title: 'Person', width: '13rem', sortedBy: 'person', text: renderPerson },
  { title: 'Account', width: '8.5rem', sortedBy: 'account', text: (table, row) => accountPart(table, row, 0) },
  { title: 'Name', width: '9rem', sortedBy: 'accountName', text: (table, row) => accountPart(table, row, 1) },
  {
    title: 'Permission set',
    width: '9.5rem',
    sortedBy: 'permissionSet',
    text: (table, row) => textOf(table, row, 'permissionSet'),
  },
  {
    title: 'Through',
    width: '9rem',
    sortedBy: 'group',
    text: (table, row) => textOf(table, row, 'group') || 'directly',
  },
  { title: 'Since', width: '7.5rem', sortedBy: 'since', text: renderSince },
  { title: 'Until', width: '7rem', sortedBy: 'until', text: renderUntil },
  { title: 'State', width: '5.5rem', sortedBy: 'state', text: (table, row) => textOf(table, row, 'state') },
  { title: 'By link', width: '13rem', text: renderLinks },
  { title: 'OU path', width: '14rem', sortedBy: 'accountPath', text: (table, row) => accountPart(table, row, 3) },
]
/** The other columns are in the details of a row. */
const ofPhones = new Set(['Person', 'Name', 'Permission set', 'Through'])
const ofOnePerson = columns
  .filter(({ title }) => title !== 'Person')
  .map((one) => (one.title === 'By link' ? { ...one, width: '20rem' } : one))

/** The columns of the table of access. For one person, all columns up to the link fit a window of 1,280 pixels: the path comes last. */
export function accessColumns({
  isOnePerson,
  isPhone = false,
  hasDeployments = false,
}: {
  readonly isOnePerson: boolean
  readonly isPhone?: boolean
  readonly hasDeployments?: boolean
}) {
  const all = isOnePerson ? ofOnePerson : columns
  const fitting = isPhone ? all.filter(({ title }) => ofPhones.has(title)) : all
  return hasDeployments ? [deployment, ...fitting] : fitting
}

export function renderPerson(table: AccessTable, row: number): string {
  const person = textOf(table, row, 'person')
  const remark = textOf(table, row, 'remark')
  if (person === '') return `(${remark || 'not known'})`
  return renderPersonWith(person, remark)
}

function renderSince(table: AccessTable, row: number): string {
  const day = textOf(table, row, 'since').slice(0, 10)
  if (day === '') return 'not known'
  return textOf(table, row, 'state') === 'foreign' ? `known ${day}` : day
}

/** For temporary access, hours count. */
function renderUntil(table: AccessTable, row: number): string {
  const { rows, values } = table
  const until = textOf(table, row, 'until')
  const links = values.linkSet[rows.linkSet[row] ?? 0] ?? []
  const isTemporary = until !== '' && links.some((link) => (values.link[link]?.[6] ?? '') !== '')
  return isTemporary ? `${until.slice(0, 16).replace('T', ' ')}Z temporary` : until.slice(0, 10)
}

function renderLinks(table: AccessTable, row: number): string {
  const { rows, values } = table
  if (textOf(table, row, 'state') === 'foreign') return 'not given by ssofile'
  const links = values.linkSet[rows.linkSet[row] ?? 0] ?? []
  const [first, ...others] = links.map((link) => values.link[link]?.[0].replace(/^links_data\//, '') ?? '')
  return first === undefined ? 'none known' : `${first}${others.length === 0 ? '' : ` +${others.length}`}`
}
