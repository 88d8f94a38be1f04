import * as z from 'zod'
import type { Tags } from '../../../shared/memory/organizations/organization-records.ts'
import { invalidInput } from '../../../shared/memory/organizations/organizations-refusals.ts'

// Organizations API Reference, "Tag".
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
export const TagList = z.array(
  z.object({ Key: z.string().min(1).max(128).regex(tagText), Value: z.string().max(256).regex(tagText) }),
)

export function toTags(list: z.output<typeof TagList>): Tags {
  const tags = Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]))
  if (Object.keys(tags).length === list.length) return tags
  throw invalidInput('DUPLICATE_TAG_KEY', 'Tag keys must be unique among the tags attached to the same entity.')
}
