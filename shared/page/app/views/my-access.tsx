import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { createContext, useContext, useEffect, useMemo, useState } from 'react'
import { addressOf, parseRoute } from '../../../modules/page/rules/address.ts'
import {
  decidersOf,
  ownActs,
  runsUntil,
  sayOutcome,
  sayProgress,
  stateOf,
} from '../../../modules/page/rules/describe-request.ts'
import { mapReading } from '../../../modules/page/rules/reading.ts'
import {
  partsOf,
  sayAge,
  sayDay,
  sayDuration,
  sayInstant,
  sayRest,
  sayScope,
  saySince,
} from '../../../modules/page/rules/say.ts'
import type { AccessList, PastRequest, ToldAccess, ToldRequest } from '../../../modules/page/rules/told.ts'
import { isHosted } from '../api-calls.ts'
import { pageClock } from '../page-clock.ts'
import { Confirm, type Question } from '../parts/confirm.tsx'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { Account, Refresh, RequestStatus } from '../parts/facts.tsx'
import { Line, Named, View } from '../parts/layout.tsx'
import { useHash } from '../route.ts'
import { useAnswer, useApp, useLooked, useNames } from '../use-told.ts'

/** The time, which ticks each half minute for what ends soon, and how to ask before an act. */
const Asking = createContext({ nowMs: 0, ask: (_: Question) => {} })

export function MyAccess() {
  const { told } = useApp()
  const [question, ask] = useState<Question>()
  const [nowMs, setNow] = useState(pageClock.nowMs)
  useEffect(() => pageClock.every(30_000, () => setNow(pageClock.nowMs())), [])
  const { unusable, unreadGroups } = told.eligibilities
  const request = <Button variant="primary" href={addressOf('request')} children="Request access" />
  return (
    <View
      title="My access"
      description={`As of ${new Date(told.atMs).toLocaleTimeString('en-GB')}`}
      actions={<Line children={[<Refresh key="refresh" />, request]} />}
    >
      {unusable.length > 0 && (
        <Alert type="warning">
          These eligibilities are not valid, so nobody can use them now: {unusable.join(', ')}.
        </Alert>
      )}
      {unreadGroups !== undefined && (
        <Alert type="warning">
          ssofile could not read your groups, so access through groups is missing: {unreadGroups}.
        </Alert>
      )}
      <Asking.Provider value={{ nowMs, ask }} children={<Requests />} />
      {told.access && <Standing {...told.access} />}
      <Eligible />
      {isHosted && <Past />}
      {question && <Confirm question={question} onClose={() => ask(undefined)} />}
    </View>
  )
}

const ranks = { granted: 0, ending: 1, waiting: 2, new: 2, refused: 3, over: 4 } as const

function Requests() {
  const { mine, isCut } = useApp().told
  const wanted = parseRoute(useHash()).item
  const items = useMemo(() => mine.toSorted((a, b) => ranks[stateOf(a)] - ranks[stateOf(b)]), [mine])
  const reading = useLooked(
    items,
    isCut ? 'There are more requests than the first 1,000, which this page shows.' : undefined,
  )
  const named = items.filter(({ status }) => wanted !== '' && status?.request?.digest === wanted)
  const selection = { items: named, onChange: () => {}, labelOf: keyOf, type: 'single' as const }
  return (
    <DataTable
      title="Temporary access and requests"
      items={reading}
      keyOf={keyOf}
      columns={ofRequests}
      empty="You have no temporary access, and no request is open."
      {...(named.length > 0 ? { selection } : {})}
    />
  )
}

const keyOf = ({ key }: ToldRequest) => key
const reasonOf = ({ requestDetails }: ToldRequest) => requestDetails?.reason ?? ''
const ofRequests: readonly DataColumn<ToldRequest>[] = [
  { id: 'what', title: 'Access', value: keyOf, cell: (one) => <What told={one} />, shown: 'first' },
  { id: 'state', title: 'State', value: stateOf, cell: (one) => <State told={one} />, shown: 'first', width: 130 },
  { id: 'why', title: 'Reason', value: reasonOf, cell: (one) => <Why told={one} /> },
]
type OfRequest = { readonly told: ToldRequest }

function What({ told: { linkData } }: OfRequest) {
  const names = useNames()
  const { account, scope, permissionSet } = partsOf(linkData)
  const abouts = useApp().told.choices.abouts[permissionSet]
  const place = account === undefined ? sayScope(scope) : <Account id={account} names={names} />
  return (
    <>
      <Named name={<b>{permissionSet}</b>} about={abouts} />
      {place}
    </>
  )
}

function State({ told }: OfRequest) {
  const { nowMs } = useContext(Asking)
  const { reason, remedy, request } = told.status ?? {}
  const until = runsUntil(told, nowMs)
  const state = stateOf(told)
  const isTelling = state === 'refused' || state === 'over' || (state === 'waiting' && !request?.approvals)
  return (
    <SpaceBetween size="xxs">
      <RequestStatus told={told} />
      <small>{sayProgress(told)}</small>
      {state === 'granted' && request?.expiresAt && <Ends at={request.expiresAt} nowMs={nowMs} />}
      {state !== 'granted' && until && <span>The access that you have goes on until {sayInstant(until)}.</span>}
      {isTelling && reason && <small>{reason}</small>}
      {isTelling && remedy && <small>What to do: {remedy}</small>}
      <Acts told={told} />
    </SpaceBetween>
  )
}

function Ends({ at, nowMs }: { readonly at: string; readonly nowMs: number }) {
  return <Named name={<b>ends in {sayRest(Date.parse(at), nowMs)}</b>} about={sayInstant(at)} />
}

function Why({ told: { requestDetails, file } }: OfRequest) {
  const { nowMs } = useContext(Asking)
  const { reason, ticket, incident, duration, startsAt } = requestDetails ?? {}
  const sent = file && `sent ${sayAge(Date.parse(file.lastModified), nowMs)}`
  const facts = [duration && sayDuration(duration), startsAt && `from ${sayInstant(startsAt)}`, ticket, incident, sent]
  return <Named name={<bdi>{reason}</bdi>} about={facts.filter(Boolean).join(' · ')} />
}

const hints = {
  finish: 'You can request it again. It then needs approvals again.',
  withdraw: 'The access that you have goes on until its end.',
} as const

function Acts({ told }: OfRequest) {
  const { nowMs, ask } = useContext(Asking)
  const app = useApp()
  const names = useNames()
  const { linkData, status } = told
  const { account, permissionSet, scope } = partsOf(linkData)
  const eligibility = status?.request?.eligibility
  const mayExtend = app.told.eligibilities.eligible.some(({ name }) => name === eligibility)
  const title = `${permissionSet} in ${sayScope(scope, names.accounts)}`
  const act = (does: 'finish' | 'withdraw' | 'extend', label: string) => {
    if (does === 'extend') location.hash = addressOf('request', '', { extend: linkData, eligibility })
    else {
      const sent = { path: '/requests', body: { action: does, linkData }, done: `${label}: sent.` } as const
      ask({ title: `${label}: ${title}`, hint: hints[does], label, act: () => void app.send(sent) })
    }
  }
  return (
    <Line>
      {stateOf(told) === 'granted' && account !== undefined && (
        <Portal account={account} permissionSet={permissionSet} />
      )}
      {ownActs(told, { mayExtend, nowMs }).map(({ does, label }) => (
        <Button key={label} variant="inline-link" ariaLabel={`${label}: ${title}`} onClick={() => act(does, label)}>
          {label}
        </Button>
      ))}
    </Line>
  )
}

/** AWS's shortcut link: the access portal opens the account with this permission set. (IAM Identity Center User Guide, "Create shortcut links".) */
function Portal({ account, permissionSet }: { readonly account: string; readonly permissionSet: string }) {
  const { portal } = useApp().told.me
  if (portal === undefined || permissionSet.startsWith('role:')) return null
  const href = `${portal}/#/console?${new URLSearchParams({ account_id: account, role_name: permissionSet })}`
  const label = `Open ${account} as ${permissionSet} in the access portal`
  const look = { variant: 'inline-link', iconName: 'external', iconAlign: 'right', target: '_blank' } as const
  return <Button {...look} ariaLabel={label} href={href} children="Open" />
}

/** A person's access in one account. */
type InAccount = { readonly account: string; readonly rows: readonly ToldAccess[] }

function Standing({ rows, isCut }: Pick<AccessList, 'rows' | 'isCut'>) {
  const names = useNames()
  const items = useMemo(
    () => [...Map.groupBy(rows, ({ account }) => account)].map(([account, all]): InAccount => ({ account, rows: all })),
    [rows],
  )
  const listed = (each: (row: ToldAccess) => string) => (one: InAccount) => [...new Set(one.rows.map(each))].join(', ')
  const nameOf = ({ account }: InAccount) => names.accounts[account] ?? account
  const columns: readonly DataColumn<InAccount>[] = [
    {
      id: 'account',
      title: 'Account',
      value: nameOf,
      cell: ({ account }) => <Account id={account} names={names} />,
      shown: 'first',
    },
    { id: 'number', title: 'Account number', value: ({ account }) => account, shown: 'hidden' },
    { id: 'path', title: 'OU path', value: ({ account }) => names.paths[account] ?? '', shown: 'hidden' },
    {
      id: 'set',
      title: 'Permission sets',
      value: listed(({ permissionSet }) => permissionSet),
      cell: (one) =>
        one.rows.map((row) => <Held key={`${row.permissionSet} ${row.type} ${row.principal}`} row={row} />),
      shown: 'first',
      isList: true,
    },
    { id: 'through', title: 'Through', value: listed(throughOf), shown: 'hidden', isList: true },
  ]
  return (
    <DataTable
      title="Access that you have"
      items={useLooked(items, isCut ? 'You may have more than this page shows.' : undefined)}
      keyOf={({ account }) => account}
      columns={columns}
      filter="have"
      sortedBy="account"
      empty="You have no access that ssofile knows."
    />
  )
}

const throughOf = ({ type, principal }: ToldAccess) => (type === 'GROUP' ? principal : 'directly')

/** One permission set: what it allows, through what the person has it, since when and until when. */
function Held({ row }: { readonly row: ToldAccess }) {
  const { mine, choices } = useApp().told
  const { account, permissionSet, type, principal, giver, since } = row
  const request = mine.find(({ linkData }) => linkData.startsWith(`account%${account}%${permissionSet}%`))?.status
    ?.request
  const until = giver === 'temporary' && (request?.runsUntil ?? request?.expiresAt)
  const facts = [
    choices.abouts[permissionSet],
    type === 'GROUP' ? `through ${principal}` : 'directly',
    giver === 'foreign' ? saySince({ knownSince: since }) : `since ${sayDay(since)}`,
    until && `ends ${sayInstant(until)}`,
    giver === 'foreign' && 'not given by ssofile',
  ]
  const name = (
    <Line>
      <b>{permissionSet}</b>
      <Portal {...row} />
    </Line>
  )
  return <Named name={name} about={facts.filter(Boolean).join(' · ')} />
}

function Eligible() {
  const { eligible, unreadGroups } = useApp().told.eligibilities
  const missing = unreadGroups === undefined ? undefined : 'ssofile could not read your groups.'
  const columns: readonly DataColumn<(typeof eligible)[number]>[] = [
    {
      id: 'name',
      title: 'Eligibility',
      value: ({ name }) => name,
      cell: (one) => <Named name={one.name} about={one.description} />,
      shown: 'first',
    },
    { id: 'sets', title: 'Permission sets', value: ({ permissionSets }) => permissionSets.join(', ') },
    { id: 'longest', title: 'At most', value: ({ longest }) => sayDuration(longest) },
    { id: 'ask', title: 'Actions', cell: ({ name }) => <RequestIt name={name} />, shown: 'first' },
  ]
  return (
    <DataTable
      title="You may request"
      items={useLooked(eligible, missing)}
      keyOf={({ name }) => name}
      columns={columns}
      empty="You are not eligible for any access yet."
    />
  )
}

function RequestIt({ name }: { readonly name: string }) {
  const look = { variant: 'inline-link', href: addressOf('request', '', { eligibility: name }) } as const
  return <Button {...look} ariaLabel={`Request access: ${name}`} children="Request access" />
}

function Past() {
  const { mine } = useApp().told
  const reading = useAnswer<{ readonly requests: readonly PastRequest[] }>('/history', mine.length)
  const { accounts } = useNames()
  const setOf = ({ permissionSet = '' }: PastRequest) => permissionSet
  const placeOf = ({ scope = '' }: PastRequest) => sayScope(scope, accounts)
  const askedAt = ({ events }: PastRequest) => events[0]?.at ?? ''
  const outcomeOf = (one: PastRequest) => sayOutcome(one.outcome)
  const columns: readonly DataColumn<PastRequest>[] = [
    { id: 'asked', title: 'Requested', value: askedAt, cell: (one) => sayInstant(askedAt(one)) },
    {
      id: 'set',
      title: 'Access',
      value: setOf,
      cell: (one) => <Named name={setOf(one)} about={placeOf(one)} />,
      shown: 'first',
    },
    { id: 'account', title: 'Account', value: placeOf, shown: 'hidden' },
    {
      id: 'outcome',
      title: 'Outcome',
      value: outcomeOf,
      cell: (one) => <Named name={outcomeOf(one)} about={sayInstant(one.events.at(-1)?.at)} />,
      shown: 'first',
    },
    { id: 'by', title: 'Decided by', value: decidersOf },
    { id: 'reason', title: 'Reason', value: ({ reason = '' }) => reason, cell: ({ reason }) => <bdi>{reason}</bdi> },
  ]
  return (
    <DataTable
      title="Your requests of the last 90 days"
      items={mapReading(reading, ({ requests }) => requests)}
      keyOf={({ digest }) => digest}
      columns={columns}
      filter="past"
      sortedBy="asked"
      isDescending
      file="my-requests"
      empty="You requested nothing."
    />
  )
}
