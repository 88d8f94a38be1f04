import { MemoryObjectVersions } from '../../shared/memory/s3/memory-object-versions.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { wrapPort } from '../../shared/reconcile/calls/wrap-port.ts'
import { Lease } from '../../shared/reconcile/dispatcher/lease.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { beginRestoration, endRestoration, findLostRecords } from '../../shared/reconcile/restore/restore-records.ts'
import type { InPortions } from '../../shared/reconcile/take-over/list-existing.ts'
import { disturbing } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { letTimePass } from './time-actions.ts'
import { spoiler } from './unreadable-objects.ts'

/** Longer than the promise allows it to take. */
const noticedMs = 130_000
/** The first restoration dies after so many writes. */
type Dying = { readonly writes: number }

export const restoreActions = {
  /** Somebody deletes every granted entry, and nothing else: maybe before a sweep has counted one of them. */
  'all entries are lost, and restored': disturbing(async (world, { writes }: Dying) => {
    const lost = world.losses.granted()
    await loseAndRestore(lost, writes, world, async () => {
      // What ssofile found lacking by itself stands in the ledger again, as failed, and a person is told.
      const isLost = () => isMassLoss(lost.filter((key) => !world.objects.model.find(key)).length, world)
      const wasLost = isMassLoss(lost.length, world)
      await letTimePass(noticedMs, world)
      if (wasLost && isLost()) world.checker.limits.checkStopped(noticedMs)
    })
  }),
  /** Somebody deletes ledger objects and the owner of the bucket; later an operator restores them, as `ssofile restore` does. */
  'the ledger is lost, and restored': disturbing(async (world, { count, afterMs, writes }: Loss) => {
    await loseAndRestore(world.losses.granted().slice(0, count), writes, world, async () => {
      void world.objects.as(spoiler).delete('control/owner.json')
      await letTimePass(afterMs, world)
      world.checker.limits.checkStopped(afterMs)
    })
  }),
}

type Loss = Dying & { readonly count: number; readonly afterMs: number }

async function loseAndRestore(
  lost: readonly string[],
  writes: number,
  world: SimulatedWorld,
  meanwhile: () => Promise<void>,
): Promise<void> {
  world.wasDisturbed = true
  world.wasOperated = true
  for (const key of lost) world.losses.lose(key)
  await meanwhile()
  await restoreLedger(world, writes)
}

/** What is there still, and was never granted, may hide as much of the loss. */
function isMassLoss(lost: number, world: SimulatedWorld): boolean {
  const left = world.keys('assignments/').length
  const { count, percent, most } = world.configuration.brake.indirect
  return lost - left > Math.min(most, Math.max(count, Math.floor((percent * (lost + left)) / 100)))
}

/** Until the owner is there again nothing goes on. */
async function restoreLedger(world: SimulatedWorld, writes: number): Promise<void> {
  const { objects, clock, ssoAdmin, identityStore, log } = world
  await beginRestoration({ objects, clock })
  const ports = { objects, leaseClock: clock, randomness: { id: () => 'restoration', fraction: () => 0.5 }, log }
  let lease: Lease | undefined
  while (!lease) lease = await finish(world, Lease.acquire(ports, 'restoration'))
  void lease.keep()
  // Well below the rate that AWS allows to all.
  const inPortions: InPortions = async (items, _, work) => {
    for (const item of items) {
      await clock.sleep(200)
      await work(item, ssoAdmin)
    }
  }
  const versions = new MemoryObjectVersions(objects.model)
  const restore = async (store: ObjectStore) => {
    const now = { at: undefined, stoppedAt: undefined }
    const context = { objects: store, ssoAdmin, identityStore, clock, versions, inPortions, ...now }
    const lost = await findLostRecords(context)
    await lost.carryOut()
    return lost.owner.is
  }
  world.isRestoring = true
  const first = restore(dyingAfter(writes, objects)).catch(() => 'died')
  await finish(world, first)
  const owner = await finish(world, restore(objects))
  world.isRestoring = false
  // Nothing tells whose it was: the operator says so, as `ssofile resume --accept-loss` does.
  if (owner === 'unknown') await claimBucket({ objects, ssoAdmin }, undefined, { acceptsLoss: true })
  world.losses.noteRestored()
  await endRestoration({ objects, clock }, 'olga')
  await finish(world, lease.release())
}

/** A process that dies after so many writes. */
function dyingAfter(writes: number, objects: ObjectStore): ObjectStore {
  let left = writes
  return wrapPort(objects, (operation, call) => {
    if (/^(put|delete)$/.test(operation) && left-- <= 0) throw new Error('the restoration died')
    return call()
  })
}

async function finish<T>({ clock }: SimulatedWorld, work: Promise<T>): Promise<T> {
  let isOver = false
  const ended = work.finally(() => {
    isOver = true
  })
  while (!isOver) await clock.advance(100)
  return ended
}
