import type * as z from 'zod'
import { remedyOfSpoiledEntry } from '../../domain/assignments/contradiction.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { parseLooseJson } from '../../domain/json/loose-json.ts'
import type { FoundObject, ReadingObjects, ReadObject } from '../../ports/object-store.ts'
import { isObjectRefusal, type ServiceError } from '../../ports/service-error.ts'

export type Stored<T> = { readonly value: T; readonly object: FoundObject }

/**
 * One of ssofile's own objects does not fit its schema, so this version of ssofile did not write it. It is spoiled, or a later
 * version wrote a value that this one does not know. ssofile puts off the work on its subject and continues with everything
 * else.
 */
export class SpoiledObjectError extends Error {
  override readonly name = 'SpoiledObjectError'
  readonly object: FoundObject
  constructor(object: FoundObject, options: ErrorOptions) {
    // Without its ledger entry, our access would look like someone else's.
    const remedy = object.key.startsWith(ledgerPrefix) ? remedyOfSpoiledEntry : 'restore the object'
    super(
      `${object.key}: received content that this version of ssofile cannot read; if a later version wrote it, deploy that version again; otherwise ${remedy}`,
      options,
    )
    this.object = object
  }
}

const utf8 = new TextDecoder()

/** One of ssofile's own objects. Throws SpoiledObjectError. */
export function parseStored<T>({ body, ...object }: ReadObject, schema: z.ZodType<T>): Stored<T> {
  try {
    return { value: schema.parse(JSON.parse(utf8.decode(body))), object }
  } catch (cause) {
    throw new SpoiledObjectError(object, { cause })
  }
}

/** An earlier body of one of ssofile's own objects. `undefined`: there is none, or it does not fit the schema. */
export function parseSaved<T>(body: Uint8Array | undefined, schema: z.ZodType<T>): T | undefined {
  return schema.safeParse(parseLooseJson(utf8.decode(body))).data
}

/** Reads one of ssofile's own objects, for callers that only read. `undefined`: it does not exist. Throws SpoiledObjectError. */
export async function readStored<T>(
  objects: ReadingObjects,
  key: string,
  schema: z.ZodType<T>,
): Promise<Stored<T> | undefined> {
  const found = await objects.get(key)
  return found && parseStored(found, schema)
}

/** Returns a spoiled object as a value, so that a reader of many objects can skip it. Throws all other errors. */
export async function unlessSpoiled<T>(reading: Promise<T>): Promise<T | SpoiledObjectError> {
  return reading.catch((error: unknown) => {
    if (error instanceof SpoiledObjectError) return error
    throw error
  })
}

export function isSpoiled(read: unknown): read is SpoiledObjectError {
  return read instanceof SpoiledObjectError
}

type Unreadable = SpoiledObjectError | ServiceError

/** Returns an object that is spoiled, or that S3 refuses to return, as a value. Throws all other errors. */
export async function unlessUnreadable<T>(reading: Promise<T>): Promise<T | Unreadable> {
  return reading.catch((error: unknown) => {
    if (isUnreadable(error)) return error
    throw error
  })
}

export function isUnreadable(read: unknown): read is Unreadable {
  return isSpoiled(read) || isObjectRefusal(read)
}

/** Treats a spoiled object as absent: for caches, and if an absent object leads to another look anyway. */
export async function spoiledAsAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  const read = await unlessSpoiled(reading)
  return isSpoiled(read) ? undefined : read
}

/** Indented, because auditors read these objects directly. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
