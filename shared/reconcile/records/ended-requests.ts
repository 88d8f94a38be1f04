import { finalEvents, type RequestDigest } from '../../domain/files/access-request.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'

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
