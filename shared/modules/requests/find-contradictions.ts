import type { Configuration } from '../../domain/deployment/configuration.ts'
import { parseRequestKey, renderRequestKey, requestPrefix } from '../../domain/files/access-request.ts'
import { isFolderMarker, temporaryPrefix } from '../../domain/links/link.ts'
import { type AttentionState, attentionStates, status } from '../../domain/statuses/status.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listIndexedSubjects } from '../../reconcile/records/expiry-index.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, type Heads, listHeads } from '../../reconcile/records/list-heads.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { inputOfStatus, listInState, statusKey } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { datedMs } from './compare-heads.ts'

/**
 * Finds requests to look at, because links under `links_data/temporary/` contradict them. `told`: the statuses of requests.
 *
 * | found                                                             | then looked at                 |
 * | ----------------------------------------------------------------- | ------------------------------ |
 * | a link, and its request has no status or an older one               | that request                 |
 * | a link and its request have different states under `attention/`     | that request                 |
 * | a link that names no request, or that S3 does not return          | each request with a status for its place |
 * | a request that was granted and has not ended, without a link      | that request                   |
 *
 * A granted request that has not ended, also if it was uploaded again, has its end in `state/expiry/` and in its status.
 */
export async function findContradictions(
  told: Heads,
  objects: ObjectStore,
  configuration: Pick<Configuration, 'folders'>,
): Promise<readonly string[]> {
  const links = await listHeads(objects, temporaryPrefix)
  const requestsAt = placesOf([...told.keys()].map(inputOfStatus))
  const [ofLinks, ofRequests] = [await listStates(objects, temporaryPrefix), await listStates(objects, requestPrefix)]
  const found = new Set<string>()
  await forEachAtOnce([...links.values()], async ({ key, lastModified }) => {
    if (isFolderMarker(key)) return
    const reading = await readLink(objects, key, configuration)
    const user = 'body' in reading ? reading.body.request?.user : undefined
    if (user === undefined) {
      if (reading.state !== 'absent') for (const one of requestsAt.get(key) ?? []) found.add(one)
      return
    }
    const request = renderRequestKey(user, key)
    const head = told.get(statusKey(request))
    const isOld = head === undefined || head.lastModified.getTime() + datedMs < lastModified.getTime()
    if (isOld || ofLinks.get(key) !== ofRequests.get(request)) found.add(request)
  })
  await forEachAtOnce(await listIndexedSubjects(objects, requestPrefix), async (request) => {
    const path = parseRequestKey(request)
    if (!path.ok || links.has(path.value.link.key) || !told.has(statusKey(request))) return
    const stored = (await spoiledAsAbsent(new JsonRecord(objects, statusKey(request), status).read()))?.value
    const isGranted = stored?.request?.expiresAt !== undefined && stored.state !== 'expired'
    if (isGranted || stored?.request?.runs !== undefined) found.add(request)
  })
  return [...found].sort()
}

/** By the key of the link: people with one name share a place, and anybody may request in any name. */
function placesOf(requests: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const places = new Map<string, Set<string>>()
  for (const request of requests) {
    const path = parseRequestKey(request)
    if (!path.ok) continue
    const { key } = path.value.link
    places.set(key, (places.get(key) ?? new Set()).add(request))
  }
  return places
}

/** The state of inputs in the index. A stuck link counts as failed for its request. */
async function listStates(objects: ObjectStore, prefix: string): Promise<ReadonlyMap<string, AttentionState>> {
  const states = new Map<string, AttentionState>()
  for (const state of attentionStates)
    for (const input of await listInState(objects, state, prefix))
      states.set(input, state === 'stuck' ? 'failed' : state)
  return states
}
