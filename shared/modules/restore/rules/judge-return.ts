import type { OwnedPerson, PersonFile } from '../../../domain/files/person-file.ts'

export type ReturnFacts = {
  /** ssofile's record of the user. `spoiled`: nobody can read it. */
  readonly entry: Pick<OwnedPerson, 'ended' | 'endsAt'> | 'spoiled' | undefined
  /** The file under `suspended/` that ssofile wrote for this person's file is there. */
  readonly isSuspended: boolean
  /** The end in the earlier file. Absent: none. */
  readonly endsAt: PersonFile['endsAt']
}

/**
 * Whether an earlier file of a person would give access back. A person who counts as suspended because of the file returns with it.
 *
 * | record of the person | ssofile's file under `suspended/` | end in the earlier file       | gives access back |
 * | -------------------- | --------------------------------- | ----------------------------- | ----------------- |
 * | ended, or spoiled    | any                               | any                           | yes               |
 * | any other            | is there                          | any                           | yes               |
 * | has an end           | is not there                      | none, or later                | yes               |
 * | any other            | is not there                      | any other                     | no                |
 */
export function givesAccessBack({ entry, isSuspended, endsAt }: ReturnFacts): boolean {
  if (entry === 'spoiled' || entry?.ended !== undefined || isSuspended) return true
  if (entry?.endsAt === undefined) return false
  return endsAt === undefined || Date.parse(endsAt) > Date.parse(entry.endsAt)
}
