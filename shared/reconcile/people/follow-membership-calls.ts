import type { Author } from '../../domain/by-hand/author.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { membershipKey } from '../../domain/people/membership-file.ts'
import { type MembershipId, type OwnedMembership, ownedMembershipKey } from '../../domain/people/owned-membership.ts'
import type { MembershipChange } from '../../domain/principals/directory-event.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { People } from '../preview/people.ts'
import { noteAuthors } from '../records/authors.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { sendInput } from '../records/inputs.ts'
import {
  listOwnedGroups,
  listOwnedMemberships,
  ownedGroupRecord,
  readOwnedMemberships,
} from '../records/owned-groups.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { settlingMs } from './settle-membership.ts'

type Following = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore'>

/** What came later, or what a listing does not show yet, is seen by a second look. */
const laterMs = 30_000

type Concerned = {
  readonly id: MembershipId
  readonly entry: OwnedMembership | undefined
  readonly authors: readonly Author[]
}

/**
 * Somebody may have joined or left a group of ours by hand: each such membership is looked at, and who called is noted. Trusts that
 * something changed, never what the event says. Our own calls are known by what the ledger has. Answers how many are looked at.
 */
export async function followMembershipCalls(
  ports: Following,
  configuration: Configuration,
  changes: readonly MembershipChange[],
): Promise<number> {
  if (changes.length === 0) return 0
  const { objects, clock } = ports
  const groups = await readOwnGroups(objects)
  const concerned = await listConcerned(changes, groups, objects)
  for (const { id, entry, authors } of concerned) {
    if (authors.length > 0) await noteAuthors(objects, { membership: id }, authors)
    const key = entry?.files[0]?.key ?? (await findKey(id, { groups, ports, configuration }))
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

async function readOwnGroups(objects: ObjectStore): Promise<ReadonlyMap<PrincipalId, PrincipalName>> {
  const groups = new Map<PrincipalId, PrincipalName>()
  for await (const name of listOwnedGroups(objects)) {
    const id = (await spoiledAsAbsent(ownedGroupRecord(objects, name).read()))?.value.id
    if (id !== undefined) groups.set(id, name)
  }
  return groups
}

/**
 * | the event has    | the ledger has                        | then                                          |
 * | ---------------- | ------------------------------------- | --------------------------------------------- |
 * | group and user   | no entry                              | look: it may be one that a file asks for      |
 * | group and user   | an entry with another membership's id | look                                          |
 * | group and user   | an entry with this membership's id    | look, unless it was created: that is our call |
 * | a membership's id| an entry with it                      | look                                          |
 * | any              | an entry that we are about to change  | nothing                                       |
 */
async function listConcerned(
  changes: readonly MembershipChange[],
  groups: ReadonlyMap<PrincipalId, PrincipalName>,
  objects: ObjectStore,
): Promise<readonly Concerned[]> {
  const entries = await readOwnedMemberships(objects, await Array.fromAsync(listOwnedMemberships(objects)))
  const found = new Map<string, Concerned>()
  for (const { group, user, membershipId, isCreation, author } of changes) {
    const named = group !== undefined && user !== undefined ? { group, user } : undefined
    const known = entries.find(({ id, entry }) =>
      named ? id.group === named.group && id.user === named.user : entry.membershipId === membershipId,
    )
    const id = named ?? known?.id
    if (id === undefined || !groups.has(id.group)) continue
    const isBusy = known !== undefined && ['granting', 'revoking'].includes(known.entry.state)
    const isOurCall = isCreation && known !== undefined && known.entry.membershipId === membershipId
    if (isBusy || isOurCall) continue
    const key = ownedMembershipKey(id)
    const authors = [...(found.get(key)?.authors ?? []), ...(author ? [author] : [])]
    found.set(key, { id, entry: known?.entry, authors })
  }
  return [...found.values()]
}

/** Any key of this membership: all folders are looked at together. `undefined`: no file can name the user. */
async function findKey(
  { group, user }: MembershipId,
  { groups, ports, configuration }: FindingKey,
): Promise<string | undefined> {
  const found = await new People(patientIdentityStore(ports)).find('USER', [user])
  const [name, whole] = [groups.get(group), found.get(user)?.name]
  if (name === undefined || whole === undefined || !whole.endsWith(configuration.principalSuffix)) return undefined
  const { data } = principalName.safeParse(whole.slice(0, whole.length - configuration.principalSuffix.length))
  return data && membershipKey({ group: name, user: data }, undefined)
}

type FindingKey = {
  readonly groups: ReadonlyMap<PrincipalId, PrincipalName>
  readonly ports: Following
  readonly configuration: Configuration
}
