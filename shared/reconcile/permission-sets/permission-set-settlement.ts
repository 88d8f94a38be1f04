import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import { nextAttempt } from '../records/open-work.ts'
import { type StoredOwned, writeOwned } from '../records/owned-permission-sets.ts'
import type { Provisionings } from './provisionings.ts'

/** What became of a permission set. `exists`: it is there, so the links that wait for it are to be woken. */
export type PermissionSetSettlement = { readonly status: NewStatus | undefined; readonly exists: boolean }

export type PermissionSetContext = SettleContext & {
  readonly provisionings: Provisionings
  /** Someone may have changed it in Identity Center, so it is read although its file is applied. */
  readonly isDriftCheck: boolean
  /** Tells how far it is. */
  tell(status: NewStatus): Promise<void>
  /** Sends hints at every link that names it: the permission set that they were applied to is gone. */
  wakeLinks(name: PermissionSetName): Promise<void>
}

/** Makes open work of a permission set: from an instant on, or `later`, after a failure, with a growing pause. */
export function deferPermissionSet(
  stored: StoredOwned,
  when: Date | 'later',
  { objects, clock, randomness }: PermissionSetContext,
): Promise<StoredOwned> {
  const { name, value } = stored
  const { attempts = 0 } = value
  const next =
    when === 'later'
      ? { at: nextAttempt(clock.now(), attempts, randomness.fraction()), attempts: attempts + 1 }
      : { at: when, attempts }
  return writeOwned(objects, name, { ...value, openUntil: renderInstant(next.at), attempts: next.attempts }, stored)
}
