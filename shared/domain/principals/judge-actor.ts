import { type Complaint, quote } from '../statuses/complaint.ts'

/** Somebody who acts: by a file, an approval, the API, the page or a command. */
export type ActorFacts = {
  /** `unknown`: the caller may not read the directory. Only commands go on then, under the session's name. */
  readonly user: 'enabled' | 'disabled' | 'gone' | 'unknown'
  /** The file that suspends the user. */
  readonly suspendedBy?: string | undefined
  /** The action needs a name that links can spell, and the user has none. */
  readonly isNameless?: boolean
  /** The action is for members of these groups, and the user is in none of them. */
  readonly outside?: 'auditors' | 'operators' | undefined
}

export type Bar =
  | { readonly is: 'gone' }
  | { readonly is: 'suspended'; readonly by: string }
  | { readonly is: 'disabled' }
  | { readonly is: 'outside'; readonly of: 'auditors' | 'operators' }

/**
 * The reason that keeps somebody from asking, approving, reading, releasing or pausing. Every way in asks this. The first row that fits:
 *
 * | user     | suspended by | name in links     | groups             | bar       |
 * | -------- | ------------ | ----------------- | ------------------ | --------- |
 * | gone     |              |                   |                    | gone      |
 * |          | a file       |                   |                    | suspended |
 * | disabled |              |                   |                    | disabled  |
 * |          |              | needed, and none  |                    | gone      |
 * |          |              |                   | needed, and in none | outside  |
 * | any other |             |                   |                    | none      |
 */
export function judgeActor({ user, suspendedBy, isNameless, outside }: ActorFacts): Bar | undefined {
  if (user === 'gone') return { is: 'gone' }
  if (suspendedBy !== undefined) return { is: 'suspended', by: suspendedBy }
  if (user === 'disabled') return { is: 'disabled' }
  if (isNameless) return { is: 'gone' }
  return outside && { is: 'outside', of: outside }
}

export function complainOfBar(userName: string, bar: Bar): Omit<Complaint, 'object'> {
  switch (bar.is) {
    case 'gone':
      return {
        received: `'${quote(userName)}', an unknown user`,
        expected: 'a user of IAM Identity Center whose name has the configured ending (principalSuffix)',
        remedy: 'sign in again; if that does not help, ask the administrators of users',
      }
    case 'suspended':
      return {
        received: `'${quote(userName)}', who is suspended`,
        expected: 'a user who is not suspended',
        remedy: 'ask the team that suspends people, such as HR, to delete the file under suspended/',
      }
    case 'disabled':
      return {
        received: `a user who is disabled (${quote(userName)})`,
        expected: 'an enabled user',
        remedy: 'ask the administrators of users in IAM Identity Center',
      }
    case 'outside':
      return {
        received:
          bar.of === 'auditors' ? 'a request about the access of everybody' : 'a request that only operators may send',
        expected: `a request by a member of the groups of ${bar.of}`,
        remedy: `ask the platform team ("page.${bar.of}")`,
      }
    default:
      return bar satisfies never
  }
}
