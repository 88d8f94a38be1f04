import { leasePortions, underLease } from '../../handlers/cli/take-over/under-lease.ts'
import { assignmentKey } from '../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { beginRestoration, endRestoration, findLostRecords } from '../../shared/modules/restore/restore-records.ts'
import { prepareImport } from '../../shared/modules/take-over/import-assignments.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { releaseAssignment } from '../../shared/reconcile/assignments/release-assignment.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { MemoryObjectVersions } from '../memory-object-versions.ts'
import { openEntries } from './at-rest.ts'
import { disturbing, nthOf } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { letTimePass } from './time-actions.ts'
import { spoiler } from './unreadable-objects.ts'

type Import = { readonly isCompact: boolean; readonly account?: string }
type Loss = { readonly count: number; readonly afterMs: number }

/** Longer than the promise permits. */
const noticedMs = 130_000

/** An operator's commands under the lease: take over access of others, give ours back, restore lost records. */
export const operatorActions = {
  /** `account` absent: all accounts. */
  import: (world: SimulatedWorld, { isCompact, account }: Import) =>
    void command('import', world, async (ports, inPortions) => {
      const accounts = account === undefined ? [] : [accountId.parse(account)]
      const filter = { accounts, permissionSets: [], principals: [] }
      const options = { filter, isCompact, tagKeys: isCompact ? ['team'] : [], inPortions, onStep: () => {} }
      const prepared = await prepareImport({ ...ports, configuration: world.configuration }, options)
      await prepared.carryOut(inPortions)
    }),
  /** One entry of the ledger. */
  release: (world: SimulatedWorld, { nth }: { readonly nth: number }) =>
    void command('release', world, async (ports, inPortions) => {
      const key = nthOf(world.keys('assignments/'), nth)
      if (key === undefined) return
      const meant = assignmentKey.parse(key.slice('assignments/'.length))
      await inPortions([meant], 'assignments', async (one) => void (await releaseAssignment(one, ports)))
    }),
  /** Somebody deletes every granted entry and nothing else, maybe before a sweep has counted any of them. */
  'all entries are lost, and restored': disturbing(async (world) => {
    const lost = world.losses.granted()
    await loseAndRestore(lost, world, async () => {
      // ssofile counts entries with nothing left to do. If it found a loss by itself, the entry is in the ledger again, as failed, for a person.
      const open = openEntries(world)
      const counted = lost.filter((key) => !open.has(key))
      const isLost = () => isMassLoss(counted.filter((key) => !world.objects.model.find(key)).length, world)
      const wasLost = isMassLoss(counted.length, world)
      await letTimePass(noticedMs, world)
      if (wasLost && isLost()) world.checker.limits.checkStopped(noticedMs)
    })
  }),
  /** Somebody deletes ledger objects and the owner of the bucket; later an operator restores them. */
  'the ledger is lost, and restored': disturbing(async (world, { count, afterMs }: Loss) => {
    await loseAndRestore(world.losses.granted().slice(0, count), world, async () => {
      void world.objects.as(spoiler).delete('control/owner.json')
      await letTimePass(afterMs, world)
      world.checker.limits.checkStopped(afterMs)
    })
  }),
}

async function loseAndRestore(
  lost: readonly string[],
  world: SimulatedWorld,
  meanwhile: () => Promise<void>,
): Promise<void> {
  world.wasDisturbed = true
  world.wasOperated = true
  for (const key of lost) world.losses.lose(key)
  await meanwhile()
  await restoreWhole(world)
}

/** Nothing continues before the restore has succeeded. Nine tries in a row may die, more than once. */
export async function restoreWhole(world: SimulatedWorld): Promise<void> {
  world.isRestoring = true
  let tries = 1
  while (!(await restore(world)) && tries <= 60) tries++
  world.checker.limits.checkRestored(tries, 60)
  world.isRestoring = false
}

/** Present entries that were never granted may hide as much of the loss. */
function isMassLoss(lost: number, world: SimulatedWorld): boolean {
  const left = world.keys('assignments/').length
  const { count, percent, most } = world.configuration.brake.indirect
  return lost - left > Math.min(most, Math.max(count, Math.floor((percent * (lost + left)) / 100)))
}

/** Like `ssofile restore`. Until the owner is back, nothing continues. Returns whether it succeeded. */
async function restore(world: SimulatedWorld): Promise<boolean> {
  const versions = new MemoryObjectVersions(world.objects.model)
  let isAtWork = true
  const ended = command('restore', world, async (ports, inPortions) => {
    await beginRestoration(ports)
    // Wait until running work has ended.
    await underLease(ports, 'restore', async () => undefined, lessee)
    const lost = await findLostRecords({ ...ports, versions, inPortions, at: undefined, stoppedAt: undefined })
    await lost.carryOut()
    // Nothing tells the former owner, so the operator does, like `ssofile resume --accept-loss`.
    if (lost.owner.is === 'unknown') await claimBucket(ports, undefined, { acceptsLoss: true })
    world.losses.noteRestored()
    await endRestoration(ports, 'olga')
  })
  void ended.then(() => {
    isAtWork = false
  })
  while (isAtWork) await world.clock.advance(100)
  return ended
}

type InPortions = ReturnType<typeof leasePortions>
const lessee = { who: 'simulation', tell: () => {} }

/** Returns whether it succeeded. */
function command(
  name: 'import' | 'release' | 'restore',
  world: SimulatedWorld,
  work: (ports: Ports, inPortions: InPortions) => Promise<void>,
): Promise<boolean> {
  // The command held the lease for a while.
  world.wasInterrupted = true
  const portionsOf = (ports: Ports) => leasePortions(ports, name, () => {}, lessee)
  return world.deployment.operate((ports) => work(ports, portionsOf(ports)))
}
