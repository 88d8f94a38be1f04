import pLimit from 'p-limit'
import * as z from 'zod'
import type { AccountId } from '../domain/account-id.ts'
import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { listAccess } from '../domain/former-access.ts'
import { assignmentHint } from '../domain/hint.ts'
import { renderInstant } from '../domain/instant.ts'
import { isSettled, ledgerPrefix } from '../domain/ledger-entry.ts'
import { isFolderMarker, type Link, linkPrefix, parseLinkKey, renderGrant } from '../domain/link.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import { permissionSetPrefix } from '../domain/permission-set-file.ts'
import { type AssignmentSet, collectAssignments, desiredState, type Plan, planAssignments } from '../domain/plan.ts'
import { type AttentionState, attentionStates, status } from '../domain/status.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { readBrake } from './brake-file.ts'
import { expiryKey, instantsToCome, listIndexed } from './expiry-index.ts'
import { foreignPrefix } from './foreign-assignments.ts'
import { sendInputs } from './inputs.ts'
import { sendHints } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { noteMissingAccounts } from './missing-accounts.ts'
import { listOpenWork } from './open-work.ts'
import { OrganizationCache } from './organization-cache.ts'
import { findPrincipalChanges, type PrincipalChanges, recordPrincipals, SeenIds } from './principal-changes.ts'
import { readLink } from './read-link.ts'
import { refuses } from './revoke-assignment.ts'
import { attentionKey, attentionPrefix, StatusStore, statusKey, statusPrefix } from './status-store.ts'
import { readJson, renderJson } from './stored-json.ts'

const checkpointKey = 'state/reconcile.json'
/** What the last reconcile knew: with it, only what changed since or was not settled then has to be read. */
const checkpoint = z.strictObject({
  v: z.literal(1),
  startedAt: z.iso.datetime(),
  /** Ledger entries that were not settled, and inputs whose status was not final. */
  entries: z.array(z.string()),
  inputs: z.array(z.string()),
})
type Unsettled = { readonly entries: readonly string[]; readonly inputs: readonly string[] }
/** Ledger entries and statuses written since the last reconcile are read; so much earlier, for clocks and writes under way. */
const overlapMs = 30 * 60_000
const readsAtOnce = 32

/** What one reconcile found to do; all zero: everything is as it should be. */
export type ReconcileReport = {
  readonly links: number
  readonly permissionSets: number
  readonly accounts: number
  /** Inputs whose status is missing, old, or left over. */
  readonly inputs: number
  readonly grants: number
  readonly revocations: number
  /** Ledger entries that are neither settled nor scheduled to be. */
  readonly unfinished: number
}

/** Everything that is not as the files say, and whose hints were maybe lost: a value. */
export type Differences = {
  readonly plan: Plan
  /** Inputs whose status is missing, old, or left over. */
  readonly inputs: readonly string[]
  /** Ledger entries that are neither settled nor scheduled to be. */
  readonly unfinished: readonly Assignment[]
  /** Revocations of the plan that the brake holds: they rest until a person releases them. */
  readonly held: ReadonlySet<AssignmentKey>
  /** Inputs that the index under `attention/` has in another state than their status. */
  readonly misindexed: readonly string[]
  /** What the next reconcile has to look at again, however old it is. */
  readonly unsettled: Unsettled
  readonly principals: PrincipalChanges
  /** Ledger entries that are stuck on accounts that take no changes, or left: nothing can be done about them. */
  readonly resting: readonly Assignment[]
  /** The accounts that have ledger entries. */
  readonly owned: ReadonlySet<AccountId>
  readonly counts: { readonly links: number; readonly permissionSets: number; readonly accounts: number }
}

/**
 * Reads all inputs, the ledger and open work, and compares. Changes nothing. Throws when anything could not be listed to
 * its end.
 */
export async function findDifferences(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  view: OrganizationView,
  configuration: Configuration,
): Promise<Differences> {
  const { objects } = ports
  const list = (prefix: string) => listHeads(objects, prefix)
  const [linkFiles, permissionSetFiles, statuses] = await Promise.all([
    list(linkPrefix),
    list(permissionSetPrefix),
    list(statusPrefix),
  ])
  const [ledger, foreign] = await Promise.all([list(ledgerPrefix), list(foreignPrefix)])
  const last = await readCheckpoint(objects)
  const { links, expired, unindexed } = await readLinks(objects, [...linkFiles.values()], configuration)
  const owned = toAssignments(ledger, ledgerPrefix)
  const desired = desiredState(links, view, configuration)
  const difference = planAssignments({ desired, owned, foreign: toAssignments(foreign, foreignPrefix) })
  const ledgerFindings = await findUnfinished(objects, ledger, view, last, difference)
  const { unfinished, entries, held, heldLinks, resting, seen } = ledgerFindings
  const isDue = (assignment: Assignment) => !resting.has(renderAssignmentKey(assignment))
  const plan = { ...difference, revocations: difference.revocations.filter(isDue) }
  const files = new Map([...linkFiles, ...permissionSetFiles])
  const attention = await checkAttention(objects)
  const told = await findUntold({ objects, files, statuses, expired, last, indexed: attention.indexed })
  const isHeld = (input: string) => heldLinks.has(input) && attention.held.has(input)
  const principals = await findPrincipalChanges(ports, configuration, { seen })
  return {
    plan,
    inputs: [
      ...new Set([
        ...unindexed,
        ...told.stale.filter((input) => files.has(input) || !isHeld(input)),
        ...attention.toLookAt,
        ...[...attention.held].filter((input) => !isHeld(input)),
        ...findOvertaken(attention.open, plan, entries, configuration),
      ]),
    ],
    unfinished: [...unfinished, ...principals.assignments],
    held,
    principals,
    misindexed: [...new Set([...attention.misindexed, ...told.missing])],
    unsettled: { entries, inputs: told.unsettled },
    resting: [...resting.values()],
    owned: new Set([...owned.values()].flatMap(({ accounts }) => [...accounts])),
    counts: { links: linkFiles.size, permissionSets: permissionSetFiles.size, accounts: view.accounts.length },
  }
}

/**
 * Hints at every difference between the files, the organization and the ledger. Changes no access itself: the dispatcher
 * evaluates each hint. Right at any time, and when done twice. `renewMs`: how long it may read tags that are known.
 */
export async function reconcile(
  ports: Ports,
  configuration: Configuration,
  { renewMs }: { readonly renewMs?: number } = {},
): Promise<ReconcileReport> {
  const startedAt = renderInstant(ports.clock.now())
  const view = await new OrganizationCache(ports, configuration.folders).rebuild(renewMs)
  const found = await findDifferences(ports, view, configuration)
  const { inputs, unfinished, misindexed, unsettled, principals, counts, held } = found
  const revocations = found.plan.revocations.filter((assignment) => !held.has(renderAssignmentKey(assignment)))
  const plan = { ...found.plan, revocations }
  const listed = new Set(view.accounts.map(({ id }) => id))
  const gone = await noteMissingAccounts(ports, { listed, owned: found.owned })
  const released = found.resting.filter(({ accountId }) => gone.has(accountId))
  const statuses = new StatusStore(ports.objects, ports.clock)
  for (const input of misindexed) await statuses.align(input)
  await sendInputs(ports, inputs, 'reconcile')
  await hintAt(ports, configuration, plan, [...unfinished, ...released])
  await recordPrincipals(ports.objects, principals, startedAt)
  await ports.objects.put(checkpointKey, renderJson({ v: 1, startedAt, ...unsettled }))
  return {
    ...counts,
    inputs: inputs.length,
    grants: plan.grants.length,
    revocations: plan.revocations.length,
    unfinished: unfinished.length,
  }
}

type Heads = ReadonlyMap<string, ObjectHead>

async function listHeads(objects: ObjectStore, prefix: string): Promise<Heads> {
  const heads = new Map<string, ObjectHead>()
  for await (const head of objects.list(prefix)) if (!isFolderMarker(head.key)) heads.set(head.key, head)
  return heads
}

/**
 * The links in force, and the keys of those that expired, or of whose times one is missing in the index. Empty links need
 * no read: their name and size say all.
 */
async function readLinks(
  objects: ObjectStore,
  files: readonly ObjectHead[],
  configuration: Configuration,
): Promise<{
  readonly links: readonly Link[]
  readonly expired: readonly string[]
  readonly unindexed: readonly string[]
}> {
  const limit = pLimit(readsAtOnce)
  const links: Link[] = []
  const expired: string[] = []
  const unindexed: string[] = []
  const indexed = await listIndexed(objects)
  const read = async (file: ObjectHead): Promise<void> => {
    const link = parseLinkKey(file.key, configuration.folders)
    if (!link.ok) return
    if (file.size === 0) return void links.push(link.value)
    const reading = await readLink(objects, file.key, configuration)
    if (reading.state === 'in-force') links.push(reading.link)
    if (reading.state === 'expired') expired.push(file.key)
    if (!('body' in reading)) return
    const instants = instantsToCome(reading.body, reading.object.servedAt)
    if (instants.some((at) => !indexed.has(expiryKey(at, file.key)))) unindexed.push(file.key)
  }
  await Promise.all(files.map((file) => limit(() => read(file))))
  return { links, expired, unindexed }
}

function toAssignments(heads: Heads, prefix: string): AssignmentSet {
  const keys = [...heads.keys()].map((key) => parseAssignmentKey(key.slice(prefix.length)))
  return collectAssignments(keys.filter((assignment) => assignment !== undefined))
}

/** What the last reconcile recorded; with none, or none that can be understood, everything is read. */
async function readCheckpoint(objects: ObjectStore): Promise<{ readonly since: Date } & Unsettled> {
  const last = (await readJson(objects, checkpointKey, checkpoint).catch(() => undefined))?.value
  if (!last) return { since: new Date(0), entries: [], inputs: [] }
  return { ...last, since: new Date(Date.parse(last.startedAt) - overlapMs) }
}

/**
 * Inputs without a status, or with one that is not of the file as it is; those whose status says that work goes on, since
 * whoever did it may have died before it told; and statuses whose input is gone.
 */
async function findUntold({
  objects,
  files,
  statuses,
  expired,
  last,
  indexed,
}: {
  objects: ObjectStore
  files: Heads
  statuses: Heads
  expired: readonly string[]
  last: { readonly since: Date } & Unsettled
  /** What stands under `attention/`. */
  indexed: ReadonlySet<string>
}): Promise<{ stale: readonly string[]; unsettled: readonly string[]; missing: readonly string[] }> {
  const limit = pLimit(readsAtOnce)
  const isPast = new Set(expired)
  const toRead = new Set([...last.inputs, ...expired])
  const stale: string[] = []
  const unsettled: string[] = []
  const missing: string[] = []
  const check = async ({ key, etag, lastModified }: ObjectHead): Promise<void> => {
    const told = statuses.get(statusKey(key))
    if (!told || told.lastModified < lastModified) return void stale.push(key)
    if (told.lastModified < last.since && !toRead.has(key)) return
    const current = (await readJson(objects, statusKey(key), status))?.value
    const isGoingOn = current?.state === 'applying' || current?.state === 'revoking'
    if (isGoingOn) unsettled.push(key)
    const attention = attentionStates.find((state) => state === current?.state)
    if (attention && !indexed.has(attentionKey(attention, key))) missing.push(key)
    const isExpired = current?.state !== 'expired' && isPast.has(key)
    // Instants in S3 are whole seconds: only the etag tells a file from the one before it in the same second.
    if (isGoingOn || isExpired || current?.etag !== etag) stale.push(key)
  }
  await Promise.all([...files.values()].map((head) => limit(() => check(head))))
  for (const key of statuses.keys()) {
    const input = key.slice(statusPrefix.length, -'.json'.length)
    if (!files.has(input) && !input.startsWith('too-long/')) stale.push(input)
  }
  return { stale: stale.sort(), unsettled: unsettled.sort(), missing }
}

/** What the index under `attention/` says wrongly, and the links that wait for accounts, organizational units or a date. */
async function checkAttention(objects: ObjectStore): Promise<{
  readonly misindexed: readonly string[]
  readonly toLookAt: readonly string[]
  readonly indexed: ReadonlySet<string>
  /** Inputs whose status says that something is still to be granted or revoked. */
  readonly open: readonly string[]
  /** Inputs whose status says that the brake holds access of theirs. */
  readonly held: ReadonlySet<string>
}> {
  const limit = pLimit(readsAtOnce)
  const held = new Set<string>()
  const misindexed = new Set<string>()
  const toLookAt: string[] = []
  const open: string[] = []
  const indexed = new Set<string>()
  const listed: { readonly input: string; readonly state: AttentionState }[] = []
  for (const state of attentionStates) {
    for await (const { key } of objects.list(`${attentionPrefix}${state}/`)) {
      indexed.add(key)
      const input = key.slice(attentionPrefix.length + state.length + 1)
      if (!input.startsWith('too-long/')) listed.push({ input, state })
    }
  }
  const check = async ({ input, state }: (typeof listed)[number]): Promise<void> => {
    const told = (await readJson(objects, statusKey(input), status))?.value
    if (told?.state !== state) misindexed.add(input)
    else if (state === 'held') held.add(input)
    // What refused or blocked a permission set may be gone: nobody tells us.
    else if (state !== 'rejected' && input.startsWith(permissionSetPrefix)) toLookAt.push(input)
    else if (state === 'waiting' && (told.accounts?.desired ?? 0) === 0) toLookAt.push(input)
    else if (state === 'waiting' || state === 'failed') open.push(input)
  }
  // Started together once all are listed: one that fails while the listing is still read would be nobody's to catch.
  await Promise.all(listed.map((one) => limit(() => check(one))))
  return { misindexed: [...misindexed].sort(), toLookAt: toLookAt.sort(), indexed, open: open.sort(), held }
}

/** Links whose status says that something is open, while nothing is: whoever closed it died before it told. */
function findOvertaken(
  open: readonly string[],
  plan: Plan,
  unsettled: readonly AssignmentKey[],
  { folders }: Configuration,
): readonly string[] {
  const unsettledAssignments = unsettled.map((key) => parseAssignmentKey(key)).filter((known) => known !== undefined)
  const goingOn = new Set([...plan.grants, ...unsettledAssignments].map(renderGrant))
  return open.filter((input) => {
    const link = parseLinkKey(input, folders)
    return link.ok && !goingOn.has(renderGrant(link.value))
  })
}

/**
 * Entries that wait for something and have no retry scheduled: their hint was lost; and stuck ones whose account takes
 * changes again. Only entries written since the last reconcile, or not settled then, can be among them.
 */
async function findUnfinished(
  objects: ObjectStore,
  ledger: Heads,
  view: OrganizationView,
  last: { readonly since: Date } & Unsettled,
  plan: Plan,
): Promise<{
  readonly unfinished: readonly Assignment[]
  readonly entries: readonly AssignmentKey[]
  readonly held: ReadonlySet<AssignmentKey>
  /** Those that granted what is held. */
  readonly heldLinks: ReadonlySet<string>
  readonly resting: ReadonlyMap<AssignmentKey, Assignment>
  readonly seen: SeenIds
}> {
  const known = new Set(last.entries)
  // Where it cannot be read, what is held stays so.
  const brake = await readBrake(objects).catch(() => 'unreadable' as const)
  const listed = new Set(brake === 'unreadable' ? [] : brake?.record.held)
  const revoked = new Set(plan.revocations.map(renderAssignmentKey))
  const held = new Set<AssignmentKey>()
  const heldLinks = new Set<string>()
  const byId = new Map(view.accounts.map((account) => [account.id, account]))
  const scheduled = new Set<string>()
  for await (const { key } of listOpenWork(objects)) scheduled.add(key)
  const entries = new Ledger(objects)
  const limit = pLimit(readsAtOnce)
  const unfinished: Assignment[] = []
  const unsettled: AssignmentKey[] = []
  const resting = new Map<AssignmentKey, Assignment>()
  const seen = new SeenIds()
  const check = async (head: ObjectHead): Promise<void> => {
    const assignment = parseAssignmentKey(head.key.slice(ledgerPrefix.length))
    if (!assignment) return
    const key = renderAssignmentKey(assignment)
    if (scheduled.has(key)) return void unsettled.push(key)
    if (head.lastModified < last.since && !known.has(key) && !listed.has(key)) return
    const entry = (await entries.read(key))?.entry
    if (entry) seen.note(key, assignment, entry)
    // On the brake's list, and not held: whoever changed it died before it was taken off.
    if (entry === undefined || (isSettled(entry) && !listed.has(key))) return
    const { state } = entry
    unsettled.push(key)
    if (state === 'stuck' && refuses(byId.get(assignment.accountId))) return void resting.set(key, assignment)
    // Released, or desired again, and the hint was lost: then it is on the list no more, or should not be.
    const isAllHeld = listAccess(entry).every((access) => access.state === 'held')
    const isHeld = isAllHeld && (brake === 'unreadable' || (listed.has(key) && revoked.has(key)))
    if (!isHeld) return void unfinished.push(assignment)
    held.add(key)
    for (const link of entry.links) heldLinks.add(link.key)
  }
  await Promise.all([...ledger.values()].map((head) => limit(() => check(head))))
  for (const key of listed) {
    const assignment = revoked.has(key) ? undefined : parseAssignmentKey(key)
    if (assignment && !ledger.has(ledgerPrefix + key)) unfinished.push(assignment)
  }
  return { unfinished, entries: unsettled.sort(), held, heldLinks, resting, seen }
}

async function hintAt(
  ports: Ports,
  configuration: Configuration,
  plan: Plan,
  unfinished: readonly Assignment[],
): Promise<void> {
  const toHint = (assignment: Assignment) => assignmentHint(assignment, 'reconcile')
  const id = ports.randomness.id()
  await sendHints(ports, { id, hints: plan.revocations.map(toHint), revocation: true }, configuration)
  await sendHints(ports, { id, hints: [...plan.grants, ...unfinished].map(toHint), revocation: false }, configuration)
}
