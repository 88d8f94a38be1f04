import { type Credential, canBeInactive, describeCredential } from '../../../domain/files/retire-file.ts'
import type { NewStatus, Status } from '../../../domain/statuses/status.ts'
import { dueAt } from './decide-retirement.ts'
import type { Retirement } from './retirement.ts'

/** The status of a retire file, without the data of its upload. */
export type ToldRetirement = Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'retirement'>

/**
 * The status for the files of a credential. Without a ledger entry: the credential does not exist, and did not exist at the first request.
 *
 * | the ledger says                    | state      | the retirement is   |
 * | ---------------------------------- | ---------- | ------------------- |
 * | nothing                            | `applied`  |                     |
 * | `gone`                             | `applied`  | `gone`              |
 * | `used since`                       | `blocked`  | `used since`        |
 * | anything else, and days are left   | `applying` | `inactive`; `watched` if it cannot be inactive |
 * | anything else                      | `applying` | `due`               |
 */
export function describeRetirement(
  credential: Credential,
  kept: Retirement | undefined,
  { now, retireAfterDays }: { readonly now: Date; readonly retireAfterDays: number },
): ToldRetirement {
  const what = describeCredential(credential)
  if (kept === undefined)
    return { state: 'applied', reason: `there is no ${what}: nothing to do`, remedy: 'delete this file' }
  const { at: since, madeAt, lastUsedAt } = kept
  const there = { since, madeAt, lastUsedAt }
  if (kept.state === 'gone')
    return {
      state: 'applied',
      reason: `the ${what} is deleted${kept.byOthers ? ', by somebody else' : ''}`,
      remedy: 'delete this file',
      retirement: { ...there, state: 'gone' },
    }
  if (kept.state === 'used since')
    return {
      state: 'blocked',
      reason: `the ${what} stays: ${kept.why}`,
      remedy:
        'find out who needs it, then delete this file to undo the retirement; upload it again when nothing uses the credential',
      retirement: { ...there, state: 'used since' },
    }
  const due = dueAt(kept, retireAfterDays)
  const until = due.toISOString()
  const isDue = now >= due
  const isKey = canBeInactive(credential)
  return {
    state: 'applying',
    reason: `the ${what} ${isKey ? 'is inactive' : 'works, and is watched'}; ssofile deletes it ${isDue ? 'now' : `at ${until}`}, unless somebody uses it`,
    remedy: 'to keep it, delete this file before then',
    retirement: { ...there, until, state: isDue ? 'due' : isKey ? 'inactive' : 'watched' },
  }
}

/** The status while nobody knows which files may ask. It keeps the state of the credential as of the last look. */
export function describeUnknownRules(why: string, told: Pick<Status, 'retirement'> | undefined): ToldRetirement {
  return {
    state: 'failed',
    reason: `${why}, so ssofile retires and restores nothing`,
    remedy: 'ask governance to upload a valid hygiene.json with ownerTag; ssofile looks again every five minutes',
    retirement: told?.retirement,
  }
}
