import type { Configuration } from '../../domain/configuration.ts'
import { renderInstant } from '../../domain/instant.ts'
import { ledgerPrefix } from '../../domain/ledger-entry.ts'
import { countAgain, isMassLoss, type LedgerCount, type LedgerSize, ledgerCount } from '../../domain/ledger-loss.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { historyFolder, isEnd, listLastEvents } from './history.ts'
import { JsonRecord } from './json-record.ts'
import { listAssignmentKeys } from './ledger.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from './stored-json.ts'

export const ledgerCountKey = 'control/ledger.json'
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, ledgerCountKey, ledgerCount)

export async function readLedgerCount(objects: ObjectStore): Promise<LedgerCount | undefined> {
  return (await spoiledAsAbsent(recordOf(objects).read()))?.value
}

/**
 * Counts the ledger: every sweep, which lists it anyway. A count at every write of an entry would have to be right through
 * every kill and every race; this one is a listing, and what history says explains each difference. History is written
 * before an entry is removed, so no entry is ever gone before its history, also while others work.
 */
export async function countLedger(
  objects: ObjectStore,
  size: LedgerSize,
  configuration: Pick<Configuration, 'brake'>,
): Promise<void> {
  const record = recordOf(objects)
  const read = await unlessSpoiled(record.read())
  const before = read && !isSpoiled(read) ? read.value : undefined
  const next = before
    ? countAgain(before, size, await askHistory(objects, before, size.all, configuration))
    : // Deleted, or never counted: what history says is ours should be there.
      { v: 1 as const, settled: size.settled + (await countLacking(objects)), at: size.at }
  // Whoever restored the ledger meanwhile, or accepted its loss, has said that it is counted again from then on.
  if (JSON.stringify(next) !== JSON.stringify(before)) await record.write(next, read?.object.etag)
}

/** The ledger is as it is from now on: the next sweep counts it. */
export async function forgetLedgerCount(objects: ObjectStore, now: Date): Promise<void> {
  await recordOf(objects).overwrite({ v: 1, settled: 0, at: renderInstant(now) })
}

async function askHistory(
  objects: ObjectStore,
  { settled, at }: LedgerCount,
  all: number,
  configuration: Pick<Configuration, 'brake'>,
): Promise<number | 'not asked'> {
  if (!isMassLoss(settled - all, settled, configuration)) return 'not asked'
  return countEnded(objects, new Date(at))
}

/** How many entries ended since then, by history, and are gone. S3 tells whole seconds. */
async function countEnded(objects: ObjectStore, since: Date): Promise<number> {
  const present = await presentFolders(objects)
  const sinceMs = Math.floor(since.getTime() / 1000) * 1000
  const last = [...(await listLastEvents(objects)).values()]
  return last.filter(
    ({ folder, event, head }) => isEnd(event) && head.lastModified.getTime() >= sinceMs && !present.has(folder),
  ).length
}

/** How many entries history says are ours, and the ledger has not. */
async function countLacking(objects: ObjectStore): Promise<number> {
  const present = await presentFolders(objects)
  const last = [...(await listLastEvents(objects)).values()]
  return last.filter(({ folder, event }) => !isEnd(event) && !present.has(folder)).length
}

async function presentFolders(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) present.add(historyFolder(key))
  return present
}

/** How many entries are gone without their history, of how many; `undefined`: not too many. */
export async function findLedgerLoss(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'brake'>,
): Promise<{ readonly gone: number; readonly of: number } | undefined> {
  const before = await readLedgerCount(objects)
  if (before === undefined) return undefined
  let all = 0
  for await (const _ of listAssignmentKeys(objects, ledgerPrefix)) all++
  const ended = await askHistory(objects, before, all, configuration)
  if (ended === 'not asked') return undefined
  const gone = before.settled - all - ended
  return isMassLoss(gone, before.settled, configuration) ? { gone, of: before.settled } : undefined
}
