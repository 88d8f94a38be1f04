import * as z from 'zod'
import { roleName, userName, userNameSuffix } from './break-glass-names.ts'
import { foldIamName } from './fold-iam-name.ts'

/** The deployed users in the security accounts, and the deployed roles in all accounts. It contains no mail address. */
export const emergencyPrincipals = z.object({
  users: z.array(z.object({ account: z.string(), name: z.string() })),
  roles: z.array(z.string()),
})
export type EmergencyPrincipals = Readonly<z.infer<typeof emergencyPrincipals>>

export const noPrincipals: EmergencyPrincipals = { users: [], roles: [] }

export function principalsOf(
  definitions: readonly {
    readonly securityAccount: string
    readonly responders: readonly { readonly name: string }[]
    readonly playbooks: readonly { readonly name: string }[]
  }[],
): EmergencyPrincipals {
  return {
    users: definitions.flatMap(({ securityAccount: account, responders }) =>
      responders.map(({ name }) => ({ account, name: userName(name) })),
    ),
    roles: definitions.flatMap(({ playbooks }) => playbooks.map(({ name }) => roleName(name))),
  }
}

/**
 * Whether an IAM user is a user of break-glass. `namesake`: it only has such a name. Somebody may use such a name to hide a user from
 * people who look for unused users.
 */
export function emergencyUser(
  { users }: EmergencyPrincipals,
  account: string,
  name: string,
): 'of break-glass' | 'namesake' | undefined {
  const folded = foldIamName(name)
  if (users.some((user) => user.account === account && foldIamName(user.name) === folded)) return 'of break-glass'
  return folded.endsWith(foldIamName(userNameSuffix)) ? 'namesake' : undefined
}
