import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from '../records/define-record.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'

/**
 * Design, "What is desired": an account is gone if two complete listings an hour apart lack it. A schedule may be a little
 * early.
 */
const apartMs = 59 * 60_000

/** When a complete listing first and last lacked an account of the ledger. */
const missingAccount = record({ id: accountId, first: z.iso.datetime(), last: z.iso.datetime() })
const missingAccounts = record({ v: z.literal(1), accounts: z.array(missingAccount) })
export const missingAccountsRecord = defineRecord({
  at: 'state/missing-accounts.json',
  meaning: 'accounts of the ledger that a complete listing lacked, and since when',
  source: { is: 'cache', of: 'Organizations' },
  value: missingAccounts,
})

/**
 * Records the ledger's accounts that a complete listing lacks, and forgets those that are listed again. Returns the accounts
 * that two complete listings, an hour apart, lacked.
 */
export async function noteMissingAccounts(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { listed, owned }: { readonly listed: ReadonlySet<AccountId>; readonly owned: ReadonlySet<AccountId> },
): Promise<ReadonlySet<AccountId>> {
  // Overwrites a spoiled record: an account that is gone is found again an hour later.
  const stored = await unlessSpoiled(missingAccountsRecord.of(objects).read())
  const known = new Map((isSpoiled(stored) ? [] : stored?.value.accounts)?.map((account) => [account.id, account]))
  const last = renderInstant(clock.now())
  const missing = [...owned.difference(listed)].sort().map((id) => ({ id, first: known.get(id)?.first ?? last, last }))
  if (missing.length === 0 && known.size === 0 && !isSpoiled(stored)) return new Set()
  // If the write is lost, another reconcile has just listed too.
  await missingAccountsRecord.of(objects).write({ v: 1, accounts: missing }, stored?.object.etag)
  return new Set(missing.filter(isForLong).map(({ id }) => id))
}

/** Whether two complete listings, an hour apart, lacked this account. */
export async function isMissingForLong({ objects }: Pick<Ports, 'objects'>, id: AccountId): Promise<boolean> {
  const stored = await spoiledAsAbsent(missingAccountsRecord.of(objects).read())
  const missing = stored?.value.accounts.find((one) => one.id === id)
  return missing !== undefined && isForLong(missing)
}

function isForLong({ first, last }: z.infer<typeof missingAccount>): boolean {
  return Date.parse(last) - Date.parse(first) >= apartMs
}
