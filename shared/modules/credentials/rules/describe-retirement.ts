import { type Credential, canBeInactive, describeCredential } from '../../../domain/files/retire-file.ts'
import type { NewStatus, Status } from '../../../domain/statuses/status.ts'
import { dueAt } from './decide-retirement.ts'
import type { Retirement } from './retirement.ts'

/** The status of a retire file, without the data of its upload. */
export type ToldRetirement = Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'atRest' | 'retirement'>

/**
 * The status for the files of a credential. Without a ledger entry: the credential does not exist, and did not exist at the first request.
 *
 * | the ledger says                    | state      | the retirement is   |
 * | ---------------------------------- | ---------- | ------------------- |
 * | nothing                            | `applied`  |                     |
 * | `gone`                             | `applied`  | `gone`              |
 * | no user of this name               | `blocked`  | `inactive`; `watched` if it cannot be inactive |
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
    return {
      state: 'applied',
      reason: `there is no ${what}: nothing to do`,
      remedy: 'delete this file; if the user was renamed, upload a file with the new name',
    }
  const { at: since, madeAt, lastUsedAt } = kept
  const there = { since, madeAt, lastUsedAt }
  if (kept.state === 'gone')
    return {
      state: 'applied',
      reason: `the ${what} is deleted${kept.byOthers ? `${credential.what === 'user' ? ' or renamed' : ''}, by somebody else` : ''}`,
      remedy: 'delete this file',
      retirement: { ...there, state: 'gone' },
    }
  const isKey = canBeInactive(credential)
  if (kept.isUserMissing)
    return {
      state: 'blocked',
      ...describeMissingUser(credential, kept),
      retirement: { ...there, state: isKey ? 'inactive' : 'watched' },
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
  return {
    state: 'applying',
    reason: `the ${what} ${isKey ? 'is inactive' : 'works, and is watched'}; ssofile deletes it ${isDue ? 'now' : `at ${until}`}, unless somebody uses it`,
    remedy: 'to keep it, delete this file before then',
    retirement: { ...there, until, state: isDue ? 'due' : isKey ? 'inactive' : 'watched' },
  }
}

function describeMissingUser(
  { account, user, what }: Credential,
  { state }: Pick<Retirement, 'state'>,
): Pick<ToldRetirement, 'reason' | 'remedy'> {
  const reason = `there is no user ${user} in ${account}: it was renamed or deleted`
  if (state === 'switching on')
    return {
      reason: `${reason}, and IAM does not say which user has the key ${what}, so ssofile cannot make it active`,
      remedy:
        'make the key active, if it is there; then upload this file and delete it again, and ssofile forgets the key',
    }
  return {
    reason: `${reason}. ssofile leaves its credentials as they are`,
    remedy:
      'delete this file to undo the retirement; if the user was renamed, upload a file with the new name afterwards',
  }
}

/** The status while nothing can be called in the account. Nobody has to act. */
export function describeWaiting(why: string | undefined): ToldRetirement {
  return {
    state: 'waiting',
    reason: why,
    remedy: 'nothing to do: ssofile goes on when the account is ACTIVE',
    atRest: true,
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
