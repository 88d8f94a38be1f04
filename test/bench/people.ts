import { membershipKey } from '../../shared/domain/files/membership-file.ts'
import { ruleKey } from '../../shared/domain/files/rule-file.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { ownedMembershipKey } from '../../shared/domain/principals/owned-membership.ts'
import { type PrincipalName, principalName } from '../../shared/domain/principals/principal.ts'
import { indexMember, indexMembership } from '../../shared/modules/people/membership-index.ts'
import { reconcileMemberships } from '../../shared/modules/people/reconcile-memberships.ts'
import { PrincipalNames } from '../../shared/reconcile/records/principal-names.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { atLeast, atMost, type Benchmark, exactly, parseNumbers, withoutGoal } from './benchmark.ts'
import { watchMemory } from './held-bytes.ts'
import { manyAccounts } from './many-accounts.ts'
import { openSlowWorld, type SlowWorld } from './slow-world.ts'

const minutesMost = 15
const callsPerSecond = 20
/** Of at most fifteen calls of DescribeUser a second. */
const joinersLeast = 5
const readsOfJoinerMost = 50
const readsOfEventMost = 20
/** With the look at a membership of the user. */
const readsOfUserMost = 40
const heard = 20
const page = 100
const departments = 40
const memoryMostMb = 512

/** A full comparison of all people with the rules of all groups: every hour, and after a rule has changed. */
export const people: Benchmark = {
  name: 'people',
  usage: 'people [--people 50000] [--groups 2000] [--rules 2000] [--movers 100] [--processes 1]',
  summary: `very many people and groups by rule: the hourly comparison ends within ${minutesMost} minutes at AWS's rates`,
  clock: 'virtual',
  async run(options) {
    const size = parseNumbers(options, { people: 50_000, groups: 2_000, rules: 2_000, movers: 100, processes: 1 })
    const filled = await fill(size)
    const { world, calls } = filled.slow
    await move(filled, size.movers)
    calls.clear()
    const memory = watchMemory(world.clock)
    const beganMs = world.clock.monotonicMs()
    world.start({ dispatcher: false })
    const hour = { isOver: false }
    const reconciling = reconcileMemberships(world.ports, world.configuration, Number.POSITIVE_INFINITY).finally(() => {
      hour.isOver = true
    })
    await world.until(
      () => {
        memory.measure()
        const left = world.queues.queue('people').counts()
        return hour.isOver && left.visible + left.inFlight === 0
      },
      'the end of the comparison',
      240,
    )
    await reconciling
    const minutes = (world.clock.monotonicMs() - beganMs) / 60_000
    const count = (call: string) => compared.get(call) ?? 0
    const moved = filled.movers.filter(({ user, to }) => world.identityStore.groupIdsOf(user).join() === to).length
    const written = (await world.keys('members/')).length
    const directory = [...calls].filter(([call]) => call.startsWith('identityStore '))
    const compared = new Map(calls)
    const joined = await join(filled)
    const readsOfEvent = await hear(filled, ({ id, group }) => {
      return { 'detail-type': 'Group Membership Deleted', detail: { 'group-id': group, 'user-id': id } }
    })
    const readsOfUser = await hear(filled, ({ id }) => ({ 'detail-type': 'User Updated', detail: { 'user-id': id } }))
    const processes = size.processes > 1 ? `, ${size.processes} processes` : ''
    const byRule = Math.min(size.rules, size.groups)
    const byFiles = size.groups > byRule ? `, ${size.groups - byRule} by files` : ''
    const name = `${size.people} people, ${byRule} groups by rule${byFiles}${processes}`
    return {
      lines: [
        `${name}:`,
        ...[...compared]
          .sort(([, a], [, b]) => b - a)
          .slice(0, 12)
          .map(([call, times]) => `  ${call}: ${times}`),
      ],
      figures: [
        atMost(minutesMost, { figure: `${name}: compared`, value: minutes, unit: 'min' }),
        exactly(filled.movers.length, { figure: `${name}: people who moved`, value: moved, unit: '' }),
        atMost(4, {
          figure: `${name}: listings of all people`,
          value: count('identityStore listPeople') / Math.ceil(size.people / page),
          unit: '',
        }),
        atLeast(joinersLeast, {
          figure: `${name}: people added by a new rule`,
          value: joined.perSecond,
          unit: 'a second',
        }),
        atMost(readsOfJoinerMost, {
          figure: `${name}: reads of S3 for each of them`,
          value: joined.reads,
          unit: 'calls',
        }),
        atMost(readsOfEventMost, {
          figure: `${name}: reads and listings of S3 for an event of a membership`,
          value: readsOfEvent,
          unit: 'calls',
        }),
        atMost(readsOfUserMost, {
          figure: `${name}: reads and listings of S3 for an event of a user`,
          value: readsOfUser,
          unit: 'calls',
        }),
        exactly(size.groups, { figure: `${name}: files of members written`, value: written, unit: '' }),
        withoutGoal({
          figure: `${name}: calls to the Identity Store`,
          value: directory.reduce((sum, [, times]) => sum + times, 0),
          unit: 'calls',
        }),
        withoutGoal({
          figure: `${name}: reads of S3`,
          value: reads(compared),
          unit: 'calls',
        }),
        atMost(memoryMostMb, {
          figure: `${name}: memory in use, with what the model of S3 has got meanwhile`,
          value: memory.mebibytes(),
          unit: 'MiB',
        }),
      ],
    }
  },
}

type Filled = {
  readonly slow: SlowWorld
  readonly users: readonly { readonly id: PrincipalId; readonly name: PrincipalName; readonly nth: number }[]
  readonly groups: readonly PrincipalId[]
  readonly movers: { readonly user: PrincipalId; readonly to: string }[]
}

const groupOf = (nth: number) => principalName.parse(`group-${nth}`)
const centerOf = (nth: number) => `cc-${nth}`
const center = 'aws:identitystore:enterprise.costCenter'

type Size = { readonly people: number; readonly groups: number; readonly rules: number; readonly processes: number }

/** Everybody is in the group of a cost center: by its rule, or by a file if the group has no rule. */
async function fill({ people, groups, rules, processes }: Size): Promise<Filled> {
  const slow = openSlowWorld({ organization: manyAccounts({ accounts: 1, groups: [] }), processes })
  const { identityStore, objects, clock } = slow.world
  const at = clock.now().toISOString()
  const ids: PrincipalId[] = []
  const principals = new PrincipalNames(objects)
  const eachSecond = async (count: number, work: (nth: number) => Promise<void>) => {
    for (let nth = 0; nth < count; nth++) {
      if (nth % callsPerSecond === 0) await clock.advance(1_001)
      await work(nth)
    }
  }
  await eachSecond(groups, async (nth) => {
    const name = groupOf(nth)
    const id = await identityStore.createGroup({ displayName: name })
    ids.push(id)
    await objects.put(`groups/${name}.json`, '')
    await objects.put(`owned_groups/${name}`, JSON.stringify({ v: 1, id, isAdopted: false, claimedAt: at }))
    // Each group has access.
    await principals.note({ type: 'GROUP', id, name })
    if (nth < rules)
      await objects.put(
        ruleKey(name),
        JSON.stringify({ costCenter: [centerOf(nth)], except: [{ title: ['*intern*'] }] }),
      )
  })
  const users: { id: PrincipalId; name: PrincipalName; nth: number }[] = []
  await eachSecond(people, async (index) => {
    const nth = index % groups
    const name = principalName.parse(`user-${index}@bench.example`)
    const enterprise = {
      costCenter: centerOf(nth),
      department: `department-${index % departments}`,
      employeeNumber: `${index}`,
    }
    const attributes = { Title: `Title ${index % 500}`, Extensions: { 'aws:identitystore:enterprise': enterprise } }
    const user = await identityStore.createUser({ userName: name, attributes })
    const group = ids[nth]
    if (group === undefined) throw new Error('there are no groups')
    const membershipId = await identityStore.createGroupMembership(group, user)
    const key = nth < rules ? ruleKey(groupOf(nth)) : membershipKey({ group: groupOf(nth), user: name }, undefined)
    if (nth >= rules) await objects.put(key, '')
    const entry = {
      v: 1,
      state: 'granted',
      group: groupOf(nth),
      user: name,
      membershipId,
      files: [{ key }],
      calledAt: at,
      grantedAt: at,
    }
    await objects.put(ownedMembershipKey({ group, user }), JSON.stringify(entry))
    await indexMember(objects, { group, user })
    await indexMembership(objects, membershipId, { group, user })
    users.push({ id: user, name, nth })
  })
  // The status that the last look at each rule wrote.
  for (const nth of ids.keys()) {
    if (nth >= rules) break
    const key = ruleKey(groupOf(nth))
    const members = Math.floor((people - nth - 1) / groups) + 1
    const counts = { matching: members, members, waiting: 0, leaving: 0, held: 0, kept: 0 }
    const etag = (await objects.head(key))?.etag
    const told = { input: key, state: 'applied', people: counts, updatedAt: at, etag }
    await objects.put(statusKey(key), JSON.stringify(told))
  }
  return { slow, users, groups: ids, movers: [] }
}

/** How many a second are put into a new group by a new rule, and how often S3 is read for each. */
async function join({ slow: { world, calls }, users }: Filled) {
  const meant = users.filter((_, index) => index % departments === 0)
  calls.clear()
  const beganMs = world.clock.monotonicMs()
  await world.objects.put('groups/joiners.json', '')
  await world.objects.put('rules/joiners.json', JSON.stringify({ department: ['department-0'] }))
  const isIn = ({ id }: (typeof meant)[number]) =>
    world.identityStore.groupIdsOf(id).some((group) => world.identityStore.nameOf('GROUP', group) === 'joiners')
  await world.until(() => meant.every(isIn), 'all of them in the group', 240)
  const perSecond = (meant.length * 1_000) / (world.clock.monotonicMs() - beganMs)
  return { perSecond, reads: reads(calls) / meant.length }
}

/** How often S3 is read for the event of a membership that ssofile made, or of its user, each in a batch of its own. */
async function hear(
  { slow: { world, calls }, users, groups }: Filled,
  eventOf: (of: { readonly id: PrincipalId; readonly group: PrincipalId | undefined }) => object,
): Promise<number> {
  await world.clock.advance(60_000)
  const some = users.slice(0, heard)
  for (const [index, { id, nth }] of users.slice(0, heard + 1).entries()) {
    // The first event finds a new process, which reads all rules.
    if (index === 1) calls.clear()
    const body = JSON.stringify({ ...eventOf({ id, group: groups[nth] }), source: 'aws.identitystore' })
    await world.queues.send('events', [{ body }])
    await world.clock.advance(5_000)
  }
  const { visible, inFlight } = world.queues.queue('events').counts()
  if (visible + inFlight > 0) throw new Error(`${visible + inFlight} events are left`)
  return (reads(calls) + (calls.get('objects list') ?? 0)) / some.length
}

const reads = (calls: ReadonlyMap<string, number>) => (calls.get('objects get') ?? 0) + (calls.get('objects head') ?? 0)

/** From one cost center to the next, and no event tells of it. */
async function move({ slow, users, groups, movers }: Filled, count: number): Promise<void> {
  const { identityStore, clock } = slow.world
  for (const { id, nth } of users.slice(0, count)) {
    await clock.advance(60)
    const next = (nth + 1) % groups.length
    await identityStore.updateUser(id, [{ path: center, value: centerOf(next) }])
    movers.push({ user: id, to: groups[next] ?? '' })
  }
}
