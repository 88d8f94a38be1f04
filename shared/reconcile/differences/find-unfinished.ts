import {
  type AssignmentKey,
  assignmentKey,
  assignmentOf,
  parseAssignmentKey,
} from '../../domain/assignments/assignment.ts'
import { isAtRest, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { listHeld, listJudgedAgain } from '../../domain/brake/lists.ts'
import { type OrganizationView, refuses, stateInReason } from '../../domain/organization/organization-view.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { brakeFile } from '../records/brake-file.ts'
import type { Checkpoint } from '../records/checkpoint.ts'
import { EntryCopies } from '../records/entry-copies.ts'
import { Ledger } from '../records/ledger.ts'
import { forEachAtOnce, type Heads } from '../records/list-heads.ts'
import { listOpenWork } from '../records/open-work.ts'
import type { NamedId } from '../records/principal-names.ts'
import { type AccountRange, allAccounts, isInRange } from '../records/ranges.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'

export type Unfinished = Awaited<ReturnType<typeof findUnfinished>>

/**
 * Finds entries whose hint was lost. Reads only entries that are new since the last comparison, or were not settled then.
 * `revoked`: entries that no link grants. `ledger`, `view`, `last`: of this range. `byCopies`: reads entries by their copies,
 * for a caller that may read many.
 */
export async function findUnfinished(
  objects: ObjectStore,
  ledger: Heads,
  view: OrganizationView,
  last: Pick<Checkpoint, 'since' | 'entries'>,
  revoked: ReadonlySet<AssignmentKey>,
  { range = allAccounts, byCopies = false }: { readonly range?: AccountRange; readonly byCopies?: boolean } = {},
) {
  const known = new Set(last.entries)
  // If the brake's file is unreadable, held entries stay held.
  const brake = await brakeFile(objects)
    .read()
    .catch(() => 'unreadable' as const)
  const listed = new Set(brake === 'unreadable' || !brake ? [] : listHeld(brake.value))
  const judgedAgain = new Set(brake === 'unreadable' || !brake ? [] : listJudgedAgain(brake.value))
  const held = new Set<AssignmentKey>()
  const heldLinks = new Map<string, AssignmentKey>()
  const byId = new Map(view.accounts.map((account) => [account.id, account]))
  const scheduled = new Set<string>()
  for await (const { key } of listOpenWork(objects)) scheduled.add(key)
  const [copies, entries] = [new EntryCopies(objects, range), new Ledger(objects)]
  const readEntry = async (head: ObjectHead, key: AssignmentKey) =>
    byCopies ? copies.read(head) : (await entries.read(key))?.entry
  const unfinished: AssignmentKey[] = []
  const moving: AssignmentKey[] = []
  const resting = new Set<AssignmentKey>()
  const names = new Map<string, NamedId>()
  const spoiled: string[] = []
  const check = async (head: ObjectHead): Promise<void> => {
    const id = parseAssignmentKey(head.key.slice(ledgerPrefix.length))
    if (!id) return
    const key = assignmentKey.parse(head.key.slice(ledgerPrefix.length))
    if (scheduled.has(key)) return void moving.push(key)
    if (head.lastModified < last.since && !known.has(key) && !listed.has(key)) return
    const entry = await unlessSpoiled(readEntry(head, key))
    if (isSpoiled(entry)) {
      spoiled.push(head.key)
      moving.push(key)
      return void unfinished.push(key)
    }
    if (entry) names.set(`${id.type} ${id.principalId}`, { type: id.type, id: id.principalId, name: entry.principal })
    // The entry was removed since the listing. If it was never granted, it has no history, so it must not count as settled.
    if (entry === undefined) return void moving.push(key)
    // Settled but still on the brake's list: the dispatcher died before it removed the key.
    if (isAtRest(entry) && !listed.has(key)) return
    const { state, links } = entry
    moving.push(key)
    const account = byId.get(id.accountId)
    // The state of the account in the entry's reason. If it changed, evaluate the entry once more, so that its reason is right.
    const told = stateInReason(entry.reason ?? '')
    const isTold = told === undefined || account === undefined || told === account.state
    if (state === 'stuck' && refuses(account) && isTold) return void resting.add(key)
    // Released or wanted again, but the hint was lost.
    const isHeld = state === 'held' && (brake === 'unreadable' || (listed.has(key) && revoked.has(key)))
    if (!isHeld) return void unfinished.push(key)
    // Others may have got the access meanwhile, the policy may have changed, or missing access may be back.
    if (judgedAgain.has(key) || entry.missingSince !== undefined) unfinished.push(key)
    held.add(key)
    for (const link of links) heldLinks.set(link.key, key)
  }
  await forEachAtOnce(ledger.values(), check)
  for (const key of listed) {
    if (!isInRange(assignmentOf(key).accountId, range)) continue
    if (!revoked.has(key) && !ledger.has(ledgerPrefix + key)) unfinished.push(key)
  }
  return {
    /**
     * Entries that are not settled and have no retry scheduled; stuck ones only if their account takes changes again. Also
     * entries that a minimum holds.
     */
    unfinished,
    /** Every entry that is not settled, ascending. */
    entries: moving.sort(),
    /** Held entries, which wait until a person releases them. */
    held,
    /** Links whose access is held, each with one held access. */
    heldLinks,
    /** Held files of permission sets. */
    heldFiles: new Map(
      brake === 'unreadable' || !brake ? [] : brake.value.contents.map(({ name }) => [permissionSetKey(name), name]),
    ),
    isBrakeUnreadable: brake === 'unreadable',
    /** Stuck or left on accounts that take no changes: nothing can be done. */
    resting,
    /** Assignments and permission set files with a retry under `state/open/`. */
    scheduled,
    /** The names and ids in the entries that were read. */
    names: [...names.values()],
    /** Spoiled entries. They do not stop the comparison, and the dispatcher writes the status of their links. */
    spoiled: spoiled.sort(),
  }
}
