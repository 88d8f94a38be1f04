import * as z from 'zod'
import { parseAssignmentKey, parseAssignmentName } from '../../domain/assignments/assignment.ts'
import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import { record } from '../../domain/json/record.ts'
import type { ByHandHint } from '../../domain/messages/hint.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import { parsePermissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import { permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listTimed } from './list-timed.ts'
import { parseStored, renderJson, spoiledAsAbsent } from './stored-json.ts'

export const openPrefix = 'state/open/'

/**
 * The key of unfinished work. `key`: an assignment key, the name of an assignment whose principal could not be looked up, the
 * key of a permission set file or of the attributes file, or a look key.
 */
export function openWorkKey(nextAttempt: string, key: string): string {
  return `${openPrefix}${nextAttempt}%${key}`
}

/** Schedules an evaluation for this instant. `inputs`: their statuses give the reason for the delay. */
export async function scheduleWork(
  objects: ObjectStore,
  nextAttempt: string,
  key: string,
  inputs: readonly string[] = [],
): Promise<void> {
  await objects.put(
    openWorkKey(nextAttempt, key),
    inputs.length === 0 ? new Uint8Array() : renderJson({ links: inputs }),
  )
}

/** The field has suspensions too; it keeps its first name. */
const toldLinks = record({ links: z.array(z.string()) })

/** The inputs that wait for this work, if its object names them. */
export async function inputsOfWork(objects: ObjectStore, object: string): Promise<readonly string[]> {
  const found = object.startsWith(openPrefix) ? await objects.get(object) : undefined
  if (!found || found.body.length === 0) return []
  return (await spoiledAsAbsent(Promise.resolve().then(() => parseStored(found, toldLinks))))?.value.links ?? []
}

/**
 * Moves the twin of a record around its write. The next twin comes first, so that a record never waits for a retry that is not
 * scheduled; the former twin goes last. `before`, `next`: `openUntil` of the record; `undefined`: no twin.
 */
export async function moveTwin<T>(
  objects: ObjectStore,
  key: string,
  { before, next }: { readonly before: string | undefined; readonly next: string | undefined },
  write: () => Promise<T>,
): Promise<T> {
  if (next !== undefined) await scheduleWork(objects, next, key)
  const written = await write()
  if (before !== undefined && before !== next) await objects.delete(openWorkKey(before, key))
  return written
}

export type OpenWork = { readonly object: string; readonly key: string; readonly nextAttempt: Date }

/** Open work, earliest first: all of it, or what is due by `until`. Each is evaluated again after its `nextAttempt`. */
export async function* listOpenWork(objects: ObjectStore, until?: Date): AsyncGenerator<OpenWork> {
  for await (const { object, at, subject: key } of listTimed(objects, openPrefix)) {
    if (until !== undefined && at > until) return
    const isKnown = [parseAssignmentKey, parseAssignmentName, parseLookKey].some((parse) => parse(key) !== undefined)
    if (isKnown || key === attributesKey || parsePermissionSetKey(key).ok) yield { object, key, nextAttempt: at }
  }
}

type Looked = Pick<ByHandHint, 'account' | 'permissionSetArn'>

/** Replaces the permission set in the key: the roles of account access manager. */
const roles = 'roles'

/** The key of a look at a manual change. */
export function lookKey({ account, permissionSetArn: arn }: Looked): string {
  return `look%${account ?? ''}%${arn ?? roles}`
}

/** `undefined`: the key is about something else. */
export function parseLookKey(key: string): Looked | undefined {
  const [, account, named] = /^look%(\d{12})?%(.+)$/s.exec(key) ?? []
  const place = account === undefined ? {} : { account: accountId.parse(account) }
  if (named === roles) return place
  const arn = permissionSetArn.safeParse(named).data
  return arn && { permissionSetArn: arn, ...place }
}

/** One minute, doubling to an hour. Randomizes the upper half, so that retries do not come in waves. */
export function nextAttempt(now: Date, attempts: number, fraction: number): Date {
  const wholeMs = Math.min(60_000 * 2 ** Math.min(attempts, 10), 3_600_000)
  return new Date(now.getTime() + wholeMs / 2 + (wholeMs / 2) * fraction)
}
