import type { Access, AssignmentCall, GrantingLink } from './ledger-entry.ts'

export type AccessNames = Pick<Access, 'principal' | 'principalId' | 'permissionSetArn'>

/** Before a creation: what becomes of the access, or of none. `links` grant it. */
export function beginCreation(
  { principal, principalId, permissionSetArn }: AccessNames,
  known: Access | undefined,
  links: readonly GrantingLink[],
  now: string,
): Access {
  const call: AssignmentCall = { kind: 'creation', calledAt: now }
  const unansweredAt = known && unansweredOf(known)
  const { grantedAt } = known ?? {}
  // What is given again although it was left is given by a person's wish: it counts anew.
  const removals = known && !isContested(known) ? known.removals : undefined
  const ids = { principal, principalId, permissionSetArn }
  return { ...ids, state: 'granting', links: [...links], call, lastCreation: call, unansweredAt, grantedAt, removals }
}

/** Before a deletion. The last creation stays: without an answer it may still take effect. */
export function beginDeletion(known: Access, links: readonly GrantingLink[], now: string): Access {
  const { missingSince: _, removedBy: __, reason: ___, ...kept } = known
  const call: AssignmentCall = { kind: 'deletion', calledAt: now }
  return { ...kept, state: 'revoking', links: [...links], call, grantedAt: known.grantedAt ?? now }
}

/** After an answer or an outcome of its last call. */
export function changeCall(access: Access, change: Partial<AssignmentCall>): Access {
  if (!access.call) return access
  const call = { ...access.call, ...change }
  if (call.kind === 'deletion') return { ...access, call }
  // A creation that failed made nothing; what was granted before it may still be there.
  const isMade = call.outcome !== 'FAILED' || access.grantedAt !== undefined
  return { ...access, call, lastCreation: isMade ? call : undefined }
}

/** After the outcome of its last call became known. `id`: of the request, where the answer to the call was lost. */
export function endCall(
  access: Access,
  { outcome, now, id }: { readonly now: string } & Pick<AssignmentCall, 'outcome' | 'id'>,
): Access {
  const { call } = access
  return changeCall(access, { id: id ?? call?.id, answeredAt: call?.answeredAt ?? now, endedAt: now, outcome })
}

/** It is there: by its request, by a listing, or because it never went. `isOrphaned`: its principal is gone. */
export function confirmAccess(
  access: Access,
  links: readonly GrantingLink[],
  { now, isOrphaned }: { readonly now: string; readonly isOrphaned: boolean },
): Access {
  const { call, lastCreation } = access
  const succeeded = (one: AssignmentCall): AssignmentCall => {
    return { ...one, answeredAt: one.answeredAt ?? now, outcome: 'SUCCEEDED', endedAt: one.endedAt ?? now }
  }
  return {
    ...access,
    state: 'granted',
    reason: undefined,
    links: [...links],
    call: call?.kind === 'creation' && call.outcome !== 'FAILED' ? succeeded(call) : undefined,
    lastCreation: lastCreation && succeeded(lastCreation),
    grantedAt: access.grantedAt ?? now,
    missingSince: undefined,
    removedBy: undefined,
    orphanedAt: isOrphaned ? (access.orphanedAt ?? now) : undefined,
  }
}

/** The brake keeps it. It is there: never confirmed maybe, or taken away by somebody and put back. */
export function holdAccess<Held extends Access>(access: Held, reason: string): Held {
  const grantedAt = access.grantedAt ?? grantedInstant(access)
  return { ...access, state: 'held', reason, grantedAt, missingSince: undefined, removedBy: undefined }
}

const contestedMs = 60 * 60_000
/** So often access is given again within an hour. */
const restorationsMost = 3

/** When somebody else took it away, with the last time: those within an hour before that. */
export function addRemoval({ removals = [] }: Pick<Access, 'removals'>, at: string): string[] {
  return [...removals.filter((one) => Date.parse(at) - Date.parse(one) < contestedMs), at]
}

/**
 * Somebody takes it away as often as it is given: another program that thinks it is its own, such as Terraform. Giving it again
 * leads nowhere, so it is left until a person asks for it.
 */
export function isContested({ removals = [] }: Pick<Access, 'removals'>): boolean {
  return removals.length > restorationsMost
}

/** The instant under which history says that it was granted: a replay writes the same. */
export function grantedInstant({ call, lastCreation, grantedAt }: Access): string | undefined {
  return lastCreation?.calledAt ?? (call?.kind === 'creation' ? call.calledAt : grantedAt)
}

/** The instant under which history says that it was revoked, where the ledger has one. */
export function revokedInstant({ call, missingSince }: Access): string | undefined {
  return missingSince ?? (call?.kind === 'deletion' ? call.calledAt : call?.endedAt)
}

/** Access that is known to have been there: history says when it ends. */
export function wasThere({ grantedAt, call }: Access): boolean {
  return grantedAt !== undefined || call?.kind === 'deletion'
}

/** Its record was lost, and written again because history says that it is ours. No call of ours is known. */
export function isLost({ grantedAt, call, lastCreation, unansweredAt }: Access): boolean {
  return [grantedAt, call, lastCreation, unansweredAt].every((known) => known === undefined)
}

function unansweredOf({ lastCreation, unansweredAt }: Access): string | undefined {
  return lastCreation && lastCreation.answeredAt === undefined ? lastCreation.calledAt : unansweredAt
}
