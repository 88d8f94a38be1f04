import type { Guardrails } from '../../../domain/guardrails/policy-file.ts'
import { findWatches } from '../../../domain/guardrails/watched.ts'
import type { Account } from '../../../domain/organization/organization-view.ts'
import type { Risk } from './told.ts'

type Facts = {
  readonly permissionSet: string
  /** By its file. Absent: ssofile has no file of this permission set. */
  readonly allowsEverything: boolean | undefined
  /** The accounts that the request asks for. */
  readonly accounts: readonly Pick<Account, 'id' | 'tags'>[]
  readonly guardrails: Guardrails
}

const production = /^(prod|prd|production|live)$/i

/**
 * Why an approver should look twice.
 *
 * | fact                                                             | risk               |
 * | ---------------------------------------------------------------- | ------------------ |
 * | the file of the permission set allows everything                 | Administrator-like |
 * | it has no file here, and its name contains `admin`               | Administrator-like |
 * | an account has a tag with the value prod, prd, production, live  | Production         |
 * | a policy watches for this access                                 | Watched            |
 */
export function judgeRisk({ permissionSet, allowsEverything, accounts, guardrails }: Facts): readonly Risk[] {
  const isNamedSo = allowsEverything === undefined && /admin/i.test(permissionSet)
  const tagged = accounts.flatMap(({ tags = {} }) => {
    const [key, value] = Object.entries(tags).find(([, one]) => production.test(one)) ?? []
    return key === undefined ? [] : [`${key} = ${value}`]
  })
  const has = accounts.length === 1 ? 'the account has' : `${tagged.length} of ${accounts.length} accounts have`
  const [watching] = accounts.flatMap(
    ({ id }) => findWatches(guardrails, { accountId: id, permissionSet }).get('given') ?? [],
  )
  return [
    ...(allowsEverything ? [{ label: 'Administrator-like', why: `${permissionSet} allows everything` }] : []),
    ...(isNamedSo
      ? [{ label: 'Administrator-like', why: `by its name; ssofile has no file of ${permissionSet}` }]
      : []),
    ...(tagged[0] === undefined ? [] : [{ label: 'Production', why: `${has} the tag ${tagged[0]}` }]),
    ...(watching === undefined ? [] : [{ label: 'Watched', why: `${watching} watches for such access` }]),
  ]
}
