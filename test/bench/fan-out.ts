import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import { lanes } from '../../shared/reconcile/records/lanes.ts'
import { type Interceptor, never } from '../intercept.ts'
import type { World } from '../world.ts'
import { atMost, type Benchmark, exactly, parseNumbers } from './benchmark.ts'
import { nextMessage, startChild } from './child-process.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { putInForce } from './put-in-force.ts'
import { openSlowWorld, type SlowWorld } from './slow-world.ts'

const rootLink = 'links_data/root%all%Wide%everybody%GROUP%ssofile'
const tagLink = 'links_data/account_tag%team^data%Wide%analysts%GROUP%ssofile'
const breakGlass = `links_data/account%${idOf(1)}%Admin%emergency%GROUP%ssofile`
const secondsMost = 10

/** A root link and a tag link are uploaded and, when all they say is in force, deleted; then a link in force beside them. */
export const fanOut: Benchmark = {
  name: 'fan-out',
  usage: 'fan-out [--accounts 7000] [--tagged 3000]',
  summary:
    'until the hints of a root link and of a tag link are queued, and a revocation behind the hints of their deletion',
  clock: 'virtual',
  async run(options) {
    const { accounts, tagged } = parseNumbers(options, { accounts: 7_000, tagged: 3_000 })
    const granted = await grant(accounts, tagged)
    const killed = await killedInTheMiddle(accounts)
    const revoked = await revoke(accounts, tagged)
    const megabytes = await measureMemory(accounts)
    return {
      lines: [
        `hints of a root link on ${accounts} accounts queued after ${granted.root} s, of a tag link on ${tagged} after ${granted.tag} s`,
        `deleted again: after ${revoked.seconds} s; the revocation behind them started after ${revoked.breakGlassSeconds} s`,
        `killed after half of the hints: all are queued after ${killed.seconds} s`,
      ],
      figures: [
        atMost(secondsMost, {
          figure: `hints of a root link on ${accounts} accounts queued`,
          value: granted.root,
          unit: 's',
        }),
        atMost(secondsMost, {
          figure: `hints of a tag link on ${tagged} accounts queued`,
          value: granted.tag,
          unit: 's',
        }),
        atMost(secondsMost, { figure: 'hints of the deletion of both queued', value: revoked.seconds, unit: 's' }),
        atMost(secondsMost, {
          figure: 'deletion of another link right after, until its revocation starts',
          value: revoked.breakGlassSeconds,
          unit: 's',
        }),
        exactly(accounts, {
          figure: 'accounts with a hint when killed in the middle',
          value: killed.accounts,
          unit: '',
        }),
        atMost(256, {
          figure: 'memory of the process that looks at a root link, uploaded and deleted',
          value: megabytes,
          unit: 'MB',
        }),
      ],
    }
  },
}

/** Of a process that is what a function is, with its heap limited as by a function's memory. */
async function measureMemory(accounts: number): Promise<number> {
  const services = startChild('organization-process.ts', [accounts + 1, 1, 100, 1].map(String))
  try {
    const { url } = await nextMessage<{ url: string }>(services)
    const child = startChild('fan-out-process.ts', [url], ['--max-old-space-size=128'])
    return (await nextMessage<{ megabytes: number }>(child)).megabytes
  } finally {
    services.kill()
  }
}

function open(accounts: number, tagged: number, also?: Interceptor): SlowWorld {
  const organization = manyAccounts({
    accounts,
    groups: ['everybody', 'analysts', 'emergency'],
    permissionSets: ['Wide', 'Admin'],
    tagsOf: (account) => tagsOf(account, tagged),
  })
  return openSlowWorld({ organization }, also)
}

function tagsOf(account: number, tagged: number) {
  return { team: account > 0 && account <= tagged ? 'data' : 'other' }
}

/** As after a reconcile: the view with all tags is stored. */
async function storeView({ organizations, objects, clock }: World, tagged: number): Promise<void> {
  const accounts = organizations
    .accountsNow()
    .map((account) => ({ ...account, tags: tagsOf(Number(account.id) - Number(idOf(0)), tagged) }))
  const view = {
    v: 1,
    managementAccountId: organizations.managementAccountIdNow,
    accounts,
    hasTags: true,
    readAt: clock.now().toISOString(),
  }
  await objects.put('state/organization.json', JSON.stringify(view))
}

async function grant(accounts: number, tagged: number) {
  const { world } = open(accounts, tagged)
  world.start({ dispatcher: false })
  await world.objects.put('links_data/account_tag%team^none%Wide%analysts%GROUP%ssofile', '')
  await storeView(world, tagged)
  const root = await untilQueued(world, accounts, () => world.objects.put(rootLink, ''))
  const tag = await untilQueued(world, accounts + tagged, () => world.objects.put(tagLink, ''))
  return { root, tag }
}

async function killedInTheMiddle(accounts: number) {
  let isKilled = false
  const late: { world?: World } = {}
  const { world } = open(accounts, 0, async ({ operation, args, proceed }) => {
    const [queue, messages] = args as [string, readonly unknown[]]
    if (operation !== 'send' || queue !== 'work-bulk' || isKilled) return proceed()
    isKilled = true
    await late.world?.queues.send('work-bulk', messages.slice(0, messages.length / 2) as never)
    return never
  })
  late.world = world
  world.start({ dispatcher: false })
  await storeView(world, 0)
  const seconds = await untilQueued(world, accounts, () => world.objects.put(rootLink, ''))
  const hinted = new Set(
    world.queues
      .queue('work-bulk')
      .messages()
      .map(({ body }) => JSON.parse(body).account),
  )
  return { seconds, accounts: hinted.size }
}

async function revoke(accounts: number, tagged: number) {
  const revoked = new Set<string>()
  const { world } = open(accounts, tagged, ({ operation, args, proceed }) => {
    if (operation === 'deleteAccountAssignment') revoked.add((args[0] as AssignmentTarget).principalId)
    return proceed()
  })
  await storeView(world, tagged)
  for (const [link, most] of [
    [rootLink, accounts],
    [tagLink, tagged],
    [breakGlass, 1],
  ] as const)
    await putInForce(world, link, numbersTo(most))
  world.start({ dispatcher: false })
  const deleteBoth = async () => {
    await world.objects.delete(rootLink)
    await world.objects.delete(tagLink)
  }
  const seconds = await untilQueued(world, accounts + tagged, deleteBoth)
  const startedMs = world.clock.monotonicMs()
  await world.objects.delete(breakGlass)
  void world.slice({ sliceMs: 120_000 })
  const target = world.identityStore.idOf('GROUP', 'emergency')
  await world.until(() => target !== undefined && revoked.has(target), 'the revocation')
  return { seconds, breakGlassSeconds: (world.clock.monotonicMs() - startedMs) / 1000 }
}

function numbersTo(most: number): readonly number[] {
  return Array.from({ length: most }, (_, index) => index + 1)
}

/** Virtual seconds from `change` until so many hints are in the lanes. */
async function untilQueued(world: World, hints: number, change: () => Promise<unknown>): Promise<number> {
  const startedMs = world.clock.monotonicMs()
  await change()
  const queued = () => lanes.reduce((sum, lane) => sum + world.queues.queue(lane).counts().visible, 0)
  await world.until(() => queued() >= hints, `${hints} hints`)
  return (world.clock.monotonicMs() - startedMs) / 1000
}
