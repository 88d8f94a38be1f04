import { renderInstant } from '../../domain/instant.ts'
import { permissionSetKey } from '../../domain/permission-set-file.ts'
import { moveTwin, nextAttempt } from '../records/open-work.ts'
import { type StoredOwned, writeOwned } from '../records/owned-permission-sets.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'

/** Makes open work of a permission set: from an instant on, or `later`, after a failure, with a growing pause. */
export async function deferPermissionSet(
  stored: StoredOwned,
  when: Date | 'later',
  { objects, clock, randomness }: PermissionSetContext,
): Promise<StoredOwned> {
  const { attempts = 0, openUntil: before } = stored.value
  const isFailure = when === 'later'
  const next = renderInstant(isFailure ? nextAttempt(clock.now(), attempts, randomness.fraction()) : when)
  const value = { ...stored.value, openUntil: next, attempts: isFailure ? attempts + 1 : attempts }
  return moveTwin(objects, permissionSetKey(stored.name), { before, next }, () =>
    writeOwned(objects, stored.name, value, stored),
  )
}
