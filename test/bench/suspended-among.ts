import { ledgerPrefix } from '../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { status as statusSchema } from '../../shared/domain/statuses/status.ts'
import { suspensionKey } from '../../shared/domain/suspensions/suspension.ts'
import { markAccounts, rangeSizes, writeMarks } from '../../shared/reconcile/records/ranges.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { manyAccounts } from './many-accounts.ts'
import { openSlowWorld } from './slow-world.ts'

const name = principalName.parse('user@bench.example')
const entriesOfAccount = 11
const group = '10000000-0000-0000-0000-000000000001'

/**
 * How long it takes until the status of a suspension says that nothing is left, in milliseconds, while the ledger has very many entries of
 * others: nobody knows a person's access without a listing of all. The person has nothing.
 */
export async function measureSuspensionAmong(entries: number): Promise<number> {
  const { world } = openSlowWorld({ organization: manyAccounts({ accounts: 1, groups: [] }) })
  const { objects, identityStore, clock } = world
  await identityStore.createUser({ userName: name })
  const accounts = Array.from({ length: entries }, (_, nth) =>
    accountId.parse(String(300_000_000_000 + Math.floor(nth / entriesOfAccount))),
  )
  for (const [nth, account] of accounts.entries())
    await objects.put(`${ledgerPrefix}account%${account}%Set-${nth % entriesOfAccount}%${group}%GROUP`, '{}')
  // As the last sweep counted them.
  await writeMarks(objects, markAccounts(accounts, rangeSizes.entriesOfMark))
  world.start({ dispatcher: false })
  const beganMs = clock.monotonicMs()
  const key = suspensionKey(name)
  await objects.put(key, '')
  const isOver = async () => {
    const told = await world.json(statusKey(key))
    return statusSchema.safeParse(told).data?.state === 'suspended'
  }
  await world.until(isOver, 'a suspension without access', 30)
  return clock.monotonicMs() - beganMs
}
