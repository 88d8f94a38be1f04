import type * as z from 'zod'
import type { FoundObject, ObjectStore } from '../ports/object-store.ts'

export type Stored<T> = { readonly value: T; readonly object: FoundObject }

/** One of ssofile's own objects is not of its schema: whoever wrote it was not this version. */
export class SpoiledObjectError extends Error {
  override readonly name = 'SpoiledObjectError'
  readonly key: string
  constructor(key: string, options: ErrorOptions) {
    super(
      `${key}: received something that this version of ssofile did not write; restore or delete the object`,
      options,
    )
    this.key = key
  }
}

/** Reads one of ssofile's own objects. Throws SpoiledObjectError. */
export async function readJson<T>(
  objects: ObjectStore,
  key: string,
  schema: z.ZodType<T>,
): Promise<Stored<T> | undefined> {
  const found = await objects.get(key)
  if (!found) return undefined
  const { body, ...object } = found
  try {
    return { value: schema.parse(JSON.parse(new TextDecoder().decode(body))), object }
  } catch (cause) {
    throw new SpoiledObjectError(key, { cause })
  }
}

/** For whoever reads many objects: one that is spoiled is told apart, and holds up no other. */
export async function unlessSpoiled<T>(reading: Promise<T>): Promise<T | SpoiledObjectError> {
  return reading.catch((error: unknown) => {
    if (error instanceof SpoiledObjectError) return error
    throw error
  })
}

export function isSpoiled(read: unknown): read is SpoiledObjectError {
  return read instanceof SpoiledObjectError
}

/** Indented, since auditors read these objects as they are. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
