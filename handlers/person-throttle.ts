import type { Clock } from '../shared/ports/clock.ts'

type Terms = { readonly perSecond: number; readonly burst: number }

/** The throttle knows at most this many people. */
const peopleMost = 10_000

/**
 * Limits what one person asks of one instance of a function: too much of it holds up nobody else. Answers whether it admits the person now.
 * `burst`: at once; `perSecond`: all the time.
 */
export function personThrottle(clock: Clock, { perSecond, burst }: Terms): (person: string) => boolean {
  const people = new Map<string, { readonly left: number; readonly atMs: number }>()
  return (person) => {
    const nowMs = clock.monotonicMs()
    const { left, atMs } = people.get(person) ?? { left: burst, atMs: nowMs }
    const now = Math.min(burst, left + ((nowMs - atMs) * perSecond) / 1000)
    const isAdmitted = now >= 1
    // The latest caller moves to the end.
    people.delete(person)
    people.set(person, { left: isAdmitted ? now - 1 : now, atMs: nowMs })
    // Whoever was absent until the burst was full again is forgotten.
    for (const [first, seen] of people) {
      if (people.size <= peopleMost && nowMs - seen.atMs < (1000 * burst) / perSecond) break
      people.delete(first)
    }
    return isAdmitted
  }
}
