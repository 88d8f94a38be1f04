import { isSettling } from '../../domain/assignments/access-proof.ts'
import type { SuspendedPerson } from '../../domain/brake/act.ts'
import { membershipsOn, rulesOfMemberships } from '../../domain/brake/lists.ts'
import type { Author } from '../../domain/by-hand/author.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupKey } from '../../domain/files/group-file.ts'
import {
  type Membership,
  type MembershipFile,
  membershipKeys,
  parseMembershipAnywhere,
  renderMembership,
} from '../../domain/files/membership-file.ts'
import { ruleKey } from '../../domain/files/rule-file.ts'
import {
  complainOfObjections,
  describeObjection,
  judgeMembershipByPolicies,
  type MembershipCase,
  noObjection,
  type Verdict,
} from '../../domain/guardrails/judge-by-policies.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import type { LinkBody } from '../../domain/links/link-body.ts'
import { asksAnew, identityOf, isSameUpload } from '../../domain/links/upload.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type MembershipId,
  type OwnedMembership,
  ownedMembership,
  ownedMembershipKey,
} from '../../domain/principals/owned-membership.ts'
import { nameInLinks, type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { suspendedAs } from '../../domain/suspensions/describe-suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DirectoryUser } from '../../ports/identity-store.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { bindingOf } from '../../reconcile/assignments/user-binding.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import type { Input, KindTypes, ReadingContext, ReconcileContext } from '../../reconcile/inputs/controller.ts'
import { findAuthor } from '../../reconcile/records/authors.ts'
import { readBrake } from '../../reconcile/records/brake-file.ts'
import { listLinks } from '../../reconcile/records/list-links.ts'
import type { Policies } from '../../reconcile/records/policies.ts'
import type { InputHead } from '../../reconcile/records/read-input.ts'
import { isSamePerson } from '../../reconcile/records/same-person.ts'
import { attentionKey, readStatus } from '../../reconcile/records/status-store.ts'
import { readStored, type Stored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { Suspensions } from '../../reconcile/records/suspensions.ts'
import { findOwnGroup } from './find-own-group.ts'
import type { LeaverCensus } from './leaver-census.ts'
import { readMembershipFile } from './read-membership-file.ts'
import { readRuleFile } from './rule-files.ts'
import { askRule, type RuleWish } from './rules/ask-rule.ts'
import {
  isAboutDirectory,
  type MemberFacts,
  type MembershipAction,
  type MembershipEnd,
  type MembershipFacts,
} from './rules/decide-membership.ts'
import type { FoundGroup, MembershipLack, MembershipReading } from './rules/describe-membership.ts'

/** One file that may ask for the membership, and its status. */
export type AskingFile = {
  readonly key: string
  readonly head: InputHead | undefined
  readonly reading: MembershipReading
  readonly told: Status | undefined
  /** The user that it is bound to. `undefined`: the present user with the name. */
  readonly boundTo: PrincipalId | undefined
  /** The provider made the user again. `former`: the id before. */
  readonly boundAgain?: Status['boundAgain']
}

/** One user that the files mean, or meant. */
export type Member = MemberFacts & {
  readonly id: MembershipId
  readonly stored: Stored<OwnedMembership> | undefined
  /** The content of the entry while the membership is wanted. */
  readonly wanted: Pick<OwnedMembership, 'group' | 'user' | 'files' | 'keptUntil'>
  /** The rule of the group asks for it now, and did not before. */
  readonly isNewByRule: boolean
  /** The user or the group is gone, so the brake need not be asked. */
  readonly isGone: boolean
  /** `suspended`: ask the brake about the suspended person, who counts once. */
  readonly end:
    | { readonly by: 'directory' }
    | { readonly by: 'file'; readonly suspended: SuspendedPerson | 'admitted' }
    | undefined
  /** By key: why a file gives the user nothing. */
  readonly lacks: ReadonlyMap<string, MembershipLack>
  /** By key: the objections of policies to a file. */
  readonly judged: Pick<Judged, 'refusals' | 'warnings'>
  /** The author who removed the user from the group. `undefined`: nobody did, or the author is unknown. */
  readonly removedBy: Author | undefined
}

export interface MembershipTypes extends KindTypes {
  readonly name: MembershipFile
  readonly body: LinkBody
  readonly entry: OwnedMembership
  readonly facts: Omit<MembershipFacts, 'users'> & {
    readonly group: FoundGroup
    /** The user who has the name now. */
    readonly bearer: PrincipalId | undefined
    readonly users: readonly Member[]
    /** All files that may ask for this membership, in any folder. */
    readonly files: readonly AskingFile[]
    /** The file of the group is gone and may wait for the end of this membership. */
    readonly isGroupBlocked: boolean
    /** When this reading began, in monotonic milliseconds. */
    readonly lookedMs: number
  }
  readonly action: MembershipAction
  readonly end: MembershipEnd
  /** The claim that this reconcile wrote last. */
  readonly learnt: {
    readonly user: PrincipalId
    readonly calledAt: string
    readonly create: Exclude<MemberFacts['create'], 'unknown'>
  }
  readonly context: ReconcileContext & {
    readonly findSuspension: Suspensions['find']
    readonly census: Pick<LeaverCensus, 'take'>
    readonly policies: Pick<Policies, 'read'>
    readonly brake: Pick<Brake, 'admit' | 'drop' | 'noteGone'>
  }
}
export type MembershipInput = Input<MembershipTypes>
type Facts = MembershipTypes['facts']
type Reading = ReadingContext<MembershipTypes['context']>
type Look = {
  readonly input: MembershipInput
  readonly group: Exclude<FoundGroup, { is: 'not ours' }>
  readonly files: readonly AskingFile[]
  readonly context: Reading
}

/** How long after the claim the create may be sent. */
export const claimedMs = 60_000

/** Memberships have ids, and files have names: a file counts for the user who has the name now. */
export async function gatherMembership(input: MembershipInput, context: Reading): Promise<Facts> {
  const { objects } = context
  const { name, key, file, isRepeated, user, lookedMs } = input
  const unread: Facts = {
    ...{ isRepeated, isOurGroup: false, group: { is: 'not ours', isExternal: false }, bearer: undefined },
    ...{ users: [], files: [], isGroupBlocked: false, lookedMs },
  }
  if (isRepeated) return unread
  const read = await readFiles(name, context, key)
  const group = await findOwnGroup(name.group, context)
  const meant = [user, ...read.flatMap(({ boundTo, told }) => [boundTo, told?.principalId])].filter(
    (id) => id !== undefined,
  )
  const bearer = await findBearer(name.user, meant, context)
  const files = await bindAgain(read, bearer, input, context)
  const isGroupBlocked =
    file.is === 'none' && (await objects.head(attentionKey('blocked', groupKey(name.group)))) !== undefined
  const facts = { ...unread, group, bearer, files, isGroupBlocked }
  if (group.is === 'not ours') return facts
  const ids = [...new Set([...(bearer === undefined ? [] : [bearer]), ...meant])]
  const look = { input, group, files, context }
  return { ...facts, isOurGroup: true, users: await Promise.all(ids.map((id) => gatherMember(id, look))) }
}

/** Finds the user with this name. Tries the `known` users first, because it is usually one of them. */
async function findBearer(
  name: PrincipalName,
  known: readonly PrincipalId[],
  { identityStore, configuration }: Reading,
): Promise<PrincipalId | undefined> {
  const whole = principalName.parse(name + configuration.principalSuffix)
  for (const id of known) if ((await identityStore.findUser(id))?.name === whole) return id
  const id = await identityStore.findPrincipalId('USER', whole)
  // The directory may find another spelling of a name.
  return id && (await identityStore.findUser(id))?.name === whole ? id : undefined
}

/** The files of a user who is gone are bound to the user of the name if the provider made the same person again. */
async function bindAgain(
  files: readonly AskingFile[],
  bearer: PrincipalId | undefined,
  { now }: MembershipInput,
  { objects, identityStore }: Reading,
): Promise<readonly AskingFile[]> {
  const { externalIds = [] } = (bearer && (await identityStore.findUser(bearer))) ?? {}
  if (bearer === undefined || externalIds.length === 0) return files
  return Promise.all(
    files.map(async (file) => {
      const { boundTo: former } = file
      if (former === undefined || former === bearer || !(await isSamePerson(objects, former, externalIds))) return file
      if ((await identityStore.findUser(former)) !== undefined) return file
      return { ...file, boundTo: bearer, boundAgain: { former, at: renderInstant(now) } }
    }),
  )
}

async function readFiles(
  membership: Membership,
  { objects, configuration: { folders } }: Reading,
  ...more: readonly string[]
): Promise<readonly AskingFile[]> {
  const keys = new Set([...membershipKeys(membership, folders), ...more])
  return Promise.all(
    [...keys].map(async (key) => {
      const { head, reading } = await readMembershipFile(objects, key, folders)
      const told = await spoiledAsAbsent(readStatus(objects, key))
      return { key, head, reading, told, boundTo: bindingOf('USER', told, head), boundAgain: told?.boundAgain }
    }),
  )
}

async function gatherMember(user: PrincipalId, look: Look): Promise<Member> {
  const { input, group, context } = look
  const { objects, identityStore, configuration } = context
  const { name, now } = input
  const id = { group: group.id, user }
  const stored = await readStored(objects, ownedMembershipKey(id), ownedMembership)
  const entry = stored?.value
  const person = await identityStore.findUser(user)
  const present = person && nameInLinks(person.name, configuration.principalSuffix)
  const end = await findEnd({ user, person, present }, context)
  const wish = await gatherWish({ user, person, present, end, entry }, look)
  const isGone = person === undefined || group.is === 'gone'
  const isWanted = isGone ? 'no' : wish.isWanted
  const isFresh = entry !== undefined && isSettling(entry.calledAt, now)
  const isAsked = isAboutDirectory({ entry, isFresh, isWanted, isExternal: group.isExternal })
  const found = isAsked ? await identityStore.getGroupMembershipId(group.id, user) : undefined
  const isTaken = isAsked && entry?.membershipId !== undefined && found !== entry.membershipId
  const wanted = { group: name.group, user: present ?? name.user, files: wish.files, keptUntil: wish.keptUntil }
  return {
    ...{ user, id, stored, entry, isFresh, isWanted, found, isGone, wanted },
    isClaimed: entry !== undefined && now.getTime() - Date.parse(entry.calledAt) < claimedMs,
    create: createOf(input.learnt, user, entry),
    isExternal: group.isExternal,
    isRenamed: group.is === 'renamed' || group.is === 'given up',
    onDrift: configuration.onDrift,
    isAskedAnew: entry !== undefined && asksAgain(entry.files, wish.files),
    isNoted: entry !== undefined && isWanted === 'yes' && says(entry, wanted) && !(await isOnList(entry, objects)),
    isNewByRule: wish.isNewByRule,
    end: end?.by === 'file' ? { by: end.by, suspended: await findSuspended(user, end.suspension, objects) } : end,
    lacks: wish.lacks,
    judged: wish.judged,
    removedBy: isTaken ? await findRemover(id, entry, context) : undefined,
  }
}

type Person = {
  readonly user: PrincipalId
  readonly person: DirectoryUser | undefined
  /** The present name, as files spell it; `undefined`: no file can. */
  readonly present: PrincipalName | undefined
  readonly end: EndOfUser | undefined
  readonly entry: OwnedMembership | undefined
}

/** `suspension`: the file. */
type EndOfUser = { readonly by: 'directory' } | { readonly by: 'file'; readonly suspension: string }

/**
 * Why the user may be in no group. An end by the directory comes before a suspension, as for access: the brake may hold the
 * suspension.
 *
 * | the user                           | the end          |
 * | ---------------------------------- | ---------------- |
 * | is gone from the directory         | by the directory |
 * | is disabled there                  | by the directory |
 * | is named by a file of `suspended/` | by the file      |
 * | any other                          | none             |
 */
async function findEnd(
  { user, person, present }: Pick<Person, 'user' | 'person' | 'present'>,
  { findSuspension }: Pick<Reading, 'findSuspension'>,
): Promise<EndOfUser | undefined> {
  if (person === undefined || person.isDisabled) return { by: 'directory' }
  const suspension = await findSuspension(user, present, person.externalIds)
  return suspension === undefined ? undefined : { by: 'file', suspension }
}

/** The status of the file says who suspended the user, and whether the brake passed the suspension. */
async function findSuspended(user: PrincipalId, suspension: string, objects: ReadingObjects) {
  return suspendedAs(user, await spoiledAsAbsent(readStatus(objects, suspension)))
}

/** Finds the files with the user's present name and the rule of the group: everything that may ask for this user's membership now. */
async function gatherWish(of: Person, look: Look) {
  const { user, person, present, end, entry } = of
  const { group, user: named } = look.input.name
  const others =
    present === undefined || present === named ? [] : await readFiles({ group, user: present }, look.context)
  const files = present === named ? look.files : others
  const lackOf = ({ boundTo }: AskingFile): MembershipLack | undefined => {
    if (boundTo !== undefined && boundTo !== user) return { lacks: 'binding', boundTo }
    if (end?.by === 'file') return { lacks: 'freedom', suspension: end.suspension }
    return person?.isDisabled ? { lacks: 'sign-in' } : undefined
  }
  const lacking = files.map((file) => ({ file, lack: lackOf(file) }))
  const meant = lacking.flatMap(({ file, lack }) => (lack ? [] : [file]))
  const judged = await judgeFiles(meant, entry?.files ?? [], look)
  const rule = await gatherRuleWish(of, look)
  const isAsked = judged.files.length > 0 || rule.asks === 'yes'
  const isUnread = rule.asks === 'unknown' || meant.some(({ reading }) => reading.state === 'unreadable')
  const isWanted: MemberFacts['isWanted'] = isAsked ? 'yes' : isUnread ? 'unknown' : 'no'
  return {
    isWanted,
    files: [...judged.files, ...(rule.asks === 'yes' ? [{ key: ruleKey(group) }] : [])],
    keptUntil: rule.keptUntil,
    isNewByRule: rule.isNew,
    lacks: new Map(lacking.flatMap(({ file, lack }) => (lack ? [[file.key, lack] as const] : []))),
    judged,
  }
}

type Judged = {
  /** The files that count. */
  readonly files: OwnedMembership['files']
  readonly refusals: ReadonlyMap<string, Complaint>
  readonly warnings: ReadonlyMap<string, readonly string[]>
}

/**
 * Selects the files in force that count, as for links: a policy stops new content and takes nothing away. `known`: the files in
 * the ledger.
 *
 * | its content            | the policies | the ledger has of this file           | then                                    |
 * | ---------------------- | ------------ | ------------------------------------- | --------------------------------------- |
 * | gave the membership    |              | the same content                      | it counts; objections are warnings      |
 * | is new                 | accept it    |                                       | it counts                               |
 * | is new                 | refuse it    | other content, not expired            | rejected; the other content still counts |
 * | is new                 | refuse it    | other content, expired; or nothing    | rejected; nothing counts                |
 */
async function judgeFiles(
  meant: readonly AskingFile[],
  known: OwnedMembership['files'],
  { input, context }: Look,
): Promise<Judged> {
  const files: OwnedMembership['files'][number][] = []
  const refusals = new Map<string, Complaint>()
  const warnings = new Map<string, readonly string[]>()
  for (const { key, head, told, reading } of meant) {
    const named = parseMembershipAnywhere(key)
    if (!named.ok || head === undefined || reading.state !== 'in-force') continue
    const { body } = reading
    const by = key === input.key ? input.by : findUploader(head, { event: '' }, told)
    const before = known.find((one) => one.key === key)
    const isKnown = before !== undefined && (before.etag === undefined || isSameUpload(before, head))
    const about = { membership: named.value, body, by, uploadedAt: head.lastModified }
    const verdict = await judgeMembership(about, context)
    const objections = [...verdict.warnings, ...(isKnown ? verdict.refusals : [])]
    if (objections.length > 0) warnings.set(key, objections.map(describeObjection))
    const complaint = isKnown ? undefined : complainOfObjections(key, verdict.refusals)
    if (complaint === undefined) {
      const expiresAt = body.expiresAt && renderInstant(body.expiresAt)
      files.push({ key, by, etag: head.etag, ...identityOf(head), expiresAt })
    } else {
      refusals.set(key, complaint)
      if (before && !(before.expiresAt !== undefined && new Date(before.expiresAt) <= input.now)) files.push(before)
    }
  }
  return { files, refusals, warnings }
}

/** A rule asks for everyone whom it matches now, as a file does. A policy stops new matches, and removes nobody. */
async function gatherRuleWish(
  { person, present, end, entry }: Person,
  { input, context }: Look,
): Promise<RuleWish & { readonly isNew: boolean }> {
  const none = { asks: 'no', isNew: false } as const
  if (person === undefined || present === undefined || end !== undefined) return none
  const { objects } = context
  const { group } = input.name
  const key = ruleKey(group)
  const found = await readRuleFile(objects, key)
  if (found === undefined) return none
  const { head, file } = found
  const wish = askRule(file, { person, entry, key, now: input.now })
  const isNew = wish.asks === 'yes' && entry?.files.some((one) => one.key === key) !== true
  if (!isNew || !file.ok) return { ...wish, isNew }
  const { reason } = file.value
  const verdict = await judgeMembership(
    {
      membership: { key, group, user: present },
      body: { reason },
      by: (await spoiledAsAbsent(readStatus(objects, key)))?.by,
      uploadedAt: head.lastModified,
    },
    context,
  )
  return verdict.refusals.length > 0 ? none : { ...wish, isNew }
}

/** Whether a file is new or has new content. If the content was not recorded, only `--rebind` counts. */
function asksAgain(before: OwnedMembership['files'], now: OwnedMembership['files']): boolean {
  return now.some((file) => {
    const known = before.find(({ key }) => key === file.key)
    if (known === undefined) return true
    return known.etag === undefined ? asksAnew(known, file) : !isSameUpload(known, file)
  })
}

/** Once another process has claimed the membership, too, its create may have been sent. */
function createOf(
  learnt: MembershipInput['learnt'],
  user: PrincipalId,
  entry: OwnedMembership | undefined,
): MemberFacts['create'] {
  const isOwn = learnt?.user === user && (entry === undefined || entry.calledAt === learnt.calledAt)
  return isOwn ? learnt.create : 'unknown'
}

function says(entry: OwnedMembership, wanted: Member['wanted']): boolean {
  const fields = ['files', 'keptUntil', 'user'] as const
  const isSame = fields.every((field) => JSON.stringify(entry[field]) === JSON.stringify(wanted[field]))
  return isSame && entry.state === 'granted'
}

async function isOnList(entry: OwnedMembership, objects: ReadingObjects): Promise<boolean> {
  const item = renderMembership(entry)
  return ((await readBrake(objects, rulesOfMemberships))?.lists ?? []).some((list) =>
    membershipsOn(list).includes(item),
  )
}

/** Removed by the API, or in the console. */
async function findRemover(
  membership: MembershipId,
  { grantedAt, calledAt }: OwnedMembership,
  context: Reading,
): Promise<Author | undefined> {
  const since = [grantedAt, calledAt]
  const find = (deed: 'Delete' | 'Remove') => findAuthor(context, { membership }, { deed, since })
  return (await find('Delete')) ?? find('Remove')
}

type JudgingMembership = {
  readonly objects: ReadingObjects
  readonly policies: Pick<Policies, 'read'>
  readonly configuration: Pick<Configuration, 'folders'>
  /** A plan: an unknown uploader may still come. */
  readonly isForetelling?: boolean | undefined
}

/** The verdict of the policies on a membership file with its group's present links. Reads nothing if there is no rule. */
async function judgeMembership(
  { by, ...about }: Omit<MembershipCase, 'uploader' | 'links'> & { readonly by: Uploader | undefined },
  { objects, policies, configuration, isForetelling }: JudgingMembership,
): Promise<Verdict> {
  const guardrails = await policies.read()
  const rules = guardrails.policies.flatMap(({ links }) => links)
  if (rules.length === 0 && guardrails.broken.length === 0) return noObjection
  const asksLinks = rules.some((rule) => (rule.for.permissionSets ?? rule.for.scopes) !== undefined)
  const links = asksLinks ? await listLinksOf(about.membership.group, objects, configuration) : []
  const uploader = by ? { name: by.principalId } : isForetelling ? 'later' : 'nobody knows'
  return judgeMembershipByPolicies(guardrails, { ...about, uploader, links })
}

async function listLinksOf(
  group: PrincipalName,
  objects: ReadingObjects,
  { folders }: Pick<Configuration, 'folders'>,
): Promise<Exclude<MembershipCase['links'], string>> {
  const links = await Array.fromAsync(listLinks(objects, folders))
  return links.filter(({ type, principal }) => type === 'GROUP' && principal === group)
}
