import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import type { MembershipFate } from '../../../shared/modules/plan/list-membership-changes.ts'
import type { LinkFate } from '../../../shared/modules/plan/planned-access.ts'
import type { Mood } from '../terminal/paint.ts'

/** A name from outside, which each writer quotes in its own way. `isBare`: without quotation marks in the terminal. */
export type Name = { readonly name: string; readonly most?: number | undefined; readonly isBare: boolean }
export type Text = readonly (string | Name)[]

/** Why one looks at an entry first, the most important first. */
export const firstRanks = [
  'file',
  'own account',
  'permission set',
  'administrator',
  'access',
  'membership',
  'governing file',
  'invalid',
  'rejected',
] as const

export type Entry = {
  readonly sign: string
  readonly mood: Mood
  /** Its state, such as `rejected`. */
  readonly word?: string
  /** The terminal has this instead of `word`. With links, it stands before the text. */
  readonly verb?: string
  readonly links?: readonly string[]
  readonly text: Text
  readonly accounts?: readonly AccountId[]
  readonly details?: readonly Detail[]
  /** Entries with the same reason stand together in the terminal. */
  readonly why?: { readonly reason?: string | undefined; readonly remedy?: string | undefined }
  readonly first?: { readonly rank: (typeof firstRanks)[number]; readonly tags: readonly string[] } | undefined
}
export type Detail = { readonly word?: string | undefined; readonly text: Text }

export type Section = {
  /** With the number of what it has. */
  readonly title: string
  /** The line above its entries. */
  readonly intro?: string
  /**
   * The noun for the entries that the terminal leaves out. Absent: the terminal leaves out only entries that share a reason with those
   * before them.
   */
  readonly noun?: string
  readonly entries: readonly Entry[]
}

/** Why a file does not count, or no longer for this access. */
export const fates: Readonly<Record<LinkFate | MembershipFate, string>> = {
  absent: 'gone',
  deleted: 'gone',
  ended: 'its temporary access has ended',
  rejected: 'not valid any more',
  unreadable: 'S3 does not give it to ssofile',
  expired: 'expired',
  'not-yet': 'not in force yet',
  'in-force': 'in force',
  elsewhere: 'no longer covers these accounts',
  nameless: 'nobody has its name with the principalSuffix',
  suspended: 'a file suspends its user',
  'not-meant': 'no longer matches the user',
}

export function named(name: string, most?: number): Name {
  return { name, most, isBare: false }
}

export function bare(name: string, most?: number): Name {
  return { name, most, isBare: true }
}

/** Plain strings and numbers are our own words; text from outside is a name. */
export function say(words: TemplateStringsArray, ...parts: readonly (string | number | Name | Text)[]): Text {
  return words.flatMap((word, index) => {
    const part = parts[index] ?? ''
    return [
      word,
      ...(typeof part === 'object' && !('name' in part) ? part : [typeof part === 'number' ? String(part) : part]),
    ]
  })
}

export function listed(texts: readonly (Name | Text)[], between = ', '): Text {
  return texts.flatMap((one, index) => [...(index > 0 ? [between] : []), ...('name' in one ? [one] : one)])
}
