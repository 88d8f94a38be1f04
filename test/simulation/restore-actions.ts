import { leasePortions, underLease } from '../../handlers/cli/take-over/under-lease.ts'
import { MemoryObjectVersions } from '../../shared/memory/s3/memory-object-versions.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { beginRestoration, endRestoration, findLostRecords } from '../../shared/reconcile/restore/restore-records.ts'
import { disturbing } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { lessee } from './take-over-actions.ts'
import { letTimePass } from './time-actions.ts'
import { spoiler } from './unreadable-objects.ts'

/** Longer than the promise allows it to take. */
const noticedMs = 130_000

export const restoreActions = {
  /** Somebody deletes every granted entry, and nothing else: maybe before a sweep has counted one of them. */
  'all entries are lost, and restored': disturbing(async (world) => {
    const lost = world.losses.granted()
    await loseAndRestore(lost, world, async () => {
      // What ssofile found lacking by itself stands in the ledger again, as failed, and a person is told.
      const isLost = () => isMassLoss(lost.filter((key) => !world.objects.model.find(key)).length, world)
      const wasLost = isMassLoss(lost.length, world)
      await letTimePass(noticedMs, world)
      if (wasLost && isLost()) world.checker.limits.checkStopped(noticedMs)
    })
  }),
  /** Somebody deletes ledger objects and the owner of the bucket; later an operator restores them. */
  'the ledger is lost, and restored': disturbing(
    async (world, { count, afterMs }: { count: number; afterMs: number }) => {
      await loseAndRestore(world.losses.granted().slice(0, count), world, async () => {
        void world.objects.as(spoiler).delete('control/owner.json')
        await letTimePass(afterMs, world)
        world.checker.limits.checkStopped(afterMs)
      })
    },
  ),
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
  world.isRestoring = true
  for (let triesLeft = 9; triesLeft > 0; triesLeft--) if (await restore(world)) break
  world.isRestoring = false
}

/** What is there still, and was never granted, may hide as much of the loss. */
function isMassLoss(lost: number, world: SimulatedWorld): boolean {
  const left = world.keys('assignments/').length
  const { count, percent, most } = world.configuration.brake.indirect
  return lost - left > Math.min(most, Math.max(count, Math.floor((percent * (lost + left)) / 100)))
}

/** As `ssofile restore` does. Until the owner is there again nothing goes on. Answers whether it ended well. */
async function restore(world: SimulatedWorld): Promise<boolean> {
  const versions = new MemoryObjectVersions(world.objects.model)
  let isAtWork = true
  const ended = world.operate(async (ports) => {
    await beginRestoration(ports)
    await underLease(ports, 'restore', async () => undefined, lessee)
    const inPortions = leasePortions(ports, 'restore', () => {}, lessee)
    const lost = await findLostRecords({ ...ports, versions, inPortions, at: undefined, stoppedAt: undefined })
    await lost.carryOut()
    // Nothing tells whose it was: the operator says so, as `ssofile resume --accept-loss` does.
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
