import { assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { People } from '../../reconcile/directory/people.ts'
import { EntryCopies } from '../../reconcile/records/entry-copies.ts'
import { foreignPrefix } from '../../reconcile/records/foreign-assignments.ts'
import { forEachAssignmentKey } from '../../reconcile/records/ledger.ts'
import type { FilesBehind } from '../../reconcile/records/owned-groups.ts'
import { addRequests, type Requests } from '../access/add-requests.ts'
import { addUploaders, type Uploaders } from '../access/add-uploaders.ts'
import { expandAccess, type HeldAccess } from '../access/expand-access.ts'
import { mergeAccess } from '../access/merge-access.ts'
import type { SuspensionOf } from '../access/read-suspensions.ts'
import { type AnyAccess, readRecordedAccess, readRecordedEntitlements } from '../access/recorded-access.ts'
import type { RoleUses } from '../access/role-uses.ts'

/** The number of accounts to read ahead and keep in memory. Each takes a listing of S3 and a few dozen objects. */
const accountsAtOnce = 32

const anybody = { names: new Set<string>(), isAnybody: true }
const notAsked = { asked: false, why: 'a report reads only the bucket' } as const

export type Reported = { readonly rows: readonly HeldAccess[]; readonly access: readonly AnyAccess[] }

/** All access in the bucket, account by account, ascending, with groups expanded to people. */
export async function* listHeldAccess(
  ports: Pick<Ports, 'objects' | 'clock'>,
  context: {
    readonly people: People
    readonly filesBehind: Pick<FilesBehind, 'of'>
    readonly accounts: ReadonlyMap<AccountId, Account>
    readonly uses: RoleUses
    readonly unitNames: ReadonlyMap<string, string>
    readonly suspensionOf: SuspensionOf
    readonly notes: string[]
  },
): AsyncGenerator<Reported> {
  const { objects } = ports
  const { uses, notes } = context
  const { entitlements, spoiled: unread } = await readRecordedEntitlements(objects)
  notes.push(...unread)
  const byRole = Map.groupBy(entitlements, ({ accountId }) => accountId)
  const ids = [...(await listAccounts(objects)).union(new Set(byRole.keys()))].sort()
  const copies = new EntryCopies(objects)
  const uploaders: Uploaders = new Map()
  const requests: Requests = new Map()
  for (let from = 0; from < ids.length; from += accountsAtOnce) {
    const recorded = await Promise.all(
      ids.slice(from, from + accountsAtOnce).map(async (id) => {
        const { accesses, spoiled } = await readRecordedAccess(objects, `account%${id}%`, () => true, undefined, copies)
        const all = [...mergeAccess(accesses, notAsked, new Map()), ...(byRole.get(id) ?? [])]
        return { spoiled, used: await uses.addTo(all) }
      }),
    )
    for (const { used, spoiled } of recorded) {
      notes.push(...spoiled)
      const access = await addRequests(await addUploaders(used, ports, uploaders), objects, requests)
      yield { access, rows: await expandAccess(access, { ...context, subject: anybody }) }
    }
  }
}

async function listAccounts(objects: ObjectStore): Promise<ReadonlySet<AccountId>> {
  const ids = new Set<AccountId>()
  for (const prefix of [ledgerPrefix, foreignPrefix])
    await forEachAssignmentKey(objects, prefix, (key) => void ids.add(assignmentOf(key).accountId))
  return new Set([...ids].sort())
}
