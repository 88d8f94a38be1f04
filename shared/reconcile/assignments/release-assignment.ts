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
 * Gives an assignment back to others: it stays, and from now on ssofile neither keeps nor revokes it. Calls only S3. Call it
 * under the dispatcher lease. The entry says so first, so that the dispatcher finishes the release if the command dies.
 */
export async function releaseAssignment(
  key: AssignmentKey,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<Released> {
  const ledger = new Ledger(objects)
  const stored = await unlessSpoiled(ledger.read(key))
  if (isSpoiled(stored)) return refuse(key, stored.message)
  if (stored === undefined) return refuse(key, 'no entry')
  const access = stored.entry
  if (access.releasedAt === undefined && !isAtRest(access))
    return refuse(key, `an entry with unfinished work: ${access.state}${access.reason ? `, ${access.reason}` : ''}`)
  // Schedule an evaluation, which updates the statuses of its links.
  const now = clock.now()
  await scheduleWork(objects, { at: renderInstant(now) }, key)
  const released = { ...access, releasedAt: access.releasedAt ?? instantAfter(access.grantedAt, now) }
  try {
    const begun = await ledger.write(key, { ...released, updatedAt: renderInstant(now) }, stored)
    await giveBack(objects, key, released)
    await ledger.remove(begun)
  } catch (error) {
    if (error instanceof RecordChangedError) return refuse(key, 'an entry that somebody changed during the release')
    throw error
  }
  return { outcome: 'released', key }
}

/** Always after the grant, because readers of history sort by these instants. */
function instantAfter(grantedAt: string | undefined, now: Date): string {
  const grantedMs = grantedAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(grantedAt)
  return renderInstant(new Date(Math.max(now.getTime(), grantedMs + 1)))
}

/**
 * Writes what must be there before the ledger forgets released access. Each record carries the instant of the release, so that
 * a replay writes the same. `foreign/` comes first, so that one of the two always has the access. History comes next: without
 * it history would say that the access is still ours, and ssofile would write the lost entry again.
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
    expected: 'a granted entry without unfinished work',
    remedy: 'wait until the work is done (ssofile status), then release it again',
  }
  return { outcome: 'refused', complaint }
}
