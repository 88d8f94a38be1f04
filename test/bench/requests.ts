import { requests as handler } from '../../handlers/requests.ts'
import { toSqsRecord } from '../../infra/local/sqs/sqs-record.ts'
import { renderApprovalKey } from '../../shared/domain/files/approval-file.ts'
import { temporaryPrefix } from '../../shared/domain/links/link.ts'
import { stablePrincipalId } from '../../shared/memory/fill-from-organization-file.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { sendInputs } from '../../shared/reconcile/records/inputs.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { atMost, type Benchmark, exactly, parseNumbers, quantile, withoutGoal } from './benchmark.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { openSlowWorld, type SlowWorld } from './slow-world.ts'

const secondsMost = 1
/** The loop reads again after each step: the approval, the grant and the link. Before, the link was there within a second. */
const grantedMost = 2
const accounts = 1_000
const teams = 1_000
/** Each team has one person who asks, and three people decide in each of these. */
const boards = 50
const deciders = ['first', 'second', 'third']
const permissionSetOf = (index: number) => `Set-${Math.floor(index / teams)}`

/** How soon requests are decided where there are very many of everything. */
export const requests: Benchmark = {
  name: 'requests',
  usage: 'requests [--eligibilities 10000] [--requests 10000] [--grants 200]',
  summary: `very many eligibilities and requests: each is decided within ${secondsMost} s, also by a function that has just started`,
  clock: 'machine',
  async run(options) {
    const size = parseNumbers(options, { eligibilities: 10_000, requests: 10_000, grants: 200 })
    const slow = await open(size.eligibilities)
    const { world } = slow
    const unprepared = await ask(slow, new Deciding(slow), 0)
    await world.finish(world.everyMinuteOfLinks(), 50)
    // What is remembered of the organization and the directory is not older than that in a function that works.
    await world.clock.advance(60_000)
    const cold = await ask(slow, new Deciding(slow), 1)
    const warm = new Deciding(slow)
    await ask(slow, warm, 2)
    const asked: Decision[] = []
    for (let index = 3; index < size.requests; index++) asked.push(await ask(slow, warm, index))
    const granted: Decision[] = []
    for (let index = 3; index < 3 + size.grants; index++) {
      await approve(slow, warm, index, 0)
      granted.push(await approve(slow, warm, index, 1))
    }
    const links = await world.keys(temporaryPrefix)
    return {
      lines: [
        `${size.eligibilities} eligibilities, ${size.requests} requests, ${size.grants} granted`,
        ...[
          tell('asked of a function that has just started, nothing stored', [unprepared]),
          tell('asked of a function that has just started', [cold]),
          tell('asked', asked),
          tell('second approval until the link is there', granted),
        ],
      ],
      figures: [
        atMost(secondsMost, { figure: 'asked: decided, slowest', value: slowest(asked), unit: 's' }),
        atMost(grantedMost, { figure: 'approved: link is there, slowest', value: slowest(granted), unit: 's' }),
        atMost(secondsMost, { figure: 'asked of a function that has just started', value: total(cold), unit: 's' }),
        exactly(size.grants, { figure: 'links', value: links.length, unit: '' }),
        withoutGoal({
          figure: 'pages of listings for one decision, most',
          value: Math.max(...asked.map(({ pages }) => pages), ...granted.map(({ pages }) => pages)),
          unit: '',
        }),
      ],
    }
  },
}

/** `waited`: for services, by the virtual clock; `computed`: processor time of this machine, the models of the services included. */
type Decision = { readonly waited: number; readonly computed: number; readonly pages: number }

const total = ({ waited, computed }: Decision) => waited + computed
const slowest = (decisions: readonly Decision[]) => Math.max(...decisions.map(total))

function tell(what: string, decisions: readonly Decision[]): string {
  const of = (share: number, part: (decision: Decision) => number) => quantile(decisions.map(part), share).toFixed(3)
  const parts = (share: number) =>
    `${of(share, total)} s (${of(share, ({ waited }) => waited)} waited, ${of(share, ({ computed }) => computed)} computed)`
  return `  ${what}: median ${parts(0.5)}, slowest ${parts(1)}`
}

async function open(eligibilities: number): Promise<SlowWorld> {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
  const organization = manyAccounts({
    accounts,
    groups: [...numbers(teams).map((team) => `team-${team}`), ...numbers(boards).map((board) => `board-${board}`)],
    users: [
      ...numbers(teams).map(userOf),
      ...numbers(boards).flatMap((board) => deciders.map((one) => deciderOf(board, one))),
    ],
    permissionSets: numbers(Math.ceil(eligibilities / teams)).map((set) => `Set-${set}`),
  })
  const slow = openSlowWorld({ organization })
  const { world } = slow
  const join = async (group: string, user: string) => {
    await world.identityStore.createGroupMembership(stablePrincipalId('GROUP', group), stablePrincipalId('USER', user))
    await world.clock.advance(60)
  }
  for (const team of numbers(teams)) await join(`team-${team}`, userOf(team))
  for (const board of numbers(boards)) for (const one of deciders) await join(`board-${board}`, deciderOf(board, one))
  for (const index of numbers(eligibilities))
    await world.objects.put(`eligibility/e-${index}.json`, eligibilityOf(index))
  await world.finish(new OrganizationCache(world.ports, []).rebuild(), 50)
  return slow
}

const userOf = (team: number) => `user-${team}`
const boardOf = (index: number) => index % boards
const deciderOf = (board: number, one: string) => `${one}-of-board-${board}`

/** For one team each, but every hundredth is for all accounts and every permission set of its team. */
function eligibilityOf(index: number): string {
  const team = index % teams
  return JSON.stringify({
    description: `Team ${team} repairs what it runs`,
    for: { groups: [`team-${team}`] },
    permissionSets: index % 100 === 99 ? ['*'] : [permissionSetOf(index)],
    scopes: index % 100 === 99 ? ['root%all'] : [`account%${idOf(1 + team)}`],
    longest: 'PT8H',
    approvers: { groups: [`board-${boardOf(index)}`] },
    approvals: 2,
    needs: ['reason', 'ticket'],
    ticketPattern: 'INC-####',
  })
}

function requestOf(index: number): string {
  const team = index % teams
  const link = `account%${idOf(1 + team)}%${permissionSetOf(index)}%${userOf(team)}%USER%ssofile`
  return `requests/${stablePrincipalId('USER', userOf(team))}/${link}`
}

/** One instance of the function. */
class Deciding {
  readonly #slow: SlowWorld
  readonly #handle: ReturnType<typeof handler>

  constructor(slow: SlowWorld) {
    this.#slow = slow
    this.#handle = handler(slow.world.ports, slow.world.configuration)
  }

  /** Looks at what was uploaded, and at what that asks to be looked at. */
  async look(key: string): Promise<Decision> {
    const { world, calls } = this.#slow
    const { queues, configuration } = world
    const queue = queues.queue('requests')
    await sendInputs({ queues, randomness: world.ports.randomness }, [key], 'ObjectCreated:Put', configuration)
    const [pagesBefore, beganMs, before] = [
      calls.get('objects list') ?? 0,
      world.clock.monotonicMs(),
      process.cpuUsage(),
    ]
    for (let messages = queue.receive({ most: 10 }); messages.length > 0; messages = queue.receive({ most: 10 })) {
      const event = { Records: messages.map((message) => toSqsRecord('requests', message)) }
      const { batchItemFailures } = await world.finish(this.#handle(event), 5)
      if (batchItemFailures.length > 0) throw new Error(`the look at ${key} failed`)
      for (const { receiptHandle } of messages) await queues.delete('requests', receiptHandle)
    }
    const { user, system } = process.cpuUsage(before)
    return {
      waited: (world.clock.monotonicMs() - beganMs) / 1_000,
      computed: (user + system) / 1_000_000,
      pages: (calls.get('objects list') ?? 0) - pagesBefore,
    }
  }
}

async function ask({ world }: SlowWorld, deciding: Deciding, index: number): Promise<Decision> {
  const key = requestOf(index)
  await world.objects.put(key, JSON.stringify({ duration: 'PT1H', reason: 'disk full', ticket: 'INC-0001' }))
  return deciding.look(key)
}

async function approve({ world }: SlowWorld, deciding: Deciding, index: number, place: number): Promise<Decision> {
  const status = await new StatusStore(world.objects, world.clock).read(requestOf(index))
  const digest = status?.request?.digest
  if (digest === undefined) throw new Error(`the request is ${JSON.stringify(status)}, expected one that waits`)
  const user = stablePrincipalId('USER', deciderOf(boardOf(index), deciders[place] ?? ''))
  const key = renderApprovalKey({ userId: user, digest })
  await world.objects.put(key, JSON.stringify({ decision: 'approve' }))
  return deciding.look(key)
}
