import type { Configuration } from '../../domain/deployment/configuration.ts'
import { isOfPeople, queueOf } from '../../domain/inputs/kinds.ts'
import { type Link, parseLinkKey } from '../../domain/links/link.ts'
import { isInForce } from '../../domain/links/link-body.ts'
import { attentionOf, type Status, status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { CheckedStatus, Checkpoint, LinkTimes } from '../records/checkpoint.ts'
import { JsonRecord } from '../records/json-record.ts'
import { forEachAtOnce, type Heads } from '../records/list-heads.ts'
import { isKnownEmpty, readLink } from '../records/read-link.ts'
import { inputOfStatus, isTooLong, statusKey } from '../records/status-store.ts'
import { isSpoiled, type Stored, unlessSpoiled } from '../records/stored-json.ts'

/**
 * Reads the links with a body that the checkpoint does not know. A listing fully describes an empty link, unless the link is encrypted or
 * rejected: then S3 may not return it.
 */
export async function readLinks(
  objects: ObjectStore,
  files: readonly ObjectHead[],
  { folders }: Configuration,
  { links: known, now }: Pick<Checkpoint, 'links' | 'now'>,
  { told, isSweep }: Pick<Statuses, 'told'> & { readonly isSweep: boolean },
) {
  const byState = { 'in-force': [] as Link[], 'not-yet': [] as Link[], expired: [] as Link[] }
  const unread: Link[] = []
  const readable: string[] = []
  const memory: Record<string, LinkTimes> = {}
  const read = async (file: ObjectHead): Promise<void> => {
    const link = parseLinkKey(file.key, folders)
    if (!link.ok) return
    const isRejected = told.get(file.key)?.state === 'rejected'
    if (isKnownEmpty(file) && !isRejected) return void byState['in-force'].push(link.value)
    const last = known[file.key]?.etag === file.etag ? known[file.key] : undefined
    // The reconcile reads every body again, whatever the checkpoint says, and every object that S3 did not return before.
    const isKnown = (isSweep || file.size === 0) && last !== undefined && !last.isUnreadable && now !== undefined
    const found = isKnown ? { times: last, at: now } : await readTimes(objects, file.key, { folders })
    if (found === 'refused') return void unread.push(link.value)
    if (!found) return
    const { times, at } = found
    memory[file.key] = times
    if (times.isUnreadable) return void unread.push(link.value)
    // S3 may have refused the link for a while between two sweeps, and only its status shows that. The reconcile ignores that status,
    // because a link may also be rejected for something outside its body.
    if (last?.isUnreadable || (isRejected && times.isValid && !isSweep)) readable.push(file.key)
    if (!times.isValid) return
    const body = { notBefore: dateOf(times.notBefore), expiresAt: dateOf(times.expiresAt) }
    byState[isInForce(body, at)].push(link.value)
  }
  await forEachAtOnce(files, read)
  const expired = new Set<string>(byState.expired.map(({ key }) => key))
  return {
    inForce: byState['in-force'],
    notYet: byState['not-yet'],
    expired,
    /** S3 does not return them, for instance because they are archived or encrypted with another key. */
    unread,
    /** Links that S3 returns now, but did not return at the last look. */
    readable,
    memory,
  }
}

/** `undefined`: it is gone. */
async function readTimes(
  objects: ObjectStore,
  key: string,
  configuration: Pick<Configuration, 'folders'>,
): Promise<{ readonly times: LinkTimes; readonly at: Date } | 'refused' | undefined> {
  try {
    const reading = await readLink(objects, key, configuration)
    if (reading.state === 'absent') return undefined
    const { etag, lastModified } = reading.object
    if (reading.state === 'unreadable') return { times: { etag, isValid: false, isUnreadable: true }, at: lastModified }
    if (reading.state === 'rejected') return { times: { etag, isValid: false }, at: lastModified }
    const { servedAt: at } = reading.object
    const { notBefore, expiresAt } = reading.body
    const instants = {
      notBefore: notBefore && renderInstant(notBefore),
      expiresAt: expiresAt && renderInstant(expiresAt),
    }
    return { times: { etag, isValid: true, ...instants }, at }
  } catch (error) {
    if (isServiceError(error)) return 'refused'
    throw error
  }
}

function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant)
}

export type Statuses = Awaited<ReturnType<typeof readStatuses>>

/** The status at `key`. A spoiled status is returned as an error value. */
export function readStatus(objects: ObjectStore, key: string) {
  return unlessSpoiled(new JsonRecord(objects, key, status).read())
}

/** Reads the statuses that changed since the checkpoint. */
export async function readStatuses(
  objects: ObjectStore,
  files: Heads,
  statuses: Heads,
  { statuses: known }: Pick<Checkpoint, 'statuses'>,
) {
  const told = new Map<string, CheckedStatus>()
  const changed = new Set<string>()
  const spoiled = new Map<string, string>()
  const note = (input: string, found: Stored<Status>): void => {
    told.set(input, toTold(found))
    changed.add(input)
  }
  const read = async (input: string): Promise<void> => {
    const key = statusKey(input)
    const last = known[input]
    const etag = statuses.get(key)?.etag
    if (etag === undefined) return
    if (last?.etag === etag) return void told.set(input, last)
    const found = await readStatus(objects, key)
    if (isSpoiled(found)) spoiled.set(input, key)
    else if (found) note(input, found)
  }
  // Other objects under `status/` are no statuses.
  const named = [...statuses.keys()]
    .map(inputOfStatus)
    .filter((input) => isFile(input) && statuses.has(statusKey(input)))
  const inputs = new Set([...files.keys(), ...named])
  await forEachAtOnce(inputs, read)
  // If the key of a status is a hash and its file is gone, only the status itself names its input.
  const keys = new Set([...inputs].map(statusKey))
  const readHashed = async (key: string): Promise<void> => {
    const found = await readStatus(objects, key)
    if (found && !isSpoiled(found) && statusKey(found.value.input) === key) note(found.value.input, found)
  }
  const hashed = [...statuses.keys()].filter((key) => isTooLong(inputOfStatus(key)) && !keys.has(key))
  await forEachAtOnce(hashed, readHashed)
  return {
    /** By input, of present and deleted files. Leaves out those without a readable status. */
    told,
    /** Statuses that changed since the checkpoint. */
    changed,
    /** Inputs whose status cannot be read, with its key. */
    spoiled,
  }
}

/** Requests and approvals have a comparison of their own: see `sweepRequests`. */
function isFile(input: string): boolean {
  return queueOf(input) !== undefined && !isOfPeople(input)
}

function toTold({ value, object: { etag } }: Stored<Status>): CheckedStatus {
  const { state, etag: of, accounts, reason, remedy } = value
  const { desired, open } = accounts ?? { desired: 0, open: 0 }
  const isPlain = state === 'applied' && reason === undefined && remedy === undefined
  return { etag, state, attention: attentionOf(value), of, desired, open, ...(isPlain && { isPlain }) }
}
