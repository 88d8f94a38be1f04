import { leasePortions } from '../../handlers/cli/take-over/under-lease.ts'
import { assignmentKey } from '../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { releaseAssignment } from '../../shared/reconcile/assignments/release-assignment.ts'
import { prepareImport } from '../../shared/reconcile/take-over/import-assignments.ts'
import { nthOf } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Import = { readonly isCompact: boolean; readonly account?: string }

/** What an operator does about access of others: takes it over, or gives ours back. */
export const takeOverActions = {
  /** `account`: absent: of all accounts. */
  import: (world: SimulatedWorld, { isCompact, account }: Import) =>
    command('import', world, async (ports, inPortions) => {
      const accounts = account === undefined ? [] : [accountId.parse(account)]
      const filter = { accounts, permissionSets: [], principals: [] }
      const options = { filter, isCompact, tagKeys: isCompact ? ['team'] : [], inPortions, onStep: () => {} }
      const prepared = await prepareImport({ ...ports, configuration: world.configuration }, options)
      await prepared.carryOut(inPortions)
    }),
  /** One entry of the ledger. */
  release: (world: SimulatedWorld, { nth }: { readonly nth: number }) =>
    command('release', world, async (ports, inPortions) => {
      const key = nthOf(world.keys('assignments/'), nth)
      if (key === undefined) return
      const meant = assignmentKey.parse(key.slice('assignments/'.length))
      await inPortions([meant], 'assignments', async (one) => void (await releaseAssignment(one, ports)))
    }),
}

type InPortions = ReturnType<typeof leasePortions>

export const lessee = { who: 'simulation', tell: () => {} }

function command(
  name: 'import' | 'release',
  world: SimulatedWorld,
  work: (ports: Ports, inPortions: InPortions) => Promise<void>,
): void {
  // The lease was away for a while.
  world.wasInterrupted = true
  void world.operate((ports) =>
    work(
      ports,
      leasePortions(ports, name, () => {}, lessee),
    ),
  )
}
