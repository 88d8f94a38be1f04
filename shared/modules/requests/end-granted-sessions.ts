import type { RequestPath } from '../../domain/files/access-request.ts'
import { endOfRequest, endSession, revocationMs } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { recordEndedSessions } from '../../reconcile/records/ended-sessions.ts'
import type { GrantRecord } from './rules/grant-record.ts'

/**
 * The granted access is over, and its eligibility ends running sessions: ends those of its permission set in its account, or
 * for a wider scope in all accounts. Runs before the end is recorded, so that no crash comes between. `now`: by S3's clock. Safe to repeat.
 */
export async function endGrantedSessions(
  { userId, link: { principal, permissionSet, scope } }: RequestPath,
  { digest, endsSessions }: GrantRecord,
  { objects, now }: { readonly objects: ObjectStore; readonly now: Date },
): Promise<void> {
  if (endsSessions !== true) return
  const account = scope.kind === 'account' ? scope.id : undefined
  const wish = { user: userId, name: principal, permissionSet, account, by: endOfRequest(digest) }
  await recordEndedSessions(objects, [endSession(wish, new Date(now.getTime() + revocationMs))])
}
