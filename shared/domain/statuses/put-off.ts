import type { AccountId } from '../organization/account-id.ts'
import { renderInstant } from '../text/instant.ts'
import type { NewStatus, Status } from './status.ts'

/** Work that is put off longer than this needs attention. */
const lastsMs = 60_000

/** Why work on an input was put off. `account`: only the work there. `isWait`: it passes by itself, so nobody must look. */
export type PutOff = {
  readonly reason: string
  readonly at: Date
  readonly account?: AccountId | undefined
  readonly isWait?: boolean
}

/**
 * The status of an input while work on it is put off.
 *
 * | status until now                          | becomes                          |
 * | ----------------------------------------- | -------------------------------- |
 * | `applying`, `revoking`, for up to a minute | the same, with the reason        |
 * | `applying`, `revoking`, for longer        | `failed`, with reason and remedy |
 * | the same, and it is a wait                | the same, with the reason        |
 * | `failed`, by this                         | `failed`, with the newest reason |
 * | any other, or none                        | as it is                         |
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
  const told = { ...current, putOff, reason: `not done yet, and tried again by itself: ${reason}` }
  const isLasting = isWait !== true && at.getTime() - Date.parse(since) >= lastsMs
  if (!isLasting) return { ...told, state: until, remedy: undefined }
  return {
    ...told,
    state: 'failed',
    remedy: 'an operator looks with: ssofile doctor, and removes the cause; it is tried again by itself every minute',
  }
}
