import { type Assignment, renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { assignmentHint } from '../domain/hint.ts'
import { renderInstant } from '../domain/instant.ts'
import type { Plan } from '../domain/plan.ts'
import type { Ports } from '../ports/ports.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { findDifferences } from './find-differences.ts'
import { sendInputs } from './inputs.ts'
import { sendHints } from './lanes.ts'
import { noteMissingAccounts } from './missing-accounts.ts'
import { OrganizationCache } from './organization-cache.ts'
import { recordPrincipals } from './principal-changes.ts'
import { StatusStore } from './status-store.ts'

/** What one reconcile found to do; all zero: everything is as it should be. */
export type ReconcileReport = {
  readonly links: number
  readonly permissionSets: number
  readonly accounts: number
  /** Inputs whose status is missing, old, or left over. */
  readonly inputs: number
  readonly grants: number
  readonly revocations: number
  /** Ledger entries that are neither settled nor scheduled to be. */
  readonly unfinished: number
}

/**
 * Hints at every difference between the files, the organization and the ledger. Changes no access itself: the dispatcher
 * evaluates each hint. Right at any time, and when done twice. `renewMs`: how long it may read tags that are known.
 */
export async function reconcile(
  ports: Ports,
  configuration: Configuration,
  { renewMs }: { readonly renewMs?: number } = {},
): Promise<ReconcileReport> {
  const startedAt = renderInstant(ports.clock.now())
  const view = await new OrganizationCache(ports, configuration.folders).rebuild(renewMs)
  const found = await findDifferences(ports, view, configuration)
  const { inputs, unfinished, misindexed, unsettled, principals, counts, held, unreadable } = found
  if (unreadable.length > 0)
    ports.log.error('objects cannot be read; nothing is granted or revoked by them until they can be read', {
      unreadable,
    })
  const revocations = found.plan.revocations.filter((assignment) => !held.has(renderAssignmentKey(assignment)))
  const plan = { ...found.plan, revocations }
  const listed = new Set(view.accounts.map(({ id }) => id))
  const gone = await noteMissingAccounts(ports, { listed, owned: found.owned })
  const released = found.resting.filter(({ accountId }) => gone.has(accountId))
  const statuses = new StatusStore(ports.objects, ports.clock)
  for (const input of misindexed) await statuses.align(input)
  await sendInputs(ports, inputs, 'reconcile')
  await hintAt(ports, configuration, plan, [...unfinished, ...released])
  await recordPrincipals(ports.objects, principals, startedAt)
  await writeCheckpoint(ports.objects, startedAt, unsettled)
  return {
    ...counts,
    inputs: inputs.length,
    grants: plan.grants.length,
    revocations: plan.revocations.length,
    unfinished: unfinished.length,
  }
}

async function hintAt(
  ports: Ports,
  configuration: Configuration,
  plan: Plan,
  unfinished: readonly Assignment[],
): Promise<void> {
  const toHint = (assignment: Assignment) => assignmentHint(assignment, 'reconcile')
  const id = ports.randomness.id()
  await sendHints(ports, { id, hints: plan.revocations.map(toHint), revocation: true }, configuration)
  await sendHints(ports, { id, hints: [...plan.grants, ...unfinished].map(toHint), revocation: false }, configuration)
}
