import Alert from '@cloudscape-design/components/alert'
import BarChart from '@cloudscape-design/components/bar-chart'
import Button from '@cloudscape-design/components/button'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useEffect, useMemo, useState } from 'react'
import { sayInstant } from '../../../domain/page/say.ts'
import { sayChange } from '../../../domain/page/say-change.ts'
import type { ToldChange, ToldChanges } from '../../../domain/page/told.ts'
import { pageClock } from '../page-clock.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Broken } from '../parts/facts.tsx'
import { Line, Nothing, Panel, View } from '../parts/layout.tsx'
import { addressOf, parseRoute, replaceAddress, useHash } from '../route.ts'
import { useAnswer } from '../use-told.ts'

const dayMs = 24 * 60 * 60_000
const periods = [7, 30, 90, 365].map((days) => ({ value: String(days), label: `The last ${days} days` }))
const pauseMs = 400

/** What changed, readable, with a chart. */
export default function Changes() {
  const { query } = parseRoute(useHash())
  const days = query.get('days') ?? '30'
  const asked = query.get('words') ?? ''
  const [words, setWords] = useState(asked)
  useEffect(
    () => pageClock.after(pauseMs, () => replaceAddress(addressOf('changes', '', { days, words }))),
    [words, days],
  )
  return (
    <View title="Changes">
      <Line>
        <Input
          type="search"
          value={words}
          placeholder="Person, group, account or permission set"
          ariaLabel="Find changes"
          onChange={({ detail }) => setWords(detail.value)}
        />
        <Select
          ariaLabel="Period"
          options={periods}
          selectedOption={periods.find(({ value }) => value === days) ?? null}
          onChange={({ detail }) =>
            replaceAddress(addressOf('changes', '', { words, days: detail.selectedOption.value }))
          }
        />
      </Line>
      <ChangeList title="What changed" words={asked} days={Number(days)} isCharted />
    </View>
  )
}

type ChangeListProps = {
  readonly title: string
  readonly words: string
  readonly days: number
  readonly isCharted?: boolean
}

export function ChangeList({ title, words, days, isCharted = false }: ChangeListProps) {
  const from = new Date(pageClock.nowMs() - days * dayMs).toISOString().slice(0, 10)
  const [before, setBefore] = useState('')
  const query = new URLSearchParams({ from, words, ...(before ? { before } : {}) })
  const { answer, fault, isLoading } = useAnswer<ToldChanges>(`/changes?${query}`)
  const items = useMemo(
    () => (answer?.changes ?? []).map((one) => ({ ...one, ...sayChange(one, answer?.accounts ?? {}) })),
    [answer],
  )
  const linksOf = ({ links = [] }: ToldChange) => links.join(' and ').replaceAll('links_data/', '')
  return (
    <SpaceBetween size="l">
      {fault !== undefined && <Alert type="error">{fault}</Alert>}
      {isCharted && answer && answer.days.length > 0 && <Chart days={answer.days} />}
      <DataTable
        title={title}
        items={items}
        isLoading={isLoading}
        keyOf={({ at, event, name }) => `${at}%${event}%${name}`}
        columns={[
          { id: 'at', title: 'When', value: ({ at }) => at, cell: ({ at }) => sayInstant(at), shown: 'first' },
          {
            id: 'what',
            title: 'What',
            value: ({ text }) => text,
            cell: (one) => <bdi>{one.text}</bdi>,
            shown: 'first',
          },
          { id: 'by', title: 'By link', value: linksOf, cell: (one) => <Broken text={linksOf(one)} /> },
          { id: 'author', title: 'Author', value: ({ by = '' }) => by, shown: 'hidden' },
          { id: 'reason', title: 'Reason', value: ({ reason = '' }) => reason },
          { id: 'who', title: 'Person or group', value: ({ who }) => who, shown: 'hidden' },
          { id: 'account', title: 'Account', value: ({ account }) => account, shown: 'hidden' },
          { id: 'set', title: 'Permission set', value: ({ set }) => set, shown: 'hidden' },
        ]}
        filter="changes"
        file="changes"
        actions={
          <>
            {before !== '' && <Button onClick={() => setBefore('')}>Newest</Button>}
            {answer?.isCut && <Button onClick={() => setBefore(items.at(-1)?.at ?? '')}>Older</Button>}
          </>
        }
        empty={<Nothing>Nothing changed.</Nothing>}
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
