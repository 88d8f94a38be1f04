import Badge from '@cloudscape-design/components/badge'
import Button from '@cloudscape-design/components/button'
import { useEffect, useMemo, useState } from 'react'
import { createPortal, flushSync } from 'react-dom'
import { addressOf, parseRoute } from '../../../modules/page/rules/address.ts'
import { mapReading, type Reading, valueIn } from '../../../modules/page/rules/reading.ts'
import { type ItemInTable, reviewRows } from '../../../modules/page/rules/review-rows.ts'
import { count, sayDay, sayInstant } from '../../../modules/page/rules/say.ts'
import type { Names, ToldReview, ToldReviewItem, ToldReviews } from '../../../modules/page/rules/told.ts'
import { sayCounts, sayGiven, sayPace, sayReviewers } from '../../../modules/reviews/rules/manifest.ts'
import { pageClock } from '../page-clock.ts'
import { Confirm, type Question } from '../parts/confirm.tsx'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Broken, Facts, Refresh, ViewLink } from '../parts/facts.tsx'
import { Line, Named, Panel, View } from '../parts/layout.tsx'
import { Shown } from '../parts/reading.tsx'
import { useHash } from '../route.ts'
import { useAnswer, useApp } from '../use-told.ts'
import './print.css'

type Answered<T> = { readonly told: T; readonly names: Names }
type ReviewRow = ToldReviewItem & ItemInTable
const noItems: readonly ToldReviewItem[] = []
const noKeys: ReadonlySet<string> = new Set()
const keyOf = ({ review, digest }: ReviewRow) => `${review}/${digest}`
const atOnceMost = 100

/** What waits for the person's decision, and each review with its counts; or the result of one review. */
export function Reviews() {
  const { item } = parseRoute(useHash())
  return item === '' ? <All /> : <One key={item} name={item} />
}

function All() {
  const { atMs } = useApp().told
  const reading = useAnswer<Answered<ToldReviews>>('/reviews', atMs)
  const { told, names } = valueIn(reading) ?? {}
  const cut = told?.isCut ? 'The list is too long for the page: decide these first.' : undefined
  return (
    <View title="Reviews" actions={<Refresh />}>
      <Items title="Waiting for you" items={mapReading(reading, ({ told: { items } }) => items, cut)} names={names} />
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
        <Items title="Items" items={mapReading(reading, () => told.items, cut)} names={names} />
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

const sayDecisions = ({ decisions }: ToldReviewItem) =>
  decisions
    .map(({ verdict, name, user, at, comment }) =>
      [`${verdict} by ${name ?? user}, ${sayInstant(at)}`, comment].filter(Boolean).join(': '),
    )
    .join('; ')
const sayEnd = ({ result, end, given, proof = [] }: ToldReviewItem) =>
  [
    end && `${result}, ${sayInstant(end.at)}`,
    given && sayGiven(given),
    end?.task,
    end?.owners && `for ${end.owners.join(', ')} until ${sayDay(end.dueAt)}`,
    ...proof,
  ]
    .filter(Boolean)
    .join('; ')
const sayOwn = ({ own }: ToldReviewItem) => own && [`You: ${own.verdict}`, own.problem].filter(Boolean).join('. ')

const columns: readonly DataColumn<ReviewRow>[] = [
  { id: 'who', title: 'Who', value: ({ who }) => who, cell: ({ who }) => <Broken text={who} />, shown: 'first' },
  {
    id: 'set',
    title: 'What',
    value: ({ set }) => set,
    cell: (one) => (
      <>
        <Named name={<Broken text={one.set} />} about={<Broken text={one.place} />} />
        <Line children={one.flags.map((flag) => <Badge key={flag} children={flag} />)} />
      </>
    ),
    shown: 'first',
  },
  { id: 'account', title: 'Account', value: ({ place }) => place, shown: 'hidden' },
  { id: 'flags', title: 'Look at', value: ({ flags }) => flags.join(', '), shown: 'hidden', isList: true },
  { id: 'result', title: 'Result', value: ({ result }) => result },
  { id: 'reviewers', title: 'Reviewers', value: sayReviewers, shown: 'hidden' },
  {
    id: 'decisions',
    title: 'Decisions',
    value: sayDecisions,
    cell: (one) => <Named name={<bdi>{sayDecisions(one)}</bdi>} about={sayOwn(one)} />,
  },
  { id: 'end', title: 'Then', value: sayEnd, cell: (one) => <Broken text={sayEnd(one)} />, shown: 'hidden' },
]

type ItemsProps = {
  readonly title: string
  readonly items: Reading<readonly ToldReviewItem[]>
  readonly names: Names | undefined
}

function Items({ title, items: reading, names }: ItemsProps) {
  const { send } = useApp()
  const [chosen, setChosen] = useState(noKeys)
  const [question, setQuestion] = useState<Question>()
  const items = valueIn(reading) ?? noItems
  const rows = useMemo(() => reviewRows(items, names?.accounts ?? {}, pageClock.nowMs()), [items, names])
  const picked = rows.filter((row) => row.mayDecide && chosen.has(keyOf(row)))
  const labelOf = ({ item }: ReviewRow) => item
  const isAlone = picked.length > 1 && picked.some(({ flags }) => flags.includes('Privileged'))
  const decide = (verdict: 'keep' | 'revoke') => {
    const [label, done] = verdict === 'keep' ? ['Keep', 'Kept'] : ['Revoke', 'Revoked']
    const hint = verdict === 'keep' ? 'It counts at the end of the review.' : 'ssofile carries it out at once.'
    const shown = picked.slice(0, 10).map(labelOf)
    setQuestion({
      title: `${label} ${count(picked.length, 'item')}`,
      hint: [hint, ...shown, ...(picked.length > shown.length ? ['…'] : [])].map((text) => (
        <div key={text}>{text}</div>
      )),
      label,
      text: { label: 'Comment', isNeeded: false },
      act: (comment) => {
        setChosen(noKeys)
        const groups = [...Map.groupBy(picked, ({ review }) => review)].flatMap(([of, all]) =>
          Array.from({ length: Math.ceil(all.length / atOnceMost) }, (_, at) => ({
            review: of,
            digests: all.slice(at * atOnceMost, (at + 1) * atOnceMost).map(({ digest }) => digest),
          })),
        )
        const bodies = groups.map((one) => ({ ...one, verdict, ...(comment === '' ? {} : { comment }) }))
        void send(
          ...bodies.map((body) => {
            const said = count(body.digests.length, 'item')
            return { path: '/decisions' as const, body, done: `${done}: ${said}.`, what: said }
          }),
        )
      },
    })
  }
  const isOff = picked.length === 0 || isAlone
  const keptByOthers = picked.filter(({ mayKeep }) => !mayKeep).length
  const actions = (
    <Line>
      <Button disabled={isOff} onClick={() => decide('revoke')} children="Revoke" />
      <Button disabled={isOff || keptByOthers > 0} variant="primary" onClick={() => decide('keep')} children="Keep" />
    </Line>
  )
  const mayDecide = items.some((one) => one.mayDecide)
  return (
    <>
      <DataTable<ReviewRow>
        title={title}
        items={mapReading(reading, () => rows)}
        keyOf={keyOf}
        columns={columns}
        filter="items"
        placeholder="Find by person, permission set, account…"
        file="review"
        description={
          isAlone
            ? 'Decide privileged items one by one.'
            : keptByOthers > 0
              ? `You may only revoke ${keptByOthers} of these; other reviewers may keep them.`
              : undefined
        }
        {...(mayDecide && {
          actions,
          selection: { items: picked, onChange: (all) => setChosen(new Set(all.map(keyOf))), labelOf },
        })}
        empty="Nothing waits for your decision."
      />
      {question && <Confirm question={question} onClose={() => setQuestion(undefined)} />}
    </>
  )
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

type PrintedProps = Pick<ItemsProps, 'names'> & {
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
          {reviewRows(items, names?.accounts ?? {}, pageClock.nowMs()).map((row) => (
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
