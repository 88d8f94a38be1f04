import * as z from 'zod'
import type { Verdict } from '../../../domain/files/decision-file.ts'
import { record } from '../../../domain/json/record.ts'
import { principalId } from '../../../domain/principals/identity-center-ids.ts'
import { principalType } from '../../../domain/principals/principal.ts'

/** A group or a user, by id. `name`: as in links when it was resolved. */
export const namedPrincipal = record({ type: principalType, id: principalId, name: z.string() })
export type NamedPrincipal = z.infer<typeof namedPrincipal>

const passed = record({ name: z.string(), why: z.string() })

/** Who is asked about an item, frozen when the run began. Only `left` grows. */
export const asked = {
  /** The first answer that is somebody. Empty: only the fallback decides. */
  reviewers: z.array(namedPrincipal),
  /** Those who are asked instead, in this order, if nobody of the ones before is left. Then the fallback. */
  next: z.array(z.array(namedPrincipal)).optional(),
  /** Those who cannot decide any more, in this order, and why. */
  left: z.array(passed).optional(),
  /** The owner that the uploader of the file named. Owners like this may revoke, and not keep. */
  revokers: z.array(namedPrincipal).optional(),
  /** Owners who count as none, and why. */
  passedOver: z.array(passed).optional(),
}
export type ReviewersOfItem = z.infer<ReturnType<typeof record<typeof asked>>>

type Order = Pick<ReviewersOfItem, 'reviewers' | 'next' | 'left'>

/** Those whose turn it is. Empty: the fallback decides. */
export function reviewersNow({ reviewers, next = [], left = [] }: Order): readonly NamedPrincipal[] {
  return [reviewers, ...next][left.length] ?? []
}

/** Those who are asked, or the fallback. */
export function whoDecides(item: Order, { fallback }: Pick<Terms, 'fallback'>): readonly NamedPrincipal[] {
  const asked = reviewersNow(item)
  return asked.length > 0 ? asked : fallback
}

/** `escalatedAt`: it stays when the run ends, where each *keep* is judged again. */
type Terms = { readonly escalatedAt?: string | undefined; readonly fallback: readonly NamedPrincipal[] }

/**
 * Who may decide so now. Those who left keep their rights, in case that they come back. Who came into a group after the beginning is not among `kept`, the groups of then.
 *
 * | verdict | reviewers | the owner by an uploader | the fallback                         |
 * | ------- | --------- | ------------------------ | ------------------------------------ |
 * | keep    | yes       | no                       | without reviewers, or once escalated |
 * | revoke  | yes       | yes                      | without reviewers, or once escalated |
 */
export function askedOf(
  item: ReviewersOfItem,
  { escalatedAt, fallback }: Terms,
  verdict: Verdict,
): readonly NamedPrincipal[] {
  const { reviewers, next = [], left = [], revokers = [] } = item
  const isOpenToAll = reviewersNow(item).length === 0 || escalatedAt !== undefined
  const asked = [reviewers, ...next].slice(0, left.length + 1).flat()
  return [...asked, ...(verdict === 'revoke' ? revokers : []), ...(isOpenToAll ? fallback : [])]
}
