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
  | { readonly step: 'change' | 'report' | 'identity'; readonly change: Profile }
  /** `foreign`: ssofile did not make the user, and may not take it over. `protected`: by this policy. */
  | { readonly step: 'foreign' }
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
 * | ended            | none                  | there                             | `adopt`; `external` if a provider keeps it, `foreign` if it may not be adopted |
 * | ended, or none   | not ended             | any                               | `end`; `protected` if a policy says so |
 * | ended, or none   | ended                 | any                               | `ended`; `protected` likewise       |
 * | in force         | any                   | a provider keeps it               | `external`                          |
 * | in force         | ended                 | any                               | `return`                            |
 * | not begun        | none                  | any                               | `wait`                              |
 * | any other        | none                  | there                             | `adopt`; `foreign` if it may not be adopted, `protected` if a policy says so |
 * | any other        | any                   | not there                         | `make`; `report` if it was applied and onDrift says so |
 * | any other        | without an id         | there                             | `note`                              |
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
  if (owned === undefined && user !== undefined) return adopt(facts)
  const isReported = isApplied && onDrift === 'report'
  if (user === undefined) return isReported ? { step: 'report', change: {} } : { step: 'make' }
  if (owned?.id === undefined) return { step: 'note' }
  if (!user.hasName) return { step: 'renamed' }
  const change = compareProfiles(file, user.profile, owned)
  if (Object.keys(change).length === 0) return { step: 'applied' }
  if (protectedBy !== undefined) return { step: 'protected', policy: protectedBy }
  if (owned.isAdopted && 'email' in change) return { step: 'identity', change }
  return { step: isReported ? 'report' : 'change', change }
}

function adopt({ mayAdopt, protectedBy }: PersonFacts): PersonStep {
  if (protectedBy !== undefined) return { step: 'protected', policy: protectedBy }
  return { step: mayAdopt ? 'adopt' : 'foreign' }
}

function isPast(instant: string | undefined, now: Date): boolean {
  return instant !== undefined && Date.parse(instant) <= now.getTime()
}

const dayMs = 24 * 60 * 60_000

function dueOf({ ended, deleteAfterDays }: OwnedPerson): { readonly dueAt?: Date } {
  if (ended === undefined || deleteAfterDays === undefined) return {}
  return { dueAt: new Date(Date.parse(ended.at) + deleteAfterDays * dayMs) }
}
