import { foldIamName } from '../../../domain/account-facts/fold-iam-name.ts'
import type { Hygiene } from '../../../domain/files/hygiene-file.ts'

/** The exception that is in force now for a user, a role, `root` or `password policy` of an account, for people. */
export function findException(
  exceptions: Hygiene['exceptions'],
  { account, name }: { readonly account: string; readonly name: string },
  now: Date,
): string | undefined {
  const found = exceptions.find(
    (one) =>
      one.account === account &&
      foldIamName(one.name) === foldIamName(name) &&
      Date.parse(one.expiresAt) > now.getTime(),
  )
  return found && `${found.owner}, until ${found.expiresAt}: ${found.reason}`
}
