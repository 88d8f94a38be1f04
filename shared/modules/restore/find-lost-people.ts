import * as z from 'zod'
import { type OwnedGroup, ownedGroup, ownedGroupPrefix } from '../../domain/files/group-file.ts'
import type { OwnedPerson } from '../../domain/files/person-file.ts'
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

/** A record that is gone or unreadable (`over`), and its replacement. */
export type LostPeopleRecord = { readonly key: string; readonly over?: ObjectHead | undefined } & (
  | { readonly group: OwnedGroup }
  | { readonly membership: OwnedMembership }
  | { readonly user: OwnedPerson }
)

type PeopleSources = LostSources & Pick<Ports, 'identityStore'>

type Candidate = {
  readonly key: string
  readonly over?: ObjectHead | undefined
  readonly kept?: KeyVersions
  /** The last beginning in history. */
  readonly begun?: PeopleEvent
}
type Verdict = { readonly lost: LostPeopleRecord } | { readonly undecided: string } | undefined

const told = {
  group: z.looseObject({ group: principalName, id: principalId.optional(), description: z.string().optional() }),
  membership: z.looseObject({
    names: z.object({ group: principalName, user: principalName }),
    files: ownedMembership.shape.files,
    membershipId: z.string().optional(),
  }),
}

/** Missing or unreadable records of groups and memberships, each compared with the directory. Reads only. */
export async function findLostPeople(context: PeopleSources) {
  const [groups, memberships] = [
    await listCandidates(ownedGroupPrefix, ownedGroup, 'history/groups/', context),
    await listCandidates(ownedMembershipPrefix, ownedMembership, 'history/memberships/', context),
  ]
  const lost: LostPeopleRecord[] = []
  const undecided: Undecided[] = []
  const deletions: Date[] = []
  const note = async (candidate: Candidate, judging: Promise<Verdict>) => {
    const verdict = await judging
    if (verdict && 'lost' in verdict) {
      lost.push(verdict.lost)
      if (candidate.kept?.deletedAt) deletions.push(candidate.kept.deletedAt)
    } else if (verdict) undecided.push({ object: candidate.key, why: verdict.undecided })
    else if (candidate.over)
      undecided.push({ object: candidate.key, why: 'it cannot be read, and no record says that ssofile manages it' })
  }
  await forEachAtOnce(groups, (one) => note(one, judgeGroup(one, context)))
  await forEachAtOnce(memberships, (one) => note(one, judgeMembership(one, context)))
  return { lost: lost.sort((a, b) => (a.key < b.key ? -1 : 1)), undecided, deletions }
}

/** Keys without a readable object that once had one, by versions or history, and that have no recorded end. */
async function listCandidates(
  prefix: string,
  schema: z.ZodType,
  historyPrefix: string,
  { objects, versions, history }: PeopleSources,
): Promise<readonly Candidate[]> {
  const heads = await listHeads(objects, prefix)
  const broken = new Set<string>()
  await forEachAtOnce(heads.keys(), async (key) => {
    if (!(await isSound(objects, key, schema))) broken.add(key)
  })
  const isGone = (key: string) => broken.has(key) || !heads.has(key)
  const found = new Map<string, Candidate>([...broken].map((key) => [key, { key, over: heads.get(key) }]))
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
export async function isSound(objects: ObjectStore, key: string, schema: z.ZodType): Promise<boolean> {
  return !isUnreadable(await unlessUnreadable(new JsonRecord(objects, key, schema).read()))
}

async function judgeGroup({ key, over, kept, begun }: Candidate, context: PeopleSources): Promise<Verdict> {
  const { versions, history, identityStore, at } = context
  const saved = kept && (await readSaved(versions, kept, ownedGroup, at))
  const said = begun && (await spoiledAsAbsent(new JsonRecord(history, begun.head.key, told.group).read()))?.value
  const byHistory = begun && said && { isAdopted: begun.event === 'adopted', claimedAt: begun.at, ...describe(said) }
  const id = saved?.id ?? said?.id
  const known = saved ?? (byHistory && { v: 1 as const, ...byHistory })
  if (id === undefined || known === undefined || (await identityStore.findGroup(id)) === undefined) return undefined
  return { lost: { key, over, group: { ...known, id } } }
}

function describe({ description }: { readonly description?: string | undefined }) {
  return description === undefined ? {} : { description }
}

async function judgeMembership({ key, over, kept, begun }: Candidate, context: PeopleSources): Promise<Verdict> {
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
  return verdict === 'ours' ? { lost: { key, over, membership } } : undefined
}
