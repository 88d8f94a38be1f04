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
/** What takes access away. A dispatcher reads it first and whole, however much else is due. */
const urgentPrefix = `${openPrefix}urgent/`

/** The next attempt of unfinished work. `isUrgent`: it takes access away. */
export type Attempt = { readonly at: string; readonly isUrgent?: boolean }

/**
 * The key of unfinished work. `key`: an assignment key, the name of an assignment whose principal could not be looked up, the
 * key of a permission set file or of the attributes file, or a look key.
 */
export function openWorkKey({ at, isUrgent }: Attempt, key: string): string {
  return `${isUrgent ? urgentPrefix : openPrefix}${at}%${key}`
}

/** Whether a cause of a hint, or an object, is open work that takes access away. */
export function isUrgentWork(object: string): boolean {
  return object.startsWith(urgentPrefix)
}

/** Schedules an evaluation. `inputs`: their statuses give the reason for the delay. */
export async function scheduleWork(
  objects: ObjectStore,
  attempt: Attempt,
  key: string,
  inputs: readonly string[] = [],
): Promise<void> {
  await objects.put(openWorkKey(attempt, key), inputs.length === 0 ? new Uint8Array() : renderJson({ links: inputs }))
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
 * scheduled; the former twin goes last. `undefined`: no twin.
 */
export async function moveTwin<T>(
  objects: ObjectStore,
  key: string,
  { before, next }: { readonly before?: Attempt | undefined; readonly next?: Attempt | undefined },
  write: () => Promise<T>,
): Promise<T> {
  if (next) await scheduleWork(objects, next, key)
  const written = await write()
  const [former, present] = [before, next].map((one) => one && openWorkKey(one, key))
  if (former !== undefined && former !== present) await objects.delete(former)
  return written
}

export type OpenWork = { readonly object: string; readonly key: string; readonly nextAttempt: Date }

/**
 * Open work, first what is urgent, each earliest first: all of it, or what is due by `until`. Each is evaluated again after its
 * `nextAttempt`.
 */
export async function* listOpenWork(objects: ObjectStore, until?: Date): AsyncGenerator<OpenWork> {
  for (const prefix of [urgentPrefix, openPrefix]) yield* listBelow(objects, prefix, until)
}

async function* listBelow(objects: ObjectStore, prefix: string, until: Date | undefined): AsyncGenerator<OpenWork> {
  for await (const { object, at, subject: key } of listTimed(objects, prefix)) {
    // Below the other prefix, urgent work comes after all instants.
    if ((until !== undefined && at > until) || (prefix === openPrefix && isUrgentWork(object))) return
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
