import type { AccountId } from '../../domain/account-id.ts'
import {
  type Assignment,
  type AssignmentKey,
  parseAssignmentKey,
  renderAssignmentKey,
} from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { ledgerPrefix } from '../../domain/ledger-entry.ts'
import { type Link, linkPrefix, parseLinkKey, renderGrant } from '../../domain/link.ts'
import type { OrganizationView } from '../../domain/organization-view.ts'
import { permissionSetKey, permissionSetPrefix } from '../../domain/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { type AssignmentSet, collectAssignments, desiredState, type Plan, planAssignments } from '../../domain/plan.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { NamedId } from '../directory/principal-names.ts'
import { Lease } from '../dispatcher/lease.ts'
import { type Checkpoint, type Memory, readCheckpoint } from '../records/checkpoint.ts'
import { foreignPrefix } from '../records/foreign-assignments.ts'
import { type Heads, listHeads } from '../records/list-heads.ts'
import { ownedPrefix } from '../records/owned-permission-sets.ts'
import { statusKey, statusPrefix } from '../records/status-store.ts'
import { findUnfinished, type Unfinished } from './find-unfinished.ts'
import { AssignmentIndex, findMisindexed, wantsLook } from './find-untold.ts'
import { type Links, readLinks, readStatuses, type Statuses } from './read-inputs.ts'

/** Everything in the bucket that differs from the files: a value. */
export type Differences = {
  readonly plan: Plan
  /** The part of the plan to hint at now: not what the brake holds; in a sweep, nor what waits or is being worked on. */
  readonly due: Plan
  /** Inputs to look at again. */
  readonly inputs: readonly string[]
  /** Ledger entries that are neither settled nor scheduled to be. */
  readonly unfinished: readonly Assignment[]
  /** Revocations of the plan that the brake holds: they rest until a person releases them. */
  readonly held: ReadonlySet<AssignmentKey>
  /** Inputs that the index under `attention/` has in another state than their status. */
  readonly misindexed: readonly string[]
  /** For the next comparison. */
  readonly memory: Memory
  /** Names and ids in the entries that were read. */
  readonly names: readonly NamedId[]
  /** Foreign assignments recorded since the last comparison. */
  readonly foreignSince: readonly AssignmentKey[]
  /** Ledger entries that are stuck on accounts that take no changes, or left: nothing can be done about them. */
  readonly resting: readonly Assignment[]
  /** The accounts that have ledger entries. */
  readonly owned: ReadonlySet<AccountId>
  /** Objects that cannot be read. Nothing is granted or revoked because of them. */
  readonly unreadable: readonly string[]
  readonly counts: { readonly links: number; readonly permissionSets: number; readonly accounts: number }
}

type Options = {
  /** Leaves alone what waits for something outside the bucket, and what a dispatcher is working on. */
  readonly isSweep?: boolean
  readonly last?: Checkpoint
}

/**
 * Compares files, ledger, statuses, index and open work. Calls S3 only, and changes nothing. Reads only what changed since
 * the last comparison. Throws when a listing fails.
 */
export async function findDifferences(
  objects: ObjectStore,
  view: OrganizationView,
  configuration: Configuration,
  { isSweep = false, last: given }: Options = {},
): Promise<Differences> {
  const last = given ?? (await readCheckpoint(objects))
  const bucket = await readBucket(objects, configuration, last, isSweep)
  const { links, statuses, ledger, owned, foreign } = bucket
  const planned = planAll(bucket, view, configuration)
  const found = await findUnfinished(objects, ledger, view, last, planned.revocations)
  const { held, heldLinks, resting } = found
  const isMoving = (assignment: Assignment) => !resting.has(renderAssignmentKey(assignment))
  const plan = { ...planned, revocations: planned.revocations.filter(isMoving) }
  const scope: Scope = { view, configuration, isSweep, isAtWork: isSweep && (await Lease.isHeld(objects)) }
  const revocations = plan.revocations.filter((assignment) => !held.has(renderAssignmentKey(assignment)))
  // The dispatcher that held it died before it told.
  const untoldHeld = [...heldLinks].filter(([link]) => statuses.told.get(link)?.state !== 'held')
  return {
    plan,
    due: isSweep ? leaveAlone({ ...plan, revocations }, bucket, last, scope) : { ...plan, revocations },
    inputs: listInputs(bucket, isSweep ? planned : plan, found, scope),
    unfinished: [...found.unfinished, ...untoldHeld.map(([, assignment]) => assignment)],
    held,
    misindexed: await findMisindexed(objects, statuses),
    memory: { entries: found.entries, statuses: Object.fromEntries(statuses.told), links: links.memory },
    names: found.names,
    foreignSince: [...foreign.values()].flatMap(({ key, lastModified }) => {
      const assignment = lastModified < last.since ? undefined : parseAssignmentKey(key.slice(foreignPrefix.length))
      return assignment ? [renderAssignmentKey(assignment)] : []
    }),
    resting: [...resting.values()],
    unreadable: [
      ...links.unread.map(({ key }) => key).sort(),
      ...found.spoiled,
      ...[...statuses.spoiled.values()].sort(),
    ],
    owned: new Set([...owned.values()].flatMap(({ accounts }) => [...accounts])),
    counts: {
      links: bucket.linkCount,
      permissionSets: bucket.files.size - bucket.linkCount,
      accounts: view.accounts.length,
    },
  }
}

type Bucket = {
  /** Links and permission sets. */
  readonly files: Heads
  readonly linkCount: number
  readonly links: Links
  readonly statusHeads: Heads
  readonly statuses: Statuses
  readonly ledger: Heads
  readonly owned: AssignmentSet
  readonly foreign: Heads
  readonly ownedSets: Heads
}

async function readBucket(
  objects: ObjectStore,
  configuration: Configuration,
  last: Checkpoint,
  isSweep: boolean,
): Promise<Bucket> {
  const list = (prefix: string) => listHeads(objects, prefix)
  const [linkFiles, setFiles, statusHeads] = await Promise.all([
    list(linkPrefix),
    list(permissionSetPrefix),
    list(statusPrefix),
  ])
  const [ledger, foreign, ownedSets] = await Promise.all([list(ledgerPrefix), list(foreignPrefix), list(ownedPrefix)])
  const files = new Map([...linkFiles, ...setFiles])
  // The reconcile reads every body again, whatever the checkpoint knows.
  const known = isSweep ? last : { ...last, links: {} }
  return {
    files,
    linkCount: linkFiles.size,
    links: await readLinks(objects, [...linkFiles.values()], configuration, known),
    statusHeads,
    statuses: await readStatuses(objects, files, statusHeads, last),
    ledger,
    owned: toAssignmentSet(ledger, ledgerPrefix),
    foreign,
    ownedSets,
  }
}

/** Nobody knows what an unread link grants, nor what a tag means before tags are read: it neither grants nor revokes. */
function planAll({ links, owned, foreign }: Bucket, view: OrganizationView, configuration: Configuration): Plan {
  const tagged = view.hasTags ? [] : links.inForce.filter(({ scope }) => scope.kind === 'account_tag')
  const unclear = new Set([...links.unread, ...tagged].map(renderGrant))
  const { grants, revocations } = planAssignments({
    desired: desiredState(links.inForce, view, configuration),
    owned,
    foreign: toAssignmentSet(foreign, foreignPrefix),
  })
  return { grants, revocations: revocations.filter((assignment) => !unclear.has(renderGrant(assignment))) }
}

type Scope = {
  readonly view: OrganizationView
  readonly configuration: Configuration
  readonly isSweep: boolean
  /** A dispatcher is at work. */
  readonly isAtWork: boolean
}

function listInputs(
  { files, links, statusHeads, statuses, owned }: Bucket,
  plan: Plan,
  { entries, resting, scheduled, heldLinks }: Unfinished,
  { view, configuration, isSweep, isAtWork }: Scope,
): readonly string[] {
  const unsettled = entries
    .filter((key) => isSweep || !resting.has(key))
    .flatMap((key) => parseAssignmentKey(key) ?? [])
  const going = new AssignmentIndex([...plan.revocations, ...unsettled], view, configuration)
  const coming = new AssignmentIndex(plan.grants, view, configuration)
  const retried = new AssignmentIndex(
    [...scheduled].flatMap((key) => parseAssignmentKey(key) ?? []),
    view,
    configuration,
  )
  const inForce = new Set<string>(links.inForce.map(({ key }) => key))
  const naming = [...links.inForce, ...links.notYet, ...links.unread, ...[...owned.values()].map(({ grant }) => grant)]
  const used = new Set<string>(naming.map(({ permissionSet }) => permissionSetKey(permissionSet)))
  const isToLookAt = (input: string): boolean => {
    const file = files.get(input)
    const told = statuses.told.get(input)
    if (statuses.spoiled.has(input)) return false
    if (!told) return file !== undefined
    const toldAt = statusHeads.get(statusKey(input))?.lastModified
    // S3's instants are whole seconds: only the etag tells two files of one second apart.
    if (told.of !== file?.etag || (file && toldAt && toldAt < file.lastModified)) return true
    return wantsLook(input, told, {
      isSweep,
      isAtWork,
      isNew: statuses.changed.has(input),
      // What other links are still to grant keeps no status of a link that is gone.
      isOpen: going.concerns(input, inForce.has(input)) || (!!file && coming.concerns(input, inForce.has(input))),
      isScheduled: scheduled.has(input) || retried.concerns(input, inForce.has(input)),
      isExpired: links.expired.has(input),
      isHeld: heldLinks.has(input),
      isUnused: !used.has(input),
    })
  }
  const inputs = new Set([...files.keys(), ...statuses.told.keys()])
  return [...new Set([...links.unindexed, ...[...inputs].filter(isToLookAt)])].sort()
}

/**
 * What a sweep leaves alone. A link that waits for a name is evaluated once more after it began to wait, and when its
 * permission set was made since; its principal is looked up again by the reconcile. What a dispatcher is working on is
 * not hinted at again: its queue may be long.
 */
function leaveAlone(plan: Plan, { links, statuses, ownedSets }: Bucket, last: Checkpoint, scope: Scope): Plan {
  const { view, configuration, isAtWork } = scope
  const isMade = (name: PermissionSetName) => (ownedSets.get(ownedPrefix + name)?.lastModified ?? 0) >= last.since
  const isWaiting = ({ key, permissionSet }: Link): boolean => {
    const told = statuses.told.get(key)
    if (!told || statuses.changed.has(key) || isMade(permissionSet)) return false
    return (told.state === 'waiting' && told.desired > 0) || (told.state === 'held' && told.open > 0)
  }
  const isWorkedOn = (input: string): boolean => {
    const state = statuses.told.get(input)?.state
    return isAtWork && (state === 'applying' || state === 'revoking')
  }
  const asked = new Set(plan.grants.map(renderGrant))
  const lively = links.inForce.filter(
    (link) => asked.has(renderGrant(link)) && !isWaiting(link) && !isWorkedOn(link.key),
  )
  const revoking = [...statuses.told.keys()].filter(isWorkedOn).flatMap((input) => {
    const link = parseLinkKey(input, configuration.folders)
    return link.ok ? [link.value] : []
  })
  const granted = desiredState(lively, view, configuration)
  const revoked = desiredState(revoking, view, configuration)
  return {
    grants: plan.grants.filter((assignment) => isIn(granted, assignment)),
    revocations: plan.revocations.filter((assignment) => !isIn(revoked, assignment)),
  }
}

function isIn(set: AssignmentSet, assignment: Assignment): boolean {
  return set.get(renderGrant(assignment))?.accounts.has(assignment.accountId) ?? false
}

function toAssignmentSet(heads: Heads, prefix: string): AssignmentSet {
  return collectAssignments(
    (function* () {
      for (const key of heads.keys()) {
        const assignment = parseAssignmentKey(key.slice(prefix.length))
        if (assignment) yield assignment
      }
    })(),
  )
}
