import type { AccountId } from '../domain/account-id.ts'
import type { Grant, Link } from '../domain/link.ts'
import type { Status } from '../domain/status.ts'
import { mayName, type Standing } from './standings.ts'
import type { NewStatus } from './status-store.ts'

type Progress = {
  of(grant: Grant, accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Standing>>
  accountsOf(grant: Grant): Promise<readonly AccountId[]>
  heldAccountsOf(grant: Grant): readonly AccountId[] | undefined
}

/** The access of this link that the brake holds, also where the link, which is there, covers the account no more. */
export async function listHeld(link: Link, progress: Progress): Promise<readonly Standing[]> {
  // The list only says where to look, so that not the whole ledger is looked through.
  const standings = await progress.of(link, progress.heldAccountsOf(link) ?? (await progress.accountsOf(link)))
  return [...standings.values()].filter((standing) => standing.state === 'held' && mayName(standing, link.key))
}

/**
 * For whoever uploaded or deleted the link. It does not give the digest: who releases a list has to look at it, and the
 * list may have grown since.
 */
export function describeHeld(held: readonly Standing[]): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  const accounts = `${held.length} account${held.length === 1 ? '' : 's'}`
  return {
    state: 'held',
    reason: `${held[0]?.reason ?? 'held by the brake'}; in ${accounts} its access stays until a person decides`,
    remedy:
      'an operator looks with: npx ssofile brake, and releases it there; whoever wants to keep the access restores the link, or what it covered',
  }
}

/** What a status says of it stays until the dispatcher, which knows, says something else. */
export function keepHeld({
  reason,
  remedy,
  accounts,
}: Status): Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'accounts'> {
  return {
    state: 'held',
    ...(reason === undefined ? {} : { reason }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(accounts === undefined ? {} : { accounts }),
  }
}
