import { renderInstant } from '../domain/instant.ts'
import { permissionSetKey } from '../domain/permission-set-file.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { nextAttempt, openWorkKey } from './open-work.ts'
import { type OwnedPermissionSet, type StoredOwned, writeOwned } from './owned-permission-sets.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'

/**
 * What is not done goes on as open work: twin first, so that a record never waits for a retry that is not scheduled.
 * `now`: without delay, since nothing failed.
 */
export async function deferPermissionSet(
  stored: StoredOwned,
  when: 'now' | 'later',
  { objects, clock, randomness }: PermissionSetContext,
): Promise<StoredOwned> {
  const { attempts = 0, openUntil: before, ...rest } = stored.value
  const next = when === 'now' ? clock.now() : nextAttempt(clock.now(), attempts, randomness.fraction())
  const openUntil = renderInstant(next)
  await objects.put(openWorkKey(openUntil, permissionSetKey(stored.name)), new Uint8Array())
  const value: OwnedPermissionSet = { ...rest, openUntil, attempts: when === 'now' ? attempts : attempts + 1 }
  const written = await writeOwned(objects, stored.name, value, stored)
  if (before !== openUntil) await closePermissionSetTwin(objects, stored)
  return written
}

/** `stored` is the record as it was before: nothing is left to be tried again. */
export async function closePermissionSetTwin(objects: ObjectStore, { name, value }: StoredOwned): Promise<void> {
  if (value.openUntil !== undefined) await objects.delete(openWorkKey(value.openUntil, permissionSetKey(name)))
}
