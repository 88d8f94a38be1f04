import type { AccountId } from '../organization/account-id.ts'
import { renderInstant } from '../text/instant.ts'
import type { NewStatus, Status } from './status.ts'

/** Work that waits longer than this needs attention. */
const lastsMs = 60_000

/** Why ssofile put off work on an input. `account`: only the work in this account. `isWait`: it ends by itself, so nobody must look. */
export type PutOff = {
  readonly reason: string
  readonly at: Date
  readonly account?: AccountId | undefined
  readonly isWait?: boolean
}

/**
 * The status of an input while its work is put off.
 *
 * | present status                            | becomes                          |
 * | ----------------------------------------- | -------------------------------- |
 * | `applying`, `revoking`, for up to a minute | the same, with the reason        |
 * | `applying`, `revoking`, for longer        | `failed`, with reason and remedy |
 * | `applying`, `revoking`, for longer, and `isWait` | the same, with the reason |
 * | `failed`, because the work was put off    | `failed`, with the newest reason |
 * | any other, or none                        | no change                        |
 */
export function describePutOff(
  current: Status | undefined,
  { reason, at, account, isWait }: PutOff,
): NewStatus | undefined {
  if (current === undefined) return undefined
  const { state } = current
  const until = state === 'failed' ? current.putOff?.state : state
  if (until !== 'applying' && until !== 'revoking') return current
  const since = current.putOff?.since ?? renderInstant(at)
  const putOff = { since, state: until, account }
  const told = { ...current, putOff, reason: `not done yet; ssofile tries again by itself: ${reason}` }
  const isLasting = isWait !== true && at.getTime() - Date.parse(since) >= lastsMs
  if (!isLasting) return { ...told, state: until, remedy: undefined }
  return {
    ...told,
    state: 'failed',
    remedy:
      'ask an operator to find the cause with ssofile doctor and to remove it; ssofile tries again by itself every minute',
  }
}
