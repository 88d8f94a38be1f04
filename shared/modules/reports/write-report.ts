import * as z from 'zod'
import type { AssignmentId } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { BreakGlass } from '../../domain/files/break-glass-file.ts'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { ownedMembershipKey } from '../../domain/principals/owned-membership.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { renderCsv, type TableColumn } from '../../domain/text/render-csv.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Page } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'
import { unreadMembers } from '../../reconcile/directory/nights-of-groups.ts'
import { People } from '../../reconcile/directory/people.ts'
import { readDriftRun } from '../../reconcile/drift/drift-run.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { UnitNames } from '../../reconcile/organization/unit-names.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { ObjectWriter } from '../../reconcile/records/object-writer.ts'
import { MadeMemberships } from '../../reconcile/records/owned-groups.ts'
import { readLedgerState } from '../../reconcile/records/pause.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'
import { describePage } from '../access/describe-page.ts'
import type { HeldAccess } from '../access/expand-access.ts'
import { type AccessPart, expandParts } from '../access/expand-parts.ts'
import { anybody } from '../access/find-subject.ts'
import { describeViolations, findViolations } from '../access/find-violations.ts'
import { listRecordedAccess } from '../access/list-recorded-access.ts'
import { mergeAccess } from '../access/merge-access.ts'
import { readSuspensions } from '../access/read-suspensions.ts'
import { accessColumns } from '../access/render-access-rows.ts'
import { notConfigured, RoleUses } from '../access/role-uses.ts'
import { unlessRefused } from '../access/unless-refused.ts'
import { ageOf, type WhoSources } from '../access/who-has-access.ts'
import { renderAccessPage } from '../access-page/rules/render-access-page.ts'
import { compareBreakGlass } from '../break-glass/compare-break-glass.ts'
import { listDrills } from '../break-glass/list-drills.ts'
import { type BreakGlassFinding, breakGlassFinding } from '../break-glass/rules/judge-break-glass.ts'
import { findUnknownUses, notKnown } from '../usage/find-unknown-uses.ts'
import { keyOf } from '../usage/rules/person-uses.ts'
import { listLastUses, readWatched, usagePrefix } from '../usage/use-records.ts'
import { reportApplications } from './report-applications.ts'
import { reportPeople } from './report-people.ts'
import {
  type ReportSummary,
  ReportTally,
  readSummaryBefore,
  reportsPrefix,
  subtractCounts,
  summaryRecord,
} from './report-summary.ts'
import { TableWriter } from './table-writer.ts'

type ReportPorts = Pick<
  Ports,
  | 'objects'
  | 'ssoAdmin'
  | 'metrics'
  | 'identityStore'
  | 'organizations'
  | 'auditor'
  | 'breakGlass'
  | 'clock'
  | 'randomness'
  | 'log'
>

/**
 * The function has a quarter of an hour. Two parts ask in each account: break-glass, then the use of roles. Each asks no further account
 * after this time of the run, so the rest has its time.
 */
const [breakGlassUntilMs, roleUsesUntilMs] = [4 * 60_000, 10 * 60_000]

const notAsked = { asked: false, why: 'a report reads only the bucket' } as const

/**
 * Writes who has access now, under the date: `access.csv` and `index.html`, the memberships of expanded groups in `groups.csv`,
 * both tables also as Parquet, inputs whose owner is gone in `orphans.csv`, the times of joiners and leavers in `reports/lifecycle/`,
 * last uses for auditors in `usage/report.csv`, and last of all `summary.json`.
 *
 * Reads the bucket; asks only the directory, for names and members: a call for 100 users or groups, and one or more for each
 * group with access, at three quarters of AWS's rate for each operation. A run that was cut off continues with the remaining
 * groups. If an auditor's role is configured, IAM in each account says when roles were last used, and break-glass is checked by
 * the present definitions (`break-glass.csv`). The report is never in memory as a whole. Written again, it shows the later
 * state.
 */
export async function writeReport(
  ports: ReportPorts,
  configuration: Configuration,
  partSize?: number,
): Promise<ReportSummary> {
  const { objects, clock } = ports
  const beganMs = clock.monotonicMs()
  const madeAt = renderInstant(clock.now())
  const date = madeAt.slice(0, 10)
  const notes: string[] = []
  const calls: Record<string, number> = {}
  const identityStore = wrapPort(ports.identityStore, (operation, call) => {
    calls[operation] = (calls[operation] ?? 0) + 1
    return call()
  })
  const kept = new KeptMemberships(objects, date)
  await kept.read()
  const directory = kept.of(patientIdentityStore({ ...ports, identityStore }))
  const people = new People(directory)
  const made = new MadeMemberships(objects)
  const [organization, sources] = await readSources(ports, configuration, madeAt)
  // List all names first. Otherwise each account would look up a few names one by one.
  const names = Promise.all([people.listNames('USER'), people.listNames('GROUP')])
  await unlessRefused(names, 'the names of users and groups could not be listed', notes)
  const accounts = new Map(organization?.accounts.map((account) => [account.id, account]))
  const unitNames = await new UnitNames(ports).stored()
  const suspensionOf = await readSuspensions(ports, configuration)
  notes.push(...describeViolations(await findViolations({ ...ports, identityStore: directory }, configuration)))
  const untilMs = beganMs + breakGlassUntilMs
  const breakGlass = await tellBreakGlass({ ...ports, identityStore: directory }, configuration, untilMs)
  if (breakGlass) await objects.put(`${reportsPrefix}${date}/break-glass.csv`, Buffer.from(breakGlass.csv))
  notes.push(...(breakGlass?.notes ?? []), ...(await reportApplications(ports)))
  const described = await describePage({ sources, notes }, ports)
  const uses = new RoleUses(ports, configuration, beganMs + roleUsesUntilMs - clock.monotonicMs())
  const tally = new ReportTally({ ...described, isUseAsked: configuration.auditorRole !== '' })
  const unreadOurs: AssignmentId[] = []
  const folder = `${reportsPrefix}${date}/`
  const page = new ObjectWriter(objects, `${folder}index.html`)
  const table = await TableWriter.begin(objects, `${folder}access`, accessColumns)
  async function* rows(): AsyncGenerator<readonly HeldAccess[]> {
    const context = { people, subject: anybody, made, accounts, unitNames, suspensionOf, notes }
    const told = { ports, uses, hasUploaders: true }
    const parts = readParts(objects, { notes, unreadOurs, partSize })
    for await (const held of expandParts(parts, told, async () => context)) {
      await table.write(held.rows)
      tally.add(held)
      yield held.rows
    }
    notes.push(...uses.notes)
  }
  const facts = async () => {
    const ofPeople = { madeAt, tally, unreadOurs, people, suspensionOf, configuration, notes }
    const { attention, lifecycle, hoursToAccess } = await reportPeople(objects, ofPeople)
    tally.hoursToAccess = hoursToAccess
    return { ...described, attention: [...described.attention, ...attention], lifecycle }
  }
  for await (const piece of renderAccessPage({ madeAt, rows: rows(), facts })) await page.write(piece)
  await table.end()
  await page.end()
  const groups = await TableWriter.begin(objects, `${folder}groups`, groupColumns)
  await writeGroups(groups, tally.groups, { people, made })
  if (configuration.usageDays > 0) await reportUses(ports, people)
  const before = await readSummaryBefore(objects, date)
  const changes: Record<string, number> = {}
  for await (const { event, at } of listChanges(objects, before?.date ?? date))
    if (at > (before?.madeAt ?? '')) changes[event] = (changes[event] ?? 0) + 1
  const { counts } = tally
  const difference = before && { date: before.date, difference: subtractCounts(counts, before.counts) }
  const told = described.sources.map(([name, text]): [string, string] => [name, text])
  const summary: ReportSummary = {
    v: 1,
    date,
    madeAt,
    counts,
    calls,
    before: difference,
    changes,
    sources: told,
    notes,
  }
  await summaryRecord(objects, date).overwrite(summary)
  await kept.forget()
  return summary
}

async function* readParts(
  objects: ObjectStore,
  found: { readonly notes: string[]; readonly unreadOurs: AssignmentId[]; readonly partSize: number | undefined },
): AsyncGenerator<AccessPart> {
  for await (const part of listRecordedAccess(objects, {}, undefined, found.partSize)) {
    for (const note of part.spoiled) found.notes.push(note)
    for (const id of part.unreadOurs) found.unreadOurs.push(id)
    yield { access: [...mergeAccess(part.accesses, notAsked, new Map()), ...part.entitlements] }
  }
}

async function readSources(ports: ReportPorts, { folders, auditorRole }: Configuration, bucketReadAt: string) {
  const [organization, drift] = await Promise.all([
    new OrganizationCache(ports, folders).storedView(),
    readDriftRun(ports.objects),
  ])
  const sources: WhoSources = {
    bucketReadAt,
    ledger: await readLedgerState(ports.objects, bucketReadAt),
    driftCheck: ageOf(drift),
    organizationReadAt: organization?.readAt,
    identityCenter: { why: notAsked.why },
    roleUse: auditorRole === '' ? { why: notConfigured } : { asOf: bucketReadAt },
  }
  return [organization, sources] as const
}

type GroupRow = readonly [group: string, groupId: string, person: string, personId: string, files: string]

export const groupColumns: readonly TableColumn<GroupRow>[] = [
  { title: 'group', text: ([group]) => group },
  { title: 'group id', text: ([, groupId]) => groupId },
  { title: 'person', text: ([, , person]) => person },
  { title: 'person id', text: ([, , , personId]) => personId },
  { title: 'membership files', text: ([, , , , files]) => files },
]

/** The memberships of expanded groups, read once. A group without members, or with unknown ones, has one line. */
async function writeGroups(
  writer: TableWriter<GroupRow>,
  groups: ReadonlyMap<string, string>,
  { people, made }: { readonly people: People; readonly made: MadeMemberships },
): Promise<void> {
  const byName = [...groups].sort(([a, one], [b, other]) => (`${one} ${a}` < `${other} ${b}` ? -1 : 1))
  for (const [id, name] of byName) {
    const group = principalId.parse(id)
    const read = await unlessUnread(people.membersOf(group))
    const members = ('is' in read ? read.is : undefined) ?? []
    const nobody = 'unread' in read ? unreadMembers : ''
    const known = await made.of(members.map((user) => ({ group, user })))
    const filesOf = (user: PrincipalId) => known.get(ownedMembershipKey({ group, user }))?.files.join(' ; ') ?? ''
    const names = await people.namesOf('USER', members)
    const rows = members.map((member): GroupRow => [name, id, names.get(member) ?? '', member, filesOf(member)])
    rows.sort(([, , a, one], [, , b, other]) => (`${a} ${one}` < `${b} ${other}` ? -1 : 1))
    await writer.write(rows.length === 0 ? [[name, id, nobody, '', '']] : rows)
  }
  await writer.end()
}

export const keptMembers = definePlace({
  at: 'state/report/',
  meaning: 'the members of groups that the report of this day has read',
  source: { is: 'progress', of: 'the report' },
})

/** A minute of AWS's rate. At most this many groups are read twice. */
const groupsOfPart = 1_000

const part = record({ v: z.literal(1), members: z.record(z.string(), z.array(principalId)) })
type Members = Map<string, readonly PrincipalId[]>

/**
 * The members of groups that today's report has read so far. If a function runs out of time, Lambda runs it again, and it reads only the
 * rest. So it completely reads a directory of any size.
 */
export class KeptMemberships {
  readonly #objects: ObjectStore
  readonly #folder: string
  readonly #known: Members = new Map()
  #fresh: Members = new Map()
  #parts = 0

  constructor(objects: ObjectStore, date: string) {
    this.#objects = objects
    this.#folder = `${keptMembers.at}${date}/`
  }

  /** The members from an earlier run of this day. */
  async read(): Promise<void> {
    for await (const { key } of this.#objects.list(this.#folder)) {
      this.#parts++
      const stored = await spoiledAsAbsent(new JsonRecord(this.#objects, key, part).read())
      for (const [id, members] of Object.entries(stored?.value.members ?? {})) this.#known.set(id, members)
    }
  }

  /** The identity store, asked only about unknown groups. */
  of(inner: IdentityStore): IdentityStore {
    const begun = new Map<string, PrincipalId[]>()
    const listMembersOf = async (groupId: PrincipalId, token?: string): Promise<Page<PrincipalId>> => {
      const known = this.#known.get(groupId)
      if (known) return { items: known, nextToken: undefined }
      const page = await inner.listMembersOf(groupId, token)
      const members = [...(token === undefined ? [] : (begun.get(groupId) ?? [])), ...page.items]
      if (page.nextToken !== undefined) begun.set(groupId, members)
      else if (begun.delete(groupId) || token === undefined) await this.#keep(groupId, members)
      return page
    }
    return wrapPort(inner, (_, call) => call(), { listMembersOf })
  }

  /** Call it when the report is written. */
  async forget(): Promise<void> {
    for await (const { key } of this.#objects.list(keptMembers.at)) await this.#objects.delete(key)
  }

  async #keep(groupId: PrincipalId, members: readonly PrincipalId[]): Promise<void> {
    this.#fresh.set(groupId, members)
    if (this.#fresh.size < groupsOfPart) return
    const kept = Object.fromEntries([...this.#fresh].map(([id, all]) => [id, [...all]]))
    this.#fresh = new Map()
    const key = `${this.#folder}${String(++this.#parts).padStart(6, '0')}.json`
    await new JsonRecord(this.#objects, key, part).overwrite({ v: 1, members: kept })
  }
}

/** Findings have statuses, like inputs: `break-glass/<definition>/<check>/<subject>`. */
const findingPrefix = 'break-glass/'
/** The most notes on the page, and the most statuses; the table has everything. */
const [notesMost, statusesMost] = [20, 200]

type Row = BreakGlassFinding & { readonly definition: string; readonly input: string }
type CheckPorts = Pick<
  Ports,
  'objects' | 'identityStore' | 'organizations' | 'clock' | 'breakGlass' | 'randomness' | 'log'
>

/**
 * Checks break-glass by the deployment's definitions, in each account through the auditor's role. Each finding for a person has
 * a status until it is gone, so it is under `attention/` and is reported. Returns the table and the notes.
 */
async function tellBreakGlass(
  ports: CheckPorts,
  configuration: Configuration,
  untilMs: number,
): Promise<{ readonly csv: string; readonly notes: readonly string[] } | undefined> {
  const definitions = ports.breakGlass?.definitions() ?? []
  const rows = (await Promise.all(definitions.map((one) => check(one, { ports, configuration, untilMs })))).flat()
  await tell(ports, rows)
  if (definitions.length === 0) return undefined
  const wrong = rows.filter(({ level }) => level !== 'ok')
  const lines = wrong.slice(0, notesMost).map(({ definition, told }) => `break-glass ${definition}: ${told}`)
  const more = wrong.length > notesMost ? [`break-glass: ${wrong.length - notesMost} more in break-glass.csv`] : []
  const cells = rows.map((row) => [row.definition, row.check, row.level, row.told, row.remedy ?? ''])
  const csv = renderCsv([['definition', 'check', 'level', 'finding', 'what to do'], ...cells])
  return { csv, notes: [...lines, ...more] }
}

type CheckContext = { readonly ports: CheckPorts; readonly configuration: Configuration; readonly untilMs: number }

async function check(file: BreakGlass, { ports, configuration, untilMs }: CheckContext): Promise<readonly Row[]> {
  const { breakGlass, clock, objects, identityStore } = ports
  const prefix = `${findingPrefix}${file.name}/`
  const { auditorRole } = configuration
  // The function's role may assume only this role.
  if (breakGlass === undefined || auditorRole !== file.auditorRole) {
    const told = `not checked: the deployment has the auditor's role '${auditorRole}', the file '${file.auditorRole}'; run ssofile break-glass check --file infra/break-glass/${file.name}.json with your own credentials`
    const finding = breakGlassFinding('roles', { subject: '', level: 'skip', told })
    return [{ ...finding, isUnchecked: true, definition: file.name, input: prefix }]
  }
  const rows: Row[] = []
  const found = compareBreakGlass(file, {
    auditor: breakGlass.auditor,
    clock,
    accounts: async () => {
      const view = await new OrganizationCache(ports, configuration.folders).storedView()
      if (view === undefined) throw new Error('the organization has not been read yet')
      return view.accounts
    },
    isUser: async (name) => (await identityStore.findPrincipalId('USER', principalName.parse(name))) !== undefined,
    drills: () => listDrills(objects),
    untilMs,
  })
  for await (const finding of found)
    rows.push({
      ...finding,
      definition: file.name,
      input: `${prefix}${finding.check.replace('break-glass ', '')}/${finding.subject}`,
    })
  return rows
}

/** A check that could not ask keeps its former status. */
async function tell({ objects, clock }: Pick<Ports, 'objects' | 'clock'>, rows: readonly Row[]): Promise<void> {
  const statuses = new StatusStore(objects, clock)
  const unchecked = rows.filter(({ isUnchecked }) => isUnchecked).map(({ input }) => input)
  const wrong = rows.filter(({ level, isUnchecked }) => level !== 'ok' && !isUnchecked)
  const bySubject = [...Map.groupBy(wrong, ({ input }) => input)].slice(0, statusesMost)
  for (const [input, findings] of bySubject) {
    const reason = findings.map(({ told }) => told).join('; ')
    const remedy = [...new Set(findings.map((one) => one.remedy))].join('; ')
    await statuses.revise(input, async () => ({ state: 'failed', reason, remedy }))
  }
  const told = new Set(bySubject.map(([input]) => input))
  for (const key of (await listHeads(objects, statusPrefix + findingPrefix)).keys()) {
    const input = inputOfStatus(key)
    if (!told.has(input) && !unchecked.some((one) => input.startsWith(one)))
      await statuses.revise(input, async () => undefined)
  }
}

const titlesOfUses = [
  ...['person', 'person id', 'account', 'permission set', 'first use', 'last use', 'way', 'address', 'user agent'],
  ...['hours of use in 90 days', 'counted since', 'not counted', 'remark'],
]

/** Writes each last use of the people of today. Not under `reports/`: operators read that, and only auditors may see uses. */
async function reportUses(ports: Pick<Ports, 'objects' | 'clock'>, people: People): Promise<void> {
  const { since = '', gaps } = await readWatched(ports)
  const silence = gaps.map(({ from, to }) => `${from}/${to}`).join(' ; ')
  const writer = new ObjectWriter(ports.objects, `${usagePrefix}report.csv`)
  await writer.write(renderCsv([titlesOfUses]))
  const asked = new Map<string, boolean>()
  for await (const { uses } of listLastUses(ports)) {
    const unknown = await findUnknownUses(ports.objects, uses, asked)
    const names = await unlessUnread(people.namesOf('USER', new Set(uses.map(({ user }) => user))))
    const rows = uses.map((use) => {
      const { user, account, permissionSet, first, at, by, from = '', agent = '', hours90 } = use
      const name = ('is' in names && names.is.get(user)) || ''
      const remark = unknown.has(keyOf(use)) ? notKnown : ''
      return [name, user, account, permissionSet, first, at, by, from, agent, String(hours90), since, silence, remark]
    })
    await writer.write(renderCsv(rows))
  }
  await writer.end()
}
