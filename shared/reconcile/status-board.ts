import pLimit from 'p-limit'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { Status } from '../domain/status.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Lack, Lacks } from './settlement.ts'
import type { NewStatus, StatusStore } from './status-store.ts'
import { SpoiledObjectError } from './stored-json.ts'

/** Progress of what is still running is told at most this often; its end is told at once. */
const progressEveryMs = 5_000
const settledEveryMs = 500
const tellingAtOnce = 16

type Dirty = { readonly sinceMs: number }

/**
 * Which links' statuses have to be told anew, kept in memory: counts are computed from listings when they are told,
 * never incremented, so that a lost process loses nothing.
 */
export class StatusBoard {
  readonly #statuses: StatusStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #assess: (input: string, current: Status | undefined) => Promise<NewStatus | undefined>
  readonly #dirty = new Map<string, Dirty>()
  readonly #toldMs = new Map<string, number>()
  readonly #running = new Map<string, number>()
  readonly #lacks = new Map<string, { readonly lack: Lack | 'none'; readonly pulledMs: number }>()
  /** Links that were found waiting in this slice, by permission set; until they are woken, whatever else is found. */
  readonly #waited = new Map<PermissionSetName, Set<string>>()

  constructor(options: {
    statuses: StatusStore
    clock: Clock
    log: Log
    assess: (input: string, current: Status | undefined) => Promise<NewStatus | undefined>
  }) {
    this.#statuses = options.statuses
    this.#clock = options.clock
    this.#log = options.log
    this.#assess = options.assess
  }

  /** A hint that this input caused is held by the dispatcher; its end must be told with `end`. */
  begin(input: string): void {
    this.#running.set(input, (this.#running.get(input) ?? 0) + 1)
  }

  end(input: string): void {
    const left = (this.#running.get(input) ?? 1) - 1
    if (left > 0) this.#running.set(input, left)
    else this.#running.delete(input)
  }

  /** The status of these inputs may have changed. */
  touch(inputs: Iterable<string>): void {
    for (const input of inputs)
      if (!this.#dirty.has(input)) this.#dirty.set(input, { sinceMs: this.#clock.monotonicMs() })
  }

  /** `undefined`: nothing of the link was evaluated in this slice. */
  lackOf(link: string): Lack | 'none' | undefined {
    return this.#lacks.get(link)?.lack
  }

  /**
   * What an evaluation found whose hint was pulled then. One that took minutes does not know that a name was lost
   * meanwhile: that nothing is lacking does not count against a lack that a later one found.
   */
  noteLacks(permissionSet: PermissionSetName, lacks: Lacks, pulledMs: number): void {
    const waited = this.#waited.get(permissionSet) ?? new Set()
    for (const [link, lack] of lacks) {
      if (lack !== 'none') waited.add(link)
      const known = this.#lacks.get(link)
      const isOutdated = lack === 'none' && known !== undefined && known.lack !== 'none' && known.pulledMs > pulledMs
      if (!isOutdated) this.#lacks.set(link, { lack, pulledMs })
    }
    if (waited.size > 0) this.#waited.set(permissionSet, waited)
  }

  /**
   * The links that were found waiting in this slice, maybe before their statuses say so, and whoever asks wakes them. One
   * account of a link may have been granted meanwhile, while another still waits.
   */
  takeWaiting(permissionSet: PermissionSetName): readonly string[] {
    const links = [...(this.#waited.get(permissionSet) ?? [])]
    this.#waited.delete(permissionSet)
    return links
  }

  /** Tells what is due, or everything that is dirty. What cannot be told stays dirty. */
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
    const sinceMs = nowMs - (told ?? this.#dirty.get(input)?.sinceMs ?? nowMs)
    return sinceMs >= (this.#running.has(input) ? progressEveryMs : settledEveryMs)
  }

  async #tellOne(input: string): Promise<void> {
    // Taken off first: what changes while it is being told makes it dirty again.
    this.#dirty.delete(input)
    this.#toldMs.set(input, this.#clock.monotonicMs())
    try {
      const told = await this.#statuses.revise(input, (current) => this.#assess(input, current))
      this.#log.info('status told', { input, state: told?.state ?? 'removed', accounts: told?.accounts })
      if (told === undefined) this.#toldMs.delete(input)
    } catch (error) {
      if (error instanceof SpoiledObjectError)
        // It does not pass by itself: every reconcile tells of it, and has the input looked at when it is restored.
        return this.#log.error('a status cannot be told until an object is restored', { input, error })
      this.touch([input])
      this.#log.warn('a status could not be told; it is told again', { input, error })
    }
  }

  get hasDirty(): boolean {
    return this.#dirty.size > 0
  }

  /** What could not be told, or is still to be. */
  get dirty(): readonly string[] {
    return [...this.#dirty.keys()]
  }
}
