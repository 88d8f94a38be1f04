import pLimit from 'p-limit'
import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { desiredState, toAssignment } from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Link, linkPrefix, linksIn } from '../../domain/links/link.ts'
import { userHasLeft } from '../../domain/messages/goes-first.ts'
import { accessHint, assignmentHint, type Hint } from '../../domain/messages/hint.ts'
import type { DirectoryChange } from '../../domain/principals/directory-event.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, type PrincipalType, principalTypes } from '../../domain/principals/principal.ts'
import { parseSuspensionKey, suspensionKey } from '../../domain/suspensions/suspension.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { forEachAssignmentKey } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { listLinks } from '../records/list-links.ts'
import { lookAtSuspensions } from '../records/look-at-suspensions.ts'
import { type NamedId, NameIndex } from '../records/principal-names.ts'
import { StatusStore } from '../records/status-store.ts'
import { findPrincipalChanges, notePrincipals } from './principal-changes.ts'
import { PrincipalIndex } from './principal-index.ts'

const cause = 'directory'

/** The principals that events concern. `loses`: access may have to go, because the user left, or because the id has a new name. */
type Concerned = {
  readonly names: ReadonlyMap<PrincipalType, ReadonlySet<PrincipalName>>
  readonly ids: readonly {
    readonly type: PrincipalType
    readonly id: PrincipalId
    readonly loses: 'left' | 'name' | undefined
  }[]
  /** New names of renamed ids. A part of `ids`. */
  readonly renamed: readonly NamedId[]
  /** The present names of these users. */
  readonly borne: readonly PrincipalName[]
  /** Types of ids that were never seen. Such an id may be too new for Identity Store to show it. */
  readonly unknown: readonly PrincipalType[]
}

/**
 * Sends a hint for every assignment that a change in the directory may concern: access of these ids, access of ids that had their present
 * names before, and links with these names. Trusts only that something changed, not what the event says. Most events are about other
 * attributes or members. An id that kept its name costs one call and two short listings. An id that never had access
 * also costs a listing of the links, but none of the ledger. If a file suspends the name of such a user, ssofile looks at that file,
 * because it may mean a new user. Returns the number of hints.
 */
export async function followDirectoryEvents(
  ports: Ports,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
): Promise<number> {
  const { names, ids, renamed, borne, unknown } = await findConcerned(ports, configuration, changes)
  const suspended = await listSuspended(ports.objects, borne)
  await lookAtSuspensions(ports, configuration, suspended, { why: 'a user with its name has changed' })
  const hinted = await lookAtAll(ports, configuration, changes)
  await lookAtWaiting(ports, configuration, unknown)
  const { urgent, ofIds } = await listHeldBy(ports, ids, renamed)
  const hints = [...ofIds, ...(await listAsked(ports, configuration, names))]
  await sendHints(ports, { id: ports.randomness.id(), hints: urgent, revocation: true }, configuration)
  await sendHints(ports, { id: ports.randomness.id(), hints, revocation: false }, configuration)
  return hinted + urgent.length + hints.length
}

/** The files that suspend these names. */
async function listSuspended(objects: ObjectStore, names: readonly PrincipalName[]): Promise<readonly string[]> {
  const keys = names.map(suspensionKey).filter((key) => parseSuspensionKey(key).ok)
  const found = await pLimit(readsAtOnce).map(keys, (key) => objects.head(key))
  return keys.filter((_, index) => found[index] !== undefined)
}

/** The access of these ids. Lists the whole ledger, but only if there is an id. */
async function listHeldBy(
  { objects }: Ports,
  ids: Concerned['ids'],
  renamed: Concerned['renamed'],
): Promise<{ readonly urgent: readonly Hint[]; readonly ofIds: readonly Hint[] }> {
  if (ids.length === 0) return { urgent: [], ofIds: [] }
  const urgent: Hint[] = []
  const ofIds: Hint[] = []
  const held = new Set<PrincipalId>()
  await forEachAssignmentKey(objects, ledgerPrefix, (key) => {
    const { type, principalId } = assignmentOf(key)
    held.add(principalId)
    const found = ids.find((one) => one.type === type && one.id === principalId)
    if (!found) return
    const hint = accessHint(assignmentOf(key), found.loses === 'left' ? userHasLeft : cause)
    const list = found.loses ? urgent : ofIds
    list.push(hint)
  })
  // Foreign access is not evaluated; only its listing by names is updated.
  await notePrincipals(
    objects,
    renamed.filter(({ id }) => !held.has(id)),
  )
  return { urgent, ofIds }
}

/** The assignments that links with these names ask for. */
async function listAsked(
  ports: Ports,
  configuration: Configuration,
  names: Concerned['names'],
): Promise<readonly Hint[]> {
  if ([...names.values()].every(({ size }) => size === 0)) return []
  const links = (await Array.fromAsync(listLinks(ports.objects, configuration.folders))).filter(({ type, principal }) =>
    names.get(type)?.has(principal),
  )
  if (links.length === 0) return []
  const organization = new OrganizationCache(ports, configuration.folders)
  const scoping = { ...configuration, selectors: await organization.selectors() }
  return [...desiredState(links, await organization.view(), scoping).values()].flatMap(({ grant, accounts }) =>
    [...accounts].map((accountId) => assignmentHint(toAssignment(grant, accountId), cause)),
  )
}

/** An event without an id concerns its whole type: every difference, and all waiting links. */
async function lookAtAll(
  ports: Ports,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
): Promise<number> {
  const types = principalTypes.filter((type) => changes.some((change) => change.type === type && !change.id))
  if (types.length === 0) return 0
  const { keys, ended, held, assignments } = await findPrincipalChanges(ports, configuration, types)
  const revocations = ended.map((key) => accessHint(assignmentOf(key), userHasLeft))
  const toHint = (key: AssignmentKey): Hint => accessHint(assignmentOf(key), cause)
  const ofIds = keys.map(toHint)
  const ofHeld = held.map(toHint)
  const hints = [...ofIds, ...assignments.map((assignment) => assignmentHint(assignment, cause))]
  await sendHints(ports, { id: ports.randomness.id(), hints: revocations, revocation: true }, configuration)
  await sendHints(ports, { id: ports.randomness.id(), hints, revocation: false }, configuration)
  await sendHints(ports, { id: ports.randomness.id(), hints: ofHeld, revocation: false }, configuration)
  await lookAtWaiting(ports, configuration, types)
  return revocations.length + hints.length + ofHeld.length
}

async function lookAtWaiting(
  ports: Ports,
  configuration: Configuration,
  types: readonly PrincipalType[],
): Promise<void> {
  if (types.length === 0) return
  const lacking = (await listLacking(ports, configuration)).filter(({ type }) => types.includes(type))
  await sendInputs(
    ports,
    lacking.map(({ key }) => key),
    cause,
    configuration,
  )
}

async function findConcerned(
  ports: Ports,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
): Promise<Concerned> {
  const changed = new Map(changes.flatMap(({ type, id }) => (id === undefined ? [] : [[id, type] as const])))
  if (changed.size === 0) return { names: new Map(), ids: [], renamed: [], borne: [], unknown: [] }
  const index = await NameIndex.read(ports.objects)
  const lacking = await listLacking(ports, configuration)
  const principals = new PrincipalIndex(patientIdentityStore(ports), ports.clock, configuration.principalSuffix)
  const names = new Map<PrincipalType, Set<PrincipalName>>(principalTypes.map((type) => [type, new Set()]))
  const ids: Concerned['ids'][number][] = []
  const unknown = new Set<PrincipalType>()
  const renamed: NamedId[] = []
  const borne: PrincipalName[] = []
  for (const [id, type] of changed) {
    const before = index.everNamesOf(type, id)
    const found = await principals.whereabouts(type, id, ports.clock.monotonicMs())
    const now = found === 'gone' ? undefined : found.name
    if (type === 'USER' && now !== undefined) borne.push(now)
    const others = now === undefined ? [] : index.everIdsOf(type, now).filter((other) => other !== id)
    const isWaitedFor = lacking.some((link) => link.type === type && link.principal === now)
    // A disabled user has no access by any name.
    const isEnded = type === 'USER' && (found === 'gone' || found.isDisabled === true)
    const isNamedAsBefore = now !== undefined && before.join('\n') === now && others.length === 0
    const isAsBefore = isNamedAsBefore && !isWaitedFor && !isEnded
    if (isAsBefore) continue
    if (found === 'gone' && before.length === 0) unknown.add(type)
    for (const name of [...before, ...(now === undefined ? [] : [now])]) names.get(type)?.add(name)
    const isRenamed = found !== 'gone' && before.some((name) => name !== now)
    // Every id in the ledger has a name in the index. A reconcile brings back a name that the index lost.
    if (before.length > 0) {
      ids.push({ type, id, loses: isEnded ? 'left' : isRenamed ? 'name' : undefined })
      if (now !== undefined) renamed.push({ type, id, name: now })
    }
    ids.push(...others.map((other) => ({ type, id: other, loses: 'name' as const })))
  }
  return { names, ids, renamed, borne, unknown: [...unknown] }
}

async function listLacking({ objects, clock }: Ports, { folders }: Configuration): Promise<readonly Link[]> {
  const lacking = await Array.fromAsync(new StatusStore(objects, clock).listLacking())
  return linksIn(
    lacking.filter((input) => input.startsWith(linkPrefix)),
    folders,
  )
}
