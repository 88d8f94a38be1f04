import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import {
  type NotificationSource,
  renderS3Notification,
  renderS3TestEvent,
} from '../../shared/memory/s3/s3-notification.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Queues } from '../../shared/ports/queues.ts'
import { localRegion } from './local-account.ts'

export type NotificationsOptions = {
  readonly objects: MemoryObjectStore
  readonly queues: Queues
  readonly clock: Clock
  /** Told of each attempt to deliver that failed; it is repeated. */
  readonly onError: (error: unknown) => void
}
export type Notifications = {
  /** Ends delivery; what has not been delivered by then is lost. */
  stop(): Promise<void>
}

const prefixes = ['links_data/', 'permission_sets/'] as const
const pauseAfterErrorMs = 1000

/**
 * Sends a message to `uploads` for each change of an input, as the bucket's notification configuration makes S3 do:
 * at least once, without holding up the request. First S3's test event, which it sends when that is configured.
 */
export function startNotifications({ objects, queues, clock, onError }: NotificationsOptions): Notifications {
  const source: NotificationSource = { bucket: objects.bucket, region: localRegion, configurationId: 'inputs' }
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const deliver = async (body: string) => {
    while (!stopping.signal.aborted) {
      try {
        return await queues.send('uploads', [{ body }])
      } catch (error) {
        onError(error)
        await clock.sleep(pauseAfterErrorMs, stopping.signal)
      }
    }
  }
  const start = (body: string) => {
    const delivery = deliver(body).finally(() => running.delete(delivery))
    running.add(delivery)
  }
  start(renderS3TestEvent(source, clock.now()))
  const stopListening = objects.onChange((change: ObjectChange) => {
    if (prefixes.some((prefix) => change.key.startsWith(prefix))) start(renderS3Notification(change, source))
  })
  return {
    async stop() {
      stopListening()
      stopping.abort()
      await Promise.all(running)
    },
  }
}
