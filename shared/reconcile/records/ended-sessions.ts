import * as z from 'zod'
import { addEndedSession, type EndedSession, endedSession } from '../../domain/ended-sessions.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { record } from '../../domain/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'

export const endedSessionsKey = 'control/ended-sessions.json'

const endedSessions = record({ v: z.literal(1), ended: z.array(endedSession) })
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, endedSessionsKey, endedSessions)

/**
 * Whose sessions are denied, also those whose time is over, until the permission set says so no more. Throws
 * SpoiledObjectError.
 */
export async function readEndedSessions(objects: ObjectStore): Promise<readonly EndedSession[]> {
  return (await recordOf(objects).read())?.value.ended ?? []
}

/** From now on these are to be denied; permission sets follow within a minute. Safe to repeat. */
export async function recordEndedSessions(objects: ObjectStore, added: readonly EndedSession[]): Promise<void> {
  await recordOf(objects).revise((current) => {
    const ended = added.reduce<readonly EndedSession[]>(addEndedSession, current?.ended ?? [])
    return ended.length === 0 ? undefined : { v: 1, ended: [...ended] }
  })
}

/** The time of these is over, and their permission set denies them no more. */
export async function forgetEndedSessions(objects: ObjectStore, name: PermissionSetName, now: Date): Promise<void> {
  await recordOf(objects).revise((current) => {
    const ended = current?.ended.filter((one) => one.permissionSet !== name || isDenied(one, now)) ?? []
    return ended.length === 0 ? undefined : { v: 1, ended }
  })
}

export function isDenied({ until }: EndedSession, now: Date): boolean {
  return new Date(until) > now
}
