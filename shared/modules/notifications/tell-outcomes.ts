import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Receiver } from '../../domain/deployment/notification-settings.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { portionsOf } from '../../domain/text/portions.ts'
import { eventsMost } from '../../ports/event-bus.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { repeatPatiently } from '../../reconcile/calls/repeat-patiently.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { type FoundOutcome, findOutcomes, idOf } from './find-outcomes.ts'
import { firstOutbox, forgetOld, type Outbox, outboxRecord, overlapMs } from './outbox.ts'
import { addToDigest, type DigestMessage, emptyDigest, sizeOf, waysOf } from './rules/digest.ts'
import { detailTypes, type Notification } from './rules/notification.ts'
import { isHeardBy } from './rules/receivers.ts'
import { sendDigests } from './send-digests.ts'

/** Time between two listings of all statuses. While there are few, every look lists them, which costs one request. */
const wholeLookEveryMs = 5 * 60_000
const statusesAtOnce = 1_000

type TellingPorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log'> & {
  readonly eventBus: NonNullable<Ports['eventBus']>
}

/** `told`: put on the event bus. `digests`: sent to receivers. `left`: for the next look. */
export type Telling = { readonly told: number; readonly digests: number; readonly left: number }

/**
 * Puts new outcomes on the event bus and collects them for their receivers: first what changed and what needs attention, so that approvers
 * do not wait for a listing of all statuses; then, every five minutes or until it has come to its end, everything.
 *
 * `page`: the URL of the page for everybody, for links in digests.
 */
export async function tellOutcomes(ports: TellingPorts, configuration: Configuration, page?: string): Promise<Telling> {
  const first = await lookOnce(ports, { configuration, page, wantsWhole: false })
  if (!first.isWholeDue) return first
  const { told, digests, left } = await lookOnce(ports, { configuration, page, wantsWhole: true })
  return { told: first.told + told, digests: first.digests + digests, left }
}

type LookSettings = {
  readonly configuration: Configuration
  readonly page: string | undefined
  readonly wantsWhole: boolean
}

/**
 * One look. The records are the outbox, so a process may die at any line.
 *
 * | it dies               | then                                                                                |
 * | --------------------- | ----------------------------------------------------------------------------------- |
 * | before the events     | the next look finds the same                                                        |
 * | before the outbox     | the next look puts the same events again, under the same ids                         |
 * | before the digests    | they are in the outbox, and the next look sends them                                 |
 * | after the digests     | the same digests are sent again, and the queue knows their ids for five minutes      |
 *
 * Unsent digests come last too: a digest that cannot be sent holds up no event. Its receiver gets the next one after it.
 *
 * If two looks run at once, only one writes its outbox. The other's events on the bus have the same ids. `isWholeDue`: this look was
 * short, and a whole one is due.
 */
async function lookOnce(
  ports: TellingPorts,
  { configuration, page, wantsWhole }: LookSettings,
): Promise<Telling & { readonly isWholeDue: boolean }> {
  const record = outboxRecord.of(ports.objects)
  const read = await unlessSpoiled(record.read())
  const stored = isSpoiled(read) ? undefined : read
  const now = stored?.object.servedAt ?? (await readNow(ports))
  const before = stored?.value ?? firstOutbox(now)
  const wholeAt = before.wholeAt === undefined ? 0 : Date.parse(before.wholeAt)
  const isDue = ports.clock.now().getTime() - wholeAt >= wholeLookEveryMs
  const isWhole = wantsWhole || before.statuses <= statusesAtOnce
  const isWholeDue = isDue && !isWhole
  const { found, open, statuses } = await findOutcomes({ ...ports, configuration, outbox: before, isWhole })
  const notifications = found.map((one) => one.told)
  const accepted = await publish(ports, notifications)
  const told = found.filter((one) => accepted.has(one.told.id))
  const untold = [...open, ...found.filter((one) => !accepted.has(one.told.id))]
  const left = untold.length
  const openFrom = untold.reduce((first, { writtenAt }) => Math.min(first, writtenAt), Number.POSITIVE_INFINITY)
  const noted = noteTold(before, told, { now, statuses, openFrom }, ports)
  const after = collect(noted, told, ports, { ...configuration.notifications, page })
  // If only the time changed, write nothing: the next look begins at the same time as this one.
  const isWorthNoting = (isDue && isWhole) || told.length + left + after.sending.length > 0
  if (!isWorthNoting) return { told: 0, digests: 0, left, isWholeDue }
  // Overwrite a spoiled outbox: otherwise every look would report everything again.
  const written = await record.write(after, read?.object.etag)
  if (written.outcome === 'lost') {
    ports.log.info('another run sent the outcomes first')
    return { told: 0, digests: 0, left: found.length, isWholeDue: false }
  }
  const unsent = await sendDigests(ports, after.sending)
  const digests = after.sending.length - unsent.length
  if (digests > 0) await record.write({ ...after, sending: [...unsent] }, written.etag)
  return { told: told.length, digests, left, isWholeDue }
}

type Looked = { readonly now: Date; readonly statuses: number | undefined; readonly openFrom: number }

/** The next look begins where nothing is left before. `statuses`: the look was whole. `openFrom`: the first that is left, in ms. */
function noteTold(
  before: Outbox,
  told: readonly FoundOutcome[],
  { now, statuses, openFrom }: Looked,
  { clock }: Pick<Ports, 'clock'>,
): Outbox {
  const noted: Outbox = { ...before, changes: { ...before.changes }, inputs: { ...before.inputs } }
  for (const { note } of told) note(noted)
  const reachedMs = Math.min(now.getTime(), openFrom + overlapMs)
  const since = renderInstant(new Date(Math.max(reachedMs, Date.parse(before.since))))
  if (statuses === undefined) return forgetOld({ ...noted, since }, now)
  // A whole look that has not come to its end is due again.
  const wholeAt = openFrom === Number.POSITIVE_INFINITY ? { wholeAt: renderInstant(clock.now()) } : {}
  return forgetOld({ ...noted, ...wholeAt, since, wholeSince: renderInstant(new Date(reachedMs)), statuses }, now)
}

/** Adds the outcomes to their receivers' digests, and completes those that are due. A receiver with an unsent digest waits for it. */
function collect(
  outbox: Outbox,
  found: readonly FoundOutcome[],
  { clock }: Pick<Ports, 'clock'>,
  { receivers, digestMinutes, page }: Configuration['notifications'] & { readonly page: string | undefined },
): Outbox {
  const now = clock.now()
  const sending: DigestMessage[] = [...outbox.sending]
  const collected: Outbox['receivers'] = {}
  for (const receiver of receivers) {
    const { toldAt, digest } = outbox.receivers[receiver.name] ?? { digest: emptyDigest }
    const heard = found.filter((one) => isNewTo(receiver, one)).map(({ told }) => told)
    const waiting = addToDigest(digest, heard, page)
    const isUnsent = outbox.sending.some((one) => one.receiver === receiver.name)
    const isDue = toldAt === undefined || now.getTime() - Date.parse(toldAt) >= digestMinutes * 60_000
    if (sizeOf(waiting) === 0 || isUnsent || !isDue) {
      collected[receiver.name] = { toldAt, digest: waiting }
      continue
    }
    const at = renderInstant(now)
    for (const way of waysOf(receiver))
      sending.push({ v: 1, id: idOf('digest', receiver.name, way, at), receiver: receiver.name, way, ...waiting })
    collected[receiver.name] = { toldAt: at, digest: emptyDigest }
  }
  return { ...outbox, receivers: collected, sending }
}

function isNewTo(receiver: Receiver, { told, isAgain }: FoundOutcome): boolean {
  const isKnown = isAgain && told.kind === 'request' && isHeardBy(receiver, { ...told, approvers: [] })
  return isHeardBy(receiver, told) && !isKnown
}

const callsAtOnce = 4
const repetition = { attemptsMost: 4, firstMs: 200, mostMs: 5_000 }

type PublishPorts = Pick<Ports, 'clock' | 'randomness' | 'log'> & { readonly eventBus: NonNullable<Ports['eventBus']> }

/**
 * Puts notifications on the event bus, and returns the ids of the accepted ones. PutEvents may accept some entries of a call and refuse
 * others: only the refused ones are sent again. (EventBridge User Guide, "Handling failures with PutEvents".) An entry is at most 15 KB, so
 * ten fit into one call.
 */
async function publish(ports: PublishPorts, told: readonly Notification[]): Promise<ReadonlySet<string>> {
  const accepted = new Set<string>()
  await pLimit(callsAtOnce).map(portionsOf(told, eventsMost), (batch) => publishBatch(ports, batch, accepted))
  return accepted
}

class EntriesRefused extends Error {
  override readonly name = 'EntriesRefused'
}

/** Never rejects: the next look sends refused entries again. */
async function publishBatch(ports: PublishPorts, batch: readonly Notification[], accepted: Set<string>): Promise<void> {
  const putRest = async () => {
    const rest = batch.filter(({ id }) => !accepted.has(id))
    const entries = rest.map((one) => ({
      detailType: detailTypes[one.kind],
      time: new Date(one.at),
      detail: JSON.stringify(one),
    }))
    const codes = await ports.eventBus.put(entries)
    rest.forEach(({ id }, index) => {
      if (codes[index] === undefined) accepted.add(id)
    })
    const refused = codes.filter((code) => code !== undefined)
    if (refused.length > 0)
      throw new EntriesRefused(`${refused.length} of ${rest.length}: ${[...new Set(refused)].join(', ')}`)
  }
  try {
    await repeatPatiently(
      ports,
      { ...repetition, mayHelp: (error) => error instanceof EntriesRefused || isServiceError(error) },
      putRest,
    )
  } catch (error) {
    ports.log.error('ssofile could not send outcomes to the event bus, and will send them again in a minute', { error })
  }
}
