import type { Assignment, AssignmentKey } from '../domain/assignment.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import { grant } from './grant-assignment.ts'
import { revokePresent } from './revoke-assignment.ts'
import type { SettleContext, Settled, Settlement, Subject } from './settlement.ts'
import { isSpoiled, unlessSpoiled } from './stored-json.ts'

/**
 * Makes one account assignment equal to what the links say now: evaluates, writes the ledger, calls, reads back, writes
 * history, and then the ledger's final state. Right at any time and when repeated: what the ledger, the service and the
 * links say is read afresh. Throws when something cannot be read or written; the hint then comes again.
 */
export async function settleAssignment(
  key: AssignmentKey,
  assignment: Assignment,
  context: SettleContext,
): Promise<Settled> {
  const patience = { refusals: 0 }
  for (;;) {
    const settlement = await settleOnce({ key, assignment, context: { ...context, patience } })
    if (settlement.result !== 'again') return settlement
  }
}

async function settleOnce(subject: Subject): Promise<Settlement> {
  const { key, assignment, context } = subject
  const [stored, evaluation] = await Promise.all([
    unlessSpoiled(context.standings.ledger.read(key)),
    evaluateAssignment(assignment, { ...context, place: 'view' }),
  ])
  if (isSpoiled(stored)) {
    // Every reconcile has it looked at again, until somebody has restored it.
    context.log.error('a ledger entry cannot be read; nothing is granted or revoked there', { error: stored })
    return { result: 'open', reason: stored.message, links: evaluation.links.map((link) => link.key) }
  }
  if (evaluation.links.length > 0) return grant(subject, stored, evaluation)
  if (!stored) return { result: 'absent', links: [] }
  const live = await evaluateAssignment(assignment, { ...context, place: 'live' })
  if (live.links.length > 0) return grant(subject, stored, live)
  const settlement = await revokePresent(subject, stored, live.account)
  // A link may ask by now for the former access that is left.
  const isLeft = settlement.result === 'absent' && stored.entry.former !== undefined
  return isLeft ? { result: 'again', links: settlement.links } : settlement
}
