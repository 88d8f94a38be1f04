import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import LineChart from '@cloudscape-design/components/line-chart'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Tabs from '@cloudscape-design/components/tabs'
import { useState } from 'react'
import { sayActor } from '../../../domain/links/say-actor.ts'
import { addressOf, parseRoute } from '../../../modules/page/rules/address.ts'
import {
  charts,
  describeHealth,
  sayAttention,
  sayDeletions,
  sayHeld,
  sayRelease,
} from '../../../modules/page/rules/describe-operations.ts'
import { mapReading, type Reading, readingOf, valueIn } from '../../../modules/page/rules/reading.ts'
import { count, sayInstant, sayScope } from '../../../modules/page/rules/say.ts'
import type { ToldOperations, Trend } from '../../../modules/page/rules/told.ts'
import { pageClock } from '../page-clock.ts'
import { Confirm, type Question } from '../parts/confirm.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Broken, Facts } from '../parts/facts.tsx'
import { Line, Named, Nothing, Panel, Stack, View } from '../parts/layout.tsx'
import { Shown, Stands } from '../parts/reading.tsx'
import { useHash } from '../route.ts'
import { useAnswer, useApp } from '../use-told.ts'

type Ask = {
  readonly reading: Reading<ToldOperations>
  readonly operations: ToldOperations
  readonly ask: (question: Question) => void
}

/** The operators' view and acts: the brake, pauses, inputs that need attention, and how the installation is. */
export function Operations() {
  const { told, fault, look } = useApp()
  const { item } = parseRoute(useHash())
  const [question, ask] = useState<Question>()
  const reading = readingOf(told.operations, { fault, again: () => void look() })
  if (reading.is !== 'read')
    return <View title="Operations" children={<Shown reading={reading} children={() => null} />} />
  const operations = reading.value
  const { lists, contents, attention, pause } = operations
  const common = { reading, operations, ask }
  const held = `Held by the brake (${lists.length + contents.length})`
  return (
    <View title="Operations" actions={<PauseButton {...common} />}>
      {pause && <Alert type="warning" header="All changes are paused" children={pause.told} />}
      <Stands reading={reading} />
      <Health {...operations} />
      <Tabs
        activeTabId={item || 'held'}
        onChange={({ detail }) => {
          location.hash = addressOf('operations', detail.activeTabId)
        }}
        tabs={[
          { id: 'held', label: held, content: <Held {...common} /> },
          {
            id: 'attention',
            label: `Needs attention (${attention.all})`,
            content: <Attention reading={reading} all={attention.all} />,
          },
          { id: 'trends', label: 'Trends', content: <Trends /> },
        ]}
      />
      {question && <Confirm question={question} onClose={() => ask(undefined)} />}
    </View>
  )
}

function PauseButton({ operations: { pause }, ask }: Ask) {
  const { send } = useApp()
  if (pause?.isLoss) return null
  const resume: Question = {
    title: 'Resume changes',
    hint: 'Within a minute ssofile compares everything again, and carries out what changed in the meantime.',
    label: 'Resume',
    act: () => void send({ path: '/resume', body: { since: pause?.since }, done: 'Resumed.' }),
  }
  const stop: Question = {
    title: 'Pause all changes',
    hint: 'From now on ssofile grants and revokes nothing, until somebody resumes. It keeps uploads and requests, and carries them out then.',
    label: 'Pause',
    text: { label: 'Reason', isNeeded: true },
    act: (reason) => void send({ path: '/pause', body: { reason }, done: 'Paused.' }),
  }
  const question = pause ? resume : stop
  return <Button variant={pause ? 'primary' : 'normal'} onClick={() => ask(question)} children={question.title} />
}

function Health(operations: ToldOperations) {
  const facts = describeHealth(operations, pageClock.nowMs()).map(({ label, text, isGood }) => {
    const type = isGood ? 'success' : 'warning'
    return [label, isGood === undefined ? text : <StatusIndicator key={label} type={type} children={text} />] as const
  })
  const isLate = operations.health.schedules.some((one) => one.isLate)
  const late = 'A schedule is late. Run ssofile doctor: it finds the cause and what to do.'
  return (
    <Panel title="State of the installation">
      <Stack>
        {isLate && <Alert type="warning" children={late} />}
        <Facts columns={4} facts={facts} />
      </Stack>
    </Panel>
  )
}

function Held({ reading, operations, ask }: Ask) {
  const { lists, contents, accounts } = operations
  if (lists.length + contents.length === 0) return <Nothing>The brake holds nothing.</Nothing>
  return (
    <Stack>
      {lists.map((list) => (
        <HeldList key={list.digest} list={list} reading={reading} accounts={accounts} ask={ask} />
      ))}
      {contents.map(({ digest, name, since, reason, takesAway }) => {
        const title = `The file of the permission set ${name} is held`
        const facts = [
          ['Why', sayHeld(reason)],
          ['Since', sayInstant(since)],
          ['May take away', takesAway.join('; ')],
        ] as const
        const release = <Release digest={digest} title={title} does={sayContents(takesAway)} ask={ask} />
        return <Panel key={digest} title={title} actions={release} children={<Facts facts={facts} />} />
      })}
    </Stack>
  )
}

type HeldListProps = Pick<Ask, 'ask'> &
  Pick<ToldOperations, 'accounts'> & {
    readonly list: ToldOperations['lists'][number]
    readonly reading: Reading<unknown>
  }

function HeldList({ list, reading, accounts, ask }: HeldListProps) {
  const { digest, reason, since, held, rows } = list
  type Row = (typeof rows)[number]
  const who = ({ type, principal }: Row) => (type === 'GROUP' ? `Group ${principal}` : principal)
  const place = ({ account }: Row) => sayScope(`account%${account}`, accounts)
  const set = ({ permissionSet }: Row) => permissionSet
  const links = ({ links: all }: Row) =>
    all
      .map(({ link, deletedBy, deletedAt }) =>
        deletedBy && deletedAt ? `${link}, deleted by ${sayActor(deletedBy)}, ${sayInstant(deletedAt)}` : link,
      )
      .join('; ')
  // People without access by ssofile have no rows.
  const title = held === 0 ? 'People are held' : `${count(held, 'revocation')} ${held === 1 ? 'is' : 'are'} held`
  const more = held > rows.length ? `The first ${rows.length} are shown.` : undefined
  return (
    <DataTable
      title={title}
      description={`${sayHeld(reason)}. Since ${sayInstant(since)}.`}
      items={mapReading(reading, () => rows, more)}
      keyOf={(row) => [row.account, row.permissionSet, row.type, row.principal].join('%')}
      actions={
        <Line>
          <Keep list={list} title={title} ask={ask} />
          <Release digest={digest} title={title} does={sayRelease(list)} ask={ask} />
        </Line>
      }
      columns={[
        { id: 'who', title: 'Who would lose it', value: who, cell: (row) => <bdi>{who(row)}</bdi>, shown: 'first' },
        {
          id: 'set',
          title: 'Access',
          value: set,
          cell: (row) => <Named name={set(row)} about={place(row)} />,
          shown: 'first',
        },
        { id: 'account', title: 'Account', value: place, shown: 'hidden' },
        { id: 'links', title: 'By link', value: links, cell: (row) => <Broken text={links(row)} /> },
      ]}
      file={`held-${digest}`}
      empty="Nobody has access by ssofile."
    />
  )
}

const sayContents = (takesAway: readonly string[]) =>
  `ssofile then applies the file, which takes away: ${takesAway.join('; ')}.`

type ReleaseProps = Pick<Ask, 'ask'> & { readonly digest: string; readonly title: string; readonly does: string }

function Release({ digest, title, does, ask }: ReleaseProps) {
  const { send } = useApp()
  const done = 'Released. ssofile carries it out within about a minute.'
  const hint = [
    does,
    `To keep the access instead, put the deleted files back: ssofile brake --keep ${digest}`,
    `You release exactly what is shown, for one hour. If it has grown meanwhile, ssofile releases nothing. Digest: ${digest}.`,
  ].map((text) => <div key={text}>{text}</div>)
  const act = () => void send({ path: '/release', body: { digest }, done })
  const question = { title: `Take the access away: ${title}`, hint, label: 'Take the access away', act }
  return <Button ariaLabel={question.title} onClick={() => ask(question)} children="Take the access away…" />
}

/** Putting files back needs a writer of these files, and the page writes none. */
function Keep({
  list: { digest, rows },
  title,
  ask,
}: Pick<HeldListProps, 'list' | 'ask'> & { readonly title: string }) {
  const command = `ssofile brake --keep ${digest}`
  const deleted = sayDeletions(rows)
  if (deleted === '') return null
  const hint = [
    `Deleted: ${deleted}.`,
    'Somebody who may write these files puts them back with the command below. It shows the plan first, and asks. The access stays, and leaves this list.',
    command,
  ].map((text) => <div key={text}>{text}</div>)
  const act = () => void navigator.clipboard.writeText(command)
  const question = { title: `Keep the access: ${title}`, hint, label: 'Copy the command', act }
  return <Button ariaLabel={question.title} onClick={() => ask(question)} children="Keep the access…" />
}

type Row = ToldOperations['attention']['inputs'][number]

function Attention({ reading, all }: Pick<Ask, 'reading'> & { readonly all: number }) {
  const items = mapReading(reading, ({ attention: { inputs } }) => inputs)
  const shown = valueIn(items)?.length ?? 0
  const state = ({ state: one }: Row) => (
    <StatusIndicator type={one === 'waiting' ? 'pending' : 'warning'}>{sayAttention[one]}</StatusIndicator>
  )
  return (
    <DataTable
      title="Files that need attention"
      items={mapReading(items, (inputs) => inputs, all > shown ? `The first ${shown} of ${all}.` : undefined)}
      keyOf={(row) => `${row.state} ${row.input}`}
      filter="attention"
      file="attention"
      columns={[
        {
          id: 'state',
          title: 'State',
          value: (row) => sayAttention[row.state],
          cell: state,
          shown: 'first',
          width: 110,
        },
        {
          id: 'file',
          title: 'File, and what to do',
          value: ({ input }) => input,
          cell: (row) => <Wanting {...row} />,
          shown: 'first',
        },
        { id: 'why', title: 'Why', value: ({ reason = '' }) => reason, shown: 'hidden' },
        { id: 'remedy', title: 'What to do', value: ({ remedy = '' }) => remedy, shown: 'hidden' },
      ]}
      empty="Nothing needs attention."
    />
  )
}

function Wanting({ input, reason, remedy }: ToldOperations['attention']['inputs'][number]) {
  const told = [reason, remedy && `What to do: ${remedy}`].filter(Boolean).map((text) => <div key={text}>{text}</div>)
  return <Named name={<Broken text={input} />} about={told} />
}

/** From the nightly reports. */
function Trends() {
  const reading = useAnswer<{ readonly trends: readonly Trend[] }>('/trends')
  return <Shown reading={reading}>{({ trends }) => <Charts trends={trends} />}</Shown>
}

function Charts({ trends }: { readonly trends: readonly Trend[] }) {
  if (trends.length === 0) return <Nothing>There is no nightly report yet.</Nothing>
  const known = charts.filter(([name]) => trends.some(({ counts }) => counts[name] !== undefined))
  return (
    <Stack>
      {known.map(([name, title]) => {
        const pointOf = ({ date, counts: { [name]: y } }: Trend) =>
          y === undefined ? [] : [{ x: new Date(`${date}T00:00:00`), y }]
        return <Panel key={name} title={title} children={<Chart title={title} points={trends.flatMap(pointOf)} />} />
      })}
    </Stack>
  )
}

function Chart({ title, points }: { readonly title: string; readonly points: readonly { x: Date; y: number }[] }) {
  const [first, last] = [points[0]?.x, points.at(-1)?.x]
  const xTickFormatter = (day: Date) => day.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  return (
    <LineChart
      series={[{ title, type: 'line', data: points }]}
      ariaLabel={title}
      height={160}
      hideFilter
      hideLegend
      xScaleType="time"
      yDomain={[0, Math.max(1, ...points.map(({ y }) => y))]}
      xTitle="Day"
      i18nStrings={{ xTickFormatter }}
      {...(first && last && first < last ? { xDomain: [first, last] } : {})}
    />
  )
}
