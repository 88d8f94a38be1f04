import { notifiedPlaces } from '../../shared/domain/inputs/kinds.ts'
import { workedQueues } from '../../shared/ports/queues.ts'
import { hasNewRelease } from './brake-actions.ts'
import { harmless, lateKinds } from './chaos.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** This long after the last instant of a link, everything should be as the link says. */
const settledAfterMs = 150_000

/** This long before an instant, in addition to the error of clocks: for some process the instant has already come. */
const idleBeforeMs = 60_000

/** `exceptInFlight`: ignore messages in flight, also those of a dead process. */
type Except = { readonly exceptInFlight?: boolean }

/** Nothing is in progress: no process, no event, no message, no request, no running dispatcher. */
export function isIdle(world: SimulatedWorld, { exceptInFlight = false }: Except = {}): boolean {
  return (
    !world.deployment.isAtWork &&
    !world.deliveries.isUnderWay &&
    // Nothing waits for people who cannot be reached.
    workedQueues.every((name) => {
      if (name === 'digests') return true
      const queue = world.queues.queue(name)
      // Messages behind one in flight wait for it.
      return exceptInFlight ? !queue.isAvailable : queue.messages().every(({ body }) => isAboutSpoiled(body, world))
    }) &&
    world.ssoAdmin.outstandingRequests().length === 0 &&
    world.keys('control/dispatcher.json').length === 0 &&
    world.keys('state/paused.json').length === 0 &&
    !hasNewRelease(world)
  )
}

/** ssofile looks every minute at an input whose status nobody can read, and fails: nobody waits for that. */
function isAboutSpoiled(body: string, { unreadable }: SimulatedWorld): boolean {
  return unreadable.spoiled.some((key) => body.includes(JSON.stringify(key.slice('status/'.length, -'.json'.length))))
}

/** Idle, and nothing is scheduled: no open work, no instant of a link, no planned action. */
export function isQuiet(world: SimulatedWorld): boolean {
  const nowMs = world.clock.now().getTime()
  if (nowMs < lastInstantMs(world) + settledAfterMs || world.planned.size > 0) return false
  // If the schedule could not do something this minute, it does it in the next. What is held gets a new instant each minute, by S3's clock,
  // which leaves out milliseconds: that instant may already have come.
  if (isStateLost(world) || instantsUnder('state/expiry/', world).some((ms) => ms < nowMs - 1_000)) return false
  return isIdle(world) && world.keys('state/open/').every((key) => isForOthers(key, world) || isUnreadable(key, world))
}

/** The ledger entries with open work. */
export function openEntries(world: SimulatedWorld): ReadonlySet<string> {
  return new Set(world.keys('state/open/').map((key) => `assignments/${key.slice(key.indexOf('%') + 1)}`))
}

/** A fault or a loss delays work that would otherwise be done at once. */
export function isHindered({ chaos, wasDisturbed, wasInterrupted }: SimulatedWorld): boolean {
  return chaos.struck.size > 0 || wasDisturbed || wasInterrupted
}

/** The only faults are slow calls. */
export function isCalm({ chaos, wasDisturbed, wasInterrupted }: SimulatedWorld): boolean {
  return !wasDisturbed && !wasInterrupted && [...chaos.struck.keys()].every((kind) => lateKinds.has(kind))
}

/** Whether something was lost that only a reconcile can find: an event, a process, a message. */
export function needsReconcile({ queues, chaos, wasDisturbed, wasDrifted, wasEventLost }: SimulatedWorld): boolean {
  const isDead = queues.names.some(
    (name) => name.endsWith('-dead') && name !== 'digests-dead' && queues.queue(name).messages().length > 0,
  )
  const isHarmed = [...chaos.struck.keys()].some((kind) => !harmless.has(kind))
  return wasDisturbed || wasDrifted || wasEventLost || isDead || isHarmed
}

/**
 * Nothing is left for the next minute or the reconcile. A slice leaves work after a refusal, and only the schedule sees the writes of an
 * operator.
 */
export function isUntouched(world: SimulatedWorld): boolean {
  const isLeft = !world.deployment.hasBegun || needsReconcile(world) || world.wasOperated
  return isCalm(world) && !isLeft && world.keys('state/open/').length === 0
}

/** The ledger has entries for accounts that have left the organization. */
export function hasDeparted(world: SimulatedWorld): boolean {
  const present = new Set<string>(world.organizations.accountsNow().map(({ id }) => id))
  return world.keys('assignments/').some((key) => !present.has(key.slice('assignments/account%'.length).slice(0, 12)))
}

/** Skips the time without work, so that no schedules run in it. Returns the skipped milliseconds. */
export async function skipIdle(mostMs: number, world: SimulatedWorld, except: Except = {}): Promise<number> {
  const ms = idleMs(mostMs, world, except)
  if (ms <= 0) return 0
  await world.clock.advance(ms)
  return ms
}

/**
 * The time for which the schedules of a minute find nothing to do, at most `mostMs`: nothing is in progress or due. `exceptInFlight`:
 * ignore messages of dead processes, which come back.
 */
function idleMs(mostMs: number, world: SimulatedWorld, except: Except): number {
  if (!isIdle(world, except) || world.deliveries.next.delayMs > 0 || isStateLost(world)) return 0
  const instants = [
    ...instantsUnder('state/open/', world),
    ...instantsUnder('state/expiry/', world),
    ...[...world.planned].map(({ atMs }) => atMs),
    ...workedQueues
      .filter((name) => name !== 'digests')
      .flatMap((name) => world.queues.queue(name).nextReturnAt() ?? []),
  ]
  const nextMs = Math.min(...instants) - world.clock.now().getTime() - world.settings.skewMs - idleBeforeMs
  return Math.min(mostMs, nextMs)
}

/**
 * Open work that does not end by itself: the deletion of a permission set that others have assigned, and work on a permission set whose
 * file is held.
 */
function isForOthers(openKey: string, world: SimulatedWorld): boolean {
  const input = openKey.slice(openKey.indexOf('%') + 1)
  const name = /^permission_sets\/([\w-]+)\.json$/.exec(input)?.[1]
  if (name === undefined) return false
  if (world.readJson(`status/${input}.json`)?.state === 'held') return true
  return !world.objects.model.find(input) && world.isAssigned(name)
}

/** Retried until somebody restores the unreadable record. The work has a name instead of an ID if its principal could not be looked up. */
function isUnreadable(openKey: string, { unreadable, hostile }: SimulatedWorld): boolean {
  const key = `assignments/${openKey.slice(openKey.indexOf('%') + 1).replace(/%ssofile$/, '')}`
  return unreadable.concerns(key) || (unreadable.refused.length > 0 && hostile.touches(key))
}

/** The schedules of each minute have not yet written their records, or somebody deleted these. */
function isStateLost({ objects }: SimulatedWorld): boolean {
  const records = ['state/expiry/~whole', 'state/reconcile.json', 'state/notifications.json']
  return records.some((key) => objects.model.find(key) === undefined)
}

/**
 * The instants in the keys under `prefix`. Leaves out inputs whose status nobody can read, and suspensions while a record is unreadable,
 * because ssofile looks at them every minute.
 */
function instantsUnder(prefix: string, world: SimulatedWorld): readonly number[] {
  const { unreadable } = world
  const isWaitedFor = (key: string) =>
    !unreadable.isSpoiled(`status/${key.slice(key.indexOf('%') + 1)}.json`) &&
    (unreadable.spoiled.length === 0 || !key.includes('%suspended/'))
  const keys = world.keys(prefix).filter(isWaitedFor)
  const instants = keys.map((key) =>
    Date.parse(key.slice(key.lastIndexOf('/', key.indexOf('%')) + 1, key.indexOf('%'))),
  )
  return instants.filter((ms) => !Number.isNaN(ms))
}

const dayMs = 24 * 3_600_000

/** The last instant of today at which a file begins or ends. 0: there is none. */
function lastInstantMs(world: SimulatedWorld): number {
  const texts = notifiedPlaces().flatMap((at) => world.keys(at).map((key) => world.textOf(key) ?? ''))
  const instants = texts
    .flatMap((text) => [...text.matchAll(/"(?:notBefore|expiresAt|startsAt|endsAt)": ?"([^"]*)"/g)])
    .map(([, instant = '']) => Date.parse(instant))
  const lastMs = world.clock.now().getTime() + dayMs
  return Math.max(0, ...instants.filter((ms) => ms < lastMs))
}
