import { heldRemedy } from '../../../domain/brake/describe-list.ts'
import { type Author, renderAuthor } from '../../../domain/by-hand/author.ts'
import { groupKey } from '../../../domain/files/group-file.ts'
import type { Membership } from '../../../domain/files/membership-file.ts'
import type { LinkBody } from '../../../domain/links/link-body.ts'
import type { PrincipalId } from '../../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../../domain/principals/principal.ts'
import { type Complaint, quote } from '../../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../../domain/statuses/status.ts'
import { renderInstant } from '../../../domain/text/instant.ts'

/** The present meaning of one file under `memberships/`. Only `in-force` asks for anything. `unreadable`: its content is unknown. */
export type MembershipReading =
  | { readonly state: 'absent' }
  | { readonly state: 'rejected' | 'unreadable'; readonly complaint: Complaint }
  | { readonly state: 'in-force' | 'not-yet' | 'expired'; readonly body: LinkBody }

/** The group of this name. */
export type FoundGroup =
  | { readonly is: 'ours'; readonly id: PrincipalId; readonly isExternal: boolean }
  /**
   * It has another name in the directory. Its files and the policies on links speak of this name, so nobody comes in under the other one.
   * Its members stay, and leave as before.
   */
  | { readonly is: 'renamed'; readonly id: PrincipalId; readonly isExternal: boolean; readonly as: string | undefined }
  /** Somebody deleted it in the directory. ssofile makes it again if its file is there. */
  | { readonly is: 'gone'; readonly id: PrincipalId; readonly isExternal: false }
  /** Its file is gone, and ssofile put people into it while it gave the group up. They leave as before, and nobody comes in. */
  | { readonly is: 'given up'; readonly id: PrincipalId; readonly isExternal: boolean }
  /** Nobody has uploaded its file yet, or ssofile is about to make it. `isExternal`: a provider put it into the directory. */
  | { readonly is: 'not ours'; readonly isExternal: boolean }

/** The facts about a group that a status tells. */
export type NamedGroup =
  | Pick<Exclude<FoundGroup, { is: 'renamed' }>, 'is' | 'isExternal'>
  | Omit<Extract<FoundGroup, { is: 'renamed' }>, 'id'>

export type MembershipOutcome =
  | { readonly is: 'none' | 'applied' | 'foreign' | 'applying' | 'revoking' | 'kept' }
  /** `by`: the person who took the user out. Absent: unknown. */
  | { readonly is: 'reported'; readonly by?: Author | undefined }
  | { readonly is: 'held'; readonly reason: string }
  | { readonly is: 'paused'; readonly reason: string }

/** Why a file in force gives its user nothing. */
export type MembershipLack =
  | { readonly lacks: 'user' }
  | { readonly lacks: 'binding'; readonly boundTo: PrincipalId }
  | { readonly lacks: 'freedom'; readonly suspension: string }
  | { readonly lacks: 'sign-in' }

export type ToldMembership = Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'owned' | 'waitsFor' | 'atRest'>

/**
 * The status of one file. `undefined`: the file is gone, and its membership too. `end`: the outcome for the membership that the file
 * asks for or asked for. `isLeft`: this file gave that membership, which is there but no longer wanted.
 */
export function describeMembership(
  { group: name, user }: Membership,
  facts: {
    readonly reading: MembershipReading
    readonly group: NamedGroup
    readonly lack: MembershipLack | undefined
    readonly end: MembershipOutcome
    readonly isLeft: boolean
  },
): ToldMembership | undefined {
  const { reading, group, lack, end, isLeft } = facts
  if (isLeft && reading.state !== 'rejected') return describeLeaving(name, end)
  switch (reading.state) {
    case 'absent':
      return undefined
    case 'rejected':
      return rejection(reading.complaint)
    case 'unreadable':
      return rejection(reading.complaint)
    case 'expired':
      return { state: 'expired', remedy: 'upload it again with a later expiresAt, or delete it' }
    case 'not-yet':
      return {
        state: 'waiting',
        reason: `it is not in force before ${reading.body.notBefore ? renderInstant(reading.body.notBefore) : 'later'}`,
        remedy: 'nothing to do: ssofile applies it then',
        atRest: true,
      }
    case 'in-force':
      return (
        (group.is === 'renamed' && isIn(end) ? undefined : describeGroup(name, group)) ??
        (lack ? describeLack(user, lack) : describeEnd(name, end))
      )
  }
}

/** The user is in the group, and nothing is left to do. */
function isIn({ is }: MembershipOutcome): boolean {
  return is === 'applied' || is === 'foreign'
}

/** `undefined`: ssofile can put people into the group. `asking`: names the kind of file in the message. */
export function describeGroup(
  name: PrincipalName,
  group: NamedGroup,
  asking = 'a membership',
): ToldMembership | undefined {
  if (group.isExternal)
    return {
      state: 'rejected',
      reason: `received ${asking} of group '${quote(name)}', which an identity provider manages (it has ExternalIds), expected a group that ssofile made or adopted`,
      remedy: 'put the user into the group in the provider, then delete this file',
    }
  if (group.is === 'ours') return undefined
  if (group.is === 'renamed')
    return {
      state: 'waiting',
      reason: `somebody renamed group '${quote(name)}' to '${quote(group.as ?? 'nothing')}', and ssofile puts nobody into it under that name`,
      remedy: `rename it back: ssofile status ${groupKey(name)} prints the command`,
      waitsFor: groupKey(name),
    }
  if (group.is === 'gone')
    return {
      state: 'waiting',
      reason: `somebody deleted group '${quote(name)}' in the directory`,
      remedy: `nothing to do: ssofile creates it again within the hour while ${groupKey(name)} exists`,
      waitsFor: groupKey(name),
    }
  return {
    state: 'waiting',
    reason: `ssofile does not manage group '${quote(name)}'`,
    remedy: `ask the governance team to upload ${groupKey(name)}: ssofile then creates the group or adopts the existing one`,
    waitsFor: groupKey(name),
  }
}

function describeLack(user: PrincipalName, lack: MembershipLack): ToldMembership {
  const name = quote(user)
  switch (lack.lacks) {
    case 'user':
      return {
        state: 'waiting',
        reason: `user '${name}' does not exist in the identity store`,
        remedy: 'wait until the user exists, or upload the file under the exact user name and delete this one',
      }
    case 'binding':
      return {
        state: 'waiting',
        reason: `user '${name}' is no longer the user that this file was applied to (${lack.boundTo})`,
        remedy:
          'if you mean the new user of this name, run ssofile touch with the key of the file and --rebind; otherwise delete this file',
      }
    case 'freedom':
      return {
        state: 'waiting',
        reason: `user '${name}' is suspended by ${quote(lack.suspension, 1024)}, and gets no access until that file is deleted`,
        remedy: 'delete this file, or wait: ssofile applies it when that file is deleted',
        atRest: true,
      }
    case 'sign-in':
      return {
        state: 'waiting',
        reason: `user '${name}' is disabled in the directory`,
        remedy: 'delete this file, or wait: ssofile applies it when the user is enabled',
      }
  }
}

function describeEnd(name: PrincipalName, end: MembershipOutcome): ToldMembership {
  switch (end.is) {
    case 'applied':
    case 'kept':
      return { state: 'applied' }
    case 'foreign':
      return {
        state: 'applied',
        owned: false,
        reason: `somebody else had already put the user into group '${quote(name)}', so ssofile does not take the user out`,
      }
    case 'reported':
      return {
        state: 'failed',
        reason: `${end.by ? renderAuthor(end.by) : 'somebody else'} took the user out of group '${quote(name)}', and onDrift only reports`,
        remedy:
          'to put the user back, run ssofile touch with the key of the file and --rebind; or delete this file (with "onDrift": "restore", ssofile puts the user back by itself)',
      }
    case 'held':
      return { state: 'held', reason: end.reason, remedy: heldRemedy }
    case 'paused':
      return { state: 'applying', reason: end.reason }
    case 'none':
    case 'applying':
    case 'revoking':
      return { state: 'applying' }
  }
}

function describeLeaving(name: PrincipalName, end: MembershipOutcome): ToldMembership {
  if (end.is === 'held')
    return { state: 'held', reason: `${end.reason}; the user stays in group '${quote(name)}'`, remedy: heldRemedy }
  if (end.is === 'paused') return { state: 'revoking', reason: end.reason }
  if (end.is === 'kept')
    return {
      state: 'failed',
      reason: `an identity provider now manages group '${quote(name)}' (it has ExternalIds), so ssofile does not take the user out`,
      remedy: 'take the user out of the group in the provider',
    }
  return { state: 'revoking' }
}
