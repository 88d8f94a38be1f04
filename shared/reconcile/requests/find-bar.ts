import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { Suspensions } from '../records/suspensions.ts'

/** Why a user may not act. `by`: the file that suspends the user. */
export type Bar =
  | { readonly is: 'gone' }
  | { readonly is: 'suspended'; readonly by: string }
  | { readonly is: 'disabled' }

/**
 * What keeps a user from acting: asking, approving, reading, releasing, pausing. Every door asks this: files, API and page.
 * `undefined`: nothing does. `user`: `undefined`: there is none, or, where that matters, links cannot name the user.
 * `name`: as links name users; `undefined`: they cannot.
 * Throws where S3 does not answer.
 */
export async function findBar(
  id: PrincipalId,
  user: { readonly name: PrincipalName | undefined; readonly isDisabled: boolean } | undefined,
  suspensions: Pick<Suspensions, 'find'>,
): Promise<Bar | undefined> {
  if (user === undefined) return { is: 'gone' }
  const by = await suspensions.find(id, user.name)
  if (by !== undefined) return { is: 'suspended', by }
  return user.isDisabled ? { is: 'disabled' } : undefined
}

/** What to tell a person who may not act. */
export function complainOfBar(userName: string, bar: Bar): Omit<Complaint, 'object'> {
  switch (bar.is) {
    case 'gone':
      return {
        received: `'${quote(userName)}', whom ssofile does not know`,
        expected: 'a user of IAM Identity Center whose name has the configured ending (principalSuffix)',
        remedy: 'sign in again; if it stays so, ask those who manage users',
      }
    case 'suspended':
      return {
        received: `'${quote(userName)}', who is suspended`,
        expected: 'a user who is not suspended',
        remedy: 'ask those who suspend people, such as HR: they delete the file under suspended/',
      }
    case 'disabled':
      return {
        received: `a user who is disabled (${quote(userName)})`,
        expected: 'one who is enabled',
        remedy: 'ask those who manage users in IAM Identity Center',
      }
    default:
      return bar satisfies never
  }
}
