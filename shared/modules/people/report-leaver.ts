import pLimit from 'p-limit'
import {
  type AssignmentKey,
  assignmentOf,
  parseAssignmentName,
  renderAssignmentKey,
} from '../../domain/assignments/assignment.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { EntryCopies } from '../../reconcile/records/entry-copies.ts'
import { readForeign } from '../../reconcile/records/foreign-assignments.ts'
import { historyFolder, isEnd, parseEvent, readHistoryEvent } from '../../reconcile/records/history.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { ledgerKey } from '../../reconcile/records/ledger.ts'
import { calledBeforeMs } from '../../reconcile/records/ledger-count.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'
import type { FoundHoldings } from './find-holdings.ts'
import {
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

/** Writes a report of the access that the person had and has. `at`: by S3's clock. Safe to repeat. */
export async function reportLeaver(
  about: Reporting,
  holdings: FoundHoldings,
  at: Date,
  objects: ObjectStore,
): Promise<void> {
  const report = await reportOf(objects, about)
  const { access: before = [], lookedAt } = (await spoiledAsAbsent(report.read()))?.value ?? {}
  const through = await readThroughGroups(holdings, before, objects)
  // Access through a group that cannot be read now has not ended.
  const isThere = ({ access }: HadAccess) => through.some((one) => one.access === access)
  const unread = holdings.unread === undefined ? [] : before.filter((one) => one.group !== undefined && !isThere(one))
  const now = [...(await readOwn(holdings, objects)), ...through, ...unread.filter(({ endedAt }) => !endedAt)]
  const ended = await readEnded(about, lookedAt, objects)
  const isRecent = lookedAt !== undefined && at.getTime() - Date.parse(lookedAt) < lookedMs
  await report.revise((known) => ({
    v: 1,
    ...about,
    lookedAt: isRecent ? lookedAt : renderInstant(at),
    access: [...joinHad(known?.access ?? [], { now, ended, at: renderInstant(at) })],
  }))
}

/** The file is gone: records until when the person was suspended. Links that still ask for access grant it again. */
export async function endReport(
  objects: ObjectStore,
  about: Pick<LeaverReport, 'name' | 'suspendedAt'>,
  restoredAt: string,
): Promise<void> {
  await (await reportOf(objects, about)).revise((known) => known && { ...known, restoredAt })
}

/** A second suspension on the same day gets its own report. */
async function reportOf(objects: ObjectStore, about: Pick<LeaverReport, 'name' | 'suspendedAt'>) {
  const first = new JsonRecord(objects, leaverReportKey(about), leaverReport)
  const known = (await spoiledAsAbsent(first.read()))?.value
  const isIts = known === undefined || known.suspendedAt === about.suspendedAt
  return isIts ? first : new JsonRecord(objects, laterLeaverReportKey(about), leaverReport)
}

async function readOwn({ ours, entries, foreign }: FoundHoldings, objects: ObjectStore): Promise<readonly HadAccess[]> {
  const tellOurs = (key: AssignmentKey): HadAccess => {
    const { grantedAt: since, links = [] } = entries.get(key) ?? {}
    return { ...toHad(key), givenBy: 'ssofile', since, links: links.map((link) => link.key) }
  }
  const readOthers = async (key: AssignmentKey): Promise<HadAccess> => ({
    ...toHad(key),
    givenBy: 'others',
    since: (await spoiledAsAbsent(readForeign(objects, key)))?.seenAt,
    links: [],
  })
  return [...ours.map(tellOurs), ...(await pLimit(readsAtOnce).map(foreign, readOthers))]
}

/**
 * Reads the record of each access once: the report keeps its beginning and its links. There may be 100,000, so most are read from copies. Of
 * access from others it tells no beginning, because it has no copies.
 */
async function readThroughGroups(
  { throughGroups }: FoundHoldings,
  known: readonly HadAccess[],
  objects: ObjectStore,
): Promise<readonly HadAccess[]> {
  const copies = new EntryCopies(objects)
  const told = new Map(known.map((one) => [one.access, one]))
  return pLimit(readsAtOnce).map(throughGroups, async ({ key, group, isForeign, etag }): Promise<HadAccess> => {
    const had = { ...toHad(key), group }
    const before = told.get(key)
    if (before?.since !== undefined && before.endedAt === undefined) return before
    if (isForeign) return { ...had, givenBy: 'others', links: [] }
    const { grantedAt: since, links = [] } = (await spoiledAsAbsent(copies.read({ key: ledgerKey(key), etag }))) ?? {}
    return { ...had, givenBy: 'ssofile', since, links: links.map((link) => link.key) }
  })
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
    for await (const head of objects.list(`${historyFolder(key)}${at}%`))
      for (const listed of parseEvent(head)) {
        const told = isEnd(listed.event) ? await readHistoryEvent(objects, listed) : undefined
        if (told === undefined) continue
        const links = told.links.map((link) => link.key)
        found.push({ ...toHad(key), givenBy: 'ssofile', since: told.grantedAt, links, endedAt: told.confirmedAt })
      }
  }
  return found
}

function toHad(key: AssignmentKey): Pick<HadAccess, 'access' | 'account' | 'permissionSet'> {
  const { accountId: account, permissionSet } = assignmentOf(key)
  return { access: key, account, permissionSet }
}
