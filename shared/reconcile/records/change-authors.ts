import { parseAccessKey } from '../../domain/assignments/assignment.ts'
import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { type ListedEvent, listOwnHistory, nameInChanges, readHistoryEvent } from './history.ts'
import type { Change } from './tell-event.ts'

/** Lists the history of each account and permission set once. */
export function ownHistoryOnce(objects: ObjectStore): (start: string) => Promise<readonly ListedEvent[]> {
  return onceEach((start: string) => Array.fromAsync(listOwnHistory(objects, start)))
}

/**
 * The links of a change of access, from history. Two people may have one account and permission set from the same instant, so the name must
 * fit too. `undefined`: history has no such event, or S3 does not return it.
 */
export async function readChangedLinks(
  objects: ObjectStore,
  { at, event, name }: Change,
  historyOf: ReturnType<typeof ownHistoryOnce>,
): Promise<readonly GrantingLink[] | undefined> {
  const [start] = /^account%\d{12}%[^%]+%/.exec(name) ?? []
  if (start === undefined) return undefined
  const listed = (await historyOf(start)).filter((one) => one.event === event && one.at === at)
  const read = await Promise.all(listed.map((one) => readHistoryEvent(objects, one)))
  const own = read.find((one) => {
    const access = one && parseAccessKey(one.assignment)
    return access && nameInChanges(access, one.principal) === name
  })
  return own?.links
}

/** Who uploaded these links, or deleted them, as S3 or a review names them. An uploader ends no access. */
export function authorsOf({ event }: Pick<Change, 'event'>, links: readonly GrantingLink[]): string | undefined {
  const people = links.flatMap(({ by, deletedBy }) => (event === 'revoked' ? deletedBy : (deletedBy ?? by)) ?? [])
  return [...new Set(people.map(({ principalId }) => principalId))].join(', ') || undefined
}
