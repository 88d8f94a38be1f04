import * as z from 'zod'
import { finalEvents, givenApproval, type RequestDigest } from '../../domain/files/access-request.ts'
import { uploader } from '../../domain/links/input-message.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { readStored, spoiledAsAbsent } from './stored-json.ts'

export const requestHistoryPrefix = 'history/requests/'

/** A requester, and one upload of a request. */
export type RequestIds = { readonly user: string; readonly digest: RequestDigest }

/** Whether history says that the upload can grant nothing from now on: its access ended, or the request ended without a grant. */
export async function hasRequestEnded(objects: ReadingObjects, { user, digest }: RequestIds): Promise<boolean> {
  const beginning = `${requestHistoryPrefix}${user}/${digest}%`
  for await (const { key } of objects.list(beginning))
    if (finalEvents.some((event) => key === `${beginning}${event}.json`)) return true
  return false
}

const requestEnd = z.looseObject({
  /** The approver who denied it. */
  by: givenApproval.optional(),
  /** Why ssofile ended it. */
  reason: z.string().optional(),
  /** The person who deleted the request. */
  deletedBy: uploader.optional(),
})

/** How the upload ended, by its history. `undefined`: it has not ended, or nobody can read how. */
export async function readRequestEnd(objects: ReadingObjects, { user, digest }: RequestIds) {
  for (const event of finalEvents) {
    const key = `${requestHistoryPrefix}${user}/${digest}%${event}.json`
    const stored = await spoiledAsAbsent(readStored(objects, key, requestEnd))
    if (stored) return stored.value
  }
  return undefined
}
