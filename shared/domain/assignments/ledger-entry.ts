import * as z from 'zod'
import { author } from '../by-hand/author.ts'
import { requestDigest } from '../files/access-request.ts'
import { record } from '../json/record.ts'
import { uploader } from '../links/input-message.ts'
import { isSameUpload, type Upload, uploadIdentity } from '../links/upload.ts'
import { permissionSetArn, principalId } from '../principals/identity-center-ids.ts'
import { principalName } from '../principals/principal.ts'

export const ledgerPrefix = 'assignments/'

export const ledgerStates = ['granting', 'granted', 'revoking', 'failed', 'held', 'stuck'] as const
export type LedgerState = (typeof ledgerStates)[number]

/** A link that granted the assignment at the last evaluation, with its version. */
export const grantingLink = record({
  key: z.string(),
  versionId: z.string().optional(),
  etag: z.string(),
  lastModified: z.iso.datetime(),
  ...uploadIdentity,
  by: uploader.optional(),
  /** The person who deleted it. Set once the link is gone and its access is being revoked. */
  deletedBy: uploader.optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  owner: z.string().optional(),
  expiresAt: z.iso.datetime().optional(),
  /** For temporary access: its request. */
  ofRequest: record({ user: principalId, digest: requestDigest }).optional(),
})
export type GrantingLink = z.infer<typeof grantingLink>

/** Whether these are the same links, with the same end, reason, ticket and owner. */
export function haveSameTerms(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  const render = (links: readonly GrantingLink[]) =>
    links
      .map(({ key, ...terms }) => JSON.stringify([key, terms.expiresAt, terms.reason, terms.ticket, terms.owner]))
      .sort()
  return JSON.stringify(render(a)) === JSON.stringify(render(b))
}

/** A link and one upload of it. */
export type LinkUpload = Upload & Pick<GrantingLink, 'key'>

/** Whether the link is the same, and was neither uploaded with other content since nor asked to count as new. */
export function isSameLink(known: LinkUpload, found: LinkUpload): boolean {
  return known.key === found.key && isSameUpload(known, found)
}

export function hasExpired({ expiresAt }: Pick<GrantingLink, 'expiresAt'>, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime()
}

/**
 * Whether the links are the same and none was uploaded again. Even an unchanged upload counts: the link may have been deleted in between.
 */
export function areSameUploads(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  const isSame = (one: GrantingLink, other: GrantingLink) =>
    one.key === other.key && one.etag === other.etag && one.lastModified === other.lastModified
  return a.length === b.length && a.every((one) => b.some((other) => isSame(one, other)))
}

/** The last call that could change the assignment. ssofile writes it before it makes the call, and completes it after the answer. */
export const assignmentCall = record({
  kind: z.enum(['creation', 'deletion']),
  /** History records the result under this time too, so a replay writes the same key. */
  calledAt: z.iso.datetime(),
  /** When Identity Center accepted or refused the request. */
  answeredAt: z.iso.datetime().optional(),
  /** Identity Center's request id. */
  id: z.string().optional(),
  /** The request's result. A call that AWS refused at once has FAILED too: it changed nothing. */
  outcome: z.enum(['SUCCEEDED', 'FAILED']).optional(),
  /** When we learned the outcome. */
  endedAt: z.iso.datetime().optional(),
})
export type AssignmentCall = z.infer<typeof assignmentCall>

/** One object under `assignments/`: one access that ssofile made or adopted, and its state. */
export const ledgerEntry = record({
  v: z.literal(1),
  state: z.enum(ledgerStates),
  /** The reason of AWS or ssofile, if the state is `failed` or `stuck`. */
  reason: z.string().optional(),
  /** The principal's name in the links at the last write. */
  principal: principalName,
  principalId,
  /** If the same name gets another ARN, the permission set was made again, and the old access is gone with the old one. */
  permissionSetArn,
  links: z.array(grantingLink),
  call: assignmentCall.optional(),
  /** The last creation that may have taken effect. A later deletion does not hide it. */
  lastCreation: assignmentCall.optional(),
  /** When an earlier creation was called that got no answer. It too may still take effect. */
  unansweredAt: z.iso.datetime().optional(),
  /** When the access was first confirmed. */
  grantedAt: z.iso.datetime().optional(),
  /** When ssofile first saw that the principal is gone. It keeps the access for `orphanGraceMinutes` after that. */
  orphanedAt: z.iso.datetime().optional(),
  /** When a drift check first missed it in Identity Center: somebody else removed it. */
  missingSince: z.iso.datetime().optional(),
  /** The person who removed it. Absent: unknown. */
  removedBy: author.optional(),
  /** When ssofile found it missing, within an hour before the last time. */
  removals: z.array(z.iso.datetime()).optional(),
  /** When an operator gave it to others. The access stays. Once `foreign/` and history say so, the ledger forgets it. */
  releasedAt: z.iso.datetime().optional(),
  /** The next attempt: the time in the key of its twin under `state/open/`. */
  openUntil: z.iso.datetime().optional(),
  /** The twin is below `state/open/urgent/`, because the next attempt takes the access away. */
  isOpenUrgent: z.literal(true).optional(),
  attempts: z.int().min(0),
  updatedAt: z.iso.datetime(),
})
export type LedgerEntry = Readonly<z.infer<typeof ledgerEntry>>

/** The access itself: its entry without the fields for retries. */
export type Access = Omit<LedgerEntry, 'v' | 'openUntil' | 'isOpenUrgent' | 'attempts' | 'updatedAt'>

/** Nothing is left to do, while its links, its account and its names keep their meaning. */
export function isAtRest({ state, orphanedAt, releasedAt }: LedgerEntry): boolean {
  return state === 'granted' && orphanedAt === undefined && releasedAt === undefined
}
