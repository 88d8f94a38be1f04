import type { Configuration } from '../../domain/deployment/configuration.ts'
import { parseRequestKey, renderRequestKey, requestPrefix } from '../../domain/files/access-request.ts'
import { approvalPrefix, parseApprovalKey } from '../../domain/files/approval-file.ts'
import { decisionPrefix } from '../../domain/files/decision-file.ts'
import type { Kind } from '../../domain/inputs/kind.ts'
import { isOfPeople, placesOf, placesWrittenBy } from '../../domain/inputs/kinds.ts'
import { isFolderMarker, temporaryPrefix } from '../../domain/links/link.ts'
import { type AttentionState, attentionStates, status } from '../../domain/statuses/status.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { crowdOf, crowdPrefix, isCrowdOfPerson, requestsMost } from '../../reconcile/records/crowds.ts'
import { type IndexedInput, listIndexedSubjects } from '../../reconcile/records/expiry-index.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, type Heads, listHeads } from '../../reconcile/records/list-heads.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import {
  attentionPrefix,
  inputOfStatus,
  listInState,
  readStatus,
  StatusStore,
  statusKey,
  statusPrefix,
} from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listUnnoted } from '../../reconcile/records/suspensions.ts'
import { sweepCrowds } from '../../reconcile/records/sweep-crowds.ts'
import { compareHeads, datedMs, findMisjudged, lookMostMs } from './compare-heads.ts'
import { compareOwnInputs } from './compare-own-inputs.ts'

/** The most changed files of one person that a sweep sends, so that nobody fills the queue. The next sweep sends the rest. */
const changedMost = 2_000

type RequestPorts = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>

/** The requests that wait or were rejected: their obstacle may be gone. */
export async function listUndecided(objects: ObjectStore): Promise<readonly string[]> {
  return [
    ...(await listInState(objects, 'waiting', requestPrefix)),
    ...(await listInState(objects, 'rejected', requestPrefix)),
  ]
}

/** Looks at every waiting request. */
export async function askForWaiting(ports: RequestPorts, configuration: Configuration, why: string): Promise<number> {
  const keys = await listInState(ports.objects, 'waiting', requestPrefix)
  await sendInputs(ports, keys, why, configuration)
  return keys.length
}

/** `sent`: for how many inputs. `crowded`: the people with more files of one kind than a sweep compares. */
export type SweptInputs = { readonly sent: number; readonly crowded: readonly string[] }

/**
 * Looks at inputs whose message was lost. Uses listings, and reads only links of temporary access, and statuses of requests
 * without a link.
 *
 * | found                                              | then looked at                 |
 * | -------------------------------------------------- | ------------------------------ |
 * | a suspension, group, membership or person file, or the attributes file, without a status | it |
 * | a suspension without the note of its user          | it                             |
 * | a request or an approval without a status          | it, while its author has room  |
 * | an approval without a status, of a request that waits or runs | it              |
 * | one that was uploaded after its status was written | it                             |
 * | one of the last minutes that its status does not describe | it                      |
 * | a status whose file is gone                        | it                             |
 * | an approval or a decision that waits               | it                             |
 * | a request that waits, whose scope may grow         | it                             |
 * | an approval that waits for a digest of an open request | that request, so that the approval finds it |
 * | a link that contradicts its grant                  | the request (`findContradictions`) |
 *
 * Suspensions come first and what everybody may upload comes last, so that no number of files keeps a suspension from being found.
 */
export async function sweepRequests(ports: RequestPorts, configuration: Configuration): Promise<SweptInputs> {
  const ofOthers = await sweepOthers(ports, configuration)
  const { sent, crowded } = await sweepOwn(ports, configuration)
  return { sent: ofOthers + sent, crowded }
}

async function sweepOthers(ports: RequestPorts, configuration: Configuration): Promise<number> {
  const now = await readNow(ports)
  const isUrgent = ({ queue }: Kind) => queue === 'urgent'
  const others = (kind: Kind) => isOfPeople(kind.at) && kind.writers !== 'oneself' && !isUrgent(kind)
  const { objects } = ports
  const statuses = new StatusStore(objects, ports.clock)
  let more = await listUnnoted(objects)
  let sent = 0
  for (const places of [placesOf(isUrgent), placesOf(others)]) {
    const { untold, outdated, doubtful } = await compareTold(objects, places)
    const room = await sweepCrowds(untold, { objects, statuses, configuration, now, places })
    const misjudged = await findMisjudged(doubtful, now, objects)
    const keys = [...new Set([...more, ...room, ...outdated, ...misjudged])]
    await sendInputs(ports, keys, 'sweep', configuration)
    sent += keys.length
    more = []
  }
  return sent
}

async function sweepOwn(ports: RequestPorts, configuration: Configuration): Promise<SweptInputs> {
  const { objects, clock } = ports
  const now = await readNow(ports)
  const told = new Map<string, ObjectHead>()
  const [untold, outdated]: [string[], string[]] = [[], []]
  const crowded = new Set<string>()
  for (const prefix of placesWrittenBy('oneself'))
    for await (const own of compareOwnInputs(objects, prefix)) {
      // One more than a person has room for shows that there are more.
      untold.push(...own.untold.slice(0, (prefix === requestPrefix ? requestsMost : changedMost) + 1))
      const misjudged = await findMisjudged(own.doubtful, now, objects)
      outdated.push(...[...own.gone, ...own.stale, ...misjudged].slice(0, changedMost))
      if (own.isCut) crowded.add(own.person)
      if (prefix === requestPrefix) for (const [key, head] of own.told) told.set(key, head)
    }
  const openDigests = once(() => listOpenDigests(objects))
  const { room, crowds } = await findRoom({ objects, openDigests }, untold, configuration)
  const waiting = [
    ...(await listInState(objects, 'waiting', approvalPrefix)),
    ...(await listInState(objects, 'waiting', decisionPrefix)),
  ]
  const wide = (await listInState(objects, 'waiting', requestPrefix)).filter(mayGrow)
  const contradictions = await findContradictions({ told, now }, objects, configuration)
  const unnoted = await findUnnotedOf(waiting, openDigests)
  const keys = [...new Set([...room, ...outdated, ...waiting, ...wide, ...contradictions, ...unnoted])]
  await sendInputs(ports, keys, 'sweep', configuration)
  const statuses = new StatusStore(objects, clock)
  for (const crowd of crowds) await statuses.revise(crowd, async () => undefined)
  return { sent: keys.length, crowded: [...crowded] }
}

/** The status of a wide request says for which accounts it waits. */
function mayGrow(request: string): boolean {
  const path = parseRequestKey(request)
  return path.ok && path.value.link.scope.kind !== 'account'
}

/**
 * Lists inputs of these kinds and their statuses. `untold`: inputs without a status. `outdated`: inputs that are gone, or were
 * uploaded more than so many milliseconds after their status was written.
 */
export async function compareTold(objects: ObjectStore, prefixes: readonly string[], laterMs = datedMs) {
  const list = async (before: string) => {
    const heads = new Map<string, ObjectHead>()
    for (const prefix of prefixes)
      for (const [key, head] of await listHeads(objects, before + prefix)) heads.set(key, head)
    return heads
  }
  const files = await list('')
  const { untold, stale, doubtful, gone } = compareHeads({ files, told: await list(statusPrefix) }, laterMs)
  return { files, untold, outdated: [...stale, ...gone], doubtful }
}

type ReadOpenDigests = () => ReturnType<typeof listOpenDigests>

/** Open requests whose digest an approval waits for: their pointers may be lost, and a look writes them again. */
async function findUnnotedOf(approvals: readonly string[], openDigests: ReadOpenDigests): Promise<readonly string[]> {
  const digests = approvals.map(parseApprovalKey).flatMap((path) => (path.ok ? [path.value.digest] : []))
  if (digests.length === 0) return []
  const open = await openDigests()
  return digests.flatMap((digest) => open.get(digest) ?? [])
}

/** The uploads that wait for approvals, or give access, with their requests: a lost denial of one of them would matter. */
async function listOpenDigests(objects: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const waiting = await listInState(objects, 'waiting', requestPrefix)
  const open = new Set([...waiting, ...(await listIndexedSubjects(objects, requestPrefix))])
  const digests = new Map<string, string>()
  await forEachAtOnce([...open], async (key) => {
    const { digest, runs } = (await spoiledAsAbsent(readStatus(objects, key)))?.request ?? {}
    for (const one of [digest, runs]) if (one !== undefined) digests.set(one, key)
  })
  return digests
}

/**
 * Picks files of people with too many undecided ones while there is room. An approval of an open request always has room, because it may be
 * a denial. `crowds`: crowds that have ended.
 */
async function findRoom(
  { objects, openDigests }: { readonly objects: ObjectStore; readonly openDigests: ReadOpenDigests },
  untold: readonly string[],
  { folders }: Configuration,
) {
  const byCrowd = Map.groupBy(untold, (key) => crowdOf(key, folders))
  const room: string[] = []
  for (const keys of byCrowd.values()) {
    const first = keys[0] ?? ''
    const left = Math.max(0, requestsMost - (await countUndecided(objects, first)))
    // A request waits for people; most approvals and decisions are over with one look.
    const most = left > 0 && !first.startsWith(requestPrefix) ? changedMost : left
    room.push(...keys.toSorted().slice(0, most))
    if (left > 0 || !first.startsWith(approvalPrefix)) continue
    const open = await openDigests()
    const isOpen = (path: ReturnType<typeof parseApprovalKey>) => path.ok && open.has(path.value.digest)
    room.push(...keys.filter((key) => isOpen(parseApprovalKey(key))))
  }
  const crowds: string[] = []
  for await (const { key } of objects.list(statusPrefix + crowdPrefix)) {
    const crowd = inputOfStatus(key)
    const left = byCrowd.get(crowd)?.filter((one) => !room.includes(one)) ?? []
    if (isCrowdOfPerson(crowd) && left.length === 0) crowds.push(crowd)
  }
  return { room, crowds }
}

async function countUndecided(objects: ObjectStore, key: string): Promise<number> {
  const [prefix = '', user = ''] = key.split('/', 2)
  const count = async (state: string) => {
    let found = 0
    for await (const _ of objects.list(`${attentionPrefix}${state}/${prefix}/${user}/`))
      if (++found === requestsMost) break
    return found
  }
  return Math.max(await count('waiting'), await count('rejected'))
}

/**
 * Every input with a status except links and permission sets, with its status: the inputs that `restoreIndex` does not read. Ascending by
 * status. `after`: a status to begin behind.
 */
export async function* listToldOfPeople(objects: ObjectStore, after = ''): AsyncGenerator<IndexedInput> {
  for (const prefix of placesOf(({ at }) => isOfPeople(at))
    .map((place) => statusPrefix + place)
    .sort()) {
    const isBegun = after.startsWith(prefix)
    if (!isBegun && prefix < after) continue
    for await (const { key } of objects.list(prefix, isBegun ? { startAfter: after } : {}))
      if (!isFolderMarker(key)) yield { object: key, input: inputOfStatus(key) }
  }
}

/**
 * Finds requests to look at, because links under `links_data/temporary/` contradict them. `told`: the statuses of requests.
 *
 * | found                                                             | then looked at                 |
 * | ----------------------------------------------------------------- | ------------------------------ |
 * | a link, and its request has no status or an older one               | that request                 |
 * | a link and its request have different states under `attention/`     | that request                 |
 * | a link of the last minutes, and its request is over by its status | that request                   |
 * | a link that names no request, or that S3 does not return          | each request with a status for its place |
 * | a request that was granted and has not ended, without a link      | that request                   |
 *
 * A granted request that has not ended, also if it was uploaded again, has its end in `state/expiry/` and in its status.
 */
async function findContradictions(
  { told, now }: { readonly told: Heads; readonly now: Date },
  objects: ObjectStore,
  configuration: Pick<Configuration, 'folders'>,
): Promise<readonly string[]> {
  const links = await listHeads(objects, temporaryPrefix)
  const requestsAt = requestedPlaces([...told.keys()].map(inputOfStatus))
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
    // A process may have written a link after another one told the end, and died.
    if (now.getTime() - lastModified.getTime() > lookMostMs || found.has(request)) return
    const stored = await spoiledAsAbsent(readStatus(objects, request))
    const digest = 'body' in reading ? reading.body.request?.digest : undefined
    if (stored?.state === 'expired' && stored.request?.runs !== digest) found.add(request)
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
function requestedPlaces(requests: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
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
