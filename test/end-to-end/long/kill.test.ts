import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  DescribeAccountAssignmentCreationStatusCommand,
  paginateListAccountAssignmentCreationStatus,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { SeededRandomness } from '../../../shared/memory/seeded-randomness.ts'
import { eventually } from '../../infra/local/local-process.ts'
import { type FaultRule, KeptSystem } from '../kept-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const set = 'ReadOnly-ps'
const kills = 10
/** Requests for assignments that Identity Center works on at once (limits.assignments of the configuration). */
const mostInFlight = 10
/** `SEED=… npm run e2e -- kill` kills at the same moments again, as far as a machine can. */
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const randomness = new SeededRandomness(seed)

const accounts = Array.from({ length: 25 }, (_, index) => String(300_000_000_001 + index))
const groups = Array.from({ length: 6 }, (_, index) => `team ${index} / 50%`)
/** Account assignments in the grammar of links: 150. */
const wanted = accounts.flatMap((account) => groups.map((group) => `account%${account}%${set}%${group}%GROUP`)).sort()

let kept: KeptSystem
let options: readonly string[] = []

beforeAll(async () => {
  kept = await KeptSystem.open()
  const { root } = smallOrganization()
  const own = accounts.map((id) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} }))
  const organization = smallOrganization({ groups, root: { ...root, accounts: [...(root.accounts ?? []), ...own] } })
  const file = join(kept.directory, 'organization.json')
  await writeFile(file, JSON.stringify(organization))
  options = ['--organization', file]
})

afterAll(() => kept?.close())

test(`ten kills at random moments among a hundred and fifty assignments: nothing is lost, nothing is granted twice, and no access is without a ledger entry whenever it is looked at`, async () => {
  process.stdout.write(`seed ${seed}\n`)
  const began = performance.now()
  let local = kept.start('random', ...options)
  await local.ready()
  await kept.put(`permission_sets/${set}.json`, permissionSetFile(set))
  await pLimit(20).map(wanted, (key) => kept.put(`links_data/${key}%ssofile`))
  const moments = Array.from({ length: kills }, () => Math.floor(randomness.fraction() * 0.96 * wanted.length)).sort(
    (a, b) => a - b,
  )
  for (const moment of moments) {
    const dies = pauseUntilGranted(moment).then(() => pause(randomness.fraction() * 400))
    let isDue = false
    void dies.then(() => {
      isDue = true
    })
    while (!isDue) await look()
    await dies
    await local.kill()
    // What is read now is what the killed process has left: this one does nothing before it is ready.
    local = kept.start('random', ...options)
    await local.listening()
    await look()
    const granted = await kept.granted()
    process.stdout.write(`killed with ${granted} of ${wanted.length} granted (drawn: ${moment})\n`)
  }
  await expectAllRight(wanted)
  // A creation whose answer a kill has swallowed is asked for again, once for each kill.
  const creations = await creationsPerTarget()
  expect([...creations.keys()].sort()).toEqual(wanted)
  const repeated = [...creations.values()].filter((count) => count > 1)
  expect(repeated.every((count) => count <= 1 + kills)).toBe(true)
  expect(repeated.length).toBeLessThanOrEqual(kills * mostInFlight)
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  process.stdout.write(`access was compared with the ledger ${kept.looks} times, ${seconds} s\n`)
})

test.each<FaultRule & { fault: 'kill' }>([
  { service: 'sso-admin', operation: 'CreateAccountAssignment', fault: 'kill', when: 'before', skip: 4 },
  { service: 'sso-admin', operation: 'CreateAccountAssignment', fault: 'kill', when: 'after', skip: 4 },
  { service: 'sso-admin', operation: 'ListAccountAssignmentCreationStatus', fault: 'kill', when: 'after', skip: 6 },
  { service: 's3', operation: 'PutObject', fault: 'kill', when: 'after', skip: 90 },
])(
  'a kill $when the call $operation with --faults leaves nothing that the next start does not put right',
  async (point) => {
    await kept.discard()
    const data = `${point.operation}-${point.when}`
    let local = kept.start(data, ...options, ...(await kept.faults(point)))
    await local.ready()
    const some = wanted.slice(0, 30)
    // It may die meanwhile; whoever is not answered uploads again.
    const upload = async () => {
      await kept.put(`permission_sets/${set}.json`, permissionSetFile(set))
      await pLimit(5).map(some, (key) => kept.put(`links_data/${key}%ssofile`))
    }
    await upload().catch(() => undefined)
    await local.ended
    local = kept.start(data, ...options)
    await local.listening()
    await look()
    await local.ready()
    await upload()
    await expectAllRight(some)
  },
  120_000,
)

/** Waits until all of these links are in force, comparing access with the ledger meanwhile. */
async function expectAllRight(links: readonly string[]): Promise<void> {
  while ((await kept.granted()) < links.length) await look()
  await eventually(async () => (await kept.statesOf(links)).every((state) => state === 'applied'))
  await look()
  expect((await kept.named('assignments/')).sort()).toEqual([...links].sort())
  await kept.expectGrantedOnce(set, links)
  expect(await kept.list('attention/')).toEqual([])
}

/** How many creations Identity Center has accepted for each assignment. */
async function creationsPerTarget(): Promise<ReadonlyMap<string, number>> {
  const { InstanceArn } = await kept.instance()
  const names = await kept.groups()
  const client = kept.clients.ssoAdmin
  const counts = new Map<string, number>()
  for await (const page of paginateListAccountAssignmentCreationStatus({ client }, { InstanceArn })) {
    for (const { RequestId } of page.AccountAssignmentsCreationStatus ?? []) {
      const { AccountAssignmentCreationStatus: status } = await client.send(
        new DescribeAccountAssignmentCreationStatusCommand({
          InstanceArn,
          AccountAssignmentCreationRequestId: RequestId,
        }),
      )
      const key = `account%${status?.TargetId}%${set}%${names.get(status?.PrincipalId ?? '')}%GROUP`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return counts
}

async function pauseUntilGranted(count: number): Promise<void> {
  while ((await kept.granted().catch(() => 0)) < count) await pause(250)
}

/** Compares access with the ledger, and leaves ssofile time for its own calls. */
async function look(): Promise<void> {
  await kept.expectRecorded(set)
  await pause(300)
}
