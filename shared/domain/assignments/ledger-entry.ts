import * as z from 'zod'
import { author } from '../by-hand/author.ts'
import { record } from '../json/record.ts'
import { uploader } from '../links/input-message.ts'
import { isSameUpload, type Upload, uploadIdentity } from '../links/upload.ts'
import { permissionSetArn, principalId } from '../principals/identity-center-ids.ts'
import { principalName } from '../principals/principal.ts'
import { requestDigest } from '../requests/access-request.ts'

export const ledgerPrefix = 'assignments/'

export const ledgerStates = ['granting', 'granted', 'revoking', 'failed', 'held', 'stuck'] as const
export type LedgerState = (typeof ledgerStates)[number]

/** A link that granted the assignment when it was last evaluated, and which version of it. */
export const grantingLink = record({
  key: z.string(),
  versionId: z.string().optional(),
  etag: z.string(),
  lastModified: z.iso.datetime(),
  ...uploadIdentity,
  by: uploader.optional(),
  /** Who deleted it. Set once it is gone and its access is being revoked. */
  deletedBy: uploader.optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  owner: z.string().optional(),
  expiresAt: z.iso.datetime().optional(),
  /** Of temporary access: the request that it was granted for. */
  ofRequest: record({ user: principalId, digest: requestDigest }).optional(),
})
export type GrantingLink = z.infer<typeof grantingLink>

/** The same links, each until the same instant, for the same reason, by the same ticket and of the same owner. */
export function haveSameTerms(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  const render = (links: readonly GrantingLink[]) =>
    links
      .map(({ key, ...terms }) => JSON.stringify([key, terms.expiresAt, terms.reason, terms.ticket, terms.owner]))
      .sort()
  return JSON.stringify(render(a)) === JSON.stringify(render(b))
}

/** What tells one link, and one content of it, from others. */
export type LinkUpload = Upload & Pick<GrantingLink, 'key'>

/** The same link, not uploaded with another content since, nor asked to count as new. */
export function isSameLink(known: LinkUpload, found: LinkUpload): boolean {
  return known.key === found.key && isSameUpload(known, found)
}

/** Its end has come. */
export function hasExpired({ expiresAt }: Pick<GrantingLink, 'expiresAt'>, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime()
}

/** The same links, none uploaded again, not even as it was: one may have been deleted between. */
export function areSameUploads(a: readonly GrantingLink[], b: readonly GrantingLink[]): boolean {
  const isSame = (one: GrantingLink, other: GrantingLink) =>
    one.key === other.key && one.etag === other.etag && one.lastModified === other.lastModified
  return a.length === b.length && a.every((one) => b.some((other) => isSame(one, other)))
}

/** The last call that could change the assignment. It is written before the call is made; the rest follows its answer. */
export const assignmentCall = record({
  kind: z.enum(['creation', 'deletion']),
  /** Also the instant under which history records the result, so that a replay writes the same key. */
  calledAt: z.iso.datetime(),
  /** When Identity Center took the request, or refused it. */
  answeredAt: z.iso.datetime().optional(),
  /** Identity Center's request id. */
  id: z.string().optional(),
  /** What became of the request. A call that was refused at once has FAILED too: it changed nothing. */
  outcome: z.enum(['SUCCEEDED', 'FAILED']).optional(),
  /** When we learned the outcome. */
  endedAt: z.iso.datetime().optional(),
})
export type AssignmentCall = z.infer<typeof assignmentCall>

/** One object under `assignments/`: one access that ssofile made or adopted, and how far it is. */
export const ledgerEntry = record({
  v: z.literal(1),
  state: z.enum(ledgerStates),
  /** AWS's reason or ours, where the state is `failed` or `stuck`. */
  reason: z.string().optional(),
  /** As links named the principal when this was last written. */
  principal: principalName,
  principalId,
  /** Another ARN under the same name: the permission set was made again, and its former access is gone with it. */
  permissionSetArn,
  links: z.array(grantingLink),
  call: assignmentCall.optional(),
  /** The last creation that may have taken effect. A later deletion does not hide it. */
  lastCreation: assignmentCall.optional(),
  /** When an earlier creation was called that got no answer. It may still take effect, besides the last one. */
  unansweredAt: z.iso.datetime().optional(),
  /** When the access was first confirmed. */
  grantedAt: z.iso.datetime().optional(),
  /** When the principal was first seen gone. Its access is kept for `orphanGraceMinutes` from then on. */
  orphanedAt: z.iso.datetime().optional(),
  /** Since when a drift check misses it in Identity Center: someone else removed it. */
  missingSince: z.iso.datetime().optional(),
  /** Who did that; absent: it is not known. */
  removedBy: author.optional(),
  /** When it was found missing, within an hour before the last time. */
  removals: z.array(z.iso.datetime()).optional(),
  /** When an operator gave it back to others. It stays; once `foreign/` and history say so, the ledger forgets it. */
  releasedAt: z.iso.datetime().optional(),
  /** The next attempt: the instant in the key of its twin under `state/open/`. */
  openUntil: z.iso.datetime().optional(),
  attempts: z.int().min(0),
  updatedAt: z.iso.datetime(),
})
export type LedgerEntry = Readonly<z.infer<typeof ledgerEntry>>

/** The access itself: all of its entry but when it is tried again. */
export type Access = Omit<LedgerEntry, 'v' | 'openUntil' | 'attempts' | 'updatedAt'>

/** Nothing is left to do for it, as long as its links, its account and its names mean what they did. */
export function isAtRest({ state, orphanedAt, releasedAt }: LedgerEntry): boolean {
  return state === 'granted' && orphanedAt === undefined && releasedAt === undefined
}
