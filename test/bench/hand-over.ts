import { dispatcherSlice } from '../../shared/ports/deployment-settings.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { dyingPorts } from '../intercept.ts'
import { atMost, type Benchmark, parseNumbers } from './benchmark.ts'
import { CeilingWorld, linkOf, openBrake, quotaFigures, unitOfAll } from './ceiling-world.ts'

const percentMost = 2
/** The lease of the dead one, and what a dispatcher reads before its first request. */
const secondsMost = 60 + 5
const sets = 10
const minuteMs = 60_000
const accountsOfKills = 200
/** Each dispatcher is killed after so many requests. */
const kills = [150, 230, 330, 410, 530] as const

/**
 * A dispatcher works in slices of seven minutes. What it costs that one ends and the next begins, and how long nothing starts
 * after one was killed.
 */
export const handOver: Benchmark = {
  name: 'hand-over',
  usage: 'hand-over [--accounts 400]',
  summary: 'grants in slices of seven minutes beside the same in one slice, and the time after a dispatcher was killed',
  clock: 'virtual',
  async run(options) {
    const { accounts } = parseNumbers(options, { accounts: 400 })
    const whole = await grantAll(accounts, 24 * 60 * 60_000)
    const sliced = await grantAll(accounts, dispatcherSlice.sliceMs)
    const stood = await killInTheMiddle()
    const longest = Math.max(...stood)
    const percent = ((sliced.seconds - whole.seconds) / whole.seconds) * 100
    return {
      lines: [
        `${accounts * sets} grants: ${whole.seconds.toFixed(0)} s in one slice, ${sliced.seconds.toFixed(0)} s in slices of ${dispatcherSlice.sliceMs / 60_000} minutes`,
        `nothing started after ${stood.length} kills for ${stood.map((seconds) => seconds.toFixed(1)).join(', ')} s`,
      ],
      figures: [
        atMost(percentMost, { figure: 'what hand-overs add to the time', value: percent, unit: '%' }),
        ...quotaFigures(sliced.world, 'with hand-overs'),
        atMost(secondsMost, { figure: 'from a kill to the next request, the longest', value: longest, unit: 's' }),
      ],
    }
  },
}

async function open(accounts: number): Promise<CeilingWorld> {
  const world = CeilingWorld.open({ accounts, sets }, { configuration: openBrake })
  await world.look()
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  return world
}

async function grantAll(accounts: number, sliceMs: number) {
  const world = (await open(accounts)).work(sliceMs)
  const beganMs = world.begin()
  for (let set = 0; set < sets; set++) await world.objects.put(linkOf(`ou_id%${unitOfAll}`, set, set), '')
  const endedMs = await world.untilServed(accounts * sets, 24 * 60)
  return { world, seconds: (endedMs - beganMs) / 1000 }
}

/** Seconds without a request after each kill. A function that is gone is started again by the schedule of the minute. */
async function killInTheMiddle(): Promise<readonly number[]> {
  const world = await open(accountsOfKills)
  world.start({ dispatcher: false })
  for (let set = 0; set < sets; set++) await world.objects.put(linkOf(`ou_id%${unitOfAll}`, set, set), '')
  // A slice that finds nothing ends at once.
  await world.until(() => world.queues.queue('work-bulk').messages().length > 0, 'the first hint')
  const stood: number[] = []
  for (const requests of kills) {
    let begun = 0
    let killedMs: number | undefined
    const { ports } = dyingPorts(world.ports, {
      when: 'after',
      at: ({ operation }) => {
        const isLast = operation === 'createAccountAssignment' && ++begun === requests
        if (isLast) killedMs = world.clock.now().getTime()
        return isLast
      },
    })
    const servedBefore = world.served.length
    await startEachMinute(world, ports)
    const last = world.served[servedBefore - 1]
    if (last) stood.push(((world.served[servedBefore]?.createdAt.getTime() ?? 0) - last.createdAt.getTime()) / 1000)
    await world.until(() => killedMs !== undefined, `request ${requests}`, 60)
    await world.clock.advance(minuteMs - (world.clock.now().getTime() % minuteMs))
  }
  return stood
}

/** Until one has the lease and makes a request: the lease of the one that died ends by itself. */
async function startEachMinute(world: CeilingWorld, ports: Ports): Promise<void> {
  const servedBefore = world.served.length
  const isServed = () => world.served.length > servedBefore
  for (let minutes = 0; minutes < 5 && !isServed(); minutes++) {
    void world.slice(dispatcherSlice, ports)
    const next = (Math.floor(world.clock.now().getTime() / minuteMs) + 1) * minuteMs
    await world.until(() => isServed() || world.clock.now().getTime() >= next, 'the next minute')
  }
  if (!isServed()) throw new Error('no dispatcher made a request within five minutes')
}
