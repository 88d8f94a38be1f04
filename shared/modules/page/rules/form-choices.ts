import { type AskFields, noFields } from './ask-for.ts'
import { partsOf } from './say.ts'
import type { Choices, Eligibilities, ToldEligibility, ToldRequest } from './told.ts'

/** What the form of a request offers. */
type Offered = {
  readonly eligibilities: Eligibilities
  readonly choices: Choices
  readonly mine: readonly ToldRequest[]
}

/** The fields as the address of the form fills them; of an extension, what was granted. `named`: the eligibility. */
export function firstFields(offered: Offered, query: URLSearchParams, named: string | undefined): AskFields {
  const extended = query.get('extend')
  if (extended !== null) {
    const { scope, permissionSet } = partsOf(extended)
    const before = offered.mine.find(({ linkData }) => linkData === extended)?.requestDetails
    return { ...noFields, scope, permissionSet, ticket: before?.ticket ?? '', incident: before?.incident ?? '' }
  }
  const [account, set] = [query.get('account'), query.get('set')]
  return {
    ...noFields,
    ...onlyChoices(offered, named),
    ...(account ? { scope: `account%${account}` } : {}),
    ...(set ? { permissionSet: set } : {}),
  }
}

/** With only one there is no choice. */
export function onlyChoices(offered: Offered, named: string | undefined): Pick<AskFields, 'scope' | 'permissionSet'> {
  const eligibility = offered.eligibilities.eligible.find(({ name }) => name === named)
  if (eligibility === undefined) return { scope: '', permissionSet: '' }
  const only = (all: readonly string[]) => (all.length === 1 ? (all[0] ?? '') : '')
  return { scope: only(scopesOf(offered, eligibility)), permissionSet: only(setsOf(offered, eligibility)) }
}

/** Accounts one by one, as far as they are known; otherwise the scopes of the eligibility. */
export function scopesOf({ choices }: Pick<Offered, 'choices'>, { name, scopes }: ToldEligibility): readonly string[] {
  const accounts = choices.choices.find((one) => one.name === name)?.accounts ?? []
  const others = scopes.filter((one) => accounts.length === 0 || !one.startsWith('account%'))
  return [...accounts.map((id) => `account%${id}`), ...others]
}

export function setsOf({ choices }: Pick<Offered, 'choices'>, eligibility: ToldEligibility): readonly string[] {
  const plain = eligibility.permissionSets.filter((set) => !/[*?]/.test(set))
  const known = choices.choices.find(({ name }) => name === eligibility.name)?.permissionSets ?? []
  return [...new Set([...plain, ...known])].sort()
}
