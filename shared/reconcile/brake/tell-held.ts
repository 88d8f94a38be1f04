import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { describeContents } from '../../domain/brake/held-contents.ts'
import { listHeld } from '../../domain/brake/lists.ts'
import type { Ports } from '../../ports/ports.ts'
import { showList } from '../records/brake-file.ts'
import type { NewlyHeld } from './brake-store.ts'

/** Raises the alarm, as an unreadable brake does. */
export function tellHeld(
  { log, metrics }: Pick<Ports, 'log' | 'metrics'>,
  { lists, contents }: NewlyHeld,
  record: BrakeRecord,
): void {
  metrics.record('BrakeHolds')
  if (lists.length > 0)
    log.error('the brake holds revocations; to review them, run ssofile brake', {
      alarm: 'brake',
      held: listHeld(record).length,
      lists: lists.map((list) => {
        const { digest, rule, cause, name, folder, figure, limit, since } = showList(list)
        return { digest, rule, cause, name, folder, figure, limit, since }
      }),
    })
  if (contents.length > 0)
    log.error('the brake holds files of permission sets; to review them, run ssofile brake', {
      alarm: 'brake',
      permissionSets: contents.map((one) => {
        const { digest, name, assignments, since } = one
        return { digest, name, assignments, since, reason: describeContents(one) }
      }),
    })
}
