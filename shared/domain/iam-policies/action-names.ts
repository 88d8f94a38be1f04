import * as z from 'zod'
import { type ActionCatalog, accessLevels } from './access-level.ts'

/** The names of all actions by their access level, as they lie beside the bundle of a function. */
export const actionNames = z.partialRecord(z.enum(accessLevels), z.array(z.string()))
export type ActionNames = z.infer<typeof actionNames>

export function catalogOf(names: ActionNames): ActionCatalog {
  return new Map(
    accessLevels.flatMap((level) => (names[level] ?? []).map((name) => [name.toLowerCase(), { name, level }] as const)),
  )
}
