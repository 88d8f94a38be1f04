import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { type OrganizationEvent, parseOrganizationEvent } from '../shared/domain/organization-event.ts'
import { followOrganizationEvents } from '../shared/reconcile/follow-organization-events.ts'
import { OrganizationCache } from '../shared/reconcile/organization-cache.ts'
import { reconcile } from '../shared/reconcile/reconcile.ts'
import type { QueueHandler } from './handler.ts'

/** An event has less time than the hourly reconcile, which goes on where this one ends. */
const renewMs = 60_000

/** An event as parsed; `unknown`: of the directory, or nobody can read it. */
type Received = { readonly record: SQSRecord; readonly name: string } & (
  | { readonly of: 'organization'; readonly event: OrganizationEvent }
  | { readonly of: 'unknown' }
)

/**
 * Something has changed in the organization or the directory. Events come late, twice, out of order and with masked
 * names, so none is believed: they say where to look again. Where they do not, one reconcile looks at everything.
 * What cannot be followed comes again, each event in a message group of its own, and holds up no other.
 */
export const events: QueueHandler = (ports, configuration) => {
  const context = { ports, configuration, organization: new OrganizationCache(ports, configuration.folders) }

  const followOrganization = async (received: readonly Received[]): Promise<void> => {
    const known = received.flatMap((one) => (one.of === 'organization' ? [one.event] : []))
    const report = await followOrganizationEvents(known, context)
    const ignored = known.filter(({ look }) => look === 'nothing')
    ports.log.info('followed events of the organization', { events: namesOf(received), ...report, ignored })
  }
  const reconcileAll = async (received: readonly Received[]): Promise<void> => {
    const report = await reconcile(ports, configuration, { renewMs })
    ports.log.info('reconciled after events', { events: namesOf(received), ...report })
  }
  /** All at once, which is cheaper; where that fails one by one, so that one event holds up no other. */
  const follow = async (
    received: readonly Received[],
    work: (received: readonly Received[]) => Promise<void>,
  ): Promise<readonly Received[]> => {
    if (received.length === 0) return []
    try {
      await work(received)
      return []
    } catch (error) {
      ports.log.error('events could not be followed; they come again', { events: namesOf(received), error })
      if (received.length === 1 || work === reconcileAll) return received
      const failed = await Promise.all(received.map((one) => follow([one], work)))
      return failed.flat()
    }
  }

  return async ({ Records }) => {
    const received = Records.map(parseEvent)
    const isPlaced = (one: Received) => one.of === 'organization' && one.event.look !== 'everything'
    const failed = [
      ...(await follow(received.filter(isPlaced), followOrganization)),
      ...(await follow(
        received.filter((one) => !isPlaced(one)),
        reconcileAll,
      )),
    ]
    return { batchItemFailures: failed.map(({ record }) => ({ itemIdentifier: record.messageId })) }
  }
}

function namesOf(received: readonly Received[]): readonly string[] {
  return received.map(({ name }) => name)
}

function parseEvent(record: SQSRecord): Received {
  const body = parseJson(record.body)
  const event = parseOrganizationEvent(body)
  if (event) return { record, name: event.name, of: 'organization', event }
  return { record, name: nameOf(body), of: 'unknown' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What an EventBridge event is called: for the log. */
const namedEvent = z.object({
  'detail-type': z.string(),
  detail: z.object({ eventName: z.string() }).partial().optional(),
})

function nameOf(body: unknown): string {
  const { 'detail-type': type, detail } = namedEvent.safeParse(body).data ?? {}
  return detail?.eventName ?? type ?? 'an unreadable event'
}
