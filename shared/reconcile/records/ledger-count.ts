import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import {
  countAgain,
  isMassLoss,
  type LedgerCount,
  type LedgerCounts,
  type LedgerSize,
  ledgerCount,
} from '../../domain/assignments/ledger-loss.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecord } from './define-record.ts'
import {
  compareNewestFirst,
  historyFolder,
  isBeginning,
  isEnd,
  listLastEvents,
  listOwnHistory,
  listStoriesSince,
  nameInChanges,
} from './history.ts'
import { forEachAssignmentKey } from './ledger.ts'
import { ownerRecord } from './owner.ts'
import {
  countPeopleBegun,
  countPeopleEnded,
  findPeopleLacking,
  listPeopleLedger,
  peopleLedgerPrefixes,
} from './people-ledger.ts'
import { NameIndex } from './principal-names.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from './stored-json.ts'
import { changesByDate, parseChangeKey, startOfChanges } from './tell-event.ts'

/** How long before its confirmation access may appear in `changes/`: its key has the instant of the call. */
export const calledBeforeMs = 3 * 60 * 60_000
const epoch = renderInstant(new Date(0))
const neverCounted: LedgerCounts = { v: 1, settled: 0, at: epoch, until: epoch, begunSince: epoch }
export const ledgerCountRecord = defineRecord({
  at: 'control/ledger.json',
  meaning: 'how many entries the ledger had at the last sweep, to notice a loss',
  source: { is: 'primary' },
  value: ledgerCount,
})

export async function readLedgerCount(objects: ObjectStore): Promise<LedgerCounts | undefined> {
  return (await spoiledAsAbsent(ledgerCountRecord.of(objects).read()))?.value
}

/**
 * Counts the ledger at every sweep, which lists it anyway. A counter at every write would have to survive every kill and every
 * race. This one is a listing, and history explains each difference: history is written before an entry is removed, so no entry
 * disappears before its history, even while others work.
 */
export async function countLedger(
  objects: ObjectStore,
  size: Omit<LedgerSize, 'lacking' | 'until'>,
  configuration: Pick<Configuration, 'brake'>,
): Promise<void> {
  const record = ledgerCountRecord.of(objects)
  const read = await unlessSpoiled(record.read())
  const before = read && !isSpoiled(read) ? read.value : undefined
  const { at } = size
  // Without an owner everything stops.
  const now = (read?.object ?? (await objects.head(ownerRecord.at)))?.servedAt
  const until = now ? renderInstant(now) : at
  const ofPeople = await listPeopleLedger(objects)
  const next = {
    ...(await countOne(objects, assignments, before, { ...size, until }, configuration)),
    people: await countOne(objects, people, before?.people, { ...ofPeople, at, until }, configuration),
  }
  // If someone restored the ledger or accepted its loss meanwhile, that count replaces this one.
  if (JSON.stringify(next) !== JSON.stringify(before)) await record.write(next, read?.object.etag)
}

/** One part of the ledger. Lists history only if something seems to be gone. */
type Part = {
  /**
   * Counts entries that began since the last count, are gone, and have not ended. `all`: the present entries. `isAllKnown`: the caller has
   * counted them, so the ledger is listed only if something began.
   */
  readonly findLacking: (
    objects: ObjectStore,
    count: LedgerCount,
    options: { readonly isAllKnown: boolean },
  ) => Promise<{ readonly all: number; readonly lacking: number }>
  /** Counts entries of the last count that have ended since and are gone. */
  readonly countEnded: (objects: ObjectStore, count: LedgerCount) => Promise<number>
  /** Counts entries that history calls ours and the ledger lacks. */
  readonly countLacking: (objects: ObjectStore) => Promise<number>
}

const assignments: Part = { findLacking, countEnded, countLacking }
const people: Part = {
  findLacking: findPeopleLacking,
  countEnded: countPeopleEnded,
  countLacking: (objects) => countPeopleBegun(objects, new Date(0)),
}

async function countOne(
  objects: ObjectStore,
  part: Part,
  before: LedgerCount | undefined,
  size: Omit<LedgerSize, 'lacking'>,
  configuration: Pick<Configuration, 'brake'>,
): Promise<LedgerCount> {
  const { at, until } = size
  // Deleted, or never counted: expect the entries that history calls ours.
  if (!before) return { v: 1, settled: size.settled + (await part.countLacking(objects)), at, until, begunSince: at }
  const { lacking } = await part.findLacking(objects, before, { isAllKnown: true })
  const isMass = isMassLoss(before.settled - size.all, before.settled, configuration)
  return countAgain(before, { ...size, lacking }, isMass ? await part.countEnded(objects, before) : 'not asked')
}

/**
 * Accepts the ledger as it is: counts the present entries that began according to history, and stops looking for those that are
 * gone.
 */
export async function forgetLedgerCount(objects: ObjectStore, now: Date): Promise<void> {
  const record = ledgerCountRecord.of(objects)
  const begin = (settled: number, began: Date, until: Date) => {
    const at = renderInstant(began)
    const count = { v: 1 as const, at, until: renderInstant(until), begunSince: at }
    return record.overwrite({ ...count, settled, people: { ...count, settled: settledPeople } })
  }
  let settledPeople = 0
  // S3's clock dates what began, in whole seconds, and the caller's clock may be minutes behind it.
  const servedAt = await begin(0, now, now)
  const began = new Date((Math.floor(servedAt.getTime() / 1000) + 1) * 1000)
  const settled = await countTold(objects)
  settledPeople = (await listPeopleLedger(objects)).settled
  const until = await begin(settled, began, began)
  await begin(settled, began, until > began ? until : began)
}

/** Counts entries of the last count that have ended since, by history, and are gone. S3's instants are whole seconds. */
async function countEnded(objects: ObjectStore, { at, until }: LedgerCount): Promise<number> {
  const present = await presentFolders(objects)
  const stories = await listStoriesSince(objects, new Date(Math.floor(Date.parse(at) / 1000) * 1000))
  return [...stories].filter(([folder, { last, beganAt }]) => {
    const isCounted = beganAt === undefined || beganAt.getTime() <= Date.parse(until)
    return isEnd(last.event) && isCounted && !present.has(folder)
  }).length
}

/** Counts entries that history calls ours and the ledger lacks. */
async function countLacking(objects: ObjectStore): Promise<number> {
  const present = await presentFolders(objects)
  const last = [...(await listLastEvents(objects)).values()]
  return last.filter(({ folder, event }) => !isEnd(event) && !present.has(folder)).length
}

/** Counts entries of the ledger that history calls ours. */
async function countTold(objects: ObjectStore): Promise<number> {
  const last = await listLastEvents(objects)
  return [...(await presentFolders(objects))].filter((folder) => {
    const told = last.get(folder)
    return told !== undefined && !isEnd(told.event)
  }).length
}

async function presentFolders(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  await forEachAssignmentKey(objects, ledgerPrefix, (key) => void present.add(historyFolder(key)))
  return present
}

/**
 * Counts access that began since the last count, is not in the ledger, and has not ended. `changes/` gets the beginning before
 * the ledger says granted, so a process that dies between the two loses nothing. Its keys have names, and two ids may have had
 * the same name; history has ids and tells them apart. `all`: the entries of the ledger.
 */
async function findLacking(
  objects: ObjectStore,
  { begunSince }: LedgerCount,
  { isAllKnown }: { readonly isAllKnown: boolean },
): Promise<{ readonly all: number; readonly lacking: number }> {
  const begun = await listBegun(objects, new Date(begunSince))
  if (begun.size === 0 && isAllKnown) return { all: 0, lacking: 0 }
  const asked = new Set([...begun.keys()].map(placeOf))
  let all = 0
  const keys: AssignmentKey[] = []
  await forEachAssignmentKey(objects, ledgerPrefix, (key) => {
    all++
    if (asked.size > 0 && asked.has(placeOf(key))) keys.push(key)
  })
  const there = await countByName(objects, keys)
  const present = new Set(keys.map(historyFolder))
  let lacking = 0
  for (const [name, { instants, lasting }] of begun) {
    if (lasting > (there.get(name) ?? 0)) lacking += await countNotPresent(objects, { name, instants }, present)
  }
  return { all, lacking }
}

/** The account and the permission set of a key, or of a name in `changes/`. */
const placeOf = (name: string): string => name.split('%', 3).join('%')

/** Counts ledger entries by their name in `changes/`, for every name that their ids have or had. */
async function countByName(objects: ObjectStore, keys: readonly AssignmentKey[]): Promise<ReadonlyMap<string, number>> {
  const names = await NameIndex.read(objects)
  const counts = new Map<string, number>()
  for (const key of keys) {
    const id = assignmentOf(key)
    for (const principal of names.everNamesOf(id.type, id.principalId)) {
      const name = nameInChanges(id, principal)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  return counts
}

/**
 * Counts missing access that began at these instants. History has the same instants under the ids, and it has an end before the
 * entry is removed, so access that ended during the listing counts as ended. A beginning that never reached history counts as
 * missing.
 */
async function countNotPresent(
  objects: ObjectStore,
  { name, instants }: { readonly name: string; readonly instants: readonly string[] },
  present: ReadonlySet<string>,
): Promise<number> {
  const [scope, account, permissionSet] = name.split('%')
  const events = await Array.fromAsync(listOwnHistory(objects, `${scope}%${account}%${permissionSet}%`))
  const begun = events.filter(({ event, at }) => isBeginning(event) && instants.includes(at))
  const untold = instants.filter((instant) => !begun.some(({ at }) => at === instant))
  const isLacking = (folder: string) => {
    const [last] = events.filter((event) => event.folder === folder).sort(compareNewestFirst)
    return last !== undefined && !isEnd(last.event) && !present.has(folder)
  }
  return untold.length + [...new Set(begun.map(({ folder }) => folder))].filter(isLacking).length
}

type Begun = { readonly instants: readonly string[]; readonly lasting: number }

/**
 * By the name in `changes/`: when access began, and how much of it lasts. S3's instants are whole seconds; within one, the end
 * counts.
 */
async function listBegun(objects: ObjectStore, since: Date): Promise<ReadonlyMap<string, Begun>> {
  const sinceMs = Math.floor(since.getTime() / 1000) * 1000
  const startAfter = startOfChanges(renderInstant(new Date(Math.max(0, sinceMs - calledBeforeMs))))
  const told: { readonly name: string; readonly event: string; readonly at: string; readonly ms: number }[] = []
  for await (const { key, lastModified } of objects.list(changesByDate.at, { startAfter })) {
    const change = parseChangeKey(key)
    const ms = lastModified.getTime()
    if (change && ms >= sinceMs) told.push({ ...change, ms })
  }
  const begun = [...Map.groupBy(told, ({ name }) => name)].map(([name, events]) => {
    const begins = events.filter(({ event }) => event === 'granted' || event === 'adopted')
    const ends = events.filter(({ event }) => event === 'revoked' || event === 'released')
    // Each end closes one access that had begun by then: two ids may have one name.
    const lasting = ends.reduce(
      (open, end) => {
        const ended = open.findIndex(({ ms }) => ms <= end.ms)
        return ended < 0 ? open : open.toSpliced(ended, 1)
      },
      begins.toSorted((a, b) => a.ms - b.ms),
    )
    return [name, { instants: begins.map(({ at }) => at), lasting: lasting.length }] as const
  })
  return new Map(begun.filter(([, { lasting }]) => lasting > 0))
}

/** How many of how many entries are gone without their history; `undefined`: not too many. */
export async function findLedgerLoss(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'brake'>,
): Promise<{ readonly gone: number; readonly of: number; readonly under: string } | undefined> {
  const before = (await readLedgerCount(objects)) ?? neverCounted
  const lost = await findLossOf(objects, assignments, before, configuration)
  if (lost) return { ...lost, under: ledgerPrefix }
  const lostPeople = await findLossOf(objects, people, before.people ?? neverCounted, configuration)
  return lostPeople && { ...lostPeople, under: peopleLedgerPrefixes.join(' and ') }
}

async function findLossOf(
  objects: ObjectStore,
  part: Part,
  before: LedgerCount,
  configuration: Pick<Configuration, 'brake'>,
) {
  const { all, lacking } = await part.findLacking(objects, before, { isAllKnown: false })
  const of = Math.max(before.settled, all) + lacking
  const goneAfter = (ended: number) => Math.max(0, before.settled - all - ended) + lacking
  if (!isMassLoss(goneAfter(0), of, configuration)) return undefined
  const gone = goneAfter(all < before.settled ? await part.countEnded(objects, before) : 0)
  return isMassLoss(gone, of, configuration) ? { gone, of } : undefined
}
