import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { type DirectoryChange, parseDirectoryEvent } from '../shared/domain/directory-event.ts'
import { followDirectoryEvents } from '../shared/reconcile/follow-directory-events.ts'
import { reconcile } from '../shared/reconcile/reconcile.ts'
import type { QueueHandler } from './handler.ts'

/** What an EventBridge event is called, for the log. */
const namedEvent = z.object({
  'detail-type': z.string(),
  detail: z.object({ eventName: z.string() }).partial().optional(),
})

type Followed = { readonly record: SQSRecord; readonly name: string; readonly change: DirectoryChange | undefined }

/**
 * Something has changed in the organization or the directory. Events come late, twice, out of order and with masked
 * names, so none is believed: of the directory's the id says whose assignments to look at, and after any other one
 * reconcile compares everything as it is now. What links wait for may have appeared.
 */
export const events: QueueHandler = (ports, configuration) => async (event) => {
  const followed = event.Records.map((record): Followed => ({ record, ...read(record.body) }))
  const ofDirectory = followed.filter(({ change }) => change !== undefined)
  const others = followed.filter(({ change }) => change === undefined)
  const failed: Followed[] = []
  const follow = async (some: readonly Followed[], work: () => Promise<object>): Promise<void> => {
    const names = some.map(({ name }) => name)
    try {
      if (some.length > 0) ports.log.info('events followed', { events: names, ...(await work()) })
    } catch (error) {
      ports.log.error('events could not be followed; they come again', { events: names, error })
      failed.push(...some)
    }
  }
  await follow(ofDirectory, async () => {
    const changes = ofDirectory.flatMap(({ change }) => (change === undefined ? [] : [change]))
    return { hints: await followDirectoryEvents(ports, configuration, changes) }
  })
  await follow(others, () => reconcile(ports, configuration))
  return { batchItemFailures: failed.map(({ record }) => ({ itemIdentifier: record.messageId })) }
}

function read(body: string): Pick<Followed, 'name' | 'change'> {
  try {
    const event: unknown = JSON.parse(body)
    const { 'detail-type': type, detail } = namedEvent.parse(event)
    return { name: detail?.eventName ?? type, change: parseDirectoryEvent(event) }
  } catch {
    return { name: 'an unreadable event', change: undefined }
  }
}
