import pLimit from 'p-limit'
import type { AccountId } from '../domain/account-id.ts'
import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { ledgerPrefix } from '../domain/ledger-entry.ts'
import { type Link, linkPrefix, parseLinkKey } from '../domain/link.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import { permissionSetPrefix } from '../domain/permission-set-file.ts'
import { type AssignmentSet, collectAssignments, desiredState, type Plan, planAssignments } from '../domain/plan.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { isServiceError } from '../ports/service-error.ts'
import { readCheckpoint, type Unsettled } from './checkpoint.ts'
import { expiryKey, instantsToCome, listIndexed } from './expiry-index.ts'
import { findUnfinished } from './find-unfinished.ts'
import { checkAttention, findOvertaken, findUntold } from './find-untold.ts'
import { foreignPrefix } from './foreign-assignments.ts'
import { type Heads, listHeads, readsAtOnce } from './list-heads.ts'
import { findPrincipalChanges, type PrincipalChanges } from './principal-changes.ts'
import { readLink } from './read-link.ts'
import { statusPrefix } from './status-store.ts'

/** Everything that is not as the files say, and whose hints were maybe lost: a value. */
export type Differences = {
  readonly plan: Plan
  /** Inputs whose status is missing, old, or left over. */
  readonly inputs: readonly string[]
  /** Ledger entries that are neither settled nor scheduled to be. */
  readonly unfinished: readonly Assignment[]
  /** Revocations of the plan that the brake holds: they rest until a person releases them. */
  readonly held: ReadonlySet<AssignmentKey>
  /** Inputs that the index under `attention/` has in another state than their status. */
  readonly misindexed: readonly string[]
  /** What the next reconcile has to look at again, however old it is. */
  readonly unsettled: Unsettled
  readonly principals: PrincipalChanges
  /** Ledger entries that are stuck on accounts that take no changes, or left: nothing can be done about them. */
  readonly resting: readonly Assignment[]
  /** The accounts that have ledger entries. */
  readonly owned: ReadonlySet<AccountId>
  /** Objects that nobody can read. What they are about is neither granted nor revoked, and they hold up no other. */
  readonly unreadable: readonly string[]
  readonly counts: { readonly links: number; readonly permissionSets: number; readonly accounts: number }
}

/**
 * Reads all inputs, the ledger and open work, and compares. Changes nothing. Throws when anything could not be listed to
 * its end.
 */
export async function findDifferences(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  view: OrganizationView,
  configuration: Configuration,
): Promise<Differences> {
  const { objects } = ports
  const list = (prefix: string) => listHeads(objects, prefix)
  const [linkFiles, permissionSetFiles, statuses] = await Promise.all([
    list(linkPrefix),
    list(permissionSetPrefix),
    list(statusPrefix),
  ])
  const [ledger, foreign] = await Promise.all([list(ledgerPrefix), list(foreignPrefix)])
  const last = await readCheckpoint(objects)
  const { links, expired, unindexed, unread } = await readLinks(objects, [...linkFiles.values()], configuration)
  const owned = toAssignments(ledger, ledgerPrefix)
  const states = { owned, foreign: toAssignments(foreign, foreignPrefix) }
  const { grants } = planAssignments({ ...states, desired: desiredState(links, view, configuration) })
  // Nobody knows what a link that cannot be read grants: by it nothing is granted, and nothing revoked.
  const maybe = desiredState([...links, ...unread], view, configuration)
  const difference = { grants, revocations: planAssignments({ ...states, desired: maybe }).revocations }
  const ledgerFindings = await findUnfinished(objects, ledger, view, last, difference)
  const { unfinished, entries, held, heldLinks, resting, seen } = ledgerFindings
  const isMoving = (key: AssignmentKey) => !resting.has(key)
  const isDue = (assignment: Assignment) => isMoving(renderAssignmentKey(assignment))
  const plan = { ...difference, revocations: difference.revocations.filter(isDue) }
  const files = new Map([...linkFiles, ...permissionSetFiles])
  const attention = await checkAttention(objects)
  const told = await findUntold({ objects, files, statuses, expired, last, indexed: attention.indexed })
  const isHeld = (input: string) => heldLinks.has(input) && attention.held.has(input)
  // Whoever held it died before it told, or could not read that it is held.
  const untoldHeld = [...heldLinks].filter(([link]) => !attention.held.has(link)).map(([, assignment]) => assignment)
  const principals = await findPrincipalChanges(ports, configuration, { seen })
  return {
    plan,
    inputs: [
      ...new Set([
        ...unindexed,
        ...told.stale.filter((input) => files.has(input) || !isHeld(input)),
        ...attention.toLookAt,
        ...[...attention.held].filter((input) => !isHeld(input)),
        ...findOvertaken(attention.open, plan, entries.filter(isMoving), configuration),
      ]),
    ],
    unfinished: [...unfinished, ...untoldHeld, ...principals.assignments],
    held,
    principals,
    misindexed: [...new Set([...attention.misindexed, ...told.missing])],
    unsettled: { entries, inputs: told.unsettled },
    resting: [...resting.values()],
    unreadable: [...unread.map(({ key }) => key).sort(), ...ledgerFindings.spoiled, ...told.spoiled],
    owned: new Set([...owned.values()].flatMap(({ accounts }) => [...accounts])),
    counts: { links: linkFiles.size, permissionSets: permissionSetFiles.size, accounts: view.accounts.length },
  }
}

/**
 * The links in force, and the keys of those that expired, or of whose times one is missing in the index. Empty links need
 * no read: their name and size say all.
 */
async function readLinks(
  objects: ObjectStore,
  files: readonly ObjectHead[],
  configuration: Configuration,
): Promise<{
  readonly links: readonly Link[]
  readonly expired: readonly string[]
  readonly unindexed: readonly string[]
  /** Whoever uploads may encrypt with a key of his own, or choose an archive: S3 refuses to give us such an object. */
  readonly unread: readonly Link[]
}> {
  const limit = pLimit(readsAtOnce)
  const links: Link[] = []
  const expired: string[] = []
  const unindexed: string[] = []
  const unread: Link[] = []
  const indexed = await listIndexed(objects)
  const read = async (file: ObjectHead): Promise<void> => {
    const link = parseLinkKey(file.key, configuration.folders)
    if (!link.ok) return
    if (file.size === 0) return void links.push(link.value)
    const reading = await readLink(objects, file.key, configuration).catch((error: unknown) => {
      if (!isServiceError(error)) throw error
    })
    if (!reading) return void unread.push(link.value)
    if (reading.state === 'in-force') links.push(reading.link)
    if (reading.state === 'expired') expired.push(file.key)
    if (!('body' in reading)) return
    const instants = instantsToCome(reading.body, reading.object.servedAt)
    if (instants.some((at) => !indexed.has(expiryKey(at, file.key)))) unindexed.push(file.key)
  }
  await Promise.all(files.map((file) => limit(() => read(file))))
  return { links, expired, unindexed, unread }
}

function toAssignments(heads: Heads, prefix: string): AssignmentSet {
  const keys = [...heads.keys()].map((key) => parseAssignmentKey(key.slice(prefix.length)))
  return collectAssignments(keys.filter((assignment) => assignment !== undefined))
}
