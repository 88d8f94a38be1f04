import * as fc from 'fast-check'
import { leasePortions } from '../../handlers/cli/take-over/under-lease.ts'
import { assignmentKey } from '../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { releaseAssignment } from '../../shared/reconcile/assignments/release-assignment.ts'
import { prepareImport } from '../../shared/reconcile/take-over/import-assignments.ts'
import { doing } from './doing.ts'
import { account, nth, one } from './draws.ts'
import type { SimulatedWorld } from './simulated-world.ts'

const killMs = one(undefined, undefined, undefined, 50, 200, 500, 1_000, 2_000)
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })

/** What an operator does about access of others: takes it over, or gives ours back. `killMs`: the command dies so long after. */
export const takeOverActions = {
  /** `account`: absent: of all accounts. */
  import: doing(
    2,
    { isCompact: fc.boolean(), account: some(account), killMs },
    ({ isCompact, account, killMs }, world) =>
      command('import', killMs, world, async (ports, inPortions) => {
        const accounts = account === undefined ? [] : [accountId.parse(account)]
        const filter = { accounts, permissionSets: [], principals: [] }
        const options = { filter, isCompact, tagKeys: isCompact ? ['team'] : [], inPortions, onStep: () => {} }
        const prepared = await prepareImport({ ...ports, configuration: world.configuration }, options)
        await prepared.carryOut(inPortions)
      }),
  ),
  /** One entry of the ledger; absent: all. */
  release: doing(2, { nth: some(nth), killMs }, ({ nth, killMs }, world) =>
    command('release', killMs, world, async (ports, inPortions) => {
      const keys = world.keys('assignments/').map((key) => assignmentKey.parse(key.slice('assignments/'.length)))
      const meant = nth === undefined ? keys : keys.slice(nth % Math.max(keys.length, 1)).slice(0, 1)
      await inPortions(meant, 'assignments', async (key) => void (await releaseAssignment(key, ports)))
    }),
  ),
}

type InPortions = ReturnType<typeof leasePortions>

function command(
  name: 'import' | 'release',
  killMs: number | undefined,
  world: SimulatedWorld,
  work: (ports: Ports, inPortions: InPortions) => Promise<void>,
): void {
  // The lease was away for a while.
  world.wasInterrupted = true
  const lessee = { who: 'simulation', tell: () => {} }
  const portionsOf = (ports: Ports) => leasePortions(ports, name, () => {}, lessee)
  const process = world.operate((ports) => work(ports, portionsOf(ports)))
  if (killMs !== undefined) void world.clock.sleep(killMs).then(() => process.kill())
}
