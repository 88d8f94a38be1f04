import { type Assignment, parseAssignmentKey, renderAssignmentKey } from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import type { DirectoryChange } from '../../domain/directory-event.ts'
import { assignmentHint, type Hint } from '../../domain/hint.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import { ledgerPrefix } from '../../domain/ledger-entry.ts'
import { type Link, linkPrefix, parseLinkKey } from '../../domain/link.ts'
import { desiredState, toAssignment } from '../../domain/plan.ts'
import { type PrincipalName, type PrincipalType, principalTypes } from '../../domain/principal.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { listAssignmentKeys } from '../records/ledger.ts'
import { listLinks } from '../records/list-links.ts'
import { StatusStore } from '../records/status-store.ts'
import { findPrincipalChanges } from './principal-changes.ts'
import { PrincipalIndex } from './principal-index.ts'
import { PrincipalNames } from './principal-names.ts'

const cause = 'directory'

/** A name to look at. `urgent`: its principal has another name now, so access in the ledger may have to go. */
type Concerned = { readonly type: PrincipalType; readonly name: PrincipalName; readonly urgent: boolean }

/**
 * Hints at every assignment that a change in the directory may concern: under the names that these ids had in the ledger,
 * and under the name that each has now. Trusts that something changed, never what the event says. Most events are about
 * other attributes or members: an id that has its name still costs one call and two short listings. Answers the number of
 * hints.
 */
export async function followDirectoryEvents(
  ports: Ports,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
): Promise<number> {
  const { concerned, unknown } = await findConcerned(ports, configuration, changes)
  const hinted = await lookAtAll(ports, configuration, changes)
  await lookAtWaiting(ports, configuration, unknown)
  if (concerned.length === 0) return hinted
  const links = (await Array.fromAsync(listLinks(ports.objects, configuration.folders))).filter((link) =>
    concerned.some(({ type, name }) => link.type === type && link.principal === name),
  )
  const organization = new OrganizationCache(ports, configuration.folders)
  const view = links.length > 0 ? await organization.view() : undefined
  const assignments = new Map<string, { readonly assignment: Assignment; readonly urgent: boolean }>()
  if (view) {
    const scoping = { ...configuration, selectors: await organization.selectors() }
    for (const { grant, accounts } of desiredState(links, view, scoping).values()) {
      for (const accountId of accounts) {
        const assignment = toAssignment(grant, accountId)
        assignments.set(renderAssignmentKey(assignment), { assignment, urgent: false })
      }
    }
  }
  for await (const key of listAssignmentKeys(ports.objects, ledgerPrefix)) {
    const assignment = parseAssignmentKey(key)
    const found = concerned.find(({ type, name }) => assignment?.type === type && assignment.principal === name)
    if (assignment && found) assignments.set(key, { assignment, urgent: found.urgent })
  }
  for (const urgent of [true, false]) {
    const hints = [...assignments.values()]
      .filter((one) => one.urgent === urgent)
      .map(({ assignment }) => toHint(assignment))
    await sendHints(ports, { id: ports.randomness.id(), hints, revocation: urgent }, configuration)
  }
  return hinted + assignments.size
}

/** An event without an id concerns its whole type: everything that differs, and all links that wait. */
async function lookAtAll(
  ports: Ports,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
): Promise<number> {
  const types = principalTypes.filter((type) => changes.some((change) => change.type === type && !change.id))
  if (types.length === 0) return 0
  const { assignments } = await findPrincipalChanges(ports, configuration, types)
  const hints = assignments.map(toHint)
  await sendHints(ports, { id: ports.randomness.id(), hints, revocation: false }, configuration)
  await lookAtWaiting(ports, configuration, types)
  return hints.length
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

/** `unknown`: types of ids that were never seen. Such an id may be so new that Identity Store does not show it yet. */
async function findConcerned(
  ports: Ports,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
): Promise<{ readonly concerned: readonly Concerned[]; readonly unknown: readonly PrincipalType[] }> {
  const ids = new Map(changes.flatMap(({ type, id }) => (id === undefined ? [] : [[id, type] as const])))
  if (ids.size === 0) return { concerned: [], unknown: [] }
  const named = await Array.fromAsync(new PrincipalNames(ports.objects).list())
  const lacking = await listLacking(ports, configuration)
  const principals = new PrincipalIndex(patientIdentityStore(ports), ports.clock, configuration.principalSuffix)
  const concerned: Concerned[] = []
  const unknown = new Set<PrincipalType>()
  for (const [id, type] of ids) {
    const before = named.filter((pair) => pair.type === type && pair.id === id).map(({ name }) => name)
    const found = await principals.whereabouts(type, id, ports.clock.monotonicMs())
    const now = found === 'gone' ? undefined : found.name
    const holders: readonly PrincipalId[] = named
      .filter((pair) => pair.type === type && pair.name === now)
      .map((pair) => pair.id)
    const isWaitedFor = lacking.some((link) => link.type === type && link.principal === now)
    const isAsBefore = now !== undefined && before.join() === now && holders.join() === id && !isWaitedFor
    if (isAsBefore) continue
    if (found === 'gone' && before.length === 0) unknown.add(type)
    const names = new Set([...before, ...(now === undefined ? [] : [now])])
    for (const name of names) concerned.push({ type, name, urgent: found !== 'gone' && name !== now })
  }
  return { concerned, unknown: [...unknown] }
}

async function listLacking({ objects, clock }: Ports, { folders }: Configuration): Promise<readonly Link[]> {
  const links: Link[] = []
  for await (const input of new StatusStore(objects, clock).listLacking()) {
    const link = input.startsWith(linkPrefix) ? parseLinkKey(input, folders) : undefined
    if (link?.ok) links.push(link.value)
  }
  return links
}

function toHint(assignment: Assignment): Hint {
  return assignmentHint(assignment, cause)
}
