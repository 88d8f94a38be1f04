import {
  DeleteGroupMembershipCommand,
  GetGroupIdCommand,
  GetGroupMembershipIdCommand,
} from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { slowed } from '../slowness.ts'
import { LocalSystem } from './local-system.ts'
import { until } from './until.ts'

const account = '111111111111'
const set = 'Admin-ps'
const people = ['maria', 'tom', 'ada', 'eve', 'zoe'] as const
const organization = {
  managementAccountId: '999999999999',
  root: {
    id: 'r-acme',
    accounts: [{ id: '999999999999', name: 'management', email: 'm@example.com', tags: {} }],
    organizationalUnits: [
      {
        id: 'ou-acme-workload',
        name: 'Workloads',
        accounts: [{ id: account, name: 'one', email: 'one@example.com', tags: {} }],
        organizationalUnits: [],
      },
    ],
  },
  groups: ['developers', 'security'],
  users: [...people],
  permissionSets: [{ permissionSetName: set }],
}
const eligibility = {
  for: { groups: ['developers'] },
  permissionSets: [set],
  scopes: ['ou_id%ou-acme-workload'],
  longest: 'PT8H',
  approvers: { groups: ['security'] },
  approvals: 2,
  needs: ['reason'],
}

let system: LocalSystem
let storeId = ''
const ids = new Map<string, string>()
beforeAll(async () => {
  system = await LocalSystem.start({ organization, latencyMs: 50 })
  storeId = await system.access.identityStoreId()
  for (const name of people) ids.set(name, await system.userId(name))
  for (const name of people)
    await join(name, name === 'tom' || name === 'ada' || name === 'zoe' ? 'security' : 'developers')
  await system.upload('eligibility/admins.json', JSON.stringify(eligibility), 'governance')
})
afterAll(() => system?.stop())

async function groupId(group: string): Promise<string> {
  const attribute = { UniqueAttribute: { AttributePath: 'displayName', AttributeValue: group } }
  const input = { IdentityStoreId: storeId, AlternateIdentifier: attribute }
  return (await system.identityStore.send(new GetGroupIdCommand(input))).GroupId ?? ''
}

const join = (user: string, group: string) => system.joinGroup(user, group)

async function leave(user: string, group: string): Promise<void> {
  const about = { IdentityStoreId: storeId, GroupId: await groupId(group), MemberId: { UserId: ids.get(user) ?? '' } }
  const { MembershipId } = await system.identityStore.send(new GetGroupMembershipIdCommand(about))
  await system.identityStore.send(new DeleteGroupMembershipCommand({ IdentityStoreId: storeId, MembershipId }))
}

/** The bucket's owner writes for everybody: who may write where is the bucket policy's business. */
const as = 'ssofile'
const linkName = (user: string) => `account%${account}%${set}%${user}%USER%ssofile`
const keyOf = (user: string) => `requests/${ids.get(user)}/${linkName(user)}`
const ask = (user: string, said: object = {}) =>
  system.upload(keyOf(user), JSON.stringify({ duration: 'PT1H', reason: 'disk full', ...said }), as)

async function untilTold(user: string, state: string, reason = ''): Promise<string> {
  return until(
    `${user}: ${state} ${reason}`,
    async () => {
      const status = await system.status(keyOf(user))
      return status?.state === state && status.reason?.includes(reason) ? status.request?.digest : undefined
    },
    { tell: async () => JSON.stringify(await system.status(keyOf(user))) },
  )
}

async function decide(approver: string, digest: string, decision = 'approve', expected = 'applied'): Promise<void> {
  const key = `approvals/${ids.get(approver)}/${digest}`
  await system.upload(key, JSON.stringify({ decision }), as)
  await system.untilStatus(key, expected as 'applied')
}

test('what two approve is there within seconds, and goes when it is finished, but for a permanent link on it', async () => {
  await ask('maria')
  const digest = await untilTold('maria', 'waiting', '0 of 2')
  await decide('tom', digest)
  await untilTold('maria', 'waiting', "1 of 2 (by 'tom')")
  const began = performance.now()
  await decide('ada', digest)
  // S3 tells whole seconds, so of two approvals in one second nobody knows which came first.
  await untilTold('maria', 'applied', "approved by '")
  const given = (await system.status(keyOf('maria')))?.request?.approvals?.given ?? []
  expect(given.map(({ name }) => name).sort()).toEqual(['ada', 'tom'])
  await system.untilStatus(`links_data/temporary/${linkName('maria')}`, 'applied')
  expect(performance.now() - began).toBeLessThan(slowed(10_000))
  await system.upload(`links_data/${linkName('maria')}`)
  await system.untilStatus(`links_data/${linkName('maria')}`, 'applied')
  await system.remove(keyOf('maria'), as)
  await system.untilGone(keyOf('maria'), `links_data/temporary/${linkName('maria')}`)
  await system.untilQuiet()
  expect(await system.keys('links_data/temporary/')).toEqual([])
  expect(await system.access.inAccount(account)).toEqual([`${set}%maria%USER`])
  const events = (await system.keys(`history/requests/${ids.get('maria')}/`)).map((key) => key.split('%')[1])
  expect(events.toSorted()).toEqual(['approved', 'approved', 'asked.json', 'finished.json', 'granted.json'])
})

test('nothing is granted by oneself, by one who left, by a copied approval, or where one denies', async () => {
  await ask('eve')
  const first = await untilTold('eve', 'waiting', '0 of 2')
  await join('eve', 'security')
  await decide('eve', first, 'approve', 'rejected')
  await decide('zoe', first)
  await leave('zoe', 'security')
  await decide('tom', first)
  await untilTold('eve', 'waiting', "1 of 2 (by 'tom')")
  await ask('eve', { duration: 'PT2H' })
  const second = await until('a new digest', async () => {
    const digest = (await system.status(keyOf('eve')))?.request?.digest
    return digest !== first ? digest : undefined
  })
  await decide('ada', first, 'approve', 'rejected')
  await untilTold('eve', 'waiting', '0 of 2')
  await decide('tom', second)
  await decide('ada', second, 'deny')
  await untilTold('eve', 'rejected', 'denied')
  expect(await system.keys('links_data/temporary/')).toEqual([])
})

test('what was finished is not granted again by its approvals', async () => {
  await ask('maria')
  const digest = await untilTold('maria', 'waiting', '0 of 2')
  await decide('tom', digest)
  await decide('ada', digest)
  await untilTold('maria', 'applied')
  await system.remove(keyOf('maria'), as)
  await system.untilGone(keyOf('maria'))
  await ask('maria')
  await untilTold('maria', 'waiting', '0 of 2')
})
