import type * as z from 'zod'
import type { FoundObject, ObjectStore } from '../ports/object-store.ts'

export type Stored<T> = { readonly value: T; readonly object: FoundObject }

/** Reads one of ssofile's own objects. Throws when it is not of its schema: whoever wrote it was not this version. */
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
    throw new Error(
      `${key}: received something that this version of ssofile did not write; restore or delete the object`,
      { cause },
    )
  }
}

/** Indented, since auditors read these objects as they are. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
