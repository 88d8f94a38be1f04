import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import { type Access, isAtRest } from '../../domain/assignments/ledger-entry.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { tellForeign, writeForeign } from '../records/foreign-assignments.ts'
import { recordHistory } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { Ledger, ledgerKey } from '../records/ledger.ts'
import { scheduleWork } from '../records/open-work.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'

export type ReleasedAccess = Access & { readonly releasedAt: string }

export type Released =
  | { readonly outcome: 'released'; readonly key: AssignmentKey }
  | { readonly outcome: 'refused'; readonly complaint: Complaint }

/**
 * Gives an assignment back to others: it stays, and ssofile neither keeps nor revokes it from now on. Calls only S3. Call it
 * under the dispatcher lease. Its entry says so first: where the command dies after that, the dispatcher does the rest.
 */
export async function releaseAssignment(
  key: AssignmentKey,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<Released> {
  const ledger = new Ledger(objects)
  const stored = await unlessSpoiled(ledger.read(key))
  if (isSpoiled(stored)) return refuse(key, stored.message)
  if (stored === undefined) return refuse(key, 'no entry any more')
  const access = stored.entry
  if (access.releasedAt === undefined && !isAtRest(access))
    return refuse(key, `an entry that is not at rest: ${access.state}${access.reason ? `, ${access.reason}` : ''}`)
  // The evaluation after this tells the statuses of its links again.
  const now = clock.now()
  await scheduleWork(objects, renderInstant(now), key)
  const released = { ...access, releasedAt: access.releasedAt ?? instantAfter(access.grantedAt, now) }
  try {
    const begun = await ledger.write(key, { ...released, updatedAt: renderInstant(now) }, stored)
    await giveBack(objects, key, released)
    await ledger.remove(begun)
  } catch (error) {
    if (error instanceof RecordChangedError) return refuse(key, 'an entry that somebody changed meanwhile')
    throw error
  }
  return { outcome: 'released', key }
}

/** Always after the grant: history is read by its instants. */
function instantAfter(grantedAt: string | undefined, now: Date): string {
  const grantedMs = grantedAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(grantedAt)
  return renderInstant(new Date(Math.max(now.getTime(), grantedMs + 1)))
}

/**
 * What has to be written before the ledger forgets access that was released, each under the instant of the release, so that a
 * replay writes the same: `foreign/` has it, so it stands in one of the two all the time. Then history says so: else it would
 * say that it is still ours, and the lost entry would be written again.
 */
export async function giveBack(objects: ObjectStore, key: AssignmentKey, access: ReleasedAccess): Promise<void> {
  const { principal, permissionSetArn, links, releasedAt: at } = access
  await writeForeign(objects, key, { principal, permissionSetArn, links, seenAt: at })
  await tellForeign(objects, { key, event: 'foreign-found', at }, access)
  await recordHistory(objects, { key, event: 'released', at, access, confirmedAt: at })
}

function refuse(key: AssignmentKey, received: string): Released {
  const complaint: Complaint = {
    object: ledgerKey(key),
    received,
    expected: 'an entry that is granted and has nothing left to do',
    remedy: 'wait until it is settled (ssofile status), then release it again',
  }
  return { outcome: 'refused', complaint }
}
