import * as z from 'zod'
import { tagKey, tagValue } from '../../../shared/memory/organizations/check-tags.ts'
import type { Tags } from '../../../shared/memory/organizations/organization-records.ts'
import { invalidInput } from '../../../shared/memory/organizations/organizations-refusals.ts'

export const TagList = z.array(z.object({ Key: tagKey, Value: tagValue }))

export function toTags(list: z.output<typeof TagList>): Tags {
  const tags = Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]))
  if (Object.keys(tags).length === list.length) return tags
  throw invalidInput('DUPLICATE_TAG_KEY', 'Tag keys must be unique among the tags attached to the same entity.')
}
