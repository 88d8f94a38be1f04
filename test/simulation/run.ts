import { createHash } from 'node:crypto'
import { type Action, accounts, bodies, describeAction } from './action.ts'
import { actOnBrake } from './brake-actions.ts'
import { type Call, harmless, lateKinds } from './chaos.ts'
import { isDirectoryAction, performDirectoryAction } from './directory-actions.ts'
import { isDriftAction, performDriftAction, settlingMs } from './drift-actions.ts'
import { isHostileAction, isOfHostile, keysOfHonest, performHostileAction } from './hostile-actions.ts'
import { performLossAction } from './ledger-losses.ts'
import { isMembershipAction, performMembershipAction } from './membership-actions.ts'
import type { Violation } from './oracle/violation.ts'
import { isOrganizationAction, performOrganizationAction } from './organization-actions.ts'
import {
  assignInConsole,
  changeDirectory,
  changeOrganization,
  makeConsolePermissionSetAnew,
  removeInConsole,
  takeAway,
} from './outside-changes.ts'
import { pauseOrResume } from './pause-actions.ts'
import { changePermissionSet } from './permission-set-actions.ts'
import { isRequestAction, performRequestAction } from './request-actions.ts'
import { loseAndRestore } from './restore-actions.ts'
import { isSelectorAction, mendSelectors, performSelectorAction } from './selector-actions.ts'
import { changeSessions, outlastDenials } from './session-actions.ts'
import { firstPermissionSet, type Judged, SimulatedWorld, type WorldSettings } from './simulated-world.ts'
import { isSpoilAction, performSpoilAction } from './spoil-actions.ts'
import { isSuspensionAction, performSuspensionAction } from './suspension-actions.ts'
import { isTakeOverAction, performTakeOverAction } from './take-over-actions.ts'
import { isTimeAction, performTimeAction } from './time-actions.ts'

export type RunResult = {
  readonly violation: Violation | undefined
  readonly steps: number
  readonly actions: number
  readonly faults: Readonly<Record<string, number>>
  /** SHA-256 of everything that happened: the same seed gives the same, on any machine. */
  readonly traceHash: string
  readonly trace: readonly string[]
}

/** What loses something, kills somebody, or is told by no event: only where any mischief is allowed. */
const disturbing: ReadonlySet<Action['do']> = new Set<Action['do']>([
  'lose the next event',
  'lose the caches',
  'lose the index of instants',
  'kill the dispatcher',
  'freeze the dispatcher',
  'take the lease',
  'move an account and delete a link of its old place',
  'suspend an account',
  'reinstate the account',
  'an account leaves',
  'an account leaves and comes back',
  'assign in the console',
  'remove in the console',
  'change First-ps in the console',
  'delete control/brake.json',
  'spoil an object of ssofile',
  'S3 refuses to give a link',
  'lose a ledger object',
  'restore an old version of a ledger object',
  'the ledger is lost, and restored',
  'all entries are lost, and restored',
])

function isAllowed(action: Action, mischief: WorldSettings['mischief']): boolean {
  if (mischief === 'any') return true
  if (action.do === 'strike calls')
    return (mischief === 'refusals' && harmless.has(action.kind)) || (mischief === 'late' && lateKinds.has(action.kind))
  if ('silently' in action && action.silently) return false
  if ('killMs' in action && action.killMs !== undefined) return false
  return !disturbing.has(action.do)
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
  readonly noteCall: (call: Call) => void
  readonly noteDelivery: () => void
}

/** One run: faults while safety is checked after each step, then no faults, and the world must converge. */
export async function runSimulation(
  settings: WorldSettings,
  actions: readonly Action[],
  { watch, ...judged }: Judged & { readonly watch?: FaultWatch | undefined } = {},
): Promise<RunResult> {
  const world = new SimulatedWorld(settings, judged)
  void world.objects.put('permission_sets/First-ps.json', firstPermissionSet)
  void world.everyHour()
  for (const [nth, action] of actions.filter((one) => isAllowed(one, settings.mischief)).entries()) {
    if (nth === watch?.from) world.watch(watch)
    world.trace.push(`${world.clock.monotonicMs()} * ${describeAction(action)}`)
    await perform(action, world).catch((error: unknown) => world.noteRefusal(error))
    await world.clock.advance(1)
    if (world.checker.violation) break
  }
  if (!world.checker.violation) await converge(world)
  const { lost, repeated, delayed } = world.eventFaults
  return {
    violation: world.checker.violation,
    steps: world.steps,
    actions: actions.length,
    faults: {
      ...Object.fromEntries(world.chaos.struck),
      ...world.checker.brakeCounts,
      ...world.unreadable.counts,
      ...world.losses.counts,
      'event lost': lost,
      'event repeated': repeated,
      'event delayed': delayed,
    },
    traceHash: createHash('sha256').update(world.trace.join('\n')).digest('hex'),
    trace: world.trace,
  }
}

/** Faults stop, what is broken is mended, and the schedules go on: everything must come right by itself. */
async function converge(world: SimulatedWorld): Promise<void> {
  world.chaos.end()
  world.noteDelivery = undefined
  world.requestsTakeMs = 0
  Object.assign(world.notifications, { lose: 0, repeat: 0, delayMs: 0, skip: 0 })
  world.unlisted.splice(0)
  for (const account of accounts) world.breakPolicy(account, true)
  if (world.keys('control/pause.json').length > 0) await pauseOrResume({ do: 'resume' }, world)
  world.unreadable.giveAll((key) => !isOfHostile(key))
  mendSelectors(world)
  if (world.losses.hasAny) {
    // A dispatcher knows the ledger by heart, since nobody else writes it: the next one reads what was put right.
    world.dispatcher?.kill()
    world.wasInterrupted = true
  }
  world.losses.undoAll(
    (key, entry) => world.checker.isRecordOfOurs(key, entry),
    (key, entry) => takeAway(world, key, entry),
  )
  if (!world.needsReconcile) await drain(world)
  // What a hostile uploader has encrypted holds up nothing of the others: it stays so until theirs has come right.
  const isEncrypted = world.unreadable.refused.length > 0
  if (isEncrypted) await settle(world, ['hour'])
  world.unreadable.giveAll()
  // What cannot be read holds up no other: all else must come right before it is restored.
  const isSpoiled = world.unreadable.spoiled.length > 0
  if (isSpoiled) await settle(world)
  world.unreadable.restoreAll()
  // A link is told an hour later where the same grant is still open in an account of another link.
  await settle(world, isSpoiled || isEncrypted ? ['hour'] : [])
  if (world.keys('suspended/').length > 0) {
    // Sessions of who is suspended are denied again each hour while something of others is left.
    for (const key of world.keys('suspended/')) void world.objects.as('hr').delete(key)
    await settle(world)
  }
  await outlastDenials(world)
}

/** The schedules go on until nothing moves any more, with a reconcile and a drift check at rest. */
async function settle(world: SimulatedWorld, last: readonly 'hour'[] = []): Promise<void> {
  if (world.checker.violation) return
  // What runs each time that the world has come to rest.
  const rounds: ('hour' | 'night')[] = ['hour', 'night', ...last]
  let departed = 0
  for (let minute = 1, most = convergeMostMinutes; minute <= most && !world.checker.violation; minute++) {
    most = prolong(most, minute, world)
    // Each hour has its reconcile.
    const skippedMs = world.isQuiet() ? 0 : await skipIdle((60 - (minute % 60)) * 60_000 - 120_000, world)
    minute += Math.floor(skippedMs / 60_000)
    await world.clock.advance(60_000)
    const isQuiet = world.isQuiet()
    const round = isQuiet ? rounds.shift() : undefined
    if (isQuiet && round === undefined) {
      // Gone is what two listings an hour apart lack.
      if (!world.hasDeparted || ++departed > 3) break
      await world.clock.advance(60 * 60_000)
      void world.everyHour()
    }
    if (round === 'hour' || (!isQuiet && minute % 60 === 0)) void world.everyHour()
    if (round === 'night') {
      // What someone took away a moment ago is found once a listing counts against our own calls, by any clock.
      await world.clock.advance(settlingMs + 2 * world.skewMs)
      if (world.unreadable.refused.length === 0) world.checker.checkBeforeNight()
      void world.everyNight()
      void world.everyMorning()
    }
    void world.everyMinute()
  }
  // Puts `access/` right where names have changed.
  if (world.sweeps) void world.everyFiveMinutes()
  await world.clock.advance(15_000)
  // What it hints at is looked at; of forty files one after the other.
  for (let minute = 0; minute < 10 && !world.isQuiet(); minute++) await world.clock.advance(60_000)
  // AWS may take longer than anybody waits here.
  if (isAwsAtWork(world)) return
  if (world.unreadable.refused.length > 0) world.checker.checkBesideRefused()
  else world.checker.checkConverged({ isReconciled: true })
}

/** A request or a provisioning takes hours now and then, and keeps others of its account or permission set waiting. */
function isAwsAtWork({ ssoAdmin }: SimulatedWorld): boolean {
  return ssoAdmin.outstandingRequests().length > 0 || ssoAdmin.provisioningsInProgress() > 0
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
  const hasRetries = () => world.keys('state/open/').length > 0
  const startedMs = world.clock.now().getTime()
  let isSwept = !world.sweeps
  void world.everyMinuteOfLinks()
  for (let minute = 1, most = convergeMostMinutes; minute <= most; minute++) {
    most = prolong(most, minute, world)
    minute += Math.floor((await skipIdle(convergeMostMinutes * 60_000, world)) / 60_000)
    await world.clock.advance(60_000)
    // The sweep finds an upload that S3 did not report, and so its end.
    if (minute > 1 && world.eventFaults.lost === 0) world.checker.checkOverdue(startedMs)
    if (world.isQuiet()) {
      if (isSwept) break
      isSwept = true
      void world.everyFiveMinutes()
      void world.everyMinuteOfLinks()
      continue
    }
    // After a pause, or a release, nobody wakes the dispatcher but the schedule.
    if (hasRetries() || world.wasOperated || world.wasInterrupted || minute > drainMostMinutes) void world.everyMinute()
    else void world.everyMinuteOfLinks()
    if (minute === drainMostMinutes && world.isUntouched) world.checker.checkWoken(0)
  }
  await world.clock.advance(15_000)
  if (!world.needsReconcile && !isAwsAtWork(world)) world.checker.checkConverged({ isReconciled: false })
}

async function perform(action: Action, world: SimulatedWorld): Promise<void> {
  const { objects, organizations, identityStore, clock, chaos, checker } = world
  if (isTimeAction(action)) return performTimeAction(action, world)
  if (isDriftAction(action)) return performDriftAction(action, world)
  if (isDirectoryAction(action)) return performDirectoryAction(action, world)
  if (isOrganizationAction(action)) return performOrganizationAction(action, world)
  if (isSelectorAction(action)) return performSelectorAction(action, world)
  if (isRequestAction(action)) return performRequestAction(action, world)
  if (isSpoilAction(action)) return performSpoilAction(action, world)
  if (isHostileAction(action)) return performHostileAction(action, world)
  if (isTakeOverAction(action)) return performTakeOverAction(action, world)
  if (isSuspensionAction(action)) return performSuspensionAction(action, world)
  if (isMembershipAction(action)) return performMembershipAction(action, world)
  switch (action.do) {
    case 'upload a link':
      return void objects.as('someone').put(action.key, bodies[action.body])
    case 'upload a link and delete it':
      void objects.as('someone').put(action.key, '')
      await clock.advance(action.afterMs)
      return void objects.as('someone').delete(action.key)
    case 'move an account and delete a link of its old place':
      return moveSilently(action, world)
    case 'upload a bad key':
      return void objects.as('someone').put(action.key, '')
    case 'have a link count as new': {
      const found = objects.model.find(action.key)
      const rebind = clock.now().toISOString()
      if (found) void objects.as('someone').put(action.key, found.body, undefined, { 'ssofile-rebind': rebind })
      return
    }
    case 'upload a link as it is': {
      const links = keysOfPeople(world)
      const key = links[action.nth % Math.max(links.length, 1)]
      const found = key === undefined ? undefined : objects.model.find(key)
      return key === undefined || !found ? undefined : void objects.as('someone').put(key, found.body)
    }
    case 'delete a link': {
      const links = keysOfPeople(world)
      const key = links[action.nth % Math.max(links.length, 1)]
      return key === undefined ? undefined : void objects.as('someone').delete(key)
    }
    case 'delete this link':
    case 'delete a bad key':
      return void objects.as('someone').delete(action.key)
    case 'upload the permission set': {
      const good = action.name === 'First-ps' ? firstPermissionSet : JSON.stringify({ permissionSetName: action.name })
      return void objects
        .as('someone')
        .put(
          `permission_sets/${action.name}.json`,
          action.valid || action.name === 'First-ps' ? good : '{"permissionSetName":',
        )
    }
    case 'create the late group':
      if (!identityStore.idOf('GROUP', 'team-late')) await identityStore.createGroup({ displayName: 'team-late' })
      return
    case 'move an account': {
      const account = organizations.accountsNow().find(({ id }) => id === action.account)
      const from = account?.parents.at(-1)
      if (!account || !from || from === action.unit) return
      await world.quietly(action.silently, () => organizations.moveAccount(account.id, from, action.unit))
      return checker.noteDesired()
    }
    case 'tag an account':
      await world.quietly(action.silently, () => organizations.tagResource(action.account, { team: action.value }))
      return checker.noteDesired()
    case 'assign in the console':
      return assignInConsole(action, world)
    case 'remove in the console':
      return removeInConsole(action, world)
    case 'make Console-ps again':
      return makeConsolePermissionSetAnew(world)
    case 'create an account':
    case 'suspend an account':
    case 'reinstate the account':
    case 'close an account':
    case 'an account leaves':
    case 'create an organizational unit and move an account there':
      return changeOrganization(action, world)
    case 'rename a group':
    case 'two groups swap names':
    case 'delete a group and make it again':
      return changeDirectory(action, world)
    case 'end sessions':
    case 'temporary accesses end':
    case 'forge an ended session':
      return changeSessions(action, world)
    case 'reconcile':
      return void world.everyHour()
    case 'lose the caches':
      world.wasDisturbed = true
      for (const key of ['state/organization.json', 'state/permission-sets.json', 'state/reconcile.json'])
        void objects.delete(key)
      return
    case 'let time pass':
      return letTimePass(action.ms, world)
    case 'lose the next event':
      world.notifications.lose += action.count
      world.notifications.skip = action.skip ?? 0
      return
    case 'repeat the next event':
      world.notifications.repeat += action.count
      world.notifications.skip = action.skip ?? 0
      return
    case 'delay the next event':
      world.notifications.delayMs = action.ms
      world.notifications.skip = action.skip ?? 0
      return
    case 'take the lease':
      world.wasInterrupted = true
      return void objects.put(
        'control/dispatcher.json',
        JSON.stringify({ v: 1, nonce: 'someone', holder: 'someone else', renewedAt: clock.now().toISOString() }),
      )
    case 'kill the dispatcher':
      world.wasInterrupted = true
      return world.dispatcher?.kill()
    case 'freeze the dispatcher':
      world.wasInterrupted = true
      return world.dispatcher?.freeze(action.ms)
    case 'remove a policy that First-ps needs':
      return world.breakPolicy(action.account, false)
    case 'restore the policy':
      return world.breakPolicy(action.account, true)
    case 'strike calls':
      return chaos.add(action)
    case 'upload a version of First-ps':
    case 'upload a version of Late-ps':
    case 'upload two versions of First-ps':
    case 'delete a permission set file':
    case 'change First-ps in the console':
      return changePermissionSet(action, world)
    case 'delete all links of a folder':
    case 'move all accounts of a unit':
    case 'upload forty useless links':
    case 'look at the brake':
    case 'release what was looked at':
    case 'delete control/brake.json':
      return actOnBrake(action, world)
    case 'lose a ledger object':
    case 'restore an old version of a ledger object':
      return performLossAction(action, world)
    case 'the ledger is lost, and restored':
    case 'all entries are lost, and restored':
      return loseAndRestore(action, world, (ms) => letTimePass(ms, world))
    case 'pause':
    case 'resume':
    case 'delete a link unseen under a pause':
      return pauseOrResume(action, world)
    default:
      return action satisfies never
  }
}

/** The bucket policy lets nobody but ssofile write temporary links. */
function keysOfPeople(world: SimulatedWorld): readonly string[] {
  return keysOfHonest(world).filter((key) => !key.startsWith('links_data/temporary/'))
}

async function moveSilently(
  action: { readonly account: string; readonly unit: string },
  world: SimulatedWorld,
): Promise<void> {
  const { objects, organizations, checker } = world
  const account = organizations.accountsNow().find(({ id }) => id === action.account)
  const from = account?.parents.at(-1)
  if (!account || !from || from === action.unit) return
  await world.quietly(true, () => organizations.moveAccount(account.id, from, action.unit))
  checker.noteDesired()
  const old = keysOfPeople(world).find((key) => key.includes(`ou_id%${from}%`))
  if (old !== undefined) void objects.as('someone').delete(old)
}

/** What passes without anything to do costs no schedule: answers how much that is. */
async function skipIdle(mostMs: number, world: SimulatedWorld): Promise<number> {
  const ms = world.idleMs(mostMs)
  if (ms <= 0) return 0
  await world.clock.advance(ms)
  return ms
}

/** A wake and the first calls of a slice, each of which may travel for seconds. */
const wokenMs = 30_000

/** Minutes pass with their schedules. */
async function letTimePass(ms: number, world: SimulatedWorld): Promise<void> {
  for (let leftMs = ms; leftMs > 0 && !world.checker.violation; leftMs -= 60_000) {
    leftMs -= await skipIdle(leftMs - 120_000, world)
    await world.clock.advance(Math.min(leftMs, 60_000))
    if (leftMs < 60_000) continue
    if (world.isUntouched) world.checker.checkWoken(wokenMs)
    void world.everyMinute()
  }
}
