import { type AssignmentKey, assignmentOf } from '../../domain/assignment.ts'
import type { Complaint } from '../../domain/complaint.ts'
import { renderInstant } from '../../domain/instant.ts'
import { isSameAccess, isSettled } from '../../domain/ledger-entry.ts'
import type { Ports } from '../../ports/ports.ts'
import { PrincipalNames } from '../directory/principal-names.ts'
import { foreignRecord, tellForeign } from '../records/foreign-assignments.ts'
import { recordHistory } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { Ledger, ledgerKey } from '../records/ledger.ts'
import { scheduleWork } from '../records/open-work.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'

export type Released =
  | { readonly outcome: 'released'; readonly key: AssignmentKey }
  | { readonly outcome: 'refused'; readonly complaint: Complaint }

/**
 * Gives an assignment back to others: it stays, and ssofile neither keeps nor revokes it from now on. Calls only S3. Call it
 * under the dispatcher lease. Safe to repeat after a kill between any two writes:
 *
 * 1. `foreign/` has it, so it stands in one of the two all the time.
 * 2. History says `released`, and `foreign-found`, under the instant in `foreign/`, so that a replay writes the same key. Before the ledger
 *    forgets it: else history would say that it is still ours, and the lost entry would be written again.
 * 3. The ledger forgets it.
 */
export async function releaseAssignment(
  key: AssignmentKey,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<Released> {
  const ledger = new Ledger(objects)
  const stored = await unlessSpoiled(ledger.read(key))
  if (isSpoiled(stored)) return refuse(key, stored.message)
  if (stored === undefined) return refuse(key, 'no entry any more')
  const [access] = stored.entry.accesses
  if (!isSettled(stored.entry))
    return refuse(key, `an entry that is not at rest: ${access.state}${access.reason ? `, ${access.reason}` : ''}`)
  const { principalId, permissionSetArn, links } = access
  const { type, principal: name } = assignmentOf(key)
  await new PrincipalNames(objects).note({ type, id: principalId, name })
  const record = foreignRecord(objects, key)
  const before = await unlessSpoiled(record.read())
  const grantedMs = Date.parse(access.grantedAt ?? stored.entry.updatedAt)
  const isOfRelease = before !== undefined && !isSpoiled(before) && Date.parse(before.value.seenAt) > grantedMs
  const isKnown = isOfRelease && isSameAccess(before.value, access)
  // Always after the grant: history is read by its instants.
  const now = renderInstant(new Date(Math.max(clock.now().getTime(), grantedMs + 1)))
  const seenAt = isKnown ? before.value.seenAt : now
  if (!isKnown) await record.overwrite({ v: 1, principalId, permissionSetArn, links, seenAt })
  await recordHistory(objects, { key, event: 'released', at: seenAt, access, confirmedAt: renderInstant(clock.now()) })
  await tellForeign(objects, { key, event: 'foreign-found', at: seenAt }, access)
  // The evaluation after this tells the statuses of its links anew.
  await scheduleWork(objects, now, key)
  try {
    await ledger.remove(stored)
  } catch (error) {
    if (error instanceof RecordChangedError) return refuse(key, 'an entry that somebody changed meanwhile')
    throw error
  }
  return { outcome: 'released', key }
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
