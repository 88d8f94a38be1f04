import type { Sabotage } from './sabotages.ts'

/** Defects of what becomes of a permission set. */
export const permissionSetSabotages: readonly Sabotage[] = [
  {
    name: 'a change of a permission set is not marked before its first call',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/permission-sets/apply-permission-set.ts',
    find: '  if (next !== owned.value.change) await save(next)\n',
    replace: '',
  },
  {
    name: 'ledger entries do not keep a permission set from being deleted',
    breaks: ['foreign'],
    file: 'shared/reconcile/permission-sets/permission-set-references.ts',
    find: '    if (assignment?.permissionSet === name) accounts.add(assignment.accountId)',
    replace: '',
  },
  {
    name: 'links do not keep a permission set from being deleted',
    breaks: ['foreign'],
    file: 'shared/reconcile/permission-sets/permission-set-references.ts',
    find: '    else if (await isReference(key, context)) links.push(key)',
    replace: '',
  },
  {
    name: 'a permission set is deleted although its file came back',
    breaks: ['foreign', 'convergence', 'status'],
    file: 'shared/reconcile/permission-sets/delete-permission-set.ts',
    find: "  if (await objects.head(permissionSetKey(name))) return 'file-is-back'\n",
    replace: '',
  },
  {
    name: 'accounts are not provisioned after a change',
    breaks: ['convergence'],
    file: 'shared/reconcile/permission-sets/apply-permission-set.ts',
    find: '  if (next?.provisioning) {',
    replace: '  if (Math.abs(1) === 2 && next?.provisioning) {',
  },
  {
    name: 'a provisioning that failed is not tried again',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/permission-sets/apply-permission-set.ts',
    find: "      await deferPermissionSet(owned, provisioned.outcome === 'failed' ? 'later' : provisioned.until, context)",
    replace: "      if (provisioned.outcome !== 'failed') await deferPermissionSet(owned, provisioned.until, context)",
  },
  {
    name: 'what others change in a permission set is not restored by a drift check',
    breaks: ['convergence'],
    file: 'shared/reconcile/permission-sets/apply-permission-set.ts',
    find: '  if (owned && isApplied(owned.value, object) && !context.isDriftCheck)',
    replace: '  if (owned && isApplied(owned.value, object))',
  },
  {
    name: 'one provisioning more than allowed is in progress',
    breaks: ['quotas'],
    file: 'shared/reconcile/permission-sets/provisionings.ts',
    find: 'this.#known.size + this.#starting >= this.#most',
    replace: 'this.#known.size + this.#starting > this.#most',
  },
  {
    name: 'a changed file takes out what is denied to ended sessions',
    breaks: ['sessions'],
    file: 'shared/reconcile/permission-sets/deny-ended-sessions.ts',
    find: '  const denials = denialsOf(sessions?.denied ?? [])',
    replace: '  const denials = denialsOf((sessions?.denied ?? []).slice(0, 0))',
  },
]
