import { type Link, linkPrefix, parseLinkKey } from '../../../shared/domain/links/link.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../shared/modules/take-over/rules/import-source.ts'

/** The text of `aws s3 ls` before a name: date, time and size. */
const listingHead = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ /

/**
 * Reads a list of links from a bucket of aws-samples "aws-iam-identity-center-extensions". Its keys under `links_data/` have our grammar.
 * Each line is a key, or a line of `aws s3 ls --recursive s3://BUCKET/links_data/`. Other keys of that bucket are skipped. The result
 * contains every faulty line.
 */
export function parseLinkList(file: string, text: string): Parsed<ImportSource> {
  const links: Link[] = []
  const faults: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const key = line.replace(/\r$/, '').replace(listingHead, '')
    if (!key.endsWith('%ssofile')) {
      if (key.startsWith(linkPrefix) && !key.endsWith('/')) faults.push(`line ${index + 1}: '${quote(key)}'`)
      continue
    }
    const link = parseLinkKey(key.startsWith(linkPrefix) ? key : linkPrefix + key, [])
    if (link.ok) links.push(link.value)
    else faults.push(`line ${index + 1}: received ${link.complaint.received}, expected ${link.complaint.expected}`)
  }
  if (faults.length === 0 && links.length > 0) return parsed({ assignments: [], links, permissionSets: [] })
  return refused({
    object: file,
    received: faults.length > 0 ? faults.slice(0, 5).join('; ') : 'no link',
    expected: 'the key of one link on each line: scope%value%permissionSet%principal%TYPE%ssofile',
    remedy: 'correct these lines or take them out, then import again',
  })
}
