import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { MemoryEventBus, type TakenEvent } from '../../shared/memory/memory-event-bus.ts'
import { MemorySecrets } from '../../shared/memory/memory-secrets.ts'
import { MemoryTopic } from '../../shared/memory/memory-topic.ts'
import type { OpenTable } from '../../shared/memory/table.ts'
import { type Notification, notification } from '../../shared/modules/notifications/rules/notification.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { notificationSource } from '../../shared/ports/event-bus.ts'
import type { Log, LogFields } from '../../shared/ports/log.ts'
import type { Randomness } from '../../shared/ports/randomness.ts'
import { localAccountId, localRegion } from './local-account.ts'

export const localBus = 'local-outcomes'
export const localTopicArn = `arn:aws:sns:${localRegion}:${localAccountId}:local-notifications`

type Options = {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable: OpenTable
  readonly log: Log
}
export type OutcomeServices = ReturnType<typeof openOutcomeServices>

/** The services that deliver outcomes. It prints every outcome. */
export function openOutcomeServices({ log, ...common }: Options) {
  const print = openPrinter(common.clock, log)
  return {
    bus: new MemoryEventBus({ ...common, onEvent: print }),
    topic: new MemoryTopic({
      ...common,
      topicArn: localTopicArn,
      onMail: ({ receiver, subject }) => log.info('mail sent', { receiver, subject }),
    }),
    secrets: new MemorySecrets({ ...common, region: localRegion, account: localAccountId }),
  }
}

const linesMost = 20
const minuteMs = 60_000

/** One line for each outcome, at most 20 a minute; then only the number of the others. */
function openPrinter(clock: Clock, log: Log): (event: TakenEvent) => void {
  let minute = 0
  let count = 0
  const tellOthers = () => {
    if (count > linesMost) log.info('more outcomes: GET /_ssofile/notifications', { more: count - linesMost })
  }
  return ({ source, detail }) => {
    const told = source === notificationSource ? notification.safeParse(JSON.parse(detail)).data : undefined
    if (told === undefined) return
    const now = Math.floor(clock.now().getTime() / minuteMs)
    if (now !== minute) {
      tellOthers()
      minute = now
      count = 0
    }
    count += 1
    if (count <= linesMost) log.info(`outcome: ${told.event}`, fieldsOf(told))
    if (count === linesMost) log.info('there are more outcomes of this minute: GET /_ssofile/notifications')
  }
}

function fieldsOf(told: Notification): LogFields {
  if (told.kind === 'drift') return { missing: told.missing, foreign: told.foreign }
  if (told.kind === 'request') return { request: told.request, digest: told.digest, reason: told.reason }
  if (told.kind === 'reach') return { date: told.date, accounts: told.accounts, permissionSets: told.permissionSets }
  const { by, reason } = told
  return told.kind === 'input' ? { input: told.input, by, reason } : { subject: told.subject, by, reason }
}

const asked = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

/**
 * `GET /_ssofile/notifications?after=SEQUENCE&limit=100`: the outcomes on the bus, ascending, with `next` if there are more, and the last
 * mails.
 */
export function addOutcomes(app: FastifyInstance, { bus, topic }: OutcomeServices): void {
  app.get('/_ssofile/notifications', async (request, reply) => {
    const query = asked.safeParse(request.query)
    if (!query.success)
      return reply.code(400).send({ received: request.query, expected: 'after: a sequence, from 0; limit: 1 to 1000' })
    const { after, limit } = query.data
    const found = bus.events().filter(({ sequence }) => sequence > after)
    const outcomes = found
      .slice(0, limit)
      .map(({ detail, ...event }) => ({ ...event, detail: JSON.parse(detail) as unknown }))
    const next = found.length > limit ? outcomes.at(-1)?.sequence : undefined
    return { outcomes, next, mails: topic.mails() }
  })
}
