import * as z from 'zod'
import { permissionSetArn, principalId } from './identity-center-ids.ts'
import { uploader } from './input-message.ts'

export const ledgerPrefix = 'assignments/'

export const ledgerStates = ['granting', 'granted', 'revoking', 'failed', 'held', 'stuck'] as const
export type LedgerState = (typeof ledgerStates)[number]

/** A link that granted the assignment when it was last evaluated, and which version of it. */
export const grantingLink = z.strictObject({
  key: z.string(),
  versionId: z.string().optional(),
  etag: z.string(),
  lastModified: z.iso.datetime(),
  by: uploader.optional(),
  /** Who deleted it, once it is gone and its access is being revoked. */
  deletedBy: uploader.optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  expiresAt: z.iso.datetime().optional(),
})
export type GrantingLink = z.infer<typeof grantingLink>

type Upload = Pick<GrantingLink, 'key' | 'etag' | 'lastModified'>

/** The same upload of the same link. Empty files share one etag: of these only `lastModified` tells a new upload. */
export function isSameUpload(a: Upload, b: Upload): boolean {
  return a.key === b.key && a.etag === b.etag && a.lastModified === b.lastModified
}

/** The same links, none uploaded anew. */
export function areSameUploads(a: readonly Upload[], b: readonly Upload[]): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => isSameUpload(one, other)))
}

/** The last call that could change the assignment. Written before it is made; `id` and `answeredAt` follow its answer. */
export const assignmentCall = z.strictObject({
  kind: z.enum(['creation', 'deletion']),
  /** Also the instant under which history records what the call led to, so that a replay writes the same key. */
  calledAt: z.iso.datetime(),
  answeredAt: z.iso.datetime().optional(),
  /** Identity Center's request id. */
  id: z.string().optional(),
})
export type AssignmentCall = z.infer<typeof assignmentCall>

/** One access of ours: to whom, and how far it is. */
const access = {
  state: z.enum(ledgerStates),
  /** AWS's or our reason, where the state is `failed` or `stuck`. */
  reason: z.string().optional(),
  principalId,
  permissionSetArn,
  links: z.array(grantingLink),
  call: assignmentCall.optional(),
  /** The last create, which a later delete would otherwise hide: an unanswered one may still take effect. */
  lastCreation: assignmentCall.optional(),
  /** When a create was called that nobody answered and that was repeated: it may take effect besides. */
  unansweredAt: z.iso.datetime().optional(),
  /** Whether the access was ever confirmed by reading it back. */
  grantedAt: z.iso.datetime().optional(),
}

/** Access under an id or ARN that its names stood for before: revoked once those that they stand for now have theirs. */
export const formerAccess = z.strictObject(access)
export type FormerAccess = z.infer<typeof formerAccess>

/** The body of one object under `assignments/`: what ssofile made or adopted, and how far it is. */
export const ledgerEntry = z.strictObject({
  v: z.literal(1),
  ...access,
  former: z.array(formerAccess).min(1).optional(),
  /** When the principal was first seen gone: its access is kept for `orphanGraceMinutes` from then on. */
  orphanedAt: z.iso.datetime().optional(),
  /** Since when a drift check misses it in Identity Center: someone else removed it. */
  missingSince: z.iso.datetime().optional(),
  /** The next attempt: the instant in the key of its twin under `state/open/`. */
  openUntil: z.iso.datetime().optional(),
  attempts: z.int().min(0),
  updatedAt: z.iso.datetime(),
})
export type LedgerEntry = z.infer<typeof ledgerEntry>

/** Nothing is left to do for it, as long as its links, its account and its names mean what they did. */
export function isSettled({ state, former, orphanedAt }: LedgerEntry): boolean {
  return state === 'granted' && former === undefined && orphanedAt === undefined
}
