import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { RequestPath } from '../../domain/files/access-request.ts'
import { record } from '../../domain/json/record.ts'
import { endedSession, endOfRequest, endSession, revocationMs } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readEndedSessions, recordEndedSessions } from '../../reconcile/records/ended-sessions.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { isSpoiled, readStored, spoiledAsAbsent, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import type { GrantRecord } from './rules/grant-record.ts'

/** The denials that a request owes, because the record of ended sessions could not be read when its access ended. */
const owedEndings = record({ v: z.literal(1), ended: z.array(endedSession) })

function owedKey(request: string): string {
  return `state/owed-endings/${createHash('sha256').update(request).digest('hex')}.json`
}

/**
 * The granted access is over, and its eligibility ends running sessions: ends those of its permission set in its account, or
 * for a wider scope in all accounts. Runs before the end is recorded, so that no crash comes between. If the record of ended sessions is
 * spoiled, the access ends all the same, and a note keeps the denial until the record can be written. `now`: by S3's clock. Safe to repeat.
 */
export async function endGrantedSessions(
  { key, userId, link: { principal, permissionSet, scope } }: RequestPath,
  { digest, endsSessions }: GrantRecord,
  { objects, now }: { readonly objects: ObjectStore; readonly now: Date },
): Promise<void> {
  if (endsSessions !== true) return
  const account = scope.kind === 'account' ? scope.id : undefined
  const wish = { user: userId, name: principal, permissionSet, account, by: endOfRequest(digest) }
  const session = endSession(wish, new Date(now.getTime() + revocationMs))
  if (!isSpoiled(await unlessSpoiled(recordEndedSessions(objects, [session])))) return
  const owed = new JsonRecord(objects, owedKey(key), owedEndings)
  await owed.revise((known) => {
    const others = known?.ended.filter(({ by }) => by !== session.by) ?? []
    return { v: 1, ended: [...others, session] }
  })
}

/** Whether this request owes denials, and whether they can be recorded now. */
export async function readOwed(request: string, objects: ReadingObjects): Promise<'nothing' | 'denials' | 'too early'> {
  if ((await objects.head(owedKey(request))) === undefined) return 'nothing'
  return isSpoiled(await unlessSpoiled(readEndedSessions(objects))) ? 'too early' : 'denials'
}

/** Records the denials that this request owes. Safe to repeat. */
export async function recordOwed(request: string, objects: ObjectStore): Promise<void> {
  const key = owedKey(request)
  const owed = await spoiledAsAbsent(readStored(objects, key, owedEndings))
  if (owed) await recordEndedSessions(objects, owed.value.ended)
  await objects.delete(key)
}
