import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { Lease, leaseKey } from '../../shared/reconcile/lease.ts'

/**
 * Lets the dispatcher go on at once over the data of a run that was killed. Its lease would last up to a minute, and the
 * wake that it was handling would lock its message group for a quarter of an hour; but the lock of the data directory
 * shows that it died with its process, so nobody is waited for. Everything else comes back at its own instant.
 */
export async function takeOver(
  { objects, queues }: { readonly objects: MemoryObjectStore; readonly queues: MemoryQueues },
  holder: string,
): Promise<void> {
  if ((await Lease.holder({ objects })) === holder) await objects.delete(leaseKey)
  const wakes = queues.queue('dispatch')
  for (const { receiptHandle, visibleAt } of wakes.messages()) {
    if (receiptHandle !== undefined && visibleAt !== undefined) wakes.changeVisibility(receiptHandle, 0)
  }
}
