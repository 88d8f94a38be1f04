import * as fc from 'fast-check'
import { leasePortions } from '../../handlers/cli/take-over/under-lease.ts'
import { assignmentKey } from '../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { releaseAssignment } from '../../shared/reconcile/assignments/release-assignment.ts'
import { prepareImport } from '../../shared/reconcile/take-over/import-assignments.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What an operator does about access of others: takes it over, or gives ours back. `killMs`: the command dies so long after. */
export type TakeOverAction =
  | {
      readonly do: 'import'
      readonly isCompact: boolean
      /** Absent: of all accounts. */
      readonly account: string | undefined
      readonly killMs: number | undefined
    }
  /** One entry of the ledger; absent: all. */
  | { readonly do: 'release'; readonly nth: number | undefined; readonly killMs: number | undefined }

const names: ReadonlySet<string> = new Set<TakeOverAction['do']>(['import', 'release'])

export function isTakeOverAction(action: { readonly do: string }): action is TakeOverAction {
  return names.has(action.do)
}

const killMs = fc.constantFrom(undefined, undefined, undefined, 50, 200, 500, 1_000, 2_000)

export function takeOverActions(account: fc.Arbitrary<string>): readonly fc.WeightedArbitrary<TakeOverAction>[] {
  const some = fc.option(account, { nil: undefined })
  return [
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('import' as const), isCompact: fc.boolean(), account: some, killMs }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('release' as const),
        nth: fc.option(fc.nat(30), { nil: undefined }),
        killMs,
      }),
    },
  ]
}

export function performTakeOverAction(action: TakeOverAction, world: SimulatedWorld): void {
  // The lease was away for a while.
  world.wasInterrupted = true
  const command = world.operate((ports) => {
    const lessee = { who: 'simulation', tell: () => {} }
    const inPortions = leasePortions(ports, action.do, () => {}, lessee)
    return action.do === 'import'
      ? importAll(action, world, ports, inPortions)
      : releaseAll(action, world, ports, inPortions)
  })
  if (action.killMs !== undefined) void world.clock.sleep(action.killMs).then(() => command.kill())
}

type InPortions = ReturnType<typeof leasePortions>

async function importAll(
  { isCompact, account }: Extract<TakeOverAction, { do: 'import' }>,
  { configuration }: SimulatedWorld,
  ports: Ports,
  inPortions: InPortions,
): Promise<void> {
  const accounts = account === undefined ? [] : [accountId.parse(account)]
  const filter = { accounts, permissionSets: [], principals: [] }
  const options = { filter, isCompact, tagKeys: isCompact ? ['team'] : [], inPortions, onStep: () => {} }
  const prepared = await prepareImport({ ...ports, configuration }, options)
  await prepared.carryOut(inPortions)
}

async function releaseAll(
  { nth }: Extract<TakeOverAction, { do: 'release' }>,
  world: SimulatedWorld,
  ports: Ports,
  inPortions: InPortions,
): Promise<void> {
  const keys = world.keys('assignments/').map((key) => assignmentKey.parse(key.slice('assignments/'.length)))
  const meant = nth === undefined ? keys : keys.slice(nth % Math.max(keys.length, 1)).slice(0, 1)
  await inPortions(meant, 'assignments', async (key) => void (await releaseAssignment(key, ports)))
}
