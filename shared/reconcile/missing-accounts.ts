import * as z from 'zod'
import { type AccountId, accountId } from '../domain/account-id.ts'
import { renderInstant } from '../domain/instant.ts'
import type { Ports } from '../ports/ports.ts'
import { readJson, renderJson } from './stored-json.ts'

const missingKey = 'state/missing-accounts.json'
/** Design, "What is desired": gone is what two complete listings an hour apart lack; a schedule may be a little early. */
const apartMs = 59 * 60_000

/** When a complete listing first, and last, lacked an account that the ledger still has entries of. */
const missingAccount = z.strictObject({ id: accountId, first: z.iso.datetime(), last: z.iso.datetime() })
const missingAccounts = z.strictObject({ v: z.literal(1), accounts: z.array(missingAccount) })

type MissingPorts = Pick<Ports, 'objects' | 'clock'>

/** Records which accounts of the ledger a complete listing lacks; one that is listed again is forgotten. */
export async function noteMissingAccounts(
  { objects, clock }: MissingPorts,
  { listed, owned }: { readonly listed: ReadonlySet<AccountId>; readonly owned: ReadonlySet<AccountId> },
): Promise<void> {
  const stored = await readJson(objects, missingKey, missingAccounts)
  const known = new Map(stored?.value.accounts.map((account) => [account.id, account]))
  const last = renderInstant(clock.now())
  const missing = [...owned.difference(listed)].sort().map((id) => ({ id, first: known.get(id)?.first ?? last, last }))
  if (missing.length === 0 && known.size === 0) return
  const condition = stored ? { ifMatch: stored.object.etag } : ({ ifNoneMatch: '*' } as const)
  // Lost: another reconcile has just listed, too.
  await objects.put(missingKey, renderJson({ v: 1, accounts: missing }), condition)
}

/** Whether two complete listings, an hour apart, lacked this account. */
export async function isMissingForLong({ objects }: Pick<Ports, 'objects'>, id: AccountId): Promise<boolean> {
  const missing = (await readJson(objects, missingKey, missingAccounts))?.value.accounts.find((one) => one.id === id)
  return missing !== undefined && Date.parse(missing.last) - Date.parse(missing.first) >= apartMs
}
