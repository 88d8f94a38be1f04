import pLimit from 'p-limit'
import {
  type AssignmentKey,
  assignmentOf,
  parseAssignmentName,
  renderAssignmentKey,
} from '../../domain/assignments/assignment.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import {
  type HadAccess,
  joinHad,
  type LeaverReport,
  leaverReport,
  leaverReportKey,
} from '../../domain/people/leaver-report.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readForeign } from '../records/foreign-assignments.ts'
import { historyFolder, isEnd, parseEvent, readHistoryEvent } from '../records/history.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { listChanges } from '../records/tell-event.ts'
import type { FoundHoldings } from './find-holdings.ts'

const readsAtOnce = 16

type Reporting = Pick<LeaverReport, 'user' | 'name' | 'suspendedAt' | 'by' | 'reason' | 'ticket'>

/** Writes down what the person had and has. `at`: by S3's clock. Safe to repeat. */
export async function reportLeaver(
  about: Reporting,
  holdings: FoundHoldings,
  at: Date,
  objects: ObjectStore,
): Promise<void> {
  const now = [...(await readOwn(holdings, objects)), ...holdings.throughGroups.map(tellThroughGroup)]
  const ended = await readEnded(about, objects)
  await reportOf(objects, about).revise((known) => ({
    v: 1,
    ...about,
    access: [...joinHad(known?.access ?? [], { now, ended, at: renderInstant(at) })],
  }))
}

/** The file is gone: what links still ask for is given back, and the report tells until when. */
export async function endReport(
  objects: ObjectStore,
  about: Pick<LeaverReport, 'name' | 'suspendedAt'>,
  restoredAt: string,
): Promise<void> {
  await reportOf(objects, about).revise((known) => known && { ...known, restoredAt })
}

function reportOf(objects: ObjectStore, about: Pick<LeaverReport, 'name' | 'suspendedAt'>) {
  return new JsonRecord(objects, leaverReportKey(about), leaverReport)
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

function tellThroughGroup({ key, group, isForeign }: FoundHoldings['throughGroups'][number]): HadAccess {
  return { ...toHad(key), givenBy: isForeign ? 'others' : 'ssofile', group, links: [] }
}

/** What ended since then, also before anybody looked at the file: `changes/` has it by the name of then, history the rest. */
async function readEnded({ user, name, suspendedAt }: Reporting, objects: ObjectStore): Promise<readonly HadAccess[]> {
  const found: HadAccess[] = []
  for await (const { event, at, name: subject } of listChanges(objects, suspendedAt.slice(0, 10))) {
    if (event !== 'revoked' || at < suspendedAt) continue
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
