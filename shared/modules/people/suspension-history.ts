import type { Uploader } from '../../domain/links/input-message.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { SuspensionBody } from '../../domain/suspensions/suspension.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { listUserEvents, tellEvent } from '../../reconcile/records/tell-event.ts'

const prefix = 'history/suspensions/'
const events = ['suspended', 'restored'] as const

/** `by`: who uploaded or deleted the file; absent: unknown. */
type SuspensionEvent = SuspensionBody & {
  readonly user: PrincipalId
  readonly name: PrincipalName
  readonly at: string
  readonly by?: Uploader | undefined
}

/** Since when a file suspends this person, by history; `undefined`: none does. */
export async function suspendedSince(objects: ReadingObjects, user: PrincipalId): Promise<string | undefined> {
  const told = await Array.fromAsync(listUserEvents(objects, prefix, events, user))
  const last = told.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1)
  return last?.event === 'suspended' ? last.at : undefined
}

export const listSuspensionEvents = (objects: ObjectStore) => listUserEvents(objects, prefix, events)

/** Records the suspension once, whatever happens to the file meanwhile. Returns its beginning. */
export async function tellSuspended(objects: ObjectStore, told: SuspensionEvent): Promise<string> {
  const known = await suspendedSince(objects, told.user)
  if (known === undefined) await tell(objects, 'suspended', told)
  return known ?? told.at
}

/** Call it only if history says that the person is suspended. */
export function tellRestored(objects: ObjectStore, told: SuspensionEvent): Promise<void> {
  return tell(objects, 'restored', told)
}

function tell(objects: ObjectStore, event: (typeof events)[number], { at, ...body }: SuspensionEvent): Promise<void> {
  const subject = { folder: `${prefix}${body.user}/`, name: renderNameInKey(body.name) }
  return tellEvent(objects, subject, { event, named: `person-${event}`, at, body })
}
