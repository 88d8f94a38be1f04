import * as z from 'zod'
import { type AccountId, accountId } from '../domain/account-id.ts'
import { renderInstant } from '../domain/instant.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { isSpoiled, readJson, renderJson, unlessSpoiled } from './stored-json.ts'

const missingKey = 'state/missing-accounts.json'
/** Design, "What is desired": gone is what two complete listings an hour apart lack; a schedule may be a little early. */
const apartMs = 59 * 60_000

/** When a complete listing first, and last, lacked an account that the ledger still has entries of. */
const missingAccount = z.strictObject({ id: accountId, first: z.iso.datetime(), last: z.iso.datetime() })
const missingAccounts = z.strictObject({ v: z.literal(1), accounts: z.array(missingAccount) })

type MissingPorts = Pick<Ports, 'objects' | 'clock'>

/**
 * Records which accounts of the ledger a complete listing lacks; one that is listed again is forgotten. Answers those that
 * two complete listings, an hour apart, lacked.
 */
export async function noteMissingAccounts(
  { objects, clock }: MissingPorts,
  { listed, owned }: { readonly listed: ReadonlySet<AccountId>; readonly owned: ReadonlySet<AccountId> },
): Promise<ReadonlySet<AccountId>> {
  const read = await readMissing(objects)
  // It may be deleted at any time: whoever is gone is so an hour later.
  if (isSpoiled(read)) await objects.delete(missingKey)
  const stored = isSpoiled(read) ? undefined : read
  const known = new Map(stored?.value.accounts.map((account) => [account.id, account]))
  const last = renderInstant(clock.now())
  const missing = [...owned.difference(listed)].sort().map((id) => ({ id, first: known.get(id)?.first ?? last, last }))
  if (missing.length === 0 && known.size === 0) return new Set()
  const condition = stored ? { ifMatch: stored.object.etag } : ({ ifNoneMatch: '*' } as const)
  // Lost: another reconcile has just listed, too.
  await objects.put(missingKey, renderJson({ v: 1, accounts: missing }), condition)
  return new Set(missing.filter(isForLong).map(({ id }) => id))
}

/** Whether two complete listings, an hour apart, lacked this account. */
export async function isMissingForLong({ objects }: Pick<Ports, 'objects'>, id: AccountId): Promise<boolean> {
  const read = await readMissing(objects)
  const missing = isSpoiled(read) ? undefined : read?.value.accounts.find((one) => one.id === id)
  return missing !== undefined && isForLong(missing)
}

function readMissing(objects: ObjectStore) {
  return unlessSpoiled(readJson(objects, missingKey, missingAccounts))
}

function isForLong({ first, last }: z.infer<typeof missingAccount>): boolean {
  return Date.parse(last) - Date.parse(first) >= apartMs
}
