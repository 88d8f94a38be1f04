import { type FunctionName, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { type Benchmark, type Figure, parseNumbers, withoutGoal } from './benchmark.ts'
import { applyLinks } from './ceiling-world.ts'
import { checkDrift, openInForce } from './organization.ts'
import { addCosts, type Cost, costOf, pollingCost, repeatCost, sumOf } from './prices.ts'
import type { SlowWorld } from './slow-world.ts'

const sets = 10
const days = 30
const mostAccounts = 7_000
/** As in an organization of 7,000 accounts with 2,000 links, 10 of them of all accounts. */
const shareOfLinks = 2 / 7
const roots = 10
/** The lanes that the dispatcher looks into, once each where nothing waits. */
const lanes = 3
const mappings = Object.values(functionSettings).flatMap(({ queues }) => queues ?? []).length

/** What AWS asks for it: for a thousand assignments, and for a month in which nothing changes. */
export const cost: Benchmark = {
  name: 'cost',
  usage: 'cost [--accounts 7000]',
  summary: 'dollars for 1,000 assignments, and for an idle month of 100, 1,000 and 7,000 accounts',
  clock: 'virtual',
  async run(options) {
    const { accounts: most } = parseNumbers(options, { accounts: mostAccounts })
    const lines: string[] = []
    const figures: Figure[] = []
    const tell = (what: string, cost: Cost) => {
      lines.push(`${what}: ${render(cost)}`)
      figures.push(withoutGoal({ figure: what, value: Number(sumOf(cost).toFixed(2)), unit: 'dollars' }))
    }
    await applyLinks({ accounts: 120, sets }, (what, { world }) => {
      const { others: calls, invocations, served } = world
      // Lambda receives and deletes each batch.
      const batches = new Map([...calls, ['queues.of mappings', 2 * invocations.length] as const])
      tell(`1,000 ${what}`, repeatCost(costOf({ calls: batches, invocations }), 1_000 / served.length))
    })
    for (const accounts of [100, 1_000, most]) {
      const name = `a month of ${accounts.toLocaleString('en')} accounts in which nothing changes`
      const parts = await measureMonth(accounts)
      const sum = addCosts(parts.map((part) => part.cost))
      tell(name, sum)
      const value = Number((sum.requests / 1e6).toFixed(1))
      figures.push(withoutGoal({ figure: `${name}: requests to S3`, value, unit: 'millions' }))
      lines.push(...parts.map((part) => `  ${part.work}: ${render(part.cost)}`))
    }
    return { lines, figures }
  },
}

function render({ objects, queues, functions }: Cost): string {
  const dollars = (value: number) => value.toFixed(2)
  return `S3 ${dollars(objects)}, SQS ${dollars(queues)}, Lambda ${dollars(functions)} dollars`
}

type Part = { readonly work: string; readonly cost: Cost }

async function measureMonth(accounts: number): Promise<readonly Part[]> {
  const slow = await openInForce({ accounts, links: Math.max(roots, Math.round(accounts * shareOfLinks)), roots })
  const { world } = slow
  const minutes = days * 24 * 60
  // The first hour reads what nobody has read before.
  await world.finish(world.everyHour(), 1_000)
  await world.finish(world.everyMinute())
  const measure = async (work: string, times: number, name: FunctionName, run: () => Promise<unknown>) => ({
    work,
    cost: repeatCost(await measureOne(slow, name, run), times),
  })
  return [
    await measure('links and expiry, every minute', minutes, 'minute-links', () =>
      world.finish(world.everyMinuteOfLinks()),
    ),
    await measure('dispatcher, every minute', minutes, 'dispatcher', () => world.finish(world.slice())),
    await measure('sweep, every five minutes', minutes / 5, 'sweep', () => world.finish(world.everyFiveMinutes())),
    await measure('reconcile, every hour', minutes / 60, 'hourly', () => world.finish(world.everyHour(), 1_000)),
    await measure('drift check, every night', days, 'dispatcher', () => checkDrift(slow)),
    await measure('report, every night', days, 'report', () => world.finish(world.everyMorning(), 1_000)),
    { work: `polls of ${mappings} empty queues`, cost: pollingCost(mappings, days) },
  ]
}

async function measureOne({ world, calls }: SlowWorld, name: FunctionName, run: () => Promise<unknown>): Promise<Cost> {
  calls.clear()
  const startedMs = world.clock.monotonicMs()
  await run()
  const ms = world.clock.monotonicMs() - startedMs
  if (name === 'dispatcher') calls.set('queues receive', lanes)
  return costOf({ calls, invocations: [{ name, ms }] })
}
