import type * as z from 'zod'
import { remedyOfSpoiledEntry } from '../../domain/assignments/contradiction.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { FoundObject, ReadingObjects, ReadObject } from '../../ports/object-store.ts'

export type Stored<T> = { readonly value: T; readonly object: FoundObject }

/**
 * One of ssofile's own objects does not fit its schema, so this version of ssofile did not write it: it is spoiled, or a later
 * version wrote a value that this one does not know. What it is about is put off, and everything else goes on.
 */
export class SpoiledObjectError extends Error {
  override readonly name = 'SpoiledObjectError'
  readonly object: FoundObject
  constructor(object: FoundObject, options: ErrorOptions) {
    // Without its ledger object access of ours would look like someone else's.
    const remedy = object.key.startsWith(ledgerPrefix) ? remedyOfSpoiledEntry : 'restore the object'
    super(
      `${object.key}: received something that this version of ssofile did not write; if a later version did, deploy that one again; else ${remedy}`,
      options,
    )
    this.object = object
  }
}

/** One of ssofile's own objects. Throws SpoiledObjectError. */
export function parseStored<T>({ body, ...object }: ReadObject, schema: z.ZodType<T>): Stored<T> {
  try {
    return { value: schema.parse(JSON.parse(new TextDecoder().decode(body))), object }
  } catch (cause) {
    throw new SpoiledObjectError(object, { cause })
  }
}

/** The same, read where nothing is written. `undefined`: it is not there. Throws SpoiledObjectError. */
export async function readStored<T>(
  objects: ReadingObjects,
  key: string,
  schema: z.ZodType<T>,
): Promise<Stored<T> | undefined> {
  const found = await objects.get(key)
  return found && parseStored(found, schema)
}

/** A spoiled object becomes a value, so that a reader of many objects can skip it. All other errors are thrown. */
export async function unlessSpoiled<T>(reading: Promise<T>): Promise<T | SpoiledObjectError> {
  return reading.catch((error: unknown) => {
    if (error instanceof SpoiledObjectError) return error
    throw error
  })
}

export function isSpoiled(read: unknown): read is SpoiledObjectError {
  return read instanceof SpoiledObjectError
}

/** A spoiled object counts as absent: for caches, and where an absent object leads to another look anyway. */
export async function spoiledAsAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  const read = await unlessSpoiled(reading)
  return isSpoiled(read) ? undefined : read
}

/** Indented, since auditors read these objects as they are. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
