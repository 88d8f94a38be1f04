import { workedQueues } from '../../shared/ports/queues.ts'
import { hasNewRelease } from './brake-actions.ts'
import { harmless, lateKinds } from './chaos.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** So long after the last instant of a link everything should be as it says. */
const settledAfterMs = 150_000

/** Before an instant, besides what clocks may be wrong: for somebody it has come. */
const idleBeforeMs = 60_000

/** Whether messages that somebody works on, or died with, count as nothing. */
type Except = { readonly exceptInFlight?: boolean }

/** Nothing is under way: no process, no event, no message, no request, no dispatcher at work. */
export function isIdle(world: SimulatedWorld, { exceptInFlight = false }: Except = {}): boolean {
  return (
    !world.deployment.isAtWork &&
    !world.deliveries.isUnderWay &&
    workedQueues.every((name) => {
      const queue = world.queues.queue(name)
      // What follows one in flight waits for it.
      return exceptInFlight ? !queue.isAvailable : queue.messages().length === 0
    }) &&
    world.ssoAdmin.outstandingRequests().length === 0 &&
    world.keys('control/dispatcher.json').length === 0 &&
    world.keys('state/paused.json').length === 0 &&
    !hasNewRelease(world)
  )
}

/** Idle, and with no open work, no instant of a link, and nobody who is going to do anything. */
export function isQuiet(world: SimulatedWorld): boolean {
  const nowMs = world.clock.now().getTime()
  if (nowMs < lastInstantMs(world) + settledAfterMs || world.planned.size > 0) return false
  // What the schedule could not do this minute, it does the next.
  if (isStateLost(world) || instantsUnder('state/expiry/', world).some((ms) => ms <= nowMs)) return false
  return isIdle(world) && world.keys('state/open/').every((key) => isForOthers(key, world) || isUnreadable(key, world))
}

/** Something struck, or was lost, that holds up what would be done at once. */
export function isHindered({ chaos, wasDisturbed, wasInterrupted }: SimulatedWorld): boolean {
  return chaos.struck.size > 0 || wasDisturbed || wasInterrupted
}

/** Nothing but slow calls. */
export function isCalm({ chaos, wasDisturbed, wasInterrupted }: SimulatedWorld): boolean {
  return !wasDisturbed && !wasInterrupted && [...chaos.struck.keys()].every((kind) => lateKinds.has(kind))
}

/** Whether something was lost that only a reconcile can find: an event, a process, a message. */
export function needsReconcile({ queues, chaos, wasDisturbed, wasDrifted, wasEventLost }: SimulatedWorld): boolean {
  const isDead = queues.names.some((name) => name.endsWith('-dead') && queues.queue(name).messages().length > 0)
  const isHarmed = [...chaos.struck.keys()].some((kind) => !harmless.has(kind))
  return wasDisturbed || wasDrifted || wasEventLost || isDead || isHarmed
}

/**
 * Nothing is left to the next minute, or to the reconcile: a slice that was refused something leaves its rest, and of
 * what an operator writes the schedule alone knows.
 */
export function isUntouched(world: SimulatedWorld): boolean {
  const isLeft = !world.deployment.hasBegun || needsReconcile(world) || world.wasOperated
  return isCalm(world) && !isLeft && world.keys('state/open/').length === 0
}

/** The ledger has entries of accounts that are not in the organization any more. */
export function hasDeparted(world: SimulatedWorld): boolean {
  const present = new Set<string>(world.organizations.accountsNow().map(({ id }) => id))
  return world.keys('assignments/').some((key) => !present.has(key.slice('assignments/account%'.length).slice(0, 12)))
}

/** What passes without anything to do costs no schedule: answers how much that is. */
export async function skipIdle(mostMs: number, world: SimulatedWorld, except: Except = {}): Promise<number> {
  const ms = idleMs(mostMs, world, except)
  if (ms <= 0) return 0
  await world.clock.advance(ms)
  return ms
}

/**
 * How long the schedules of a minute would find nothing to do, `mostMs` at most: nothing is under way, or due. `exceptInFlight`: but
 * for messages of who has died, which come back.
 */
function idleMs(mostMs: number, world: SimulatedWorld, except: Except): number {
  if (!isIdle(world, except) || world.deliveries.next.delayMs > 0 || isStateLost(world)) return 0
  const instants = [
    ...instantsUnder('state/open/', world),
    ...instantsUnder('state/expiry/', world),
    ...[...world.planned].map(({ atMs }) => atMs),
    ...workedQueues.flatMap((name) => world.queues.queue(name).nextReturnAt() ?? []),
  ]
  const nextMs = Math.min(...instants) - world.clock.now().getTime() - world.settings.skewMs - idleBeforeMs
  return Math.min(mostMs, nextMs)
}

/**
 * Retries of the deletion of a permission set that others have assigned, and of what waits in one whose file is held: they go
 * on for as long as it is.
 */
function isForOthers(openKey: string, world: SimulatedWorld): boolean {
  const input = openKey.slice(openKey.indexOf('%') + 1)
  const name = /^permission_sets\/([\w-]+)\.json$/.exec(input)?.[1]
  if (name === undefined) return false
  if (world.readJson(`status/${input}.json`)?.state === 'held') return true
  return !world.objects.model.find(input) && world.isAssigned(name)
}

/** Tried again until somebody has restored what it is about. */
function isUnreadable(openKey: string, { unreadable, hostile }: SimulatedWorld): boolean {
  const key = `assignments/${openKey.slice(openKey.indexOf('%') + 1)}`
  return unreadable.concerns(key) || (unreadable.refused.length > 0 && hostile.touches(key))
}

/** The schedule of a minute makes again what somebody deleted. */
function isStateLost({ objects }: SimulatedWorld): boolean {
  return ['state/expiry/~whole', 'state/reconcile.json'].some((key) => objects.model.find(key) === undefined)
}

/** The instants in the names under `prefix`. A suspension is looked at each minute while a record cannot be read: left out. */
function instantsUnder(prefix: string, world: SimulatedWorld): readonly number[] {
  const isWaitedFor = (key: string) => world.unreadable.spoiled.length === 0 || !key.includes('%suspended/')
  const keys = world.keys(prefix).filter(isWaitedFor)
  const instants = keys.map((key) => Date.parse(key.slice(prefix.length, key.indexOf('%'))))
  return instants.filter((ms) => !Number.isNaN(ms))
}

/** The last instant at which a link begins or ends; 0: none does. */
function lastInstantMs(world: SimulatedWorld): number {
  const texts = world.keys('links_data/').map((key) => world.textOf(key) ?? '')
  const instants = texts
    .flatMap((text) => [...text.matchAll(/"(?:notBefore|expiresAt)": ?"([^"]*)"/g)])
    .map(([, instant = '']) => Date.parse(instant))
  return Math.max(0, ...instants.filter((ms) => !Number.isNaN(ms)))
}
