import * as z from 'zod'
import { type OwnedGroup, ownedGroup, ownedGroupPrefix } from '../../domain/files/group-file.ts'
import { type OwnedPerson, ownedPerson, ownedPersonPrefix } from '../../domain/files/person-file.ts'
import { parseNameInKey } from '../../domain/links/name-in-key.ts'
import { principalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type MembershipId,
  type OwnedMembership,
  ownedMembership,
  ownedMembershipPrefix,
  parseOwnedMembershipKey,
} from '../../domain/principals/owned-membership.ts'
import { principalName } from '../../domain/principals/principal.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { listPeopleStories, type PeopleEvent } from '../../reconcile/records/people-ledger.ts'
import { isUnreadable, spoiledAsAbsent, unlessUnreadable } from '../../reconcile/records/stored-json.ts'
import type { Undecided } from './find-lost-entries.ts'
import { type LostSources, readSaved } from './read-saved.ts'
import { judgeLostMembership } from './rules/judge-lost-membership.ts'
import { judgeLostUser, type UserEvent } from './rules/judge-lost-user.ts'

/** A record that is gone or unreadable (`over`), and its replacement. */
export type LostPeopleRecord = { readonly key: string; readonly over?: ObjectHead | undefined } & Replacement
type Replacement =
  | { readonly group: OwnedGroup }
  | { readonly membership: OwnedMembership }
  | { readonly user: OwnedPerson }

type PeopleSources = LostSources & Pick<Ports, 'identityStore'>

type Candidate = Pick<LostPeopleRecord, 'key' | 'over'> & { readonly kept?: KeyVersions | undefined }
/** `begun`: the last beginning in history. */
type BegunCandidate = Candidate & { readonly begun?: PeopleEvent }
type UserCandidate = Candidate & { readonly events: readonly ListedEvent[] }
type ListedEvent = UserEvent & { readonly head: ObjectHead }
type Verdict = { readonly lost: Replacement } | { readonly undecided: string } | undefined

const userHistoryPrefix = 'history/people/'
const told = {
  group: z.looseObject({ group: principalName, id: principalId.optional(), description: z.string().optional() }),
  membership: z.looseObject({
    names: z.object({ group: principalName, user: principalName }),
    files: ownedMembership.shape.files,
    membershipId: z.string().optional(),
  }),
  user: z.looseObject({ user: principalId }),
}

/** Missing or unreadable records of groups, memberships and users, each compared with the directory. Reads only. */
export async function findLostPeople(context: PeopleSources) {
  const lost: LostPeopleRecord[] = []
  const undecided: Undecided[] = []
  const deletions: Date[] = []
  const collect = <C extends Candidate>(
    candidates: readonly C[],
    judge: (candidate: C, context: PeopleSources) => Promise<Verdict>,
  ) =>
    forEachAtOnce(candidates, async (candidate) => {
      const { key, over, kept } = candidate
      const verdict = await judge(candidate, context)
      if (verdict && 'lost' in verdict) {
        lost.push({ key, over, ...verdict.lost })
        if (kept?.deletedAt) deletions.push(kept.deletedAt)
      } else if (verdict) undecided.push({ object: key, why: verdict.undecided })
      else if (over)
        undecided.push({ object: key, why: 'it cannot be read, and no record says that ssofile manages it' })
    })
  await collect(await listCandidates(ownedGroupPrefix, ownedGroup, 'history/groups/', context), judgeGroup)
  const memberships = listCandidates(ownedMembershipPrefix, ownedMembership, 'history/memberships/', context)
  await collect(await memberships, judgeMembership)
  lost.sort((a, b) => (a.key < b.key ? -1 : 1))
  await collect(await listUsers(context), judgeUser)
  return { lost, undecided, deletions }
}

/** Keys without a readable object that once had one, by versions or history, and that have no recorded end. */
async function listCandidates(
  prefix: string,
  schema: z.ZodType,
  historyPrefix: string,
  { objects, versions, history }: PeopleSources,
): Promise<readonly BegunCandidate[]> {
  const heads = await listHeads(objects, prefix)
  const broken = new Set<string>()
  await forEachAtOnce(heads.keys(), async (key) => {
    if (!(await isSound(objects, key, schema))) broken.add(key)
  })
  const isGone = (key: string) => broken.has(key) || !heads.has(key)
  const found = new Map<string, BegunCandidate>([...broken].map((key) => [key, { key, over: heads.get(key) }]))
  for await (const kept of versions.list(prefix))
    if (isGone(kept.key)) found.set(kept.key, { ...found.get(kept.key), key: kept.key, kept })
  for (const [folder, { last }] of await listPeopleStories(history, new Date(0))) {
    if (!folder.startsWith(historyPrefix)) continue
    const key = prefix + parseNameInKey(folder.slice(historyPrefix.length, -1))
    const known = found.get(key)
    const newest = known?.kept?.versions[0]
    if (!last.isEnd) {
      if (isGone(key)) found.set(key, { ...known, key, begun: last })
    } else if (!broken.has(key) && (!newest || last.head.lastModified >= newest.lastModified)) found.delete(key)
  }
  return [...found.values()]
}

/** Whether this object, if it exists, can be read. */
async function isSound(objects: ObjectStore, key: string, schema: z.ZodType): Promise<boolean> {
  return !isUnreadable(await unlessUnreadable(new JsonRecord(objects, key, schema).read()))
}

async function judgeGroup({ kept, begun }: BegunCandidate, context: PeopleSources): Promise<Verdict> {
  const { versions, history, identityStore, at } = context
  const saved = kept && (await readSaved(versions, kept, ownedGroup, at))
  const said = begun && (await spoiledAsAbsent(new JsonRecord(history, begun.head.key, told.group).read()))?.value
  const described = said?.description !== undefined && { description: said.description }
  const byHistory = begun && said && { isAdopted: begun.event === 'adopted', claimedAt: begun.at, ...described }
  const id = saved?.id ?? said?.id
  const known = saved ?? (byHistory && { v: 1 as const, ...byHistory })
  if (id === undefined || known === undefined || (await identityStore.findGroup(id)) === undefined) return undefined
  return { lost: { group: { ...known, id } } }
}

async function judgeMembership({ key, kept, begun }: BegunCandidate, context: PeopleSources): Promise<Verdict> {
  const { versions, history, identityStore, at } = context
  const id: MembershipId | undefined = parseOwnedMembershipKey(key)
  const saved = kept && (await readSaved(versions, kept, ownedMembership, at))
  const said = begun && (await spoiledAsAbsent(new JsonRecord(history, begun.head.key, told.membership).read()))?.value
  const byHistory: OwnedMembership | undefined = begun &&
    said && { v: 1, state: 'granted', ...said.names, files: said.files, calledAt: begun.at, grantedAt: begun.at }
  const known = saved ?? byHistory
  if (id === undefined || known === undefined) return undefined
  const membershipId = saved?.membershipId ?? said?.membershipId
  const membership = membershipId === undefined ? known : { ...known, membershipId }
  const verdict = judgeLostMembership(membership, await identityStore.getGroupMembershipId(id.group, id.user))
  if (verdict === 'undecided')
    return { undecided: 'no record says whether ssofile or somebody else put the user into the group' }
  return verdict === 'ours' ? { lost: { membership } } : undefined
}

async function listUsers({ objects, versions, history }: PeopleSources): Promise<readonly UserCandidate[]> {
  const heads = await listHeads(objects, ownedPersonPrefix)
  const sound = new Set<string>()
  await forEachAtOnce(heads.keys(), async (key) => {
    if (await isSound(objects, key, ownedPerson)) sound.add(key)
  })
  const kept = new Map<string, KeyVersions>()
  for await (const one of versions.list(ownedPersonPrefix)) kept.set(one.key, one)
  const stories = await listUserStories(history)
  const keys = new Set([...heads.keys(), ...kept.keys(), ...stories.keys()]).difference(sound)
  return [...keys].map((key) => ({ key, over: heads.get(key), kept: kept.get(key), events: stories.get(key) ?? [] }))
}

/**
 * Without its record, a user that ssofile made or adopted and that the directory still has would count as somebody else's, and would keep all
 * access when the file under `people/` goes.
 */
async function judgeUser({ kept, events: listed }: UserCandidate, context: PeopleSources): Promise<Verdict> {
  const { versions, history, identityStore, at } = context
  const saved = kept && (await readSaved(versions, kept, ownedPerson, at))
  const read = listed.map(async ({ head, ...event }) => {
    const said = await spoiledAsAbsent(new JsonRecord(history, head.key, told.user).read())
    return { ...event, id: said?.value.user }
  })
  const user = judgeLostUser({ saved, savedAt: kept?.versions[0]?.lastModified, events: await Promise.all(read) })
  const isThere = user?.id !== undefined && (await identityStore.findUser(user.id)) !== undefined
  return isThere ? { lost: { user } } : undefined
}

/** The events of each user by the key of the record, the oldest first. */
async function listUserStories(history: ObjectStore): Promise<ReadonlyMap<string, readonly ListedEvent[]>> {
  const all: (ListedEvent & { readonly key: string })[] = []
  for await (const head of history.list(userHistoryPrefix)) {
    const [folder = '', name = ''] = head.key.slice(userHistoryPrefix.length).split('/')
    const [at = '', event = ''] = name.split('%')
    const key = ownedPersonPrefix + parseNameInKey(folder)
    all.push({ key, event: event.replace(/\.json$/, ''), at, writtenAt: head.lastModified, id: undefined, head })
  }
  all.sort((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime() || Date.parse(a.at) - Date.parse(b.at))
  return Map.groupBy(all, ({ key }) => key)
}
