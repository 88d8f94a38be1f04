import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import type { FileText } from '../../reconcile/records/parsed-files.ts'
import { isUnreadable, unlessUnreadable } from '../../reconcile/records/stored-json.ts'

export const eligibilityStateKey = 'state/eligibilities.json'
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
export function eligibilityState(objects: ObjectStore): JsonRecord<Stored> {
  return new JsonRecord(objects, eligibilityStateKey, stored)
}

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
export async function readStoredEligibilities(objects: ObjectStore): Promise<ReadonlyMap<string, FileText>> {
  const found = await unlessUnreadable(eligibilityState(objects).read())
  return new Map(isUnreadable(found) ? [] : found?.value.texts.map(({ key, ...file }) => [key, file]))
}
