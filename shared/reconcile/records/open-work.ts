import * as z from 'zod'
import { type AssignmentKey, parseAssignmentKey, parseAssignmentName } from '../../domain/assignments/assignment.ts'
import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import { record } from '../../domain/json/record.ts'
import {
  accessHint,
  assignmentHint,
  attributesHint,
  type ByHandHint,
  type Hint,
  permissionSetHint,
} from '../../domain/messages/hint.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import { parsePermissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import { permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { listTimed } from './list-timed.ts'
import { parseStored, renderJson, spoiledAsAbsent } from './stored-json.ts'

export const openWork = definePlace({
  at: 'state/open/',
  meaning: 'work to try again: one object for each, named by its instant',
  source: { is: 'index', of: 'owned_permission_sets/, assignments/ and refused looks' },
})
/** What takes access away. A dispatcher reads it first and whole, however much else is due. */
const urgentPrefix = `${openWork.at}urgent/`

/** The next attempt of unfinished work. `isUrgent`: it takes access away. */
export type Attempt = { readonly at: string; readonly isUrgent?: boolean }

/**
 * The hint that retries open work. Its cause is the object of that work. `undefined`: no open work has such a key. Only this function knows
 * the forms: an assignment key, the name of an assignment whose principal could not be looked up, the key of a permission set file or of the
 * attributes file, or a look key.
 */
export function openHint(object: string, key: string): Hint | undefined {
  if (key === attributesKey) return attributesHint(object)
  const name = parsePermissionSetKey(key)
  if (name.ok) return permissionSetHint(name.value, object)
  const look = parseLookKey(key)
  if (look) return { v: 1, kind: 'by-hand', ...look, cause: object }
  const id = parseAssignmentKey(key)
  if (id) return accessHint(id, object)
  const assignment = parseAssignmentName(key)
  return assignment && assignmentHint(assignment, object)
}

const openKey = z
  .string()
  .refine((key) => openHint('', key) !== undefined)
  .brand<'OpenKey'>()
/** The key of work that a dispatcher can retry. An assignment key is one. */
export type OpenKey = AssignmentKey | z.infer<typeof openKey>

/** Throws for a key that no dispatcher could retry: its work would wait for ever. */
export function openKeyOf(key: string): OpenKey {
  const known = openKey.safeParse(key)
  if (known.success) return known.data
  throw new Error(
    `${openWork.at}: received open work for '${quote(key)}', expected an account assignment, a permission set file, the attributes file or a look; add its form to openHint`,
  )
}

/** The key of the object of unfinished work. */
export function openWorkKey({ at, isUrgent }: Attempt, key: string): string {
  return `${isUrgent ? urgentPrefix : openWork.at}${at}%${key}`
}

/** Whether a cause of a hint, or an object, is open work that takes access away. */
export function isUrgentWork(object: string): boolean {
  return object.startsWith(urgentPrefix)
}

/** Schedules an evaluation. `inputs`: their statuses give the reason for the delay. */
export async function scheduleWork(
  objects: ObjectStore,
  attempt: Attempt,
  key: OpenKey,
  inputs: readonly string[] = [],
): Promise<void> {
  await objects.put(openWorkKey(attempt, key), inputs.length === 0 ? new Uint8Array() : renderJson({ links: inputs }))
}

/** The field has suspensions too; it keeps its first name. */
const toldLinks = record({ links: z.array(z.string()) })

/** The inputs that wait for this work, if its object names them. */
export async function inputsOfWork(objects: ObjectStore, object: string): Promise<readonly string[]> {
  const found = object.startsWith(openWork.at) ? await objects.get(object) : undefined
  if (!found || found.body.length === 0) return []
  return (await spoiledAsAbsent(Promise.resolve().then(() => parseStored(found, toldLinks))))?.value.links ?? []
}

/**
 * Moves the twin of a record around its write. The next twin comes first, so that a record never waits for a retry that is not
 * scheduled; the former twin goes last. `undefined`: no twin.
 */
export async function moveTwin<T>(
  objects: ObjectStore,
  key: OpenKey,
  { before, next }: { readonly before?: Attempt | undefined; readonly next?: Attempt | undefined },
  write: () => Promise<T>,
): Promise<T> {
  if (next) await scheduleWork(objects, next, key)
  const written = await write()
  const [former, present] = [before, next].map((one) => one && openWorkKey(one, key))
  if (former !== undefined && former !== present) await objects.delete(former)
  return written
}

/** `hint`: retries it. Absent: its form is unknown, so nobody can. */
export type OpenWork = {
  readonly object: string
  readonly key: string
  readonly nextAttempt: Date
  readonly hint: Hint | undefined
}

/**
 * Open work, first what is urgent, each earliest first: all of it, or what is due by `until`. Each is evaluated again after its
 * `nextAttempt`.
 */
export async function* listOpenWork(objects: ObjectStore, until?: Date): AsyncGenerator<OpenWork> {
  for (const prefix of [urgentPrefix, openWork.at]) yield* listBelow(objects, prefix, until)
}

async function* listBelow(objects: ObjectStore, prefix: string, until: Date | undefined): AsyncGenerator<OpenWork> {
  for await (const { object, at, subject: key } of listTimed(objects, prefix)) {
    // Below the other prefix, urgent work comes after all instants.
    if ((until !== undefined && at > until) || (prefix === openWork.at && isUrgentWork(object))) return
    yield { object, key, nextAttempt: at, hint: openHint(object, key) }
  }
}

type Looked = Pick<ByHandHint, 'account' | 'permissionSetArn'>

/** Replaces the permission set in the key: the roles of account access manager. */
const roles = 'roles'

/** The key of a look at a manual change. */
export function lookKey({ account, permissionSetArn: arn }: Looked): OpenKey {
  return openKeyOf(`look%${account ?? ''}%${arn ?? roles}`)
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
