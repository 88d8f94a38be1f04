import pLimit from 'p-limit'
import {
  type Membership,
  membershipPrefix,
  parseMembershipAnywhere,
  parseMembershipKey,
} from '../../domain/files/membership-file.ts'
import { isInForce, linkBodyMostBytes, parseLinkBody } from '../../domain/links/link-body.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { listHeads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { type InputHead, readInput } from '../../reconcile/records/read-input.ts'
import type { MembershipReading } from './rules/describe-membership.ts'

/** A file that asks for a membership, or would if it were valid and in force. */
export type AskingFile = Membership & {
  readonly key: string
  readonly head: InputHead | undefined
  readonly reading: MembershipReading
}

/** The files of any kind that ask for memberships now, for previews. `invalid`: files with invalid names. */
export async function listAskingFiles(
  objects: ObjectStore,
  folders: readonly string[],
): Promise<{ readonly asking: readonly AskingFile[]; readonly invalid: readonly Complaint[] }> {
  const named = [...(await listHeads(objects, membershipPrefix)).keys()].map(parseMembershipAnywhere)
  const meant = named.flatMap((one) => (one.ok ? [one.value] : []))
  const asking = await pLimit(readsAtOnce).map(meant, async ({ key, group, user }) => {
    return { group, user, ...(await readMembershipFile(objects, key, folders)) }
  })
  return { asking, invalid: named.flatMap((one) => (one.ok ? [] : [one.complaint])) }
}

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
