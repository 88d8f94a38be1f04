import type { Assignment } from '../../domain/assignments/assignment.ts'
import { collectAssignments } from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { isOfPeople } from '../../domain/inputs/kinds.ts'
import { parseLinkKey, renderGrant } from '../../domain/links/link.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import { expandScope, type Scoping } from '../../domain/scopes/expand-scope.ts'
import { type AttentionState, attentionOf, attentionStates } from '../../domain/statuses/status.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { CheckedStatus } from '../records/checkpoint.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { attentionKey, attentionPrefix, statusKey } from '../records/status-store.ts'
import { isSpoiled } from '../records/stored-json.ts'
import { readStatus, type Statuses } from './read-inputs.ts'

/** Facts about an input in addition to its status. */
export type Situation = {
  /** A sweep looks only for differences that S3 alone shows, and skips most statuses that wait for something. */
  readonly isSweep: boolean
  /** A dispatcher is running: it writes its own progress. */
  readonly isAtWork: boolean
  /** The status changed since the last comparison. */
  readonly isNew: boolean
  readonly isGone: boolean
  /** Some of its access is still to be granted, revoked or retried. */
  readonly isOpen: boolean
  /** `state/open/` has a retry of it. */
  readonly isScheduled: boolean
  readonly isExpired: boolean
  /** The brake holds access of the link, or the file of the permission set. */
  readonly isHeld: boolean
  /** No link and no ledger entry names the permission set. */
  readonly isUnused: boolean
}

/**
 * Whether ssofile must look at an input again, if its status describes the present file.
 *
 * | status                                | the sweep looks                              | the reconcile looks |
 * | ------------------------------------- | -------------------------------------------- | ------------------- |
 * | expired                               | no                                           | no                  |
 * | suspended, partly: people, not links  | no                                           | no                  |
 * | rejected                              | as for revoking, if access is still to be revoked | as the sweep   |
 * | applied                               | if it has expired                            | as the sweep        |
 * | applying, revoking                    | if no retry is scheduled and no dispatcher works | always          |
 * | held                                  | if the brake holds nothing of it             | as the sweep        |
 * | waiting for accounts or a date        | if it is new, or has expired                 | always              |
 * | waiting for a name; a link failed     | if nothing is open, or it has expired        | also if it is gone  |
 * | a permission set waits, or failed     | no: its retry is scheduled                   | always              |
 * | a permission set is blocked           | if nothing names it and no retry is scheduled | always             |
 */
export function wantsLook(input: string, { state, desired, open }: CheckedStatus, situation: Situation): boolean {
  const { isSweep, isAtWork, isNew, isGone, isOpen, isScheduled, isExpired, isHeld, isUnused } = situation
  const isPermissionSet = input.startsWith(permissionSetPrefix)
  switch (state) {
    case 'expired':
    case 'suspended':
    case 'partly':
      return false
    case 'rejected':
      return open > 0 && (!isSweep || !(isScheduled || isAtWork))
    case 'applied':
      return isExpired
    case 'applying':
    case 'revoking':
      return !isSweep || !(isScheduled || isAtWork)
    case 'held':
      return !isHeld
    case 'blocked':
      return !isSweep || (isUnused && !isScheduled)
    case 'waiting':
    case 'failed':
      if (isPermissionSet) return !isSweep
      // The open access may belong to another link: only a look can tell.
      if (isExpired || (isGone && !isSweep)) return true
      return state === 'waiting' && desired === 0 ? !isSweep || isNew : !isOpen
    default:
      return state satisfies never
  }
}

/** Whether any of these assignments may belong to a link. A link that is not in force may have granted access outside its scope. */
export function indexAssignments(
  assignments: Iterable<Assignment>,
  view: OrganizationView,
  configuration: Pick<Configuration, 'folders'> & Scoping,
) {
  const owned = collectAssignments(assignments)
  return (input: string, isInForce: boolean): boolean => {
    const link = parseLinkKey(input, configuration.folders)
    const accounts = link.ok ? owned.get(renderGrant(link.value))?.accounts : undefined
    if (!link.ok || !accounts) return false
    const { scope } = link.value
    if (scope.kind === 'account') return accounts.has(scope.id)
    return !isInForce || expandScope(link.value, view, configuration).some((id) => accounts.has(id))
  }
}

/**
 * Inputs whose state in the index under `attention/` differs from their status. Of requests and approvals, reads only those in the index.
 */
export async function findMisindexed(objects: ObjectStore, { told, spoiled }: Statuses): Promise<readonly string[]> {
  const misindexed = new Set<string>()
  const indexed = new Set<string>()
  const ofRequests: [input: string, state: AttentionState][] = []
  // A key of the index may have a hash in place of the input, although the status key has room for the input.
  const inputs = new Map(
    [...told.keys()].flatMap((input) => attentionStates.map((one) => [attentionKey(one, input), input])),
  )
  for (const state of attentionStates) {
    for await (const { key } of objects.list(`${attentionPrefix}${state}/`)) {
      indexed.add(key)
      const input = inputs.get(key) ?? key.slice(attentionPrefix.length + state.length + 1)
      if (isOfPeople(input)) ofRequests.push([input, state])
      else if (!spoiled.has(input) && told.get(input)?.attention !== state) misindexed.add(input)
    }
  }
  await forEachAtOnce(ofRequests, async ([input, state]) => {
    const found = await readStatus(objects, statusKey(input))
    if (!isSpoiled(found) && attentionOf(found?.value) !== state) misindexed.add(input)
  })
  for (const [input, { attention }] of told)
    if (attention && !indexed.has(attentionKey(attention, input))) misindexed.add(input)
  return [...misindexed].sort()
}
