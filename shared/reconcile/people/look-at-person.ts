import type { Configuration } from '../../domain/deployment/configuration.ts'
import { findNeverSuspended, mayAdoptPerson } from '../../domain/guardrails/named-people.ts'
import type { Guardrails } from '../../domain/guardrails/policy-file.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import { decidePerson, type PersonStep } from '../../domain/people/decide-person.ts'
import {
  type OwnedPerson,
  type PersonFile,
  parsePersonFile,
  parsePersonKey,
  peoplePrefix,
  personFileMostBytes,
  personKey,
} from '../../domain/people/person-file.ts'
import type { Profile } from '../../domain/people/person-profile.ts'
import {
  parseSuspensionBody,
  parseSuspensionKey,
  suspensionKey,
  suspensionMostBytes,
} from '../../domain/people/suspension.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DirectoryUser } from '../../ports/identity-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type { Brake } from '../brake/brake.ts'
import { refusePeople } from '../directory/refuse-people.ts'
import { readPauseReason } from '../dispatcher/pause.ts'
import { rejectRefused } from '../inputs/reject-refused.ts'
import { tellInput } from '../inputs/tell-input.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { sendInputs } from '../records/inputs.ts'
import { KnownRecord } from '../records/known-record.ts'
import { listHeads } from '../records/list-heads.ts'
import { listOwnedPeople, ownedPersonRecord } from '../records/owned-people.ts'
import { readNow } from '../records/owner.ts'
import type { Policies } from '../records/policies.ts'
import { type InputHead, readParsedInput, requireUnchanged } from '../records/read-input.ts'
import { tellEvent } from '../records/tell-event.ts'
import { findWhyKept } from './find-why-kept.ts'
import { settlingMs } from './settle-membership.ts'

type Looking = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'log'> & {
  readonly configuration: Configuration
  readonly policies: Pick<Policies, 'read'>
  readonly brake: Pick<Brake, 'admitDeletion' | 'reviewDeletion'>
}
type Told = Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'owned' | 'principalId'>
/** `again`: the next step. `at`: when it is looked at again. */
type Outcome = 'again' | { readonly told: Told | undefined; readonly at?: Date | undefined }

const stepsMost = 8
const soonMs = 60_000
const laterMs = 60 * 60_000

/**
 * The file of a person, as it is now: makes the user, or adopts one that no provider keeps, and keeps it as the file says. A person
 * whose time is over, or whose file is gone, counts as suspended: ssofile puts a file under `suspended/`, and takes that one away
 * when the person comes back. The record is written before the user is made. Safe to repeat at any time; throws when something
 * cannot be read or written.
 */
export async function lookAtPerson(message: InputMessage, context: Looking): Promise<void> {
  const { key, id } = message
  const { objects, log } = context
  const named = parsePersonKey(key)
  let head: InputHead | undefined
  let outcome: Exclude<Outcome, 'again'>
  if (named.ok) {
    const look = new PersonLook(named.value, context)
    outcome = await look.settle().catch((error: unknown) => {
      return { told: rejectRefused(error, { object: key, isThere: look.head !== undefined }) }
    })
    head = look.head
  } else {
    head = await objects.head(key)
    outcome = { told: head && rejection(named.complaint) }
  }
  const { told, at } = outcome
  const status = await tellInput(context, { message, head }, () => told)
  await indexInstants(objects, key, at ? [at] : [], id)
  log.info('person looked at', { input: key, id, status: status?.state ?? 'removed' })
}

/**
 * Around a look at a file under `suspended/` of somebody who has ended by a file under `people/`: where somebody deleted it, it is put
 * back first; and once nothing is left, the user may be due to be deleted.
 */
export async function lookAtEnded(key: string, context: Looking, look: () => Promise<void>): Promise<void> {
  const named = parseSuspensionKey(key)
  if (!named.ok || context.configuration.directory !== 'identity-center') return look()
  const { objects, randomness } = context
  const { ended, deleteAfterDays } = (await ownedPersonRecord(objects, named.value).read())?.value ?? {}
  const message = { v: 1, id: randomness.id(), event: 'its suspension', key: personKey(named.value) } as const
  if (ended && (await objects.head(key)) === undefined) await lookAtPerson(message, context)
  await look()
  if (ended && deleteAfterDays !== undefined) await lookAtPerson(message, context)
}

/** Every hour: what no event told of. Each person of ours is compared with the file and the directory. */
export async function reconcilePeople(
  ports: Omit<Looking, 'configuration' | 'log' | 'identityStore' | 'policies' | 'brake'>,
  configuration: Configuration,
): Promise<void> {
  if (configuration.directory !== 'identity-center') return
  const keys = new Set((await listHeads(ports.objects, peoplePrefix)).keys())
  for await (const name of listOwnedPeople(ports.objects)) keys.add(personKey(name))
  await sendInputs(ports, [...keys], 'reconcile', configuration)
}

type Input = { readonly file: PersonFile | undefined; readonly head: InputHead | undefined; readonly now: Date }

class PersonLook {
  readonly #name: PrincipalName
  readonly #whole: PrincipalName
  readonly #context: Looking
  #input: Input = { file: undefined, head: undefined, now: new Date(0) }
  #paused: string | undefined
  readonly #owned: KnownRecord<OwnedPerson>
  #id: PrincipalId | undefined
  #user: DirectoryUser | undefined

  constructor(name: PrincipalName, context: Looking) {
    this.#name = name
    this.#whole = principalName.parse(name + context.configuration.principalSuffix)
    this.#context = context
    this.#owned = new KnownRecord(ownedPersonRecord(context.objects, name))
  }

  /** The file as it was read last. */
  get head(): InputHead | undefined {
    return this.#input.head
  }

  async settle(): Promise<Exclude<Outcome, 'again'>> {
    const now = await readNow(this.#context)
    const refusal = await refusePeople(this.#context, now)
    if (refusal) {
      const object = personKey(this.#name)
      const head = await this.#context.objects.head(object)
      this.#input = { file: undefined, head, now }
      return { told: head && rejection({ object, ...refusal }) }
    }
    this.#paused = await readPauseReason(this.#context.objects)
    for (let step = 0; step < stepsMost; step++) {
      const outcome = await this.#step()
      if (outcome !== 'again') return outcome
    }
    throw new Error(`the user ${quote(this.#name)} is being changed by others all the time; it will be tried again`)
  }

  /** The file is not valid: what an earlier one said of the end still counts. Answers when it comes. */
  async #endIfDue(): Promise<Date | undefined> {
    const owned = this.#owned.value
    const endsAt = dateOf(owned?.endsAt)
    if (endsAt === undefined || owned?.ended !== undefined) return undefined
    if (findNeverSuspended(await this.#context.policies.read(), this.#name) !== undefined) return undefined
    if (endsAt > this.#input.now) return endsAt
    this.#id = owned?.id
    await this.#end()
    return undefined
  }

  /**
   * The record is read before the file. So a look that is slower than the deletion of the file sees either no file, or a record that
   * has changed when it writes its own; it never takes back what the deletion has ended.
   */
  async #step(): Promise<Outcome> {
    const { objects, identityStore, configuration } = this.#context
    const owned = await this.#owned.read()
    const reading = { mostBytes: personFileMostBytes, parse: parsePersonFile }
    const { head, file: read } = (await readParsedInput(objects, personKey(this.#name), reading)) ?? {}
    const now = await readNow(this.#context)
    this.#input = { file: read?.ok ? read.value : undefined, head, now }
    if (read?.ok === false) return { told: rejection(read.complaint), at: await this.#endIfDue() }
    const { file } = this.#input
    this.#id = owned?.id ?? (await identityStore.findPrincipalId('USER', this.#whole))
    const user = this.#id && (await identityStore.findUser(this.#id))
    this.#user = user
    const guardrails = await this.#context.policies.read()
    const decided = decidePerson({
      mayAdopt: mayAdoptPerson(guardrails, this.#name),
      protectedBy: findNeverSuspended(guardrails, this.#name),
      file,
      owned,
      user: user && { ...user, hasName: user.name === this.#whole },
      isApplied: owned?.applied !== undefined && owned.applied === head?.etag,
      now,
      onDrift: configuration.onDrift,
    })
    return this.#perform(decided, guardrails)
  }

  #perform(decided: PersonStep, guardrails: Guardrails): Promise<Outcome> | Outcome {
    const { file } = this.#input
    switch (decided.step) {
      case 'none':
        return { told: undefined }
      case 'wait':
        return { told: { state: 'waiting', reason: `not before ${file?.startsAt}` }, at: dateOf(file?.startsAt) }
      case 'expired':
        return { told: { state: 'expired', reason: `its time ended at ${file?.endsAt}; there is no user of ours` } }
      case 'external':
        return { told: describeExternal(this.#name, this.#id) }
      case 'foreign':
        return { told: describeForeign(this.#name, this.#id, guardrails.broken[0]), at: this.#in(laterMs) }
      case 'protected':
        return { told: describeProtected(decided.policy, file !== undefined, this.#id), at: this.#in(laterMs) }
      case 'identity':
        return { told: describeIdentity(this.#user, this.#id), at: this.#in(laterMs) }
      case 'adopt':
        return this.#claim({ isAdopted: true, event: 'adopted' })
      case 'make':
        return this.#make()
      case 'note':
        return this.#noteId()
      case 'renamed':
        return { told: this.#describeRenamed(), at: this.#in(laterMs) }
      case 'change':
        return this.#change(decided.change)
      case 'report':
        return { told: describeDrift(decided.change, this.#user), at: this.#in(laterMs) }
      case 'applied':
        return this.#applied()
      case 'end':
        return this.#end()
      case 'return':
        return this.#return()
      case 'ended':
        return this.#ended(decided.dueAt, guardrails)
      default:
        return decided satisfies never
    }
  }

  async #claim({ isAdopted, event }: { readonly isAdopted: boolean; readonly event?: string }): Promise<'again'> {
    const id = isAdopted ? this.#id : undefined
    const claimedAt = renderInstant(this.#input.now)
    if (event !== undefined) await this.#tell(event, claimedAt)
    await this.#owned.write({ v: 1, isAdopted, claimedAt, ...(id && { id }), ...this.#terms() })
    return 'again'
  }

  async #make(): Promise<Outcome> {
    const { file } = this.#input
    if (this.#paused !== undefined) return { told: { state: 'applying', reason: this.#paused }, at: this.#in(soonMs) }
    const known = this.#owned.value
    // Of a user who was deleted by hand the record has the id of then.
    if (known === undefined || known.id !== undefined) await this.#claim({ isAdopted: false })
    const making = this.#context.identityStore.createPerson(this.#whole, profileOf(file))
    const id = await unlessCode(making, 'ConflictException')
    if (id === undefined) return 'again'
    this.#id = id
    return this.#noteId()
  }

  async #noteId(): Promise<'again'> {
    const known = this.#owned.value
    if (known === undefined || this.#id === undefined) return 'again'
    await this.#tell('created', known.claimedAt)
    await this.#owned.write({ ...known, id: this.#id })
    return 'again'
  }

  async #change(change: Profile): Promise<Outcome> {
    if (this.#id === undefined || this.#owned.value === undefined) return 'again'
    if (this.#paused !== undefined) return { told: { state: 'applying', reason: this.#paused }, at: this.#in(soonMs) }
    await this.#context.identityStore.updatePerson(this.#id, change)
    await this.#tell('changed', renderInstant(this.#input.now), { changed: Object.keys(change) })
    return 'again'
  }

  async #applied(): Promise<Outcome> {
    const { file, head } = this.#input
    const known = this.#owned.value
    if (known && head) await this.#owned.write({ ...withoutTerms(known), applied: head.etag, ...this.#terms() })
    return {
      told: { state: 'applied', principalId: this.#id, ...(known?.isAdopted && { owned: false }) },
      at: dateOf(file?.endsAt),
    }
  }

  /** The person counts as suspended from now on. */
  async #end(): Promise<Outcome> {
    const known = this.#owned.value
    if (known === undefined) return 'again'
    const at = renderInstant(this.#input.now)
    const etag = await this.#suspend()
    await this.#tell('ended', at)
    await this.#owned.write({
      ...withoutTerms(known),
      ...this.#terms(),
      ended: { at, ...(etag !== undefined && { etag }) },
    })
    return 'again'
  }

  /** Answers the etag of our file. One that somebody else put there stays theirs; ours may be of an attempt that died. */
  async #suspend(): Promise<string | undefined> {
    const { objects } = this.#context
    const key = suspensionKey(this.#name)
    const begin = `${personKey(this.#name)} `
    const { file } = this.#input
    const body = JSON.stringify({ reason: begin + (file ? `ended at ${file.endsAt}` : 'is gone') })
    const written = await objects.put(key, body, { ifNoneMatch: '*' })
    if (written.outcome === 'written') return written.etag
    const there = await objects.get(key, { mostBytes: suspensionMostBytes })
    const read = there && parseSuspensionBody(key, there.body, there.size)
    return there && read?.ok && read.value.reason?.startsWith(begin) ? there.etag : undefined
  }

  async #return(): Promise<Outcome> {
    const known = this.#owned.value
    const ended = known?.ended
    if (known === undefined || ended === undefined) return 'again'
    const key = suspensionKey(this.#name)
    if (ended.etag !== undefined) await this.#context.objects.delete(key, { ifMatch: ended.etag })
    if (this.#id !== undefined) await this.#context.brake.reviewDeletion(this.#id)
    await this.#tell('returned', renderInstant(this.#input.now))
    const { ended: _, ...rest } = known
    await this.#owned.write(rest)
    return 'again'
  }

  async #ended(dueAt: Date | undefined, guardrails: Guardrails): Promise<Outcome> {
    const { objects } = this.#context
    const { file, now } = this.#input
    const known = this.#owned.value
    if (known === undefined) return 'again'
    if (this.#id === undefined || this.#user === undefined) {
      // Another look may still be making the user.
      const answeredAt = new Date(Date.parse(known.claimedAt) + settlingMs)
      if (known.id === undefined && now < answeredAt) return { told: undefined, at: answeredAt }
      return this.#forget('gone')
    }
    // Another file says for how long the user is kept.
    const kept = { ...withoutTerms(known), ...this.#terms() }
    if (kept.deleteAfterDays !== known.deleteAfterDays) {
      await this.#owned.write(kept)
      await this.#context.brake.reviewDeletion(this.#id)
      return 'again'
    }
    // Somebody deleted it: while the person has ended it lies there.
    if ((await objects.head(suspensionKey(this.#name))) === undefined) {
      const etag = await this.#suspend()
      const { at } = known.ended ?? { at: renderInstant(now) }
      await this.#owned.write({ ...known, ended: { at, ...(etag !== undefined && { etag }) } })
    }
    const state = file ? 'expired' : 'revoking'
    const reason = `the person counts as suspended: see ${suspensionKey(this.#name)}`
    const principalId = this.#id
    if (dueAt === undefined) return { told: file && { state, reason, principalId } }
    if (dueAt > now)
      return {
        told: { state, reason: `${reason}; the user is deleted after ${renderInstant(dueAt)}`, principalId },
        at: dueAt,
      }
    return this.#delete(this.#user, dueAt, guardrails)
  }

  async #delete(user: DirectoryUser, dueAt: Date, { broken }: Guardrails): Promise<Outcome> {
    const { objects, identityStore } = this.#context
    const { id: principalId } = user
    const later = (told: Told, ms: number): Outcome => ({ told: { ...told, principalId }, at: this.#in(ms) })
    if (user.isExternal || user.name !== this.#whole) return later(describeExternal(this.#name, principalId), laterMs)
    if (this.#paused !== undefined) return later({ state: 'revoking', reason: this.#paused }, soonMs)
    const kept = await findWhyKept(principalId, { name: this.#name, dueAt, broken: broken[0] }, this.#context)
    if (kept) return later(kept.told, kept.againMs)
    await requireUnchanged(objects, personKey(this.#name), this.#input.head)
    await unlessCode(identityStore.deleteUser(principalId), 'ResourceNotFoundException')
    return this.#forget('deleted')
  }

  /** The user is gone: what suspended it has done its work, and a new user of this name is somebody else. */
  async #forget(event: 'deleted' | 'gone'): Promise<Outcome> {
    const known = this.#owned.value
    if (known === undefined) return 'again'
    await this.#tell(event, renderInstant(this.#input.now))
    const etag = known.ended?.etag
    if (etag !== undefined) await this.#context.objects.delete(suspensionKey(this.#name), { ifMatch: etag })
    if (this.#id !== undefined) await this.#context.brake.reviewDeletion(this.#id)
    await this.#owned.remove()
    return 'again'
  }

  #describeRenamed(): Told {
    const operation = `AttributePath=userName,AttributeValue=${JSON.stringify(this.#whole)}`
    return {
      state: 'failed',
      reason: `somebody renamed the user to '${quote(this.#user?.name ?? 'nothing')}'; nothing is changed`,
      remedy: `rename it back: aws identitystore update-user --identity-store-id <store> --user-id ${this.#id} --operations ${operation}`,
      principalId: this.#id,
    }
  }

  /** What the record keeps of the file. Without one it stays as it was. */
  #terms(): Pick<OwnedPerson, 'deleteAfterDays' | 'endsAt'> {
    const { deleteAfterDays, endsAt } = this.#input.file ?? this.#owned.value ?? {}
    return { ...(deleteAfterDays !== undefined && { deleteAfterDays }), ...(endsAt !== undefined && { endsAt }) }
  }

  #in(ms: number): Date {
    return new Date(this.#input.now.getTime() + ms)
  }

  async #tell(event: string, at: string, more: object = {}): Promise<void> {
    const name = renderNameInKey(this.#name)
    const body = { user: this.#id, name: this.#name, ...more }
    const told = { event, named: `person-${event}`, at, body }
    await tellEvent(this.#context.objects, { folder: `history/people/${name}/`, name }, told)
  }
}

function withoutTerms({ deleteAfterDays: _, endsAt: _end, ...rest }: OwnedPerson): OwnedPerson {
  return rest
}

function profileOf(file: PersonFile | undefined): Profile {
  if (file === undefined) return {}
  const { displayName, givenName, familyName, email, title, department, userType, manager } = file
  return { displayName, givenName, familyName, email, title, department, userType, manager }
}

function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant)
}

function describeExternal(name: PrincipalName, id: PrincipalId | undefined): Told {
  return {
    state: 'rejected',
    reason: `received user '${quote(name)}', whom a provider keeps (it has ExternalIds), expected one that nobody else writes`,
    remedy: 'change the user in the provider, and delete this file; to take away what the person has: ssofile suspend',
    principalId: id,
  }
}

/** `broken`: a policy that is not valid. */
function describeForeign(name: PrincipalName, id: PrincipalId | undefined, broken: Complaint | undefined): Told {
  if (broken)
    return {
      state: 'rejected',
      reason: `received user '${quote(name)}', whom ssofile did not make, while ${quote(broken.object)} is not valid, expected only valid policies: they say whom ssofile may take over`,
      remedy: 'ask those who write the policies to correct it',
      principalId: id,
    }
  return {
    state: 'rejected',
    reason: `received user '${quote(name)}', who was there before and whom ssofile did not make, expected one that nobody else made, or one that governance lets ssofile take over`,
    remedy: `delete this file; or have governance name the user under "adoptPeople" in a policy`,
    principalId: id,
  }
}

function describeProtected(policy: string, isThere: boolean, id: PrincipalId | undefined): Told {
  return {
    state: isThere ? 'rejected' : 'blocked',
    reason: `received ${isThere ? 'a file that would change or end' : 'the deletion of the file of'} a user whom "neverSuspend" of ${quote(policy)} names, expected one whom it does not name; nothing is changed`,
    remedy: isThere
      ? 'delete this file, or ask those who write the policies'
      : 'upload the file again, or ask those who write the policies',
    principalId: id,
  }
}

function describeIdentity(user: DirectoryUser | undefined, id: PrincipalId | undefined): Told {
  return {
    state: 'rejected',
    reason: `received another e-mail address for a user whom ssofile adopted, expected the one that the directory has (${quote(user?.profile.email ?? 'none')}); nothing is changed`,
    remedy: 'write that address, or leave "email" out; the address of an adopted user changes in the directory only',
    principalId: id,
  }
}

function describeDrift(change: Profile, user: DirectoryUser | undefined): Told {
  const what = user === undefined ? 'deleted the user' : `changed ${Object.keys(change).join(', ')} of the user`
  return {
    state: 'failed',
    reason: `somebody else ${what}, and onDrift only reports`,
    remedy: 'write the change into the file, or delete the file; with "onDrift": "restore" it is put back by itself',
  }
}
