import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateGroupCommand,
  DeleteGroupCommand,
  paginateListGroups,
  paginateListUsers,
  UpdateGroupCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-identitystore'
import { paginateListAccountAssignments } from '@aws-sdk/client-sso-admin'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { LocalSystem } from '../local-system.ts'
import { smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

type Type = 'GROUP' | 'USER'
const set = 'ReadOnly-ps'
/** Needs a policy that no account has: AWS refuses to assign it, later. */
const failing = 'Failing-ps'

const changes = ['renamed', 'renamed back', 'swapped', 'made again', 'user renamed'] as const
const linkings = ['to the old name', 'to the new name', 'to both', 'to none'] as const
/** Whose changes are told by an event; nobody hears of the other's. */
const callers = ['maria', 'silent'] as const

type Case = {
  readonly change: (typeof changes)[number]
  readonly caller: (typeof callers)[number]
  readonly account: string
  readonly type: Type
  readonly old: string
  readonly next: string
  readonly links: readonly string[]
}

const cases: readonly Case[] = changes
  .flatMap((change) => linkings.flatMap((linking) => callers.map((caller) => ({ change, linking, caller }))))
  .map(({ change, linking, caller }, index) => {
    const type = change === 'user renamed' ? 'USER' : 'GROUP'
    const account = String(300_000_000_001 + index)
    // The name of a user has no space.
    const nameOf = (text: string) =>
      `${change}, ${caller}, ${linking}, ${text}`.replaceAll(' ', type === 'USER' ? '_' : ' ')
    const [old, next] = [nameOf('old/1'), nameOf('Né%2')] as const
    const names = { 'to the old name': [old], 'to the new name': [next], 'to both': [old, next], 'to none': [] }[
      linking
    ]
    const links = names.map((name) => `links_data/account%${account}%${set}%${name}%${type}%ssofile`)
    return { change, caller, account, type, old, next, links }
  })

const byHand = { account: '200000000001', principal: 'by hand', permissionSet: set, type: 'GROUP' as const }
const held = `links_data/account%200000000002%${set}%held%GROUP%ssofile`
const failed = `links_data/account%200000000003%${failing}%failed%GROUP%ssofile`

let folder: string
let system: LocalSystem

async function start(): Promise<void> {
  const { root } = smallOrganization()
  const own = cases.map(({ account: id }) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} }))
  const groups = cases.flatMap(({ change, type, old, next }) => {
    if (type === 'USER') return []
    return change === 'swapped' ? [old, next] : [old]
  })
  system = await LocalSystem.start({
    organization: smallOrganization({
      root: { ...root, accounts: [...(root.accounts ?? []), ...own] },
      groups: [...groups, byHand.principal, 'held', 'failed'],
      users: cases.flatMap(({ type, old }) => (type === 'USER' ? [old] : [])),
      permissionSets: [{ permissionSetName: set, managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }],
      assignments: [byHand],
    }),
    configuration: {
      orphanGraceMinutes: 2,
      brake: {
        indirect: { count: 1000, percent: 100, most: 1000, hours: 24 },
        own: { count: 0, percent: 0, minutes: 15 },
        people: { count: 5, minutes: 15 },
      },
    },
    timeScale: 20,
    options: ['--data-dir', folder],
  })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-identity-'))
  await start()
})
afterEach(async () => {
  await system.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Who has which name now: ids by type and name. */
async function ids(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const paged = { client: system.identityStore }
  const store = { IdentityStoreId: await system.access.identityStoreId() }
  for await (const { Groups = [] } of paginateListGroups(paged, store))
    for (const { GroupId = '', DisplayName = '' } of Groups) found.set(`GROUP%${DisplayName}`, GroupId)
  for await (const { Users = [] } of paginateListUsers(paged, store))
    for (const { UserId = '', UserName = '' } of Users) found.set(`USER%${UserName}`, UserId)
  return found
}

/** All access that Identity Center lists, as `account%set%id%TYPE`. */
async function listed(): Promise<readonly string[]> {
  const InstanceArn = await system.access.instanceArn()
  const accounts = [...cases.map(({ account }) => account), '200000000001', '200000000002', '200000000003']
  const found: string[] = []
  for (const name of [set, failing]) {
    const PermissionSetArn = await system.access.permissionSetArn(name)
    const list = async (AccountId: string) => {
      const input = { InstanceArn, AccountId, PermissionSetArn }
      for await (const { AccountAssignments = [] } of paginateListAccountAssignments(
        { client: system.ssoAdmin },
        input,
      ))
        for (const { PrincipalId, PrincipalType } of AccountAssignments)
          found.push(`${AccountId}%${name}%${PrincipalId}%${PrincipalType}`)
    }
    await pLimit(5).map(accounts, list)
  }
  return found.sort()
}

/** What the links ask for: the access of whoever has the name. */
function wanted(names: ReadonlyMap<string, string>): readonly string[] {
  const asked = cases.flatMap(({ account, type, links }) =>
    links.flatMap((link) => {
      const id = names.get(`${type}%${link.split(`%${set}%`)[1]?.replace(`%${type}%ssofile`, '')}`)
      return id === undefined ? [] : [`${account}%${set}%${id}%${type}`]
    }),
  )
  const others = [
    `200000000001%${set}%${names.get('GROUP%by hand')}%GROUP`,
    `200000000002%${set}%${names.get('GROUP%held')}%GROUP`,
  ]
  return [...asked, ...others].sort()
}

/** What `access/` has to list of this access, by the names of now. */
function named(access: readonly string[], names: ReadonlyMap<string, string>): readonly string[] {
  const nameOf = new Map([...names].map(([key, id]) => [id, key.slice(key.indexOf('%') + 1)]))
  return access
    .map((one) => {
      const [account, permissionSet, id = '', type] = one.split('%')
      const name = nameOf
        .get(id)
        ?.replace(/%((?:25)*)2F/g, '%25$12F')
        .replaceAll('/', '%2F')
      return `access/account%${account}%${permissionSet}%${name}%${type}%${name === 'by hand' ? 'foreign' : 'ours'}`
    })
    .sort()
}

/** By the SDK: a second of the AWS CLI is twenty of this system, and half of what this file took of the processor. */
async function change({ change: what, caller, type, old, next }: Case, names: ReadonlyMap<string, string>) {
  const store = system.identityStoreOf(caller)
  const IdentityStoreId = await system.access.identityStoreId()
  const idOf = (name: string) => names.get(`${type}%${name}`) ?? ''
  const rename = async (from: string, AttributeValue: string): Promise<void> => {
    const AttributePath = type === 'GROUP' ? 'displayName' : 'userName'
    const operations = { IdentityStoreId, Operations: [{ AttributePath, AttributeValue }] }
    if (type === 'GROUP') await store.send(new UpdateGroupCommand({ ...operations, GroupId: idOf(from) }))
    else await store.send(new UpdateUserCommand({ ...operations, UserId: idOf(from) }))
  }
  switch (what) {
    case 'renamed':
    case 'user renamed':
      return rename(old, next)
    case 'renamed back':
      await rename(old, next)
      return rename(old, old)
    case 'swapped':
      await rename(old, `${old} passing`)
      await rename(next, old)
      return rename(old, next)
    case 'made again':
      await store.send(new DeleteGroupCommand({ IdentityStoreId, GroupId: idOf(old) }))
      return void (await store.send(new CreateGroupCommand({ IdentityStoreId, DisplayName: old })))
    default:
      return what satisfies never
  }
}

/** What no event told a reconcile finds; once more, when the grace of what is gone is over. */
async function untilWanted(expected: readonly string[]): Promise<void> {
  const tell = async () => {
    const [there, wantedText] = [await listed(), expected.join('\n')]
    return `there:\n${there.join('\n')}\nwanted:\n${wantedText}\n${system.lastLogLines(40)}`
  }
  await until(
    'the access that links ask for',
    async () => {
      await system.ssofile(['apply', 's3://ssofile', '--no-drift'], 'ssofile')
      return (await listed()).join('\n') === expected.join('\n') ? true : undefined
    },
    { withinMs: 60_000, tell },
  )
}

/** What was asked for and not answered yet is in no queue. Less than the five minutes of the sweep, which would list it too. */
async function untilListed(expected: readonly string[]): Promise<void> {
  const there = async () => (await system.keys('access/')).join('\n')
  const wanted = expected.join('\n')
  const tell = async () => `there:\n${await there()}\nwanted:\n${wanted}`
  await until('access/ as it is', async () => ((await there()) === wanted ? true : undefined), {
    withinMs: 10_000,
    tell,
  })
}

test.each([
  ['while a dispatcher works', false],
  ['and the process is killed in the middle', true],
])(
  'renamings, swaps and groups that are made again, %s: access is right, access/ lists it, and history tells it once',
  async (_, isKilled) => {
    await fetch(`${system.url}/_ssofile/accounts/200000000003/missing-policies/nowhere`, { method: 'PUT' })
    await system.upload(
      `permission_sets/${failing}.json`,
      JSON.stringify({ permissionSetName: failing, customerManagedPoliciesList: [{ Name: 'nowhere' }] }),
    )
    await system.uploadAll([...cases.flatMap(({ links }) => links), held, failed])
    const before = await ids()
    await untilWanted(wanted(before))
    await system.untilStatus(failed, 'failed')
    await system.remove(held)
    await system.untilStatus(held, 'held')
    expect(await system.keys('access/')).toEqual(named(wanted(before), before))
    const had = wanted(before)

    for (const half of [cases.slice(0, cases.length / 2), cases.slice(cases.length / 2)]) {
      await pLimit(3).map(half, (one) => change(one, before))
      if (isKilled) {
        await system.stop()
        await start()
      }
    }
    const names = await ids()
    await untilWanted(wanted(names))
    await system.untilQuiet()
    const access = await listed()
    await untilListed(named(access, names))
    for (const one of cases) {
      const prefix = `history/account%${one.account}%`
      const keys = await system.keys(prefix)
      const told = keys
        .filter((key) => !key.endsWith('%terms-changed.json'))
        .map((key) => {
          const [, where = '', record = ''] = key.split('/')
          return `${where.split('%').slice(1).join('%')} ${record.replace(/^.*%([\w-]+)\.json$/, '$1')}`
        })
      const of = (all: readonly string[]) => all.filter((key) => key.startsWith(`${one.account}%`))
      const ended = of(had).filter((key) => !access.includes(key))
      const granted = [...new Set([...of(had), ...of(access)])]
      expect({ one, told: told.sort() }).toEqual({
        one,
        told: [...granted.map((key) => `${key} granted`), ...ended.map((key) => `${key} revoked`)].sort(),
      })
    }
  },
  300_000,
)
