import type { OwnedPerson, PersonFile } from '../../../domain/files/person-file.ts'
import { compareProfiles, type Profile } from '../../../domain/principals/person-profile.ts'
import type { Complaint } from '../../../domain/statuses/complaint.ts'

export type PersonFacts = {
  readonly file: 'none' | 'invalid' | PersonFile
  readonly entry: OwnedPerson | undefined
  /** The user with the entry's id; if the entry has no id, the user with the name. */
  readonly user: { readonly isExternal: boolean; readonly hasName: boolean; readonly profile: Profile } | undefined
  /** The claim is less than five minutes old: an unanswered call may still make the user. */
  readonly isFresh: boolean
  /** ssofile claimed the user within the last hour. */
  readonly isYoung: boolean
  /** The same, for this content of the file. */
  readonly isClaimed: boolean
  /** ssofile has already applied this content of the file. */
  readonly isApplied: boolean
  /** The entry and the file say the same about the end. */
  readonly hasTerms: boolean
  /** The file under `suspended/` is there. Only read for a person who has ended. */
  readonly isSuspended: boolean
  /**
   * The person has not ended, but our file under `suspended/` is there: ssofile stopped between the two writes, or the file in `people/`
   * came back. Only read while the file is valid.
   */
  readonly isLeftSuspended: boolean
  readonly now: Date
  readonly onDrift: 'restore' | 'report'
  /** Why ssofile ignores everything under `people/`. */
  readonly refusal: Omit<Complaint, 'object'> | undefined
  /** Governance lets ssofile adopt this user. */
  readonly mayAdopt: boolean
  /** The policy that forbids files to change or end this user. */
  readonly protectedBy: string | undefined
}

export type PersonAction =
  | {
      readonly do: 'adopt' | 'claim' | 'disclaim' | 'make' | 'note' | 'keep' | 'end' | 'return' | 'suspend' | 'forget'
    }
  | { readonly do: 'change'; readonly change: Profile }
  /** `dueAt`: the time from which ssofile may delete the user. */
  | { readonly do: 'delete'; readonly dueAt: Date }

export type PersonEnd =
  | { readonly tell: 'none' | 'wait' | 'expired' | 'external' | 'renamed' | 'applied' | 'unanswered' | 'not ours' }
  | { readonly tell: 'refused'; readonly refusal: Omit<Complaint, 'object'> }
  /** `endsAt`: the end that an earlier file set. */
  | { readonly tell: 'invalid'; readonly endsAt?: string | undefined }
  | { readonly tell: 'report'; readonly change: Profile }
  /** ssofile did not make the user. `foreign`: it may not adopt the user. `identity`: it may not change the e-mail. */
  | { readonly tell: 'foreign' | 'identity' }
  | { readonly tell: 'protected'; readonly policy: string }
  /** `dueAt`: when ssofile deletes the user. Absent: never. */
  | { readonly tell: 'ended'; readonly dueAt?: Date | undefined }

/**
 * The next step for one person. ssofile writes the entry before it makes the user. A person whose time is over or whose file is gone
 * counts as suspended, and may be deleted later. The first row that fits counts. In force: the file exists, has begun, and has not ended.
 *
 * | file             | entry                 | user in the directory             | step                                |
 * | ---------------- | --------------------- | --------------------------------- | ----------------------------------- |
 * | any; ssofile ignores `people/` | any     | any                               | `refused`                           |
 * | not valid        | not ended, with an id, and its time is over | any         | `end`, unless a policy protects the user; `forget` if it is gone |
 * | not valid        | any                   | any                               | `invalid`                           |
 * | none             | none                  | any                               | `none`                              |
 * | ended            | none                  | not there                         | `expired`                           |
 * | ended            | none                  | there                             | as with any other file; `external` if a provider manages it |
 * | ended, or none   | without an id, young  | there, as ssofile sent it, and no policy protects it | `note`           |
 * | ended, or none   | without an id         | there                             | `disclaim`, or `forget` if it ended: nobody knows who made it |
 * | ended, or none   | not ended, without an id, not fresh | not there           | `disclaim`                          |
 * | ended, or none   | any                   | a policy protects it              | `protected`                         |
 * | ended, or none   | not ended, with an id | not there                         | `forget`: another user may have its name |
 * | ended, or none   | without an id, fresh  | not there                         | `unanswered`                        |
 * | ended, or none   | not ended             | any                               | `end`                               |
 * | ended, or none   | ended                 | not there                         | `forget`                            |
 * | ended, or none   | ended, has another end than the file | any                | `keep`                              |
 * | ended, or none   | ended                 | the file under `suspended/` is gone | `suspend`                         |
 * | ended, or none   | ended                 | is not due                        | `ended`                             |
 * | ended, or none   | ended                 | due; a provider manages it, or it has another name | `not ours`         |
 * | ended, or none   | ended                 | due                               | `delete`                            |
 * | in force         | any                   | a provider manages it             | `external`                          |
 * | in force         | ended, or a file of ours under `suspended/` is left | any | `return`                            |
 * | not begun        | with an id            | not there                         | `forget`: another user may have its name |
 * | not begun        | not ended, with an id | a file of ours under `suspended/` is left | `end`, unless a policy protects the user |
 * | not begun        | ended, with an id     | the file under `suspended/` is gone | `suspend`, unless a policy protects the user |
 * | not begun        | none, or ended        | any                               | `wait`                              |
 * | any other        | any                   | not there                         | `protected` if a policy says so; `report` if it was applied and `onDrift` is `report` |
 * | any other        | with an id            | not there                         | `forget`: another user may have its name |
 * | any other        | without an id, claimed by this content | not there        | `make`                              |
 * | any other        | any                   | not there                         | `claim`                             |
 * | any other        | without an id, young  | there, as ssofile sent it, and no policy protects it | `note`           |
 * | any other        | without an id         | there                             | `disclaim`: nobody knows who made it |
 * | any other        | none                  | there, protected by a policy      | `protected`                         |
 * | any other        | none                  | there                             | `adopt`; `foreign` if it may not be adopted, or has another name; `identity` if its e-mail differs |
 * | any other        | any                   | has another name                  | `renamed`                           |
 * | any other        | any                   | differs, and a policy protects it | `protected`                         |
 * | any other        | adopted               | differs in its e-mail             | `identity`: ssofile does not change this e-mail |
 * | any other        | any                   | differs                           | `change`; `report` if it was applied and `onDrift` is `report` |
 * | any other        | differs from the file | the same                          | `keep`                              |
 * | any other        | any                   | the same                          | `applied`                           |
 */
export function decidePerson(facts: PersonFacts): PersonAction | PersonEnd {
  const {
    file,
    entry,
    user,
    isFresh,
    isClaimed,
    isApplied,
    hasTerms,
    isSuspended,
    isLeftSuspended,
    now,
    onDrift,
    refusal,
    protectedBy,
  } = facts
  /** Somebody else has the name now. */
  const isGone = entry?.id !== undefined && user === undefined
  if (refusal) return { tell: 'refused', refusal }
  if (file === 'invalid') return endByEntry(facts)
  if (file === 'none' && entry === undefined) return { tell: 'none' }
  if (file === 'none' || isPast(file.endsAt, now)) {
    if (entry === undefined && user === undefined) return { tell: 'expired' }
    if (entry === undefined) return user?.isExternal ? { tell: 'external' } : adopt(facts)
    if (entry.id === undefined && user !== undefined && isMadeByUs(facts)) return { do: 'note' }
    const isUnknown = entry.id === undefined && (user !== undefined || !isFresh)
    if (isUnknown) return { do: entry.ended === undefined ? 'disclaim' : 'forget' }
    if (protectedBy !== undefined) return { tell: 'protected', policy: protectedBy }
    if (entry.id === undefined) return { tell: 'unanswered' }
    if (isGone && entry.ended === undefined) return { do: 'forget' }
    return entry.ended === undefined ? { do: 'end' } : leave(entry, facts)
  }
  if (user?.isExternal) return { tell: 'external' }
  const isBegun = file.startsAt === undefined || isPast(file.startsAt, now)
  if (entry && isBegun && (entry.ended !== undefined || isLeftSuspended)) return { do: 'return' }
  if (isGone && !isBegun && protectedBy === undefined) return { do: 'forget' }
  if (entry?.id !== undefined && !isBegun && isLeftSuspended && protectedBy === undefined) return { do: 'end' }
  if (!isBegun && (entry === undefined || entry.ended !== undefined)) {
    const isFree = entry?.id !== undefined && !isSuspended && protectedBy === undefined
    return isFree ? { do: 'suspend' } : { tell: 'wait' }
  }
  const isReported = isApplied && onDrift === 'report'
  if (user === undefined) {
    if (protectedBy !== undefined) return { tell: 'protected', policy: protectedBy }
    if (isReported) return { tell: 'report', change: {} }
    if (entry?.id !== undefined) return { do: 'forget' }
    return { do: entry && isClaimed ? 'make' : 'claim' }
  }
  if (entry === undefined) return adopt(facts)
  if (entry.id === undefined) return { do: isMadeByUs(facts) ? 'note' : 'disclaim' }
  if (!user.hasName) return { tell: 'renamed' }
  const change = compareProfiles(file, user.profile, entry)
  if (Object.keys(change).length === 0) return isApplied && hasTerms ? { tell: 'applied' } : { do: 'keep' }
  if (protectedBy !== undefined) return { tell: 'protected', policy: protectedBy }
  if (entry.isAdopted && 'email' in change) return { tell: 'identity' }
  return isReported ? { tell: 'report', change } : { do: 'change', change }
}

/** An invalid file does not postpone an end that an earlier file set. */
function endByEntry({ entry, user, protectedBy, now }: PersonFacts): PersonAction | PersonEnd {
  const endsAt = protectedBy === undefined && entry?.ended === undefined ? entry?.endsAt : undefined
  if (!isPast(endsAt, now) || entry?.id === undefined) return { tell: 'invalid', endsAt }
  return { do: user === undefined ? 'forget' : 'end' }
}

function leave(entry: OwnedPerson, { user, hasTerms, isSuspended, now }: PersonFacts): PersonAction | PersonEnd {
  if (user === undefined) return { do: 'forget' }
  if (!hasTerms) return { do: 'keep' }
  if (!isSuspended) return { do: 'suspend' }
  const dueAt = dueOf(entry)
  if (dueAt === undefined || dueAt > now) return { tell: 'ended', dueAt }
  return user.isExternal || !user.hasName ? { tell: 'not ours' } : { do: 'delete', dueAt }
}

/**
 * The answer to our create is unknown. Meanwhile somebody else may have made a user of this name, and the file may have been changed to
 * match that user. So only the fields that ssofile sent count, and only for an hour.
 */
function isMadeByUs({ entry, user, isYoung, protectedBy }: PersonFacts): boolean {
  if (entry?.sent === undefined || !isYoung || protectedBy !== undefined) return false
  if (!user?.hasName || user.isExternal) return false
  return Object.keys(compareProfiles(entry.sent, user.profile, { isAdopted: false })).length === 0
}

function adopt({ file, user, mayAdopt, protectedBy }: PersonFacts): PersonAction | PersonEnd {
  if (protectedBy !== undefined) return { tell: 'protected', policy: protectedBy }
  if (!mayAdopt || !user?.hasName) return { tell: 'foreign' }
  const change = typeof file === 'string' ? {} : compareProfiles(file, user.profile, { isAdopted: true })
  return 'email' in change ? { tell: 'identity' } : { do: 'adopt' }
}

function isPast(instant: string | undefined, now: Date): boolean {
  return instant !== undefined && Date.parse(instant) <= now.getTime()
}

const dayMs = 24 * 60 * 60_000

/**
 * The time at which ssofile deletes an ended user. `undefined`: never, since the file does not ask for it or ssofile does not know that the
 * user is one that it created or adopted.
 */
export function dueOf({ id, ended, deleteAfterDays }: OwnedPerson): Date | undefined {
  if (id === undefined || ended === undefined || deleteAfterDays === undefined) return undefined
  return new Date(Date.parse(ended.at) + deleteAfterDays * dayMs)
}
