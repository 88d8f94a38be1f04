import { ProposedObjects } from '../../handlers/cli/plan/proposed-objects.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { type WhoQuestion, whoHasAccess } from '../../shared/reconcile/preview/who-has-access.ts'
import { intercept } from '../intercept.ts'
import type { World } from '../world.ts'
import { atMost, type Benchmark, exactly, parseNumbers } from './benchmark.ts'
import { accountOf, answerMs, expectedRows, fillAccess, userOf } from './fill-access.ts'

const mostSeconds = 2
/**
 * How long `who` takes: at AWS's rates and with answers as slow as AWS's, on virtual time, and what this machine computes
 * besides. The start of the command is not in it.
 */
export const who: Benchmark = {
  name: 'who',
  usage: 'who --accounts 500 --assignments 20 --users 3000',
  summary: `who has access; of one account of 500 with 20 assignments each and 3,000 users in less than ${mostSeconds} s`,
  clock: 'machine',
  run: async (options) => {
    const size = parseNumbers(options, { accounts: 500, assignments: 20, users: 3000 })
    const world = await fillAccess(size)
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
      figures: [
        exactly(expectedRows(size), {
          figure: 'rows, one for each member of each assignment',
          value: ofAll.rows,
          unit: '',
        }),
        atMost(mostSeconds, { figure: 'who --account', value: ofAccount.waited + ofAccount.computed, unit: 's' }),
      ],
    }
  },
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
