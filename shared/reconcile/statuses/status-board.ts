import pLimit from 'p-limit'
import type { Lack } from '../../domain/links/lack.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { NewStatus, Status } from '../../domain/statuses/status.ts'
import { suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Lacks } from '../assignments/settlement.ts'
import type { StatusStore } from '../records/status-store.ts'
import { SpoiledObjectError } from '../records/stored-json.ts'

/** How often to write the status of an input while its hints are in work. */
const progressEveryMs = 10_000
/** How often when they are done. */
const atRestEveryMs = 500
/** How often to ask for a look at a suspension. Each look lists the ledger, so it comes when none of its hints is in work. */
const lookEveryMs = 5_000
const tellingAtOnce = 16

/**
 * The inputs whose status must be written again. Lives only in memory: each status is computed from the present state, and no
 * count is incremented, so a process that ends loses nothing.
 */
export class StatusBoard {
  readonly #statuses: StatusStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #assess: (input: string, current: Status | undefined) => Promise<NewStatus | undefined>
  readonly #askForLook: (suspension: string) => Promise<void>
  /** With the time (monotonic) of the first change. */
  readonly #dirty = new Map<string, number>()
  readonly #toldMs = new Map<string, number>()
  readonly #running = new Map<string, number>()
  readonly #lacks = new Map<string, Lack | 'none'>()
  /** The links that this slice found waiting, by permission set, until `takeWaiting`. */
  readonly #waited = new Map<PermissionSetName, Set<string>>()

  constructor(options: {
    statuses: StatusStore
    clock: Clock
    log: Log
    assess: (input: string, current: Status | undefined) => Promise<NewStatus | undefined>
    /** The loop of suspensions writes their status. */
    askForLook: (suspension: string) => Promise<void>
  }) {
    this.#statuses = options.statuses
    this.#clock = options.clock
    this.#log = options.log
    this.#assess = options.assess
    this.#askForLook = options.askForLook
  }

  /** The dispatcher works on a hint of this input. `end` must follow. */
  begin(input: string): void {
    this.#running.set(input, (this.#running.get(input) ?? 0) + 1)
  }

  end(input: string): void {
    const left = (this.#running.get(input) ?? 1) - 1
    if (left > 0) this.#running.set(input, left)
    else this.#running.delete(input)
  }

  /** The statuses of these inputs may have changed. */
  touch(inputs: Iterable<string>): void {
    for (const input of inputs) if (!this.#dirty.has(input)) this.#dirty.set(input, this.#clock.monotonicMs())
  }

  /** `undefined`: this slice has evaluated no assignment of the link. */
  lackOf(link: string): Lack | 'none' | undefined {
    return this.#lacks.get(link)
  }

  noteLacks(permissionSet: PermissionSetName, lacks: Lacks): void {
    const waited = this.#waited.get(permissionSet) ?? new Set()
    for (const [link, lack] of lacks) {
      if (lack !== 'none') waited.add(link)
      this.#lacks.set(link, lack)
    }
    if (waited.size > 0) this.#waited.set(permissionSet, waited)
  }

  /**
   * Returns and forgets the links that this slice found waiting, perhaps before their statuses say so. The caller looks at them
   * again. Some of their accounts may have access by now.
   */
  takeWaiting(permissionSet: PermissionSetName): readonly string[] {
    const links = [...(this.#waited.get(permissionSet) ?? [])]
    this.#waited.delete(permissionSet)
    return links
  }

  /** Writes the due or all dirty statuses. A status that cannot be written stays dirty. */
  async tell(which: 'due' | 'all'): Promise<void> {
    const inputs = which === 'all' ? [...this.#dirty.keys()] : this.#due()
    const limit = pLimit(tellingAtOnce)
    await Promise.all(inputs.map((input) => limit(() => this.#tellOne(input))))
  }

  get hasDue(): boolean {
    return this.#due().length > 0
  }

  #due(): readonly string[] {
    const nowMs = this.#clock.monotonicMs()
    return [...this.#dirty.keys()].filter((input) => this.#isDue(input, nowMs))
  }

  #isDue(input: string, nowMs: number): boolean {
    const told = this.#toldMs.get(input)
    if (told === undefined && !this.#running.has(input)) return true
    if (isSuspension(input)) return !this.#running.has(input) && nowMs - (told ?? nowMs) >= lookEveryMs
    const sinceMs = nowMs - (told ?? this.#dirty.get(input) ?? nowMs)
    return sinceMs >= (this.#running.has(input) ? progressEveryMs : atRestEveryMs)
  }

  async #tellOne(input: string): Promise<void> {
    // First, so that a change during the computation makes it dirty again.
    this.#dirty.delete(input)
    this.#toldMs.set(input, this.#clock.monotonicMs())
    try {
      if (isSuspension(input)) return await this.#askForLook(input)
      const told = await this.#statuses.revise(input, (current) => this.#assess(input, current))
      this.#log.info('status told', { input, state: told?.state ?? 'removed', accounts: told?.accounts })
      if (told === undefined) this.#toldMs.delete(input)
    } catch (error) {
      if (error instanceof SpoiledObjectError)
        // A retry does not help: each reconcile reports it, and looks at the input after the restore.
        return this.#log.error('ssofile cannot write a status until you restore an object', { input, error })
      this.touch([input])
      this.#log.warn('ssofile could not write a status, and will write it again', { input, error })
    }
  }

  get hasDirty(): boolean {
    return this.#dirty.size > 0
  }

  get dirty(): readonly string[] {
    return [...this.#dirty.keys()]
  }
}

function isSuspension(input: string): boolean {
  return input.startsWith(suspensionPrefix)
}
