import Alert from '@cloudscape-design/components/alert'
import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useMemo } from 'react'
import { addressOf, addressWith, parseRoute } from '../../../modules/page/rules/address.ts'
import { filterOf } from '../../../modules/page/rules/filter-query.ts'
import { sayDay, sayInstant, saySince } from '../../../modules/page/rules/say.ts'
import type { EverybodyList, ToldMembers, ToldUses } from '../../../modules/page/rules/told.ts'
import {
  administratorLevel,
  describeRows,
  lastUsedOf,
  readyFilters,
  rowsOfList,
  rowsOfReport,
  type ToldReport,
  type WhoRow,
} from '../../../modules/page/rules/who-rows.ts'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Broken, Choice, Facts, ViewLink } from '../parts/facts.tsx'
import { Line, Named, Nothing, View } from '../parts/layout.tsx'
import { useHash } from '../route.ts'
import { useAnswer, usePages } from '../use-told.ts'
import { ChangeList } from './changes.tsx'
import { AccessMatrix } from './matrix.tsx'

/** Everybody's access, for auditors: by the newest nightly report, an earlier one, or the list of now. */
export function Who() {
  const { item, query } = parseRoute(useHash())
  const list = useAnswer<EverybodyList>('/everybody')
  const { dates = [], paths } = list.answer ?? {}
  const date = query.get('date') ?? dates[0] ?? 'now'
  const isNow = date === 'now'
  const report = usePages<ToldReport>(list.answer && !isNow ? `/report?date=${date}` : undefined)
  const first = report.pages[0]
  // Each reading of the rows takes seconds if they are many: read the first part at once, and the others together.
  const whole = report.hasMore ? undefined : report.pages
  const members = usePages<ToldMembers>(list.answer && isNow ? '/members?' : undefined)
  const known = useMemo(() => Object.assign({}, ...members.pages.map((page) => page.members)), [members.pages])
  const uses = useAnswer<ToldUses>(list.answer && '/uses')
  const lastUsed = useMemo(() => lastUsedOf(uses.answer), [uses.answer])
  const rows = useMemo(
    () =>
      isNow
        ? list.answer && rowsOfList(list.answer, known, lastUsed)
        : first &&
          rowsOfReport({ ...first, blocks: (whole ?? [first]).flatMap(({ blocks }) => blocks) }, paths, lastUsed),
    [isNow, list.answer, first, whole, paths, known, lastUsed],
  )
  const fault = list.fault ?? uses.fault ?? (isNow ? members.fault : report.fault)
  // Stays true between two answers. Otherwise the table removes its filter for a moment, with the words that somebody types.
  const isLoading = rows === undefined && (list.fault ?? (isNow ? undefined : report.fault)) === undefined
  const notes = (isNow ? undefined : first?.facts.notes) ?? []
  const asOf = isNow ? list.answer?.asOf : first?.facts.madeAt
  const [kind, name] = item.split(/\/(.*)/s)
  const isSubject = (kind === 'person' || kind === 'account') && name !== undefined
  const accountName = kind === 'account' && rows?.find(({ account }) => account === name)?.accountName
  const title = isSubject ? accountName || name : 'Who has access'
  const ofReport = report.hasMore ? 'Reading the rest of the nightly report…' : 'From the nightly report.'
  const source = isNow ? (members.isLoading ? 'Reading the members of groups…' : '') : ofReport
  const shown = { rows, isLoading, columns: isNow ? columnsOfNow : columns, date: query.get('date') ?? undefined }
  const options = [{ value: 'now', label: 'Now' }, ...dates.map((one) => ({ value: one, label: sayDay(one) }))]
  const choose = (chosen: string) => {
    location.hash = addressWith(location.hash, 'date', chosen)
  }
  return (
    <View
      title={title}
      description={asOf && `As of ${sayInstant(asOf)}. ${source}`}
      actions={<Choice label="As of" options={options} chosen={date} onChoose={choose} />}
    >
      {fault !== undefined && <Alert type="error">{fault}</Alert>}
      {list.answer?.isCut && isNow && <Alert>The list is too long for the page: some access is missing.</Alert>}
      {notes.length > 0 && (
        <ExpandableSection headerText={`Notes about this report (${notes.length})`}>
          {notes.map((note) => (
            <Box key={note} children={note} />
          ))}
        </ExpandableSection>
      )}
      {isSubject ? (
        <Subject key={item} kind={kind} name={name} {...shown} />
      ) : (
        <Everybody tab={item || 'table'} {...shown} />
      )}
    </View>
  )
}

type Shown = {
  readonly rows: readonly WhoRow[] | undefined
  readonly isLoading: boolean
  readonly columns: readonly DataColumn<WhoRow>[]
  readonly date: string | undefined
}
const nobody: readonly WhoRow[] = []

function Everybody({ tab, rows = nobody, ...shown }: Shown & { readonly tab: string }) {
  const { date } = shown
  const q = parseRoute(useHash()).query.get('q') ?? undefined
  const view = tab === 'table' ? '' : tab
  return (
    <>
      <Line>
        {Object.entries(readyFilters).map(([label, filter]) => (
          <ViewLink key={label} to={addressOf('who', view, { date, q: filter })} children={label} />
        ))}
      </Line>
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => {
          location.hash = addressOf('who', detail.activeTabId === 'table' ? '' : detail.activeTabId, { date, q })
        }}
        tabs={[
          { id: 'table', label: 'Table', content: <Rows rows={rows} {...shown} /> },
          { id: 'matrix', label: 'Accounts × permission sets', content: <AccessMatrix rows={rows} {...shown} /> },
        ]}
      />
    </>
  )
}

function Rows({ rows = nobody, isLoading, columns }: Shown) {
  return (
    <DataTable
      title="Access"
      items={rows}
      isLoading={isLoading}
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

const hidden = 'hidden' as const
const columns: readonly DataColumn<WhoRow>[] = [
  { id: 'person', title: 'Person', value: (row) => row.person || row.remark, cell: Person, shown: 'first', width: 190 },
  { id: 'account', title: 'Account number', value: ({ account }) => account, shown: hidden },
  { id: 'accountName', title: 'Account', value: (row) => row.accountName, cell: Place, shown: 'first', width: 200 },
  { id: 'ou', title: 'OU', value: ({ path }) => path, shown: hidden },
  { id: 'set', title: 'Permission set', value: ({ set }) => set, cell: SetName, shown: 'first', width: 170 },
  { id: 'level', title: 'Level', value: ({ level }) => level, shown: hidden },
  { id: 'group', title: 'Through', value: ({ group }) => group || 'directly', cell: Through },
  { id: 'source', title: 'Source', value: ({ source }) => source, shown: hidden },
  { id: 'since', title: 'Since', value: ({ since }) => since, cell: Since, isOrdered: true, width: 110 },
  { id: 'known', title: 'Known since', value: ({ knownSince }) => knownSince, isOrdered: true, shown: hidden },
  { id: 'until', title: 'Ends', value: ({ until }) => until, cell: Until, isOrdered: true, shown: hidden },
  { id: 'unused', title: 'Unused for days', value: ({ unusedDays }) => unusedDays, isOrdered: true, shown: hidden },
  { id: 'used', title: 'Last used', value: ({ lastUsed }) => lastUsed, cell: LastUsed, isOrdered: true, width: 130 },
  { id: 'why', title: 'Why', value: ({ why }) => why, cell: ({ why }) => <Broken text={why} />, width: 200 },
]
const columnsOfNow = columns.filter(({ id }) => !['until', 'unused', 'why'].includes(id))

function Since(row: WhoRow) {
  return saySince(row)
}

function LastUsed({ lastUsed }: WhoRow) {
  return lastUsed.replace(/\d{4}-\S*/, sayDay)
}

function Until({ until }: WhoRow) {
  return sayInstant(until)
}

function Person({ person, remark }: WhoRow) {
  if (person === '') return <i>{remark || 'not known'}</i>
  return <ViewLink to={addressOf('who', `person/${person}`)} children={<bdi>{person}</bdi>} />
}

function Place({ account, accountName, path }: WhoRow) {
  const link = <ViewLink to={addressOf('who', `account/${account}`)}>{accountName || account}</ViewLink>
  return <Named name={link} about={`${account} · ${path}`} />
}

function SetName({ set, level }: WhoRow) {
  return <Named name={set} about={level && <Badge color="severity-high">{level}</Badge>} />
}

/** Standing access by ssofile is the rule, so only other access says what it is. */
function Through({ group, source, until }: WhoRow) {
  const about = until ? `${source}, until ${sayInstant(until)}` : source !== 'standing' && source
  return <Named name={group || 'directly'} about={about} />
}

type SubjectProps = Shown & { readonly kind: 'person' | 'account'; readonly name: string }

/** A person's or an account's page: what there is, through what, and its history. */
function Subject({ kind, name, rows = nobody, columns, ...shown }: SubjectProps) {
  const isPerson = kind === 'person'
  const own = useMemo(() => rows.filter((row) => row[kind] === name), [rows, kind, name])
  const known = isPerson ? 'person' : 'accountName'
  const others = columns.map((column) => (column.id === known ? { ...column, shown: hidden } : column))
  const { facts, administers } = useMemo(() => describeRows(kind, own), [kind, own])
  const q = filterOf({ [kind]: name, level: administratorLevel })
  const link = <ViewLink to={addressOf('who', '', { date: shown.date, q })}>{String(administers)}</ViewLink>
  return (
    <SpaceBetween size="l">
      <Facts columns={4} facts={[...facts, [administratorLevel, administers === 0 ? 'None' : link]]} />
      <Rows rows={own} columns={others} {...shown} />
      <ChangeList title="History of the last 90 days" words={name} days={90} />
    </SpaceBetween>
  )
}
