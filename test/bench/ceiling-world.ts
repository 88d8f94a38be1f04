import { organizationFile } from '../../shared/memory/organization-file.ts'
import type { AssignmentRequestRecord, ProvisioningRecord } from '../../shared/memory/sso-admin/sso-admin-records.ts'
import { dispatcherSlice } from '../../shared/ports/deployment-settings.ts'
import { intercept } from '../intercept.ts'
import { World, type WorldOptions } from '../world.ts'

/** What a call within the Region takes, about (milliseconds). */
const answerMs = { objects: 15, queues: 15, ssoAdmin: 40, identityStore: 40, organizations: 40 } as const
const wakeMs = 100
/** What an assignment or provisioning request takes. */
export const requestMs = { median: 4_000, p99: 16_000 } as const
export const unitOfAll = 'ou-bench-00000000'
const groupsOfDirectory = 100

export type ServedRequest = AssignmentRequestRecord | ProvisioningRecord

export const accountOf = (index: number) => String(300_000_000_000 + index)
export const groupOf = (index: number) => `group-${index}`

/** All of ssofile in virtual time; what is called, and what the models served, is noted from outside. */
export class CeilingWorld extends World {
  /** Requests of SSO Admin that were accepted, in their order. */
  readonly served: ServedRequest[]
  /** When each call to SSO Admin arrived: virtual milliseconds. */
  readonly arrivals: { readonly operation: string; readonly atMs: number }[]
  readonly throttled: string[]
  /** Calls to S3 and SQS, by operation. */
  readonly others: Map<string, number>

  private constructor(options: WorldOptions, noted: Pick<CeilingWorld, 'served' | 'arrivals' | 'throttled' | 'others'>) {
    super(options)
    this.served = noted.served
    this.arrivals = noted.arrivals
    this.throttled = noted.throttled
    this.others = noted.others
  }

  /** `accounts` in one organizational unit, with `sets` permission sets named Set-0, Set-1 and so on. */
  static open(
    { accounts, sets }: { readonly accounts: number; readonly sets: number },
    options: Pick<WorldOptions, 'configuration' | 'wrap'> = {},
  ): CeilingWorld {
    const late: { world?: CeilingWorld } = {}
    const noted = {
      served: [] as ServedRequest[],
      arrivals: [] as { operation: string; atMs: number }[],
      throttled: [] as string[],
      others: new Map<string, number>(),
    }
    const world = new CeilingWorld(
      {
        organization: organizationOf(accounts, sets),
        configuration: options.configuration ?? {},
        ssoAdmin: {
          latencyMs: requestMs.median,
          latencyP99Ms: requestMs.p99,
          onCall: (operation, at) => noted.arrivals.push({ operation, atMs: at.getTime() }),
          onThrottled: (operation) => noted.throttled.push(operation),
          onRequest: (request) => noted.served.push(request),
        },
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
      await this.slice({ ...dispatcherSlice, sliceMs })
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
