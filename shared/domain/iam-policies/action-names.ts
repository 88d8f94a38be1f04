import * as z from 'zod'
import { type ActionCatalog, accessLevels } from './access-level.ts'

/** The names of all actions by access level. This is the form of the file beside a function's bundle. */
export const actionNames = z.partialRecord(z.enum(accessLevels), z.array(z.string()))
export type ActionNames = z.infer<typeof actionNames>

export function catalogOf(names: ActionNames): ActionCatalog {
  return new Map(
    accessLevels.flatMap((level) => (names[level] ?? []).map((name) => [name.toLowerCase(), { name, level }] as const)),
  )
}
