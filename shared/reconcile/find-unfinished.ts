import pLimit from 'p-limit'
import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import { listAccess } from '../domain/former-access.ts'
import { isSettled, ledgerPrefix } from '../domain/ledger-entry.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import type { Plan } from '../domain/plan.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import { readBrake } from './brake-file.ts'
import type { Checkpoint } from './checkpoint.ts'
import { Ledger } from './ledger.ts'
import { type Heads, readsAtOnce } from './list-heads.ts'
import { listOpenWork } from './open-work.ts'
import { SeenIds } from './principal-changes.ts'
import { refuses } from './revoke-assignment.ts'
import { isSpoiled, unlessSpoiled } from './stored-json.ts'

/**
 * Entries that wait for something and have no retry scheduled: their hint was lost; and stuck ones whose account takes
 * changes again. Only entries written since the last reconcile, or not settled then, can be among them.
 */
export async function findUnfinished(
  objects: ObjectStore,
  ledger: Heads,
  view: OrganizationView,
  last: Checkpoint,
  plan: Plan,
): Promise<{
  readonly unfinished: readonly Assignment[]
  readonly entries: readonly AssignmentKey[]
  readonly held: ReadonlySet<AssignmentKey>
  /** Those that granted what is held, each with an assignment of which that is so. */
  readonly heldLinks: ReadonlyMap<string, Assignment>
  readonly resting: ReadonlyMap<AssignmentKey, Assignment>
  readonly seen: SeenIds
  /** Objects that nobody can read: they hold up no other, and the dispatcher tells their links. */
  readonly spoiled: readonly string[]
}> {
  const known = new Set(last.entries)
  // Where it cannot be read, what is held stays so.
  const brake = await readBrake(objects).catch(() => 'unreadable' as const)
  const listed = new Set(brake === 'unreadable' ? [] : brake?.record.held)
  const revoked = new Set(plan.revocations.map(renderAssignmentKey))
  const held = new Set<AssignmentKey>()
  const heldLinks = new Map<string, Assignment>()
  const byId = new Map(view.accounts.map((account) => [account.id, account]))
  const scheduled = new Set<string>()
  for await (const { key } of listOpenWork(objects)) scheduled.add(key)
  const entries = new Ledger(objects)
  const limit = pLimit(readsAtOnce)
  const unfinished: Assignment[] = []
  const unsettled: AssignmentKey[] = []
  const resting = new Map<AssignmentKey, Assignment>()
  const seen = new SeenIds()
  const spoiled: string[] = []
  const check = async (head: ObjectHead): Promise<void> => {
    const assignment = parseAssignmentKey(head.key.slice(ledgerPrefix.length))
    if (!assignment) return
    const key = renderAssignmentKey(assignment)
    if (scheduled.has(key)) return void unsettled.push(key)
    if (head.lastModified < last.since && !known.has(key) && !listed.has(key)) return
    const read = await unlessSpoiled(entries.read(key))
    if (isSpoiled(read)) {
      spoiled.push(head.key)
      unsettled.push(key)
      return void unfinished.push(assignment)
    }
    const entry = read?.entry
    if (entry) seen.note(key, assignment, entry)
    // On the brake's list, and not held: whoever changed it died before it was taken off.
    if (entry === undefined || (isSettled(entry) && !listed.has(key))) return
    const { state } = entry
    unsettled.push(key)
    if (state === 'stuck' && refuses(byId.get(assignment.accountId))) return void resting.set(key, assignment)
    // Released, or desired again, and the hint was lost: then it is on the list no more, or should not be.
    const isAllHeld = listAccess(entry).every((access) => access.state === 'held')
    const isHeld = isAllHeld && (brake === 'unreadable' || (listed.has(key) && revoked.has(key)))
    if (!isHeld) return void unfinished.push(assignment)
    held.add(key)
    for (const link of entry.links) heldLinks.set(link.key, assignment)
  }
  await Promise.all([...ledger.values()].map((head) => limit(() => check(head))))
  for (const key of listed) {
    const assignment = revoked.has(key) ? undefined : parseAssignmentKey(key)
    if (assignment && !ledger.has(ledgerPrefix + key)) unfinished.push(assignment)
  }
  return { unfinished, entries: unsettled.sort(), held, heldLinks, resting, seen, spoiled: spoiled.sort() }
}
