import {
  type Eligibilities,
  type Eligibility,
  eligibilitiesMost,
  eligibilityKey,
  nameInEligibilityKey,
  tooManyEligibilities,
} from '../../domain/files/eligibility-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceIn } from '../../ports/once.ts'
import { type FileText, ParsedFiles } from '../../reconcile/records/parsed-files.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { readStoredEligibilities } from './stored-eligibilities.ts'

/** How soon a changed eligibility is found. A grant reads its eligibility again first. */
const currentMs = 5_000

/** `contents`, `texts`: see `readByName`. */
type Looked = {
  readonly eligibilities: Eligibilities
  readonly contents: ReadonlyMap<string, string>
  readonly texts: ReadonlyMap<string, FileText>
}

/** The eligibilities of a bucket, at most a few seconds old. Reads again only what changed. */
export class EligibilityFiles {
  readonly #objects: ObjectStore
  readonly #files: ParsedFiles<Eligibility>
  /** Throws if S3 does not answer. */
  readonly read: () => Promise<Looked>

  constructor({ objects, clock }: { readonly objects: ObjectStore; readonly clock: Pick<Clock, 'monotonicMs'> }) {
    this.#objects = objects
    this.#files = new ParsedFiles(objects, kinds.eligibility, {
      filesMost: eligibilitiesMost,
      // A new process would otherwise read thousands of files while somebody waits.
      readBefore: () => readStoredEligibilities(objects),
    })
    this.read = onceIn(currentMs, clock, () => this.#look())
  }

  /** One eligibility as it is now; `undefined`: it is gone or invalid, or S3 does not return it. */
  async readNow(name: string): Promise<Eligibility | undefined> {
    const found = await readParsedInput(this.#objects, eligibilityKey(name), kinds.eligibility)
    return found?.file.ok ? found.file.value : undefined
  }

  async #look(): Promise<Looked> {
    const { files, ...looked } = await this.#files.readByName(nameInEligibilityKey, tooManyEligibilities)
    return { eligibilities: files, ...looked }
  }
}
