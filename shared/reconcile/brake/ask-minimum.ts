import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { takeOffList } from '../../domain/brake/lists.ts'
import { asksMinimum, holdForMinimum } from '../../domain/brake/minimum.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'

/** What a policy's minimum has against one revocation. */
export type Minimum = {
  readonly account: AccountId
  readonly access: AssignmentKey
  /**
   * `undefined`: nothing. `leaving`: access that was let go, which may still stand in the ledger. Throws when it cannot be
   * said.
   */
  readonly object: (leaving: ReadonlySet<string>) => Promise<string | undefined>
}

/**
 * Judged while the record is being changed, so one after the other also where two dispatchers overlap. What was held for a
 * minimum before leaves its list where nothing stands against it any more.
 */
export async function judgeMinimum(
  record: BrakeRecord,
  key: AssignmentKey,
  minimum: Minimum | undefined,
  terms: BrakeTerms,
): Promise<{ readonly record: BrakeRecord; readonly isHeld: boolean }> {
  if (!asksMinimum(record, key, terms)) return { record, isHeld: false }
  const objection = await minimum?.object(new Set(record.leaving?.map(({ access }) => access)))
  if (!minimum || objection === undefined) return { record: takeOffList(record, key), isHeld: false }
  return { record: holdForMinimum(record, key, { account: minimum.account, objection }, terms), isHeld: true }
}
