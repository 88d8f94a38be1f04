import type { Access, AssignmentCall, GrantingLink } from './ledger-entry.ts'

export type AccessNames = Pick<Access, 'principal' | 'principalId' | 'permissionSetArn'>

/** The access before a creation. `known`: its entry so far. `links`: the links that grant it. */
export function beginCreation(
  { principal, principalId, permissionSetArn }: AccessNames,
  known: Access | undefined,
  links: readonly GrantingLink[],
  now: string,
): Access {
  const call: AssignmentCall = { kind: 'creation', calledAt: now }
  const unansweredAt = known && unansweredOf(known)
  const { grantedAt } = known ?? {}
  // Contested access is given again only if a person asks for it, so its removals count from zero.
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

/** After an answer to its last call, or the outcome of that call. */
export function changeCall(access: Access, change: Partial<AssignmentCall>): Access {
  if (!access.call) return access
  const call = { ...access.call, ...change }
  if (call.kind === 'deletion') return { ...access, call }
  // A failed creation made nothing, but access that was granted before may still be there.
  const isMade = call.outcome !== 'FAILED' || access.grantedAt !== undefined
  return { ...access, call, lastCreation: isMade ? call : undefined }
}

/** After the outcome of its last call became known. `id`: the request's id, if the answer to the call was lost. */
export function endCall(
  access: Access,
  { outcome, now, id }: { readonly now: string } & Pick<AssignmentCall, 'outcome' | 'id'>,
): Access {
  const { call } = access
  return changeCall(access, { id: id ?? call?.id, answeredAt: call?.answeredAt ?? now, endedAt: now, outcome })
}

/** A request or a listing proves that the access is there, or it never went away. `isOrphaned`: its principal is gone. */
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

/** The brake keeps the access, which is there. It may never have been confirmed, or somebody removed it and put it back. */
export function holdAccess<Held extends Access>(access: Held, reason: string): Held {
  const grantedAt = access.grantedAt ?? grantedInstant(access)
  return { ...access, state: 'held', reason, grantedAt, missingSince: undefined, removedBy: undefined }
}

const contestedMs = 60 * 60_000
/** ssofile gives access again this many times within an hour. */
const restorationsMost = 3

/** The times at which somebody else removed it: this one, and those less than an hour before. */
export function addRemoval({ removals = [] }: Pick<Access, 'removals'>, at: string): string[] {
  return [...removals.filter((one) => Date.parse(at) - Date.parse(one) < contestedMs), at]
}

/**
 * Another program, such as Terraform, removes the access each time that ssofile gives it. Giving it again is useless, so ssofile stops
 * until a person asks for it.
 */
export function isContested({ removals = [] }: Pick<Access, 'removals'>): boolean {
  return removals.length > restorationsMost
}

/** The time of the grant in history. A replay writes the same time. */
export function grantedInstant({ call, lastCreation, grantedAt }: Access): string | undefined {
  return lastCreation?.calledAt ?? (call?.kind === 'creation' ? call.calledAt : grantedAt)
}

/** The time of the revocation in history, if the ledger has one. */
export function revokedInstant({ call, missingSince }: Access): string | undefined {
  return missingSince ?? (call?.kind === 'deletion' ? call.calledAt : call?.endedAt)
}

/** The access was there, so history must say when it ends. */
export function wasThere({ grantedAt, call }: Access): boolean {
  return grantedAt !== undefined || call?.kind === 'deletion'
}

/** The entry was lost, and written again from history. It knows no call of ours. */
export function isLost({ grantedAt, call, lastCreation, unansweredAt }: Access): boolean {
  return [grantedAt, call, lastCreation, unansweredAt].every((known) => known === undefined)
}

function unansweredOf({ lastCreation, unansweredAt }: Access): string | undefined {
  return lastCreation && lastCreation.answeredAt === undefined ? lastCreation.calledAt : unansweredAt
}
