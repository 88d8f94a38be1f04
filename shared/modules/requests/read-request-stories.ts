import * as z from 'zod'
import { userInKey } from '../../domain/files/access-request.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { requestHistoryPrefix } from '../../reconcile/records/ended-requests.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'
import { datedMs } from './compare-heads.ts'
import { parseRequestEventKey, pickDetails, requestEventDetails } from './request-history.ts'
import {
  fitsFilter,
  type RequestStory,
  type SaidOfRequest,
  type StoryEvent,
  type StoryFilter,
  tellStory,
} from './rules/request-story.ts'

const eventBody = requestEventDetails.extend({ comment: z.string().optional() })
type EventBody = z.infer<typeof eventBody>
const picked = ['reason', 'ticket', 'incident', 'eligibility', 'startsAt', 'expiresAt'] as const

/** What a listing says of one request: its events were written from `firstMs` to `lastMs`. */
type ListedRequest = { readonly keys: string[]; readonly firstMs: number; readonly lastMs: number }

/**
 * The matching requests with their whole history, by the time of the request. `since` limits the search to people with changes since then,
 * by `changes/`. Without it and without a requester's id, searches everybody. `newest`: reads at most so many requests, the newest ones.
 */
export async function readRequestStories(
  objects: ObjectStore,
  filter: StoryFilter,
  newest = Number.POSITIVE_INFINITY,
): Promise<readonly RequestStory[]> {
  const sinceMs = (filter.since?.getTime() ?? 0) - datedMs
  const listed = new Map<string, ListedRequest>()
  for (const beginning of await beginningsOf(objects, filter)) await listRequests(objects, beginning, listed)
  // An event is written after it happened, so a request without a newer object has no newer event.
  const wanted = [...listed.values()].filter(({ lastMs }) => lastMs >= sinceMs).sort((a, b) => b.firstMs - a.firstMs)
  const bodies = new Map<string, EventBody[]>()
  const keys = wanted.slice(0, newest).flatMap((one) => one.keys)
  await forEachAtOnce(keys, async (key) => {
    const body = (await spoiledAsAbsent(new JsonRecord(objects, key, eventBody).read()))?.value
    if (body) bodies.set(body.digest, [...(bodies.get(body.digest) ?? []), body])
  })
  const stories = [...bodies.values()].flatMap((all) => toStory(all) ?? [])
  return stories.filter((story) => fitsFilter(story, filter)).sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
}

async function listRequests(objects: ObjectStore, beginning: string, listed: Map<string, ListedRequest>) {
  for await (const { key, lastModified } of objects.list(requestHistoryPrefix + beginning)) {
    const event = parseRequestEventKey(key)
    if (event === undefined) continue
    const ms = lastModified.getTime()
    const { keys, firstMs, lastMs } = listed.get(event.digest) ?? { keys: [], firstMs: ms, lastMs: ms }
    keys.push(key)
    listed.set(event.digest, { keys, firstMs: Math.min(firstMs, ms), lastMs: Math.max(lastMs, ms) })
  }
}

async function beginningsOf(objects: ObjectStore, { since, requester = '' }: StoryFilter): Promise<readonly string[]> {
  // Keys of history have no user names.
  if (/^[\w-]{36,47}$/.test(requester)) return [`${requester}/`]
  if (since === undefined) return ['']
  const users = new Set<string>()
  for await (const { event, name } of listChanges(objects, renderInstant(since).slice(0, 10)))
    if (event.startsWith('request-')) users.add(userInKey(name))
  return [...users].sort().map((user) => `${user}/`)
}

function toStory(bodies: readonly EventBody[]): RequestStory | undefined {
  const [first] = bodies
  if (first === undefined) return undefined
  const events = bodies.map(({ event, at, by, comment }): StoryEvent => ({ event, at, ...(by && { by }), comment }))
  // The grant comes last, because its values are final.
  const ordered = bodies.toSorted((a, b) => Number(a.event === 'granted') - Number(b.event === 'granted'))
  const said: SaidOfRequest = Object.assign({}, ...ordered.map((body) => pickDetails(picked, body)))
  const granted = bodies.find(({ event }) => event === 'granted')
  return tellStory(first, events, granted ? said : { ...said, startsAt: undefined, expiresAt: undefined })
}

function timeOf({ events: [first], digest }: RequestStory): string {
  return `${first?.at ?? ''} ${digest}`
}
