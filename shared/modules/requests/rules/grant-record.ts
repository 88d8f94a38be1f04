import * as z from 'zod'
import { givenApproval, requestDigest, scopeDigest } from '../../../domain/files/access-request.ts'
import type { TemporaryLinkBody } from '../../../domain/links/link-body.ts'
import { principalId } from '../../../domain/principals/identity-center-ids.ts'

/**
 * The history of a granted request, written once and before the link. While it exists, ssofile never grants, prolongs or judges this
 * digest again.
 */
export const grantRecord = z.looseObject({
  digest: requestDigest,
  key: z.string(),
  /** The link under `links_data/temporary/`. */
  link: z.string(),
  /** The requester's id. */
  user: principalId,
  eligibility: z.string(),
  approvedBy: z.array(givenApproval),
  /** The accounts of its approvals, if they may change: `…%shown%….json` has the list. */
  scope: scopeDigest.optional(),
  /** By S3's clock. */
  grantedAt: z.iso.datetime(),
  startsAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  incident: z.string().optional(),
  endsSessions: z.boolean().optional(),
})
export type GrantRecord = Readonly<z.infer<typeof grantRecord>>

/** The body of the link that a grant makes. It always has the same bytes. */
export function renderGrantedLink(record: GrantRecord): string {
  const { digest, user, eligibility, startsAt, expiresAt, endsSessions } = record
  // Leaves out fields that only another version knows, because that version would write other bytes.
  const approvedBy = record.approvedBy.map((one) => ({ user: one.user, name: one.name, at: one.at }))
  const { reason, ticket, incident } = record
  const notBefore = startsAt > record.grantedAt ? startsAt : undefined
  const request = { digest, user, eligibility, approvedBy, endsSessions }
  // The requester is the owner.
  const body: Record<Exclude<keyof TemporaryLinkBody, 'owner'>, unknown> = {
    expiresAt,
    notBefore,
    reason,
    ticket,
    incident,
    request,
  }
  return `${JSON.stringify(body, undefined, 2)}\n`
}
