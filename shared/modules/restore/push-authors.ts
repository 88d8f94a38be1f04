import { toldUploader } from '../../domain/links/find-uploader.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { ownHistoryOnce, readChangedLinks } from '../../reconcile/records/change-authors.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { type Change, listChanges } from '../../reconcile/records/tell-event.ts'
import type { LastPush } from './last-push.ts'
import type { Authors } from './rules/choose-pushed.ts'

/**
 * Who changed each file of a push last. S3's versions do not say it. The status of a file names its uploader, and that of a deleted file
 * its deleter until its access is gone; then history has the deleters of links. Nothing has those of other files.
 */
export async function findPushAuthors(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { keys, from }: LastPush,
): Promise<Authors> {
  const statuses = new StatusStore(objects, clock)
  const authors = new Map<string, string | undefined>(keys.map((key) => [key, undefined]))
  const deleted = new Set<string>()
  await forEachAtOnce(keys, async (key) => {
    const [found, read] = await Promise.all([objects.head(key), unlessSpoiled(statuses.read(key))])
    const status = isSpoiled(read) ? undefined : read
    const by = found ? toldUploader(status, found) : status?.etag === undefined ? status?.by : undefined
    if (by !== undefined) authors.set(key, by.principalId)
    else if (!found) deleted.add(key)
  })
  if (deleted.size > 0)
    for (const [key, by] of await readDeleters(objects, from)) if (deleted.has(key)) authors.set(key, by)
  return authors
}

async function readDeleters(objects: Ports['objects'], from: Date): Promise<ReadonlyMap<string, string>> {
  const ends: Change[] = []
  for await (const change of listChanges(objects, renderInstant(from)))
    if (change.event === 'revoked') ends.push(change)
  const historyOf = ownHistoryOnce(objects)
  const deleters = new Map<string, string>()
  await forEachAtOnce(ends, async (change) => {
    for (const { key, deletedBy } of (await readChangedLinks(objects, change, historyOf)) ?? [])
      if (deletedBy !== undefined) deleters.set(key, deletedBy.principalId)
  })
  return deleters
}
