import * as fc from 'fast-check'
import { MemoryObjectVersions } from '../../shared/memory/s3/memory-object-versions.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { Lease } from '../../shared/reconcile/dispatcher/lease.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { beginRestoration, endRestoration, findLostRecords } from '../../shared/reconcile/restore/restore-records.ts'
import type { InPortions } from '../../shared/reconcile/take-over/list-existing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { spoiler } from './unreadable-objects.ts'

const ownerKey = 'control/owner.json'

export type RestoreAction =
  /** Somebody deletes ledger objects and the owner of the bucket; later an operator restores them, as `ssofile restore` does. */
  | {
      readonly do: 'the ledger is lost, and restored'
      readonly count: number
      readonly afterMs: number
      /** The first restoration dies after so many writes. */
      readonly writes: number
    }
  /** Somebody deletes every granted entry, and nothing else: maybe before a sweep has counted one of them. */
  | { readonly do: 'all entries are lost, and restored'; readonly writes: number }

/** Longer than the promise allows it to take. */
const noticedMs = 130_000

export const restoreActions: readonly fc.WeightedArbitrary<RestoreAction>[] = [
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('all entries are lost, and restored' as const), writes: fc.nat(9) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('the ledger is lost, and restored' as const),
      count: fc.integer({ min: 1, max: 12 }),
      afterMs: fc.constantFrom(1_000, 70_000, 400_000),
      writes: fc.nat(9),
    }),
  },
]

/** `letTimePass`: with the schedules. */
export async function loseAndRestore(
  action: RestoreAction,
  world: SimulatedWorld,
  letTimePass: (ms: number) => Promise<void>,
): Promise<void> {
  world.wasDisturbed = true
  world.wasOperated = true
  if (action.do === 'the ledger is lost, and restored') {
    for (const key of world.losses.granted().slice(0, action.count)) world.losses.lose(key)
    void world.objects.as(spoiler).delete(ownerKey)
    await letTimePass(action.afterMs)
    world.checker.checkStopped(action.afterMs)
  } else {
    const lost = world.losses.granted()
    for (const key of lost) world.losses.lose(key)
    const isMass = isMassLoss(lost.length, world)
    await letTimePass(noticedMs)
    if (isMass) world.checker.checkStopped(noticedMs)
  }
  await restoreLedger(world, action.writes)
}

/** What is there still, and was never granted, may hide as much of the loss. */
function isMassLoss(lost: number, world: SimulatedWorld): boolean {
  const left = world.keys('assignments/').length
  const { count, percent, most } = world.configuration.brake.indirect
  return lost - left > Math.min(most, Math.max(count, Math.floor((percent * (lost + left)) / 100)))
}

/** Until the owner is there again nothing goes on. */
export async function restoreLedger(world: SimulatedWorld, writes = Number.POSITIVE_INFINITY): Promise<void> {
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
    const context = {
      objects: store,
      ssoAdmin,
      identityStore,
      clock,
      versions,
      inPortions,
      at: undefined,
      stoppedAt: undefined,
    }
    const lost = await findLostRecords(context)
    await lost.carryOut()
    return lost.owner.is
  }
  world.isRestoring = true
  await finish(
    world,
    restore(dyingAfter(writes, objects)).catch(() => 'died'),
  )
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
  const countDown = () => {
    if (left-- <= 0) throw new Error('the restoration died')
  }
  return {
    bucket: objects.bucket,
    head: (key) => objects.head(key),
    get: (key, options) => objects.get(key, options),
    getIfChanged: (key, etag) => objects.getIfChanged(key, etag),
    list: (prefix, options) => objects.list(prefix, options),
    async put(key, body, condition) {
      countDown()
      return objects.put(key, body, condition)
    },
    beginUpload: (key) => objects.beginUpload(key),
    uploadPart: (upload, number, body) => objects.uploadPart(upload, number, body),
    completeUpload: (upload, etags) => objects.completeUpload(upload, etags),
    async delete(key, condition) {
      countDown()
      return objects.delete(key, condition)
    },
  }
}

async function finish<T>({ clock }: SimulatedWorld, work: Promise<T>): Promise<T> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  work.then(end, end)
  while (!isOver) await clock.advance(100)
  return work
}
