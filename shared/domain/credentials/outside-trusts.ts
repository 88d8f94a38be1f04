import * as z from 'zod'
import { oneOrMore } from '../iam-policies/allows-everything.ts'
import { parsePolicyJson } from '../iam-policies/policy-json.ts'

const statement = z.looseObject({
  Effect: z.string(),
  Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore)]).optional(),
  NotPrincipal: z.unknown().optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
})
const document = z.looseObject({
  Statement: z.union([z.array(statement), statement.transform((one) => [one])]),
})

/**
 * Who outside may assume a role, by its trust policy: accounts, organizations (`o-…`), or `anybody`. The first row that fits
 * counts for a principal:
 *
 * | the statement                                | the principal                      | is outside              |
 * | -------------------------------------------- | ---------------------------------- | ----------------------- |
 * | has a condition on `aws:PrincipalOrgID`      | any of AWS                         | that organization, unless trusted |
 * | allows all but some (`NotPrincipal`)         |                                    | `anybody`               |
 * |                                              | `*`                                | `anybody`               |
 * |                                              | an account, or someone in it       | the account, unless `isInside` |
 * |                                              | a service, a provider, a gone id   | nobody                  |
 *
 * What cannot be read may mean anybody. (IAM User Guide, "AWS JSON policy elements: Principal".)
 */
export function outsideTrusts(trust: string, isInside: (id: string) => boolean): readonly string[] {
  const read = document.safeParse(parsePolicyJson(trust))
  if (!read.success) return [anybody]
  const outside = read.data.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap((one) => {
    const { Principal, Condition = {} } = one
    const principals = Principal === '*' ? ['*'] : Principal === undefined ? ['*'] : (Principal.AWS ?? [])
    if (principals.length === 0) return []
    const organizations = organizationsOf(Condition)
    if (organizations !== undefined) return organizations.filter((id) => !isInside(id))
    return principals.flatMap((principal) => {
      if (principal === '*') return [anybody]
      const [account] = /(?<![\w-])\d{12}(?![\w-])/.exec(principal) ?? []
      return account === undefined || isInside(account) ? [] : [account]
    })
  })
  return [...new Set(outside)].sort()
}

export const anybody = 'anybody'

/** The organizations that a condition demands: only operators of equality demand one. `undefined`: it demands none. */
function organizationsOf(
  condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly string[] | undefined {
  for (const [operator, keys] of Object.entries(condition)) {
    if (!/^(ForAnyValue:)?StringEquals(IgnoreCase)?$/i.test(operator)) continue
    for (const [key, values] of Object.entries(keys))
      if (key.toLowerCase() === 'aws:principalorgid') return oneOrMore.safeParse(values).data
  }
  return undefined
}
