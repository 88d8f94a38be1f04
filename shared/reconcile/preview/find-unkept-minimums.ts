import { type AssignmentKey, assignmentOf, parseAssignmentKey } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { type Objection, objectToRevocation } from '../../domain/guardrails/judge-by-policies.ts'
import type { Guardrails } from '../../domain/guardrails/policy-file.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Minimums } from '../guardrails/minimums.ts'
import { listAssignmentKeys } from '../records/ledger.ts'

/** Accounts where fewer people have what a minimum is about than it demands, each with what stands against it. */
export async function findUnkeptMinimums(
  { policies }: Guardrails,
  { accounts }: OrganizationView,
  { objects, minimums }: { readonly objects: ObjectStore; readonly minimums: Minimums },
): Promise<ReadonlyMap<string, readonly Objection[]>> {
  const found = new Map<string, Objection[]>()
  const rules = policies.flatMap((policy) =>
    policy.minimums.filter(({ mode }) => mode === 'enforce').map((rule) => ({ policy, rule })),
  )
  if (rules.length === 0) return found
  const isThere = await minimums.readPresence()
  const keys: AssignmentKey[] = []
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) keys.push(key)
  const byAccount = Map.groupBy(keys, (key) => parseAssignmentKey(key)?.accountId)
  for (const { policy, rule } of rules) {
    const meant = accounts.filter(({ id, state }) => state === 'ACTIVE' && fitsOne(rule.for.accounts ?? ['*'], id))
    for (const { id } of meant) {
      const fitting = (byAccount.get(id) ?? []).filter((key) =>
        fitsOne(rule.for.permissionSets, assignmentOf(key).permissionSet),
      )
      const people = await minimums.listKeeping(fitting, rule, { leaving: new Set(), isThere })
      if (people.size >= rule.must.peopleLeast) continue
      const objection = objectToRevocation(policy, rule, { left: people.size, account: id })
      found.set(`account ${id}`, [...(found.get(`account ${id}`) ?? []), objection])
    }
  }
  return found
}
