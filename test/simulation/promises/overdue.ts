import { workedQueues } from '../../../shared/ports/queues.ts'
import type { SimulatedWorld } from '../simulated-world.ts'

/** The schedule of links runs every minute: what expired before its last run has been looked at by now. */
const lookedAtAfterMs = 61_000

/**
 * With no fault striking any more and nothing lost: access whose links have all expired, by S3's clock, since `sinceMs`
 * and longer than a minute ago, while nobody is told to look.
 */
export function complainAboutOverdue(world: SimulatedWorld, sinceMs: number): string | undefined {
  const { queues, clock } = world
  if (workedQueues.some((queue) => queues.queue(queue).messages().length > 0)) return undefined
  const nowMs = clock.now().getTime()
  for (const key of world.keys('assignments/')) {
    const entry = world.readJson(key)
    if (entry?.state !== 'granted' || !Array.isArray(entry.links) || entry.links.length === 0) continue
    const ends = entry.links.map(({ expiresAt }) => Date.parse(String(expiresAt)))
    const last = Math.max(...ends)
    // It was looked at since, and AWS had no room for the request: it is tried again.
    const isPutOff = entry.openUntil !== undefined && Date.parse(String(entry.updatedAt)) + world.skewMs >= last
    if (isPutOff) continue
    if (Number.isNaN(last) || last < sinceMs || nowMs - last <= lookedAtAfterMs) continue
    if (!entry.links.every(({ key: link }) => isAsRecorded(world, link, ends))) continue
    return `${key} has expired ${Math.round((nowMs - last) / 1000)} seconds ago, and nobody looks at it`
  }
  return undefined
}

/** A link that was uploaded again ends when that says. */
function isAsRecorded(world: SimulatedWorld, link: unknown, ends: readonly number[]): boolean {
  const body = Buffer.from(world.objects.model.find(String(link))?.body ?? []).toString()
  const [, end] = /"expiresAt":"([^"]*)"/.exec(body) ?? []
  return end !== undefined && ends.includes(Date.parse(end))
}
