import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { addHour, type Hours, hoursFrom } from './rules/hours.ts'
import { addUses, daysBefore, forgetBefore } from './rules/person-uses.ts'
import type { Use } from './rules/use.ts'
import { peoplePrefix, personKey, personRecord, usagePrefix, watchedRecord } from './usage-records.ts'

/**
 * Records the uses of one person. It only reads if none is new in its hour. `onFresh` learns of new ones before they are recorded: so no
 * crash keeps them from it.
 */
export async function recordUses(
  { objects }: Pick<Ports, 'objects'>,
  user: PrincipalId,
  uses: readonly Use[],
  onFresh: (fresh: readonly Use[]) => Promise<void> = async () => {},
): Promise<void> {
  const person = personRecord(objects, personKey(user))
  const stored = await person.read()
  const { fresh } = addUses(user, stored?.value, uses)
  if (fresh.length === 0) return
  await onFresh(fresh)
  await person.revise((current) => addUses(user, current, fresh).person, { stored })
}

export async function recordWatching({ objects }: Pick<Ports, 'objects'>, instants: readonly Date[]): Promise<void> {
  await watchedRecord(objects).revise((current) => ({
    ...current,
    v: 1,
    hours: instants.map(renderInstant).reduce<Hours>(addHour, current?.hours ?? {}),
  }))
}

/** Each night: deletes what is older than `usageDays`. With 0 it deletes everything. */
export async function forgetUses(
  { objects, clock, log }: Pick<Ports, 'objects' | 'clock' | 'log'>,
  { usageDays }: Pick<Configuration, 'usageDays'>,
): Promise<void> {
  const keys = (await Array.fromAsync(objects.list(usageDays === 0 ? usagePrefix : peoplePrefix))).map(({ key }) => key)
  const oldest = daysBefore(clock.now(), usageDays)
  await forEachAtOnce(keys, async (key) => {
    if (usageDays === 0) return void (await objects.delete(key))
    const forgotten = await unlessSpoiled(
      personRecord(objects, key).revise((current) => current && forgetBefore(current, oldest)),
    )
    if (isSpoiled(forgotten)) log.error('ssofile cannot read the uses of a person', { error: forgotten })
  })
  await watchedRecord(objects).revise((current) => current && { ...current, hours: hoursFrom(current.hours, oldest) })
}
