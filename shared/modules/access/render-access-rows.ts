import { describeTemporary } from '../../domain/links/told-link.ts'
import { renderCsv, renderTable, type TableColumn } from '../../domain/text/render-csv.ts'
import type { HeldAccess } from './expand-access.ts'

type Column = TableColumn<HeldAccess>

const columns: readonly Column[] = [
  { title: 'person', text: ({ person = '' }) => person },
  { title: 'person id', text: ({ personId = '' }) => personId },
  { title: 'account', text: ({ account }) => account },
  { title: 'account name', text: ({ accountName = '' }) => accountName },
  { title: 'account state', text: ({ accountState = '' }) => accountState },
  { title: 'OU path', text: ({ path = '' }) => path },
  { title: 'OU ids', text: ({ pathIds = '' }) => pathIds },
  { title: 'permission set', text: ({ permissionSet }) => permissionSet },
  { title: 'through group', text: ({ group = '' }) => group },
  { title: 'group id', text: ({ groupId = '' }) => groupId },
  { title: 'given by', text: ({ origin }) => origin },
  { title: 'state', text: ({ state }) => state },
  { title: 'since', values: 'instants', text: ({ since = '' }) => since },
  { title: 'until', values: 'instants', text: ({ until = '' }) => until },
  { title: 'links', text: ({ links }) => links.map(({ key }) => key).join(' ; ') },
  { title: 'uploaded by', text: ({ links }) => links.map(({ by }) => by?.principalId ?? 'not known').join(' ; ') },
  { title: 'uploaded at', text: ({ links }) => links.map(({ lastModified }) => lastModified).join(' ; ') },
  { title: 'ticket', text: ({ links }) => links.flatMap(({ ticket }) => ticket ?? []).join(' ; ') },
  { title: 'reason', text: ({ links }) => links.flatMap(({ reason }) => reason ?? []).join(' ; ') },
  { title: 'temporary', text: ({ links }) => links.flatMap((link) => describeTemporary(link) ?? []).join(' ; ') },
  { title: 'remark', text: ({ remark = '' }) => remark },
  { title: 'role last used', text: ({ use }) => (use?.isKnown ? (use.lastUsedAt ?? 'never') : 'not known') },
  {
    title: 'unused days',
    values: 'numbers',
    text: ({ unusedDays }) => (unusedDays === undefined ? '' : String(unusedDays)),
  },
  { title: 'use as of', values: 'instants', text: ({ use }) => (use?.isKnown ? use.asOf : '') },
]

const levelColumn: Column = { title: 'access levels', text: ({ levels = [] }) => levels.join(' ; ') }
/** Last, so that readers by position still work. */
const newColumns: readonly Column[] = [
  { title: 'membership files', text: ({ memberships = [] }) => memberships.join(' ; ') },
  { title: 'owner', text: ({ links }) => [...new Set(links.flatMap(({ owner }) => owner ?? []))].join(' ; ') },
]

/** Not in reports: these are kept longer than uses, and more people read them. */
const useColumns: readonly Column[] = [
  { title: 'last used by person', text: ({ own }) => own?.last?.at ?? '' },
  { title: 'used by', text: ({ own }) => own?.last?.by ?? '' },
  { title: 'hours used in 90 days', text: ({ own }) => (own === undefined ? '' : String(own.last?.hours90 ?? 0)) },
  { title: 'uses counted since', text: ({ own }) => own?.countedSince ?? '' },
]
type Wanted = { readonly hasLevels?: boolean; readonly hasUses?: boolean }
const columnsOf = ({ hasLevels = false, hasUses = false }: Wanted) => [
  ...columns,
  ...(hasLevels ? [levelColumn] : []),
  ...newColumns,
  ...(hasUses ? useColumns : []),
]

/** The columns of a report. */
export const accessColumns = columnsOf({})

/** The first line of access as CSV. */
export function accessCsvTitles(wanted: Wanted = {}): string {
  return renderTable(columnsOf(wanted), [])
}

/** A line each. */
export function renderAccessRows(rows: readonly HeldAccess[], wanted: Wanted = {}): string {
  return renderCsv(rows.map((row) => columnsOf(wanted).map(({ text }) => text(row))))
}
