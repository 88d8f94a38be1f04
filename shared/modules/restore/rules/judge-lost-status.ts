import { isSameUpload } from '../../../domain/links/upload.ts'
import type { Status } from '../../../domain/statuses/status.ts'

/**
 * The status of a file that means one user, after its status was lost. `saved`: as it was right before the loss. `present`: what ssofile
 * wrote since. `undefined`: the present status stays.
 *
 * | saved has | present status                                  | then  |
 * | --------- | ----------------------------------------------- | ----- |
 * | no user   | any                                             | stays |
 * | a user    | there is none, or nobody can read it            | saved |
 * | a user    | of a deleted file                               | saved |
 * | a user    | of the same content, with another user, or none | saved |
 * | a user    | of the same content, with this user             | stays |
 * | a user    | of other content: the file means somebody anew  | stays |
 */
export function judgeLostStatus(saved: Status, present: Status | undefined): Status | undefined {
  if (saved.principalId === undefined) return undefined
  if (present === undefined || present.etag === undefined) return saved
  return isSameUpload(saved, present) && present.principalId !== saved.principalId ? saved : undefined
}
