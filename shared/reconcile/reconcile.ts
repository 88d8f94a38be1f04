import pLimit from 'p-limit'
import * as z from 'zod'
import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import type { Hint } from '../domain/hint.ts'
import { renderInstant } from '../domain/instant.ts'
import { ledgerPrefix } from '../domain/ledger-entry.ts'
import { isFolderMarker, type Link, linkPrefix, parseLinkKey, renderGrant } from '../domain/link.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import { permissionSetPrefix } from '../domain/permission-set-file.ts'
import { type AssignmentSet, collectAssignments, desiredState, type Plan, planAssignments } from '../domain/plan.ts'
import { type AttentionState, attentionStates, status } from '../domain/status.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { foreignPrefix } from './foreign-assignments.ts'
import { sendInputs } from './inputs.ts'
import { sendHints } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { listOpenWork } from './open-work.ts'
import { OrganizationCache } from './organization-cache.ts'
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
  /** Inputs that the index under `attention/` has in another state than their status. */
  readonly misindexed: readonly string[]
  /** What the next reconcile has to look at again, however old it is. */
  readonly unsettled: Unsettled
  readonly counts: { readonly links: number; readonly permissionSets: number; readonly accounts: number }
}

/**
 * Reads all inputs, the ledger and open work, and compares. Changes nothing. Throws when anything could not be listed to
 * its end.
 */
export async function findDifferences(
  { objects }: Pick<Ports, 'objects'>,
  view: OrganizationView,
  configuration: Configuration,
): Promise<Differences> {
  const list = (prefix: string) => listHeads(objects, prefix)
  const [linkFiles, permissionSetFiles, statuses] = await Promise.all([
    list(linkPrefix),
    list(permissionSetPrefix),
    list(statusPrefix),
  ])
  const [ledger, foreign] = await Promise.all([list(ledgerPrefix), list(foreignPrefix)])
  const last = await readCheckpoint(objects)
  const { links, expired } = await readLinks(objects, [...linkFiles.values()], configuration)
  const plan = planAssignments({
    desired: desiredState(links, view, configuration),
    owned: toAssignments(ledger, ledgerPrefix),
    foreign: toAssignments(foreign, foreignPrefix),
  })
  const files = new Map([...linkFiles, ...permissionSetFiles])
  const attention = await checkAttention(objects)
  const told = await findUntold({ objects, files, statuses, expired, last, indexed: attention.indexed })
  const { unfinished, entries } = await findUnfinished(objects, ledger, view, last)
  return {
    plan,
    inputs: [
      ...new Set([
        ...told.stale,
        ...attention.toLookAt,
        ...findOvertaken(attention.open, plan, entries, configuration),
      ]),
    ],
    unfinished,
    misindexed: [...new Set([...attention.misindexed, ...told.missing])],
    unsettled: { entries, inputs: told.unsettled },
    counts: { links: linkFiles.size, permissionSets: permissionSetFiles.size, accounts: view.accounts.length },
  }
}

/**
 * Hints at every difference between the files, the organization and the ledger. Changes no access itself: the dispatcher
 * evaluates each hint. Right at any time, and when done twice.
 */
export async function reconcile(ports: Ports, configuration: Configuration): Promise<ReconcileReport> {
  const startedAt = renderInstant(ports.clock.now())
  const view = await new OrganizationCache(ports, configuration.folders).rebuild()
  const found = await findDifferences(ports, view, configuration)
  const { plan, inputs, unfinished, misindexed, unsettled, counts } = found
  const statuses = new StatusStore(ports.objects, ports.clock)
  for (const input of misindexed) await statuses.align(input)
  await sendInputs(ports, inputs, 'reconcile')
  await hintAt(ports, configuration, plan, unfinished)
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

/** The links in force, and the keys of those that expired. Empty links need no read: their name and size say all. */
async function readLinks(
  objects: ObjectStore,
  files: readonly ObjectHead[],
  configuration: Configuration,
): Promise<{ readonly links: readonly Link[]; readonly expired: readonly string[] }> {
  const limit = pLimit(readsAtOnce)
  const links: Link[] = []
  const expired: string[] = []
  const read = async (file: ObjectHead): Promise<void> => {
    const link = parseLinkKey(file.key, configuration.folders)
    if (!link.ok) return
    if (file.size === 0) return void links.push(link.value)
    const reading = await readLink(objects, file.key, configuration)
    if (reading.state === 'in-force') links.push(reading.link)
    if (reading.state === 'expired') expired.push(file.key)
  }
  await Promise.all(files.map((file) => limit(() => read(file))))
  return { links, expired }
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
}> {
  const limit = pLimit(readsAtOnce)
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
    // What refused or blocked a permission set may be gone: nobody tells us.
    else if (state !== 'rejected' && input.startsWith(permissionSetPrefix)) toLookAt.push(input)
    else if (state === 'waiting' && (told.accounts?.desired ?? 0) === 0) toLookAt.push(input)
    else if (state === 'waiting' || state === 'failed') open.push(input)
  }
  // Started together once all are listed: one that fails while the listing is still read would be nobody's to catch.
  await Promise.all(listed.map((one) => limit(() => check(one))))
  return { misindexed: [...misindexed].sort(), toLookAt: toLookAt.sort(), indexed, open: open.sort() }
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
 * changes again, or is gone. Only entries written since the last reconcile, or not settled then, can be among them.
 */
async function findUnfinished(
  objects: ObjectStore,
  ledger: Heads,
  view: OrganizationView,
  last: { readonly since: Date } & Unsettled,
): Promise<{ readonly unfinished: readonly Assignment[]; readonly entries: readonly AssignmentKey[] }> {
  const known = new Set(last.entries)
  const refusing = new Set(view.accounts.filter(refuses).map(({ id }) => id))
  const scheduled = new Set<string>()
  for await (const { key } of listOpenWork(objects)) scheduled.add(key)
  const entries = new Ledger(objects)
  const limit = pLimit(readsAtOnce)
  const unfinished: Assignment[] = []
  const unsettled: AssignmentKey[] = []
  const check = async (head: ObjectHead): Promise<void> => {
    const assignment = parseAssignmentKey(head.key.slice(ledgerPrefix.length))
    if (!assignment) return
    const key = renderAssignmentKey(assignment)
    if (scheduled.has(key)) return void unsettled.push(key)
    if (head.lastModified < last.since && !known.has(key)) return
    const state = (await entries.read(key))?.entry.state
    if (state === undefined || state === 'granted') return
    unsettled.push(key)
    if (state === 'held' || (state === 'stuck' && refusing.has(assignment.accountId))) return
    unfinished.push(assignment)
  }
  await Promise.all([...ledger.values()].map((head) => limit(() => check(head))))
  return { unfinished, entries: unsettled.sort() }
}

async function hintAt(
  ports: Ports,
  configuration: Configuration,
  plan: Plan,
  unfinished: readonly Assignment[],
): Promise<void> {
  const toHint = ({ accountId: account, permissionSet, principal, type }: Assignment): Hint => ({
    v: 1,
    kind: 'assignment',
    account,
    permissionSet,
    principal,
    type,
    cause: 'reconcile',
  })
  const id = ports.randomness.id()
  await sendHints(ports, { id, hints: plan.revocations.map(toHint), revocation: true }, configuration)
  await sendHints(ports, { id, hints: [...plan.grants, ...unfinished].map(toHint), revocation: false }, configuration)
}
