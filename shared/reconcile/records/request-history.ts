import * as z from 'zod'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type RequestDigest, requestDigest } from '../../domain/requests/access-request.ts'
import {
  type NewEvent,
  type RequestEvent,
  requestEvents,
  type UploadHistory,
} from '../../domain/requests/decide-request.ts'
import { type GrantRecord, grantRecord } from '../../domain/requests/grant-record.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readStored, renderJson, spoiledAsAbsent } from './stored-json.ts'
import { renderChangeKey } from './tell-event.ts'

export const requestHistoryPrefix = 'history/requests/'

/** Whose request it is, and which upload of it. */
export type RequestIds = { readonly user: string; readonly digest: RequestDigest }
/** What one key under `history/requests/` says. `by`: the approver, of `approved` alone. */
export type ListedRequestEvent = RequestIds & { readonly event: RequestEvent; readonly by?: string | undefined }

/** What stands in history of each event. `key`: of the request. */
export const requestEventBody = z.looseObject({
  v: z.literal(1),
  event: z.enum(requestEvents),
  /** By S3's clock. */
  at: z.iso.datetime(),
  key: z.string(),
  digest: requestDigest,
})

/** `history/requests/<user id>/<digest>%<event>.json`; of an approval `…%approved%<user id of the approver>.json`. */
function eventKey({ user, digest, event, by }: ListedRequestEvent): string {
  return `${requestHistoryPrefix}${user}/${digest}%${event}${by === undefined ? '' : `%${by}`}.json`
}

/** `undefined`: nobody here wrote it. */
export function parseRequestEventKey(key: string): ListedRequestEvent | undefined {
  const [, user, text, name, by] =
    /^history\/requests\/([^/]+)\/([0-9a-f]{32})%([a-z]+)(?:%([^%/]+))?\.json$/.exec(key) ?? []
  const event = requestEvents.find((one) => one === name)
  const digest = requestDigest.safeParse(text).data
  return user === undefined || digest === undefined || event === undefined ? undefined : { user, digest, event, by }
}

/** What history says of one upload: one listing, and the record of its grant. */
export async function readUploadHistory(objects: ReadingObjects, { user, digest }: RequestIds): Promise<UploadHistory> {
  const events = new Set<RequestEvent>()
  const approvedBy = new Set<string>()
  for await (const { key } of objects.list(`${requestHistoryPrefix}${user}/${digest}%`)) {
    const listed = parseRequestEventKey(key)
    if (listed) events.add(listed.event)
    if (listed?.by !== undefined) approvedBy.add(listed.by)
  }
  const key = eventKey({ user, digest, event: 'granted' })
  const granted = events.has('granted') ? await readStored(objects, key, grantRecord) : undefined
  return { events, approvedBy, granted: granted?.value }
}

/** When somebody asked for what was granted then; `undefined`: nobody can read it. */
export async function askedAt(objects: ObjectStore, ids: RequestIds): Promise<string | undefined> {
  const asked = readStored(objects, eventKey({ ...ids, event: 'asked' }), requestEventBody)
  return (await spoiledAsAbsent(asked))?.value.at
}

type Recorded = ListedRequestEvent & { readonly at: string; readonly key: string; readonly body: object }

/**
 * Writes down what happened, once: by its date under `changes/`, then in history, so that nothing that history has is missing
 * there. Where it stands already, the first stands.
 */
async function recordOnce(objects: ObjectStore, { at, key, body, ...listed }: Recorded): Promise<void> {
  const once = { ifNoneMatch: '*' } as const
  const change = renderChangeKey({ event: `request-${listed.event}`, at, name: key })
  await objects.put(change, new Uint8Array(), once)
  await objects.put(eventKey(listed), renderJson({ v: 1, event: listed.event, at, ...body }), once)
}

export function recordRequestEvent(
  objects: ObjectStore,
  user: PrincipalId,
  key: string,
  { event, digest, by, said }: NewEvent,
  at: string,
): Promise<void> {
  const approver = event === 'approved' ? by?.user : undefined
  return recordOnce(objects, { user, digest, event, by: approver, at, key, body: { key, digest, by, ...said } })
}

/** The same for a grant: of two that look at once one writes it, and the other finds it. */
export function recordGrant(objects: ObjectStore, record: GrantRecord): Promise<void> {
  const { user, digest, key, grantedAt: at } = record
  return recordOnce(objects, { user, digest, event: 'granted', at, key, body: record })
}
