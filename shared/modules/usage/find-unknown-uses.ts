import pLimit from 'p-limit'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { foreignAccess } from '../../reconcile/records/foreign-assignments.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { keyOf } from './rules/person-uses.ts'
import type { Use } from './rules/use.ts'

export const notKnown = 'not known to ssofile'

/**
 * The accesses among these uses, as `keyOf` names them, that nobody has or ever had by ssofile's records: an event may be forged, or others
 * gave the access after the last look at Identity Center. The records do not say who was in a group then, so the access counts for any
 * principal. At most three listings of one page for each access. `asked`: remembers the answers for the next call.
 */
export async function findUnknownUses(
  objects: ReadingObjects,
  uses: readonly Pick<Use, 'account' | 'permissionSet'>[],
  asked: Map<string, boolean> = new Map(),
): Promise<ReadonlySet<string>> {
  const keys = [...new Set(uses.map(keyOf))]
  const fresh = keys.filter((key) => !asked.has(key))
  await pLimit(readsAtOnce).map(fresh, async (key) => void asked.set(key, await isKnown(objects, key)))
  return new Set(keys.filter((key) => asked.get(key) === false))
}

async function isKnown(objects: ReadingObjects, key: string): Promise<boolean> {
  for (const prefix of [ledgerPrefix, foreignAccess.at, 'history/'])
    for await (const _ of objects.list(`${prefix}account%${key}%`)) return true
  return false
}
