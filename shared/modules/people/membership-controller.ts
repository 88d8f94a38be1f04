import { liveMs, settlingMs } from '../../domain/assignments/access-proof.ts'
import { type Act, removalAct, suspensionAct } from '../../domain/brake/act.ts'
import { type BrakeAnswer, exempt } from '../../domain/brake/admission.ts'
import { groupKey } from '../../domain/files/group-file.ts'
import { folderOfMembership, membershipKey, renderMembership } from '../../domain/files/membership-file.ts'
import { ruleKey, rulePrefix } from '../../domain/files/rule-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { describeUpload, identityOf } from '../../domain/links/upload.ts'
import { describeBoundAgain } from '../../domain/principals/external-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { OwnedMembership } from '../../domain/principals/owned-membership.ts'
import { endOfUser } from '../../domain/sessions/ended-sessions.ts'
import type { NewStatus, Status } from '../../domain/statuses/status.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import { renderInstant, renderJustBefore } from '../../domain/text/instant.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { bindingOf } from '../../reconcile/assignments/user-binding.ts'
import { removeMember } from '../../reconcile/calls/taking-calls.ts'
import type { Controller, Description, Effect } from '../../reconcile/inputs/controller.ts'
import { findReview } from '../../reconcile/records/deletion-notes.ts'
import { indexInstants, instantsToCome } from '../../reconcile/records/expiry-index.ts'
import { noteChangedGroups } from '../../reconcile/records/group-members.ts'
import { sendInputs, userIsSuspended } from '../../reconcile/records/inputs.ts'
import { KnownRecord } from '../../reconcile/records/known-record.ts'
import { ownedMembershipRecords, readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { notePerson, tellBoundAgain } from '../../reconcile/records/same-person.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listMeantNames } from '../../reconcile/records/suspensions.ts'
import { denySessionsThrough } from './deny-sessions.ts'
import { disclaimRefused } from './disclaim-refused.ts'
import {
  type AskingFile,
  claimedMs,
  gatherMembership,
  type Member,
  type MembershipInput,
  type MembershipTypes,
} from './gather-membership.ts'
import { describeMembershipChange, historyOfMembership, type MembershipChange } from './membership-history.ts'
import { indexMember, indexMembership, listMembershipsOf, unindexMembership } from './membership-index.ts'
import { decideMembership, type MembershipAction, type MembershipEnd } from './rules/decide-membership.ts'
import { describeMembership, type MembershipOutcome } from './rules/describe-membership.ts'

type Context = MembershipTypes['context']
type Facts = MembershipTypes['facts']
type Step = Effect<OwnedMembership, MembershipTypes['learnt']> | Description

/** How soon ssofile looks again at a change in progress, or a held one. */
const soonMs = 20_000
const heldMs = 60_000

/**
 * All files that ask for one membership, in any folder, and the rule of the group: ssofile adds the user to the group, or
 * removes the user. It writes the entry before it creates the membership. Each file has its own status.
 */
export const membershipController: Controller<MembershipTypes> = {
  noun: 'membership',
  format: kinds.membership,
  gather: gatherMembership,
  decide: decideMembership,
  underPause: ['disclaim', 'note', 'update', 'forget'],
  learnsOfCalls: true,
  // A removal comes after `withdraw`.
  takesNothingAfter: ['claim', 'create', 'note', 'update'],
  perform,
  describe,
  describePause: (reason, input, facts) =>
    describeFile(fileOf(input, facts), input.name, facts, { is: 'paused', reason }),
  keep: ({ told, head }) => ({ ...(head && describeContent(told, head)), principalId: bindingOf('USER', told, head) }),
}

function describeContent(told: Status | undefined, head: NonNullable<MembershipInput['head']>) {
  const upload = describeUpload(told, { ...head, lastModified: renderInstant(head.lastModified) })
  return { ...identityOf(upload), since: upload.since }
}

async function perform(
  { do: action, users }: MembershipAction,
  input: MembershipInput,
  facts: Facts,
  context: Context,
): Promise<Step> {
  const members = facts.users.filter(({ user }) => users.includes(user))
  const [member] = members
  if (member === undefined) return {}
  switch (action) {
    case 'claim':
      await lookAtRuleIfNew(member, input, context)
      await recordPerson(member, input, facts, context)
      return claim(member, context)
    case 'create': {
      // The instant in the entry must be close to that of the call.
      if (isOlder(facts, claimedMs, context)) return {}
      const { group, user } = member.id
      const creating = unlessCode(context.identityStore.createGroupMembership(group, user), 'ConflictException')
      const made = await unlessCode(creating, 'ResourceNotFoundException').catch((error: unknown) =>
        // An earlier call may have been sent too, and not answered.
        disclaimRefused(error, ownedMembershipRecords.of(context.objects, member.id), () => member.create === 'unsent'),
      )
      if (made !== undefined) return note(member, made, context)
      // Somebody else was faster, unless an earlier create without an answer made it.
      const { calledAt = '' } = member.stored?.value ?? {}
      if (member.create === 'unsent') return { learnt: { user, calledAt, create: 'refused' } }
      return describeOutcome({ is: 'applying' }, input, facts)
    }
    case 'disclaim':
      return changeOf(member, 'none', undefined, context)
    case 'note':
      return note(member, member.found, context)
    case 'update':
      await lookAtRuleIfNew(member, input, context)
      return update(member, context)
    case 'withdraw':
    case 'remove':
      return takeOut(members, input, facts, context)
    case 'forget':
      return forget(member, { isByOthers: true, by: member.removedBy }, context)
  }
}

function isOlder({ lookedMs }: Facts, mostMs: number, { clock }: Context): boolean {
  return clock.monotonicMs() - lookedMs > mostMs
}

/** The effect of a step on the entry and on history. */
async function changeOf(
  { id, stored, wanted }: Member,
  entry: OwnedMembership | 'none',
  change: MembershipChange | undefined,
  { objects }: Context,
): Promise<Effect<OwnedMembership, MembershipTypes['learnt']>> {
  const known = stored && { value: stored.value, etag: stored.object.etag }
  const names = stored?.value ?? wanted
  const record = new KnownRecord(ownedMembershipRecords.of(objects, id), known)
  const history = change && (await describeMembershipChange(objects, id, names, change))
  return { entry, history, of: { record, history: historyOfMembership(id, names) } }
}

/** Before the membership exists: users that the provider may make again, and files that are bound again. */
async function recordPerson(
  { user }: Member,
  { name: { user: name } }: MembershipInput,
  { files }: Facts,
  { objects, identityStore }: Context,
): Promise<void> {
  await notePerson(objects, user, (await identityStore.findUser(user))?.externalIds ?? [])
  for (const { key, boundTo, boundAgain } of files)
    if (boundAgain && boundTo === user) await tellBoundAgain(objects, { key, name, user, ...boundAgain })
}

/** Writes the entry before the create: if the process dies in between, the next one finds the membership. */
async function claim(member: Member, context: Context): Promise<Step> {
  const { stored, wanted, removedBy } = member
  const now = await readNow(context)
  const { membershipId, keptUntil: _, ...before } = stored?.value ?? {}
  const { group, user, files } = wanted
  const entry = { ...before, v: 1, state: 'granting', group, user, files, calledAt: renderInstant(now) } as const
  // History is read in the order of its instants: someone removed the user before ssofile adds the user again.
  const at = renderJustBefore(now)
  const change = { event: 'removed', at, isByOthers: true, by: removedBy } as const
  const isFirst = stored === undefined || membershipId !== undefined
  const effect = await changeOf(member, entry, membershipId === undefined ? undefined : change, context)
  const { calledAt } = entry
  if (stored === undefined) await indexMember(context.objects, member.id)
  return { ...effect, learnt: { user: member.id.user, calledAt, create: isFirst ? 'unsent' : 'again' } }
}

async function note(member: Member, membershipId: string | undefined, context: Context): Promise<Step> {
  const { id, stored } = member
  if (stored === undefined || membershipId === undefined) return {}
  const { value: entry } = stored
  const grantedAt = entry.grantedAt ?? renderInstant(await readNow(context))
  await indexMembership(context.objects, membershipId, id)
  await noteChangedGroups(context, [id.group])
  const at = grantedAt === entry.grantedAt ? entry.calledAt : grantedAt
  const next = { ...entry, state: 'granted', membershipId, grantedAt } as const
  return changeOf(member, next, { event: 'added', at, membershipId }, context)
}

async function update(member: Member, context: Context): Promise<Step> {
  const { stored, wanted } = member
  if (stored === undefined) return {}
  const { value: entry } = stored
  await context.brake.drop(actOf(member))
  const ending = { event: 'ending', until: wanted.keptUntil, membershipId: entry.membershipId } as const
  const isEnding = wanted.keptUntil !== undefined && entry.keptUntil === undefined
  return changeOf(member, { ...entry, ...wanted, state: 'granted' }, isEnding ? ending : undefined, context)
}

/** Removes the members that the brake passes, one after the other: first writes the entry, then everything is read again. */
async function takeOut(
  members: readonly Member[],
  input: MembershipInput,
  facts: Facts,
  context: Context,
): Promise<Step> {
  const reasons: string[] = []
  for (const member of members) {
    const entry = member.stored?.value
    if (entry?.membershipId === undefined) continue
    const admission = await admit(member, input, context)
    if (admission.outcome === 'held') {
      if (entry.state !== 'held') return changeOf(member, { ...entry, state: 'held' }, undefined, context)
      reasons.push(admission.reason)
      continue
    }
    if (entry.state !== 'revoking') return changeOf(member, { ...entry, state: 'revoking' }, undefined, context)
    // Somebody may have asked for the membership meanwhile.
    if (isOlder(facts, liveMs, context)) return {}
    await unlessCode(removeMember(admission, entry.membershipId, context), 'ResourceNotFoundException')
    return forget(member, {}, context)
  }
  const [reason] = reasons
  if (reason === undefined) return {}
  if (isByRuleAlone(facts)) await lookAtRuleSoon(input, context)
  return describeOutcome({ is: 'held', reason }, input, facts)
}

async function admit(
  member: Member,
  { name }: MembershipInput,
  { brake, census, objects }: Context,
): Promise<BrakeAnswer> {
  const { id, stored, isGone, end } = member
  if (isGone) return exempt('the user or the group is gone')
  if (end?.by === 'file') {
    // The person counts once, elsewhere.
    const isAdmitted = end.suspended === 'admitted'
    const admission = isAdmitted
      ? exempt('the person was admitted before')
      : await brake.admit(suspensionAct(end.suspended))
    if (admission.outcome === 'held') return admission
    return brake.admit(actOf(member, { folders: [], end: { by: 'file', user: id.user } }))
  }
  const files = stored?.value.files ?? []
  const isOfRule = files.some(({ key }) => key.startsWith(rulePrefix))
  // The other people who leave by the rule are counted first.
  if (isOfRule) await census.take(name.group, id.group)
  const folders = files.flatMap(({ key }) => (key.startsWith(rulePrefix) ? [] : [folderOfMembership(key)]))
  const uploads = files.map((file) => ({ ...file, lastModified: stored?.value.calledAt }))
  const reviews = new Set(await Promise.all(uploads.map((upload) => findReview(objects, upload))))
  return brake.admit(
    actOf(member, {
      review: reviews.size === 1 ? [...reviews][0] : undefined,
      folders: isOfRule || folders.length > 0 ? folders : [undefined],
      ruleOf: isOfRule ? name.group : undefined,
      end,
    }),
  )
}

/** Uses the names of the entry, so that a release finds it again. Without folders and a rule it counts toward no limit. */
function actOf(
  { id, stored, wanted }: Member,
  counting: Omit<Parameters<typeof removalAct>[0], 'item'> = { folders: [] },
): Act {
  return removalAct({ item: renderMembership(stored?.value ?? wanted), ...counting }, id)
}

/** The membership is gone. If the directory ended the user, denies the sessions that the group gives before the entry goes. */
async function forget(
  member: Member,
  by: Pick<MembershipChange, 'isByOthers' | 'by'>,
  context: Context,
): Promise<Step> {
  const { id, stored, wanted, end } = member
  const { objects, brake } = context
  if (end?.by === 'directory') {
    const name = wanted.user
    const leaver = { user: id.user, name, by: endOfUser(name), at: await readNow(context) }
    await denySessionsThrough(id.group, leaver, objects)
  }
  const membershipId = stored?.value.membershipId
  if (membershipId !== undefined) await unindexMembership(objects, membershipId, id)
  await noteChangedGroups(context, [id.group])
  const effect = await changeOf(member, 'none', { event: 'removed', ...by }, context)
  // This uses up a release. While the entry is there, the next look asks the brake again, and needs the release.
  const afterwards = async () => {
    await brake.noteGone(actOf(member))
    if (end !== undefined) await tellLastEnded(id.user, context)
  }
  return { ...effect, afterwards }
}

/** The status of a suspension says how many memberships are left: it is due when none is. */
async function tellLastEnded(user: PrincipalId, context: Context): Promise<void> {
  const { objects, configuration } = context
  const names = await listMeantNames(objects, user)
  if (names.length === 0) return
  const left = await readOwnedMemberships(objects, await listMembershipsOf(objects, [user]))
  if (left.length === 0) await sendInputs(context, names.map(suspensionKey), userIsSuspended, configuration)
}

/** The status of the rule is final but says that people wait: it is wrong now. */
async function lookAtRuleIfNew({ isNewByRule }: Member, input: MembershipInput, context: Context): Promise<void> {
  if (!isNewByRule) return
  const told = await spoiledAsAbsent(readStatus(context.objects, ruleKey(input.name.group)))
  if (told?.state === 'applied' && (told.people?.waiting ?? 0) > 0) await lookAtRuleSoon(input, context)
}

/** At the next whole minute, so that all members share one object. */
async function lookAtRuleSoon({ name, now }: MembershipInput, { objects, randomness }: Context): Promise<void> {
  const minute = Math.ceil((now.getTime() + soonMs) / heldMs) * heldMs
  await indexInstants(objects, ruleKey(name.group), [new Date(minute)], randomness.id())
}

function describe({ tell, user }: MembershipEnd, input: MembershipInput, facts: Facts): Description {
  if (tell !== 'repeated') {
    const by = facts.users.find((one) => one.user === user)?.removedBy
    return describeOutcome({ is: tell, by }, input, facts)
  }
  const { state = 'applied', reason, owned, warnings } = input.told ?? {}
  return { told: { state, reason, owned, warnings } }
}

/** The status of this file, and further looks: later ones, or other inputs now. */
function describeOutcome(outcome: MembershipOutcome, input: MembershipInput, facts: Facts): Description {
  const { key, name, now } = input
  const file = fileOf(input, facts)
  const told = describeFile(file, name, facts, outcome)
  const body = 'body' in file.reading ? file.reading.body : {}
  const until = facts.users.find(({ user }) => user === facts.bearer)?.wanted.keptUntil
  // Whoever has another name now is looked at under that name when the time is over.
  const renamed = facts.users.filter(({ user, wanted }) => user !== facts.bearer && wanted.keptUntil !== undefined)
  // A foreign membership may be ours: ssofile removed it a moment ago, and the directory still lists it.
  const isNewlyForeign = told?.owned === false && input.told?.owned !== false
  const laterMs = againAfterMs(outcome, facts)
  const others = facts.files.filter((one) => one.key !== key && one.told !== undefined)
  const changed = others.filter((one) => !isTold(describeFile(one, name, facts, outcome), one.told))
  const group = outcome.is === 'none' && facts.isGroupBlocked ? [groupKey(name.group)] : []
  return {
    told,
    again: [
      ...instantsToCome(body, now),
      ...(until === undefined ? [] : [new Date(until)]),
      ...(isNewlyForeign ? [new Date(now.getTime() + settlingMs)] : []),
      ...(laterMs === undefined ? [] : [new Date(now.getTime() + laterMs)]),
    ],
    wakes: {
      why: 'a membership that it is about has changed',
      inputs: [
        ...[...changed.map((one) => one.key), ...group].map((one) => ({ key: one })),
        ...renamed.map(({ user, wanted }) => ({ key: membershipKey(wanted, undefined), user })),
      ],
    },
  }
}

/** `undefined`: not before something changes. After a release, the rule looks at its held leavers. */
function againAfterMs({ is }: MembershipOutcome, facts: Facts): number | undefined {
  if (is === 'held') return isByRuleAlone(facts) ? undefined : heldMs
  return is === 'applying' || is === 'revoking' ? soonMs : undefined
}

function fileOf({ key, head, told }: MembershipInput, { files }: Facts): AskingFile {
  const reading = { state: 'absent' } as const
  return files.find((file) => file.key === key) ?? { key, head, told, reading, boundTo: undefined }
}

function describeFile(
  { key, head, reading, told: before, boundTo, boundAgain }: AskingFile,
  name: MembershipInput['name'],
  { group, bearer, users }: Facts,
  outcome: MembershipOutcome,
): Omit<NewStatus, 'by'> | undefined {
  const member = users.find(({ user }) => user === bearer)
  const isWanted = member?.isWanted ?? 'no'
  const isOfFile =
    before !== undefined || users.some(({ stored }) => stored?.value.files.some((one) => one.key === key))
  const isOver = head === undefined || reading.state === 'expired'
  const isLeft = isWanted === 'no' && outcome.is !== 'none' && isOfFile && isOver
  const lack = bearer === undefined ? ({ lacks: 'user' } as const) : member?.lacks.get(key)
  const complaint = lack ? undefined : member?.judged.refusals.get(key)
  const told = describeMembership(name, {
    reading: complaint ? { state: 'rejected', complaint } : reading,
    ...{ group, lack, end: outcome, isLeft },
  })
  const isMeant = reading.state === 'in-force' && isWanted === 'yes' && !lack && !complaint
  const warnings = member?.judged.warnings.get(key)
  const isAgain = boundAgain !== undefined && boundTo === bearer
  return (
    told && {
      ...(isAgain && told.state === 'applied' && { reason: describeBoundAgain(boundAgain) }),
      ...told,
      ...(isAgain && { boundAgain }),
      principalId: boundTo ?? (isMeant ? bearer : undefined),
      ...(warnings && { warnings: [...warnings] }),
    }
  )
}

/** Whether the status of another file says so already. */
function isTold(said: ReturnType<typeof describeFile>, told: Status | undefined): boolean {
  if (said === undefined || told === undefined) return said === told
  const fields = ['state', 'reason', 'remedy', 'owned', 'principalId', 'warnings', 'boundAgain'] as const
  return fields.every((field) => JSON.stringify(said[field]) === JSON.stringify(told[field]))
}

/** No file asks for it, or did. */
function isByRuleAlone({ users, files }: Facts): boolean {
  const asked = users.flatMap(({ stored }) => stored?.value.files ?? [])
  return asked.every(({ key }) => key.startsWith(rulePrefix)) && files.every(({ head }) => head === undefined)
}
