import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Receiver } from '../../domain/deployment/notification-settings.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { eventsMost } from '../../ports/event-bus.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { repeatPatiently } from '../../reconcile/calls/repeat-patiently.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { type FoundOutcome, findOutcomes, idOf } from './find-outcomes.ts'
import { firstOutbox, forgetOld, type Outbox, outboxRecord } from './outbox.ts'
import { addToDigest, type DigestMessage, emptyDigest, sizeOf, waysOf } from './rules/digest.ts'
import { detailTypes, type Notification } from './rules/notification.ts'
import { isHeardBy } from './rules/receivers.ts'
import { sendDigests } from './send-digests.ts'

/** Time between two listings of all statuses. While there are few, every look lists them, which costs one request. */
const wholeLookEveryMs = 5 * 60_000
const statusesAtOnce = 1_000
/** The most outcomes of one look; the next look finds the rest. */
const outcomesMost = 2_000

type TellingPorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log'> & {
  readonly eventBus: NonNullable<Ports['eventBus']>
}

/** `told`: put on the event bus. `digests`: sent to receivers. `left`: for the next look. */
export type Telling = { readonly told: number; readonly digests: number; readonly left: number }

/**
 * One look: puts new outcomes on the event bus and collects them for their receivers. The records are the outbox, so a process
 * may die at any line.
 *
 * | it dies               | then                                                                                |
 * | --------------------- | ----------------------------------------------------------------------------------- |
 * | before the events     | the next look finds the same                                                        |
 * | before the outbox     | the next look puts the same events again, under the same ids                         |
 * | before the digests    | they are in the outbox, and the next look sends them                                 |
 * | after the digests     | the same digests are sent again, and the queue knows their ids for five minutes      |
 *
 * `page`: the URL of the page for everybody, for links in digests. If two looks run at once, only one writes its outbox. The
 * other's events on the bus have the same ids.
 */
export async function tellOutcomes(ports: TellingPorts, configuration: Configuration, page?: string): Promise<Telling> {
  const record = outboxRecord(ports.objects)
  const read = await unlessSpoiled(record.read())
  const stored = isSpoiled(read) ? undefined : read
  const now = stored?.object.servedAt ?? (await readNow(ports))
  const before = stored?.value ?? firstOutbox(now)
  await sendDigests(ports, before.sending)
  const wholeAt = before.wholeAt === undefined ? 0 : Date.parse(before.wholeAt)
  const isWholeDue = ports.clock.now().getTime() - wholeAt >= wholeLookEveryMs
  const isWhole = isWholeDue || before.statuses <= statusesAtOnce
  const { found, incomplete, statuses } = await findOutcomes({ ...ports, configuration, outbox: before, isWhole })
  const portion = found.slice(0, outcomesMost)
  const accepted = await publish(
    ports,
    portion.map(({ told }) => told),
  )
  const told = portion.filter((one) => accepted.has(one.told.id))
  const left = found.length - told.length + incomplete
  const noted = noteTold(before, told, { now, statuses, isAll: left === 0 }, ports)
  const after = collect(noted, told, ports, { ...configuration.notifications, page })
  // If only the time changed, write nothing: the next look goes back as far as this one.
  const isWorthNoting = isWholeDue || told.length > 0 || before.sending.length + after.sending.length > 0
  if (!isWorthNoting) return { told: 0, digests: 0, left }
  // Overwrite a spoiled outbox: otherwise every look would report everything again.
  const written = await record.write(after, read?.object.etag)
  if (written.outcome === 'lost') {
    ports.log.info('another run sent the outcomes first')
    return { told: 0, digests: 0, left: found.length }
  }
  await sendDigests(ports, after.sending)
  if (after.sending.length > 0) await record.write({ ...after, sending: [] }, written.etag)
  return { told: told.length, digests: before.sending.length + after.sending.length, left }
}

type Looked = { readonly now: Date; readonly statuses: number | undefined; readonly isAll: boolean }

/** If some outcomes are left, the next look begins where this one did. `statuses`: the look was whole. */
function noteTold(
  before: Outbox,
  told: readonly FoundOutcome[],
  { now, statuses, isAll }: Looked,
  { clock }: Pick<Ports, 'clock'>,
): Outbox {
  const noted: Outbox = { ...before, changes: { ...before.changes }, inputs: { ...before.inputs }, sending: [] }
  for (const { note } of told) note(noted)
  const since = renderInstant(now)
  const whole = statuses === undefined ? {} : { statuses, wholeAt: renderInstant(clock.now()) }
  if (!isAll) return { ...noted, ...whole }
  return forgetOld({ ...noted, ...whole, since, ...(statuses === undefined ? {} : { wholeSince: since }) }, now)
}

/** Adds the outcomes to their receivers' digests, and completes the digests that are due. */
function collect(
  outbox: Outbox,
  found: readonly FoundOutcome[],
  { clock }: Pick<Ports, 'clock'>,
  { receivers, digestMinutes, page }: Configuration['notifications'] & { readonly page: string | undefined },
): Outbox {
  const now = clock.now()
  const sending: DigestMessage[] = []
  const collected: Outbox['receivers'] = {}
  for (const receiver of receivers) {
    const { toldAt, digest } = outbox.receivers[receiver.name] ?? { digest: emptyDigest }
    const heard = found.filter((one) => isNewTo(receiver, one)).map(({ told }) => told)
    const waiting = addToDigest(digest, heard, page)
    const isDue = toldAt === undefined || now.getTime() - Date.parse(toldAt) >= digestMinutes * 60_000
    if (sizeOf(waiting) === 0 || !isDue) {
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
  const limit = pLimit(callsAtOnce)
  const batches: (readonly Notification[])[] = []
  for (let from = 0; from < told.length; from += eventsMost) batches.push(told.slice(from, from + eventsMost))
  await Promise.all(batches.map((batch) => limit(() => publishBatch(ports, batch, accepted))))
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
