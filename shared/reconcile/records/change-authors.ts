import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { type ListedEvent, listOwnHistory, readHistoryEvent } from './history.ts'
import type { Change } from './tell-event.ts'

/** Lists the history of each account and permission set once. */
export function ownHistoryOnce(objects: ObjectStore): (start: string) => Promise<readonly ListedEvent[]> {
  return onceEach((start: string) => Array.fromAsync(listOwnHistory(objects, start)))
}

/** The links of a change of access, from history. `undefined`: history has no such event. */
export async function readChangedLinks(
  objects: ObjectStore,
  { at, event, name }: Change,
  historyOf: ReturnType<typeof ownHistoryOnce>,
): Promise<readonly GrantingLink[] | undefined> {
  const [start] = /^account%\d{12}%[^%]+%/.exec(name) ?? []
  if (start === undefined) return undefined
  const listed = (await historyOf(start)).find((one) => one.event === event && one.at === at)
  return listed && ((await readHistoryEvent(objects, listed))?.links ?? [])
}

/** Who uploaded these links, or deleted them, as S3 or a review names them. An uploader ends no access. */
export function authorsOf({ event }: Pick<Change, 'event'>, links: readonly GrantingLink[]): string | undefined {
  const people = links.flatMap(({ by, deletedBy }) => (event === 'revoked' ? deletedBy : (deletedBy ?? by)) ?? [])
  return [...new Set(people.map(({ principalId }) => principalId))].join(', ') || undefined
}
