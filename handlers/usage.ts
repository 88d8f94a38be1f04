import { parseLooseJson } from '../shared/domain/json/loose-json.ts'
import { watchUses } from '../shared/modules/people/watch-uses.ts'
import { parseUsageEvent, type UsageEvent } from '../shared/modules/usage/rules/use.ts'
import { recordUses, recordWatching } from '../shared/modules/usage/use-records.ts'
import { forEachAtOnce } from '../shared/reconcile/records/list-heads.ts'
import type { QueueHandler } from './handler.ts'

/** An event with its message. */
type Received = UsageEvent & { readonly messageId: string }

/**
 * Records who used which access. An event claims a use, and nothing else follows from it. One write for each person in a batch at most,
 * none if all is known. A record that cannot be written brings back its own messages alone.
 */
export const usage: QueueHandler = (ports, configuration) => {
  const { clock, log, metrics } = ports
  const tellWatched = watchUses(ports, configuration)
  return async ({ Records }) => {
    if (configuration.usageDays === 0) return { batchItemFailures: [] }
    const now = clock.now()
    const received = Records.flatMap(({ messageId, body }): readonly Received[] => {
      const event = parseUsageEvent(parseLooseJson(body), now)
      return event === undefined ? [] : [{ messageId, ...event }]
    })
    const unreadable = Records.length - received.length
    metrics.record('UsesRead', received.length)
    // An alarm rings for an hour of nothing else: AWS may have changed the form of its events, and then uses are missing.
    if (unreadable > 0) {
      metrics.record('UsesUnreadable', unreadable)
      log.warn('ssofile cannot read some events of uses, and ignores them', { unreadable })
    }
    const failed: string[] = []
    await forEachAtOnce(
      Map.groupBy(received, ({ use }) => use?.user),
      async ([user, group]) => {
        const uses = group.flatMap(({ use }) => use ?? [])
        const instants = group.flatMap(({ watchedAt }) => watchedAt ?? [])
        const recording = user
          ? recordUses(ports, user, uses, (fresh) => tellWatched(user, fresh))
          : recordWatching(ports, instants)
        await recording.catch((error: unknown) => {
          log.warn('ssofile could not record uses; SQS delivers their events again', { user, error })
          failed.push(...group.map(({ messageId }) => messageId))
        })
      },
    )
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
