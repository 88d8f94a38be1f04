import { isSettling, settlingMs } from '../../domain/assignments/access-proof.ts'
import { deletionAct } from '../../domain/brake/act.ts'
import {
  type OwnedPerson,
  type PersonFile,
  parseEndReason,
  personKey,
  renderEndReason,
} from '../../domain/files/person-file.ts'
import { findNeverSuspended, mayAdoptPerson } from '../../domain/guardrails/named-people.ts'
import type { Guardrails } from '../../domain/guardrails/policy-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Profile } from '../../domain/principals/person-profile.ts'
import { nameInLinks, type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { parseSuspensionKey, suspensionKey } from '../../domain/suspensions/suspension.ts'
import { renderInstant, renderJustBefore } from '../../domain/text/instant.ts'
import type { DirectoryUser } from '../../ports/identity-store.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError, unlessCode } from '../../ports/service-error.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import { deleteUser } from '../../reconcile/calls/taking-calls.ts'
import type { refusePeople } from '../../reconcile/directory/refuse-people.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../reconcile/inputs/controller.ts'
import type { Reconcile } from '../../reconcile/inputs/module.ts'
import { reconcileInput } from '../../reconcile/inputs/reconcile-input.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import type { Policies } from '../../reconcile/records/policies.ts'
import { readParsedInput, requireUnchanged } from '../../reconcile/records/read-input.ts'
import { noteMeant } from '../../reconcile/records/suspensions.ts'
import { disclaimRefused } from './disclaim-refused.ts'
import { findWhyKept } from './find-why-kept.ts'
import { findEndedAs, noteEndedAs, ownedPersonRecords } from './owned-people.ts'
import { decidePerson, type PersonAction, type PersonEnd, type PersonFacts } from './rules/decide-person.ts'
import { describeConflict } from './rules/describe-conflict.ts'

type PersonContext = ReconcileContext & {
  readonly policies: Pick<Policies, 'read'>
  readonly brake: Pick<Brake, 'admit' | 'drop'>
  /** Why nothing under `people/` counts now. */
  readonly refusePeople: (now: Date) => ReturnType<typeof refusePeople>
}

interface PersonTypes extends KindTypes {
  readonly name: PrincipalName
  readonly body: PersonFile
  readonly entry: OwnedPerson
  readonly facts: Omit<PersonFacts, 'user'> & {
    /** The user's name in the directory. */
    readonly whole: PrincipalName
    readonly id: PrincipalId | undefined
    readonly user: (DirectoryUser & { readonly hasName: boolean }) | undefined
    readonly broken: Guardrails['broken'][number] | undefined
  }
  readonly action: PersonAction
  readonly end: PersonEnd
  readonly context: PersonContext
}
type Facts = PersonTypes['facts']
type PersonInput = Input<PersonTypes>
type PersonStatus = NonNullable<Description['told']>

const soonMs = 60_000
const laterMs = 60 * 60_000
/** How long ssofile looks for a create whose answer was lost. */
const claimedMs = 60 * 60_000

/**
 * The file of a person: creates the user, or adopts one that no provider manages, and keeps it as the file says. If the person's time is
 * over or the file is gone, the person counts as suspended: ssofile puts a file under `suspended/`, and deletes it when the person returns.
 */
export const personController: Controller<PersonTypes> = {
  noun: 'person',
  format: kinds.person,
  entryOf: ownedPersonRecords.of,
  historyOf: (name) => ({ folder: `history/people/${renderNameInKey(name)}/`, name: renderNameInKey(name) }),
  gather,
  decide: decidePerson,
  underPause: ['adopt', 'disclaim', 'note', 'keep', 'end', 'return', 'suspend', 'forget'],
  waitsForLost: true,
  perform,
  describe,
}

/**
 * Surrounds `look`, the look at a file under `suspended/`, if a file under `people/` ended that person. If someone deleted the file,
 * puts it back first. Afterwards checks whether the user is due for deletion.
 */
export function lookAtEnded<Context>(look: Reconcile<Context>): Reconcile<Context & PersonContext> {
  return async (message, context) => {
    const named = parseSuspensionKey(message.key)
    if (!named.ok || context.configuration.directory !== 'identity-center') return look(message, context)
    const { objects, randomness } = context
    const ended = await findEndedAs(objects, named.value)
    if (ended === undefined) return look(message, context)
    const person = { v: 1, id: randomness.id(), event: 'its suspension', key: personKey(ended.name) } as const
    if ((await objects.head(message.key)) === undefined) await reconcileInput(person, personController, context)
    await look(message, context)
    if (ended.person.deleteAfterDays !== undefined) await reconcileInput(person, personController, context)
    return undefined
  }
}

async function gather(input: PersonInput, context: ReadingContext<PersonContext>): Promise<Facts> {
  const { name, file, entry, head, now } = input
  const { configuration, policies, identityStore, objects } = context
  const whole = principalName.parse(name + configuration.principalSuffix)
  const refusal = await context.refusePeople(now)
  const id = refusal ? undefined : (entry?.id ?? (await identityStore.findPrincipalId('USER', whole)))
  const user = id && (await identityStore.findUser(id))
  const guardrails = await policies.read()
  const terms = termsOf(input)
  const isThere = file.is === 'valid' && entry !== undefined
  return {
    file: file.is === 'valid' ? file.body : file.is,
    entry,
    whole,
    id,
    user: user && { ...user, hasName: user.name === whole },
    isFresh: entry !== undefined && isSettling(entry.claimedAt, now),
    isYoung: entry !== undefined && isYoung(entry, now),
    isClaimed: entry?.claimed !== undefined && entry.claimed === head?.etag && isYoung(entry, now),
    isApplied: entry?.applied !== undefined && entry.applied === head?.etag,
    hasTerms: entry?.deleteAfterDays === terms.deleteAfterDays && entry?.endsAt === terms.endsAt,
    isSuspended:
      entry?.ended !== undefined && (await objects.head(suspensionKey(entry.ended.as ?? name))) !== undefined,
    isLeftSuspended:
      isThere &&
      entry.ended === undefined &&
      (await findOwnSuspension(name, presentName(name, user, context), objects)) !== undefined,
    now,
    onDrift: configuration.onDrift,
    refusal,
    mayAdopt: mayAdoptPerson(guardrails, name),
    protectedBy: findNeverSuspended(guardrails, name),
    broken: guardrails.broken[0],
  }
}

function isYoung({ claimedAt }: OwnedPerson, now: Date): boolean {
  return now.getTime() - Date.parse(claimedAt) < claimedMs
}

/** The name to suspend: a former name may belong to someone else now. The id, if no file can spell the present name. */
function presentName(
  name: PrincipalName,
  user: Pick<DirectoryUser, 'id' | 'name'> | undefined,
  { configuration }: Pick<PersonContext, 'configuration'>,
): PrincipalName {
  if (user === undefined) return name
  return nameInLinks(user.name, configuration.principalSuffix) ?? principalName.parse(user.id)
}

/** The fields that the entry keeps from the file. They stay the same while the file is not valid. */
function termsOf({ file, entry }: PersonInput): Pick<OwnedPerson, 'deleteAfterDays' | 'endsAt'> {
  const { deleteAfterDays, endsAt } = (file.is === 'valid' ? file.body : entry) ?? {}
  return { ...(deleteAfterDays !== undefined && { deleteAfterDays }), ...(endsAt !== undefined && { endsAt }) }
}

function claim(input: PersonInput): OwnedPerson {
  const { file, head, now } = input
  const sent = file.is === 'valid' ? profileOf(file.body) : {}
  return {
    ...{ v: 1, isAdopted: false, claimedAt: renderInstant(now), claimed: head?.etag, sent },
    ...termsOf(input),
  }
}

/** Once the user is known by id. */
function withoutSent({ sent: _, ...entry }: OwnedPerson): OwnedPerson {
  return entry
}

/** The entry with the file's present terms for the end. */
function withTerms(input: PersonInput, { deleteAfterDays: _, endsAt: __, ...rest }: OwnedPerson): OwnedPerson {
  return { ...rest, ...termsOf(input) }
}

async function perform(
  action: PersonAction,
  input: PersonInput,
  facts: Facts,
  context: PersonContext,
): Promise<Effect<OwnedPerson> | Description> {
  const { identityStore, objects, brake } = context
  const { name, file, head, entry } = input
  const { id, user } = facts
  const now = renderInstant(input.now)
  const told = (event: string, at?: string, more: object = {}) => ({
    event,
    ...(at !== undefined && { at }),
    body: { user: id, name, ...more },
  })
  if (action.do === 'claim') return { entry: claim(input) }
  if (action.do === 'adopt') {
    const adopted = { v: 1, isAdopted: true, claimedAt: now, ...(id && { id }), ...termsOf(input) } as const
    return { history: told('adopted'), entry: adopted }
  }
  // All other steps need an entry.
  if (entry === undefined) return {}
  switch (action.do) {
    case 'disclaim':
      return { entry: 'none' }
    case 'make': {
      const profile = file.is === 'valid' ? profileOf(file.body) : {}
      const made = await orConflict(identityStore.createPerson(facts.whole, profile)).catch((error: unknown) =>
        disclaimRefused(error, ownedPersonRecords.of(objects, name), (one) => one.id === undefined),
      )
      if (typeof made !== 'string') return describeTaken(made, profile.email, input, facts, context)
      return {
        history: { ...told('created', entry.claimedAt), body: { user: made, name } },
        entry: { ...withoutSent(entry), id: made },
      }
    }
    case 'note':
      return id === undefined ? {} : { history: told('created', entry.claimedAt), entry: { ...withoutSent(entry), id } }
    case 'change': {
      if (id === undefined) return {}
      const refused = await orConflict(identityStore.updatePerson(id, action.change))
      if (refused !== undefined) return describeTaken(refused, action.change.email, input, facts, context)
      return { history: told('changed', undefined, { changed: Object.keys(action.change) }) }
    }
    case 'keep': {
      // A new file sets how long the user is kept.
      if (entry.ended && id !== undefined) await brake.drop(deletionAct(id))
      const isApplied = entry.ended === undefined && head !== undefined
      return { entry: { ...withTerms(input, entry), ...(isApplied && { applied: head.etag }) } }
    }
    case 'end': {
      const as = presentName(name, user, context)
      const etag = await suspend(input, { as, id }, objects)
      return { history: told('ended'), entry: { ...withTerms(input, entry), ended: { at: now, etag, as } } }
    }
    case 'suspend': {
      const as = presentName(name, user, context)
      const etag = await suspend(input, { as, id }, objects)
      return { entry: { ...entry, ended: { at: entry.ended?.at ?? now, etag, as } } }
    }
    case 'return': {
      const { ended, ...rest } = entry
      const as = ended?.as ?? presentName(name, user, context)
      const etag = ended ? ended.etag : await findOwnSuspension(name, as, objects)
      if (etag !== undefined) await objects.delete(suspensionKey(as), { ifMatch: etag })
      if (id !== undefined) await brake.drop(deletionAct(id))
      return { history: told('returned'), entry: rest }
    }
    case 'delete': {
      if (user === undefined) return {}
      const due = { name: entry.ended?.as ?? name, dueAt: action.dueAt, broken: facts.broken }
      const kept = await findWhyKept(user.id, due, context)
      if ('told' in kept) return describeLater({ ...kept.told, principalId: user.id }, input, kept.againMs)
      await requireUnchanged(objects, input.key, head)
      await unlessCode(deleteUser(kept, user.id, context), 'ResourceNotFoundException')
      return forget('deleted')
    }
    case 'forget':
      // If a user of this name is adopted or claimed next, that is the later event.
      return forget('gone', renderJustBefore(input.now))
  }

  /** The user is gone, so the suspension is done. A new user of this name is someone else. */
  async function forget(event: 'deleted' | 'gone', at?: string): Promise<Effect<OwnedPerson>> {
    const { etag, as = name } = entry?.ended ?? {}
    if (etag !== undefined) await objects.delete(suspensionKey(as), { ifMatch: etag })
    if (id !== undefined) await brake.drop(deletionAct(id))
    return { history: told(event, at), entry: 'none' }
  }
}

/** Returns the etag of our file. Someone else's file stays theirs; ours may be from an attempt that died. */
async function suspend(
  { name, file }: PersonInput,
  { as, id }: { readonly as: PrincipalName; readonly id: PrincipalId | undefined },
  objects: Ports['objects'],
): Promise<string | undefined> {
  const key = suspensionKey(as)
  await noteEndedAs(objects, name, as)
  // Nobody may have this name, or somebody else soon.
  if (id !== undefined) await noteMeant(objects, id, as)
  const body = JSON.stringify({ reason: renderEndReason(name, file.is === 'valid' ? file.body.endsAt : undefined) })
  const written = await objects.put(key, body, { ifNoneMatch: '*' })
  return written.outcome === 'written' ? written.etag : findOwnSuspension(name, as, objects)
}

/** The etag of the file under `suspended/` that ssofile wrote for this person's file. */
async function findOwnSuspension(
  name: PrincipalName,
  as: PrincipalName,
  objects: ReadingObjects,
): Promise<string | undefined> {
  const key = suspensionKey(as)
  const found = await readParsedInput(objects, key, kinds.suspension)
  const isOwn = found?.file.ok && parseEndReason(found.file.value.reason) === personKey(name)
  return isOwn ? found.head.etag : undefined
}

function describe(end: PersonEnd, input: PersonInput, facts: Facts): Description {
  const { name, file, key } = input
  const { id: principalId } = facts
  const body = file.is === 'valid' ? file.body : undefined
  const later = (told: PersonStatus) => describeLater({ ...told, principalId }, input, laterMs)
  switch (end.tell) {
    case 'none':
      return { told: undefined }
    case 'refused':
      return { told: file.is === 'none' ? undefined : rejection({ object: key, ...end.refusal }) }
    case 'invalid':
      return { told: undefined, again: dateOf(end.endsAt) }
    case 'unanswered':
      return { told: undefined, again: new Date(input.now.getTime() + settlingMs) }
    case 'wait':
      return { told: { state: 'waiting', reason: `not before ${body?.startsAt}` }, again: dateOf(body?.startsAt) }
    case 'expired':
      return { told: { state: 'expired', reason: `its time ended at ${body?.endsAt}; ssofile manages no such user` } }
    case 'external':
      return { told: { ...describeExternal(name), principalId } }
    case 'not ours':
      return later(describeExternal(name))
    case 'foreign':
      return later(describeForeign(name, facts.broken))
    case 'protected':
      return later(describeProtected(end.policy, file.is !== 'none'))
    case 'identity':
      return later(describeIdentity(facts.user))
    case 'renamed':
      return later(describeRenamed(facts))
    case 'report':
      return later(describeDrift(end.change, facts.user))
    case 'applied':
      return {
        told: { state: 'applied', principalId, ...(input.entry?.isAdopted && { owned: false }) },
        again: dateOf(body?.endsAt),
      }
    case 'ended':
      return describeEnded(end.dueAt, input, principalId)
  }
}

/** The answer of a write, or the refusal of a value that somebody else has. */
function orConflict<T>(writing: Promise<T>): Promise<T | { readonly conflict: string }> {
  return writing.catch((error: unknown) => {
    if (isServiceError(error, 'ConflictException')) return { conflict: error.message }
    throw error
  })
}

/** User names and e-mail addresses are unique. The directory does not say which of the two somebody else has, so this asks. */
async function describeTaken(
  { conflict }: { readonly conflict: string },
  email: string | undefined,
  input: PersonInput,
  { whole, isFresh }: Facts,
  { identityStore }: PersonContext,
): Promise<Description> {
  const holder = email === undefined ? undefined : await identityStore.findUserByEmail(email)
  const other = holder && (await identityStore.findPrincipalName('USER', holder))
  const taken = describeConflict({ name: whole, email, other, conflict })
  return describeLater({ state: 'rejected', ...taken }, input, isFresh ? soonMs : laterMs)
}

/** The end of the person's time comes in any state. */
function describeLater(told: PersonStatus, { now, file }: PersonInput, ms: number): Description {
  const endsAt = file.is === 'valid' ? dateOf(file.body.endsAt) : undefined
  return { told, again: [new Date(now.getTime() + ms), ...(endsAt && endsAt > now ? [endsAt] : [])] }
}

function describeEnded(
  dueAt: Date | undefined,
  { name, file, entry }: PersonInput,
  principalId?: PrincipalId,
): Description {
  const state = file.is === 'none' ? 'revoking' : 'expired'
  const reason = `the person counts as suspended: see ${suspensionKey(entry?.ended?.as ?? name)}`
  if (dueAt === undefined) return { told: file.is === 'none' ? undefined : { state, reason, principalId } }
  return {
    told: { state, reason: `${reason}; ssofile deletes the user after ${renderInstant(dueAt)}`, principalId },
    again: dueAt,
  }
}

function profileOf(file: PersonFile): Profile {
  const { displayName, givenName, familyName, email, title, department, userType, manager } = file
  return { displayName, givenName, familyName, email, title, department, userType, manager }
}

function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant)
}

function describeExternal(name: PrincipalName): PersonStatus {
  return {
    state: 'rejected',
    reason: `received user '${quote(name)}', which an identity provider manages (it has ExternalIds), expected one that only ssofile manages`,
    remedy:
      'change the user in the provider, and delete this file; to take access away from the person, run ssofile suspend',
  }
}

/** `broken`: an invalid policy. */
function describeForeign(name: PrincipalName, broken: Complaint | undefined): PersonStatus {
  if (broken)
    return {
      state: 'rejected',
      reason: `received user '${quote(name)}', which ssofile did not create, while ${quote(broken.object)} is not valid, expected only valid policies: they say which users ssofile may take over`,
      remedy: 'ask the owners of the policies to correct it',
    }
  return {
    state: 'rejected',
    reason: `received user '${quote(name)}', which already existed, expected a new user, or one that governance lets ssofile take over`,
    remedy: `delete this file, or ask the governance team to name the user under "adoptPeople" in a policy`,
  }
}

function describeProtected(policy: string, isThere: boolean): PersonStatus {
  return {
    state: isThere ? 'rejected' : 'blocked',
    reason: `received ${isThere ? 'a file that would change or end' : 'the deletion of the file of'} a user that "neverSuspend" of ${quote(policy)} names, expected any other user; ssofile changes nothing`,
    remedy: isThere
      ? 'delete this file, or ask the owners of the policies'
      : 'upload the file again, or ask the owners of the policies',
  }
}

function describeIdentity(user: DirectoryUser | undefined): PersonStatus {
  return {
    state: 'rejected',
    reason: `received another e-mail address for an adopted user, expected the address in the directory (${quote(user?.profile.email ?? 'none')}); ssofile changes nothing`,
    remedy:
      'write that address, or leave "email" out; you can change the address of an adopted user only in the directory',
  }
}

function describeRenamed({ user, whole, id }: Facts): PersonStatus {
  const operation = `AttributePath=userName,AttributeValue=${JSON.stringify(whole)}`
  return {
    state: 'failed',
    reason: `somebody renamed the user to '${quote(user?.name ?? 'nothing')}'; ssofile changes nothing`,
    remedy: `rename it back: aws identitystore update-user --identity-store-id <store> --user-id ${id} --operations ${operation}`,
  }
}

function describeDrift(change: Profile, user: DirectoryUser | undefined): PersonStatus {
  const what = user === undefined ? 'deleted the user' : `changed ${Object.keys(change).join(', ')} of the user`
  return {
    state: 'failed',
    reason: `somebody else ${what}, and onDrift only reports`,
    remedy:
      'write the change into the file, or delete the file; with "onDrift": "restore", ssofile changes it back by itself',
  }
}
