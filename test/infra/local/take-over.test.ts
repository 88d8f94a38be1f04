import { expect, test } from '@jest/globals'
import { takeOver } from '../../../infra/local/take-over.ts'
import { MemoryObjectStore } from '../../../shared/memory/s3/memory-object-store.ts'
import { SeededRandomness } from '../../../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import { Lease, leaseRecord } from '../../../shared/reconcile/dispatcher/lease.ts'
import { CollectedLog } from '../../collected-log.ts'
import { VirtualClock } from '../../virtual-clock.ts'

async function worldHeldBy(holder: string) {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const queues = new MemoryQueues({ clock })
  const ports = { objects, leaseClock: clock, randomness: new SeededRandomness(1), log: new CollectedLog() }
  await Lease.acquire(ports, holder)
  await queues.send('dispatch', [{ body: '{}', groupId: 'dispatcher', deduplicationId: '1' }])
  await queues.send('links', [{ body: '{}', groupId: 'a', deduplicationId: '1' }])
  for (const queue of ['dispatch', 'links'] as const) await queues.receive(queue, { most: 10, waitSeconds: 0 })
  return { clock, objects, queues }
}

test('the lease and the wake of a dispatcher that died with its process are free at once; the rest keeps its instant', async () => {
  const { objects, queues } = await worldHeldBy('local system')
  await takeOver({ objects, queues }, 'local system')
  expect(await objects.head(leaseRecord.at)).toBeUndefined()
  expect(queues.queue('dispatch').counts()).toEqual({ visible: 1, inFlight: 0 })
  expect(queues.queue('links').counts()).toEqual({ visible: 0, inFlight: 1 })
})

test('a wake whose visibility timeout has ended meanwhile is left as it is', async () => {
  const { clock, objects, queues } = await worldHeldBy('local system')
  await clock.advance(1_000_000)
  await takeOver({ objects, queues }, 'local system')
  expect(queues.queue('dispatch').counts()).toEqual({ visible: 1, inFlight: 0 })
})

test('the lease of somebody else is respected', async () => {
  const { objects, queues } = await worldHeldBy('ssofile apply')
  await takeOver({ objects, queues }, 'local system')
  expect(await objects.head(leaseRecord.at)).toBeDefined()
})
