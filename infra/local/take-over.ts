import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { Lease, leaseRecord } from '../../shared/reconcile/dispatcher/lease.ts'

/**
 * Lets the dispatcher continue at once after a killed run. The old lease would last up to a minute, and the unfinished wake would lock its
 * message group for a quarter of an hour. The lock of the data directory proves that the old process is dead, so waiting is needless.
 * Everything else comes back at its own time.
 */
export async function takeOver(
  { objects, queues }: { readonly objects: MemoryObjectStore; readonly queues: MemoryQueues },
  holder: string,
): Promise<void> {
  if ((await Lease.holder({ objects })) === holder) await objects.delete(leaseRecord.at)
  const wakes = queues.queue('dispatch')
  for (const { receiptHandle } of wakes.messages()) {
    // Checked one by one: some may have expired by now.
    if (receiptHandle !== undefined && wakes.find(receiptHandle)?.visibleAt !== undefined)
      wakes.changeVisibility(receiptHandle, 0)
  }
}
