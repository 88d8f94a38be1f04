import {
  type Eligibilities,
  type Eligibility,
  eligibilitiesMost,
  eligibilityFileMostBytes,
  eligibilityKey,
  eligibilityPrefix,
  isEligibilityKey,
  nameInEligibilityKey,
  parseEligibilityFile,
  tooManyEligibilities,
} from '../../domain/requests/eligibility-file.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceIn } from '../../ports/once.ts'
import { type FileText, ParsedFiles } from '../records/parsed-files.ts'
import { readInput } from '../records/read-input.ts'
import { readStoredEligibilities } from './stored-eligibilities.ts'

/** How soon a changed eligibility is found. The one by which something is granted is read again before. */
const currentMs = 5_000

/** `contents`, `texts`: as `readByName` has them. */
type Looked = {
  readonly eligibilities: Eligibilities
  readonly contents: ReadonlyMap<string, string>
  readonly texts: ReadonlyMap<string, FileText>
}

/** The eligibilities of a bucket, as they were a few seconds ago at most. Only what changed is read again. */
export class EligibilityFiles {
  readonly #objects: ObjectStore
  readonly #files: ParsedFiles<Eligibility>
  /** Throws where S3 does not answer. */
  readonly read: () => Promise<Looked>

  constructor({ objects, clock }: { readonly objects: ObjectStore; readonly clock: Pick<Clock, 'monotonicMs'> }) {
    this.#objects = objects
    this.#files = new ParsedFiles(objects, {
      prefix: eligibilityPrefix,
      isKey: isEligibilityKey,
      mostBytes: eligibilityFileMostBytes,
      filesMost: eligibilitiesMost,
      parse: parseEligibilityFile,
      // A process that has just begun would read thousands of files while somebody waits.
      readBefore: () => readStoredEligibilities(objects),
    })
    this.read = onceIn(currentMs, clock, () => this.#look())
  }

  /** One as it is now; `undefined`: it is gone, not valid, or S3 does not give it. */
  async readNow(name: string): Promise<Eligibility | undefined> {
    const key = eligibilityKey(name)
    const found = await readInput(this.#objects, key, { mostBytes: eligibilityFileMostBytes })
    if (!found || 'complaint' in found) return undefined
    const parsed = parseEligibilityFile(key, found.body, found.size)
    return parsed.ok ? parsed.value : undefined
  }

  async #look(): Promise<Looked> {
    const { files, ...looked } = await this.#files.readByName(nameInEligibilityKey, tooManyEligibilities)
    return { eligibilities: files, ...looked }
  }
}
