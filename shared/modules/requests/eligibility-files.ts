import * as z from 'zod'
import {
  type Eligibilities,
  type Eligibility,
  eligibilitiesMost,
  eligibilityKey,
  nameInEligibilityKey,
  tooManyEligibilities,
} from '../../domain/files/eligibility-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { record } from '../../domain/json/record.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceIn } from '../../ports/once.ts'
import { defineRecord } from '../../reconcile/records/define-record.ts'
import { type FileText, ParsedFiles } from '../../reconcile/records/parsed-files.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { isUnreadable, unlessUnreadable } from '../../reconcile/records/stored-json.ts'

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

/** Longer texts are read from the files: ten thousand of 64 KiB each would be 640 MB. */
const textsMostCharacters = 16 * 1024 * 1024

const stored = record({
  v: z.literal(2),
  /** By name: a text that changes with the file. */
  contents: z.record(z.string(), z.string()),
  texts: z.array(record({ key: z.string(), etag: z.string(), text: z.string() })),
  /** A look right after the change may have used eligibilities that are a few seconds old, so everything is looked at once more. */
  again: z.literal(true).optional(),
})
type Stored = z.infer<typeof stored>

/** The last reading of `watchEligibilities`: the handled contents and the texts. */
export const eligibilityStateRecord = defineRecord({
  at: 'state/eligibilities.json',
  meaning: 'the eligibilities that requests were looked at with',
  source: { is: 'cache', of: 'eligibility/' },
  value: stored,
})

export function toStored(contents: ReadonlyMap<string, string>, texts: ReadonlyMap<string, FileText>): Stored {
  let left = textsMostCharacters
  return {
    v: 2,
    contents: Object.fromEntries(contents),
    texts: [...texts].flatMap(([key, file]) => {
      left -= file.text.length
      return left < 0 ? [] : [{ key, ...file }]
    }),
  }
}

/** By key. Empty if the object is gone or the caller may not read it: the files have the same texts. */
async function readStoredEligibilities(objects: ObjectStore): Promise<ReadonlyMap<string, FileText>> {
  const found = await unlessUnreadable(eligibilityStateRecord.of(objects).read())
  return new Map(isUnreadable(found) ? [] : found?.value.texts.map(({ key, ...file }) => [key, file]))
}
