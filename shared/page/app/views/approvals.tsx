import Alert from '@cloudscape-design/components/alert'
import Badge from '@cloudscape-design/components/badge'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import { useMemo, useState } from 'react'
import { digestOf, sayOutcome, sayState } from '../../../domain/page/describe-request.ts'
import { count, partsOf, sayAge, sayDuration, sayInstant, sayScope } from '../../../domain/page/say.ts'
import type { Names, ToldAbout, ToldRequest } from '../../../domain/page/told.ts'
import { isHosted } from '../api-calls.ts'
import { pageClock } from '../page-clock.ts'
import { Confirm, type Question } from '../parts/confirm.tsx'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Facts, Refresh } from '../parts/facts.tsx'
import { Line, Nothing, Stack, View } from '../parts/layout.tsx'
import { addressOf, parseRoute, replaceAddress, useHash } from '../route.ts'
import { useAnswer, useApp, useNames } from '../use-told.ts'

const none: readonly string[] = []

/** What waits for the person's approval: a table, and the chosen requests below it. */
export default function Approvals() {
  const { told, send } = useApp()
  const { accounts } = useNames()
  const wanted = parseRoute(useHash()).item
  const [chosen, setChosen] = useState(none)
  const [question, setQuestion] = useState<Question>()
  const isChosen = ({ key, status }: ToldRequest) =>
    chosen.includes(key) || (chosen.length === 0 && wanted !== '' && status?.request?.digest === wanted)
  const items = told.waiting.filter(isChosen)
  const decidable = items.filter((one) => digestOf(one) !== undefined)
  const labelOf = (one: ToldRequest) => titleOf(one, accounts)
  const decideAll = async (decision: 'approve' | 'deny', comment: string) => {
    setChosen(none)
    for (const one of decidable) {
      const digest = digestOf(one)
      // If a fresh sign-in is needed, the person comes back to this request.
      if (isHosted) replaceAddress(addressOf('approvals', digest))
      const body = { digest, decision, ...(comment === '' ? {} : { comment }) }
      const done = `${decision === 'approve' ? 'Approved' : 'Denied'}: ${labelOf(one)}.`
      if (!(await send({ path: '/approvals', body, done }))) return
    }
    replaceAddress(addressOf('approvals'))
  }
  const decide = (decision: 'approve' | 'deny') => {
    const label = decision === 'approve' ? 'Approve' : 'Deny'
    const what = decidable.length === 1 ? decidable.map(labelOf).join() : count(decidable.length, 'request')
    const text = { label: 'Comment', isNeeded: false }
    const act = (comment: string) => void decideAll(decision, comment)
    setQuestion({ title: `${label}: ${what}`, hint: hints[decision], label, text, act })
  }
  const actions = (
    <Line>
      <Button disabled={decidable.length === 0} onClick={() => decide('deny')} children="Deny" />
      <Button
        disabled={decidable.length === 0}
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
        items={told.waiting}
        keyOf={({ key }) => key}
        columns={columnsOf(accounts)}
        filter="waiting"
        selection={{ items, onChange: (all) => setChosen(all.map(({ key }) => key)), labelOf }}
        actions={actions}
        empty={<Nothing>Nothing waits for your approval.</Nothing>}
      />
      {items.slice(0, detailsMost).map((one) => (
        <Details key={one.key} told={one} />
      ))}
      {question && <Confirm question={question} onClose={() => setQuestion(undefined)} />}
    </View>
  )
}

const detailsMost = 5
const hints = {
  approve: 'You approve exactly what is shown. If somebody edits the request, it needs approvals again.',
  deny: 'One denial is enough, and it is final.',
} as const

function titleOf({ linkData }: ToldRequest, accounts: Names['accounts']): string {
  const { user, permissionSet, scope, account } = partsOf(linkData)
  return `${permissionSet} in ${sayScope(scope, accounts[account ?? ''])} for ${user}`
}

function columnsOf(accounts: Names['accounts']): readonly DataColumn<ToldRequest>[] {
  const nowMs = pageClock.nowMs()
  const user = ({ linkData }: ToldRequest) => partsOf(linkData).user
  const place = ({ linkData }: ToldRequest) =>
    sayScope(partsOf(linkData).scope, accounts[partsOf(linkData).account ?? ''])
  const asked = ({ file }: ToldRequest) => file?.lastModified ?? ''
  const reason = ({ requestDetails }: ToldRequest) => requestDetails?.reason ?? ''
  return [
    { id: 'who', title: 'Person', value: user, cell: (one) => <bdi>{user(one)}</bdi>, shown: 'first' },
    { id: 'set', title: 'Permission set', value: ({ linkData }) => partsOf(linkData).permissionSet, shown: 'first' },
    { id: 'account', title: 'Account', value: place, shown: 'first' },
    { id: 'duration', title: 'Duration', value: ({ requestDetails }) => sayDuration(requestDetails?.duration ?? '') },
    { id: 'reason', title: 'Reason', value: reason, cell: (one) => <bdi>{reason(one)}</bdi> },
    {
      id: 'asked',
      title: 'Requested',
      value: asked,
      cell: (one) => sayAge(Date.parse(asked(one)), nowMs),
      isFilter: false,
    },
    { id: 'state', title: 'State', value: sayState, shown: 'hidden' },
    { id: 'given', title: 'Approvals', value: ({ status }) => sayApprovals(status?.request?.approvals) },
  ]
}

function sayApprovals(approvals: NonNullable<NonNullable<ToldRequest['status']>['request']>['approvals']): string {
  return approvals ? `${approvals.given.length} of ${approvals.needed}` : ''
}

/** Everything that helps to decide on one request. */
function Details({ told: one }: { readonly told: ToldRequest }) {
  const { accounts } = useNames()
  const path = isHosted ? `/about?request=${encodeURIComponent(one.key.slice('requests/'.length))}` : undefined
  const { answer: about } = useAnswer<ToldAbout>(path)
  const { user, permissionSet, scope, account } = partsOf(one.linkData)
  const { duration, reason, ticket, incident, startsAt } = one.requestDetails ?? {}
  const place = sayScope(scope, about?.accountName ?? accounts[account ?? ''])
  const risks = useMemo(() => (about === undefined ? [] : risksOf(about)), [about])
  return (
    <Container
      header={
        <Header variant="h2">
          {permissionSet} in {place}
        </Header>
      }
    >
      <Stack>
        {risks.length > 0 && (
          <Line>
            {risks.map((risk) => (
              <Badge key={risk} color="severity-high">
                {risk}
              </Badge>
            ))}
          </Line>
        )}
        <Facts
          facts={[
            ['Person', user],
            ['Why', reason],
            ['For how long', duration && `${sayDuration(duration)}${startsAt ? `, from ${sayInstant(startsAt)}` : ''}`],
            ['What it allows', about?.about ?? (about && 'Nobody described this permission set.')],
            ['Where', about?.path],
            ['Has there now', about && sayOthers(about)],
            ['Ticket', ticket],
            ['Incident', incident],
            ['Last requests', about && sayLast(about)],
          ]}
        />
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
    </Container>
  )
}

/** Production by the account's tags, its name or its OUs. */
function risksOf({ isAdministrator, tags, accountName = '', path = '' }: ToldAbout): readonly string[] {
  const isProduction = [...Object.values(tags), accountName, ...path.split('/')].some((text) =>
    /(^|[^a-z])prod(uction)?([^a-z]|$)/i.test(text),
  )
  return [...(isAdministrator ? ['Administrator-like'] : []), ...(isProduction ? ['Production'] : [])]
}

function sayOthers({ rows, isCut }: ToldAbout): string {
  const told = rows.map(
    ({ permissionSet, type, principal, giver }) =>
      `${permissionSet}${type === 'GROUP' ? ` through ${principal}` : ''}${giver === 'temporary' ? ' (temporary)' : ''}`,
  )
  return [...told, ...(isCut ? ['and more'] : [])].join(', ') || 'Nothing'
}

function sayLast({ last }: ToldAbout) {
  if (last.length === 0) return 'None in 90 days'
  return (
    <>
      {last.map(({ digest, permissionSet, scope = '', outcome, events }) => (
        <div key={digest}>
          {permissionSet} in {sayScope(scope)}: {sayOutcome(outcome).toLowerCase()}, {sayInstant(events.at(-1)?.at)}
        </div>
      ))}
    </>
  )
}
