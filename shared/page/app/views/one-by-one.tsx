import Button from '@cloudscape-design/components/button'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { count } from '../../../modules/page/rules/say.ts'
import { Broken, Facts } from '../parts/facts.tsx'
import { Line, Panel, Stack } from '../parts/layout.tsx'
import { Flags, type ReviewRow } from './review-columns.tsx'
import { type Decided, keyOf } from './send-decisions.ts'

type Verdict = Decided['verdict']
type OneByOneProps = {
  readonly rows: readonly ReviewRow[]
  /** Asks once about all that was marked. */
  readonly ask: (decided: readonly Decided[], label: string, then: () => void) => void
}

const noMarks: ReadonlyMap<string, Verdict> = new Map()
const keys: Readonly<Record<string, Verdict | 'next' | 'previous' | 'decide'>> = {
  ...{ k: 'keep', r: 'revoke', d: 'decide' },
  ...{ n: 'next', j: 'next', ArrowRight: 'next', p: 'previous', ArrowLeft: 'previous' },
}

/** Privileged items: the reader marks each, by keys or buttons, and sends all marks with one confirmation. */
export function OneByOne({ rows: all, ask }: OneByOneProps) {
  const [marks, setMarks] = useState(noMarks)
  const [shown, setShown] = useState<string>()
  /** The list as it was when its marks were sent: the next answer says what became of them. */
  const [sent, setSent] = useState<{ readonly of: readonly ReviewRow[]; readonly keys: ReadonlySet<string> }>()
  const panel = useRef<HTMLElement>(null)
  const rows = sent?.of === all ? all.filter((row) => !sent.keys.has(keyOf(row))) : all
  const at = Math.max(
    0,
    rows.findIndex((row) => keyOf(row) === shown),
  )
  const row = rows[at]
  useEffect(() => {
    if (document.activeElement === document.body) panel.current?.focus({ preventScroll: true })
  }, [])
  if (row === undefined) return null
  const marked = rows.flatMap((one): readonly Decided[] => {
    const verdict = marks.get(keyOf(one))
    return verdict === undefined ? [] : [{ row: one, verdict }]
  })
  const go = (by: number) => {
    const next = rows[(at + by + rows.length) % rows.length]
    if (next) setShown(keyOf(next))
  }
  const mark = (verdict: Verdict) => {
    if (verdict === 'keep' && !row.mayKeep) return
    setMarks(new Map(marks).set(keyOf(row), verdict))
    const open = [...rows.slice(at + 1), ...rows.slice(0, at)].find((one) => !marks.has(keyOf(one)))
    if (open) setShown(keyOf(open))
  }
  const decide = () => {
    if (marked.length === 0) return
    ask(marked, 'Decide', () => {
      setSent({ of: all, keys: new Set(marked.map((one) => keyOf(one.row))) })
      setMarks(noMarks)
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key]
    const isTyping =
      event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable]')
    if (act === undefined || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (act === 'next' || act === 'previous') go(act === 'next' ? 1 : -1)
    else if (act === 'decide') decide()
    else mark(act)
  }
  const verdict = marks.get(keyOf(row))
  const state = verdict === undefined ? 'not decided' : verdict
  return (
    <section
      ref={panel}
      tabIndex={-1}
      style={{ borderRadius: 16 }}
      aria-label="Privileged items, one by one"
      onKeyDown={onKeyDown}
    >
      <Panel
        title={`Privileged items, one by one (${rows.length - marked.length} left of ${rows.length})`}
        actions={
          <Button variant="primary" disabled={marked.length === 0} onClick={decide}>
            {`Decide ${count(marked.length, 'item')} (d)`}
          </Button>
        }
      >
        <Stack>
          <div aria-live="polite">
            <strong>{`${at + 1} of ${rows.length}, ${state}: `}</strong>
            <bdi>{row.item}</bdi>
            {row.onlyRevokes && <div>{`You may only revoke it: ${row.onlyRevokes}.`}</div>}
          </div>
          <Facts facts={factsOf(row)} />
          <Line>
            <Button iconName="angle-left" onClick={() => go(-1)} children="Previous (p)" />
            <Button disabled={!row.mayKeep} onClick={() => mark('keep')} children="Keep (k)" />
            <Button onClick={() => mark('revoke')} children="Revoke (r)" />
            <Button iconName="angle-right" iconAlign="right" onClick={() => go(1)} children="Next (n)" />
          </Line>
          <small>
            Keys, while this panel has the focus: k keeps, r revokes, n, j or → goes on, p or ← goes back, d shows all
            that you marked. Nothing is sent before you confirm.
          </small>
        </Stack>
      </Panel>
    </section>
  )
}

function factsOf(row: ReviewRow): Parameters<typeof Facts>[0]['facts'] {
  const { who, set, place, flags, since, use, givenBy, why, colleagues, own, review } = row
  return [
    ['Person or group', <Broken key="who" text={who} />],
    ['Access', <Broken key="set" text={[set, place].filter(Boolean).join(', ')} />],
    ['Look at', <Flags key="flags" flags={flags} />],
    ['Since', since],
    ['Last use', use],
    ['Given by', givenBy && <Broken key="given" text={givenBy} />],
    ['Why you are asked', why],
    ['Colleagues', colleagues],
    ['Review', review],
    ['Your decision', own?.problem && `${own.verdict}: ${own.problem}`],
  ]
}
