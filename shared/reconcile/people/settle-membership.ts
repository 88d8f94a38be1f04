import { liveMs } from '../../domain/assignments/access-proof.ts'
import { type Act, removalAct } from '../../domain/brake/act.ts'
import { type BrakeAnswer, exempt } from '../../domain/brake/admission.ts'
import type { Author } from '../../domain/by-hand/author.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import { asksAnew, isSameUpload } from '../../domain/links/upload.ts'
import { decideMembership, type MembershipStep } from '../../domain/people/decide-membership.ts'
import type { MembershipEnd } from '../../domain/people/describe-membership.ts'
import { folderOfMembership, type Membership, renderMembership } from '../../domain/people/membership-file.ts'
import type { MembershipId, OwnedMembership } from '../../domain/people/owned-membership.ts'
import { rulePrefix } from '../../domain/people/rule-file.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type { Brake } from '../brake/brake.ts'
import { removeMember } from '../calls/taking-calls.ts'
import { findAuthor } from '../records/authors.ts'
import type { JsonRecord } from '../records/json-record.ts'
import { indexMembership, unindexMembership } from '../records/membership-index.ts'
import { ownedMembershipRecord, readOwnerOf } from '../records/owned-groups.ts'
import { tellEvent } from '../records/tell-event.ts'

/** Listings of the directory may lag behind its writes so long. */
export const settlingMs = 5 * 60_000
/** A call at this instant may still take effect, or not be listed yet. */
export const isSettling = (calledAt: string, now: Date) => now.getTime() - Date.parse(calledAt) < settlingMs
/** More than any membership needs. */
const stepsMost = 8

export type Wish = {
  readonly isWanted: 'yes' | 'no' | 'unknown'
  /** The files that ask for it now, a rule among them. */
  readonly files: OwnedMembership['files']
  /** The rule means the user no longer, and lets the user stay so long. */
  readonly keptUntil?: string | undefined
  /** The present name of a user whom a rule means, whatever the name was. */
  readonly user?: PrincipalName | undefined
  /** A rule asked for it, and does no longer: who else leaves is counted before. */
  readonly countLeavers?: (() => Promise<void>) | undefined
  /** The group is kept by a provider. */
  readonly isExternal: boolean
  /** Nobody works with it any more: the user is gone, or the group. So nobody need be asked. */
  readonly isGone: boolean
  /** The directory ends the user: before the entry goes, what the user has open of the group's access is denied. */
  readonly denySessions?: (() => Promise<void>) | undefined
  /** The file that suspends the user. The brake is asked about the person, who counts once. */
  readonly admitSuspension?: (() => Promise<BrakeAnswer>) | undefined
}

/** `lookedMs`: when its reading began, by the monotonic clock. */
type WishAt = Wish & { readonly lookedMs: number }

export type SettlingMembership = Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'log'> & {
  readonly configuration: Pick<Configuration, 'onDrift'>
  readonly brake: Pick<Brake, 'admit' | 'drop'>
  /** S3's time. */
  readonly now: () => Promise<Date>
  /** Why nothing is written now. */
  readonly paused: string | undefined
}

/**
 * Takes one user into one group, or out of it: gather, decide, perform, with a bound. The entry is written before the create is
 * sent, and a change of it by another process begins the evaluation again; so a process that dies between any two lines is
 * followed by one that goes on by the ledger and by what the directory says. Throws ServiceError: the message then comes again.
 */
export async function settleMembership(
  id: MembershipId,
  names: Membership,
  readWish: () => Promise<Wish>,
  context: SettlingMembership,
): Promise<MembershipEnd> {
  let made: string | undefined
  for (let step = 0; step < stepsMost; step++) {
    const lookedMs = context.clock.monotonicMs()
    const evaluation = new MembershipEvaluation(id, names, { ...(await readWish()), lookedMs }, context)
    const end = await evaluation.advance(made)
    if (end !== 'again') return end
    made = evaluation.made
  }
  return { is: 'applying' }
}

/** One turn of the loop. */
class MembershipEvaluation {
  readonly #id: MembershipId
  readonly #names: Membership
  readonly #wish: WishAt
  readonly #context: SettlingMembership
  readonly #record: JsonRecord<OwnedMembership>
  /** The membership that this turn has made. */
  made: string | undefined
  #known: { readonly entry: OwnedMembership; readonly etag: string } | undefined

  constructor(id: MembershipId, names: Membership, wish: WishAt, context: SettlingMembership) {
    this.#id = id
    this.#names = names
    this.#wish = wish
    this.#context = context
    this.#record = ownedMembershipRecord(context.objects, id)
  }

  /** `made`: by the turn before, so that the directory need not be asked for it. */
  async advance(made: string | undefined): Promise<MembershipEnd | 'again'> {
    const { identityStore, configuration, paused, now } = this.#context
    const stored = await this.#record.read()
    this.#known = stored && { entry: stored.value, etag: stored.object.etag }
    const entry = stored?.value
    if (entry === undefined && this.#wish.isWanted !== 'yes') return { is: 'none' }
    const found = made ?? (await identityStore.getGroupMembershipId(this.#id.group, this.#id.user))
    const isFresh = entry !== undefined && isSettling(entry.calledAt, await now())
    const { onDrift } = configuration
    const isAskedAnew = entry !== undefined && asksAgain(entry.files, this.#wish.files)
    const step = decideMembership({ ...this.#wish, entry, isFresh, found, onDrift, isAskedAnew })
    const isWriting = ['claim', 'create', 'remove'].includes(step)
    if (isWriting && paused !== undefined) return { is: 'paused', reason: paused }
    return this.#perform(step, found)
  }

  async #perform(step: MembershipStep, found: string | undefined): Promise<MembershipEnd | 'again'> {
    switch (step) {
      case 'nothing':
        return { is: 'none' }
      case 'foreign':
        return { is: 'foreign' }
      case 'wait':
        return { is: this.#wish.isWanted === 'yes' ? 'applying' : 'revoking' }
      case 'report':
        return { is: 'reported', by: await this.#findRemover() }
      case 'keep':
        return this.#keep()
      case 'claim':
      case 'create':
        return this.#create()
      case 'note':
        return this.#note(found)
      case 'remove':
        return this.#remove()
      case 'forget':
        return this.#forget('others')
    }
  }

  async #keep(): Promise<MembershipEnd> {
    const { isWanted, files, isExternal, keptUntil } = this.#wish
    if (isWanted !== 'yes') return { is: 'kept' }
    await this.#context.brake.drop(this.#removal)
    const entry = this.#known?.entry
    if (entry === undefined) return { is: isExternal ? 'kept' : 'applied' }
    const next = { ...entry, ...this.#present, state: 'granted' as const, files: [...files], keptUntil }
    if (keptUntil !== undefined && entry.keptUntil === undefined)
      await this.#tell({
        event: 'ending',
        at: renderInstant(await this.#context.now()),
        until: keptUntil,
        membershipId: entry.membershipId,
      })
    const isSame = ['state', 'files', 'keptUntil', 'user'] as const
    if (isSame.some((field) => JSON.stringify(entry[field]) !== JSON.stringify(next[field]))) await this.#write(next)
    return { is: isExternal ? 'kept' : 'applied' }
  }

  /** Where somebody has made it between our look and the end of the call, it counts as ours. */
  async #create(): Promise<MembershipEnd | 'again'> {
    const now = await this.#context.now()
    const calledAt = renderInstant(now)
    // Somebody took the user out: told of the instant before the user is put in again, since history is read in that order.
    if (this.#known?.entry.membershipId !== undefined) await this.#tellRemoved('others', new Date(now.getTime() - 1))
    const { membershipId: _, keptUntil: __, ...before } = this.#known?.entry ?? {}
    const { group, user } = this.#id
    const claimed: OwnedMembership = {
      ...before,
      v: 1,
      state: 'granting',
      ...this.#present,
      files: [...this.#wish.files],
      calledAt,
    }
    if (!(await this.#write(claimed))) return 'again'
    const made = await unlessCode(
      unlessCode(this.#context.identityStore.createGroupMembership(group, user), 'ConflictException'),
      'ResourceNotFoundException',
    )
    if (made === undefined) return 'again'
    this.made = made
    return this.#note(made)
  }

  async #note(membershipId: string | undefined): Promise<MembershipEnd | 'again'> {
    const entry = this.#known?.entry
    if (entry === undefined) return 'again'
    const grantedAt = entry.grantedAt ?? renderInstant(await this.#context.now())
    if (membershipId !== undefined) await indexMembership(this.#context.objects, membershipId, this.#id)
    await this.#tell({ event: 'added', at: grantedAt === entry.grantedAt ? entry.calledAt : grantedAt, membershipId })
    await this.#write({ ...entry, state: 'granted', membershipId, grantedAt })
    return 'again'
  }

  async #remove(): Promise<MembershipEnd | 'again'> {
    const entry = this.#known?.entry
    if (entry?.membershipId === undefined) return 'again'
    const admission = await this.#admit(entry)
    if (admission.outcome === 'held') {
      if (entry.state !== 'held' && !(await this.#write({ ...entry, state: 'held' }))) return 'again'
      return { is: 'held', reason: admission.reason }
    }
    // All is read once more, then taken out at once: meanwhile somebody may have asked for it.
    if (entry.state !== 'revoking') {
      await this.#write({ ...entry, state: 'revoking' })
      return 'again'
    }
    if (this.#context.clock.monotonicMs() - this.#wish.lookedMs > liveMs) return 'again'
    const removal = removeMember(admission, entry.membershipId, this.#context)
    await unlessCode(removal, 'ResourceNotFoundException')
    return this.#forget('ssofile')
  }

  async #admit({ files }: OwnedMembership): Promise<BrakeAnswer> {
    const { isGone, admitSuspension, countLeavers, denySessions } = this.#wish
    if (isGone) return exempt('the user or the group is gone')
    const { brake } = this.#context
    if (admitSuspension) {
      const admission = await admitSuspension()
      // The person counts elsewhere, once.
      return admission.outcome === 'held' ? admission : brake.admit(this.#removal)
    }
    await countLeavers?.()
    const rule = files.find(({ key }) => key.startsWith(rulePrefix))
    const ofFiles = files.filter((file) => file !== rule)
    const folders = ofFiles.map(({ key }) => folderOfMembership(key))
    const removal = {
      item: this.#item,
      folders: rule || folders.length > 0 ? folders : [undefined],
      ruleOf: rule && this.#names.group,
      isEnded: denySessions !== undefined,
    }
    return brake.admit(removalAct(removal, this.#id))
  }

  /** Nothing of ours is there. */
  async #forget(by: 'ssofile' | 'others'): Promise<MembershipEnd | 'again'> {
    if (this.#known === undefined) return 'again'
    await this.#wish.denySessions?.()
    await this.#tellRemoved(by, await this.#context.now())
    await this.#context.brake.drop(this.#removal)
    const { membershipId } = this.#known.entry
    await this.#record.remove(this.#known.etag)
    if (membershipId !== undefined) await unindexMembership(this.#context.objects, membershipId, this.#id)
    return 'again'
  }

  async #tellRemoved(who: 'ssofile' | 'others', at: Date): Promise<void> {
    const isByOthers = who === 'others'
    const by = isByOthers ? await this.#findRemover() : undefined
    await this.#tell({ event: 'removed', at: renderInstant(at), isByOthers, by })
  }

  /** By the API, or in the console. */
  async #findRemover(): Promise<Author | undefined> {
    const touched = { membership: this.#id }
    const context = this.#context
    return (await findAuthor(context, touched, 'Delete')) ?? findAuthor(context, touched, 'Remove')
  }

  /** As the brake calls it: by the names that the entry has, so that a release is found again. */
  get #item(): string {
    return renderMembership(this.#known?.entry ?? this.#names)
  }

  /** Without windows: the person counts elsewhere, or nobody counts. */
  get #removal(): Act {
    return removalAct({ item: this.#item, folders: [] }, this.#id)
  }

  /** `false`: another process has changed it, and is to be followed. */
  async #write(entry: OwnedMembership): Promise<boolean> {
    const written = await this.#record.write(entry, this.#known?.etag)
    if (written.outcome === 'lost') return false
    this.#known = { entry, etag: written.etag }
    return true
  }

  /** Who asked for it stands in history: the files, and who uploaded or deleted them. */
  async #tell(told: ToldMembershipEvent): Promise<void> {
    const entry = this.#known?.entry ?? { ...this.#names, files: [] }
    await tellMembership(this.#context.objects, this.#id, entry, told)
  }

  get #present(): Membership {
    return { ...this.#names, user: this.#wish.user ?? this.#names.user }
  }
}

/** Whether one of these files is new, or says something else than it said before. One whose content was not recorded asks by `--rebind` alone. */
function asksAgain(before: OwnedMembership['files'], now: OwnedMembership['files']): boolean {
  return now.some((file) => {
    const known = before.find(({ key }) => key === file.key)
    if (known === undefined) return true
    return known.etag === undefined ? asksAnew(known, file) : !isSameUpload(known, file)
  })
}

/**
 * `ending`: a rule means the user no longer, who stays until then. `isByOthers`: somebody else has ended it. `membershipId`: by which a lost record is compared with the directory.
 */
type ToldMembershipEvent = {
  readonly event: 'added' | 'ending' | 'removed'
  readonly at: string
  readonly isByOthers?: boolean
  /** Who that was; absent: it is not known. */
  readonly by?: Author | undefined
  readonly membershipId?: string | undefined
  readonly until?: string | undefined
}

/** By the names of the entry, in history under the ids. Beside the change stands who answers for the group. */
export async function tellMembership(
  objects: ObjectStore,
  id: MembershipId,
  { group, user, files }: Pick<OwnedMembership, 'group' | 'user' | 'files'>,
  { event, at, isByOthers, by, membershipId, until }: ToldMembershipEvent,
): Promise<void> {
  const subject = {
    folder: `history/memberships/${id.group}%${id.user}/`,
    name: renderNameInKey(renderMembership({ group, user })),
  }
  const owner = await readOwnerOf(objects, group)
  const body = {
    ...id,
    membershipId,
    names: { group, user },
    files,
    owner,
    until,
    ...(isByOthers && { isByOthers, by }),
  }
  await tellEvent(objects, subject, { event, named: `membership-${event}`, at, body, by, owner })
}
