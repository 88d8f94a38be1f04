import BarChart from '@cloudscape-design/components/bar-chart'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMemo, useState } from 'react'
import { addressWith, parseRoute } from '../../../modules/page/rules/address.ts'
import { askChanges } from '../../../modules/page/rules/ask-changes.ts'
import { parseFilter } from '../../../modules/page/rules/filter-query.ts'
import { mapReading, valueIn } from '../../../modules/page/rules/reading.ts'
import { sayInstant } from '../../../modules/page/rules/say.ts'
import { type SaidChange, sayChange } from '../../../modules/page/rules/say-change.ts'
import type { ToldChange, ToldChanges } from '../../../modules/page/rules/told.ts'
import { pageClock } from '../page-clock.ts'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Broken, Choice } from '../parts/facts.tsx'
import { Panel, View } from '../parts/layout.tsx'
import { replaceAddress, useHash } from '../route.ts'
import { usePages } from '../use-told.ts'

const dayMs = 24 * 60 * 60_000
const periods = [7, 30, 90, 365].map((days) => ({ value: String(days), label: `The last ${days} days` }))
/** The page asks for so many at once, and for as many more by the button. */
const rowsAtOnce = 400

/** What changed, readable, with a chart. */
export function Changes() {
  const days = parseRoute(useHash()).query.get('days') ?? '30'
  const choose = (chosen: string) => replaceAddress(addressWith(location.hash, 'days', chosen))
  return (
    <View title="Changes" actions={<Choice label="Period" options={periods} chosen={days} onChoose={choose} />}>
      <ChangeList title="What changed" words="" days={Number(days)} isCharted />
    </View>
  )
}

type ChangeRow = ToldChange & SaidChange
const columns: readonly DataColumn<ChangeRow>[] = [
  { id: 'at', title: 'When', value: ({ at }) => at, cell: ({ at }) => sayInstant(at), shown: 'first', isOrdered: true },
  { id: 'what', title: 'What', value: ({ text }) => text, cell: ({ text }) => <bdi>{text}</bdi>, shown: 'first' },
  { id: 'link', title: 'By link', value: ({ link }) => link, cell: ({ link }) => <Broken text={link} />, width: 240 },
  { id: 'author', title: 'Author', value: ({ author }) => author, shown: 'hidden' },
  { id: 'approved', title: 'Approved by', value: ({ approvedBy = '' }) => approvedBy },
  { id: 'reason', title: 'Reason', value: ({ reason = '' }) => reason },
  { id: 'who', title: 'Person or group', value: ({ who }) => who, shown: 'hidden' },
  { id: 'account', title: 'Account', value: ({ account }) => account, shown: 'hidden' },
  { id: 'set', title: 'Permission set', value: ({ set }) => set, shown: 'hidden' },
]

type ChangeListProps = {
  readonly title: string
  readonly words: string
  readonly days: number
  readonly isCharted?: boolean
}

export function ChangeList({ title, words, days, isCharted = false }: ChangeListProps) {
  const from = new Date(pageClock.nowMs() - days * dayMs).toISOString().slice(0, 10)
  const filter = parseFilter(parseRoute(useHash()).query.get('changes'))
  const [most, setMost] = useState(rowsAtOnce)
  const { reading, isLoading, isCut } = usePages<ToldChanges>(
    `/changes?${askChanges(filter, { from, words })}`,
    (read) => read.flatMap(({ changes }) => changes).length < most,
  )
  const items = useMemo(
    () =>
      mapReading(reading, (pages) =>
        pages.flatMap(({ changes, accounts }) => changes.map((one) => ({ ...one, ...sayChange(one, accounts) }))),
      ),
    [reading],
  )
  const shown = valueIn(items)?.length ?? 0
  const [first] = valueIn(reading) ?? []
  const readOlder = () => setMost(shown + rowsAtOnce)
  const older = `The newest ${shown} of ${first?.all} changes`
  return (
    <SpaceBetween size="l">
      {isCharted && first && first.days.length > 0 && <Chart days={first.days} />}
      <DataTable
        title={title}
        items={items}
        keyOf={({ at, event, name }) => `${at}%${event}%${name}`}
        columns={columns}
        filter="changes"
        placeholder="Find by person, group, account, author…"
        file="changes"
        description={isCut && older}
        actions={
          (isCut || (isLoading && shown > 0)) && <Button loading={isLoading} onClick={readOlder} children="Older" />
        }
        empty="Nothing changed."
      />
    </SpaceBetween>
  )
}

function Chart({ days }: Pick<ToldChanges, 'days'>) {
  const series = (title: string, of: 'granted' | 'revoked', color: string) => ({
    title,
    type: 'bar' as const,
    color,
    data: days.map((day) => ({ x: day.date, y: day[of] })),
  })
  return (
    <Panel title="Grants and revocations">
      <BarChart
        series={[series('Granted', 'granted', '#067f68'), series('Revoked', 'revoked', '#962249')]}
        ariaLabel="Grants and revocations by day"
        height={180}
        hideFilter
        xTitle="Day"
        yTitle="Accesses"
        xScaleType="categorical"
      />
    </Panel>
  )
}
