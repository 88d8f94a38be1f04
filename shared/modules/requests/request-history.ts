import * as z from 'zod'
import {
  givenApproval,
  type RequestDigest,
  renderUploadName,
  requestDigest,
  type ScopeDigest,
  scopeDigest,
} from '../../domain/files/access-request.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { type RequestIds, requestHistoryPrefix } from '../../reconcile/records/ended-requests.ts'
import { readStored, renderJson, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { renderChangeKey } from '../../reconcile/records/tell-event.ts'
import { type NewEvent, type RequestEvent, requestEvents, type UploadHistory } from './rules/decide-request.ts'
import { type GrantRecord, grantRecord } from './rules/grant-record.ts'
import type { SaidOfRequest } from './rules/request-story.ts'
import { nameApproval, type RequestedAccounts, type ShownAccounts } from './rules/shown-scope.ts'

/** The event in one key under `history/requests/`. `by`: the approver, only of `approved`; `scope`: the accounts, if they may change. */
export type ListedRequestEvent = RequestIds & {
  readonly event: RequestEvent
  readonly by?: string | undefined
  readonly scope?: ScopeDigest | undefined
}

/** The body of each event in history. `key`: of the request. */
export const requestEventBody = z.looseObject({
  v: z.literal(1),
  event: z.enum(requestEvents),
  /** By S3's clock. */
  at: z.iso.datetime(),
  key: z.string(),
  digest: requestDigest,
})

/** An event with all its details. Only some events have each of them. */
export const requestEventDetails = requestEventBody.extend({
  by: givenApproval.optional(),
  eligibility: z.string().optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  incident: z.string().optional(),
  startsAt: z.iso.datetime().optional(),
  expiresAt: z.iso.datetime().optional(),
})
type RequestEventDetails = z.infer<typeof requestEventDetails>

/** The named details that the event has, in the order of the names. */
export function pickDetails(names: readonly (keyof SaidOfRequest)[], body: RequestEventDetails): SaidOfRequest {
  return Object.fromEntries(names.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])))
}

const finishedBody = requestEventBody.extend({ replacedBy: requestDigest.optional() })

/** `history/requests/<user id>/<digest>%<event>.json`. For an approval: `…%approved%<user id of the approver>[%<accounts>].json`. */
function eventKey({ user, digest, event, by, scope }: ListedRequestEvent): string {
  const name = [event, by, scope].filter((part) => part !== undefined).join('%')
  return `${requestHistoryPrefix}${user}/${digest}%${name}.json`
}

/** `undefined`: ssofile did not write this key. */
export function parseRequestEventKey(key: string): ListedRequestEvent | undefined {
  const [, user, text, name, by, accounts] =
    /^history\/requests\/([^/]+)\/([0-9a-f]{32})%([a-z]+)(?:%([^%/]+?))?(?:%([0-9a-f]{32}))?\.json$/.exec(key) ?? []
  const event = requestEvents.find((one) => one === name)
  const digest = requestDigest.safeParse(text).data
  const scope = scopeDigest.safeParse(accounts).data
  if (user === undefined || digest === undefined || event === undefined) return undefined
  return { user, digest, event, by, scope }
}

const shownBody = z.looseObject({ scope: scopeDigest, accounts: z.array(accountId) })
/** `history/requests/<user id>/<digest>%shown%<instant>.json`: the accounts that the status shows from then on. */
const shownKey = ({ user, digest }: RequestIds, at = '') => `${requestHistoryPrefix}${user}/${digest}%shown%${at}`

/** Records the accounts before the status shows them. No approval relies on the status itself. */
export async function recordShown(
  objects: ObjectStore,
  {
    at,
    key,
    scope,
    ...ids
  }: RequestIds & { readonly at: string; readonly key: string; readonly scope: RequestedAccounts },
): Promise<void> {
  const body = { v: 1, at, key, digest: ids.digest, scope: scope.digest, accounts: scope.accounts }
  await objects.put(`${shownKey(ids, at)}.json`, renderJson(body))
}

/** The history of one upload, from one listing and the record of its grant. */
export async function readUploadHistory(objects: ReadingObjects, { user, digest }: RequestIds): Promise<UploadHistory> {
  const events = new Set<RequestEvent>()
  const approvedBy = new Set<string>()
  const shown: ShownAccounts[] = []
  for await (const { key, lastModified } of objects.list(`${requestHistoryPrefix}${user}/${digest}%`)) {
    const listed = parseRequestEventKey(key)
    if (listed) events.add(listed.event)
    if (listed?.by !== undefined) approvedBy.add(nameApproval(listed.by, listed.scope && { digest: listed.scope }))
    if (!key.startsWith(shownKey({ user, digest }))) continue
    const body = (await readStored(objects, key, shownBody))?.value
    // The time of the write: an approval in between cannot be for accounts that the status did not show yet.
    if (body) shown.push({ digest: body.scope, accounts: body.accounts, at: renderInstant(lastModified) })
  }
  const key = eventKey({ user, digest, event: 'granted' })
  const granted = events.has('granted') ? await readStored(objects, key, grantRecord) : undefined
  const replacedBy = events.has('finished') ? await readReplacedBy(objects, { user, digest }) : undefined
  return { events, approvedBy, shown, granted: granted?.value, replacedBy }
}

/** The instant of the request for a granted upload. `undefined`: unreadable. */
export async function askedAt(objects: ObjectStore, ids: RequestIds): Promise<string | undefined> {
  const asked = readStored(objects, eventKey({ ...ids, event: 'asked' }), requestEventBody)
  return (await spoiledAsAbsent(asked))?.value.at
}

/** The people who approved a granted upload, by name. None: it needed no approval. `undefined`: there is no readable record of a grant. */
export async function readApprovers(objects: ReadingObjects, ids: RequestIds): Promise<readonly string[] | undefined> {
  const granted = await spoiledAsAbsent(readStored(objects, eventKey({ ...ids, event: 'granted' }), grantRecord))
  return granted?.value.approvedBy.map(({ name, user }) => name ?? user)
}

/** Whether access ended early only because a later upload of the same request goes on. */
export async function isReplaced(objects: ReadingObjects, ids: RequestIds): Promise<boolean> {
  return (await readReplacedBy(objects, ids)) !== undefined
}

async function readReplacedBy(objects: ReadingObjects, ids: RequestIds): Promise<RequestDigest | undefined> {
  const finished = readStored(objects, eventKey({ ...ids, event: 'finished' }), finishedBody)
  return (await spoiledAsAbsent(finished))?.value.replacedBy
}

type Recorded = ListedRequestEvent & { readonly at: string; readonly key: string; readonly body: object }

/**
 * Records an event once: first by its date under `changes/`, then in history. So `changes/` has everything that history has. If the event
 * is already recorded, the first record stays.
 */
async function recordOnce(objects: ObjectStore, { at, key, body, ...listed }: Recorded): Promise<void> {
  const once = { ifNoneMatch: '*' } as const
  const name = renderUploadName({ ...listed, key })
  const change = renderChangeKey({ event: `request-${listed.event}`, at, name })
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
  const scope = event === 'approved' ? said?.scope : undefined
  return recordOnce(objects, { user, digest, event, by: approver, scope, at, key, body: { key, digest, by, ...said } })
}

/** Records a grant in history. If two processes look at once, one writes it and the other finds it. */
export function recordGrant(objects: ObjectStore, record: GrantRecord): Promise<void> {
  const { user, digest, key, grantedAt: at } = record
  return recordOnce(objects, { user, digest, event: 'granted', at, key, body: record })
}
