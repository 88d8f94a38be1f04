import pLimit from 'p-limit'
import * as z from 'zod'
import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import type { Hint } from '../domain/hint.ts'
import { renderInstant } from '../domain/instant.ts'
import { ledgerPrefix } from '../domain/ledger-entry.ts'
import { isFolderMarker, type Link, linkPrefix, parseLinkKey } from '../domain/link.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import { permissionSetPrefix } from '../domain/permission-set-file.ts'
import { type AssignmentSet, collectAssignments, desiredState, type Plan, planAssignments } from '../domain/plan.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { ownedPrefix } from './apply-permission-set.ts'
import { foreignPrefix } from './foreign-assignments.ts'
import { sendInputs } from './inputs.ts'
import { sendHints } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { listOpenWork } from './open-work.ts'
import { OrganizationCache } from './organization-cache.ts'
import { readLink } from './read-link.ts'
import { statusKey, statusPrefix } from './status-store.ts'
import { readJson, renderJson } from './stored-json.ts'

const checkpointKey = 'state/reconcile.json'
const checkpoint = z.strictObject({ v: z.literal(1), startedAt: z.iso.datetime() })
/** Ledger entries written since the last reconcile are read; so much earlier, for clocks and writes under way. */
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
  const [ledger, foreign, owned] = await Promise.all([list(ledgerPrefix), list(foreignPrefix), list(ownedPrefix)])
  const links = await readLinksInForce(objects, [...linkFiles.values()], configuration)
  const plan = planAssignments({
    desired: desiredState(links, view, configuration),
    owned: toAssignments(ledger, ledgerPrefix),
    foreign: toAssignments(foreign, foreignPrefix),
  })
  const stale = findStaleInputs(new Map([...linkFiles, ...permissionSetFiles]), statuses)
  return {
    plan,
    inputs: [...new Set([...stale, ...findUnapplied(permissionSetFiles, owned)])],
    unfinished: await findUnfinished(objects, ledger),
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
  const { plan, inputs, unfinished, counts } = await findDifferences(ports, view, configuration)
  await sendInputs(ports, inputs, 'reconcile')
  await hintAt(ports, configuration, plan, unfinished)
  await ports.objects.put(checkpointKey, renderJson({ v: 1, startedAt }))
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

/** Empty links need no read: their name and size say all. */
async function readLinksInForce(
  objects: ObjectStore,
  files: readonly ObjectHead[],
  configuration: Configuration,
): Promise<readonly Link[]> {
  const limit = pLimit(readsAtOnce)
  const read = files.map((file) =>
    limit(async () => {
      const link = parseLinkKey(file.key, configuration.folders)
      if (!link.ok) return undefined
      if (file.size === 0) return link.value
      const reading = await readLink(objects, file.key, configuration)
      return reading.state === 'in-force' ? reading.link : undefined
    }),
  )
  return (await Promise.all(read)).filter((link) => link !== undefined)
}

function toAssignments(heads: Heads, prefix: string): AssignmentSet {
  const keys = [...heads.keys()].map((key) => parseAssignmentKey(key.slice(prefix.length)))
  return collectAssignments(keys.filter((assignment) => assignment !== undefined))
}

/** Inputs without a status, with one older than they are, and statuses whose input is gone. */
function* findStaleInputs(inputs: Heads, statuses: Heads): Generator<string> {
  for (const { key, lastModified } of inputs.values()) {
    const told = statuses.get(statusKey(key))
    if (!told || told.lastModified < lastModified) yield key
  }
  for (const key of statuses.keys()) {
    const input = key.slice(statusPrefix.length, -'.json'.length)
    if (!inputs.has(input) && !input.startsWith('too-long/')) yield input
  }
}

function* findUnapplied(files: Heads, owned: Heads): Generator<string> {
  for (const { key, lastModified } of files.values()) {
    const name = key.slice(permissionSetPrefix.length, -'.json'.length)
    const record = owned.get(ownedPrefix + name)
    if (record && record.lastModified < lastModified) yield key
  }
}

/**
 * Entries that wait for something and have no retry scheduled: their hint was lost. Only entries written since the last
 * reconcile can be new among them, so only those are read.
 */
async function findUnfinished(objects: ObjectStore, ledger: Heads): Promise<readonly Assignment[]> {
  const last = await readJson(objects, checkpointKey, checkpoint).catch(() => undefined)
  const since = new Date(last ? Date.parse(last.value.startedAt) - overlapMs : 0)
  const scheduled = new Set<AssignmentKey>()
  for await (const { key } of listOpenWork(objects)) scheduled.add(key)
  const entries = new Ledger(objects)
  const limit = pLimit(readsAtOnce)
  const found = await Promise.all(
    [...ledger.values()].map((head) =>
      limit(async () => {
        const assignment = parseAssignmentKey(head.key.slice(ledgerPrefix.length))
        if (!assignment || head.lastModified < since) return undefined
        const key = renderAssignmentKey(assignment)
        if (scheduled.has(key)) return undefined
        const state = (await entries.read(key))?.entry.state
        return state === undefined || state === 'granted' || state === 'stuck' || state === 'held'
          ? undefined
          : assignment
      }),
    ),
  )
  return found.filter((assignment) => assignment !== undefined)
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
