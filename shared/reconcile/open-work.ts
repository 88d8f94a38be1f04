import { parseAssignmentKey } from '../domain/assignment.ts'
import { renderInstant } from '../domain/instant.ts'
import { parsePermissionSetKey } from '../domain/permission-set-file.ts'
import type { ObjectStore } from '../ports/object-store.ts'

const openPrefix = 'state/open/'

/**
 * What could not be finished: evaluated again from `nextAttempt` on. `key`: an assignment key, or the key of a permission
 * set file.
 */
export type OpenWork = { readonly object: string; readonly key: string; readonly nextAttempt: Date }

export function openWorkKey(nextAttempt: string, key: OpenWork['key']): string {
  return `${openPrefix}${nextAttempt}%${key}`
}

/** Open work, earliest first: all of it, or what is due by `until`. */
export async function* listOpenWork(objects: ObjectStore, until?: Date): AsyncGenerator<OpenWork> {
  for await (const { key: object } of objects.list(openPrefix)) {
    const name = object.slice(openPrefix.length)
    const instant = name.slice(0, name.indexOf('%'))
    if (until !== undefined && instant > renderInstant(until)) return
    const key = name.slice(instant.length + 1)
    const isWork = parseAssignmentKey(key) !== undefined || parsePermissionSetKey(key).ok
    if (isWork) yield { object, key, nextAttempt: new Date(instant) }
  }
}

/** One minute, doubling to an hour, each with full jitter over its upper half, so that retries do not come in waves. */
export function nextAttempt(now: Date, attempts: number, fraction: number): Date {
  const wholeMs = Math.min(60_000 * 2 ** Math.min(attempts, 10), 3_600_000)
  return new Date(now.getTime() + wholeMs / 2 + (wholeMs / 2) * fraction)
}
