import pLimit from 'p-limit'
import {
  type AssignmentKey,
  assignmentOf,
  parseAssignmentName,
  renderAssignmentKey,
} from '../../domain/assignments/assignment.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { EntryCopies } from '../../reconcile/records/entry-copies.ts'
import { forEachKnown, readForeign } from '../../reconcile/records/foreign-assignments.ts'
import { historyFolder, isEnd, parseEvent, readHistoryEvent } from '../../reconcile/records/history.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { ledgerKey } from '../../reconcile/records/ledger.ts'
import { calledBeforeMs } from '../../reconcile/records/ledger-count.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'
import type { FoundHoldings } from './find-holdings.ts'
import {
  addHad,
  type HadAccess,
  joinHad,
  type LeaverReport,
  laterLeaverReportKey,
  leaverReport,
  leaverReportKey,
} from './rules/leaver-report.ts'

/** After this time a look is recorded. Then looks read few changes, and do not write the report of 100,000 accesses each hour. */
const lookedMs = 6 * 60 * 60_000

type Reporting = Pick<LeaverReport, 'user' | 'name' | 'suspendedAt' | 'by' | 'reason' | 'ticket'>

/**
 * Adds to the report what `holdings` knows. Reads no record of an access, so it hardly delays the revocations. Call it before the
 * memberships end: afterwards nothing says through which groups the person had access. Safe to repeat. Returns how many accesses
 * of the person's own ssofile had given.
 */
export async function beginReport(about: Reporting, holdings: FoundHoldings, objects: ObjectStore): Promise<number> {
  const { foreign, throughGroups } = holdings
  const there: readonly HadAccess[] = [
    ...tellOurs(holdings),
    ...foreign.map((key): HadAccess => ({ ...toHad(key), givenBy: 'others', links: [] })),
    ...throughGroups.map(toHadThroughGroup),
  ]
  const { report, stored } = await reportOf(objects, about)
  const begun = (known: LeaverReport | undefined) => addHad(known?.access ?? [], there)
  await report.revise((known) => ({ ...known, v: 1, ...about, access: [...begun(known)] }), { stored })
  return begun(stored?.value).filter(({ givenBy, group }) => givenBy === 'ssofile' && group === undefined).length
}

/** Writes a report of the access that the person had and has. `at`: by S3's clock. Safe to repeat. */
export async function reportLeaver(about: Reporting, holdings: FoundHoldings, at: Date, objects: ObjectStore) {
  const { report, stored } = await reportOf(objects, about)
  const { access: before = [], lookedAt, restoredAt } = stored?.value ?? {}
  const through = await readThroughGroups(holdings, before, objects)
  const there = new Set(through.map(({ access }) => access))
  const gone = before.filter(({ access, group, endedAt }) => group !== undefined && !endedAt && !there.has(access))
  const details = await readDetails(gone, about, objects)
  // Access through a group that cannot be read now has not ended.
  const unread = holdings.unread === undefined ? [] : gone.map((one) => details.get(one.access) ?? one)
  const now = [...(await readOwn(holdings, objects)), ...through, ...unread.filter(({ endedAt }) => !endedAt)]
  const ended = await readEnded(about, lookedAt, objects)
  const isRecent = lookedAt !== undefined && at.getTime() - Date.parse(lookedAt) < lookedMs
  await report.revise((known) => ({
    v: 1,
    ...about,
    // Somebody may delete the file while this look reads.
    ...(known?.restoredAt !== restoredAt && { restoredAt: known?.restoredAt }),
    lookedAt: isRecent ? lookedAt : renderInstant(at),
    access: [...joinHad([...(known?.access ?? []), ...details.values()], { now, ended, at: renderInstant(at) })],
  }))
}

/** The file is gone: records until when the person was suspended. Links that still ask for access grant it again. */
export async function endReport(
  objects: ObjectStore,
  about: Pick<LeaverReport, 'name' | 'suspendedAt'>,
  restoredAt: string,
): Promise<void> {
  const { report } = await reportOf(objects, about)
  await report.revise((known) => known && { ...known, restoredAt })
}

/** A second suspension on the same day gets its own report. */
async function reportOf(objects: ObjectStore, about: Pick<LeaverReport, 'name' | 'suspendedAt'>) {
  const first = new JsonRecord(objects, leaverReportKey(about), leaverReport)
  const stored = await spoiledAsAbsent(first.read())
  if (stored === undefined || stored.value.suspendedAt === about.suspendedAt) return { report: first, stored }
  const later = new JsonRecord(objects, laterLeaverReportKey(about), leaverReport)
  return { report: later, stored: await spoiledAsAbsent(later.read()) }
}

async function readOwn(holdings: FoundHoldings, objects: ObjectStore): Promise<readonly HadAccess[]> {
  const readOthers = async (key: AssignmentKey): Promise<HadAccess> => ({
    ...toHad(key),
    givenBy: 'others',
    since: (await spoiledAsAbsent(readForeign(objects, key)))?.seenAt,
    links: [],
  })
  return [...tellOurs(holdings), ...(await pLimit(readsAtOnce).map(holdings.foreign, readOthers))]
}

function tellOurs({ ours, entries }: Pick<FoundHoldings, 'ours' | 'entries'>): readonly HadAccess[] {
  return ours.map((key) => {
    const { grantedAt: since, links = [] } = entries.get(key) ?? {}
    return { ...toHad(key), givenBy: 'ssofile', since, links: links.map((link) => link.key) }
  })
}

/**
 * Reads the record of each access once: the report keeps its beginning and its links. There may be 100,000, so most are read from copies. Of
 * access from others it tells no beginning, because it has no copies.
 */
async function readThroughGroups(
  { throughGroups }: Pick<FoundHoldings, 'throughGroups'>,
  known: readonly HadAccess[],
  objects: ObjectStore,
): Promise<readonly HadAccess[]> {
  const copies = new EntryCopies(objects)
  const told = new Map(known.map((one) => [one.access, one]))
  return pLimit(readsAtOnce).map(throughGroups, async (one): Promise<HadAccess> => {
    const { key, isForeign, etag } = one
    const had = toHadThroughGroup(one)
    const before = told.get(key)
    if (before?.since !== undefined && before.endedAt === undefined) return before
    if (isForeign) return had
    const { grantedAt: since, links = [] } = (await spoiledAsAbsent(copies.read({ key: ledgerKey(key), etag }))) ?? {}
    return { ...had, since, links: links.map((link) => link.key) }
  })
}

/**
 * Beginning and links of access through groups that the person has left, and of which the report has the key only: an earlier look began
 * the report and could not complete it. The group usually still has the access; otherwise history has its end.
 */
async function readDetails(
  gone: readonly HadAccess[],
  { suspendedAt }: Pick<Reporting, 'suspendedAt'>,
  objects: ObjectStore,
): Promise<ReadonlyMap<AssignmentKey, HadAccess>> {
  const lacking = gone.filter(({ givenBy, since }) => givenBy === 'ssofile' && since === undefined)
  const details = new Map<AssignmentKey, HadAccess>()
  if (lacking.length === 0) return details
  const groupOf = new Map(lacking.map(({ access, group }) => [access, group]))
  const throughGroups: FoundHoldings['throughGroups'][number][] = []
  await forEachKnown(objects, ({ key, isForeign, etag }) => {
    const group = groupOf.get(key)
    if (group !== undefined && !isForeign) throughGroups.push({ key, group, isForeign, etag })
  })
  throughGroups.sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const one of await readThroughGroups({ throughGroups }, [], objects)) details.set(one.access, one)
  await pLimit(readsAtOnce).map(lacking, async ({ access, group }) => {
    if (details.has(access)) return
    const [end] = await readEnds(access, { after: suspendedAt }, objects)
    if (end !== undefined) details.set(access, { ...end, group })
  })
  return details
}

/**
 * Access that ended since the suspension, even before anyone looked at the file, or since the last look: found in `changes/` by the
 * person's name at that time, with details from history.
 */
async function readEnded(
  { user, name, suspendedAt }: Reporting,
  lookedAt: string | undefined,
  objects: ObjectStore,
): Promise<readonly HadAccess[]> {
  const found: HadAccess[] = []
  const begin = lookedAt && renderInstant(new Date(Date.parse(lookedAt) - calledBeforeMs))
  const since = begin === undefined || begin < suspendedAt ? suspendedAt : begin
  for await (const { event, at, name: subject } of listChanges(objects, since)) {
    if (event !== 'revoked') continue
    const assignment = parseAssignmentName(subject)
    if (assignment?.type !== 'USER' || assignment.principal !== renderNameInKey(name)) continue
    const key = renderAssignmentKey({ ...assignment, principalId: user })
    found.push(...(await readEnds(key, { at }, objects)))
  }
  return found
}

/** The ends of one access in history: at this instant, or after it. */
async function readEnds(
  key: AssignmentKey,
  when: { readonly at: string } | { readonly after: string },
  objects: ObjectStore,
): Promise<readonly HadAccess[]> {
  const folder = historyFolder(key)
  const heads =
    'at' in when ? objects.list(`${folder}${when.at}%`) : objects.list(folder, { startAfter: `${folder}${when.after}` })
  const found: HadAccess[] = []
  for await (const head of heads)
    for (const listed of parseEvent(head)) {
      const told = isEnd(listed.event) ? await readHistoryEvent(objects, listed) : undefined
      if (told === undefined) continue
      const links = told.links.map((link) => link.key)
      found.push({ ...toHad(key), givenBy: 'ssofile', since: told.grantedAt, links, endedAt: told.confirmedAt })
    }
  return found
}

function toHad(key: AssignmentKey): Pick<HadAccess, 'access' | 'account' | 'permissionSet'> {
  const { accountId: account, permissionSet } = assignmentOf(key)
  return { access: key, account, permissionSet }
}

function toHadThroughGroup({ key, group, isForeign }: FoundHoldings['throughGroups'][number]): HadAccess {
  return { ...toHad(key), group, givenBy: isForeign ? 'others' : 'ssofile', links: [] }
}
