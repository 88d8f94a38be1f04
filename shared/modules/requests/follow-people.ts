import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import type { Ports } from '../../ports/ports.ts'
import { listKeptApart } from '../../reconcile/guardrails/separations.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { renderJson } from '../../reconcile/records/stored-json.ts'
import { listUndecided } from './list-requests.ts'

type Following = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>

/** The reason of a look that must use the present directory and nothing remembered. */
export const peopleChanged = 'people or memberships have changed'

export const peopleChangedNote = definePlace({
  at: 'state/people.json',
  meaning: 'people have changed: ssofile looks again at requests that may wait for that',
  source: { is: 'note', until: 'the last event is a minute old' },
})
/** The id only makes each content different. */
const note = record({ v: z.literal(1), id: z.string() })

/** Answers about memberships are kept for a minute, and listings of the directory lag. After this time a look sees the change. */
const settledMs = 60_000

/**
 * Somebody may have joined or left a group, or may not sign in any more: looks at undecided requests, and at links that were
 * refused because of their people's other access. Looks at once after the first event, then once a minute for all events, until
 * the last event is a minute old (`askAgainOfPeople`). Returns how many it looks at.
 */
export async function followPeople(ports: Following, configuration: Configuration): Promise<number> {
  const { objects, randomness } = ports
  const text = renderJson(note.parse({ v: 1, id: randomness.id() }))
  // Before the messages: if a look dies in between, the next minute repeats it.
  const { outcome } = await objects.put(peopleChangedNote.at, text, { ifNoneMatch: '*' })
  if (outcome === 'written') return ask(ports, configuration)
  await objects.put(peopleChangedNote.at, text)
  return 0
}

/** When the looks of the last round end, on the monotonic clock. */
export class AskedPeople {
  untilMs = 0
}

/** Each look asks the directory, which allows 20 calls a second. */
const looksPerSecond = 15

/**
 * Runs every minute: the looks that `followPeople` left. Thousands of requests take longer than a minute: then the next round begins later.
 * Otherwise rounds would queue up, and new requests behind them.
 */
export async function askAgainOfPeople(
  ports: Following,
  configuration: Configuration,
  last: AskedPeople = new AskedPeople(),
): Promise<number> {
  const { objects, clock } = ports
  const noted = await objects.head(peopleChangedNote.at)
  if (noted === undefined || clock.monotonicMs() < last.untilMs) return 0
  const asked = await ask(ports, configuration)
  last.untilMs = clock.monotonicMs() + (asked * 1_000) / looksPerSecond
  const ageMs = noted.servedAt.getTime() - noted.lastModified.getTime()
  if (ageMs < settledMs) return asked
  // If another event came meanwhile, its note stays.
  await objects.delete(peopleChangedNote.at, { ifMatch: noted.etag })
  return asked
}

async function ask(ports: Following, configuration: Configuration): Promise<number> {
  const keys = [...(await listUndecided(ports.objects)), ...(await listKeptApart(ports, configuration))]
  await sendInputs(ports, keys, peopleChanged, configuration)
  return keys.length
}
