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
import { attentionStates, rejection, type StatusState } from '../../domain/statuses/status.ts'
import { describeSuspensions } from '../../domain/suspensions/describe-suspension.ts'
import { type SuspensionBody, suspensionKey } from '../../domain/suspensions/suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
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
import { listDeniedWhileSuspended } from '../../reconcile/records/ended-sessions.ts'
import { listIndexedSubjects } from '../../reconcile/records/expiry-index.ts'
import { sendInputs, userIsSuspended } from '../../reconcile/records/inputs.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { listLinks } from '../../reconcile/records/list-links.ts'
import type { Policies } from '../../reconcile/records/policies.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { listInState } from '../../reconcile/records/status-store.ts'
import { listMeantNames, listMeantUsers, type Suspensions } from '../../reconcile/records/suspensions.ts'
import { denySessions, denyWhileSuspended } from './deny-sessions.ts'
import { type FoundHoldings, findHoldings } from './find-holdings.ts'
import { findSessions } from './find-sessions.ts'
import { inputOfEntry, lookAtRulesFor } from './follow-directory.ts'
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
/** The users whom the file means. The status names the first one. */
type Meant = readonly [PrincipalId, ...PrincipalId[]]

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
  const noted = await listMeantUsers(objects, name)
  const users = new Set([status?.principalId ?? [], noted].flat())
  if (isThere) {
    const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
    const asked = index.resolve('USER', name, clock.monotonicMs())
    // If the directory refuses, the suspension of the known users goes on.
    const bearer = users.size === 0 ? { is: await asked } : await unlessUnread(asked)
    if ('is' in bearer && bearer.is !== undefined) users.add(bearer.is)
  }
  // A put-off look does not change how far the suspension is.
  const told = status?.putOff?.state ?? status?.state
  const isAtRest = told === 'suspended' && isDue
  return {
    isThere,
    protectedBy: isThere ? findNeverSuspended(await policies.read(), name) : undefined,
    users: [...users],
    noted: noted.length === 0 ? 'none' : noted.length === users.size ? 'all' : 'some',
    told,
    isDue,
    mayHaveAccess: isAtRest && (await mayHaveAccess([...users], objects, new People(identityStore))),
  }
}

/**
 * Events may be lost: of a user who joined a group, got the name, or got access. Whoever has access of their own has a noted name, so this
 * reads no ledger.
 */
async function mayHaveAccess(users: readonly PrincipalId[], objects: ReadingObjects, people: People): Promise<boolean> {
  if ((await NameIndex.readOnly(objects, 'USER', users)).idsOfType('USER').length > 0) return true
  for (const user of users) {
    if ((await suspendedSince(objects, user)) === undefined) return true
    const groups = await unlessUnread(people.groupsOf(user))
    if (!('is' in groups) || groups.is.length > 0) return true
  }
  return false
}

async function perform(
  { do: action }: SuspensionAction,
  input: SuspensionInput,
  { users }: SuspensionFacts,
  context: SuspensionContext,
): Promise<Effect<never> | Description> {
  if (action === 'restore') return restore(users, input, context)
  const [first, ...others] = users
  if (first === undefined) return {}
  switch (action) {
    case 'note':
      for (const user of users) {
        const { externalIds } = (await context.identityStore.findUser(user)) ?? {}
        await context.suspensions.note(user, input.name, externalIds)
      }
      return {}
    case 'admit':
      return admit([first, ...others], input, context)
    case 'end':
      return end([first, ...others], input, context)
  }
}

async function admit(users: Meant, input: SuspensionInput, context: SuspensionContext): Promise<Description> {
  const { told, by } = input
  const asked = await ofEach(users, (user) =>
    context.brake.admit(suspensionAct({ user, by: uploaderWithoutSession(by) })),
  )
  const held = asked.find((one) => one.outcome === 'held')?.reason
  if (held !== undefined && told?.state === 'held') {
    const { reason, remedy } = told
    return describeAgain({ state: 'held', reason, remedy }, users, input, heldMs)
  }
  const looks = await ofEach(users, async (user) => {
    const holdings = await find(user, context)
    if (held !== undefined) return { ...holdings, held, report: undefined }
    return { ...holdings, ...(await record(holdings, users, input, context)) }
  })
  const described = describeSuspensions(looks, false)
  const wakes = held === undefined ? listWakes(looks, input.key) : listHeldWakes(looks)
  const isNothingLeft = looks.every(({ ours, memberships }) => ours.length + memberships.length === 0)
  const description = describeAgain(described, users, input, againAfterMs[described.state])
  // The status says that the person has passed: the next look ends the rest, and writes the report.
  if (described.state === 'revoking' && isNothingLeft) return { ...description, wakes, again: 'now' }
  return { ...description, wakes, afterwards: () => completeReports(looks) }
}

async function end(users: Meant, input: SuspensionInput, context: SuspensionContext): Promise<Description> {
  const { key, name, told } = input
  const looks = await ofEach(users, async (user) => {
    const denied = await listDeniedWhileSuspended(context.objects, { user, by: key })
    const holdings = await find(user, context)
    // The status says nothing yet of a user who got the name later.
    if ((await suspendedSince(context.objects, user)) === undefined) await endRest(holdings, input, context)
    const { had, report } = await record(holdings, users, input, context)
    const sets = { sets: listKept(holdings), over: holdings.unread === undefined ? denied : new Set<never>() }
    return {
      ...holdings,
      had,
      report,
      undenied: await denyWhileSuspended({ user, name, by: key }, sets, context.objects),
    }
  })
  const described = describeSuspensions(looks, true)
  const isFirst = described.state !== (told?.putOff?.state ?? told?.state)
  if (isFirst && described.state !== 'revoking') for (const look of looks) await endRest(look, input, context)
  const isPartly = described.state === 'partly'
  const isUnread = isPartly && looks.some(({ unread }) => unread !== undefined)
  const againMs = isFirst && isPartly ? deniedMs : isUnread ? unreadMs : againAfterMs[described.state]
  const wakes = described.state === 'revoking' ? { ...listWakes(looks, key), id: repeatId(input) } : undefined
  const description = describeAgain(described, users, input, againMs)
  return { ...description, wakes, afterwards: () => completeReports(looks) }
}

function find(user: PrincipalId, { objects, identityStore }: SuspensionContext): Promise<FoundHoldings> {
  return findHoldings(user, { objects, people: new People(identityStore) })
}

/** One after the other: there is almost always one. */
async function ofEach<T>(
  [first, ...others]: Meant,
  work: (user: PrincipalId) => Promise<T>,
): Promise<readonly [T, ...T[]]> {
  const done: [T, ...T[]] = [await work(first)]
  for (const user of others) done.push(await work(user))
  return done
}

/**
 * Records the suspension in history, and begins the report. Returns the work that completes the report, which takes nothing from anybody
 * and so comes last. A user who got the name later has a later beginning, and so a report of their own.
 */
async function record(
  holdings: FoundHoldings,
  [first]: Meant,
  { name, file, head, by, now }: SuspensionInput,
  { objects, log }: SuspensionContext,
): Promise<{ readonly had?: number | undefined; readonly report: () => Promise<void> }> {
  const { user } = holdings
  const said = { user, name, by, ...(file.is === 'valid' && file.body) }
  const since = (user === first ? head?.lastModified : undefined) ?? now
  const suspendedAt = await tellSuspended(objects, { ...said, at: renderInstant(since) })
  const about = { ...said, suspendedAt }
  const report = () => reportLeaver(about, holdings, now, objects)
  if (holdings.ours.length + holdings.memberships.length === 0) return { report }
  const had = await beginReport(about, holdings, objects).catch((error: unknown) => {
    // A report that cannot be written keeps nobody's access.
    log.warn('ssofile could not begin the report of a suspended person, and writes it after the revocations', { error })
    return undefined
  })
  return { had, report }
}

async function completeReports(looks: readonly { readonly report: (() => Promise<void>) | undefined }[]) {
  for (const { report } of looks) await report?.()
}

function listWakes(all: readonly FoundHoldings[], cause: string) {
  return {
    why: userIsSuspended,
    revocations: all.flatMap(({ ours }) => ours.map((access) => accessHint(assignmentOf(access), cause))),
    // Links may ask for access that others gave. Only their statuses change.
    hints: all.flatMap(({ foreign }) => foreign.map((access) => accessHint(assignmentOf(access), cause))),
    inputs: all.flatMap(({ memberships }) => memberships.map(({ id, entry }) => inputOfEntry(id, entry))),
  } satisfies Wakes
}

/** Their evaluations put the access on the list of the brake. They take nothing, so they do not go before other work. */
function listHeldWakes(all: readonly FoundHoldings[]): Wakes {
  const { revocations, inputs, why } = listWakes(all, 'brake')
  return { why, inputs, hints: revocations }
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
  [first]: Meant,
  input: SuspensionInput,
  againMs: number | undefined,
): Description {
  const { file, now } = input
  // The file counts because it exists; only its reason is unknown.
  const warnings = file.is === 'invalid' ? [renderComplaint(file.complaint)] : undefined
  return {
    told: { principalId: first, ...(warnings && { warnings }), ...keepPutOff(told, input) },
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
  { user, groupIds: groups }: FoundHoldings,
  { key, name, now }: SuspensionInput,
  context: SuspensionContext,
): Promise<void> {
  const { objects, configuration } = context
  const sets = await findSessions({ id: user, groups }, undefined, context)
  await denySessions({ user, name, by: key, at: now }, sets, objects)
  await sendInputs(context, await listAsked(user, objects), userIsSuspended, configuration)
}

/**
 * The requests and approvals of a user that are not over: they are in the index of attention, or the index of instants has their end. A user
 * may upload any number of others, so a look at each file might never end.
 */
async function listAsked(user: PrincipalId, objects: ObjectStore): Promise<readonly string[]> {
  const requests = `${requestPrefix}${user}/`
  const keys = new Set(await listIndexedSubjects(objects, requests))
  for (const beginning of [requests, `${approvalPrefix}${user}/`])
    for (const state of attentionStates) for (const key of await listInState(objects, state, beginning)) keys.add(key)
  return [...keys]
}

/**
 * The file is gone, or no longer counts. Looks at every link and membership file with the user's names, and at the user's
 * requests, so that the access returns.
 */
async function restore(
  users: readonly PrincipalId[],
  { key, name, by, now, file }: SuspensionInput,
  context: SuspensionContext,
): Promise<Description> {
  const { objects, identityStore, clock, configuration, suspensions, brake } = context
  const names = new Set<PrincipalName>([name])
  const keys: string[] = []
  for (const user of users) {
    const at = by?.at ?? renderInstant(now)
    // The report first: history says that the person is suspended until then.
    const suspendedAt = await suspendedSince(objects, user)
    if (suspendedAt !== undefined) {
      await endReport(objects, { name, suspendedAt }, at)
      await tellRestored(objects, { user, name, at, by })
    }
    await brake.drop(suspensionAct({ user, by: undefined }))
    const index = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
    const present = await index.nameOf('USER', user, clock.monotonicMs())
    if (present !== undefined) names.add(present)
    // Requests that were refused meanwhile get another look.
    keys.push(...(await listAsked(user, objects)))
    // Another file may suspend the user too, and only one of them was recorded with the denials.
    const others = new Set([...(await listMeantNames(objects, user)), ...(present === undefined ? [] : [present])])
    others.delete(name)
    for (const other of others)
      if ((await objects.head(suspensionKey(other))) !== undefined) keys.push(suspensionKey(other))
  }
  for await (const link of listLinks(objects, configuration.folders))
    if (link.type === 'USER' && names.has(link.principal)) keys.push(link.key)
  for (const key of (await listHeads(objects, membershipPrefix)).keys()) {
    const file = parseMembershipKey(key, configuration.folders)
    if (file.ok && names.has(file.value.user)) keys.push(key)
  }
  await sendInputs(context, keys, 'its user is no longer suspended', configuration)
  for (const user of users) await lookAtRulesFor(user, context)
  // The notes last: only they name all these users, if the process dies before.
  for (const user of users) {
    await suspensions.forget(user, name)
    // Somebody uploaded the file again at once, and its own look may be over.
    if (file.is === 'none' && (await objects.head(key)) !== undefined) await suspensions.note(user, name)
  }
  // If a policy protects the user, the next status says so.
  return { told: undefined, ...(file.is !== 'none' && { again: 'now' }) }
}
