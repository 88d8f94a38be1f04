import type { Sabotage } from './sabotages.ts'

/** Defects in what is done about objects that nobody can read. */
export const unreadableSabotages: readonly Sabotage[] = [
  {
    name: 'one spoiled object stops whoever reads many',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/records/stored-json.ts',
    find: '    if (error instanceof SpoiledObjectError) return error\n',
    replace: '',
  },
  {
    name: 'a link that cannot be read counts as absent',
    breaks: ['foreign'],
    file: 'shared/reconcile/records/read-link.ts',
    find: "    return { state: 'unreadable', link: link.value, object, complaint }\n",
    replace: "    return { state: 'absent', link: link.value, ...(complaint && {}) }\n",
  },
  {
    name: 'a ledger entry that cannot be read is begun anew',
    breaks: ['record'],
    file: 'shared/reconcile/assignments/settle-assignment.ts',
    find: '    if (spoiled.object.key !== ledgerKey(key)) throw spoiled\n',
    replace:
      '    if (spoiled.object.key !== ledgerKey(key)) throw spoiled\n    await context.objects.delete(spoiled.object.key)\n',
  },
  {
    name: 'a status that cannot be read keeps access from being revoked',
    breaks: ['convergence'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: '      if (isSpoiled(status)) return link\n',
    replace: '      if (isSpoiled(status)) throw status\n',
  },
  {
    name: 'foreign access that cannot be read holds up its part of a drift check',
    breaks: ['convergence'],
    file: 'shared/reconcile/drift/compare-assignments.ts',
    find: '  const stored = await unlessSpoiled(record.read())\n',
    replace: '  const stored = await record.read()\n',
  },
]
