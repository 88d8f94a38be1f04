import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { paginateListGroups } from '@aws-sdk/client-identitystore'
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import {
  DescribePermissionSetCommand,
  ListInstancesCommand,
  paginateListAccountAssignmentsForPrincipal,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import type * as z from 'zod'
import type { faultRule } from '../../infra/local/faults/fault-file.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { eventually, freePort, LocalProcess, sdkClients } from '../infra/local/local-process.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const Bucket = 'ssofile'
const set = 'ReadOnly-ps'
const kills = 10
/** `SEED=… npm run e2e -- kill` kills at the same moments again, as far as a machine can. */
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const randomness = new SeededRandomness(seed)

const accounts = Array.from({ length: 25 }, (_, index) => String(300_000_000_001 + index))
const groups = Array.from({ length: 20 }, (_, index) => `team ${index} / 50%`)
/** Account assignments in the grammar of links: 500. */
const wanted = accounts.flatMap((account) => groups.map((group) => `account%${account}%${set}%${group}%GROUP`)).sort()

let directory = ''
let port = 0
let local: LocalProcess
let clients: ReturnType<typeof sdkClients>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-kill-'))
  port = await freePort()
  clients = sdkClients(`http://127.0.0.1:${port}`)
  const { root } = smallOrganization()
  const own = accounts.map((id) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} }))
  const organization = smallOrganization({ groups, root: { ...root, accounts: [...(root.accounts ?? []), ...own] } })
  await writeFile(join(directory, 'organization.json'), JSON.stringify(organization))
})

afterAll(async () => {
  await local?.kill()
  clients?.destroy()
  await rm(directory, { recursive: true, force: true })
})

function start(data: string, ...more: readonly string[]): LocalProcess {
  const organization = join(directory, 'organization.json')
  const options = ['--data-dir', join(directory, data), '--organization', organization, '--time-scale', '20']
  local = new LocalProcess(port, [...options, ...more])
  return local
}

test(`ten kills at random moments among five hundred assignments: nothing is lost, nothing is granted twice, and no access is without a ledger entry whenever it is looked at`, async () => {
  process.stdout.write(`seed ${seed}\n`)
  const began = performance.now()
  await start('random').ready()
  await put(`permission_sets/${set}.json`, permissionSetFile(set))
  await pLimit(20).map(wanted, (key) => put(`links_data/${key}%ssofile`))
  let looks = 0
  const moments = Array.from({ length: kills }, () => Math.floor(randomness.fraction() * 480)).sort((a, b) => a - b)
  for (const moment of moments) {
    const dies = pauseUntilGranted(moment).then(() => pause(randomness.fraction() * 400))
    let isDue = false
    void dies.then(() => {
      isDue = true
    })
    while (!isDue) looks += await expectRecorded()
    await dies
    await local.kill()
    // What is read now is what the killed process has left: this one does nothing before it is ready.
    await start('random').listening()
    looks += await expectRecorded()
    const granted = (await list('history/account%')).length
    process.stdout.write(`killed with ${granted} of ${wanted.length} granted (drawn: ${moment})\n`)
  }
  looks += await expectAllRight(wanted)
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  process.stdout.write(`access was compared with the ledger ${looks} times, ${seconds} s\n`)
}, 300_000)

test.each<KillPoint>([
  { service: 'sso-admin', operation: 'CreateAccountAssignment', fault: 'kill', when: 'before', skip: 4 },
  { service: 'sso-admin', operation: 'CreateAccountAssignment', fault: 'kill', when: 'after', skip: 4 },
  { service: 'sso-admin', operation: 'ListAccountAssignmentCreationStatus', fault: 'kill', when: 'after', skip: 6 },
  { service: 's3', operation: 'PutObject', fault: 'kill', when: 'after', skip: 90 },
])(
  'a kill $when the call $operation with --faults leaves nothing that the next start does not put right',
  async ({ service, operation = '', when = '', ...point }) => {
    await local?.kill()
    known = undefined
    groupIds.clear()
    setNames.clear()
    const data = `${operation}-${when}`
    const file = join(directory, `${data}.json`)
    await writeFile(file, JSON.stringify({ rules: [{ service, operation, when, caller: 'ssofile', ...point }] }))
    await start(data, '--faults', file).ready()
    const some = wanted.slice(0, 30)
    // It may die meanwhile; whoever is not answered uploads again.
    const upload = async () => {
      await put(`permission_sets/${set}.json`, permissionSetFile(set))
      await pLimit(5).map(some, (key) => put(`links_data/${key}%ssofile`))
    }
    await upload().catch(() => undefined)
    await eventually(
      async () =>
        !(await fetch(local.url).then(
          () => true,
          () => false,
        )),
    )
    await local.kill()
    await start(data).listening()
    await expectRecorded()
    await local.ready()
    await upload()
    await expectAllRight(some)
  },
  60_000,
)

type KillPoint = Extract<z.input<typeof faultRule>, { fault: 'kill' }>

/** Waits until all of these links are in force; answers how often access was compared with the ledger meanwhile. */
async function expectAllRight(keys: readonly string[]): Promise<number> {
  let looks = 0
  while ((await list('history/account%')).length < keys.length) looks += await expectRecorded()
  await eventually(async () => (await statesOf(keys)).every((state) => state === 'applied'))
  looks += await expectRecorded()
  expect(await list('assignments/')).toEqual(keys.map((key) => `assignments/${key}%ssofile`))
  expect([...(await accessNow())].sort()).toEqual(keys)
  const events = (await list('history/account%')).map((key) => key.replace(/\/\d{4}-[^/%]*Z%/, ' '))
  expect(events.sort()).toEqual(keys.map((key) => `history/${key} granted.json`).sort())
  expect(await list('attention/')).toEqual([])
  return looks
}

async function pauseUntilGranted(count: number): Promise<void> {
  while ((await list('history/account%').catch(() => [])).length < count) await pause(50)
}

/** Access first, the ledger after it: what is granted in between cannot be accused. */
async function expectRecorded(): Promise<1> {
  const access = await accessNow()
  const ledger = new Set(await list('assignments/'))
  expect(access.filter((key) => !ledger.has(`assignments/${key}%ssofile`))).toEqual([])
  await pause(100)
  return 1
}

let known: { readonly InstanceArn: string; readonly IdentityStoreId: string } | undefined
const groupIds = new Map<string, string>()
const setNames = new Map<string, string>()

/** What access there is, in the grammar of links. Names are asked for once: they do not change here, and cost calls. */
async function accessNow(): Promise<readonly string[]> {
  const client = clients.ssoAdmin
  if (known === undefined) {
    const [instance] = (await client.send(new ListInstancesCommand({}))).Instances ?? []
    known = { InstanceArn: instance?.InstanceArn ?? '', IdentityStoreId: instance?.IdentityStoreId ?? '' }
  }
  const { InstanceArn, IdentityStoreId } = known
  if (groupIds.size === 0) {
    for await (const { Groups = [] } of paginateListGroups({ client: clients.identityStore }, { IdentityStoreId }))
      for (const { GroupId = '', DisplayName = '' } of Groups) groupIds.set(GroupId, DisplayName)
  }
  const found: string[] = []
  for (const [PrincipalId, group] of groupIds) {
    const input = { InstanceArn, PrincipalId, PrincipalType: 'GROUP' } as const
    for await (const { AccountAssignments = [] } of paginateListAccountAssignmentsForPrincipal({ client }, input)) {
      for (const { AccountId, PermissionSetArn = '' } of AccountAssignments)
        found.push(`account%${AccountId}%${await nameOfSet(PermissionSetArn)}%${group}%GROUP`)
    }
  }
  return found
}

async function nameOfSet(PermissionSetArn: string): Promise<string> {
  const name = setNames.get(PermissionSetArn)
  if (name !== undefined) return name
  const input = { InstanceArn: known?.InstanceArn, PermissionSetArn }
  const { PermissionSet } = await clients.ssoAdmin.send(new DescribePermissionSetCommand(input))
  setNames.set(PermissionSetArn, PermissionSet?.Name ?? '')
  return PermissionSet?.Name ?? ''
}

async function put(key: string, body = ''): Promise<void> {
  await clients.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: new TextEncoder().encode(body) }))
}

async function list(prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { Contents = [] } of paginateListObjectsV2({ client: clients.s3 }, { Bucket, Prefix: prefix }))
    for (const { Key = '' } of Contents) keys.push(Key)
  return keys
}

async function statesOf(keys: readonly string[]): Promise<readonly unknown[]> {
  return pLimit(20).map(keys, async (key) => {
    const status = await clients.s3
      .send(new GetObjectCommand({ Bucket, Key: `status/links_data/${key}%ssofile.json` }))
      .catch(() => undefined)
    return JSON.parse((await status?.Body?.transformToString()) ?? '{}').state
  })
}
