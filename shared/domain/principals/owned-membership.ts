import * as z from 'zod'
import { record } from '../json/record.ts'
import { uploader } from '../links/input-message.ts'
import { uploadIdentity } from '../links/upload.ts'
import { type PrincipalId, principalId } from './identity-center-ids.ts'
import { principalName } from './principal.ts'

/** The ledger of memberships: one object each, `owned_memberships/<group id>%<user id>`. */
export const ownedMembershipPrefix = 'owned_memberships/'

export type MembershipId = { readonly group: PrincipalId; readonly user: PrincipalId }

/** A membership that ssofile made. ssofile writes this record before the create. The names come from the files that asked for it. */
export const ownedMembership = record({
  v: z.literal(1),
  /** `granting`: ssofile sent a create, or will send it, and does not know the answer. */
  state: z.enum(['granting', 'granted', 'revoking', 'held']),
  group: principalName,
  user: principalName,
  /** The membership's id in the directory. Absent until the answer to the create is known. */
  membershipId: z.string().optional(),
  /** The files that asked for it when it was last wanted. */
  files: z.array(
    record({
      key: z.string(),
      by: uploader.optional(),
      /** Absent for a rule. */
      etag: z.string().optional(),
      ...uploadIdentity,
      expiresAt: z.iso.datetime().optional(),
    }),
  ),
  /** When ssofile was about to send the last create, by S3's clock. */
  calledAt: z.iso.datetime(),
  grantedAt: z.iso.datetime().optional(),
  /** A rule no longer matches the user. The membership ends at this time. */
  keptUntil: z.iso.datetime().optional(),
})
export type OwnedMembership = z.infer<typeof ownedMembership>

export function ownedMembershipKey({ group, user }: MembershipId): string {
  return `${ownedMembershipPrefix}${group}%${user}`
}

const membershipId = z.object({ group: principalId, user: principalId })

/** `undefined`: ssofile did not write this key. */
export function parseOwnedMembershipKey(key: string): MembershipId | undefined {
  const [group, user, ...rest] = key.slice(ownedMembershipPrefix.length).split('%')
  return rest.length === 0 ? membershipId.safeParse({ group, user }).data : undefined
}
