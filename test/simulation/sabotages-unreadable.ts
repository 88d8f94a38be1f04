import type { Sabotage } from './sabotages.ts'

/** Defects in what is done about objects that nobody can read. */
export const unreadableSabotages: readonly Sabotage[] = [
  {
    name: 'one spoiled object stops whoever reads many',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/stored-json.ts',
    find: '    if (error instanceof SpoiledObjectError) return error\n',
    replace: '',
  },
  {
    name: 'a link that cannot be read counts as absent',
    breaks: ['foreign'],
    file: 'shared/reconcile/read-link.ts',
    find: '  const found = await objects.get(key, { mostBytes: linkBodyMostBytes })\n',
    replace: '  const found = await objects.get(key, { mostBytes: linkBodyMostBytes }).catch(() => undefined)\n',
  },
  {
    name: 'a ledger entry that cannot be read is begun anew',
    breaks: ['record'],
    file: 'shared/reconcile/settle-assignment.ts',
    find: '  if (isSpoiled(stored)) {\n',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be put in
    replace: '  if (isSpoiled(stored)) {\n    await context.objects.delete(`assignments/${key}`)\n',
  },
  {
    name: 'a status that cannot be read keeps access from being revoked',
    breaks: ['convergence'],
    file: 'shared/reconcile/revoke-assignment.ts',
    find: '      if (isSpoiled(status)) return link\n',
    replace: '      if (isSpoiled(status)) throw status\n',
  },
  {
    name: 'foreign access that cannot be read holds up its part of a drift check',
    breaks: ['convergence'],
    file: 'shared/reconcile/compare-assignments.ts',
    find: '  const stored = await unlessSpoiled(readStoredForeign(objects, key))\n',
    replace: '  const stored = await readStoredForeign(objects, key)\n',
  },
]
