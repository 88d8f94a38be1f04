import { type Action, describeAction, isDisturbing, perform } from './action.ts'
import { hasDeparted, isQuiet, isUntouched, needsReconcile, skipIdle } from './at-rest.ts'
import { resume } from './brake-actions.ts'
import { type Call, harmless, lateKinds } from './chaos.ts'
import { settlingMs, takeAway } from './drift-actions.ts'
import { isOfHostile } from './hostile-actions.ts'
import { recordedName } from './oracle/names.ts'
import type { Violation } from './oracle/violation.ts'
import { renderPermissionSet } from './permission-set-actions.ts'
import { mendSelectors } from './selector-actions.ts'
import { outlastDenials } from './session-actions.ts'
import { type Judged, SimulatedWorld } from './simulated-world.ts'
import { accounts } from './small-world.ts'
import type { WorldSettings } from './world-settings.ts'

export type RunResult = {
  readonly violation: Violation | undefined
  readonly steps: number
  readonly actions: number
  readonly faults: Readonly<Record<string, number>>
  /** Everything that happened: the same seed gives the same, on any machine. */
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
/** What AWS kept waiting is tried again within an hour of that; but no work may go on for ever. */
const triedAgainMinutes = 2 * 60
const awsMostMinutes = 24 * 60

/** What could be struck from the action with the number `from` on, until faults stop. */
export type FaultWatch = {
  readonly from: number
  /** `open`: how many requests AWS has not answered yet. */
  readonly noteCall: (call: Call, open: number) => void
  readonly noteDelivery: () => void
}

type IsJudged = (world: SimulatedWorld) => boolean
export type RunOptions = {
  /** What befalls it from the action with this number on. */
  readonly fault?: { readonly at: number; readonly action: Action } | undefined
  readonly watch?: FaultWatch | undefined
  readonly isJudged?: IsJudged | undefined
}

/**
 * One run: faults while safety is checked after each step, then no faults, and the world must converge. `isJudged`: asked when
 * it has come to rest, whether what follows has been seen before; then it ends.
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

/** Faults stop, what is broken is mended, and the schedules go on: everything must come right by itself. */
async function converge(world: SimulatedWorld, isJudged: IsJudged): Promise<void> {
  world.chaos.end()
  world.deliveries.note = undefined
  world.requestsTakeMs = 0
  Object.assign(world.deliveries.next, { lose: 0, repeat: 0, delayMs: 0, skip: 0 })
  world.organizations.unlisted.splice(0)
  for (const account of accounts) world.breakPolicy(account, true)
  if (world.keys('control/pause.json').length > 0) await resume(world)
  world.unreadable.give((key) => !isOfHostile(key))
  mendSelectors(world)
  if (world.losses.hasAny) {
    // A dispatcher knows the ledger by heart, since nobody else writes it: the next one reads what was put right.
    world.deployment.dispatcher?.kill()
    world.wasInterrupted = true
  }
  world.losses.undoAll(
    (key, entry) => world.checker.isOurs(recordedName(key, entry)),
    (key, entry) => takeAway(world, key, entry),
  )
  if (!needsReconcile(world)) await drain(world)
  // What a hostile uploader has encrypted holds up nothing of the others: it stays so until theirs has come right.
  const isEncrypted = world.unreadable.refused.length > 0
  if (isEncrypted) await settle(world, ['hour'])
  world.unreadable.give()
  // What cannot be read holds up no other: all else must come right before it is restored.
  const isSpoiled = world.unreadable.spoiled.length > 0
  if (isSpoiled) await settle(world)
  world.unreadable.restoreAll()
  // A link is told an hour later where the same grant is still open in an account of another link.
  if (!(await settle(world, isSpoiled || isEncrypted ? ['hour'] : [], isJudged))) return
  if (world.keys('suspended/').length > 0) {
    // Sessions of who is suspended are denied again each hour while something of others is left.
    for (const key of world.keys('suspended/')) void world.objects.as('hr').delete(key)
    await settle(world)
  }
  await outlastDenials(world)
}

/** The schedules go on until nothing moves any more, with a reconcile and a drift check at rest. Answers whether that had to be seen. */
async function settle(
  world: SimulatedWorld,
  last: readonly 'hour'[] = [],
  isJudged: IsJudged = () => false,
): Promise<boolean> {
  if (world.checker.violation) return true
  // What runs each time that the world has come to rest.
  const rounds: ('hour' | 'night')[] = ['hour', 'night', ...last]
  const startedMs = world.clock.monotonicMs()
  let departed = 0
  for (let minute = 1, most = convergeMostMinutes; minute <= most && !world.checker.violation; minute++) {
    most = prolong(most, minute, world)
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
      // Gone is what two listings an hour apart lack.
      if (!hasDeparted(world) || ++departed > 3) break
      await world.clock.advance(60 * 60_000)
      void world.deployment.everyHour()
    }
    if (round === 'hour' || (!isAtRest && isHour)) void world.deployment.everyHour()
    if (round === 'night') {
      // What someone took away a moment ago is found once a listing counts against our own calls, by any clock.
      await world.clock.advance(settlingMs + 2 * world.settings.skewMs)
      if (world.unreadable.refused.length === 0) world.checker.checkBeforeNight()
      void world.deployment.everyNight()
      void world.deployment.everyMorning()
    }
    void world.deployment.everyMinute()
  }
  // Puts `access/` right where names have changed.
  void world.deployment.everyFiveMinutes()
  await world.clock.advance(15_000)
  // What it hints at is looked at; of forty files one after the other.
  for (let minute = 0; minute < 10 && !isQuiet(world); minute++) await world.clock.advance(60_000)
  // AWS may take longer than anybody waits here.
  if (isAwsAtWork(world)) return true
  if (world.unreadable.refused.length > 0) world.checker.rest.checkBesideRefused()
  else world.checker.checkConverged({ isReconciled: true })
  return true
}

/** A request or a provisioning takes hours now and then, and keeps others of its account or permission set waiting. */
function isAwsAtWork({ ssoAdmin }: SimulatedWorld): boolean {
  return ssoAdmin.outstandingRequests().length > 0 || ssoAdmin.provisioningsInProgress() > 0
}

/** What the schedules have left waits for its time. Answers how many minutes that was. */
async function skipWaiting(mostMinutes: number, world: SimulatedWorld): Promise<number> {
  return Math.floor((await skipIdle(mostMinutes * 60_000, world, { exceptInFlight: true })) / 60_000)
}

function prolong(mostMinutes: number, minute: number, world: SimulatedWorld): number {
  return isAwsAtWork(world) ? Math.max(mostMinutes, Math.min(minute + triedAgainMinutes, awsMostMinutes)) : mostMinutes
}

/**
 * Where nothing was lost and nobody died, what is in the queues and one sweep are enough: no error may have been swallowed.
 * No schedule is needed but for retries, and for selectors, whose changes S3 reports to nobody: the dispatcher is woken for all
 * other work.
 */
async function drain(world: SimulatedWorld): Promise<void> {
  const startedMs = world.clock.monotonicMs()
  const startedAtMs = world.clock.now().getTime()
  // What a sweep finds of a lost notification may leave something to the next one: a held file whose cause is gone.
  let sweepsLeft = world.deliveries.counts.lost > 0 ? 2 : 1
  void world.deployment.everyMinuteOfLinks()
  for (let minute = 1, most = convergeMostMinutes; minute <= most; minute++) {
    most = prolong(most, minute, world)
    await world.clock.advance(60_000)
    // After a pause, or a release, nobody wakes the dispatcher but the schedule.
    const hasRetries = world.keys('state/open/').length > 0
    const isScheduled = hasRetries || world.wasOperated || world.wasInterrupted
    if (world.deployment.sweptMs >= startedMs) minute += await skipWaiting(convergeMostMinutes, world)
    else if (!isScheduled && !isQuiet(world)) minute += await skipWaiting(drainMostMinutes - minute, world)
    // The sweep finds an upload that S3 did not report, and so its end.
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
