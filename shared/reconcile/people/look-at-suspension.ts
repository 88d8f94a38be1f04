import { assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { findNeverSuspended } from '../../domain/guardrails/named-people.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { uploaderWithoutSession } from '../../domain/links/uploader-without-session.ts'
import { accessHint } from '../../domain/messages/hint.ts'
import { describeSuspension, type Holdings, isAdmitted } from '../../domain/people/describe-suspension.ts'
import { membershipPrefix, parseMembershipKey } from '../../domain/people/membership-file.ts'
import {
  parseSuspensionBody,
  parseSuspensionKey,
  type SuspensionBody,
  suspensionMostBytes,
} from '../../domain/people/suspension.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { requestPrefix } from '../../domain/requests/access-request.ts'
import { approvalPrefix } from '../../domain/requests/approval-file.ts'
import { type Complaint, type Parsed, refused, renderComplaint } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection, type Status, type StatusState } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Admission, Brake } from '../brake/brake.ts'
import { PrincipalIndex } from '../directory/principal-index.ts'
import { findSessions } from '../preview/find-sessions.ts'
import { People } from '../preview/people.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { sendInputs, userIsSuspended } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { listHeads } from '../records/list-heads.ts'
import { listLinks } from '../records/list-links.ts'
import { ownerKey } from '../records/owner.ts'
import type { Policies } from '../records/policies.ts'
import { describeInput, readInput } from '../records/read-input.ts'
import type { RuleFiles } from '../records/rule-files.ts'
import { StatusStore } from '../records/status-store.ts'
import { tellRestored, tellSuspended } from '../records/suspension-history.ts'
import type { Suspensions } from '../records/suspensions.ts'
import { denySessions, denyWhileSuspended } from './deny-sessions.ts'
import { type FoundHoldings, findHoldings } from './find-holdings.ts'
import { lookAtEntry, lookAtRulesFor } from './follow-memberships.ts'
import { endReport, reportLeaver } from './report-leaver.ts'

type Looking = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'log'> & {
  readonly configuration: Configuration
  readonly policies: Pick<Policies, 'read'>
  readonly suspensions: Pick<Suspensions, 'note' | 'forget'>
  readonly brake: Pick<Brake, 'admitPerson' | 'reviewPerson'>
  readonly rules: Pick<RuleFiles, 'read'>
}

const heldMs = 60_000
const laterMs = 60 * 60_000
/** By then sessions are denied, or it is known why not. */
const deniedMs = 3 * 60_000
/** How soon it is looked at again, by its status. Of somebody `partly` suspended: what the groups have by now. */
const againAfterMs: Partial<Record<StatusState, number>> = {
  revoking: 20_000,
  held: heldMs,
  failed: 5 * 60_000,
  partly: laterMs,
}
const passed: Admission = { outcome: 'passes' }

/**
 * The file of a suspension, as it is now. Whether somebody has something is decided where access is, by whether the file lies
 * there; here the brake is asked about the person, everything that may be the person's is looked at, and it is told what became
 * of it. Safe to repeat at any time; throws when something cannot be read or written: the message then comes again.
 */
export async function lookAtSuspension(message: InputMessage, context: Looking): Promise<void> {
  const { key, id } = message
  const { objects, clock, configuration, log } = context
  const named = parseSuspensionKey(key)
  let seen: Seen | undefined
  let again: Date | undefined
  const told = await new StatusStore(objects, clock).revise(key, async (current) => {
    seen = undefined
    again = undefined
    const found = await readInput(objects, key, { mostBytes: suspensionMostBytes })
    if (!found) {
      if (named.ok) await restore(named.value, { current, message }, context)
      return undefined
    }
    const object = 'complaint' in found ? found.head : found
    const about = { ...describeInput(object), by: findUploader(object, message, current) }
    if (!named.ok) return { ...about, ...rejection(named.complaint) }
    const name = named.value
    const read = 'complaint' in found ? await objects.head(ownerKey) : found
    const at = read?.servedAt ?? clock.now()
    const later = new Date(at.getTime() + laterMs)
    const refusal = await findRefusal(key, name, context)
    if (refusal) {
      // Policies change.
      again = later
      return { ...about, ...rejection(refusal) }
    }
    const user = await findUser(name, current, context)
    if (user === undefined) {
      again = later
      return { ...about, ...unknownUser(name) }
    }
    await context.suspensions.note(user, name)
    const base = { ...about, ...warningsOf(key, found), principalId: user }
    // Once the status says that it has passed, nobody asks again: the person counts once, however long the file lies there.
    const asked = isAdmitted(current)
      ? passed
      : await context.brake.admitPerson({ user, by: uploaderWithoutSession(about.by) })
    if (asked.outcome === 'held' && current?.state === 'held') {
      again = new Date(at.getTime() + heldMs)
      return { ...base, state: 'held', reason: current.reason, remedy: current.remedy }
    }
    const known = await findHoldings(user, { objects, people: new People(context.identityStore) })
    const holdings = asked.outcome === 'held' ? { ...known, held: asked.reason } : known
    if (asked.outcome === 'passes') {
      const said = { user, name, by: about.by, ...bodyOf(key, found) }
      const suspendedAt = await tellSuspended(objects, { ...said, at: about.lastModified })
      await reportLeaver({ ...said, suspendedAt }, holdings, at, objects)
    }
    // Once the status says that the brake has let the person pass: before that, the record counts for nothing.
    const undenied = isAdmitted(current)
      ? await denyWhileSuspended({ user, name, by: key }, listKept(holdings), objects)
      : []
    const described = describeSuspension({ ...holdings, undenied }, isAdmitted(current))
    seen = {
      user,
      name,
      ours: holdings.ours,
      memberships: holdings.memberships,
      isFirst: described.state !== current?.state,
      at,
    }
    if (isDone(described.state)) await endRest(seen, key, context)
    const againMs = seen.isFirst && described.state === 'partly' ? deniedMs : againAfterMs[described.state]
    again = againMs === undefined ? undefined : new Date(at.getTime() + againMs)
    return { ...base, ...described }
  })
  // After the status, which says that the brake has let the person pass.
  const isMoving = told?.state === 'revoking' || (told?.state === 'held' && seen?.isFirst)
  const hints = isMoving ? (seen?.ours ?? []).map((access) => accessHint(assignmentOf(access), key)) : []
  await sendHints(context, { id, hints, revocation: true }, configuration)
  await indexInstants(objects, key, again ? [again] : [], id)
  log.info('suspension looked at', { input: key, id, status: told?.state ?? 'removed' })
  const memberships = isMoving ? (seen?.memberships ?? []) : []
  for (const one of memberships) await lookAtEntry(context, configuration, one.id, one.entry, userIsSuspended)
  const hasNothingToRevoke = told?.state === 'revoking' && hints.length + memberships.length === 0
  if (hasNothingToRevoke) await lookAtSuspension(message, context)
}

function isDone(state: StatusState): boolean {
  return state === 'suspended' || state === 'partly' || state === 'failed'
}

function unknownUser(name: PrincipalName): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  return {
    state: 'waiting',
    reason: `user '${name}' does not exist in the identity store`,
    remedy: 'upload the file under the exact user name, and delete this one; a user of this name would have nothing',
  }
}

type FoundFile = NonNullable<Awaited<ReturnType<typeof readInput>>>

/** It lies there, and so it counts; only why is not known. */
function warningsOf(key: string, found: FoundFile): Pick<NewStatus, 'warnings'> {
  const read = readBody(key, found)
  return read.ok ? {} : { warnings: [renderComplaint(read.complaint)] }
}

function bodyOf(key: string, found: FoundFile): SuspensionBody {
  const read = readBody(key, found)
  return read.ok ? read.value : {}
}

function readBody(key: string, found: FoundFile): Parsed<SuspensionBody> {
  return 'complaint' in found ? refused(found.complaint) : parseSuspensionBody(key, found.body, found.size)
}

async function findRefusal(key: string, name: PrincipalName, { policies }: Looking): Promise<Complaint | undefined> {
  const policy = findNeverSuspended(await policies.read(), name)
  return policy === undefined
    ? undefined
    : {
        object: key,
        received: 'a user whom no file may suspend',
        expected: `one whom neverSuspend of ${policy} does not name`,
        remedy: 'delete this file; or ask those who write the policies',
      }
}

/** The user whom the name meant when the file was first looked at, or means now. */
async function findUser(
  name: PrincipalName,
  current: Status | undefined,
  { identityStore, clock, configuration }: Looking,
): Promise<PrincipalId | undefined> {
  if (current?.principalId !== undefined) return current.principalId
  const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  return index.resolve('USER', name, clock.monotonicMs())
}

/** The permission sets of what is there still: through groups, given by others, or of ours while AWS does not let it go. */
function listKept({ throughGroups, foreign, ours }: FoundHoldings): ReadonlySet<PermissionSetName> {
  const kept = [...throughGroups.map(({ key }) => key), ...foreign, ...ours]
  return new Set(kept.map((access) => assignmentOf(access).permissionSet))
}

type Seen = {
  readonly user: PrincipalId
  readonly name: PrincipalName
  readonly ours: Holdings['ours']
  readonly memberships: FoundHoldings['memberships']
  /** It was not in this state before. */
  readonly isFirst: boolean
  /** By S3's clock. */
  readonly at: Date
}

/**
 * Denies the sessions that the user may have, and has requests and decisions of the user looked at. Before the status says that
 * it is done: after a crash it is done again.
 */
async function endRest({ user, name, isFirst, at }: Seen, key: string, context: Looking): Promise<void> {
  const { objects, configuration } = context
  if (!isFirst) return
  const sets = await findSessions({ id: user, name }, undefined, context, configuration)
  await denySessions({ user, name, by: key, at }, sets, objects)
  await sendInputs(context, await listAsked(user, objects), userIsSuspended, configuration)
}

/** The requests and approvals of a user. */
async function listAsked(user: PrincipalId, objects: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for (const prefix of [requestPrefix, approvalPrefix])
    for await (const { key } of objects.list(`${prefix}${user}/`)) keys.push(key)
  return keys
}

/** What links still ask for by the names of the user is given back: each is looked at, and what the user asked for. */
async function restore(
  name: PrincipalName,
  { current, message }: { readonly current: Status | undefined; readonly message: InputMessage },
  context: Looking,
): Promise<void> {
  const { objects, identityStore, clock, configuration, suspensions, brake } = context
  const names = new Set<PrincipalName>([name])
  const user = current?.principalId
  if (user !== undefined) {
    const by = findUploader(undefined, message, current)
    const at = message.event.startsWith('ObjectRemoved') && message.by ? message.by.at : renderInstant(clock.now())
    const suspendedAt = await tellRestored(objects, { user, name, at, by })
    if (suspendedAt !== undefined) await endReport(objects, { name, suspendedAt }, at)
    await brake.reviewPerson(user)
    await suspensions.forget(user, name)
    const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
    const present = await index.nameOf('USER', user, clock.monotonicMs())
    if (present !== undefined) names.add(present)
  }
  // What was refused meanwhile is not for good.
  const keys = user === undefined ? [] : await listAsked(user, objects)
  for await (const link of listLinks(objects, configuration.folders))
    if (link.type === 'USER' && names.has(link.principal)) keys.push(link.key)
  for (const key of (await listHeads(objects, membershipPrefix)).keys()) {
    const file = parseMembershipKey(key, configuration.folders)
    if (file.ok && names.has(file.value.user)) keys.push(key)
  }
  await sendInputs(context, keys, 'its user is not suspended any more', configuration)
  if (user !== undefined) await lookAtRulesFor(user, context)
}
