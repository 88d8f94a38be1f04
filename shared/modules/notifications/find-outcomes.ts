import { createHash } from 'node:crypto'
import * as z from 'zod'
import { parseAssignmentName } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import {
  parseRequestKey,
  renderUploadName,
  requestPrefix,
  type UploadName,
  userInKey,
} from '../../domain/files/access-request.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import { foldersThatCount } from '../../domain/links/temporary-folder.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { renderScope } from '../../domain/scopes/scope.ts'
import { attentionStates, countFailed, type Status, status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { readDriftRun } from '../../reconcile/drift/drift-run.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { isAdministratorByFile } from '../../reconcile/records/read-permission-set-file.ts'
import { attentionPrefix, isTooLong, statusKey, statusPrefix } from '../../reconcile/records/status-store.ts'
import { type Stored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import {
  byHandEvents,
  type Change,
  changesByDate,
  parseChangeKey,
  readHand,
  readOwnerBeside,
  renderChangeKey,
} from '../../reconcile/records/tell-event.ts'
import { askedAt } from '../requests/request-history.ts'
import { historyOfReview } from '../reviews/review-records.ts'
import { describeRequestChange, type RequestChange, type RequestPorts } from './describe-request-change.ts'
import { inputsMost, type Outbox, overlapMs } from './outbox.ts'
import { type AdministratorReach, type InputOutcome, type Notification, toldStates } from './rules/notification.ts'

const dayMs = 24 * 60 * 60_000
/** A change is written before its details. A look between the two leaves the change to the next look, until it has this age. */
const detailsMostMs = 10 * 60_000
/** A change may be dated this long before its writing: its key has the instant of the call. */
const changesBackMs = { short: dayMs, whole: 7 * dayMs }
const textMost = 2_000

/**
 * An outcome that nobody has reported yet. `note` records the report in an outbox. `writtenAt`: when S3 took what says it, in ms.
 * `isAgain`: only the approvers do not know it yet.
 */
export type FoundOutcome = {
  readonly told: Notification
  readonly note: (outbox: Outbox) => void
  readonly writtenAt: number
  readonly isAgain?: true
}

type Look = RequestPorts & {
  readonly configuration: Pick<Configuration, 'folders' | 'notifications'>
  readonly outbox: Outbox
  /** A whole look lists every status. A short look finds the statuses that need attention by the index: usually two listings in all. */
  readonly isWhole: boolean
}

/** A written object that may say an outcome. `incomplete`: its details are not written yet. */
type Candidate = { readonly writtenAt: number; readonly read: () => Promise<readonly FoundOutcome[] | 'incomplete'> }

/** `open`: candidates that no look has answered yet. */
type FoundOutcomes = {
  readonly found: readonly FoundOutcome[]
  readonly open: readonly Pick<Candidate, 'writtenAt'>[]
  /** The number of statuses that a whole look listed. */
  readonly statuses?: number | undefined
}

/** How long one look reads. Its function has five minutes, for two looks with their listings and reports. */
const readingMostMs = 60_000
/** The outbox remembers as many inputs. */
const outcomesMost = inputsMost

/**
 * Outcomes since the last look that are not reported yet, in the order of their instants. Calls only S3, and changes nothing. It reads the
 * oldest first, and no more than fits into one look: the next look goes on from there.
 */
export async function findOutcomes(look: Look): Promise<FoundOutcomes> {
  const { clock, isWhole } = look
  const statuses = await listChangedStatuses(look)
  const changes = await listChanges(look)
  // Changes first: people decide about requests, and many are read by their key alone.
  const candidates = [...changes.candidates.sort(byTime), ...statuses.candidates.sort(byTime)]
  const found = [...changes.reach, ...(await findDrift(look))]
  const open: Candidate[] = []
  const beganMs = clock.monotonicMs()
  const rest = candidates.values()
  function* whileThereIsTime() {
    while (found.length < outcomesMost && clock.monotonicMs() - beganMs < readingMostMs) {
      const next = rest.next()
      if (next.done) return
      yield next.value
    }
  }
  await forEachAtOnce(whileThereIsTime(), async (candidate) => {
    const read = await candidate.read()
    if (read === 'incomplete') open.push(candidate)
    else found.push(...read)
  })
  // Not by spreading: there may be more than a call may have arguments.
  for (const candidate of rest) open.push(candidate)
  found.sort((a, b) => (a.told.at === b.told.at ? 0 : a.told.at < b.told.at ? -1 : 1))
  return { found, open, statuses: isWhole ? statuses.listed : undefined }
}

const byTime = (a: Candidate, b: Candidate) => a.writtenAt - b.writtenAt

function sinceOf({ outbox, isWhole }: Look): number {
  return Date.parse(isWhole ? outbox.wholeSince : outbox.since) - overlapMs
}

async function listChanges(look: Look) {
  const { objects, outbox, isWhole } = look
  const since = sinceOf(look)
  const from = renderInstant(new Date(since - changesBackMs[isWhole ? 'whole' : 'short'])).slice(0, 10)
  const recent: { readonly change: Change; readonly head: ObjectHead }[] = []
  const granted = new GrantedAccounts()
  for await (const head of objects.list(changesByDate.at, { startAfter: `${changesByDate.at}${from}` })) {
    const change = parseChangeKey(head.key)
    if (change) granted.add(change)
    if (change && head.lastModified.getTime() >= since) recent.push({ change, head })
  }
  const candidates = recent
    .filter(({ head }) => outbox.changes[idOf('change', head.key)] === undefined)
    .map(
      ({ change, head }): Candidate => ({
        writtenAt: head.lastModified.getTime(),
        read: () => readChange(change, head, look),
      }),
    )
  // Also if these changes are told: the event bus may have refused how far they reach.
  const isRecent = recent.some(({ change }) => change.event === 'granted')
  return { candidates, reach: isRecent ? await findReach(granted, look) : [] }
}

async function readChange(change: Change, { key, lastModified }: ObjectHead, look: Look) {
  const { objects, clock } = look
  const id = idOf('change', key)
  const { described, isComplete } = await describeChange(change, key, look)
  const ageMs = clock.now().getTime() - lastModified.getTime()
  if (!isComplete && ageMs < detailsMostMs) return 'incomplete' as const
  const note: FoundOutcome['note'] = ({ changes, inputs }) => {
    changes[id] = renderInstant(lastModified)
    if (described.kind === 'request' && described.approvers) noteAwaited(described, lastModified, inputs)
  }
  const told: Notification = { v: 1, id, at: change.at, bucket: objects.bucket, ...described }
  return [{ told, note, writtenAt: lastModified.getTime() }]
}

/** Once a day: a repeated report has the same id. */
async function findReach(granted: GrantedAccounts, look: Look): Promise<readonly FoundOutcome[]> {
  const { objects, outbox, configuration, clock } = look
  const { administratorAccounts } = configuration.notifications
  const reach = await granted.findReach(objects, administratorAccounts, (date) => date <= (outbox.reach ?? ''))
  const common = { v: 1, at: renderInstant(clock.now()), bucket: objects.bucket, kind: 'reach' } as const
  return reach.map((one) => ({
    told: { ...common, id: idOf('reach', one.date), event: 'administrator-reach', ...one },
    note: (noted) => {
      noted.reach = one.date
    },
    writtenAt: sinceOf(look),
  }))
}

/** The fields of each kind; the others are the same for all. */
type Described = DistributiveOmit<Extract<Notification, { kind: 'change' | 'request' }>, 'v' | 'id' | 'at' | 'bucket'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** `isComplete`: everything that is written after a change, and says more about it, is there. */
async function describeChange(
  change: Change,
  key: string,
  { objects, clock }: Look,
): Promise<{ readonly described: Described; readonly isComplete: boolean }> {
  const request = await describeRequestChange(change, { objects, clock })
  if (request !== undefined)
    return { described: { kind: 'request', ...request.described }, isComplete: request.isComplete }
  const { event, name: subject } = change
  const assignment = parseAssignmentName(subject)
  const act = assignment === undefined ? await readAct(objects, change) : {}
  const more = assignment === undefined ? act : { assignment: describeAssignment(assignment) }
  const { by, reason } = byHandEvents.has(event) ? await readHand(objects, key) : {}
  const owner = event.startsWith('membership-') ? await readOwnerBeside(objects, key) : undefined
  const review = event.startsWith('review-') ? await readReviewers(objects, change) : {}
  const told = { ...optional('by', by), ...optional('reason', reason), ...optional('owner', owner), ...review }
  const isComplete = act !== undefined && review !== undefined
  return { described: { kind: 'change', event, subject, ...more, ...told }, isComplete }
}

function describeAssignment(found: NonNullable<ReturnType<typeof parseAssignmentName>>) {
  const { accountId: account, permissionSet, principal, type } = found
  return { account, permissionSet, principal, type }
}

const reviewBody = z.looseObject({ reviewers: z.array(z.string()).optional() })

/** The groups and users for whose decisions a review waits, if it waits. `undefined`: history is not written yet. */
async function readReviewers(objects: ObjectStore, { event, at, name }: Change) {
  const isAboutAnItem = name.includes('%')
  if (isAboutAnItem) return {}
  const { folder } = historyOfReview(name)
  const record = new JsonRecord(objects, `${folder}${at}%${event.slice('review-'.length)}.json`, reviewBody)
  const read = (await spoiledAsAbsent(record.read()))?.value
  return read && (read.reviewers === undefined ? {} : { reviewers: read.reviewers })
}

/** The folder of people's acts in history; `undefined`: history adds nothing. */
const actFolders: Readonly<Record<string, (name: string) => string>> = {
  paused: () => 'pause',
  resumed: () => 'pause',
  'loss-accepted': () => 'pause',
  restored: () => 'restore',
  'brake-released': (name) => `brake%${name}`,
}
const actBody = z.looseObject({ by: z.string().optional(), reason: z.string().optional() })

/** The author and the reason. `undefined`: history is not written yet. */
async function readAct(objects: ObjectStore, { event, at, name }: { event: string; at: string; name: string }) {
  const folder = actFolders[event]?.(name)
  if (folder === undefined) return {}
  const record = new JsonRecord(objects, `history/${folder}/${at}%${event}.json`, actBody)
  const read = (await spoiledAsAbsent(record.read()))?.value
  return read && { ...optional('by', read.by), ...optional('reason', read.reason) }
}

async function listChangedStatuses(look: Look) {
  const { objects, isWhole } = look
  const since = sinceOf(look)
  const written = new Map<string, number>()
  let listed = 0
  for await (const { key, lastModified } of objects.list(isWhole ? statusPrefix : attentionPrefix)) {
    listed += 1
    const writtenAt = lastModified.getTime()
    if (writtenAt >= since) written.set(isWhole ? key : statusKeyOf(key), writtenAt)
  }
  const candidates = [...written].map(
    ([key, writtenAt]): Candidate => ({ writtenAt, read: () => readStatus(key, look) }),
  )
  return { candidates, listed }
}

async function readStatus(key: string, look: Look): Promise<readonly FoundOutcome[]> {
  const { objects, outbox } = look
  const stored = await spoiledAsAbsent(new JsonRecord(objects, key, status).read())
  if (stored === undefined) return []
  if (stored.value.input.startsWith(requestPrefix))
    return [...(await findAwaited(stored, look)), ...findUnapprovable(stored, look)]
  const told = describeInput(stored, look)
  if (told === undefined) return []
  const name = idOf('name', stored.value.input)
  const before = outbox.inputs[name]
  const outcome = outcomeOf(stored.value)
  // An upload that repeats the content in force is not news.
  const isAgain =
    stored.value.since !== undefined && told.event === 'applied' && (before?.event ?? 'applied') === 'applied'
  if (before?.outcome === outcome || isAgain) return []
  const { lastModified } = stored.object
  const note: FoundOutcome['note'] = ({ inputs }) => {
    inputs[name] = { event: told.event, outcome, at: renderInstant(lastModified) }
  }
  return [{ told, note, writtenAt: lastModified.getTime() }]
}

/** A request that now waits for approvals, and did not when it was asked: its approvers hear of it under the id of that change. */
async function findAwaited({ value, object }: Stored<Status>, look: Look): Promise<readonly FoundOutcome[]> {
  const { objects, outbox, clock } = look
  const { input: key, request, state } = value
  if (state !== 'waiting' || request?.approvals === undefined) return []
  if (outbox.inputs[idOf('name', key)]?.outcome === request.digest) return []
  const at = await askedAt(objects, { user: userInKey(key), digest: request.digest })
  if (at === undefined) return []
  const { change, head } = (await findAsked(objects, { key, digest: request.digest }, at)) ?? {}
  if (change === undefined || head === undefined) return []
  const id = idOf('change', head.key)
  // Its change is told first: by this look or, if it came while this look read, by the next one.
  if (outbox.changes[id] === undefined && head.lastModified.getTime() >= sinceOf(look)) return []
  const { described } = (await describeRequestChange(change, { objects, clock })) ?? {}
  if (described?.approvers === undefined) return []
  return [
    {
      told: { v: 1, id, at, bucket: objects.bucket, kind: 'request', ...described },
      note: ({ inputs }) => noteAwaited(described, object.lastModified, inputs),
      writtenAt: object.lastModified.getTime(),
      isAgain: true,
    },
  ]
}

/** A request that too few people can approve: told once for each upload, also if it had approvers when it was asked. */
function findUnapprovable({ value, object }: Stored<Status>, { objects, outbox }: Look): readonly FoundOutcome[] {
  const { input: key, request, state } = value
  const reason = request?.approvals?.tooFew
  const path = parseRequestKey(key)
  if (state !== 'waiting' || request === undefined || reason === undefined || !path.ok) return []
  const name = idOf('unapprovable', key)
  const { digest, eligibility } = request
  if (outbox.inputs[name]?.outcome === digest) return []
  const { userId: id, link } = path.value
  const at = renderInstant(object.lastModified)
  const told: Notification = {
    ...{ v: 1, id: idOf('unapprovable', key, digest), at, bucket: objects.bucket, kind: 'request' },
    ...{ event: 'request-unapprovable', request: key, digest, requester: { id, name: link.principal } },
    ...{ permissionSet: link.permissionSet, scope: renderScope(link.scope), ...optional('eligibility', eligibility) },
    reason,
  }
  const note: FoundOutcome['note'] = ({ inputs }) => {
    inputs[name] = { event: 'waiting', outcome: digest, at }
  }
  return [{ told, note, writtenAt: object.lastModified.getTime() }]
}

/** The change that tells this upload. */
async function findAsked(objects: ObjectStore, upload: UploadName, at: string) {
  const change = { event: 'request-asked', at, name: renderUploadName(upload) }
  const head = await objects.head(renderChangeKey(change))
  return head && { change, head }
}

function noteAwaited({ request, digest }: RequestChange, at: Date, inputs: Outbox['inputs']): void {
  inputs[idOf('name', request)] = { event: 'waiting', outcome: digest ?? '', at: renderInstant(at) }
}

/** If a name is too long, both keys have the same hash. */
function statusKeyOf(attention: string): string {
  const state = attentionStates.find((one) => attention.startsWith(`${attentionPrefix}${one}/`)) ?? ''
  const input = attention.slice(attentionPrefix.length + state.length + 1)
  return isTooLong(input) ? `${statusPrefix}${input}.json` : statusKey(input)
}

function countAccounts({ desired, applied, open, ...failures }: NonNullable<Status['accounts']>) {
  return { desired, applied, open, failed: countFailed(failures) }
}

/** `undefined`: not final yet. */
function describeInput({ value, object }: Stored<Status>, { objects, configuration }: Look): InputOutcome | undefined {
  const event = toldStates.find((state) => state === value.state)
  // History reports the outcome of requests for temporary access.
  if (event === undefined || value.input.startsWith(requestPrefix)) return undefined
  const { input, by, owner, reason, remedy, accounts, lastModified, versionId } = value
  return {
    v: 1,
    id: idOf('input', input, object.etag),
    // By S3's clock, so that two outcomes of one input have their order.
    at: renderInstant(object.lastModified),
    bucket: objects.bucket,
    kind: 'input',
    event,
    input,
    ...optional('folder', folderOf(input, configuration.folders)),
    ...optional('by', by?.principalId),
    ...optional('owner', owner),
    ...optional('reason', reason),
    ...optional('remedy', remedy),
    ...(accounts === undefined ? {} : { accounts: countAccounts(accounts) }),
    lastModified,
    ...optional('versionId', versionId),
  }
}

/** Two statuses with one outcome are reported once. The uploader of invalid content hears of each upload. */
function outcomeOf({ state, reason = '', lastModified = '', content, etag = '', accounts }: Status): string {
  const upload = state === 'rejected' ? lastModified : (content ?? etag)
  const counts = state === 'applied' || state === 'failed' ? [accounts?.desired, accounts?.applied] : []
  return idOf(state, reason, upload, ...counts.map(String))
}

/** The declared folder of a link, `''` directly under `links_data/`. */
function folderOf(input: string, folders: readonly string[]): string | undefined {
  if (!input.startsWith(linkPrefix)) return undefined
  const [name = ''] = input.slice(linkPrefix.length).split('%', 1)
  if (!name.includes('/')) return ''
  return foldersThatCount(folders).find(
    (folder) => name.startsWith(`${folder}/`) && !name.slice(folder.length + 1).includes('/'),
  )
}

/** The nightly check, if it has ended and found something. The whole look reads one object for it. */
async function findDrift(look: Look): Promise<readonly FoundOutcome[]> {
  const { objects, outbox, isWhole } = look
  const run = isWhole ? await readDriftRun(objects) : undefined
  if (run === undefined || run.open.length > 0 || run.run === outbox.drift) return []
  const { run: drift, missing, foreign, startedAt: at } = run
  if (missing + foreign === 0) return []
  const told: Notification = {
    v: 1,
    id: idOf('drift', drift),
    at,
    bucket: objects.bucket,
    kind: 'drift',
    event: 'drift-found',
    missing,
    foreign,
  }
  return [
    {
      told,
      note: (noted) => {
        noted.drift = drift
      },
      writtenAt: sinceOf(look),
    },
  ]
}

function optional<N extends string>(name: N, text: string | undefined): { readonly [K in N]?: string } {
  return text === undefined ? {} : ({ [name]: text.slice(0, textMost) } as { readonly [K in N]?: string })
}

/** An id made only from the bucket's content, so a repetition makes the same id. */
export function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** The accounts in which each permission set was granted, by day. */
class GrantedAccounts {
  readonly #days = new Map<string, Map<PermissionSetName, Set<string>>>()

  add({ event, at, name }: Change): void {
    const assignment = event === 'granted' ? parseAssignmentName(name) : undefined
    if (assignment === undefined) return
    const { accountId, permissionSet } = assignment
    const day = this.#days.get(at.slice(0, 10)) ?? new Map<PermissionSetName, Set<string>>()
    this.#days.set(at.slice(0, 10), day)
    const accounts = day.get(permissionSet) ?? new Set()
    day.set(permissionSet, accounts.add(accountId))
  }

  /** Days on which administrators got access to more accounts than this. Reads files only if that is possible. */
  async findReach(
    objects: ObjectStore,
    most: number,
    isTold: (date: string) => boolean,
  ): Promise<readonly Pick<AdministratorReach, 'date' | 'accounts' | 'most' | 'permissionSets'>[]> {
    const found = []
    for (const [date, sets] of [...this.#days].filter(([day]) => !isTold(day)).sort()) {
      if (join(sets.values()).size <= most) continue
      const permissionSets: PermissionSetName[] = []
      for (const name of [...sets.keys()].sort())
        if (await isAdministratorByFile(objects, name)) permissionSets.push(name)
      const accounts = join(permissionSets.map((name) => sets.get(name) ?? new Set<string>())).size
      if (accounts > most) found.push({ date, accounts, most, permissionSets })
    }
    return found
  }
}

function join(sets: Iterable<ReadonlySet<string>>): ReadonlySet<string> {
  let all: ReadonlySet<string> = new Set()
  for (const one of sets) all = all.union(one)
  return all
}
