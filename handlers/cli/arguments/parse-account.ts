import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import type { Account } from '../../../shared/domain/organization/organization-view.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { nearMatch } from '../../../shared/domain/text/near-match.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { Refusal } from './refusal.ts'

/** The account with this id, or with exactly this name. Reads the organization only for a name. Throws Refusal. */
export async function parseAccount(text: string, ports: Ports, folders: readonly string[]): Promise<AccountId> {
  const id = accountId.safeParse(text)
  if (id.success) return id.data
  const { accounts } = await new OrganizationCache(ports, folders).view()
  return chooseAccount(text, accounts)
}

const idsShown = 5

/**
 * | the text                      | then                                    |
 * | ----------------------------- | --------------------------------------- |
 * | is the name of one account    | that account                            |
 * | is the name of several        | refused, with their ids                 |
 * | has fewer digits than an id   | refused: a leading zero may be missing  |
 * | has more                      | refused, with how many                  |
 * | is nearly a name              | refused, with that name and its id      |
 * | is anything else              | refused                                 |
 */
export function chooseAccount(text: string, accounts: readonly Pick<Account, 'id' | 'name'>[]): AccountId {
  const named = accounts.filter(({ name }) => name === text)
  const [only, ...others] = named
  if (only && others.length === 0) return only.id
  const refuse = (expected: string) => new Refusal(`received the account '${quote(text)}', expected ${expected}`)
  if (only) {
    const ids = named.slice(0, idsShown).map(({ id }) => id)
    const rest = named.length > idsShown ? [`${named.length - idsShown} more`] : []
    throw refuse(`the id of one of the ${named.length} accounts with this name: ${[...ids, ...rest].join(', ')}`)
  }
  if (/^\d{1,11}$/.test(text))
    throw refuse(
      `twelve digits: these are ${text.length}. Spreadsheets drop leading zeros; perhaps it is ${text.padStart(12, '0')}`,
    )
  if (/^\d+$/.test(text)) throw refuse(`twelve digits: these are ${text.length}`)
  const near = nearMatch(
    text,
    accounts.map(({ name }) => name),
  )
  const meant = accounts.find(({ name }) => name === near)
  throw refuse(`its twelve-digit id, or its name${meant ? `; '${quote(meant.name)}' is ${meant.id}` : ''}`)
}
