import type { AssignmentId } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupPrefix } from '../../domain/files/group-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { linkPrefix, temporaryPrefix } from '../../domain/links/link.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import { renderCsv } from '../../domain/text/render-csv.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { People } from '../../reconcile/directory/people.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { listOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { PrincipalNames } from '../../reconcile/records/principal-names.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { isKnownEmpty, readLink } from '../../reconcile/records/read-link.ts'
import { readPermissionSetFile } from '../../reconcile/records/read-permission-set-file.ts'
import type { SuspensionOf } from '../access/read-suspensions.ts'
import { unlessRefused } from '../access/unless-refused.ts'
import type { Figure, PageAttention } from '../access-page/rules/page-data.ts'
import { measureLifecycle } from './measure-lifecycle.ts'
import { type ReportTally, reportsPrefix } from './report-summary.ts'
import { judgeOwner } from './rules/judge-owner.ts'
import {
  describeLifecycle,
  type LifecycleSummary,
  lifecycleSummary,
  renderPassages,
  summarizeTimes,
} from './rules/lifecycle.ts'

/** A month's report is written again for this many days after its end, so that people who left on its last day count. */
const againDays = 7

type PeopleSources = {
  readonly tally: Pick<ReportTally, 'holders' | 'hasUnknownHolders'>
  readonly unreadOurs: readonly AssignmentId[]
  readonly people: People
  readonly suspensionOf: SuspensionOf
  readonly configuration: Configuration
}

/**
 * Writes inputs whose owner is gone (`orphans.csv`), and how long people waited for access and kept it
 * (`reports/lifecycle/<month>.csv` and `.json`). Returns the content for the page. `tally` has
 * counted all rows of this report. `unreadOurs`: ledger entries that could not be read.
 */
export async function reportPeople(
  objects: ObjectStore,
  { madeAt, notes, ...context }: PeopleSources & { readonly madeAt: string; readonly notes: string[] },
): Promise<{
  readonly attention: readonly PageAttention[]
  readonly lifecycle: readonly Figure[]
  readonly hoursToAccess?: number | undefined
}> {
  const { owners, expired } = await readLinkTerms(objects, context.configuration)
  const asked = findOrphans(owners, objects, context)
  const orphans = await unlessRefused(asked, 'owners could not be compared with the directory', notes)
  await objects.put(`${reportsPrefix}${madeAt.slice(0, 10)}/orphans.csv`, Buffer.from(renderOrphans(orphans ?? [])))
  const mayHaveAccess = await findHolders(objects, context)
  const month = madeAt.slice(0, 7)
  const before = new Date(Date.parse(madeAt) - againDays * 24 * 60 * 60_000).toISOString().slice(0, 7)
  const months = new Set([before, month])
  const measuring = measureLifecycle(objects, { people: context.people, months, mayHaveAccess })
  const passages = await unlessRefused(measuring, 'joiners and leavers could not be named', notes)
  const attention = (orphans ?? []).map(tellOrphan)
  if (passages === undefined) return { attention, lifecycle: [] }
  const summaries = new Map<string, LifecycleSummary>()
  for (const one of months) {
    const of = passages.filter((passage) => passage.month === one)
    const [joined, left] = (['joined', 'left'] as const).map((what) =>
      summarizeTimes(of.filter((p) => p.what === what)),
    )
    const counts = { joined, left, orphans: orphans?.length, expired }
    const summary = lifecycleSummary.parse({ v: 1, month: one, madeAt, ...counts })
    await objects.put(`${reportsPrefix}lifecycle/${one}.csv`, Buffer.from(renderPassages(of)))
    await new JsonRecord(objects, `${reportsPrefix}lifecycle/${one}.json`, lifecycleSummary).overwrite(summary)
    summaries.set(one, summary)
  }
  const now = summaries.get(month)
  const seconds = now?.joined.p50
  const hoursToAccess = seconds === undefined ? undefined : Number((seconds / 3600).toFixed(2))
  return { attention, lifecycle: now ? describeLifecycle(now) : [], hoursToAccess }
}

/**
 * Whether this user may have access from ssofile: by a row of the report, by a membership, or by a ledger entry that could not be
 * read. If somebody's groups are not known, everybody may.
 */
async function findHolders(
  objects: ObjectStore,
  { tally, unreadOurs, people }: PeopleSources,
): Promise<(user: PrincipalId) => boolean> {
  const holders = new Set(tally.holders)
  let isAnybody = tally.hasUnknownHolders
  for await (const { user } of listOwnedMemberships(objects)) holders.add(user)
  for (const { type, principalId } of unreadOurs) {
    const read = type === 'USER' ? { is: [principalId] } : await unlessUnread(people.membersOf(principalId))
    if ('unread' in read) isAnybody = true
    else for (const user of read.is ?? []) holders.add(user)
  }
  return (user) => isAnybody || holders.has(user)
}

/** The owners of links, by key, and the number of expired links. Temporary access ends with its request. */
async function readLinkTerms(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'folders'>,
): Promise<{ readonly owners: ReadonlyMap<string, string>; readonly expired: number }> {
  const owners = new Map<string, string>()
  let expired = 0
  await forEachAtOnce((await listHeads(objects, linkPrefix)).values(), async (head) => {
    if (isKnownEmpty(head) || head.key.startsWith(temporaryPrefix)) return
    const reading = await readLink(objects, head.key, configuration)
    if (!('body' in reading)) return
    if (reading.state === 'expired') expired++
    if (reading.body.owner !== undefined) owners.set(head.key, reading.body.owner)
  })
  return { owners, expired }
}

/** A link, group or permission set whose owner has left. */
type Orphan = { readonly input: string; readonly owner: string; readonly why: string }

/** The inputs whose owner is a user who is gone, disabled or suspended, ascending. `owners`: by input, of links that grant. */
async function findOrphans(
  owners: ReadonlyMap<string, string>,
  objects: ObjectStore,
  { people, suspensionOf, configuration }: PeopleSources,
): Promise<readonly Orphan[]> {
  const all = new Map([...owners, ...(await readOwners(objects))])
  if (all.size === 0) return []
  const [users, groups, before] = await Promise.all([
    people.idsByName('USER'),
    people.idsByName('GROUP'),
    listNamesBefore(objects),
  ])
  const judged = new Map<string, string | undefined>()
  for (const owner of new Set(all.values())) {
    const name = principalName.safeParse(owner + configuration.principalSuffix).data
    const id = name && users.get(name)
    const user = id && (await people.find('USER', [id])).get(id)
    const known = user && { isDisabled: user.isDisabled === true, isSuspended: suspensionOf(id, name) !== undefined }
    const isGroup = name !== undefined && groups.has(name)
    judged.set(owner, judgeOwner(owner, { user: known, isGroup, wasUser: before.has(owner) }))
  }
  const found = [...all].flatMap(([input, owner]) => {
    const why = judged.get(owner)
    return why === undefined ? [] : [{ input, owner, why }]
  })
  return found.sort((a, b) => (a.input < b.input ? -1 : 1))
}

function renderOrphans(orphans: readonly Orphan[]): string {
  return renderCsv([['input', 'owner', 'why'], ...orphans.map(({ input, owner, why }) => [input, owner, why])])
}

/** An entry on the page only: it revokes nothing. */
function tellOrphan({ input, owner, why }: Orphan): PageAttention {
  return {
    input,
    state: 'orphaned',
    reason: `its owner is '${quote(owner)}', and ${why}`,
    remedy: 'upload it again with another owner; ssofile revokes nothing because of this',
  }
}

/** The owners in the files of groups and permission sets. */
async function readOwners(objects: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>()
  await forEachAtOnce((await listHeads(objects, groupPrefix)).keys(), async (key) => {
    const file = (await readParsedInput(objects, key, kinds.group))?.file
    if (file?.ok && file.value.owner !== undefined) owners.set(key, file.value.owner)
  })
  await forEachAtOnce((await listHeads(objects, permissionSetPrefix)).keys(), async (key) => {
    const file = (await readPermissionSetFile(objects, key))?.file
    if (file?.ok && file.value.owner !== undefined) owners.set(key, file.value.owner)
  })
  return owners
}

/** Users in the bucket by name: with access, or a file that suspends them. */
async function listNamesBefore(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for await (const { type, name } of new PrincipalNames(objects).list()) if (type === 'USER') names.add(name)
  for (const key of (await listHeads(objects, suspensionPrefix)).keys()) names.add(key.slice(suspensionPrefix.length))
  return names
}
