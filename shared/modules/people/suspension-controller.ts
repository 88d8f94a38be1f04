import { assignmentOf } from '../../domain/assignments/assignment.ts'
import { suspensionAct } from '../../domain/brake/act.ts'
import { requestPrefix } from '../../domain/files/access-request.ts'
import { approvalPrefix } from '../../domain/files/approval-file.ts'
import { membershipPrefix, parseMembershipKey } from '../../domain/files/membership-file.ts'
import { findNeverSuspended } from '../../domain/guardrails/named-people.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { uploaderWithoutSession } from '../../domain/links/uploader-without-session.ts'
import { accessHint } from '../../domain/messages/hint.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { renderComplaint } from '../../domain/statuses/complaint.ts'
import { rejection, type StatusState } from '../../domain/statuses/status.ts'
import { describeSuspension } from '../../domain/suspensions/describe-suspension.ts'
import type { SuspensionBody } from '../../domain/suspensions/suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import { People } from '../../reconcile/directory/people.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
  Wakes,
} from '../../reconcile/inputs/controller.ts'
import { sendInputs, userIsSuspended } from '../../reconcile/records/inputs.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { listLinks } from '../../reconcile/records/list-links.ts'
import type { Policies } from '../../reconcile/records/policies.ts'
import { listMeantNames, type Suspensions } from '../../reconcile/records/suspensions.ts'
import { denySessions, denyWhileSuspended } from './deny-sessions.ts'
import { type FoundHoldings, findHoldings } from './find-holdings.ts'
import { findSessions } from './find-sessions.ts'
import { inputOfEntry, lookAtRulesFor } from './follow-memberships.ts'
import { beginReport, endReport, reportLeaver } from './report-leaver.ts'
import type { RuleFiles } from './rule-files.ts'
import {
  decideSuspension,
  type SuspensionAction,
  type SuspensionEnd,
  type SuspensionFacts,
} from './rules/decide-suspension.ts'
import { suspendedSince, tellRestored, tellSuspended } from './suspension-history.ts'

type SuspensionContext = ReconcileContext & {
  readonly policies: Pick<Policies, 'read'>
  readonly suspensions: Pick<Suspensions, 'note' | 'forget'>
  readonly brake: Pick<Brake, 'admit' | 'drop'>
  readonly rules: Pick<RuleFiles, 'read'>
}

interface SuspensionTypes extends KindTypes {
  readonly name: PrincipalName
  readonly body: SuspensionBody
  readonly entry: never
  readonly facts: SuspensionFacts
  readonly action: SuspensionAction
  readonly end: SuspensionEnd
  readonly context: SuspensionContext
}
type SuspensionInput = Input<SuspensionTypes>
/** The suspended user. */
type Suspended = { readonly user: PrincipalId; readonly name: PrincipalName }

const heldMs = 60_000
const laterMs = 60 * 60_000
/** The time until the next look at a user whose groups could not be read. */
const unreadMs = 5 * 60_000
/** By then the sessions are denied, or the reason why not is known. */
const deniedMs = 3 * 60_000
/** How often the same hint is sent, in case it was lost. SQS drops a repeat for this long. */
const repeatMs = 5 * 60_000
/** When the next look comes, by the state. `partly`: groups may have more or less access by then. */
const againAfterMs: Partial<Record<StatusState, number>> = {
  revoking: 20_000,
  held: heldMs,
  failed: 5 * 60_000,
  partly: laterMs,
  // ssofile looks again later, since a policy may protect the user by then.
  suspended: laterMs,
}

/**
 * The file of a suspension. The access itself ends elsewhere, because the file exists. Here ssofile asks the brake about the
 * person, looks at everything the person may have, and writes the status.
 */
export const suspensionController: Controller<SuspensionTypes> = {
  noun: 'suspension',
  format: kinds.suspension,
  // An invalid file still counts: its body only gives a reason.
  describesInvalid: true,
  gather,
  decide: decideSuspension,
  underPause: ['restore', 'note', 'admit', 'end'],
  waitsForLost: true,
  perform,
  describe,
}

async function gather(
  { name, file, told: status, isDue }: SuspensionInput,
  { objects, policies, identityStore, clock, configuration }: ReadingContext<SuspensionContext>,
): Promise<SuspensionFacts> {
  const isThere = file.is !== 'none'
  const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const user = status?.principalId ?? (isThere ? await index.resolve('USER', name, clock.monotonicMs()) : undefined)
  // A put-off look does not change how far the suspension is.
  const told = status?.putOff?.state ?? status?.state
  const isAtRest = told === 'suspended' && isDue && user !== undefined
  const groups = isAtRest ? await unlessUnread(new People(identityStore).groupsOf(user)) : { is: [] }
  return {
    isThere,
    protectedBy: isThere ? findNeverSuspended(await policies.read(), name) : undefined,
    user,
    isNoted: isThere && user !== undefined && (await listMeantNames(objects, user)).includes(name),
    told,
    isDue,
    // An event of the person's joining may be lost.
    isInGroup: !('is' in groups) || groups.is.length > 0,
  }
}

async function perform(
  { do: action }: SuspensionAction,
  input: SuspensionInput,
  { user }: SuspensionFacts,
  context: SuspensionContext,
): Promise<Effect<never> | Description> {
  const { name } = input
  if (action === 'restore') return restore(user, input, context)
  if (user === undefined) return {}
  switch (action) {
    case 'note':
      await context.suspensions.note(user, name)
      return {}
    case 'admit':
      return admit({ user, name }, input, context)
    case 'end':
      return end({ user, name }, input, context)
  }
}

async function admit(who: Suspended, input: SuspensionInput, context: SuspensionContext): Promise<Description> {
  const { told, by } = input
  const asked = await context.brake.admit(suspensionAct({ user: who.user, by: uploaderWithoutSession(by) }))
  if (asked.outcome === 'held' && told?.state === 'held') {
    const { reason, remedy } = told
    return describeAgain({ state: 'held', reason, remedy }, who, input, heldMs)
  }
  const holdings = await findHoldings(who.user, { objects: context.objects, people: new People(context.identityStore) })
  const report = asked.outcome === 'passes' ? await record(who, holdings, input, context) : undefined
  const described = describeSuspension(asked.outcome === 'held' ? { ...holdings, held: asked.reason } : holdings, false)
  const wakes = asked.outcome === 'held' ? listHeldWakes(holdings) : listWakes(holdings, input.key)
  const isNothingLeft = holdings.ours.length + holdings.memberships.length === 0
  const description = describeAgain(described, who, input, againAfterMs[described.state])
  // The status says that the person has passed: the next look ends the rest, and writes the report.
  if (described.state === 'revoking' && isNothingLeft) return { ...description, again: 'now' }
  return { ...description, wakes, afterwards: report }
}

async function end(who: Suspended, input: SuspensionInput, context: SuspensionContext): Promise<Description> {
  const { objects } = context
  const { key, told } = input
  const holdings = await findHoldings(who.user, { objects, people: new People(context.identityStore) })
  const report = await record(who, holdings, input, context)
  const undenied = await denyWhileSuspended(
    { ...who, by: key },
    { sets: listKept(holdings), areAll: holdings.unread === undefined },
    objects,
  )
  const described = describeSuspension({ ...holdings, undenied }, true)
  const isFirst = described.state !== (told?.putOff?.state ?? told?.state)
  if (isFirst && described.state !== 'revoking') await endRest(who, holdings.groupIds, input, context)
  const isPartly = described.state === 'partly'
  const isUnread = isPartly && holdings.unread !== undefined
  const againMs = isFirst && isPartly ? deniedMs : isUnread ? unreadMs : againAfterMs[described.state]
  const wakes = described.state === 'revoking' ? { ...listWakes(holdings, key), id: repeatId(input) } : undefined
  return { ...describeAgain(described, who, input, againMs), wakes, afterwards: report }
}

/**
 * Records the suspension in history, and begins the report. Returns the work that completes the report, which takes nothing from anybody
 * and so comes last.
 */
async function record(
  who: Suspended,
  holdings: FoundHoldings,
  { file, head, by, now }: SuspensionInput,
  { objects, log }: SuspensionContext,
): Promise<() => Promise<void>> {
  const said = { ...who, by, ...(file.is === 'valid' && file.body) }
  const suspendedAt = await tellSuspended(objects, { ...said, at: renderInstant(head?.lastModified ?? now) })
  const about = { ...said, suspendedAt }
  if (holdings.ours.length + holdings.memberships.length > 0)
    await beginReport(about, holdings, objects).catch((error: unknown) => {
      // A report that cannot be written keeps nobody's access.
      log.warn('ssofile could not begin the report of a suspended person, and writes it after the revocations', {
        error,
      })
    })
  return () => reportLeaver(about, holdings, now, objects)
}

function listWakes({ ours, memberships }: FoundHoldings, cause: string) {
  return {
    why: userIsSuspended,
    revocations: ours.map((access) => accessHint(assignmentOf(access), cause)),
    inputs: memberships.map(({ id, entry }) => inputOfEntry(id, entry)),
  } satisfies Wakes
}

/** Their evaluations put the access on the list of the brake. They take nothing, so they do not go before other work. */
function listHeldWakes(holdings: FoundHoldings): Wakes {
  const { revocations: hints, ...wakes } = listWakes(holdings, 'brake')
  return { ...wakes, hints }
}

/**
 * The same for all looks of some minutes, so that SQS drops the hints of a later one. Thousands of hints with each look would fill the queue:
 * SQS looks for free groups only among its first messages, and would not find those of the next suspended person.
 */
function repeatId({ key, head, now }: SuspensionInput): string {
  const upload = head && `${head.etag} ${renderInstant(head.lastModified)}`
  return `${key} ${upload} ${Math.floor(now.getTime() / repeatMs)}`
}

function describeAgain(
  told: Description['told'] & object,
  { user }: Pick<Suspended, 'user'>,
  input: SuspensionInput,
  againMs: number | undefined,
): Description {
  const { file, now } = input
  // The file counts because it exists; only its reason is unknown.
  const warnings = file.is === 'invalid' ? [renderComplaint(file.complaint)] : undefined
  return {
    told: { principalId: user, ...(warnings && { warnings }), ...keepPutOff(told, input) },
    again: againMs === undefined ? undefined : new Date(now.getTime() + againMs),
  }
}

/** While something is left, the status keeps the reason of the delay. */
function keepPutOff(described: Description['told'] & object, { head, told }: SuspensionInput): typeof described {
  if (told?.putOff?.state !== described.state || told.etag !== head?.etag) return described
  const { state, reason, remedy, putOff } = told
  return { ...described, state, reason, remedy, putOff }
}

function describe(
  { tell }: SuspensionEnd,
  { key, name, now, told }: SuspensionInput,
  { protectedBy }: SuspensionFacts,
): Description {
  const again = new Date(now.getTime() + laterMs)
  switch (tell) {
    case 'suspended':
      return { told, again }
    case 'protected':
      return {
        told: rejection({
          object: key,
          received: 'a user that no file may suspend',
          expected: `a user that neverSuspend of ${protectedBy} does not name`,
          remedy: 'delete this file, or ask the owners of the policies',
        }),
        again,
      }
    case 'unknown':
      return {
        told: {
          state: 'waiting',
          reason: `user '${name}' does not exist in the identity store`,
          remedy:
            'upload the file under the exact user name, and delete this one; if the user is created later, the user gets no access',
        },
        again,
      }
  }
}

/** The permission sets of the remaining access: through groups, from others, or ours while AWS does not let it go. */
function listKept({ throughGroups, foreign, ours }: FoundHoldings): ReadonlySet<PermissionSetName> {
  const kept = [...throughGroups.map(({ key }) => key), ...foreign, ...ours]
  return new Set(kept.map((access) => assignmentOf(access).permissionSet))
}

/**
 * Denies the sessions that the user may have, and looks at the user's requests and approvals. Runs before the status says so,
 * so that it runs again after a crash.
 */
async function endRest(
  who: Suspended,
  groups: readonly PrincipalId[],
  { key, now }: SuspensionInput,
  context: SuspensionContext,
): Promise<void> {
  const { objects, configuration } = context
  const sets = await findSessions({ id: who.user, name: who.name, groups }, undefined, context, configuration)
  await denySessions({ ...who, by: key, at: now }, sets, objects)
  await sendInputs(context, await listAsked(who.user, objects), userIsSuspended, configuration)
}

async function listAsked(user: PrincipalId, objects: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for (const prefix of [requestPrefix, approvalPrefix])
    for await (const { key } of objects.list(`${prefix}${user}/`)) keys.push(key)
  return keys
}

/**
 * The file is gone, or no longer counts. Looks at every link and membership file with the user's names, and at the user's
 * requests, so that the access returns.
 */
async function restore(
  user: PrincipalId | undefined,
  { key, name, by, now, file }: SuspensionInput,
  context: SuspensionContext,
): Promise<Description> {
  const { objects, identityStore, clock, configuration, suspensions, brake } = context
  const names = new Set<PrincipalName>([name])
  if (user !== undefined) {
    const at = by?.at ?? renderInstant(now)
    // The report first: history says that the person is suspended until then.
    const suspendedAt = await suspendedSince(objects, user)
    if (suspendedAt !== undefined) {
      await endReport(objects, { name, suspendedAt }, at)
      await tellRestored(objects, { user, name, at, by })
    }
    await brake.drop(suspensionAct({ user, by: undefined }))
    await suspensions.forget(user, name)
    // Somebody uploaded the file again at once, and its own look may be over.
    if (file.is === 'none' && (await objects.head(key)) !== undefined) await suspensions.note(user, name)
    const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
    const present = await index.nameOf('USER', user, clock.monotonicMs())
    if (present !== undefined) names.add(present)
  }
  // Requests that were refused meanwhile get another look.
  const keys = user === undefined ? [] : await listAsked(user, objects)
  for await (const link of listLinks(objects, configuration.folders))
    if (link.type === 'USER' && names.has(link.principal)) keys.push(link.key)
  for (const key of (await listHeads(objects, membershipPrefix)).keys()) {
    const file = parseMembershipKey(key, configuration.folders)
    if (file.ok && names.has(file.value.user)) keys.push(key)
  }
  await sendInputs(context, keys, 'its user is no longer suspended', configuration)
  if (user !== undefined) await lookAtRulesFor(user, context)
  // If a policy protects the user, the next status says so.
  return { told: undefined, ...(file.is !== 'none' && { again: 'now' }) }
}
