import { type BrakeRecord, emptyBrake, isSameScope } from '../../domain/brake/brake-record.ts'
import { findUnhinted, pruneBrake } from '../../domain/brake/releases.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { brakeFile } from './brake-file.ts'

/** A change of the record, and who waits for it to be written. */
type Change = {
  readonly apply: (record: BrakeRecord, terms: BrakeTerms) => BrakeRecord | Promise<BrakeRecord>
  readonly written: PromiseWithResolvers<void>
}

/** What stands on the record that did not before. */
export type NewlyHeld = Pick<BrakeRecord, 'lists' | 'contents'>

/** `control/brake.json`, as last read or written here. Changes that come together are written together. */
export class BrakeStore {
  readonly #ports: Pick<Ports, 'objects' | 'clock'>
  readonly #limits: Configuration['brake']
  readonly #onHeld: (held: NewlyHeld) => void
  #record: BrakeRecord = emptyBrake
  /** Of the object that was last refreshed from; `undefined`: it has to be read. */
  #etag: string | undefined
  #waiting: Change[] = []
  #tail: Promise<unknown> = Promise.resolve()

  constructor(
    ports: Pick<Ports, 'objects' | 'clock'>,
    limits: Configuration['brake'],
    onHeld: (held: NewlyHeld) => void,
  ) {
    this.#ports = ports
    this.#limits = limits
    this.#onHeld = onHeld
  }

  get record(): BrakeRecord {
    return this.#record
  }

  /** Reads what others have written since. Returns the releases that are still to be hinted at. */
  refresh(): Promise<BrakeRecord['releases']> {
    return this.#exclusively(() => this.#refresh())
  }

  /** The next refresh reads it again, changed or not. */
  forget(): void {
    this.#etag = undefined
  }

  async #refresh(): Promise<BrakeRecord['releases']> {
    const found = await brakeFile(this.#ports.objects).readIfChanged(this.#etag)
    if (found === 'unchanged') return []
    this.#record = found?.value ?? emptyBrake
    this.#etag = found?.object.etag
    return found ? findUnhinted(found.value, found.object.servedAt) : []
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

  /** All changes that wait, in one write; never rejects. */
  async #writeWaiting(): Promise<void> {
    const changes = this.#waiting.splice(0)
    if (changes.length === 0) return
    try {
      let isWritten = false
      while (!isWritten) isWritten = await this.#write(changes)
      for (const { written } of changes) written.resolve()
    } catch (error) {
      // It may have been written all the same: what counts once is not counted again.
      for (const { written } of changes) written.reject(error)
    }
  }

  /** False: someone else has changed the object meanwhile. */
  async #write(changes: readonly Change[]): Promise<boolean> {
    const file = brakeFile(this.#ports.objects)
    const stored = await file.read()
    if (!stored) {
      // Made first, since only an answer about an object tells S3's time.
      await file.write(emptyBrake, undefined)
      return false
    }
    const { value: before, object } = stored
    // Judged by S3's clock: that of the machine may be minutes off.
    const clockNow = this.#ports.clock.now()
    const terms = { limits: this.#limits, clockNow, now: object.servedAt }
    let record = pruneBrake(before, terms)
    for (const { apply } of changes) record = await apply(record, terms)
    if (record !== before && (await file.write(record, object.etag)).outcome === 'lost') return false
    this.#record = record
    const lists = record.lists.filter((list) => !before.lists.some((known) => isSameScope(known, list)))
    const contents = record.contents.filter((one) => !before.contents.some(({ digest }) => digest === one.digest))
    if (lists.length + contents.length > 0) this.#onHeld({ lists, contents })
    return true
  }
}
