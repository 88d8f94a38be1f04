import { parseRequestKey, renderRequestKey, requestPrefix } from '../../domain/access-request.ts'
import { approvalPrefix } from '../../domain/approval-file.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { isFolderMarker, temporaryPrefix } from '../../domain/link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { crowdOf, crowdPrefix, isCrowdOfPerson, requestsMost } from '../records/crowds.ts'
import { sendInputs } from '../records/inputs.ts'
import { type Heads, listHeads } from '../records/list-heads.ts'
import { readLink } from '../records/read-link.ts'
import { attentionPrefix, StatusStore, statusKey, statusPrefix } from '../records/status-store.ts'

type Looking = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>
/** S3 dates objects in whole seconds, and a status may be written within that of its input. */
const datedMs = 1_000

/** The requests that wait, and approvals that wait for one. */
export async function* listWaiting(objects: ObjectStore, prefix = requestPrefix): AsyncGenerator<string> {
  const waiting = `${attentionPrefix}waiting/`
  for await (const { key } of objects.list(waiting + prefix)) yield key.slice(waiting.length)
}

/** Has every request looked at that waits for something. */
export async function askForWaiting(ports: Looking, configuration: Configuration, why: string): Promise<number> {
  const keys = await Array.fromAsync(listWaiting(ports.objects))
  await sendInputs(ports, keys, why, configuration)
  return keys.length
}

/**
 * Has looked at what a lost message left, from five listings: no other object is read but a link that nothing else tells of.
 *
 * | found                                              | then looked at                 |
 * | -------------------------------------------------- | ------------------------------ |
 * | a request or an approval without a status          | it, as far as there is room for its author |
 * | one that was uploaded after its status was written | it                             |
 * | a status, and its request or approval is gone      | it                             |
 * | an approval that waits for a request               | it                             |
 * | a link under `links_data/temporary/` without a request | the request that it is of  |
 * | one that was written after its request was told    | its request                    |
 */
export async function sweepRequests(ports: Looking, configuration: Configuration): Promise<number> {
  const { objects, clock } = ports
  const files = new Map([...(await listHeads(objects, requestPrefix)), ...(await listHeads(objects, approvalPrefix))])
  const told = new Map([
    ...(await listHeads(objects, statusPrefix + requestPrefix)),
    ...(await listHeads(objects, statusPrefix + approvalPrefix)),
  ])
  const links = await listHeads(objects, temporaryPrefix)
  const untold = [...files.keys()].filter((key) => !told.has(statusKey(key)))
  const { room, crowds } = await findRoom(objects, untold, configuration)
  const stale = [...files.values()].filter(({ key, lastModified }) => {
    const status = told.get(statusKey(key))
    return status !== undefined && status.lastModified.getTime() + datedMs < lastModified.getTime()
  })
  const gone = [...told.keys()]
    .map((key) => key.slice(statusPrefix.length, -'.json'.length))
    .filter((key) => !files.has(key))
  const waiting = await Array.fromAsync(listWaiting(objects, approvalPrefix))
  const left = await findLeftLinks(links, files, told, { objects, configuration })
  const keys = [...new Set([...room, ...stale.map(({ key }) => key), ...gone, ...waiting, ...left])]
  await sendInputs(ports, keys, 'sweep', configuration)
  const statuses = new StatusStore(objects, clock)
  for (const crowd of crowds) await statuses.revise(crowd, async () => undefined)
  return keys.length
}

/** Of people with too many undecided requests as many are looked at as there is room for. `crowds`: those that are none any more. */
async function findRoom(objects: ObjectStore, untold: readonly string[], { folders }: Configuration) {
  const byCrowd = Map.groupBy(untold, (key) => crowdOf(key, folders))
  const room: string[] = []
  for (const keys of byCrowd.values()) {
    const undecided = await countUndecided(objects, keys[0] ?? '')
    room.push(...keys.toSorted().slice(0, Math.max(0, requestsMost - undecided)))
  }
  const crowds: string[] = []
  for await (const { key } of objects.list(statusPrefix + crowdPrefix)) {
    const crowd = key.slice(statusPrefix.length, -'.json'.length)
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
 * A link whose request is gone, and so is its status: the link itself says whose it was. And one that was written after its
 * request was told: who wrote it stood still meanwhile, and the request may be over.
 */
async function findLeftLinks(
  links: Heads,
  files: Heads,
  told: Heads,
  { objects, configuration }: { readonly objects: ObjectStore; readonly configuration: Configuration },
): Promise<readonly string[]> {
  const known = new Map<string, string>()
  for (const key of [
    ...files.keys(),
    ...[...told.keys()].map((one) => one.slice(statusPrefix.length, -'.json'.length)),
  ]) {
    const path = parseRequestKey(key)
    if (path.ok) known.set(path.value.link.key, key)
  }
  const left: string[] = []
  for (const { key, lastModified } of links.values()) {
    const request = known.get(key)
    if (request !== undefined) {
      const status = told.get(statusKey(request))
      if (status && status.lastModified.getTime() + datedMs < lastModified.getTime()) left.push(request)
      continue
    }
    if (isFolderMarker(key)) continue
    const reading = await readLink(objects, key, configuration)
    const user = 'body' in reading ? reading.body.request?.user : undefined
    if (user !== undefined) left.push(renderRequestKey(user, key))
  }
  return left
}

/** Where somebody deleted the index of times: all that may have one is looked at, and indexed again. */
export async function askForTimed(ports: Looking, configuration: Configuration): Promise<void> {
  const links = await listHeads(ports.objects, temporaryPrefix)
  const keys = new Set(await Array.fromAsync(listWaiting(ports.objects)))
  for (const key of links.keys()) {
    const reading = await readLink(ports.objects, key, configuration)
    const user = 'body' in reading ? reading.body.request?.user : undefined
    if (user !== undefined) keys.add(renderRequestKey(user, key))
  }
  await sendInputs(ports, [...keys], 'the index of times was gone', configuration)
}
