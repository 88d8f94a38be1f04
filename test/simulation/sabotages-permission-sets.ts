import type { Sabotage } from './sabotages.ts'

/** Defects of what becomes of a permission set. */
export const permissionSetSabotages: readonly Sabotage[] = [
  {
    name: 'a change of a permission set is not marked before its first call',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/apply-permission-set.ts',
    find: '  if (changes.length > 0 || isNew) await mark()\n',
    replace: '',
  },
  {
    name: 'references are not looked for once more after "blocked"',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/permission-set-work.ts',
    find: "if (status?.state === 'blocked' && before?.state !== 'blocked') return",
    replace: "if (Math.abs(1) === 2 && status?.state === 'blocked' && before?.state !== 'blocked') return",
  },
  {
    name: 'ledger entries do not keep a permission set from being deleted',
    breaks: ['foreign'],
    file: 'shared/reconcile/permission-set-references.ts',
    find: '    if (assignment?.permissionSet === name) accounts.add(assignment.accountId)',
    replace: '',
  },
  {
    name: 'links do not keep a permission set from being deleted',
    breaks: ['foreign'],
    file: 'shared/reconcile/permission-set-references.ts',
    find: '    else if (await isReference(key, context)) links.push(key)',
    replace: '',
  },
  {
    name: 'a permission set is deleted although its file came back',
    breaks: ['foreign', 'convergence', 'status'],
    file: 'shared/reconcile/delete-permission-set.ts',
    find: "  if (await objects.head(permissionSetKey(name))) return 'file-is-back'\n",
    replace: '',
  },
  {
    name: 'accounts are not provisioned after a change',
    breaks: ['convergence'],
    file: 'shared/reconcile/provision-permission-set.ts',
    find: '  if (stale.length === 0) return',
    replace: '  if (Math.abs(1) === 1 || stale.length === 0) return',
  },
  {
    name: 'a provisioning that failed is not tried again',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/apply-permission-set.ts',
    find: "  await deferPermissionSet(owned, outcome === 'failed' ? 'later' : 'now', context)",
    replace: "  if (outcome !== 'failed') await deferPermissionSet(owned, 'now', context)",
  },
  {
    name: 'what others change in a permission set is not restored by a drift check',
    breaks: ['convergence'],
    file: 'shared/reconcile/apply-permission-set.ts',
    find: '  if (owned && isApplied(owned.value, object) && !context.isDriftCheck) return',
    replace: '  if (owned && isApplied(owned.value, object)) return',
  },
  {
    name: 'one provisioning more than allowed is in progress',
    breaks: ['quotas'],
    file: 'shared/reconcile/provisionings.ts',
    find: 'this.#known.size + this.#starting >= this.#most',
    replace: 'this.#known.size + this.#starting > this.#most',
  },
  {
    name: 'a link that waits no more leaves its other accounts waiting',
    breaks: ['convergence'],
    file: 'shared/reconcile/open-hint-work.ts',
    find: "      if (isFreed(current, status)) await sendInputs(settling, [input], 'what it waited for is there')\n",
    replace: '',
  },
]
