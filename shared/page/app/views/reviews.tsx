import Button from '@cloudscape-design/components/button'
import { useEffect, useState } from 'react'
import { createPortal, flushSync } from 'react-dom'
import { addressOf, parseRoute } from '../../../modules/page/rules/address.ts'
import { mapReading, valueIn } from '../../../modules/page/rules/reading.ts'
import { reviewRows } from '../../../modules/page/rules/review-rows.ts'
import { count, sayDay, sayInstant, sayRest } from '../../../modules/page/rules/say.ts'
import type { Names, ToldReview, ToldReviewItem, ToldReviews } from '../../../modules/page/rules/told.ts'
import { sayCounts, sayPace } from '../../../modules/reviews/rules/manifest.ts'
import { pageClock } from '../page-clock.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Facts, Refresh, ViewLink } from '../parts/facts.tsx'
import { Panel, View } from '../parts/layout.tsx'
import { Shown } from '../parts/reading.tsx'
import { useHash } from '../route.ts'
import { useAnswer, useApp } from '../use-told.ts'
import { resultColumns as columns } from './review-columns.tsx'
import { Items } from './review-items.tsx'
import './print.css'

type Answered<T> = { readonly told: T; readonly names: Names }

/** What waits for the person's decision, and each review with its counts; or the result of one review. */
export function Reviews() {
  const { item } = parseRoute(useHash())
  return item === '' ? <All /> : <One key={item} name={item} />
}

function All() {
  const { atMs } = useApp().told
  const reading = useAnswer<Answered<ToldReviews>>('/reviews', atMs)
  const { told, names } = valueIn(reading) ?? {}
  const [{ usesSince } = {}] = told?.reviews ?? []
  const cut = told?.isCut ? 'The list is too long for the page: decide these first.' : undefined
  return (
    <View title="Reviews" description={told && sayLeft(told)} actions={<Refresh />}>
      <Items
        title="Waiting for you"
        items={mapReading(reading, ({ told: { items } }) => items, cut)}
        isWaiting
        {...{ names, usesSince }}
      />
      <DataTable
        title="Reviews"
        items={mapReading(reading, ({ told: { reviews } }) => reviews)}
        keyOf={({ review }) => review}
        columns={[
          {
            id: 'review',
            title: 'Review',
            value: ({ review }) => review,
            cell: ({ review }) => <ViewLink to={addressOf('reviews', review)} children={review} />,
            shown: 'first',
          },
          { id: 'state', title: 'State', value: stateOf, shown: 'first' },
          { id: 'until', title: 'Until', value: ({ dueAt }) => dueAt, cell: ({ dueAt }) => sayDay(dueAt) },
          { id: 'decided', title: 'Decided', value: ({ decided }) => decided },
          { id: 'open', title: 'Not decided', value: ({ undecided }) => undecided },
          { id: 'revoked', title: 'Revoked', value: ({ counts }) => (counts.revoked ?? 0) + (counts.revoking ?? 0) },
          {
            id: 'given',
            title: 'Still given',
            value: ({ counts }) => (counts['still given'] ?? 0) + (counts['came back'] ?? 0),
          },
          { id: 'tasks', title: 'Tasks', value: ({ counts }) => (counts.task ?? 0) + (counts['task done'] ?? 0) },
        ]}
        empty="No review has begun."
      />
    </View>
  )
}
type Counted = ToldReviews['reviews'][number]
const states = { open: 'Open', escalated: 'Escalated', settling: 'Ended, not yet proven', done: 'Done' } as const
const stateOf = ({ phase }: Pick<Counted, 'phase'>) => states[phase]

/** How much waits for the reader, and how long. */
function sayLeft({ reviews, items }: ToldReviews): string | undefined {
  const nowMs = pageClock.nowMs()
  const left = reviews.flatMap(({ review, phase, dueAt, endsAt }) => {
    const waiting = items.filter((one) => one.review === review).length
    if (waiting === 0) return []
    const until = phase === 'escalated' ? endsAt : dueAt
    return [
      `${review}: ${count(waiting, 'item')} left, ${sayRest(Date.parse(until), nowMs)} left, until ${sayInstant(until)}`,
    ]
  })
  return left.join('; ') || undefined
}

/** The result of one review. */
function One({ name }: { readonly name: string }) {
  const { atMs } = useApp().told
  const reading = useAnswer<Answered<ToldReview>>(`/reviews?name=${encodeURIComponent(name)}`, atMs)
  const isPrinting = usePrinting()
  if (reading.is !== 'read')
    return <View title={`Review ${name}`} children={<Shown reading={reading}>{() => null}</Shown>} />
  const { told, names } = reading.value
  const cut = told.isCut ? 'The list is too long for the page; review-results/ has all of it.' : undefined
  const facts = factsOf(told)
  // Beside the view: Cloudscape drops portals among its children.
  return (
    <>
      <View title={`Review ${name}`} actions={<Button onClick={() => window.print()} children="Print" />}>
        <Panel title="Result">
          <Shown reading={reading}>{() => <Facts facts={facts} />}</Shown>
        </Panel>
        <Items
          title="Items"
          items={mapReading(reading, () => told.items, cut)}
          isWaiting={false}
          usesSince={told.usesSince}
          names={names}
        />
      </View>
      {isPrinting && createPortal(<Printed {...{ name, facts, names }} items={told.items} />, document.body)}
    </>
  )
}

function factsOf(told: ToldReview): readonly (readonly [string, string])[] {
  return [
    ['State', stateOf(told)],
    ['Began', sayInstant(told.run)],
    ['Until', `${sayInstant(told.dueAt)}; escalated until ${sayInstant(told.endsAt)}`],
    ['Ended', sayInstant(told.endedAt)],
    ['Population', `${count(told.population.items, 'item')}, ${told.population.hash.slice(0, 16)}`],
    ['Items', sayCounts(told.counts)],
    ['Reviewers', told.reviewers.map(sayPace).join('; ')],
  ]
}

function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(false)
  useEffect(() => {
    const begin = () => flushSync(() => setPrinting(true))
    const end = () => setPrinting(false)
    window.addEventListener('beforeprint', begin)
    window.addEventListener('afterprint', end)
    return () => {
      window.removeEventListener('beforeprint', begin)
      window.removeEventListener('afterprint', end)
    }
  }, [])
  return isPrinting
}

type PrintedProps = {
  readonly names: Names
  readonly items: readonly ToldReviewItem[]
  readonly name: string
  readonly facts: ReturnType<typeof factsOf>
}

/** All items on paper: the table of the page shows only some. */
function Printed({ name, facts, items, names }: PrintedProps) {
  return (
    <main className="printed">
      <h1>Review {name}</h1>
      {facts.map(([label, text]) => text && <div key={label}>{`${label}: ${text}`}</div>)}
      <table>
        <thead>
          <tr>
            {columns.map(({ id, title }) => (
              <th key={id} scope="col" children={title} />
            ))}
          </tr>
        </thead>
        <tbody>
          {reviewRows(items, { accounts: names.accounts, nowMs: pageClock.nowMs() }).map((row) => (
            <tr key={row.digest}>
              {columns.map(({ id, value }) => (
                <td key={id} dir="auto" children={value?.(row)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  )
}
