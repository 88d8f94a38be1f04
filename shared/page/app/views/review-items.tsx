import Button from '@cloudscape-design/components/button'
import { useMemo, useState } from 'react'
import { mapReading, type Reading, valueIn } from '../../../modules/page/rules/reading.ts'
import { isAwaited, reviewRows } from '../../../modules/page/rules/review-rows.ts'
import { count } from '../../../modules/page/rules/say.ts'
import type { Names, ToldReviewItem } from '../../../modules/page/rules/told.ts'
import { pageClock } from '../page-clock.ts'
import { Confirm, type Question } from '../parts/confirm.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Line } from '../parts/layout.tsx'
import { useApp } from '../use-told.ts'
import { OneByOne } from './one-by-one.tsx'
import { columnsOf, type ReviewRow } from './review-columns.tsx'
import { type Decided, keyOf, sendingOf } from './send-decisions.ts'

const noItems: readonly ToldReviewItem[] = []
const noKeys: ReadonlySet<string> = new Set()

type ItemsProps = {
  readonly title: string
  readonly items: Reading<readonly ToldReviewItem[]>
  readonly names: Names | undefined
  readonly usesSince: string | undefined
  /** Only what waits for the reader: privileged items then have a panel of their own. */
  readonly isWaiting: boolean
}

/** The items, by risk. Privileged ones that wait for the reader come one by one; the rest by selection. */
export function Items({ title, items: reading, names, usesSince, isWaiting }: ItemsProps) {
  const { send } = useApp()
  const [chosen, setChosen] = useState(noKeys)
  const [question, setQuestion] = useState<Question>()
  const items = valueIn(reading) ?? noItems
  const all = useMemo(
    () => reviewRows(items, { accounts: names?.accounts ?? {}, nowMs: pageClock.nowMs(), usesSince }),
    [items, names, usesSince],
  )
  const alone = useMemo(() => all.filter((row) => isAwaited(row) && isOfPanel(row)), [all])
  const rows = useMemo(() => (isWaiting ? all.filter((row) => !isOfPanel(row)) : all), [all, isWaiting])
  const picked = rows.filter((row) => row.mayDecide && chosen.has(keyOf(row)))
  const isMixed = picked.length > 1 && picked.some(isOfPanel)
  const ask = (decided: readonly Decided[], label: string, then: () => void) =>
    setQuestion({
      title: `${label} ${count(decided.length, 'item')}`,
      hint: <Decisions decided={decided} />,
      label,
      text: { label: 'Comment', isNeeded: false },
      act: (comment) => {
        then()
        void send(...sendingOf(decided, comment))
      },
    })
  const decide = (verdict: Decided['verdict'], label: string) =>
    ask(
      picked.map((row) => ({ row, verdict })),
      label,
      () => setChosen(noKeys),
    )
  const isOff = picked.length === 0 || isMixed
  const keptByOthers = picked.filter(({ mayKeep }) => !mayKeep)
  const actions = (
    <Line>
      <Button disabled={isOff} onClick={() => decide('revoke', 'Revoke')} children="Revoke" />
      <Button
        disabled={isOff || keptByOthers.length > 0}
        variant="primary"
        onClick={() => decide('keep', 'Keep')}
        children="Keep"
      />
    </Line>
  )
  return (
    <>
      {alone.length > 0 && <OneByOne rows={alone} ask={ask} />}
      <DataTable<ReviewRow>
        title={isWaiting && alone.length > 0 ? `${title}: all others` : title}
        items={mapReading(reading, () => rows)}
        keyOf={keyOf}
        columns={columnsOf(isWaiting)}
        pageSize={50}
        filter="items"
        placeholder="Find by person, permission set, account…"
        file="review"
        description={isMixed ? 'Decide privileged items one by one.' : sayOnlyRevoked(keptByOthers)}
        {...(rows.some((one) => one.mayDecide) && {
          actions,
          selection: {
            items: picked,
            onChange: (now) => setChosen(new Set(now.map(keyOf))),
            labelOf: ({ item }) => item,
          },
        })}
        empty={alone.length > 0 ? 'Only privileged items wait for you.' : 'Nothing waits for your decision.'}
      />
      {question && <Confirm question={question} onClose={() => setQuestion(undefined)} />}
    </>
  )
}

const isOfPanel = ({ flags }: ReviewRow) => flags.includes('Privileged')

function sayOnlyRevoked(rows: readonly ReviewRow[]): string | undefined {
  const [first] = rows
  if (first === undefined) return undefined
  const why = [...new Set(rows.flatMap(({ onlyRevokes }) => onlyRevokes ?? []))].join('; ')
  return `You may only revoke ${rows.length === 1 ? first.item : `${rows.length} of these`}: ${why}.`
}

/** What the person is about to decide, all of it. */
function Decisions({ decided }: { readonly decided: readonly Decided[] }) {
  const parts = [
    { verdict: 'revoke', say: 'Revoke at once' },
    { verdict: 'keep', say: 'Keep, which counts at the end of the review' },
  ] as const
  return parts.map(({ verdict, say }) => {
    const some = decided.filter((one) => one.verdict === verdict)
    return (
      some.length > 0 && (
        <div key={verdict}>
          {`${say} (${some.length}):`}
          <ul>
            {some.map(({ row }) => (
              <li key={keyOf(row)}>
                <bdi>{row.item}</bdi>
              </li>
            ))}
          </ul>
        </div>
      )
    )
  })
}
