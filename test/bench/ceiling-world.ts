import { assignmentOf } from '../../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../shared/domain/assignments/ledger-entry.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import type { AssignmentRequestRecord, ProvisioningRecord } from '../../shared/memory/sso-admin/sso-admin-records.ts'
import {
  dispatcherSlice,
  type FunctionName,
  functionNames,
  functionSettings,
} from '../../shared/ports/deployment-settings.ts'
import type { WorkedQueue } from '../../shared/ports/queues.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { intercept } from '../intercept.ts'
import { World, type WorldOptions } from '../world.ts'
import { atMost, exactly, type Figure } from './benchmark.ts'

/** What a call within the Region takes, about (milliseconds). */
const answerMs = {
  objects: 15,
  queues: 15,
  ssoAdmin: 40,
  identityStore: 40,
  organizations: 40,
  accountTags: 200,
  accountAccess: 40,
} as const
const wakeMs = 100
/** What an assignment or provisioning request takes. */
export const requestMs = { median: 4_000, p99: 16_000 } as const
export const unitOfAll = 'ou-bench-00000000'
const groupsOfDirectory = 100

export type ServedRequest = AssignmentRequestRecord | ProvisioningRecord

export const accountOf = (index: number) => String(300_000_000_000 + index)
export const groupOf = (index: number) => `group-${index}`

export type CeilingSize = { readonly accounts: number; readonly sets: number; readonly medianMs?: number }

/** All of ssofile in virtual time; what is called, and what the models served, is noted from outside. */
export class CeilingWorld extends World {
  /** Requests of SSO Admin that were accepted, in their order. */
  readonly served: ServedRequest[]
  /** When each call to SSO Admin arrived: virtual milliseconds. */
  readonly arrivals: { readonly operation: string; readonly atMs: number }[]
  readonly throttled: string[]
  /** Calls to S3 and SQS, by operation. */
  readonly others: Map<string, number>
  /** Invocations of functions, and how long each took. */
  readonly invocations: { readonly name: FunctionName; readonly ms: number }[]

  private constructor(
    options: WorldOptions,
    noted: Pick<CeilingWorld, 'served' | 'arrivals' | 'throttled' | 'others' | 'invocations'>,
  ) {
    super(options)
    this.served = noted.served
    this.arrivals = noted.arrivals
    this.throttled = noted.throttled
    this.others = noted.others
    this.invocations = noted.invocations
  }

  /** `accounts` in one organizational unit, with `sets` permission sets named Set-0, Set-1 and so on. */
  static open(
    { accounts, sets, medianMs = requestMs.median }: CeilingSize,
    options: Pick<WorldOptions, 'configuration' | 'wrap'> = {},
  ): CeilingWorld {
    const late: { world?: CeilingWorld } = {}
    const noted = {
      served: [] as ServedRequest[],
      arrivals: [] as { operation: string; atMs: number }[],
      throttled: [] as string[],
      others: new Map<string, number>(),
      invocations: [] as { name: FunctionName; ms: number }[],
    }
    const world = new CeilingWorld(
      {
        organization: organizationOf(accounts, sets),
        configuration: options.configuration ?? {},
        ssoAdmin: {
          latencyMs: medianMs,
          latencyP99Ms: (medianMs * requestMs.p99) / requestMs.median,
          onCall: (operation, at) => noted.arrivals.push({ operation, atMs: at.getTime() }),
          onThrottled: (operation) => noted.throttled.push(operation),
          onRequest: (request) => noted.served.push(request),
        },
        onBatch: (queue, ms) => noted.invocations.push({ name: functionOf(queue), ms }),
        wrap: (ports) => {
          const slow = intercept(ports, async ({ port, operation, proceed }) => {
            if (port === 'objects' || port === 'queues')
              noted.others.set(`${port}.${operation}`, (noted.others.get(`${port}.${operation}`) ?? 0) + 1)
            // A long poll waits in the queue itself.
            await late.world?.clock.sleep(operation === 'receive' ? 0 : answerMs[port])
            return proceed()
          })
          return options.wrap?.(slow) ?? slow
        },
      },
      noted,
    )
    late.world = world
    return world
  }

  /** Handlers work, and one slice of the dispatcher follows another, as in a deployment. */
  work(sliceMs: number = dispatcherSlice.sliceMs): this {
    this.start({ dispatcher: false })
    void this.#dispatch(sliceMs)
    return this
  }

  async #dispatch(sliceMs: number): Promise<never> {
    for (;;) {
      const beganMs = this.clock.monotonicMs()
      await this.slice({ ...dispatcherSlice, sliceMs })
      this.invocations.push({ name: 'dispatcher', ms: this.clock.monotonicMs() - beganMs })
      // The wake, and a function that is warm.
      await this.clock.sleep(wakeMs)
    }
  }

  /** Forgets what was noted so far, and answers the instant. */
  begin(): number {
    this.served.length = 0
    this.arrivals.length = 0
    this.throttled.length = 0
    this.others.clear()
    this.invocations.length = 0
    return this.clock.now().getTime()
  }

  /** Moves time until so many requests were accepted since `begin` and all of them are over; answers when the last one was. */
  async untilServed(count: number, minutes: number): Promise<number> {
    await this.until(
      () => this.served.length >= count && this.ssoAdmin.outstandingRequests().length === 0,
      `${count} requests (${this.served.length} so far)`,
      minutes,
    )
    return Math.max(...this.served.map(({ dueAt }) => dueAt.getTime()))
  }

  /** How many hints wait or are worked on. */
  get waiting(): number {
    return (['work-urgent', 'work', 'work-bulk'] as const).reduce((sum, name) => {
      const { visible, inFlight } = this.queues.queue(name).counts()
      return sum + visible + inFlight
    }, 0)
  }

  principalOf(group: number): string {
    const id = this.identityStore.idOf('GROUP', groupOf(group))
    if (id === undefined) throw new Error(`there is no ${groupOf(group)}`)
    return id
  }

  /** These links of single accounts are granted already. Before `work`. */
  async putInForce(links: readonly string[]): Promise<void> {
    const at = new Date(this.clock.now().getTime() - 60 * 60_000).toISOString()
    for (const link of links) {
      await this.objects.put(link, '')
      const { etag = '' } = (await this.objects.head(link)) ?? {}
      const key = this.keyOf(link)
      const { accountId, permissionSet, principalId } = assignmentOf(key)
      const permissionSetArn = this.ssoAdmin.permissionSetArnOf(permissionSet)
      const name = this.identityStore.nameOf('GROUP', principalId)
      if (!permissionSetArn || !name) throw new Error(`${link} names nothing`)
      const principal = principalName.parse(name)
      await this.objects.put(`state/principals/GROUP%${principalId}%${principal}`, '')
      const target = { accountId, permissionSetArn, principalId }
      this.ssoAdmin.addAssignment({ ...target, principalType: 'GROUP' })
      const entry: LedgerEntry = {
        v: 1,
        state: 'granted',
        principal,
        principalId,
        permissionSetArn,
        links: [{ key: link, etag, lastModified: at }],
        grantedAt: at,
        attempts: 0,
        updatedAt: at,
      }
      await this.objects.put(`assignments/${key}`, JSON.stringify(entry))
    }
  }

  /** Moves time until nothing waits in the work queues and no status says that something is open. */
  async untilSettled(minutes = 30): Promise<number> {
    const queues = ['links', 'permission-sets', 'work-urgent', 'work', 'work-bulk'] as const
    const isEmpty = () =>
      queues.every((name) => {
        const { visible, inFlight } = this.queues.queue(name).counts()
        return visible + inFlight === 0
      })
    await this.until(isEmpty, 'empty queues', minutes)
    return this.clock.now().getTime()
  }
}

/** The function that works on a queue. */
function functionOf(queue: WorkedQueue): FunctionName {
  const name = functionNames.find((one) => functionSettings[one].queues?.some(({ name }) => name === queue))
  if (name === undefined) throw new Error(`no function works on ${queue}`)
  return name
}

export type Bound = { readonly seconds: number; readonly by: string }

const slots = 15
const callsPerSecond = 20

/**
 * The least time for these requests and calls by AWS's quotas: 15 requests at a time, one for each account (and one
 * provisioning for each permission set), 20 calls a second.
 */
export function lowerBound(served: readonly ServedRequest[], calls: number): Bound {
  const seconds = (requests: readonly ServedRequest[]) =>
    requests.reduce((sum, { createdAt, dueAt }) => sum + dueAt.getTime() - createdAt.getTime(), 0) / 1000
  const assignments = served.filter((request) => request.kind !== 'provisioning')
  const provisionings = served.filter((request) => request.kind === 'provisioning')
  const chains = [
    ...Map.groupBy(assignments, ({ target }) => target.accountId).values(),
    ...Map.groupBy(provisionings, ({ permissionSetArn }) => permissionSetArn).values(),
  ]
  const bounds: readonly Bound[] = [
    { seconds: seconds(assignments) / slots, by: 'request times ÷ 15' },
    { seconds: Math.max(0, ...chains.map(seconds)), by: 'the longest chain' },
    { seconds: calls / callsPerSecond, by: 'calls ÷ 20 a second' },
  ]
  return bounds.reduce((most, bound) => (bound.seconds > most.seconds ? bound : most))
}

/** The organization of such a world, with some room for groups. */
function organizationOf(accounts: number, sets: number) {
  const account = (index: number) => {
    const id = accountOf(index)
    return { id, name: `account-${id}`, email: `aws+${id}@bench.example`, tags: {} }
  }
  const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)
  return organizationFile.parse({
    managementAccountId: '111111111111',
    root: {
      id: 'r-bench',
      accounts: [{ id: '111111111111', name: 'management', email: 'aws@bench.example', tags: {} }],
      organizationalUnits: [{ id: unitOfAll, name: 'all', accounts: indexes(accounts).map(account) }],
    },
    groups: indexes(groupsOfDirectory).map(groupOf),
    users: [],
    permissionSets: indexes(sets).map((index) => ({ permissionSetName: `Set-${index}` })),
  })
}

/** The quotas, as they were seen from the model's side, which refuses what is over them. */
export function quotaFigures(world: CeilingWorld, what: string): readonly Figure[] {
  return [
    atMost(callsPerSecond, {
      figure: `${what}: calls in any rolling second`,
      value: mostInOneSecond(world.arrivals.map(({ atMs }) => atMs)),
      unit: 'calls',
    }),
    exactly(0, { figure: `${what}: calls turned away`, value: world.throttled.length, unit: 'calls' }),
  ]
}

/** `instants` ascending, in ms. */
function mostInOneSecond(instants: readonly number[]): number {
  let first = 0
  let most = 0
  for (const [index, instant] of instants.entries()) {
    while ((instants[first] ?? instant) <= instant - 1000) first++
    most = Math.max(most, index - first + 1)
  }
  return most
}

/** The brake lets everything pass: what is measured is not the brake. */
export const openBrake = {
  brake: {
    indirect: { count: 1_000_000, percent: 100, most: 1_000_000, hours: 24 },
    own: { count: 1_000_000, percent: 100, minutes: 15 },
    people: { count: 5, minutes: 15 },
  },
}

export type Applied = { readonly seconds: number; readonly bound: Bound; readonly world: CeilingWorld }

/** Links on all accounts of the organizational unit, applied and then deleted; `onEnd` gets each of the two. */
export async function applyLinks(
  size: CeilingSize,
  onEnd: (what: 'grants' | 'revocations', applied: Applied) => void,
  directions: readonly ('grants' | 'revocations')[] = ['grants', 'revocations'],
): Promise<void> {
  const { accounts, sets } = size
  const world = CeilingWorld.open(size, { configuration: openBrake })
  await world.look()
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  world.work()
  const links = Array.from({ length: sets }, (_, index) => linkOf(`ou_id%${unitOfAll}`, index, index))
  for (const what of directions) {
    const beganMs = world.begin()
    for (const link of links) await (what === 'grants' ? world.objects.put(link, '') : world.objects.delete(link))
    const endedMs = await world.untilServed(accounts * sets, 24 * 60)
    await world.untilSettled()
    const there = world.ssoAdmin.assignments().length
    const expected = what === 'grants' ? accounts * sets : 0
    if (there !== expected) throw new Error(`received ${there} assignments, expected ${expected}`)
    const bound = lowerBound(world.served, world.arrivals.length)
    onEnd(what, { seconds: (endedMs - beganMs) / 1000, bound, world })
    await world.clock.advance(10_000)
  }
}

export function linkOf(scope: string, set: number, group: number, folder = ''): string {
  return `links_data/${folder}${scope}%Set-${set}%${groupOf(group)}%GROUP%ssofile`
}
