import {
  type Assignment,
  type AssignmentKey,
  assignmentOf,
  nameAssignment,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../../shared/domain/assignments/ledger-entry.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { remarksOn } from '../../../shared/modules/access/explain-access.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { Ledger } from '../../../shared/reconcile/records/ledger.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'

const shownMost = 20

/** An assignment that is not at rest, and the reason in words for a person. */
export type StillOpen = { readonly name: string; readonly why: string }

/** The assignments that no status explains, each with the ledger's account of it. */
export async function listStillOpen(
  objects: ObjectStore,
  keys: readonly AssignmentKey[],
  isExplained: (key: AssignmentKey, assignment: Assignment) => boolean,
): Promise<readonly StillOpen[]> {
  const ledger = new Ledger(objects)
  const found: StillOpen[] = []
  for (const key of keys) {
    const stored = await unlessSpoiled(ledger.read(key))
    if (isSpoiled(stored)) found.push({ name: key, why: 'its ledger entry cannot be read: restore the object' })
    if (!stored || isSpoiled(stored)) continue
    const assignment = nameAssignment(assignmentOf(key), stored.entry.principal)
    if (!isExplained(key, assignment))
      found.push({ name: renderAssignmentName(assignment), why: describe(stored.entry) })
  }
  return found
}

function describe(entry: LedgerEntry): string {
  const { state, reason, call } = entry
  const request =
    call?.id !== undefined && call.outcome === undefined
      ? `its request has been in progress since ${call.calledAt}`
      : undefined
  const next = entry.openUntil === undefined ? undefined : `ssofile tries again at ${entry.openUntil}`
  const parts = [reason, request, ...remarksOn(entry), next].filter((part) => part !== undefined)
  return parts.length === 0 ? state : `${state}; ${parts.join('; ')}`
}

/** The open work, for a terminal. Empty: nothing stays open. */
export function renderStillOpen(open: readonly StillOpen[]): string {
  if (open.length === 0) return ''
  const lines = open.slice(0, shownMost).map(({ name, why }) => `  ${quote(name, 1024)}\n    ${quote(why, 1000)}`)
  const more = open.length > shownMost ? [`  and ${open.length - shownMost} more`] : []
  const head = `${count(open.length, 'assignment')} still open, although no status says so; ssofile continues with ${open.length === 1 ? 'it' : 'them'} by itself:`
  return [head, ...lines, ...more].join('\n')
}
