import { parseRequestKey, requestPrefix } from '../../domain/files/access-request.ts'
import { endOfRunning, type Status, status } from '../../domain/statuses/status.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { statusPrefix, tooLong } from '../../reconcile/records/status-store.ts'
import { parseSaved } from '../../reconcile/records/stored-json.ts'
import { lostSince } from './inputs-at.ts'

/**
 * The requests that were granted right before the loss, whose time is not over, and whose access nothing asks for now. Only their authors
 * can ask again: an approval is about one upload. `lostAt` absent: no deletion is known. Reads only.
 */
export async function findLostRequests(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  versions: ObjectVersions,
  lostAt: Date | undefined,
): Promise<readonly string[]> {
  if (lostAt === undefined) return []
  const lost: string[] = []
  for (const place of [requestPrefix, tooLong])
    await forEachAtOnce(await Array.fromAsync(versions.list(statusPrefix + place)), async (kept) => {
      const old = lostSince(kept, lostAt)
      const body = old && (await versions.get(kept.key, old.versionId))
      const saved = parseSaved(body, status)
      if (saved === undefined) return
      const source = findSource(saved, clock.now())
      if (source !== undefined && (await objects.head(source)) === undefined) lost.push(saved.input)
    })
  return lost.sort()
}

/** What the access that was granted comes from: its link, or the request, if it begins later. `undefined`: it is over, or is none. */
function findSource(told: Status, now: Date): string | undefined {
  const path = parseRequestKey(told.input)
  const end = endOfRunning(told)
  if (!path.ok || end === undefined || new Date(end) <= now) return undefined
  const { startsAt, runsUntil } = told.request ?? {}
  const isLater = runsUntil === undefined && startsAt !== undefined && new Date(startsAt) > now
  return isLater ? path.value.key : path.value.link.key
}
