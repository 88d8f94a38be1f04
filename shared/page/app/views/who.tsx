import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { type ReactNode, useMemo } from 'react'
import { addressOf, addressWith, parseRoute } from '../../../modules/page/rules/address.ts'
import { filterOf } from '../../../modules/page/rules/filter-query.ts'
import { mapReading, type Reading, sayUnread, valueIn } from '../../../modules/page/rules/reading.ts'
import { sayDay, sayInstant, saySince, sayUnits } from '../../../modules/page/rules/say.ts'
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
import { Line, Named, View } from '../parts/layout.tsx'
import { Shown } from '../parts/reading.tsx'
import { useHash } from '../route.ts'
import { useAnswer, usePages } from '../use-told.ts'
import { ChangeList } from './changes.tsx'
import { AccessMatrix } from './matrix.tsx'

/** Everybody's access, for auditors: by the newest nightly report, an earlier one, or the list of now. */
export function Who() {
  const { item, query } = parseRoute(useHash())
  const list = useAnswer<EverybodyList>('/everybody')
  const everybody = valueIn(list)
  const { dates = [], paths } = everybody ?? {}
  const date = query.get('date') ?? dates[0] ?? 'now'
  const isNow = date === 'now'
  const report = usePages<ToldReport>(everybody && !isNow ? `/report?date=${date}` : undefined)
  const first = valueIn(report.reading)?.[0]
  const members = usePages<ToldMembers>(everybody && isNow ? '/members?' : undefined)
  const uses = useAnswer<ToldUses>(everybody && '/uses')
  const lastUsed = useMemo(() => (uses.is === 'unread' ? () => 'not known' : lastUsedOf(valueIn(uses))), [uses])
  const rows = useMemo(() => {
    if (everybody === undefined) return mapReading(list, () => nobody)
    // Each reading of the rows takes seconds if they are many: read the first part at once, and the others together.
    const tell = (pages: readonly ToldReport[]) => {
      const blocks = (report.isLoading ? pages.slice(0, 1) : pages).flatMap((page) => page.blocks)
      return pages[0] ? rowsOfReport({ facts: pages[0].facts, blocks }, paths, lastUsed) : nobody
    }
    return isNow ? rowsOfNow(list, members.reading, lastUsed) : mapReading(report.reading, tell)
  }, [isNow, list, everybody, report.reading, report.isLoading, members.reading, paths, lastUsed])
  const notes = (isNow ? undefined : first?.facts.notes) ?? []
  const asOf = isNow ? everybody?.asOf : first?.facts.madeAt
  const [kind, name] = item.split(/\/(.*)/s)
  const isSubject = (kind === 'person' || kind === 'account') && name !== undefined
  const accountName = kind === 'account' && valueIn(rows)?.find(({ account }) => account === name)?.accountName
  const title = isSubject ? accountName || name : 'Who has access'
  const source = isNow ? '' : 'From the nightly report.'
  const shown = { rows, columns: isNow ? columnsOfNow : columns, date: query.get('date') ?? undefined }
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
      {uses.is === 'unread' && <Shown reading={uses}>{() => null}</Shown>}
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

/** Until the members of all groups are read, some people are missing. */
function rowsOfNow(
  list: Reading<EverybodyList>,
  members: Reading<readonly ToldMembers[]>,
  lastUsed: ReturnType<typeof lastUsedOf>,
): Reading<readonly WhoRow[]> {
  const known: ToldMembers['members'] = Object.assign({}, ...(valueIn(members) ?? []).map((page) => page.members))
  const ofMembers = {
    loading: 'The members of groups are still being read.',
    unread: members.is === 'unread' ? `Members of groups: ${sayUnread(members.fault)}` : undefined,
    read: members.is === 'read' && members.missing ? `Members of groups: ${members.missing}` : undefined,
  }[members.is]
  const cut = valueIn(list)?.isCut ? 'The list is too long for the page: some access is missing.' : undefined
  return mapReading(list, (value) => rowsOfList(value, known, lastUsed), cut ?? ofMembers)
}

type ShownRows = {
  readonly rows: Reading<readonly WhoRow[]>
  readonly columns: readonly DataColumn<WhoRow>[]
  readonly date: string | undefined
}
const nobody: readonly WhoRow[] = []

function Everybody({ tab, ...shown }: ShownRows & { readonly tab: string }) {
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
          { id: 'table', label: 'Table', content: <Rows {...shown} /> },
          { id: 'matrix', label: 'Accounts × permission sets', content: <AccessMatrix {...shown} /> },
        ]}
      />
    </>
  )
}

function Rows({ rows, columns }: ShownRows) {
  return (
    <DataTable
      title="Access"
      items={rows}
      keyOf={({ id }) => id}
      columns={columns}
      filter="q"
      placeholder="Find by person, group, account, OU, permission set…"
      file="who-has-access"
      sortedBy="person"
      empty="Nobody has access."
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
  return <ViewLink to={addressOf('who', `person/${person}`)} children={<Broken text={person} />} />
}

function Place({ account, accountName, path }: WhoRow) {
  const link = <ViewLink to={addressOf('who', `account/${account}`)}>{accountName || account}</ViewLink>
  return <Named name={link} about={`${account} · ${sayUnits(path)}`} />
}

function SetName({ set, level }: WhoRow) {
  return <Named name={set} about={level && <Badge color="severity-high">{level}</Badge>} />
}

/** Standing access by ssofile is the rule, so only other access says what it is. */
function Through({ group, source, until }: WhoRow) {
  const about = until ? `${source}, until ${sayInstant(until)}` : source !== 'standing' && source
  return <Named name={group || 'directly'} about={about} />
}

type SubjectProps = ShownRows & { readonly kind: 'person' | 'account'; readonly name: string }

/** A person's or an account's page: what there is, through what, and its history. */
function Subject({ kind, name, rows, columns, ...shown }: SubjectProps) {
  const isPerson = kind === 'person'
  const own = useMemo(() => mapReading(rows, (all) => all.filter((row) => row[kind] === name)), [rows, kind, name])
  const known = isPerson ? 'person' : 'accountName'
  const others = columns.map((column) => (column.id === known ? { ...column, shown: hidden } : column))
  const q = filterOf({ [kind]: name, level: administratorLevel })
  const described = useMemo(() => mapReading(own, (all) => describeRows(kind, all)), [kind, own])
  const linkOf = (number: number) => (
    <ViewLink to={addressOf('who', '', { date: shown.date, q })}>{String(number)}</ViewLink>
  )
  return (
    <SpaceBetween size="l">
      {described.is === 'read' && described.missing === undefined && <Figures {...described.value} linkOf={linkOf} />}
      <Rows rows={own} columns={others} {...shown} />
      <ChangeList title="History of the last 90 days" words={name} days={90} />
    </SpaceBetween>
  )
}

type FiguresProps = ReturnType<typeof describeRows> & { readonly linkOf: (number: number) => ReactNode }

/** Only of all rows: fewer would count too little. */
function Figures({ facts, administers, linkOf }: FiguresProps) {
  return (
    <Facts columns={4} facts={[...facts, [administratorLevel, administers === 0 ? 'None' : linkOf(administers)]]} />
  )
}
