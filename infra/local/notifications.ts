import { notifiedPlaces, placesThatStart } from '../../shared/domain/inputs/kinds.ts'
import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import {
  type NotificationSource,
  renderS3Notification,
  renderS3TestEvent,
} from '../../shared/memory/s3/s3-notification.ts'
import { memoryTables, type OpenTable } from '../../shared/memory/table.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Queues } from '../../shared/ports/queues.ts'
import { localRegion } from './local-account.ts'
import { Outbox } from './outbox.ts'

export type NotificationsOptions = {
  readonly objects: MemoryObjectStore
  readonly queues: Queues
  readonly clock: Clock
  /** Called for each failed delivery, which is then repeated. */
  readonly onError: (error: unknown) => void
  readonly openTable?: OpenTable
  /** Starts the function `retire`: S3 invokes it asynchronously. */
  readonly startRetire?: () => void
}
export type Notifications = {
  /** Ends delivery; the next process with the same tables delivers the rest. */
  stop(): Promise<void>
}

const configurationId = 'inputs'

/**
 * Sends a message to `uploads` for each change of an input, like S3 with the bucket's notification configuration: at least once, without
 * delaying the request. The first message is S3's test event for a new configuration.
 */
export function startNotifications({
  objects,
  queues,
  clock,
  onError,
  openTable = memoryTables,
  startRetire = () => {},
}: NotificationsOptions): Notifications {
  const source: NotificationSource = { bucket: objects.bucket, region: localRegion, configurationId }
  const configured = openTable<{ readonly at: Date }>('notification-configurations')
  const outbox = new Outbox<string>({
    table: openTable('pending-notifications'),
    deliver: (body) => queues.send('uploads', [{ body }]),
    clock,
    onError,
  })
  if (!configured.has(configurationId)) {
    const at = clock.now()
    configured.set(configurationId, { at })
    outbox.put(renderS3TestEvent(source, at))
  }
  const stopListening = objects.onChange((change: ObjectChange) => {
    if (notifiedPlaces().some((place) => change.key.startsWith(place))) outbox.put(renderS3Notification(change, source))
    if (placesThatStart().some((place) => change.key.startsWith(place))) startRetire()
  })
  return {
    async stop() {
      stopListening()
      await outbox.stop()
    },
  }
}
