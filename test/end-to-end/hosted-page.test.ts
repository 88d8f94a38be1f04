import {
  DeleteGroupMembershipCommand,
  GetGroupIdCommand,
  ListGroupMembershipsForMemberCommand,
} from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import type { LocalSystem } from './local-system.ts'
import { PageVisitor } from './page-visitor.ts'
import { account, startWithRequesters } from './requesters.ts'
import type { Session } from './sign-in.ts'
import { until } from './until.ts'

const users = ['ana', 'ben', 'cleo', 'dora'] as const
type User = (typeof users)[number]
const eligibility = {
  for: { users: ['ana'] },
  permissionSets: ['Admin-ps'],
  scopes: [`account%${account}`, 'account_tag%team^Data', 'select%data'],
  longest: 'PT8H',
  // Nobody is named by that tag: who may approve is in the group.
  approvers: { groups: ['approvers'], ownerTag: 'owner' },
}
const selector = { accounts: [account] }
const linkData = `account%${account}%Admin-ps%ana%USER%ssofile`
const asking = { action: 'ask', linkData, requestDetails: { duration: 'PT4H', reason: 'disk' } }
const own = { ...defaultConfiguration.brake.own, count: 1, percent: 1 }

/** For the auditor's questions: access of a group, whose members the bucket names after a sweep. */
const ofAuditors = `links_data/account%200000000002%Requester-ps%${localGroups.auditors[0]}%GROUP%ssofile`

let system: LocalSystem
let sessions: Readonly<Record<User, Session>>
let visitors: Readonly<Record<User, PageVisitor>>
beforeAll(async () => {
  const configuration = { brake: { ...defaultConfiguration.brake, own } }
  ;({ system, sessions } = await startWithRequesters(users, eligibility, configuration))
  await system.upload('selectors/data.json', JSON.stringify(selector), 'governance')
  await system.upload(ofAuditors)
  await system.joinGroup('dora', localGroups.operators[0])
  // From then on the event of a membership writes the group's members.
  await system.untilStatus(ofAuditors, 'applied')
  await system.joinGroup('dora', localGroups.auditors[0])
  const health: unknown = await (await fetch(`${system.url}/_ssofile/health`)).json()
  const { page } = health as { page: string }
  const signedIn = users.map(async (user) => [user, await PageVisitor.signIn(page, user)] as const)
  visitors = Object.fromEntries(await Promise.all(signedIn)) as Record<User, PageVisitor>
})
afterAll(() => system?.stop(), 60_000)

async function leave(user: User, group: string): Promise<void> {
  const IdentityStoreId = await system.access.identityStoreId()
  const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: group }
  const { GroupId } = await system.identityStore.send(
    new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } }),
  )
  const MemberId = { UserId: sessions[user].userId }
  const { GroupMemberships = [] } = await system.identityStore.send(
    new ListGroupMembershipsForMemberCommand({ IdentityStoreId, MemberId }),
  )
  for (const { MembershipId, GroupId: one } of GroupMemberships)
    if (one === GroupId)
      await system.identityStore.send(new DeleteGroupMembershipCommand({ IdentityStoreId, MembershipId }))
}

const key = () => `requests/${sessions.ana.userId}/${linkData}`

test('of somebody who loses the approvers’ group while signed in nothing counts from then on; another approver’s word does', async () => {
  const { ana, ben, cleo } = visitors
  expect(await ana.post('/requests', asking)).toMatchObject({ status: 202 })
  const { request } = await system.untilStatus(key(), 'waiting')
  const about = `/about?request=${encodeURIComponent(key().slice('requests/'.length))}`
  expect((await ben.get('/requests?of=waiting')).body.requests).toHaveLength(1)
  expect(await ben.get(about)).toMatchObject({ status: 200 })

  await leave('ben', 'approvers')
  const decision = { digest: request?.digest, decision: 'approve' }
  expect(await ben.post('/approvals', decision)).toMatchObject({ status: 202 })
  const refused = await system.untilStatus(`approvals/${sessions.ben.userId}/${request?.digest}`, 'rejected')
  expect(refused.reason).toMatch(/approver/)
  expect(await system.status(key())).toMatchObject({ state: 'waiting' })
  expect(await system.keys('links_data/temporary/')).toEqual([])
  // For looking, what the directory said within the minute is enough.
  await until(
    'the end of what ben sees',
    async () => ((await ben.get('/requests?of=waiting')).body.requests.length === 0 ? true : undefined),
    { withinMs: 90_000 },
  )
  expect(await ben.get(about)).toMatchObject({ status: 403 })

  expect(await cleo.post('/approvals', decision)).toMatchObject({ status: 202 })
  await system.untilStatus(key(), 'applied')
  await system.untilStatus(`links_data/temporary/${linkData}`, 'applied')
  expect(await system.json(`approvals/${sessions.cleo.userId}/${request?.digest}`)).toMatchObject({
    decision: 'approve',
  })
})

test('what was granted is seen with the account’s name, extended, and ended', async () => {
  const { ana, dora } = visitors
  const mine = async () => (await ana.get('/now')).body.access
  await until('the access', async () => ((await mine()).rows.length === 2 ? true : undefined), { withinMs: 60_000 })
  expect((await mine()).accounts).toEqual({ [account]: `account-${account}` })
  expect((await ana.get('/choices')).body.choices).toMatchObject([{ accounts: expect.arrayContaining([account]) }])
  expect((await ana.get('/eligibility')).body.eligible).toHaveLength(1)
  const { rows } = (await dora.get('/everybody')).body
  expect(rows).toContainEqual(expect.objectContaining({ permissionSet: 'Admin-ps', principal: 'ana' }))
  const extend = (duration: string) =>
    ana.post('/requests', { ...asking, action: 'extend', requestDetails: { duration, reason: 'not done' } })
  const runsUntil = (await system.status(key()))?.request?.expiresAt
  expect(await extend('PT1H')).toMatchObject({
    status: 400,
    body: { errors: [{ expected: expect.stringContaining(String(runsUntil)) }] },
  })
  expect(await extend('PT6H')).toMatchObject({ status: 202 })
  await system.untilStatus(key(), 'waiting')
  expect(await ana.post('/requests', { action: 'withdraw', linkData })).toMatchObject({ status: 202 })
  expect((await system.untilStatus(key(), 'applied')).request?.expiresAt).toBe(runsUntil)
  expect(await extend('PT6H')).toMatchObject({ status: 202 })
  await system.untilStatus(key(), 'waiting')
  expect(await ana.post('/requests', { action: 'finish', linkData })).toMatchObject({ status: 202 })
  await system.untilGone(`links_data/temporary/${linkData}`)
})

test('a request in the name of another tells its author nothing of that person', async () => {
  const { ben } = visitors
  const name = `${sessions.ben.userId}/root%all%P%ana%USER%ssofile`
  await system.upload(`requests/${name}`, JSON.stringify({ duration: 'PT1H' }), sessions.ben.accessKeyId)
  await system.untilStatus(`requests/${name}`, 'rejected')
  const told = await ben.get(`/about?request=${encodeURIComponent(name)}`)
  expect(told).toMatchObject({ status: 403 })
  expect(JSON.stringify(told.body)).not.toContain('Requester-ps')
})

test('who signs out is signed out everywhere that cookie is, and nobody else is', async () => {
  const { cleo, ben } = visitors
  const copy = cleo.copy()
  expect(await copy.get('/me')).toMatchObject({ status: 200 })
  await cleo.signOut()
  expect(await copy.get('/me')).toMatchObject({ status: 401 })
  expect(await copy.post('/approvals', { digest: '0'.repeat(32), decision: 'approve' })).toMatchObject({ status: 401 })
  expect(await ben.get('/me')).toMatchObject({ status: 200 })
})

test('what the brake holds is released as it is shown; a pause is begun and ended; history says by whom and from where', async () => {
  const { ana, dora } = visitors
  const by = 'page:dora from 127.0.0.1'
  const links = ['ben', 'cleo', 'dora'].map((user) => `links_data/account%${account}%Admin-ps%${user}%USER%ssofile`)
  await system.uploadAll(links)
  await system.untilStatuses(links, 'applied')
  await system.removeAll(links)
  const look = async () => (await dora.get('/operations')).body
  const shown = await until(
    'two revocations held',
    async () => {
      const { lists } = await look()
      return lists[0]?.held === 2 ? lists[0] : undefined
    },
    { withinMs: 60_000, tell: () => system.lastLogLines() },
  )
  expect(shown.rows).toMatchObject([
    { account, permissionSet: 'Admin-ps', links: [{ deletedBy: expect.stringContaining('maria') }] },
    { account, permissionSet: 'Admin-ps' },
  ])
  await until('attention', async () => ((await look()).attention.all === 2 ? true : undefined), { withinMs: 60_000 })
  expect((await look()).attention.inputs).toMatchObject([{ state: 'held' }, { state: 'held' }])

  expect(await ana.get('/operations')).toMatchObject({ status: 403 })
  expect(await ana.post('/release', { digest: shown.digest })).toMatchObject({ status: 403 })
  expect(await dora.post('/pause', { reason: 'migration' })).toMatchObject({ status: 200 })
  const { pause } = await look()
  expect(pause.told).toContain(by)
  expect(await dora.post('/release', { digest: shown.digest })).toMatchObject({ status: 200 })
  expect(await dora.post('/resume', { since: pause.since })).toMatchObject({ status: 200 })
  await system.untilGone(...links)
  const told = await until(
    'history',
    async () => {
      const keys = [...(await system.keys('history/brake%')), ...(await system.keys('history/pause/'))]
      const events = await Promise.all(keys.map((one) => system.json(one)))
      return events.length === 3 ? events : undefined
    },
    { withinMs: 90_000, tell: () => system.lastLogLines() },
  )
  expect(told).toMatchObject([
    { event: 'brake-released', by },
    { event: 'paused', by },
    { event: 'resumed', by },
  ])
})

test('the local sign-in names first who is an auditor or an operator', async () => {
  const { page } = (await (await fetch(`${system.url}/_ssofile/health`)).json()) as { page: string }
  const asked = await fetch(`${page}/sign-in`, { redirect: 'manual' })
  const begun = await fetch(asked.headers.get('location') ?? '', { redirect: 'manual' })
  const choice = new URL(begun.headers.get('location') ?? '', asked.headers.get('location') ?? '')
  const cookie = begun.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0])
    .join('; ')
  const names = [...(await (await fetch(choice, { headers: { cookie } })).text()).matchAll(/<li><a[^>]*>(.*?)<\/a>/g)]
  expect(names.slice(0, 3).map(([, name]) => name)).toEqual([
    'As auditor: <bdi>dora</bdi>',
    'As operator: <bdi>dora</bdi>',
    '<bdi>ana</bdi>',
  ])
})

/** One way to ask: the access by names, the members of groups, and the changes of today. */
type AuditAnswers = {
  /** `<account> <permission set> <principal> <type> <giver>` */
  readonly access: readonly string[]
  readonly members: readonly string[]
  /** `<instant> <event> <name>` */
  readonly changes: readonly string[]
}

/** Twelve questions of docs/audit.md. */
const questions: Readonly<Record<string, (told: AuditAnswers) => readonly string[]>> = {
  'who has access now': ({ access }) => access,
  'who has what in an account': ({ access }) => access.filter((one) => one.startsWith('200000000001 ')),
  'which people are in a group': ({ members }) => members,
  'which people can reach an account': ({ access, members }) =>
    access
      .filter((one) => one.startsWith('200000000002 '))
      .flatMap((one) => (one.includes(' GROUP ') ? members : [one.split(' ')[2] ?? ''])),
  'what dora has, also through groups': ({ access, members }) =>
    access.filter((one) => one.includes(' dora ') || (one.includes(' GROUP ') && members.includes('dora'))),
  'who has one permission set': ({ access }) => access.filter((one) => one.includes(' Requester-ps ')),
  'what ssofile gave': ({ access }) => access.filter((one) => one.endsWith(' ours')),
  'what others gave': ({ access }) => access.filter((one) => one.endsWith(' foreign')),
  'what changed today': ({ changes }) => changes.filter((one) => /Z (granted|revoked|held|foreign-found) /.test(one)),
  'what happened to one access': ({ changes }) => changes.filter((one) => one.includes('%Admin-ps%ana%USER')),
  'what the brake held': ({ changes }) => changes.filter((one) => one.includes('Z held ')),
  'when changes were paused and resumed': ({ changes }) => changes.filter((one) => /Z (paused|resumed) /.test(one)),
}

async function askS3(): Promise<AuditAnswers> {
  const as = 'auditor'
  const file = `s3://ssofile/members/${localGroups.auditors[0]}.csv`
  const [listing, members] = await Promise.all([
    system.cli(['s3', 'ls', '--recursive', 's3://ssofile/'], { as }),
    system.cli(['s3', 'cp', file, '-'], { as }),
  ])
  const keys = (place: string) => listing.match(new RegExp(`(?<= )${place}.*`, 'g')) ?? []
  return {
    access: keys('access/').map((one) => one.split('%').slice(1).join(' ')),
    changes: keys('changes/').map((one) => one.replace(/^changes\/(.{10})\/([^%]+)%([^%]+)%/, '$1T$2 $3 ')),
    members: members
      .trimEnd()
      .split('\r\n')
      .slice(2)
      .map((line) => line.split('"')[1] ?? ''),
  }
}

type Row = { account: string; permissionSet: string; group?: string; person: string; origin: string }
type Change = {
  at: string
  event: string
  subject?: string
  account?: string
  permissionSet?: string
  principal?: string
  type?: string
}

async function askSsofile(): Promise<AuditAnswers> {
  const ask = async (...args: readonly string[]) =>
    JSON.parse((await system.ssofile(['who', ...args, '--json'], 'auditor')).stdout) as {
      rows: Row[]
      changes: Change[]
    }
  const [{ rows }, { changes }] = [await ask('--no-live'), await ask('--changes', '1d')]
  const tellRow = ({ account, permissionSet, group, person, origin }: Row) =>
    [
      account,
      permissionSet,
      ...(group ? [group, 'GROUP'] : [person, 'USER']),
      origin === 'ssofile' ? 'ours' : origin,
    ].join(' ')
  const nameOf = ({ subject, account, permissionSet, principal, type }: Change) =>
    subject ?? `account%${account}%${permissionSet}%${principal}%${type}%ssofile`
  return {
    access: [...new Set(rows.map(tellRow))],
    changes: changes.map((one) => `${one.at} ${one.event} ${nameOf(one)}`),
    members: rows.flatMap(({ group, person }) => (group === localGroups.auditors[0] ? [person] : [])),
  }
}

async function askPage(): Promise<AuditAnswers> {
  const [everybody, members, changes] = await Promise.all(
    ['/everybody', '/members', '/changes'].map(async (path) => (await visitors.dora.get(path)).body),
  )
  type Listed = { account: string; permissionSet: string; principal: string; type: string; giver: string }
  return {
    access: everybody.rows.map((row: Listed) =>
      [row.account, row.permissionSet, row.principal, row.type, row.giver].join(' '),
    ),
    changes: changes.changes.map(
      ({ at, event, name }: { at: string; event: string; name: string }) => `${at} ${event} ${name}`,
    ),
    members: members.members[localGroups.auditors[0]],
  }
}

test('twelve questions of an auditor have one answer: from aws s3 alone, from ssofile, and from the page', async () => {
  await until('the members of the group', () =>
    system.has(`members/${localGroups.auditors[0]}.csv`).then((is) => is || undefined),
  )
  const ways = [await askS3(), await askSsofile(), await askPage()]
  for (const [question, answer] of Object.entries(questions)) {
    const [byS3 = [], bySsofile, byPage] = ways.map((told) => answer(told).toSorted())
    expect({ question, byS3: byS3.length > 0 }).toEqual({ question, byS3: true })
    expect({ question, told: bySsofile }).toEqual({ question, told: byS3 })
    expect({ question, told: byPage }).toEqual({ question, told: byS3 })
  }
})
