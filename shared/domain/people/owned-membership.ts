import * as z from 'zod'
import { record } from '../json/record.ts'
import { uploader } from '../links/input-message.ts'
import { uploadIdentity } from '../links/upload.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { principalName } from '../principals/principal.ts'

/** The ledger of memberships: one object each, `owned_memberships/<group id>%<user id>`. */
export const ownedMembershipPrefix = 'owned_memberships/'

export type MembershipId = { readonly group: PrincipalId; readonly user: PrincipalId }

/** A membership that ssofile made. Written before it is created. Names are those of the files that asked for it. */
export const ownedMembership = record({
  v: z.literal(1),
  /** `granting`: a create was sent, or will be, and nobody knows its answer. */
  state: z.enum(['granting', 'granted', 'revoking', 'held']),
  group: principalName,
  user: principalName,
  /** Whose it is in the directory. Absent while the answer of the create is not known. */
  membershipId: z.string().optional(),
  /** The files that asked for it when it was last wanted. */
  files: z.array(
    record({
      key: z.string(),
      by: uploader.optional(),
      /** Which content of it; absent in records of older versions. */
      etag: z.string().optional(),
      ...uploadIdentity,
      expiresAt: z.iso.datetime().optional(),
    }),
  ),
  /** When the last create was about to be sent, by S3's clock. */
  calledAt: z.iso.datetime(),
  grantedAt: z.iso.datetime().optional(),
  /** A rule means the user no longer, and lets the user stay so long. */
  keptUntil: z.iso.datetime().optional(),
})
export type OwnedMembership = z.infer<typeof ownedMembership>

export function ownedMembershipKey({ group, user }: MembershipId): string {
  return `${ownedMembershipPrefix}${group}%${user}`
}

/** `undefined`: nobody here wrote it. */
export function parseOwnedMembershipKey(key: string): MembershipId | undefined {
  const [group, user, ...rest] = key.slice(ownedMembershipPrefix.length).split('%')
  const read = z.object({ group: principalId, user: principalId }).safeParse({ group, user })
  return rest.length === 0 ? read.data : undefined
}
