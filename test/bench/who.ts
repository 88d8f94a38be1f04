import { ProposedObjects } from '../../handlers/cli/proposed-objects.ts'
import { accountId } from '../../shared/domain/account-id.ts'
import { ledgerPrefix } from '../../shared/domain/ledger-entry.ts'
import { stablePrincipalId } from '../../shared/memory/fill-from-organization-file.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { type WhoQuestion, whoHasAccess } from '../../shared/reconcile/preview/who-has-access.ts'
import { intercept } from '../intercept.ts'
import { World } from '../world.ts'
import { type Benchmark, parseNumbers } from './benchmark.ts'

const mostSeconds = 2
const groupsOfDirectory = 200
const sets = 40
const membershipsOfUser = 2
/** Of an answer, as calls within a Region take. */
const answerMs = { objects: 15, ssoAdmin: 40, identityStore: 40, organizations: 40, queues: 15 }

const accountOf = (index: number) => String(300_000_000_000 + index)
const groupOf = (index: number) => `group-${index % groupsOfDirectory}`
const userOf = (index: number) => `user-${index}@acme.example`
const setOf = (index: number) => `Set-${index % sets}`

/**
 * How long `who` takes: at AWS's rates and with answers as slow as AWS's, on virtual time, and what this machine computes
 * besides. The start of the command is not in it.
 */
export const who: Benchmark = {
  name: 'who',
  usage: 'who --accounts 500 --assignments 20 --users 3000',
  summary: `who has access; of one account of 500 with 20 assignments each and 3,000 users in less than ${mostSeconds} s`,
  run: async (options) => {
    const size = parseNumbers(options, { accounts: 500, assignments: 20, users: 3000 })
    const world = await fill(size)
    const account = accountId.parse(accountOf(size.accounts - 1))
    const ofAccount = await measure(world, { account, isLive: true })
    const ofUser = await measure(world, { user: userOf(1), isLive: true })
    const ofAll = await measure(world, { isLive: false })
    const lines = [
      ['--account', ofAccount],
      ['--user', ofUser],
      ['all', ofAll],
    ] as const
    return {
      lines: lines.map(
        ([name, { rows, waited, computed }]) =>
          `${name.padEnd(10)} ${rows} rows: ${waited.toFixed(2)} s for calls, ${computed.toFixed(2)} s computed`,
      ),
      claims: [
        { claim: 'every member of every group is told', holds: ofAll.rows === expectedRows(size) },
        {
          claim: `who --account takes less than ${mostSeconds} s`,
          holds: ofAccount.waited + ofAccount.computed < mostSeconds,
        },
      ],
    }
  },
}

type Size = { readonly accounts: number; readonly assignments: number; readonly users: number }

async function fill({ accounts, assignments, users }: Size): Promise<World> {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
  const organization = organizationFile.parse({
    managementAccountId: '111111111111',
    root: {
      id: 'r-acme',
      accounts: ['111111111111', ...numbers(accounts).map(accountOf)].map((id) => {
        return { id, name: `account-${id}`, email: `aws+${id}@acme.example`, tags: {} }
      }),
      organizationalUnits: [],
    },
    groups: numbers(groupsOfDirectory).map(groupOf),
    users: numbers(users).map(userOf),
    permissionSets: numbers(sets).map((index) => {
      return { permissionSetName: setOf(index), managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }
    }),
  })
  const world = new World({ organization })
  for (const user of numbers(users))
    for (const group of numbers(membershipsOfUser)) {
      const groupId = stablePrincipalId('GROUP', groupOf(user * membershipsOfUser + group))
      await world.identityStore.createGroupMembership(groupId, stablePrincipalId('USER', userOf(user)))
      await world.clock.advance(60)
    }
  for (const account of numbers(accounts))
    for (const assignment of numbers(assignments)) await give(world, account, account + assignment)
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  return world
}

async function give(world: World, account: number, group: number): Promise<void> {
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf(setOf(group))
  if (permissionSetArn === undefined) throw new Error(`received no ARN of ${setOf(group)}, expected one`)
  const principalId = stablePrincipalId('GROUP', groupOf(group))
  const id = accountOf(account)
  world.ssoAdmin.addAssignment({
    accountId: accountId.parse(id),
    permissionSetArn,
    principalId,
    principalType: 'GROUP',
  })
  const name = `account%${id}%${setOf(group)}%${groupOf(group)}%GROUP%ssofile`
  const at = '2026-03-03T10:00:00.000Z'
  const by = { principalId: 'AWS:maria', at }
  const links = [{ key: `links_data/${name}`, etag: 'd41d8cd98f00b204e9800998ecf8427e', lastModified: at, by }]
  const entry = {
    v: 1,
    state: 'granted',
    principalId,
    permissionSetArn,
    links,
    grantedAt: at,
    attempts: 0,
    updatedAt: at,
  }
  await world.objects.put(ledgerPrefix + name, JSON.stringify(entry))
}

async function measure(world: World, question: WhoQuestion) {
  const slow = intercept(world.ports, async ({ port, proceed }) => {
    await world.clock.sleep(answerMs[port])
    return proceed()
  })
  const objects = new ProposedObjects(slow.objects, world.clock.now())
  const [begunMs, begun] = [world.clock.monotonicMs(), performance.now()]
  const { rows } = await world.finish(whoHasAccess(question, { ...slow, objects }, world.configuration), 5)
  const waited = (world.clock.monotonicMs() - begunMs) / 1000
  return { rows: rows.length, waited, computed: (performance.now() - begun) / 1000 }
}

function expectedRows({ accounts, assignments, users }: Size): number {
  return (accounts * assignments * users * membershipsOfUser) / groupsOfDirectory
}
