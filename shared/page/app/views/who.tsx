import Alert from '@cloudscape-design/components/alert'
import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useMemo, useState } from 'react'
import { filterOf } from '../../../domain/page/filter-query.ts'
import { sayDay, sayInstant } from '../../../domain/page/say.ts'
import type { AccessList } from '../../../domain/page/told.ts'
import { rowsOfList, rowsOfReport, type ToldReport, type WhoRow } from '../../../domain/page/who-rows.ts'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Broken, Facts, ViewLink } from '../parts/facts.tsx'
import { Named, Nothing, View } from '../parts/layout.tsx'
import { addressOf, parseRoute, useHash } from '../route.ts'
import { useAnswer } from '../use-told.ts'
import { ChangeList } from './changes.tsx'
import { AccessMatrix } from './matrix.tsx'

/** Everybody's access, for auditors: by the newest nightly report, an earlier one, or the list of now. */
export default function Who() {
  const { item, query } = parseRoute(useHash())
  const list = useAnswer<AccessList & { readonly dates: readonly string[] }>('/everybody')
  const dates = list.answer?.dates ?? []
  const date = query.get('date') ?? dates[0] ?? 'now'
  const isNow = date === 'now'
  const report = useAnswer<ToldReport>(list.answer && !isNow ? `/report?date=${date}` : undefined)
  const rows = useMemo(
    () =>
      isNow ? list.answer && rowsOfList(list.answer) : report.answer && rowsOfReport(report.answer, list.answer?.paths),
    [isNow, list.answer, report.answer],
  )
  const fault = list.fault ?? report.fault
  const isLoading = list.isLoading || report.isLoading
  const notes = (isNow ? undefined : report.answer?.facts.notes) ?? []
  const asOf = isNow ? list.answer?.asOf : report.answer?.facts.madeAt
  const [kind, name] = item.split(/\/(.*)/s)
  const isSubject = (kind === 'person' || kind === 'account') && name !== undefined
  const title = isSubject ? `${kind === 'person' ? 'Person' : 'Account'}: ${name}` : 'Who has access'
  const described = `As of ${sayInstant(asOf)}. ${isNow ? 'Groups are not expanded.' : 'By the nightly report: groups are expanded to people.'}`
  return (
    <View title={title} description={asOf && described} actions={<DateChoice dates={dates} date={date} />}>
      {fault !== undefined && <Alert type="error">{fault}</Alert>}
      {notes.length > 0 && (
        <ExpandableSection headerText={`Notes about this report (${notes.length})`}>
          {notes.map((note) => (
            <Box key={note}>{note}</Box>
          ))}
        </ExpandableSection>
      )}
      {isSubject ? (
        <Subject kind={kind} name={name} rows={rows} isLoading={isLoading} />
      ) : (
        <Everybody tab={item || 'table'} date={query.get('date') ?? undefined} rows={rows} isLoading={isLoading} />
      )}
    </View>
  )
}

function DateChoice({ dates, date }: { readonly dates: readonly string[]; readonly date: string }) {
  const options = [{ value: 'now', label: 'Now' }, ...dates.map((one) => ({ value: one, label: sayDay(one) }))]
  const go = (chosen = '') => {
    const [path = '', text = ''] = location.hash.split('?')
    const query = new URLSearchParams(text)
    query.set('date', chosen)
    location.hash = `${path}?${query.toString().replaceAll('+', '%20')}`
  }
  return (
    <FormField label="As of">
      <Select
        options={options}
        selectedOption={options.find(({ value }) => value === date) ?? null}
        onChange={({ detail }) => go(detail.selectedOption.value)}
      />
    </FormField>
  )
}

type Shown = { readonly rows: readonly WhoRow[] | undefined; readonly isLoading: boolean }
const nobody: readonly WhoRow[] = []

function Everybody({
  tab,
  date,
  rows = nobody,
  isLoading,
}: Shown & { readonly tab: string; readonly date: string | undefined }) {
  const [filtered, onFiltered] = useState(rows)
  const table = <Rows rows={rows} isLoading={isLoading} onFiltered={onFiltered} />
  const matrix = <AccessMatrix rows={filtered.length > 0 ? filtered : rows} date={date} />
  return (
    <Tabs
      activeTabId={tab}
      onChange={({ detail }) => {
        location.hash = addressOf('who', detail.activeTabId === 'table' ? '' : detail.activeTabId, { date })
      }}
      tabs={[
        { id: 'table', label: 'Table', content: table },
        { id: 'matrix', label: 'Accounts × permission sets', content: matrix },
      ]}
    />
  )
}

type RowsProps = Shown & { readonly onFiltered?: (rows: readonly WhoRow[]) => void }

function Rows({ rows = nobody, ...others }: RowsProps) {
  return (
    <DataTable
      {...others}
      title="Access"
      items={rows}
      keyOf={({ id }) => id}
      columns={columns}
      filter="q"
      placeholder="Find by person, group, account, OU, permission set…"
      file="who-has-access"
      sortedBy="person"
      empty={<Nothing>Nobody has access.</Nothing>}
    />
  )
}

const administrator = 'Administrator-like'
const columns: readonly DataColumn<WhoRow>[] = [
  { id: 'person', title: 'Person', value: (row) => row.person || row.remark, cell: Person, shown: 'first', width: 150 },
  { id: 'account', title: 'Account', value: ({ account }) => account, shown: 'hidden' },
  {
    id: 'accountName',
    title: 'Account name',
    value: (row) => row.accountName,
    cell: Place,
    shown: 'first',
    width: 230,
  },
  { id: 'ou', title: 'OU', value: ({ path }) => path, shown: 'hidden' },
  { id: 'set', title: 'Permission set', value: ({ set }) => set, cell: SetName, shown: 'first' },
  { id: 'level', title: 'Level', value: ({ level }) => level, shown: 'hidden' },
  { id: 'group', title: 'Through', value: ({ group }) => group || 'directly' },
  { id: 'source', title: 'Source', value: ({ source }) => source, cell: Source },
  {
    id: 'since',
    title: 'Since',
    value: ({ since }) => since,
    cell: ({ since }) => sayDay(since || undefined) || 'not known',
  },
  { id: 'until', title: 'Ends', value: ({ until }) => until, cell: ({ until }) => sayInstant(until), shown: 'hidden' },
  {
    id: 'unused',
    title: 'Unused for days',
    value: (row) => (row.unusedDays < 0 ? '' : row.unusedDays),
    shown: 'hidden',
  },
  { id: 'used', title: 'Last used', value: ({ lastUsed }) => lastUsed.replace(/T\S*/, ''), shown: 'hidden' },
  { id: 'why', title: 'Why', value: ({ why }) => why, cell: ({ why }) => <Broken text={why} />, width: 200 },
]

function Person({ person, remark }: WhoRow) {
  if (person === '') return <i>{remark || 'not known'}</i>
  return <ViewLink to={addressOf('who', `person/${person}`)} children={<bdi>{person}</bdi>} />
}

function Place({ account, accountName, path }: WhoRow) {
  const link = <ViewLink to={addressOf('who', `account/${account}`)}>{accountName || account}</ViewLink>
  return <Named name={link} about={`${account} · ${path}`} />
}

function SetName({ set, level }: WhoRow) {
  return <Named name={set} about={level === administrator && <Badge color="severity-high">{administrator}</Badge>} />
}

function Source({ source, until }: WhoRow) {
  return <Named name={source} about={until && `until ${sayInstant(until)}`} />
}

/** A person's or an account's page: what there is, through what, and its history. */
function Subject({ kind, name, rows = nobody, isLoading }: Shown & { readonly kind: string; readonly name: string }) {
  const isPerson = kind === 'person'
  const own = useMemo(
    () => rows.filter((row) => (isPerson ? row.person : row.account) === name),
    [rows, isPerson, name],
  )
  const different = (of: (row: WhoRow) => string) => String(new Set(own.map(of).filter((text) => text !== '')).size)
  const administers = own.filter(({ level }) => level === administrator).length
  const q = filterOf({ [isPerson ? 'person' : 'account']: name, level: administrator })
  const link = <ViewLink to={addressOf('who', '', { q })}>{String(administers)}</ViewLink>
  const [first] = own
  const facts = isPerson
    ? ([
        ['Accounts', different(({ account }) => account)],
        ['Groups', different(({ group }) => group)],
        ['Remark', first?.remark],
      ] as const)
    : ([
        ['Name', first?.accountName],
        ['OU', first?.path],
        ['People', different(({ person }) => person)],
      ] as const)
  return (
    <SpaceBetween size="l">
      <Facts columns={4} facts={[...facts, ['Administrator-like', administers === 0 ? 'None' : link]]} />
      <Rows rows={own} isLoading={isLoading} />
      <ChangeList title="History of the last 90 days" words={name} days={90} />
    </SpaceBetween>
  )
}
