import { deletionAct } from '../../domain/brake/act.ts'
import type { Admission } from '../../domain/brake/admission.ts'
import { heldRemedy } from '../../domain/brake/describe-list.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import { suspensionKey } from '../../domain/suspensions/suspension.ts'
import { count } from '../../domain/text/count.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import { People } from '../../reconcile/directory/people.ts'
import { readDriftRun } from '../../reconcile/drift/drift-run.ts'
import { listEntitlementKeys } from '../../reconcile/records/foreign-entitlements.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { isMeant } from '../../reconcile/records/suspensions.ts'
import { findHoldings } from './find-holdings.ts'

type DeletionPorts = Pick<Ports, 'objects' | 'clock' | 'identityStore'> & { readonly brake: Pick<Brake, 'admit'> }
/** `againMs`: when to look again. */
type Kept = { readonly told: Pick<NewStatus, 'state' | 'reason' | 'remedy'>; readonly againMs: number }

const soonMs = 60_000
const laterMs = 60 * 60_000
const groupsMost = 5

/**
 * Returns why a user who is due for deletion is kept, or the admission of the brake, which has counted the user. Nobody can
 * undo a deletion, and it ends all access that anyone granted. `broken`: an invalid policy.
 *
 * | in this order                                          | then                                    |
 * | ------------------------------------------------------ | --------------------------------------- |
 * | a policy is invalid, so its protections are unknown    | blocked                                 |
 * | the suspension is held, refused or incomplete          | blocked                                 |
 * | no drift check has begun and ended since the due date  | blocked: access that others gave may be unknown |
 * | the user has access or memberships, from anyone        | blocked                                 |
 * | the brake has passed its limit of deletions            | held                                    |
 */
export async function findWhyKept(
  id: PrincipalId,
  due: { readonly name: PrincipalName; readonly dueAt: Date; readonly broken: Complaint | undefined },
  context: DeletionPorts,
): Promise<Kept | Admission> {
  const { name, dueAt, broken } = due
  if (broken)
    return {
      told: {
        state: 'blocked',
        reason: `ssofile deletes no user while ${quote(broken.object)} is not valid, because that policy may protect the user`,
        remedy: 'ask the owners of the policies to correct it',
      },
      againMs: laterMs,
    }
  const suspending = await findSuspensionLeft(id, name, context)
  if (suspending) return suspending
  const drift = await readDriftRun(context.objects)
  if (drift === undefined || drift.open.length > 0 || Date.parse(drift.startedAt) < dueAt.getTime())
    return {
      told: {
        state: 'blocked',
        reason: 'ssofile deletes the user after the next drift check, which finds foreign access',
        remedy: 'nothing to do: there is a check every night; an operator can start one with ssofile apply',
      },
      againMs: soonMs,
    }
  const left = await findLeft(id, name, context)
  if (left) return left
  const asked = await context.brake.admit(deletionAct(id))
  if (asked.outcome === 'passes') return asked
  return { told: { state: 'held', reason: asked.reason, remedy: heldRemedy }, againMs: soonMs }
}

async function findLeft(
  id: PrincipalId,
  name: PrincipalName,
  { objects, identityStore }: DeletionPorts,
): Promise<Kept | undefined> {
  const holdings = await findHoldings(id, { objects, people: new People(identityStore) })
  const { ours, memberships, foreign, groupsOfOthers, unread } = holdings
  const entitlements = await Array.fromAsync(listEntitlementKeys(objects))
  const others = foreign.length + entitlements.filter(({ principalId }) => principalId === id).length
  const left = [
    ...(ours.length > 0 ? [count(ours.length, 'assignment', 'assignments')] : []),
    ...(memberships.length > 0 ? [count(memberships.length, 'membership', 'memberships')] : []),
    ...(others > 0 ? [count(others, 'foreign assignment', 'foreign assignments')] : []),
    ...(groupsOfOthers.length > 0
      ? [`foreign memberships: ${quote(groupsOfOthers.slice(0, groupsMost).join(', '), 300)}`]
      : []),
    ...(unread === undefined ? [] : [`memberships that cannot be read (${quote(unread, 300)})`]),
  ]
  if (left.length === 0) return undefined
  return {
    told: {
      state: 'blocked',
      reason: `ssofile deletes the user when nothing is left, but the user still has ${left.join(', and ')}`,
      remedy: `remove foreign access by hand; for the rest see ssofile status ${suspensionKey(name)}`,
    },
    againMs: ours.length + memberships.length === 0 ? laterMs : soonMs,
  }
}

async function findSuspensionLeft(
  id: PrincipalId,
  name: PrincipalName,
  { objects, clock }: DeletionPorts,
): Promise<Kept | undefined> {
  const key = suspensionKey(name)
  const told = await spoiledAsAbsent(new StatusStore(objects, clock).read(key))
  const isOfUser = told?.principalId === id || (await isMeant(objects, id, name))
  if (told?.state === 'suspended' && isOfUser) return undefined
  return {
    told: {
      state: 'blocked',
      reason: `ssofile deletes the user when the suspension is complete; its state is ${told?.state ?? 'unknown'}`,
      remedy: `find out why: ssofile status ${key}`,
    },
    // A complete suspension looks at the user by itself.
    againMs: told?.state === 'partly' ? laterMs : soonMs,
  }
}
