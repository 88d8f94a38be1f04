import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import type { Ports } from '../../ports/ports.ts'
import { listKeptApart } from '../guardrails/separations.ts'
import { sendInputs } from '../records/inputs.ts'
import { renderJson } from '../records/stored-json.ts'
import { listUndecided } from './list-requests.ts'

type Following = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>

/** Why an input is looked at: by what the directory says now, and nothing that was remembered. */
export const peopleChanged = 'people or memberships have changed'

const noteKey = 'state/people.json'
/** Only to be another content each time. */
const note = record({ v: z.literal(1), id: z.string() })

/** Answers about memberships count for a minute, and listings of the directory lag: after that it is seen for certain. */
const settledMs = 60_000

/**
 * Somebody may have joined or left a group, or may not sign in any more: has looked at what may have waited for that, requests
 * and links that were refused for what their people have besides. At once after the first event; however many come, once in
 * each minute after that, until the last is a minute old (`askAgainOfPeople`). Answers how many are looked at.
 */
export async function followPeople(ports: Following, configuration: Configuration): Promise<number> {
  const { objects, randomness } = ports
  const text = renderJson(note.parse({ v: 1, id: randomness.id() }))
  // Before the messages: of a look that dies in between, the next minute makes another one.
  const { outcome } = await objects.put(noteKey, text, { ifNoneMatch: '*' })
  if (outcome === 'written') return ask(ports, configuration)
  await objects.put(noteKey, text)
  return 0
}

/** Every minute: the looks that `followPeople` left. */
export async function askAgainOfPeople(ports: Following, configuration: Configuration): Promise<number> {
  const { objects } = ports
  const noted = await objects.head(noteKey)
  if (noted === undefined) return 0
  const asked = await ask(ports, configuration)
  const ageMs = noted.servedAt.getTime() - noted.lastModified.getTime()
  if (ageMs < settledMs) return asked
  // Where another event has come meanwhile, it stays.
  await objects.delete(noteKey, { ifMatch: noted.etag })
  return asked
}

async function ask(ports: Following, configuration: Configuration): Promise<number> {
  const keys = [...(await listUndecided(ports.objects)), ...(await listKeptApart(ports, configuration))]
  await sendInputs(ports, keys, peopleChanged, configuration)
  return keys.length
}
