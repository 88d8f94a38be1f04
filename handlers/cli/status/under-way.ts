import pLimit from 'p-limit'
import type { Status, StatusState } from '../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { isCurrent } from './untold-inputs.ts'

const underWay = new Set<StatusState>(['applying', 'revoking'])
const wanting = new Set<StatusState>(['rejected', 'failed', 'held', 'blocked'])

/** Whether the status needs a person. With such a status the exit code is 1. */
export function wantsPerson({ state }: Pick<Status, 'state'>): boolean {
  return wanting.has(state)
}

/**
 * How many of these inputs ssofile is still working on. A link that waits for a permission set counts while the file of the permission set
 * is in the bucket without a fault: an upload of both is one piece of work.
 */
export async function countUnderWay(
  ports: Pick<Ports, 'objects' | 'clock'>,
  statuses: readonly Pick<Status, 'state' | 'waitsFor'>[],
): Promise<number> {
  const files = new Set(statuses.flatMap(({ waitsFor }) => waitsFor ?? []))
  const coming = new Set<string>()
  const limit = pLimit(readsAtOnce)
  await limit.map(files, async (file) => {
    if (await isComing(file, ports)) coming.add(file)
  })
  return statuses.filter(({ state, waitsFor = '' }) => underWay.has(state) || coming.has(waitsFor)).length
}

async function isComing(file: string, { objects, clock }: Pick<Ports, 'objects' | 'clock'>): Promise<boolean> {
  const [object, status] = await Promise.all([objects.head(file), new StatusStore(objects, clock).read(file)])
  return object !== undefined && !(status !== undefined && isCurrent(status, object) && wantsPerson(status))
}
