import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import { goesFirst } from '../../domain/messages/goes-first.ts'
import { type Hint, isDriftHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { openSettleContext } from '../assignments/settle-context.ts'
import type { Brake } from '../brake/brake.ts'
import type { AssignmentRequests } from '../calls/assignment-requests.ts'
import { limitSsoAdmin } from '../calls/limited-sso-admin.ts'
import { looksMost, RateLimiter } from '../calls/rate-limiter.ts'
import { backOffMs } from '../calls/repeat-patiently.ts'
import { Signal } from '../calls/signal.ts'
import { defineRecord } from '../records/define-record.ts'
import { configurationSubject } from '../records/deployed-configuration.ts'
import { sendInputs } from '../records/inputs.ts'
import { lockOf, wakeDispatcher } from '../records/lanes.ts'
import { findLedgerLoss } from '../records/ledger-count.ts'
import { ownerRecord } from '../records/owner.ts'
import { noteStopped, type Pause, readPause, reconcileAfterPause, stopForLoss } from '../records/pause.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'
import type { RunningOf } from './held-hints.ts'
import { HintWork } from './hint-work.ts'
import { Lease } from './lease.ts'
import type { WorkItem } from './work-item.ts'
import { WorkSource } from './work-source.ts'

export type SliceOptions = {
  /** After this time, start nothing more and wait for running work. A function's timeout must leave room for that. */
  readonly sliceMs: number
  /** A slice that did something waits this long for more work. */
  readonly lingerMs: number
  /** The name under which the slice holds the lease. */
  readonly holder: string
}

export type SliceResult = {
  /** `lease-held`: another dispatcher works; `paused`: a person stopped all changes. In both cases nothing was done. */
  readonly outcome: 'done' | 'lease-held' | 'paused'
  readonly settled: number
  readonly failed: number
}

const tickMs = 250
/** How soon the slice notices a pause or a release. */
const controlEveryMs = 2_000
/**
 * The number of evaluations to prepare beyond the free slots, so that a request is sent as soon as a slot is free. Only a few, because the
 * links that they read get old.
 */
const aheadMost = 6
/** For one account: one evaluation whose request is in progress, and the next one prepared. */
const ofAccountMost = 2
/** Most looks at manual changes at once: each is a call or two, behind all other calls. */
const looksAtOnce = 8
/**
 * The number of urgent hints that start although there is no room, so a revocation waits only for a slot, never for other waiting hints.
 */
const urgentMost = 15
/**
 * The number of permission sets with ended sessions that start although there is no room: a wide provisioning holds its room for minutes, and
 * a denial must be in force within two. Each provisioning of its own still waits for AWS's limit.
 */
const deniedMost = 2
/** How soon the slice notices a lost ledger. The schedule looks every minute, but one slice may take many minutes. */
const guardEveryMs = 45_000
/** How often a working slice records its load. */
const measureEveryMs = 30_000
/** How often the end of a slice tries to write a status. */
const tellingsMost = 4

/** One slice of the only process that calls SSO Admin: takes hints and makes Identity Center equal to the files. */
export async function dispatch(
  ports: Ports,
  configuration: Configuration,
  options: SliceOptions,
): Promise<SliceResult> {
  const lease = await Lease.acquire(ports, options.holder)
  if (!lease) return { outcome: 'lease-held', settled: 0, failed: 0 }
  void lease.keep()
  try {
    // Check only under the lease. A restore of a lost ledger holds the lease, and a pause that came late would stop the work after the
    // restore.
    if (await isPaused(ports, configuration)) return { outcome: 'paused', settled: 0, failed: 0 }
    if (await reconcileAfterPause(ports)) ports.log.info('ssofile compares everything again after a pause')
    await tellConfiguration(ports, configuration)
    return await new Slice(ports, configuration, options, lease).run()
  } finally {
    await lease.release()
  }
}

async function isPaused(ports: Ports, configuration: Configuration): Promise<boolean> {
  const pause = await guardLedger(ports, configuration)
  if (pause) await noteStopped(ports.objects, pause)
  return pause !== undefined
}

/** A dispatcher under its lease: takes hints while there are slots, writes statuses, and ends cleanly. */
class Slice {
  readonly #ports: Ports
  readonly #configuration: Configuration
  readonly #options: SliceOptions
  readonly #lease: Lease
  readonly #endsMs: number
  #measuredMs: number
  #guardedMs: number
  readonly #ending = new AbortController()
  readonly #changed = new Signal()
  readonly #source: WorkSource
  readonly #requests: AssignmentRequests
  readonly #limiter: RateLimiter
  readonly #brake: Brake
  readonly #work: HintWork
  /** By the lock of the hint: two hints with the same lock never run at once. */
  readonly #running = new Map<string, { readonly item: WorkItem; readonly ended: Promise<void> }>()
  #telling: Promise<void> | undefined
  #watching: Promise<void> | undefined

  constructor(ports: Ports, configuration: Configuration, options: SliceOptions, lease: Lease) {
    this.#ports = ports
    this.#configuration = configuration
    this.#options = options
    this.#lease = lease
    this.#measuredMs = ports.clock.monotonicMs()
    this.#guardedMs = this.#measuredMs
    this.#endsMs = this.#measuredMs + options.sliceMs
    this.#source = new WorkSource(ports, this.#changed, configuration.folders)
    this.#limiter = new RateLimiter(ports.clock, configuration.limits.callsPerSecond, { before: looksMost })
    const mayStart = () => this.#mayStart()
    const holdsLease = () => lease.mayStart()
    const ssoAdmin = limitSsoAdmin(ports, this.#limiter, { mayStart, holdsLease })
    const ending = this.#ending.signal
    const waitingIn = (accountId: AccountId) => this.#source.countOf(accountId)
    const settling = openSettleContext({ ...ports, ssoAdmin }, configuration, { mayStart, ending, waitingIn })
    this.#requests = settling.requests
    this.#brake = settling.brake
    const openBackground = (background: () => void) =>
      limitSsoAdmin(ports, this.#limiter, { mayStart, holdsLease: mayStart, background })
    this.#work = new HintWork(settling, openBackground, holdsLease)
  }

  async run(): Promise<SliceResult> {
    try {
      await this.#requests.recover()
      await this.#brake.look()
      this.#watching = this.#watchControl()
      this.#source.start()
      while (this.#mayStart()) {
        if (this.#startNext()) continue
        if (this.#isIdle() && (await this.#isOver())) break
        await this.#changed.wait(this.#ports.clock, tickMs)
        this.#tellDue()
      }
      return await this.#end()
    } finally {
      this.#ending.abort('ending')
      await this.#watching
      this.#requests.stop()
    }
  }

  /**
   * Ends the slice if a person pauses it or the ledger is lost, and looks for held access that a person has released; never
   * rejects.
   */
  async #watchControl(): Promise<void> {
    const { objects, leaseClock, log } = this.#ports
    for (;;) {
      await leaseClock.sleep(controlEveryMs, this.#ending.signal)
      if (this.#ending.signal.aborted) return
      try {
        const pause = await this.#readPause()
        if (pause) {
          log.info('all changes are paused: the dispatcher starts nothing more', { by: pause.by, reason: pause.reason })
          // First of all, because everything after it may fail.
          this.#ending.abort('ending')
          this.#changed.raise()
          await noteStopped(objects, pause).catch((error: unknown) =>
            log.warn('ssofile could not record that a pause ended a slice; the next slice records it', { error }),
          )
          return
        }
      } catch (error) {
        log.warn('ssofile could not read whether there is a pause, and will read again', { error })
      }
      await this.#brake.look()
      if (this.#ports.clock.monotonicMs() - this.#measuredMs >= measureEveryMs) this.#measure()
    }
  }

  /** The pause in force. Checks the ledger now and then. */
  async #readPause(): Promise<Pause | undefined> {
    const nowMs = this.#ports.clock.monotonicMs()
    if (nowMs - this.#guardedMs < guardEveryMs) return readPause(this.#ports.objects)
    const pause = await guardLedger(this.#ports, this.#configuration)
    this.#guardedMs = nowMs
    return pause
  }

  #measure(): void {
    const { metrics, clock } = this.#ports
    this.#measuredMs = clock.monotonicMs()
    metrics.record('Outstanding', this.#requests.takeMost())
    metrics.record('OldestHint', this.#source.takeLongestMs() / 1000)
  }

  /**
   * Whether the slice is over. Polls once more, because hints that arrived during the last long polls would be given back and come later.
   */
  async #isOver(): Promise<boolean> {
    await this.#source.pause()
    if (this.#isIdle()) return true
    this.#source.start()
    return false
  }

  #mayStart(): boolean {
    return !this.#ending.signal.aborted && this.#ports.clock.monotonicMs() < this.#endsMs && this.#lease.mayStart()
  }

  #isIdle(): boolean {
    if (this.#running.size > 0 || !this.#source.isEmpty || this.#work.board.hasDirty || this.#telling) return false
    const idleMs = this.#ports.clock.monotonicMs() - this.#source.emptySinceMs
    return this.#work.settled === 0 || idleMs >= this.#options.lingerMs
  }

  /** Starts the most urgent hint that has room and whose lock is free. False: there is none. */
  #startNext(): boolean {
    const running = Map.groupBy(this.#running.values(), ({ item }) => item.group)
    const runningOf = (group: string) => running.get(group)?.length ?? 0
    const mayStart = this.#roomNow(runningOf)
    const items = this.#source.take((item) => mayStart(item) && !this.#running.has(lockOf(item)), runningOf)
    const [first] = items
    if (!first) return false
    for (const { hint } of items) this.#work.board.begin(hint.cause)
    const ended = this.#work.do(first, items).finally(() => {
      for (const { hint } of items) this.#work.board.end(hint.cause)
      this.#running.delete(lockOf(first))
      this.#changed.raise()
    })
    this.#running.set(lockOf(first), { item: first, ended })
    return true
  }

  /** Whether there is room for one more such hint. */
  #roomNow(runningOf: RunningOf): (item: WorkItem) => boolean {
    const { limits } = this.#configuration
    const running = [...this.#running.values()].map(({ item }) => item)
    const ofKind = (kind: Hint['kind']) => running.filter(({ hint }) => hint.kind === kind).length
    const assignments = ofKind('assignment') + ofKind('access')
    const room = limits.outstanding - this.#requests.unattended + aheadMost - assignments
    const permissionSetRoom = limits.provisionings - ofKind('permission-set')
    return ({ hint, group, lane }) => {
      if (isDriftHint(hint) || hint.kind === 'attributes') return true
      if (hint.kind === 'by-hand') return ofKind('by-hand') < looksAtOnce
      if (hint.kind === 'permission-set') return permissionSetRoom + (goesFirst(hint.cause) ? deniedMost : 0) > 0
      if (lane === 'work-urgent') return room + urgentMost > 0
      return room > 0 && runningOf(group) < ofAccountMost
    }
  }

  #tellDue(): void {
    if (!this.#work.board.hasDue) return
    this.#telling ??= this.#work.board.tell('due').finally(() => {
      this.#telling = undefined
      this.#changed.raise()
    })
  }

  /** Writes the remaining statuses. The hints are already deleted, so it asks for a new look at inputs whose status cannot be written. */
  async #tellAll(): Promise<void> {
    const { clock, randomness } = this.#ports
    for (let attempt = 1; ; attempt++) {
      await this.#work.board.tell('all')
      if (!this.#work.board.hasDirty) return
      if (attempt === tellingsMost)
        return sendInputs(
          this.#ports,
          this.#work.board.dirty,
          'ssofile could not write its status',
          this.#configuration,
        )
      await clock.sleep(backOffMs(attempt, { firstMs: 2_000, mostMs: 10_000 }, randomness))
    }
  }

  /**
   * Starts nothing more, aborts unsent calls, and wakes the next slice if work is left. Leaves requests in progress to it, so
   * that their slots are not empty meanwhile. After a pause no slice comes for long, so wait for them here.
   */
  async #end(): Promise<SliceResult> {
    const isIdle = this.#isIdle()
    const isPaused = this.#ending.signal.aborted
    this.#ending.abort('ending')
    // Nobody here waits for these requests now, and the rate recovers while hints are given back.
    if (!isPaused) {
      this.#requests.leave()
      this.#requests.stop()
    }
    this.#measure()
    const givenBack = await this.#source.stop()
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
    await this.#source.close()
    await this.#telling
    await this.#tellAll()
    this.#requests.stop()
    await this.#limiter.rest()
    if (!isIdle || givenBack > 0) await wakeDispatcher(this.#ports.queues, this.#ports.randomness)
    return { outcome: 'done', settled: this.#work.settled, failed: this.#work.failed }
  }
}

/**
 * The pause in force. If the ledger was lost, this begins one. Without its ledger ssofile would take its own access for somebody else's: it
 * would revoke nothing more, and nobody would notice. (`aws s3 sync --delete` to the root of the bucket does this.)
 *
 * It costs one listing of the ledger. Deletion events are no alternative: they also come for each of our revocations, and may be lost.
 */
async function guardLedger(
  ports: Pick<Ports, 'objects' | 'clock' | 'log' | 'metrics'>,
  configuration: Configuration,
): Promise<Pause | undefined> {
  const { objects, log, metrics } = ports
  let pause = await readPause(objects)
  if (pause?.lost === undefined) {
    const lost = await findLoss(objects, configuration)
    if (lost === undefined) return pause
    pause = await stopForLoss(ports, lost)
  }
  log.error('the ledger was lost: ssofile grants and revokes nothing until you restore it (ssofile restore)', pause)
  // Record it each time, so that the alarm lasts as long as the loss.
  metrics.record('LedgerLost')
  return pause
}

async function findLoss(objects: ObjectStore, configuration: Configuration): Promise<string | undefined> {
  if (!(await objects.head(ownerRecord.at))) return `${ownerRecord.at} is gone`
  const lost = await findLedgerLoss(objects, configuration)
  return lost && `${lost.gone} of ${lost.of} entries under ${lost.under} are gone, and history does not say why`
}

/** The configuration of the last dispatcher. */
const configured = record({ v: z.literal(1), digest: z.string(), at: z.iso.datetime() })
export const configuredRecord = defineRecord({
  at: 'control/configured.json',
  meaning: 'the digest of the configuration last in force',
  source: { is: 'progress', of: 'history of the configuration' },
  value: configured,
})

/** Records the configuration in history once, whole, when it changes. */
export async function tellConfiguration(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  configuration: Configuration,
): Promise<void> {
  const digest = createHash('sha256').update(JSON.stringify(configuration)).digest('hex').slice(0, 16)
  const before = (await spoiledAsAbsent(configuredRecord.of(objects).read()))?.value
  if (before?.digest === digest) return
  const at = renderInstant(clock.now())
  const body = { digest, before: before?.digest, configuration }
  await tellEvent(objects, configurationSubject, { event: 'configured', at, body })
  await configuredRecord.of(objects).overwrite({ v: 1, digest, at })
}
