import * as z from 'zod'
import type { Tags } from './organization-records.ts'
import { constraint, invalidInput } from './organizations-refusals.ts'

// Organizations User Guide, "Quotas and service limits for AWS Organizations".
export const tagsMost = 50

// Organizations API Reference, "Tag".
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
export const tagKey = z.string().min(1).max(128).regex(tagText)
export const tagValue = z.string().max(256).regex(tagText)

/** Refuses AWS's reserved keys, and too many tags for a resource: then the whole request has no effect. */
export function checkTags(changedKeys: Iterable<string>, after: Tags): void {
  for (const key of changedKeys) {
    if (!/^aws:/i.test(key)) continue
    throw invalidInput(
      'INVALID_SYSTEM_TAGS_PARAMETER',
      "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys because they're reserved for AWS use.",
    )
  }
  if (Object.keys(after).length > tagsMost)
    throw constraint('MAX_TAG_LIMIT_EXCEEDED', `You have exceeded the limit of ${tagsMost} tags for a resource.`)
}
