import * as z from 'zod'
import { record } from '../json/record.ts'
import { quote } from '../statuses/complaint.ts'

/**
 * What is one too many of an account owner: credentials to be made inactive, or to be deleted, each as `<credential> <act>`. It is
 * released as a whole, and apart from those of other owners.
 */
export const heldRetirements = record({
  owner: z.string(),
  since: z.iso.datetime(),
  limit: z.int().min(0),
  hours: z.number(),
  /** Sorted. */
  items: z.array(z.string()),
})
export type HeldRetirements = z.infer<typeof heldRetirements>

/** Why acts are held, for a person. */
export function describeRetirements({ owner, limit, hours }: HeldRetirements): string {
  return `held by the brake: more than ${limit} credentials of the owner '${quote(owner)}' would be retired within ${hours} hours`
}
