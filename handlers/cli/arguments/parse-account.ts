import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { nearMatch } from '../../../shared/domain/text/near-match.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { Refusal } from './refusal.ts'

/** Throws Refusal if the text is not an id; if it is an account's name, or nearly one, the message contains the id. */
export async function parseAccount(text: string, ports: Ports, folders: readonly string[]): Promise<AccountId> {
  const id = accountId.safeParse(text)
  if (id.success) return id.data
  const { accounts } = await new OrganizationCache(ports, folders).view()
  const names = accounts.map(({ name }) => name)
  const near = nearMatch(text, names)
  const meant = accounts.find(({ name }) => name === near)
  throw new Refusal(
    `received the account '${quote(text)}', expected its twelve-digit id${meant ? `; '${quote(meant.name)}' is ${meant.id}` : ''}`,
  )
}
