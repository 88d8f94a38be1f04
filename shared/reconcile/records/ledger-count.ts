import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import {
  countAgain,
  isMassLoss,
  type LedgerCount,
  type LedgerSize,
  ledgerCount,
} from '../../domain/assignments/ledger-loss.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { beginnings, historyFolder, isEnd, listLastEvents, listStoriesSince, nameInChanges } from './history.ts'
import { JsonRecord } from './json-record.ts'
import { listAssignmentKeys } from './ledger.ts'
import { ownerKey } from './owner.ts'
import { NameIndex } from './principal-names.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from './stored-json.ts'
import { changesPrefix, parseChangeKey, startOfChanges } from './tell-event.ts'

export const ledgerCountKey = 'control/ledger.json'
/** What began stands in `changes/` under the instant of its call, which may be so long before it was confirmed and written. */
const calledBeforeMs = 3 * 60 * 60_000
const epoch = renderInstant(new Date(0))
const neverCounted: LedgerCount = { v: 1, settled: 0, at: epoch, until: epoch, begunSince: epoch }
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
  size: Omit<LedgerSize, 'lacking' | 'until'>,
  configuration: Pick<Configuration, 'brake'>,
): Promise<void> {
  const record = recordOf(objects)
  const read = await unlessSpoiled(record.read())
  const before = read && !isSpoiled(read) ? read.value : undefined
  const { at } = size
  // Without an owner everything stops.
  const now = (read?.object ?? (await objects.head(ownerKey)))?.servedAt
  const until = now ? renderInstant(now) : at
  const next = before
    ? countAgain(
        before,
        { ...size, until, lacking: (await findLacking(objects, before)).lacking },
        await askHistory(objects, before, size.all, configuration),
      )
    : // Deleted, or never counted: what history says is ours should be there.
      { v: 1 as const, settled: size.settled + (await countLacking(objects)), at, until, begunSince: at }
  // Whoever restored the ledger meanwhile, or accepted its loss, has said that it is counted again from then on.
  if (JSON.stringify(next) !== JSON.stringify(before)) await record.write(next, read?.object.etag)
}

/**
 * The ledger is as it is from now on, and so it is counted: what is gone is missed no more, and what is there is, as far as history
 * tells that it began.
 */
export async function forgetLedgerCount(objects: ObjectStore, now: Date): Promise<void> {
  const record = recordOf(objects)
  const begin = (settled: number, began: Date, until: Date) => {
    const at = renderInstant(began)
    return record.overwrite({ v: 1, settled, at, until: renderInstant(until), begunSince: at })
  }
  // The clock of whoever asks may be minutes behind S3's, which dates what began. It tells whole seconds.
  const servedAt = await begin(0, now, now)
  const began = new Date((Math.floor(servedAt.getTime() / 1000) + 1) * 1000)
  const settled = await countTold(objects)
  const until = await begin(settled, began, began)
  await begin(settled, began, until > began ? until : began)
}

async function askHistory(
  objects: ObjectStore,
  count: LedgerCount,
  all: number,
  configuration: Pick<Configuration, 'brake'>,
): Promise<number | 'not asked'> {
  if (!isMassLoss(count.settled - all, count.settled, configuration)) return 'not asked'
  return countEnded(objects, count)
}

/** How many of the entries that were counted ended since, by history, and are gone. S3 tells whole seconds. */
async function countEnded(objects: ObjectStore, { at, until }: LedgerCount): Promise<number> {
  const present = await presentFolders(objects)
  const stories = await listStoriesSince(objects, new Date(Math.floor(Date.parse(at) / 1000) * 1000))
  return [...stories].filter(([folder, { last, beganAt }]) => {
    const isCounted = beganAt === undefined || beganAt.getTime() <= Date.parse(until)
    return isEnd(last.event) && isCounted && !present.has(folder)
  }).length
}

/** How many entries history says are ours, and the ledger has not. */
async function countLacking(objects: ObjectStore): Promise<number> {
  const present = await presentFolders(objects)
  const last = [...(await listLastEvents(objects)).values()]
  return last.filter(({ folder, event }) => !isEnd(event) && !present.has(folder)).length
}

/** How many entries there are of which history says that they are ours. */
async function countTold(objects: ObjectStore): Promise<number> {
  const last = await listLastEvents(objects)
  return [...(await presentFolders(objects))].filter((folder) => {
    const told = last.get(folder)
    return told !== undefined && !isEnd(told.event)
  }).length
}

async function presentFolders(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) present.add(historyFolder(key))
  return present
}

/**
 * Access that began since the last count, is not in the ledger, and has not ended. `changes/` tells of it before the ledger says
 * that it is granted, so whoever dies between the two forgets nothing. It tells of an end before the entry is removed: what ends
 * while the ledger is listed has ended when `changes/` is looked at again. `all`: the entries of the ledger.
 */
async function findLacking(
  objects: ObjectStore,
  { begunSince }: LedgerCount,
): Promise<{ readonly all: number; readonly lacking: number }> {
  const begun = await listBegun(objects, new Date(begunSince))
  const lacking = new Map(begun)
  const keys = await Array.fromAsync(listAssignmentKeys(objects, ledgerPrefix))
  const all = keys.length
  if (lacking.size > 0) await leaveOutPresent(objects, lacking, keys)
  if (lacking.size === 0) return { all, lacking: 0 }
  const still = await listBegun(objects, new Date(begunSince))
  return { all, lacking: [...lacking].filter(([name, at]) => still.get(name) === at).length }
}

/** `changes/` has names. Where nobody remembers whose name one was, history has the same instant under the id. */
async function leaveOutPresent(
  objects: ObjectStore,
  lacking: Map<string, string>,
  keys: readonly AssignmentKey[],
): Promise<void> {
  const names = await NameIndex.read(objects)
  for (const key of keys) {
    const id = assignmentOf(key)
    for (const name of names.everNamesOf(id.type, id.principalId)) lacking.delete(nameInChanges(id, name))
  }
  const present = new Set(keys.map(historyFolder))
  for (const [name, at] of lacking) {
    const [scope, account, permissionSet] = name.split('%')
    for await (const { key } of objects.list(`history/${scope}%${account}%${permissionSet}%`)) {
      const isIt = beginnings.some((event) => key.endsWith(`/${at}%${event}.json`))
      if (isIt && present.has(key.slice(0, key.lastIndexOf('/') + 1))) lacking.delete(name)
    }
  }
}

/** By what `changes/` calls it: when access began that has not ended since. S3 tells whole seconds: of one, the end counts. */
async function listBegun(objects: ObjectStore, since: Date): Promise<ReadonlyMap<string, string>> {
  const sinceMs = Math.floor(since.getTime() / 1000) * 1000
  const startAfter = startOfChanges(renderInstant(new Date(Math.max(0, sinceMs - calledBeforeMs))))
  const begun = new Map<string, { readonly at: string; readonly ms: number }>()
  const endedMs = new Map<string, number>()
  for await (const { key, lastModified } of objects.list(changesPrefix, { startAfter })) {
    const change = parseChangeKey(key)
    const ms = lastModified.getTime()
    if (change === undefined || ms < sinceMs) continue
    const { event, at, name } = change
    if (event === 'revoked' || event === 'released') endedMs.set(name, Math.max(ms, endedMs.get(name) ?? ms))
    else if ((event === 'granted' || event === 'adopted') && ms >= (begun.get(name)?.ms ?? ms))
      begun.set(name, { at, ms })
  }
  const lasting = [...begun].filter(([name, { ms }]) => ms > (endedMs.get(name) ?? Number.NEGATIVE_INFINITY))
  return new Map(lasting.map(([name, { at }]) => [name, at]))
}

/** How many entries are gone without their history, of how many; `undefined`: not too many. */
export async function findLedgerLoss(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'brake'>,
): Promise<{ readonly gone: number; readonly of: number } | undefined> {
  const before = (await readLedgerCount(objects)) ?? neverCounted
  const { all, lacking } = await findLacking(objects, before)
  const of = Math.max(before.settled, all) + lacking
  const goneAfter = (ended: number) => Math.max(0, before.settled - all - ended) + lacking
  if (!isMassLoss(goneAfter(0), of, configuration)) return undefined
  const gone = goneAfter(all < before.settled ? await countEnded(objects, before) : 0)
  return isMassLoss(gone, of, configuration) ? { gone, of } : undefined
}
