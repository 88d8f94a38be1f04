import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { addUses, dateOf, newIn } from '../../domain/usage/usage-day.ts'
import type { Use } from '../../domain/usage/use.ts'
import { hear, type WatchedTime } from '../../domain/usage/watched.ts'
import type { Ports } from '../../ports/ports.ts'
import { dayRecord, watchedRecord } from './usage-records.ts'

/**
 * Records the uses of one person, in the record of the day on which they arrive: a later day never changes. Returns the uses that are new in
 * their hour; without one it only reads. `onFresh` learns of them before they are recorded: so no crash keeps them from it.
 */
export async function recordUses(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  user: PrincipalId,
  uses: readonly Use[],
  onFresh: (fresh: readonly Use[]) => Promise<void> = async () => {},
): Promise<readonly Use[]> {
  const day = dayRecord(objects, dateOf(renderInstant(clock.now())), user)
  const stored = await day.read()
  const fresh = newIn(stored?.value, uses)
  if (fresh.length === 0) return fresh
  await onFresh(fresh)
  await day.revise((current) => addUses(user, current, fresh), { stored })
  return fresh
}

export async function recordWatching({ objects }: Pick<Ports, 'objects'>, instants: readonly Date[]): Promise<void> {
  await watchedRecord(objects).revise((current) =>
    instants.map(renderInstant).reduce<WatchedTime>(hear, current ?? { v: 1, spans: [] }),
  )
}
