import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { takeOffList, takeOffMembership } from '../../domain/brake/lists.ts'
import { asksMinimum, holdForMinimum, type LeavingItem } from '../../domain/brake/minimum.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'

/** What a policy's minimum has against something, and in which account. */
export type MinimumObjection = { readonly account: AccountId; readonly objection: string }

/** A minimum of people that is asked before somebody loses something. */
export type Minimum = {
  /** What is let go, as others are told of it. */
  readonly access: string
  /**
   * `undefined`: nothing. `leaving`: what was let go, which may still stand in the ledger or in the directory. Throws when it cannot be
   * said.
   */
  readonly object: (leaving: ReadonlySet<string>) => Promise<MinimumObjection | undefined>
}

/**
 * Judged while the record is being changed, so one after the other also where two dispatchers overlap. What was held for a
 * minimum before leaves its list where nothing stands against it any more.
 */
export async function judgeMinimum(
  record: BrakeRecord,
  leaving: LeavingItem,
  minimum: Minimum | undefined,
  terms: BrakeTerms,
): Promise<{ readonly record: BrakeRecord; readonly isHeld: boolean }> {
  if (!asksMinimum(record, leaving, terms)) return { record, isHeld: false }
  const objection = await minimum?.object(new Set(record.leaving?.map(({ access }) => access)))
  if (objection !== undefined) return { record: holdForMinimum(record, leaving, objection, terms), isHeld: true }
  const { item, key } = leaving
  return { record: key === undefined ? takeOffMembership(record, item) : takeOffList(record, key), isHeld: false }
}
