import * as z from 'zod'
import type { Verdict } from '../../../domain/files/decision-file.ts'
import { record } from '../../../domain/json/record.ts'
import { principalId } from '../../../domain/principals/identity-center-ids.ts'
import { principalType } from '../../../domain/principals/principal.ts'

/** A group or a user, by id. `name`: as in links when it was resolved. */
export const namedPrincipal = record({ type: principalType, id: principalId, name: z.string() })
export type NamedPrincipal = z.infer<typeof namedPrincipal>

/** Who is asked about an item, frozen when the run began. */
export const asked = {
  /** The first answer that is somebody. Empty: only the fallback decides. */
  reviewers: z.array(namedPrincipal),
  /** The owner whom the uploader of the file named. Owners like this may revoke, and not keep. */
  revokers: z.array(namedPrincipal).optional(),
  /** Owners who count as none, and why. */
  passedOver: z.array(record({ name: z.string(), why: z.string() })).optional(),
}
export type ReviewersOfItem = z.infer<ReturnType<typeof record<typeof asked>>>

/** `escalatedAt`: it stays when the run ends, where each *keep* is judged again. */
type Terms = { readonly escalatedAt?: string | undefined; readonly fallback: readonly NamedPrincipal[] }

/**
 * Who may decide so now. Who came into a group after the beginning is not among `kept`, the groups of then.
 *
 * | verdict | reviewers | the owner by an uploader | the fallback                         |
 * | ------- | --------- | ------------------------ | ------------------------------------ |
 * | keep    | yes       | no                       | without reviewers, or once escalated |
 * | revoke  | yes       | yes                      | without reviewers, or once escalated |
 */
export function askedOf(
  { reviewers, revokers = [] }: ReviewersOfItem,
  { escalatedAt, fallback }: Terms,
  verdict: Verdict,
): readonly NamedPrincipal[] {
  const isOpenToAll = reviewers.length === 0 || escalatedAt !== undefined
  return [...reviewers, ...(verdict === 'revoke' ? revokers : []), ...(isOpenToAll ? fallback : [])]
}
