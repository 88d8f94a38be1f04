import { type BrakeRecord, emptyBrake, isSameScope } from '../../domain/brake/brake-record.ts'
import { findUnhinted, pruneBrake } from '../../domain/brake/releases.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { BrakeFile } from '../records/brake-file.ts'

/** A change of the record, and a promise for its write. */
type Change = {
  /** Reads nothing: others may change the record meanwhile. */
  readonly apply: (record: BrakeRecord, terms: BrakeTerms) => BrakeRecord
  readonly written: PromiseWithResolvers<void>
}

/** The lists and contents that are new in the record. */
export type NewlyHeld = Pick<BrakeRecord, 'lists' | 'contents'>

/** `control/brake.json`, as last read or written here. Joins simultaneous changes in one write. */
export class BrakeStore {
  readonly #file: BrakeFile
  readonly #clock: Ports['clock']
  readonly #limits: Configuration['brake']
  readonly #onHeld: (held: NewlyHeld) => void
  #record: BrakeRecord = emptyBrake
  /** The etag of the last refresh; `undefined`: read it. */
  #etag: string | undefined
  #waiting: Change[] = []
  #tail: Promise<unknown> = Promise.resolve()

  constructor(
    ports: Pick<Ports, 'objects' | 'clock'>,
    limits: Configuration['brake'],
    onHeld: (held: NewlyHeld) => void,
  ) {
    this.#file = new BrakeFile(ports.objects)
    this.#clock = ports.clock
    this.#limits = limits
    this.#onHeld = onHeld
  }

  get record(): BrakeRecord {
    return this.#record
  }

  /** Reads the changes of others. Returns the releases that have no hints yet. */
  refresh(): Promise<BrakeRecord['releases']> {
    return this.#exclusively(() => this.#refresh())
  }

  /** Makes the next refresh read the record, even if unchanged. */
  forget(): void {
    this.#etag = undefined
  }

  async #refresh(): Promise<BrakeRecord['releases']> {
    const found = await this.#file.readIfChanged(this.#etag)
    if (found === 'unchanged') return []
    this.#record = found?.value ?? emptyBrake
    this.#etag = found?.object.etag
    return found ? findUnhinted(found.value, found.object.servedAt) : []
  }

  /** As it is now. */
  read(): ReturnType<BrakeFile['read']> {
    return this.#file.read()
  }

  change(apply: Change['apply']): Promise<void> {
    const written = Promise.withResolvers<void>()
    this.#waiting.push({ apply, written })
    void this.#exclusively(() => this.#writeWaiting())
    return written.promise
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }

  /** Writes all waiting changes at once; never rejects. */
  async #writeWaiting(): Promise<void> {
    const changes = this.#waiting.splice(0)
    if (changes.length === 0) return
    try {
      let isWritten = false
      while (!isWritten) isWritten = await this.#write(changes)
      for (const { written } of changes) written.resolve()
    } catch (error) {
      // The write may have succeeded anyway: a counted item is not counted again.
      for (const { written } of changes) written.reject(error)
    }
  }

  /** False: someone else changed the object meanwhile. */
  async #write(changes: readonly Change[]): Promise<boolean> {
    const stored = await this.#file.read()
    if (!stored) {
      // Create it first, because only an answer about an object tells S3's time.
      await this.#file.write(emptyBrake, undefined)
      return false
    }
    const { value: before, object } = stored
    // Judge by S3's clock, because the machine's may be minutes off.
    const clockNow = this.#clock.now()
    const terms = { limits: this.#limits, clockNow, now: object.servedAt }
    let record = pruneBrake(before, terms)
    for (const { apply } of changes) record = apply(record, terms)
    if (record !== before && (await this.#file.write(record, object.etag)).outcome === 'lost') return false
    this.#record = record
    const lists = record.lists.filter((list) => !before.lists.some((known) => isSameScope(known, list)))
    const contents = record.contents.filter((one) => !before.contents.some(({ digest }) => digest === one.digest))
    if (lists.length + contents.length > 0) this.#onHeld({ lists, contents })
    return true
  }
}
