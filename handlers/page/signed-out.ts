import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { definePlace } from '../../shared/reconcile/records/define-record.ts'
import type { PageSession } from './find-person.ts'

/**
 * The sessions of the page that people ended, so that a copy of their cookie opens nothing: one empty object each, until every session of
 * that time has expired.
 */
export const signedOut = definePlace({
  at: 'state/signed-out/',
  meaning: 'ended sessions of the page',
  source: { is: 'note', until: 'every session of that time has expired' },
})

export async function isEnded(objects: ObjectStore, session: PageSession): Promise<boolean> {
  return (await objects.head(keyOf(session))) !== undefined
}

/** Removes the expired ones of the same person. */
export async function endSession(objects: ObjectStore, session: PageSession, sessionHours: number): Promise<void> {
  const written = await objects.put(keyOf(session), new Uint8Array())
  if (written.outcome === 'lost') return
  const oldMs = written.servedAt.getTime() - sessionHours * 3_600_000
  for await (const { key, lastModified } of objects.list(prefixOf(session.userId)))
    if (lastModified.getTime() < oldMs) await objects.delete(key)
}

function prefixOf(user: PrincipalId): string {
  return `${signedOut.at}${user}/`
}

function keyOf({ userId, id }: PageSession): string {
  return prefixOf(userId) + id
}
