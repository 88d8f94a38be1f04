import { type Action, describeAction, isDisturbing, perform } from './action.ts'
import { hasDeparted, isQuiet, isUntouched, needsReconcile, skipIdle } from './at-rest.ts'
import { resume } from './brake-actions.ts'
import { type Call, harmless, lateKinds } from './chaos.ts'
import { settlingMs, takeAway } from './drift-actions.ts'
import { isOfHostile } from './hostile-actions.ts'
import { bringKeysBack } from './kinds/credentials/bring-keys-back.ts'
import { mendSelectors } from './kinds/governance/selector-files.ts'
import { takeBackPolicies } from './kinds/governance/take-back-policies.ts'
import { bringBack } from './kinds/people/bring-back.ts'
import { releasePeople } from './kinds/people/people-brake.ts'
import { PeoplePromise } from './kinds/people/people-promise.ts'
import { restoreWhole } from './operator-actions.ts'
import { recordedName } from './oracle/names.ts'
import type { Violation } from './oracle/violation.ts'
import { renderPermissionSet } from './permission-set-actions.ts'
import { outlastDenials } from './session-actions.ts'
import { type Judged, SimulatedWorld } from './simulated-world.ts'
import { accounts } from './small-world.ts'
import type { WorldSettings } from './world-settings.ts'

export type RunResult = {
  readonly violation: Violation | undefined
  readonly steps: number
  readonly actions: number
  readonly faults: Readonly<Record<string, number>>
  /** Everything that happened. The same seed gives the same trace on any machine. */
  readonly trace: readonly string[]
}

function isAllowed(action: Action, mischief: WorldSettings['mischief']): boolean {
  if (mischief === 'any') return true
  if (action.do === 'strike calls')
    return (mischief === 'refusals' && harmless.has(action.kind)) || (mischief === 'late' && lateKinds.has(action.kind))
  return !isDisturbing(action)
}

/** Long enough for every retry of a handler's message (five, a minute apart) and for a dead lease. */
const drainMostMinutes = 10
const convergeMostMinutes = 8 * 60
/** Work that waited for AWS is retried within an hour of AWS's answer. No work may go on for ever. */
const triedAgainMinutes = 2 * 60
const awsMostMinutes = 24 * 60

/** Watches the calls and messages that faults could strike, from action number `from` until faults stop. */
export type FaultWatch = {
  readonly from: number
  /** `open`: how many requests AWS has not answered yet. */
  readonly noteCall: (call: Call, open: number) => void
  readonly noteDelivery: () => void
}

type IsJudged = (world: SimulatedWorld) => boolean
export type RunOptions = {
  /** The fault, from action number `at` on. */
  readonly fault?: { readonly at: number; readonly action: Action } | undefined
  readonly watch?: FaultWatch | undefined
  readonly isJudged?: IsJudged | undefined
}

/**
 * One run: first faults, with safety checked after each step. Then no faults, and the world must converge. `isJudged`: called at rest, and
 * returns whether this state was already judged. Then the run ends.
 */
export async function runSimulation(
  settings: WorldSettings,
  actions: readonly Action[],
  { watch, fault, isJudged = () => false, ...judged }: Judged & RunOptions = {},
): Promise<RunResult> {
  const world = new SimulatedWorld(settings, judged)
  void world.objects.put('permission_sets/First-ps.json', renderPermissionSet('First-ps', 'first'))
  void world.deployment.everyHour()
  for (const [nth, action] of actions.filter((one) => isAllowed(one, settings.mischief)).entries()) {
    judged.tape?.reach(nth, world)
    if (nth === judged.part?.actions) judged.part.begin(world)
    if (nth === fault?.at) await perform(fault.action, world)
    if (nth === watch?.from) world.watch(watch)
    world.trace.push(`${world.clock.monotonicMs()} * ${describeAction(action)}`)
    await perform(action, world).catch((error: unknown) => world.noteRefusal(error))
    await world.clock.advance(1)
    if (world.checker.violation) break
  }
  if (!world.checker.violation) await converge(world, isJudged)
  const { lost, repeated, delayed } = world.deliveries.counts
  return {
    violation: world.checker.violation,
    steps: world.deployment.steps,
    actions: actions.length,
    faults: {
      ...Object.fromEntries(world.chaos.struck),
      ...world.checker.brake.counts,
      ...world.unreadable.counts,
      ...world.losses.counts,
      'event lost': lost,
      'event repeated': repeated,
      'event delayed': delayed,
    },
    trace: world.trace,
  }
}

/** A change without its details waits this long, then comes the pause between two digests, and an unreachable receiver's next attempt. */
const toldWithinMinutes = 10 + 5 + 20

/** Everything must come right, and then be told. */
async function converge(world: SimulatedWorld, isJudged: IsJudged): Promise<void> {
  if (!(await comeRight(world, isJudged)) || world.checker.violation) return
  for (let minute = 0; minute < toldWithinMinutes && !world.checker.told.isAllTold; minute++) {
    await world.clock.advance(60_000)
    void world.deployment.everyMinuteOfNotifications()
  }
  world.checker.told.checkAllTold()
}

/**
 * Faults stop, broken objects are mended, and the schedules go on. Everything must come right by itself. Returns whether this state had to
 * be judged.
 */
async function comeRight(world: SimulatedWorld, isJudged: IsJudged): Promise<boolean> {
  world.chaos.end()
  world.receivers.recover()
  world.deliveries.note = undefined
  world.requestsTakeMs = 0
  Object.assign(world.deliveries.next, { lose: 0, repeat: 0, delayMs: 0, skip: 0 })
  world.organizations.unlisted.splice(0)
  for (const account of accounts) world.breakPolicy(account, true)
  // A process that stood still may stop everything for a loss that is over.
  if (world.readJson('control/pause.json')?.lost !== undefined) await restoreWhole(world)
  else if (world.keys('control/pause.json').length > 0) await resume(world)
  world.unreadable.give((key) => !isOfHostile(key))
  mendSelectors(world)
  await takeBackPolicies(world)
  if (world.losses.hasAny) {
    // A dispatcher keeps the ledger in memory, because nobody else writes it. Only the next one reads the mended objects.
    world.deployment.dispatcher?.kill()
    world.wasInterrupted = true
  }
  world.losses.undoAll(
    (key, entry) => world.checker.isOurs(recordedName(key, entry)),
    (key, entry) => takeAway(world, key, entry),
  )
  if (!needsReconcile(world)) await drain(world)
  // Links that a hostile uploader encrypted must not delay others. They stay encrypted until the others have come right.
  const isEncrypted = world.unreadable.refused.length > 0
  if (isEncrypted) await settle(world, ['hour'])
  world.unreadable.give()
  // Unreadable objects must not delay others: everything else must come right before they are restored.
  const isSpoiled = world.unreadable.spoiled.length > 0
  if (isSpoiled) await settle(world)
  world.unreadable.restoreAll()
  // A link's status may come an hour later, if the same grant is still open in an account of another link.
  if (!(await settle(world, isSpoiled || isEncrypted ? ['hour'] : [], isJudged))) return false
  if (world.checker.judge(PeoplePromise).ended.length > 0) {
    bringBack(world)
    await settle(world)
  }
  if (world.keys('suspended/').length > 0) {
    // While others' access is left, ssofile denies a suspended person's sessions again each hour.
    for (const key of world.keys('suspended/')) void world.objects.as('hr').delete(key)
    await settle(world)
  }
  if (bringKeysBack(world)) await settle(world)
  await outlastDenials(world)
  return true
}

/**
 * The schedules go on until the world is at rest, with a reconcile and a drift check at rest. Returns whether this state had to be judged.
 */
async function settle(
  world: SimulatedWorld,
  last: readonly 'hour'[] = [],
  isJudged: IsJudged = () => false,
): Promise<boolean> {
  if (world.checker.violation) return true
  // The schedules to run each time the world comes to rest.
  const rounds: ('hour' | 'night')[] = ['hour', 'night', ...last]
  const startedMs = world.clock.monotonicMs()
  let departed = 0
  for (let minute = 1, most = convergeMostMinutes; minute <= most && !world.checker.violation; minute++) {
    most = prolong(most, minute, world)
    await releasePeople(world)
    await world.clock.advance(60_000)
    // Each hour has its reconcile. The schedules of a minute have run, and maybe the sweep.
    const isHour = minute % 60 === 0
    const sweptAfter = world.deployment.sweptMs < startedMs ? world.deployment.minutesToSweep : Number.POSITIVE_INFINITY
    const mostMinutes = isHour ? 0 : Math.min(58 - (minute % 60), sweptAfter)
    if (minute > 1 && !isQuiet(world)) minute += await skipWaiting(mostMinutes, world)
    const isAtRest = isQuiet(world)
    const round = isAtRest ? rounds.shift() : undefined
    if (round === 'hour' && isJudged(world)) return false
    if (isAtRest && round === undefined) {
      // An account is gone if two listings an hour apart lack it.
      if (!hasDeparted(world) || ++departed > 3) break
      await world.clock.advance(60 * 60_000)
      void world.deployment.everyHour()
    }
    if (round === 'hour' || (!isAtRest && isHour)) void world.deployment.everyHour()
    if (round === 'night') {
      // A recent removal is found once a listing counts against our own calls, by any clock.
      await world.clock.advance(settlingMs + 2 * world.settings.skewMs)
      if (world.unreadable.refused.length === 0) world.checker.checkBeforeNight()
      void world.deployment.everyNight()
      void world.deployment.everyMorning()
    }
    void world.deployment.everyMinute()
  }
  // Corrects `access/` after changes of names.
  void world.deployment.everyFiveMinutes()
  await world.clock.advance(15_000)
  // Wait for the looks that the sweep asked for; with forty files they come one after the other.
  for (let minute = 0; minute < 10 && !isQuiet(world); minute++) await world.clock.advance(60_000)
  // AWS may take longer than this loop waits.
  if (isAwsAtWork(world)) return true
  if (world.unreadable.refused.length > 0) world.checker.rest.checkBesideRefused()
  else world.checker.checkConverged({ isReconciled: true })
  return true
}

/** A request or a provisioning sometimes takes hours, and blocks others in its account or permission set. */
function isAwsAtWork({ ssoAdmin }: SimulatedWorld): boolean {
  return ssoAdmin.outstandingRequests().length > 0 || ssoAdmin.provisioningsInProgress() > 0
}

/** Skips the time until the next due work. Returns the skipped minutes. */
async function skipWaiting(mostMinutes: number, world: SimulatedWorld): Promise<number> {
  return Math.floor((await skipIdle(mostMinutes * 60_000, world, { exceptInFlight: true })) / 60_000)
}

function prolong(mostMinutes: number, minute: number, world: SimulatedWorld): number {
  return isAwsAtWork(world) ? Math.max(mostMinutes, Math.min(minute + triedAgainMinutes, awsMostMinutes)) : mostMinutes
}

/**
 * If nothing was lost and no process died, the messages in the queues and one sweep are enough: no error may have been swallowed. Schedules
 * are needed only for retries, and for selectors, whose changes S3 does not report. For all other work, somebody wakes the dispatcher.
 */
async function drain(world: SimulatedWorld): Promise<void> {
  const startedMs = world.clock.monotonicMs()
  const startedAtMs = world.clock.now().getTime()
  // If a notification was lost, a sweep may leave work for the next one, such as a held file whose cause is gone.
  let sweepsLeft = world.deliveries.counts.lost > 0 ? 2 : 1
  void world.deployment.everyMinuteOfLinks()
  for (let minute = 1, most = convergeMostMinutes; minute <= most; minute++) {
    most = prolong(most, minute, world)
    await releasePeople(world)
    await world.clock.advance(60_000)
    // After a pause or a release, only the schedule wakes the dispatcher.
    const hasRetries = world.keys('state/open/').length > 0
    const isScheduled = hasRetries || world.wasOperated || world.wasInterrupted
    if (world.deployment.sweptMs >= startedMs) minute += await skipWaiting(convergeMostMinutes, world)
    else if (!isScheduled && !isQuiet(world)) minute += await skipWaiting(drainMostMinutes - minute, world)
    // If S3 did not report an upload, only the sweep finds it, and so its end.
    if (minute > 1 && world.deliveries.counts.lost === 0) world.checker.checkOverdue(startedAtMs)
    if (isQuiet(world)) {
      if (sweepsLeft-- === 0) break
      void world.deployment.everyFiveMinutes()
      void world.deployment.everyMinuteOfLinks()
      continue
    }
    if (isScheduled || minute > drainMostMinutes) void world.deployment.everyMinute()
    else void world.deployment.everyMinuteOfLinks()
    if (minute === drainMostMinutes && isUntouched(world)) world.checker.rest.checkWoken(0)
  }
  await world.clock.advance(15_000)
  if (!needsReconcile(world) && !isAwsAtWork(world)) world.checker.checkConverged({ isReconciled: false })
}
