import { settlingMs } from '../../domain/assignments/access-proof.ts'
import type { Author } from '../../domain/by-hand/author.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { membershipKey } from '../../domain/files/membership-file.ts'
import type { MembershipChange } from '../../domain/principals/directory-event.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type MembershipId,
  type OwnedMembership,
  ownedMembershipKey,
} from '../../domain/principals/owned-membership.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ReadingIdentityStore } from '../../ports/identity-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { askOnce } from '../../reconcile/directory/ask-once.ts'
import { nameInKeys } from '../../reconcile/directory/directory-listing.ts'
import { noteAuthors } from '../../reconcile/records/authors.ts'
import { indexInstants } from '../../reconcile/records/expiry-index.ts'
import { sendInput } from '../../reconcile/records/inputs.ts'
import { ownedGroupRecord, ownedMembershipRecord } from '../../reconcile/records/owned-groups.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { findMembership } from './membership-index.ts'

type Following = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore'>

/** A second look finds later changes, and changes that the first listing did not show yet. */
const laterMs = 30_000

type Concerned = {
  readonly id: MembershipId
  readonly entry: OwnedMembership | undefined
  readonly authors: readonly Author[]
}

/**
 * Someone may have joined or left one of our groups by hand: looks at each such membership and notes the caller. Trusts only
 * that something changed, not what the event says. Recognizes our own calls by the ledger. Returns how many it looks at.
 */
export async function followMembershipCalls(
  ports: Following,
  configuration: Configuration,
  changes: readonly MembershipChange[],
): Promise<number> {
  if (changes.length === 0) return 0
  const { objects, clock } = ports
  const identityStore = askOnce(patientIdentityStore(ports))
  const concerned = await listConcerned(changes, { objects, identityStore })
  for (const { id, entry, authors } of concerned) {
    if (authors.length > 0) await noteAuthors(objects, { membership: id }, authors)
    const key = entry?.files[0]?.key ?? (await findKey(id, { objects, identityStore, configuration }))
    if (key === undefined) continue
    // The directory's own event names nobody, and comes before the one that does.
    const now = clock.now().getTime()
    const settled = entry === undefined ? now : Date.parse(entry.calledAt) + settlingMs
    const instants = [now + laterMs, ...(settled > now ? [settled] : [])].map((ms) => new Date(ms))
    await indexInstants(objects, key, instants, ports.randomness.id())
    if (authors.length > 0) await sendInput(ports, { key, user: id.user }, 'changed by hand', configuration)
  }
  return concerned.length
}

/**
 * | the event has    | the ledger has                        | then                                          |
 * | ---------------- | ------------------------------------- | --------------------------------------------- |
 * | group and user   | no entry, and the group is ours       | look: a file may ask for it                   |
 * | group and user   | an entry with another membership's id | look                                          |
 * | group and user   | an entry with this membership's id    | look, unless it is a creation: our own call   |
 * | a membership's id| an entry with it                      | look                                          |
 * | any              | an entry that ssofile changes now     | nothing                                       |
 */
async function listConcerned(
  changes: readonly MembershipChange[],
  looking: DirectoryReads,
): Promise<readonly Concerned[]> {
  const { objects } = looking
  const found = new Map<string, Concerned>()
  for (const { group, user, membershipId = '', isCreation, author } of changes) {
    const named = group !== undefined && user !== undefined ? { group, user } : undefined
    const id = named ?? (await findMembership(objects, membershipId))
    if (id === undefined) continue
    const entry = (await spoiledAsAbsent(ownedMembershipRecord(objects, id).read()))?.value
    const isBusy = entry !== undefined && ['granting', 'revoking'].includes(entry.state)
    const isOurs = entry?.membershipId === membershipId
    if (isBusy || (isOurs && isCreation) || (!named && !isOurs)) continue
    if (entry === undefined && (await findOwnName(id.group, looking)) === undefined) continue
    const key = ownedMembershipKey(id)
    const authors = [...(found.get(key)?.authors ?? []), ...(author ? [author] : [])]
    found.set(key, { id, entry, authors })
  }
  return [...found.values()]
}

/** The name of our group. `undefined`: it is not ours, or has another name now. */
async function findOwnName(
  group: PrincipalId,
  { objects, identityStore }: DirectoryReads,
): Promise<PrincipalName | undefined> {
  const name = (await identityStore.findGroup(group))?.name
  const owned = name && (await spoiledAsAbsent(ownedGroupRecord(objects, name).read()))?.value
  return owned?.id === group ? name : undefined
}

/** Any key of this membership: one look covers all folders. `undefined`: no file can name the user. */
async function findKey(
  { group, user }: MembershipId,
  looking: DirectoryReads & { readonly configuration: Pick<Configuration, 'principalSuffix'> },
): Promise<string | undefined> {
  const name = await findOwnName(group, looking)
  const found = name && (await looking.identityStore.findUser(user))
  const inKeys = found && nameInKeys(found.name, name, looking.configuration.principalSuffix)
  return name && inKeys && membershipKey({ group: name, user: inKeys }, undefined)
}

type DirectoryReads = Pick<Ports, 'objects'> & { readonly identityStore: ReadingIdentityStore }
