import { parseMembershipKey } from '../../domain/files/membership-file.ts'
import { isInForce, linkBodyMostBytes, parseLinkBody } from '../../domain/links/link-body.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { readInput } from '../../reconcile/records/read-input.ts'
import type { MembershipReading } from './rules/describe-membership.ts'

export async function readMembershipFile(objects: ReadingObjects, key: string, folders: readonly string[]) {
  const found = await readInput(objects, key, { mostBytes: linkBodyMostBytes })
  const head = found && ('complaint' in found ? found.head : found)
  return { key, head, reading: readingOf(key, found, folders) }
}

function readingOf(
  key: string,
  found: Awaited<ReturnType<typeof readInput>>,
  folders: readonly string[],
): MembershipReading {
  if (found === undefined) return { state: 'absent' }
  const named = parseMembershipKey(key, folders)
  if (!named.ok) return { state: 'rejected', complaint: named.complaint }
  if ('complaint' in found) return { state: 'unreadable', complaint: found.complaint }
  const body = parseLinkBody(key, found.body, found.size)
  if (!body.ok) return { state: 'rejected', complaint: body.complaint }
  return { state: isInForce(body.value, found.servedAt), body: body.value }
}
