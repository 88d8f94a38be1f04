import type { OwnedPerson, PersonFile } from './person-file.ts'
import { compareProfiles, type Profile } from './person-profile.ts'

export type PersonFacts = {
  /** `undefined`: there is none. */
  readonly file: PersonFile | undefined
  readonly owned: OwnedPerson | undefined
  /** The user of the record, or of the name where there is no record. */
  readonly user: { readonly isExternal: boolean; readonly hasName: boolean; readonly profile: Profile } | undefined
  /** The directory was made equal to this content of the file before. */
  readonly isApplied: boolean
  readonly now: Date
  readonly onDrift: 'restore' | 'report'
  /** Governance lets this user be taken over. */
  readonly mayAdopt: boolean
  /** The policy that keeps this user from every change and end by a file. */
  readonly protectedBy: string | undefined
}

export type PersonStep =
  | {
      readonly step: 'none' | 'wait' | 'expired' | 'external' | 'adopt' | 'make' | 'note' | 'renamed' | 'end' | 'return'
    }
  | { readonly step: 'change' | 'report'; readonly change: Profile }
  /** ssofile did not make the user: `foreign`: and may not take it over; `identity`: and may not change its e-mail. */
  | { readonly step: 'foreign' | 'identity' }
  /** By this policy. */
  | { readonly step: 'protected'; readonly policy: string }
  /** `dueAt`: when the user is to be deleted. Absent: never. */
  | { readonly step: 'ended'; readonly dueAt?: Date }
  | { readonly step: 'applied' }

/**
 * The next step for one person. The first row that fits counts. In force: there is a file, it has begun, and has not ended.
 *
 * | file             | record                | user in the directory             | step                                |
 * | ---------------- | --------------------- | --------------------------------- | ----------------------------------- |
 * | none             | none                  | any                               | `none`                              |
 * | ended            | none                  | not there                         | `expired`                           |
 * | ended            | none                  | there                             | as with any other file; `external` if a provider keeps it |
 * | ended, or none   | not ended             | any                               | `end`; `protected` if a policy says so |
 * | ended, or none   | ended                 | any                               | `ended`; `protected` likewise       |
 * | in force         | any                   | a provider keeps it               | `external`                          |
 * | in force         | ended                 | any                               | `return`                            |
 * | not begun        | none                  | any                               | `wait`                              |
 * | any other        | any                   | not there                         | `make`; `protected` if a policy says so; `report` if it was applied and onDrift says so |
 * | any other        | without an id         | there, and as the file says       | `note`                              |
 * | any other        | none, or without an id | there, protected by a policy     | `protected`                         |
 * | any other        | none, or without an id | there                            | `adopt`; `foreign` if it may not be adopted, or has another name; `identity` if its e-mail differs |
 * | any other        | any                   | has another name                  | `renamed`                           |
 * | any other        | any                   | differs, and a policy protects it | `protected`                         |
 * | any other        | adopted               | differs in its e-mail             | `identity`: its e-mail is not ours to change |
 * | any other        | any                   | differs                           | `change`; `report` likewise         |
 * | any other        | any                   | the same                          | `applied`                           |
 */
export function decidePerson(facts: PersonFacts): PersonStep {
  const { file, owned, user, isApplied, now, onDrift, protectedBy } = facts
  if (file === undefined && owned === undefined) return { step: 'none' }
  const isOver = file === undefined || isPast(file.endsAt, now)
  if (file === undefined || isOver) {
    if (owned === undefined && user === undefined) return { step: 'expired' }
    if (owned === undefined) return user?.isExternal ? { step: 'external' } : adopt(facts)
    if (protectedBy !== undefined) return { step: 'protected', policy: protectedBy }
    return owned.ended === undefined ? { step: 'end' } : { step: 'ended', ...dueOf(owned) }
  }
  if (user?.isExternal) return { step: 'external' }
  if (owned?.ended !== undefined) return { step: 'return' }
  if (owned === undefined && file.startsAt !== undefined && !isPast(file.startsAt, now)) return { step: 'wait' }
  const isReported = isApplied && onDrift === 'report'
  if (user === undefined) {
    if (protectedBy !== undefined) return { step: 'protected', policy: protectedBy }
    return isReported ? { step: 'report', change: {} } : { step: 'make' }
  }
  if (owned?.id === undefined) return isMadeByUs(facts) ? { step: 'note' } : adopt(facts)
  if (!user.hasName) return { step: 'renamed' }
  const change = compareProfiles(file, user.profile, owned)
  if (Object.keys(change).length === 0) return { step: 'applied' }
  if (protectedBy !== undefined) return { step: 'protected', policy: protectedBy }
  if (owned.isAdopted && 'email' in change) return { step: 'identity' }
  return { step: isReported ? 'report' : 'change', change }
}

/** The answer of our create is not known: another user of the name may have come meanwhile. */
function isMadeByUs({ file, owned, user }: PersonFacts): boolean {
  if (!file || !owned || !user?.hasName) return false
  return Object.keys(compareProfiles(file, user.profile, { isAdopted: false })).length === 0
}

function adopt({ file, user, mayAdopt, protectedBy }: PersonFacts): PersonStep {
  if (protectedBy !== undefined) return { step: 'protected', policy: protectedBy }
  if (!mayAdopt || !user?.hasName) return { step: 'foreign' }
  const change = file ? compareProfiles(file, user.profile, { isAdopted: true }) : {}
  return 'email' in change ? { step: 'identity' } : { step: 'adopt' }
}

function isPast(instant: string | undefined, now: Date): boolean {
  return instant !== undefined && Date.parse(instant) <= now.getTime()
}

const dayMs = 24 * 60 * 60_000

/** Never for a user of whom it is not known that ssofile made or adopted it. */
function dueOf({ id, ended, deleteAfterDays }: OwnedPerson): { readonly dueAt?: Date } {
  if (id === undefined || ended === undefined || deleteAfterDays === undefined) return {}
  return { dueAt: new Date(Date.parse(ended.at) + deleteAfterDays * dayMs) }
}
