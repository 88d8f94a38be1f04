import { suspensionAct } from '../../domain/brake/act.ts'
import { exempt } from '../../domain/brake/admission.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { changesNothing, describeUpload } from '../../domain/links/upload.ts'
import { askRule, type RuleWish } from '../../domain/people/ask-rule.ts'
import {
  describeMembership,
  type FoundGroup,
  isUnsettled,
  type MembershipEnd,
  type MembershipLack,
  type MembershipReading,
} from '../../domain/people/describe-membership.ts'
import { suspendedAs } from '../../domain/people/describe-suspension.ts'
import { groupKey } from '../../domain/people/group-file.ts'
import { type Membership, membershipKeys, parseMembershipAnywhere } from '../../domain/people/membership-file.ts'
import type { OwnedMembership } from '../../domain/people/owned-membership.ts'
import { type Rule, ruleKey, rulePrefix } from '../../domain/people/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { endOfUser } from '../../domain/sessions/ended-sessions.ts'
import { rejection, type Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { bindingOf } from '../assignments/user-binding.ts'
import type { Brake } from '../brake/brake.ts'
import { askOnce } from '../directory/ask-once.ts'
import { PrincipalIndex } from '../directory/principal-index.ts'
import { judgeMembership } from '../guardrails/judge-membership.ts'
import { tellInput } from '../inputs/tell-input.ts'
import { readMembershipFile } from '../records/asking-files.ts'
import { indexInstants, instantsToCome } from '../records/expiry-index.ts'
import { sendInputs } from '../records/inputs.ts'
import { ownedMembershipRecord } from '../records/owned-groups.ts'
import { readNow } from '../records/owner.ts'
import { readPauseReason } from '../records/pause.ts'
import type { Policies } from '../records/policies.ts'
import type { InputHead } from '../records/read-input.ts'
import { readRule } from '../records/rule-files.ts'
import { attentionKey, StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { Suspensions } from '../records/suspensions.ts'
import { admitFiles } from './admit-files.ts'
import { denySessionsThrough } from './deny-sessions.ts'
import { findOwnGroup } from './find-own-group.ts'
import type { LeaverCensus } from './leaver-census.ts'
import { settleMembership, settlingMs, type Wish } from './settle-membership.ts'

export type LookingAtMembership = Pick<
  Ports,
  'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'log'
> & {
  readonly configuration: Configuration
  readonly suspensions: Pick<Suspensions, 'find'>
  readonly census: Pick<LeaverCensus, 'take'>
  readonly policies: Pick<Policies, 'read'>
  readonly brake: Pick<Brake, 'admit' | 'drop'>
}

/** How soon something is looked at again that is on its way, or held. */
const soonMs = 20_000
const heldMs = 60_000

/** One file that may ask for a membership, as it is now, and what its status says of it. */
type File = {
  readonly key: string
  readonly reading: MembershipReading
  readonly head: InputHead | undefined
  readonly told: Status | undefined
  /** The user whom it means; `undefined`: whoever bears the name. */
  readonly boundTo: PrincipalId | undefined
}

/**
 * The files that ask for one membership, as they are now: all folders together. Puts the user into the group, or takes the user out,
 * and tells each file what became of it. Safe to repeat at any time; throws when something cannot be read or written: the
 * message then comes again.
 */
export async function lookAtMembership(message: InputMessage, context: LookingAtMembership): Promise<void> {
  const { key, id, event } = message
  const { objects, clock, configuration, log } = context
  const statuses = new StatusStore(objects, clock)
  const named = parseMembershipAnywhere(key)
  if (!named.ok) {
    const head = await objects.head(key)
    await tellInput(context, { message, head }, () => head && rejection(named.complaint))
    return
  }
  const look = new MembershipLook(named.value, message, statuses, context)
  const file = await look.readFile(key)
  if (file.head && changesNothing(message, file.head, file.told)) {
    await tellAgain(file.head, statuses)
    return
  }
  const told = await look.settle()
  const instants: Date[] = []
  for (const one of look.concerned()) {
    const status = await statuses.revise(one.key, async (current) => {
      const head = one.head ?? (await objects.head(one.key))
      if (one.head === undefined && head !== undefined) return current
      const said = look.describe(one, told)
      if (said === undefined) return undefined
      const by = findUploader(one.head, one.key === key ? message : { event: '' }, current)
      return { ...(one.head && uploadOf(one.head, current)), by, principalId: look.boundUser(one), ...said }
    })
    // What was foreign may be what ssofile itself took away a moment ago, and the directory still listed.
    if (one.key === key && status?.owned === false && one.told?.owned !== false)
      instants.push(new Date(look.now.getTime() + settlingMs))
  }
  if (look.keptUntil !== undefined) instants.push(new Date(look.keptUntil))
  // What the brake holds of a rule is looked at with the rule, when it is released.
  const isHeldByRule = told.end.is === 'held' && look.isByRuleAlone()
  if (isHeldByRule || (look.isNewByRule && (await isAwaited(named.value.group, statuses))))
    await lookAtRuleSoon(objects, named.value.group, look.now, id)
  if (!isHeldByRule && isUnsettled(told.end))
    instants.push(new Date(look.now.getTime() + (told.end.is === 'held' || look.paused ? heldMs : soonMs)))
  const body = 'body' in file.reading ? file.reading.body : {}
  await indexInstants(objects, key, [...instantsToCome(body, look.now), ...instants], id)
  log.info('membership looked at', { input: key, id, event, ended: told.end.is })
  const group = groupKey(named.value.group)
  if (told.end.is === 'none' && (await objects.head(attentionKey('blocked', group))) !== undefined)
    await sendInputs(context, [group], 'a membership is gone', configuration)
}

/** The same content was uploaded again: nothing need be looked at. */
async function tellAgain(head: InputHead, statuses: StatusStore): Promise<void> {
  await statuses.revise(head.key, async (current) => current && { ...current, ...uploadOf(head, current) })
}

function uploadOf(head: InputHead, current: Status | undefined) {
  return describeUpload(current, { ...head, lastModified: renderInstant(head.lastModified) })
}

type OwnGroup = Exclude<FoundGroup, { is: 'not ours' }>
type Told = { readonly group: FoundGroup; readonly end: MembershipEnd; readonly isWanted: Wish['isWanted'] }

type Directory = { readonly identityStore: Ports['identityStore']; readonly index: PrincipalIndex }

/** One look at all that concerns one membership. What is read of the files is read anew in each turn. */
class MembershipLook {
  readonly #membership: Membership
  readonly #message: InputMessage
  readonly #statuses: StatusStore
  readonly #context: LookingAtMembership
  /** Where the next turn reads users and groups. Each turn reads them again. */
  #directory: Directory
  #files: readonly File[] = []
  #user: PrincipalId | undefined
  #lacks = new Map<string, MembershipLack>()
  /** What asked for it when it was last wanted. */
  readonly #askedBefore = new Set<string>()
  /** By S3's clock. */
  now = new Date(0)
  paused: string | undefined
  /** So long the user stays whom the rule means no longer. */
  keptUntil: string | undefined
  /** Its rule asks for it, and did not before. */
  isNewByRule = false

  constructor(membership: Membership, message: InputMessage, statuses: StatusStore, context: LookingAtMembership) {
    this.#membership = membership
    this.#message = message
    this.#statuses = statuses
    this.#context = context
    this.#directory = this.#openDirectory()
  }

  /** Puts the users in or out whom the files mean, or meant. Answers what came of the one who bears the name now. */
  async settle(): Promise<Told> {
    this.paused = await readPauseReason(this.#context.objects)
    await this.#readFiles()
    const { identityStore, index } = this.#directory
    this.#user = await index.resolve('USER', this.#membership.user, this.#pulledMs())
    const group = await findOwnGroup(this.#membership.group, { ...this.#context, identityStore }, index)
    const told: Told = { group, end: { is: 'none' }, isWanted: 'no' }
    if (group.is === 'not ours') return told
    const meant = [this.#message.user, ...this.#files.flatMap((file) => [file.boundTo, file.told?.principalId])]
    const others = new Set(meant.filter((one) => one !== undefined && one !== this.#user))
    let end: MembershipEnd = { is: 'none' }
    for (const user of others) if (user !== undefined) end = moreImportant(end, await this.#settleUser({ group, user }))
    if (this.#user === undefined) return { ...told, end }
    const own = await this.#settleUser({ group, user: this.#user })
    return { group, end: moreImportant(own, end), isWanted: this.#isWanted }
  }

  #isWanted: Wish['isWanted'] = 'no'
  /** By key: what policies have against a file. */
  #judged: Pick<Awaited<ReturnType<typeof admitFiles>>, 'refusals' | 'warnings'> = {
    refusals: new Map(),
    warnings: new Map(),
  }

  async #settleUser({ group, user }: { readonly group: OwnGroup; readonly user: PrincipalId }) {
    const readWish = async (): Promise<Wish> => {
      const wish = await this.#readWish(group, user)
      if (user === this.#user) this.#isWanted = wish.isWanted
      return wish
    }
    return settleMembership({ group: group.id, user }, this.#membership, readWish, {
      ...this.#context,
      paused: this.paused,
      now: () => readNow(this.#context),
    })
  }

  /** Ids have the membership, names ask for it: by the present name of this id. */
  async #readWish({ id }: OwnGroup, user: PrincipalId): Promise<Wish> {
    const { suspensions, brake } = this.#context
    const { identityStore, index } = this.#directory
    this.#directory = this.#openDirectory()
    await this.#readFiles()
    const group = await identityStore.findGroup(id)
    const place = await index.whereabouts('USER', user, this.#pulledMs())
    const name = place === 'gone' ? undefined : place.name
    const files = name === this.#membership.user ? this.#files : await this.#filesOf(name)
    const suspension = place === 'gone' ? undefined : await suspensions.find(user, name)
    const lackOf = (file: File): MembershipLack | undefined => {
      if (file.boundTo !== undefined && file.boundTo !== user) return { lacks: 'binding', boundTo: file.boundTo }
      if (suspension !== undefined) return { lacks: 'freedom', suspension }
      return place !== 'gone' && place.isDisabled ? { lacks: 'sign-in' } : undefined
    }
    if (user === this.#user)
      for (const file of this.#files) {
        const lack = lackOf(file)
        if (lack) this.#lacks.set(file.key, lack)
        else this.#lacks.delete(file.key)
      }
    const entry = (await spoiledAsAbsent(ownedMembershipRecord(this.#context.objects, { group: id, user }).read()))
      ?.value
    for (const { key } of entry?.files ?? []) this.#askedBefore.add(key)
    const inForce = files.filter((file) => file.reading.state === 'in-force' && lackOf(file) === undefined)
    const asking = await this.#admit(inForce, user, entry?.files ?? [])
    const mayRule = name !== undefined && suspension === undefined && place !== 'gone' && !place.isDisabled
    const rule = mayRule ? await this.#askRule({ id: user, name }, entry, identityStore) : ({ asks: 'no' } as const)
    const isUnread =
      rule.asks === 'unknown' || files.some((file) => file.reading.state === 'unreadable' && lackOf(file) === undefined)
    const isGone = place === 'gone' || group === undefined
    const isAsked = asking.length > 0 || rule.asks === 'yes'
    const wish = isAsked ? 'yes' : isUnread ? 'unknown' : 'no'
    const ofRule = rule.asks === 'yes' ? [{ key: ruleKey(this.#membership.group) }] : []
    if (user === this.#user) this.keptUntil = rule.keptUntil
    const admitSuspension = async () => {
      const told = suspension && (await spoiledAsAbsent(this.#statuses.read(suspension)))
      const person = suspendedAs(user, told || undefined)
      return person === 'admitted' ? exempt('the person was admitted before') : brake.admit(suspensionAct(person))
    }
    const isEnded = place === 'gone' || place.isDisabled
    const whoEnded = name ?? this.#membership.user
    return {
      isWanted: isGone ? 'no' : wish,
      files: [...asking, ...ofRule],
      ...(rule.asks === 'yes' ? { keptUntil: rule.keptUntil, user: name } : {}),
      isExternal: group?.isExternal === true,
      isGone,
      ...(this.#askedBefore.has(ruleKey(this.#membership.group)) && {
        countLeavers: () => this.#context.census.take(this.#membership.group, id),
      }),
      ...(suspension === undefined ? {} : { admitSuspension }),
      ...(isEnded && {
        denySessions: async () => {
          const leaver = { user, name: whoEnded, by: endOfUser(whoEnded), at: await readNow(this.#context) }
          await denySessionsThrough(id, leaver, this.#context.objects)
        },
      }),
    }
  }

  /** Those that policies let count. */
  async #admit(
    files: readonly File[],
    user: PrincipalId,
    known: OwnedMembership['files'],
  ): Promise<OwnedMembership['files']> {
    const { objects, policies, configuration } = this.#context
    const asking = files.flatMap(({ key, head, told, reading }) => {
      const named = parseMembershipAnywhere(key)
      if (!named.ok || head === undefined || !('body' in reading)) return []
      const by = findUploader(head, key === this.#message.key ? this.#message : { event: '' }, told)
      return [{ membership: named.value, head, body: reading.body, by }]
    })
    const admitted = await admitFiles(asking, { objects, policies, configuration, known, now: this.now })
    if (user === this.#user) this.#judged = admitted
    return admitted.files
  }

  /** Its rule asks as a file does: for whom it means now, by the attributes that the directory has. */
  async #askRule(
    user: { readonly id: PrincipalId; readonly name: Membership['user'] },
    entry: OwnedMembership | undefined,
    identityStore: Ports['identityStore'],
  ): Promise<RuleWish> {
    const key = ruleKey(this.#membership.group)
    const rule = await readRule(this.#context.objects, key)
    if (rule === undefined) return { asks: 'no' }
    const person = rule.ok ? await identityStore.findUser(user.id) : undefined
    const wish = askRule(rule, { person, entry, key, now: this.now })
    const isNew = wish.asks === 'yes' && entry?.files.some((file) => file.key === key) !== true
    if (isNew && rule.ok && (await this.#isRefused(key, user.name, rule.value))) return { asks: 'no' }
    this.isNewByRule ||= isNew
    return wish
  }

  /** A policy stops whom a rule newly means, and takes nobody out. */
  async #isRefused(key: string, user: Membership['user'], { reason }: Rule): Promise<boolean> {
    const head = await this.#context.objects.head(key)
    const by = (await spoiledAsAbsent(this.#statuses.read(key)))?.by
    const membership = { key, group: this.#membership.group, user }
    const about = {
      membership,
      body: reason === undefined ? {} : { reason },
      by,
      uploadedAt: head?.lastModified ?? this.now,
    }
    return (await judgeMembership(about, this.#context)).refusals.length > 0
  }

  async #filesOf(name: Membership['user'] | undefined): Promise<readonly File[]> {
    if (name === undefined) return []
    const keys = membershipKeys({ ...this.#membership, user: name }, this.#context.configuration.folders)
    return Promise.all(keys.map((key) => this.readFile(key)))
  }

  async #readFiles(): Promise<void> {
    const keys = membershipKeys(this.#membership, this.#context.configuration.folders)
    this.#files = await Promise.all([...new Set([...keys, this.#message.key])].map((key) => this.readFile(key)))
    this.now = await readNow(this.#context)
  }

  async readFile(key: string): Promise<File> {
    const { head, reading } = await readMembershipFile(this.#context.objects, key, this.#context.configuration.folders)
    const told = await spoiledAsAbsent(this.#statuses.read(key))
    return { key, head, told, reading, boundTo: bindingOf('USER', told, head) }
  }

  /** Those that are there, or that have a status. */
  concerned(): readonly File[] {
    return this.#files.filter(
      ({ head, told, key }) => head !== undefined || told !== undefined || key === this.#message.key,
    )
  }

  /** No file asks for it, or did. */
  isByRuleAlone(): boolean {
    return (
      [...this.#askedBefore].every((key) => key.startsWith(rulePrefix)) && this.concerned().every((one) => !one.head)
    )
  }

  describe(file: File, { group, end, isWanted }: Told) {
    const isOfFile = file.told !== undefined || this.#askedBefore.has(file.key)
    const isOver = file.head === undefined || file.reading.state === 'expired'
    const isLeft = isWanted === 'no' && end.is !== 'none' && isOfFile && isOver
    const lack = this.#user === undefined ? ({ lacks: 'user' } as const) : this.#lacks.get(file.key)
    const complaint = lack === undefined ? this.#judged.refusals.get(file.key) : undefined
    const reading = complaint ? ({ state: 'rejected', complaint } as const) : file.reading
    const told = describeMembership(this.#membership, { reading, group, lack, end, isLeft })
    const warnings = this.#judged.warnings.get(file.key)
    return told && (warnings ? { ...told, warnings: [...warnings] } : told)
  }

  /** A file is bound to the user whom it named when it was first applied. */
  boundUser({ boundTo, reading, key }: File): PrincipalId | undefined {
    if (boundTo !== undefined) return boundTo
    const isMeant = reading.state === 'in-force' && !this.#lacks.has(key) && !this.#judged.refusals.has(key)
    return isMeant && this.#isWanted === 'yes' ? this.#user : undefined
  }

  #openDirectory(): Directory {
    const { clock, configuration } = this.#context
    const identityStore = askOnce(this.#context.identityStore)
    return { identityStore, index: new PrincipalIndex(identityStore, clock, configuration.principalSuffix) }
  }

  #pulledMs(): number {
    return this.#context.clock.monotonicMs()
  }
}

/** The status of its rule is at rest, and says that people wait. */
async function isAwaited(group: Membership['group'], statuses: StatusStore): Promise<boolean> {
  const told = await spoiledAsAbsent(statuses.read(ruleKey(group)))
  return told?.state === 'applied' && (told.people?.waiting ?? 0) > 0
}

/** At the next whole minute, so that it is one object for all of them. */
async function lookAtRuleSoon(objects: ObjectStore, group: Membership['group'], now: Date, id: string): Promise<void> {
  const minute = Math.ceil((now.getTime() + soonMs) / heldMs) * heldMs
  await indexInstants(objects, ruleKey(group), [new Date(minute)], id)
}

const importance: readonly MembershipEnd['is'][] = ['none', 'applied', 'foreign', 'kept', 'reported', 'applying']

/** What a person has to hear of first: anything that is still on its way, or held. */
function moreImportant(one: MembershipEnd, other: MembershipEnd): MembershipEnd {
  const weigh = ({ is }: MembershipEnd) => (importance.includes(is) ? importance.indexOf(is) : importance.length)
  return weigh(one) >= weigh(other) ? one : other
}
