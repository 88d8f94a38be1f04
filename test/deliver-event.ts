import { readFileSync } from 'node:fs'
import type { World } from './world.ts'

/** What the fixtures call the account and the organizational unit that an event is about. */
const accountInFixtures = '444455556666'
const unitInFixtures = 'ou-acme-wrk10000'

/**
 * Puts an event in AWS's real shape on the queue as an EventBridge rule does, with an id of its own. `about` is the account or
 * organizational unit that it names.
 */
export async function deliverEvent(world: World, fixture: string, about: string = accountInFixtures): Promise<void> {
  const text = readFileSync(new URL(`../fixtures/events/${fixture}.json`, import.meta.url), 'utf8')
  const event = JSON.parse(
    text.replaceAll(about.startsWith('ou-') ? unitInFixtures : accountInFixtures, about.replaceAll('"', '')),
  )
  const body = JSON.stringify({ ...event, id: world.ports.randomness.id() })
  await world.queues.send('events', [{ body }])
}
