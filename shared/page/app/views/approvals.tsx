import Alert from '@cloudscape-design/components/alert'
import Badge from '@cloudscape-design/components/badge'
import Button from '@cloudscape-design/components/button'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { addressOf, parseRoute } from '../../../modules/page/rules/address.ts'
import {
  digestOf,
  factsOfDecision,
  sayApprovals,
  sayOutcome,
  sayShown,
} from '../../../modules/page/rules/describe-request.ts'
import { type Reading, valueIn } from '../../../modules/page/rules/reading.ts'
import { count, partsOf, sayAge, sayDuration, sayInstant, sayScope } from '../../../modules/page/rules/say.ts'
import type { Names, ToldAbout, ToldRequest } from '../../../modules/page/rules/told.ts'
import { isHosted, type Sent } from '../api-calls.ts'
import { pageClock } from '../page-clock.ts'
import { Confirm, type Question } from '../parts/confirm.tsx'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Broken, Facts, Refresh } from '../parts/facts.tsx'
import { Line, Named, Panel, Stack, View } from '../parts/layout.tsx'
import { Shown } from '../parts/reading.tsx'
import { replaceAddress, useHash } from '../route.ts'
import { useAnswer, useApp, useLooked, useNames } from '../use-told.ts'

const none: readonly string[] = []

/** What waits for the person's approval: a table, and the chosen requests below it. */
export function Approvals() {
  const { told, send } = useApp()
  const { accounts } = useNames()
  const wanted = parseRoute(useHash()).item
  const [chosen, setChosen] = useState(none)
  const [question, setQuestion] = useState<Question>()
  const isChosen = ({ key, status }: ToldRequest) =>
    chosen.includes(key) || (chosen.length === 0 && wanted !== '' && status?.request?.digest === wanted)
  const waiting = useLooked(told.waiting, told.isCut ? 'More requests wait than the page reads.' : undefined)
  const items = told.waiting.filter(isChosen)
  const decidable = items.filter((one) => digestOf(one) !== undefined)
  const [abouts, setAbouts] = useState<ReadonlyMap<string, About>>(new Map())
  const onRead = useCallback((key: string, about: About) => setAbouts((all) => new Map(all).set(key, about)), [])
  const aboutOf = ({ key }: ToldRequest) => valueIn(abouts.get(key) ?? unread)
  const bar =
    decidable.length > detailsMost ? tooMany : decidable.some((one) => !isKnown(abouts.get(one.key))) && notYet
  const labelOf = (one: ToldRequest) => titleOf(one, accounts)
  const decide = (decision: 'approve' | 'deny') => {
    const { label, done, hint } = decisions[decision]
    const titles = decidable.map(labelOf)
    const isApproval = decision === 'approve'
    const sentOf = (one: ToldRequest, comment: string): Sent => {
      const scope = decision === 'approve' ? one.status?.request?.scope?.digest : undefined
      const body = { digest: digestOf(one), decision, ...(comment !== '' && { comment }), ...(scope && { scope }) }
      return { path: '/approvals', body, done: `${done}: ${labelOf(one)}.`, what: labelOf(one) }
    }
    setQuestion({
      title: `${label}: ${titles.length === 1 ? titles.join() : count(titles.length, 'request')}`,
      hint: (
        <Stack>
          <div>{hint}</div>
          {decidable.map((one) => (
            <div key={one.key}>
              {titles.length > 1 && <b>{labelOf(one)}</b>}
              {isApproval && <Facts columns={2} facts={factsOfDecision(one, aboutOf(one), pageClock.nowMs())} />}
            </div>
          ))}
        </Stack>
      ),
      label,
      text: { label: 'Comment', isNeeded: false },
      act: (comment) => {
        setChosen(none)
        replaceAddress(addressOf('approvals'))
        void send(...decidable.map((one) => sentOf(one, comment)))
      },
    })
  }
  const actions = (
    <Line>
      <Button disabled={decidable.length === 0} onClick={() => decide('deny')} children="Deny" />
      <Button
        disabled={decidable.length === 0 || bar !== false}
        disabledReason={bar || 'Choose a request.'}
        variant="primary"
        onClick={() => decide('approve')}
        children="Approve"
      />
    </Line>
  )
  return (
    <View title="Approvals" actions={<Refresh />}>
      {wanted !== '' && items.length === 0 && (
        <Alert>This request does not wait for you. Somebody decided it, or its author withdrew it.</Alert>
      )}
      <DataTable
        title="Waiting for you"
        items={waiting}
        keyOf={({ key }) => key}
        columns={columnsOf(accounts)}
        filter="waiting"
        selection={{ items, onChange: (all) => setChosen(all.map(({ key }) => key)), labelOf }}
        actions={actions}
        empty="Nothing waits for your approval."
      />
      {items.slice(0, detailsMost).map((one) => (
        <Details key={one.key} told={one} onRead={onRead} />
      ))}
      {question && <Confirm question={question} onClose={() => setQuestion(undefined)} />}
    </View>
  )
}

const detailsMost = 5
const tooMany = `Approve at most ${detailsMost} requests at once: their facts are below.`
const notYet = 'Risk and present access are not read yet, or could not be read: see below.'
type About = Reading<ToldAbout>
const unread: About = { is: 'loading' }

/** Whether the decision can rest on it. `ssofile browse` does not read it. */
function isKnown(about: About = unread): boolean {
  return !isHosted || (about.is === 'read' && about.value.unread === undefined)
}

const decisions = {
  approve: {
    label: 'Approve',
    done: 'Approved',
    hint: 'You approve exactly what is shown. If somebody edits the request, or its scope has more accounts by then, it needs approvals again.',
  },
  deny: { label: 'Deny', done: 'Denied', hint: 'One denial is enough, and it is final.' },
} as const

function titleOf({ linkData }: ToldRequest, accounts: Names['accounts']): string {
  const { user, permissionSet, scope } = partsOf(linkData)
  return `${permissionSet} in ${sayScope(scope, accounts)} for ${user}`
}

function columnsOf(accounts: Names['accounts']): readonly DataColumn<ToldRequest>[] {
  const nowMs = pageClock.nowMs()
  const user = ({ linkData }: ToldRequest) => partsOf(linkData).user
  const place = ({ linkData }: ToldRequest) => sayScope(partsOf(linkData).scope, accounts)
  const set = ({ linkData }: ToldRequest) => partsOf(linkData).permissionSet
  const asked = ({ file }: ToldRequest) => file?.lastModified ?? ''
  const reason = ({ requestDetails }: ToldRequest) => requestDetails?.reason ?? ''
  const duration = ({ requestDetails }: ToldRequest) => sayDuration(requestDetails?.duration ?? '')
  return [
    { id: 'who', title: 'Person', value: user, cell: (one) => <Broken text={user(one)} />, shown: 'first', width: 130 },
    {
      id: 'set',
      title: 'Access',
      value: set,
      cell: (one) => <Named name={set(one)} about={place(one)} />,
      shown: 'first',
    },
    { id: 'account', title: 'Account', value: place, shown: 'hidden' },
    {
      id: 'reason',
      title: 'Reason',
      value: reason,
      cell: (one) => <Named name={<bdi>{reason(one)}</bdi>} about={duration(one)} />,
    },
    {
      id: 'asked',
      title: 'Requested',
      value: asked,
      cell: (one) => sayAge(Date.parse(asked(one)), nowMs),
      isFilter: false,
    },
    { id: 'given', title: 'Approvals', value: sayApprovals },
  ]
}

type DetailsProps = { readonly told: ToldRequest; readonly onRead: (key: string, about: About) => void }

/** Everything that helps to decide on one request. */
function Details({ told: one, onRead }: DetailsProps) {
  const { key } = one
  const { accounts } = useNames()
  const path = isHosted ? `/about?request=${encodeURIComponent(key.slice('requests/'.length))}` : undefined
  const reading = useAnswer<ToldAbout>(path)
  useEffect(() => onRead(key, reading), [onRead, key, reading])
  const about = valueIn(reading)
  const { user, permissionSet, scope } = partsOf(one.linkData)
  const { reason, ticket, incident } = one.requestDetails ?? {}
  const place = sayScope(scope, { ...accounts, ...about?.accounts })
  const decided = factsOfDecision(one, about, pageClock.nowMs()).filter(([label]) => about || !ofAbout.includes(label))
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Person', user],
    ['Why', reason],
    ...decided.filter(([label]) => label !== 'Risk'),
    ['Description', about && (about.about ?? 'Nobody described this permission set.')],
    ['Where', about && Object.values(about.paths).join()],
    ['Accounts', sayShown(one, { ...accounts, ...about?.accounts })],
    ['Ticket', ticket],
    ['Incident', incident],
    ['Last requests', about && sayLast(about, accounts)],
  ]
  return (
    <Panel title={`${permissionSet} in ${place}`}>
      <Stack>
        {path !== undefined && <Shown reading={reading}>{(read) => <Risks {...read} />}</Shown>}
        <Facts facts={facts} />
        <ExpandableSection headerText="Details">
          <Facts
            facts={[
              ['Eligibility', one.status?.request?.eligibility],
              ['Requested', sayInstant(one.file?.lastModified)],
              ['Digest', one.status?.request?.digest],
            ]}
          />
        </ExpandableSection>
      </Stack>
    </Panel>
  )
}

const ofAbout = ['Risk', 'Has there now', 'What it allows']

function Risks({ risks, unread }: ToldAbout) {
  return (
    <>
      {unread !== undefined && (
        <Alert type="warning">ssofile could not read {unread}, so nobody can approve this here now.</Alert>
      )}
      {risks.map(({ label, why }) => (
        <div key={label}>
          <Badge color="severity-high">{label}</Badge> <small>{why}</small>
        </div>
      ))}
    </>
  )
}

function sayLast({ last }: ToldAbout, accounts: Names['accounts']) {
  if (last.length === 0) return 'None in 90 days'
  return (
    <>
      {last.map(({ digest, permissionSet, scope = '', outcome, events }) => (
        <div key={digest}>
          {permissionSet} in {sayScope(scope, accounts)}: {sayOutcome(outcome).toLowerCase()},{' '}
          {sayInstant(events.at(-1)?.at)}
        </div>
      ))}
    </>
  )
}
