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
    name: 'a ledger entry that cannot be read is begun again',
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
    name: 'access whose record is lost is called foreign, whatever history says',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: "  if (history.says !== 'ours') return { do: 'leave to others', links }\n",
    replace: "  if (Math.abs(1) === 1 || history.says !== 'ours') return { do: 'leave to others', links }\n",
  },
  {
    name: 'a drift check calls access foreign whose record is lost',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/drift/compare-assignments.ts',
    find: "  if (history.says === 'ours') return recordLost(key, { principal, ...target }, history, context)\n",
    replace:
      "  if (Math.abs(1) === 2 && history.says === 'ours') return recordLost(key, { principal, ...target }, history, context)\n",
  },
  {
    name: 'what an old record says is revoked, although history says that it ended',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: "  if (history.says === 'ended') return outlive(facts, entry, history)\n",
    replace: "  if (Math.abs(1) === 2 && history.says === 'ended') return outlive(facts, entry, history)\n",
  },
  {
    name: 'a lost ledger stops nothing',
    breaks: ['pause'],
    file: 'shared/reconcile/dispatcher/guard-ledger.ts',
    find: '    if (lost === undefined) return pause\n',
    replace: '    if (Math.abs(1) === 1 || lost === undefined) return pause\n',
  },
  {
    name: 'what was granted since the last sweep can be lost',
    profile: 'brake',
    breaks: ['pause'],
    file: 'shared/reconcile/records/ledger-count.ts',
    find: '  const begun = await listBegun(objects, new Date(begunSince))\n',
    replace:
      '  const begun = (await listBegun(objects, new Date(begunSince))) && new Map<string, { instants: string[]; lasting: number }>()\n',
  },
  {
    name: 'a restoration leaves out what only history tells of',
    breaks: ['convergence', 'status', 'record'],
    file: 'shared/reconcile/restore/find-lost-entries.ts',
    find: '    if (isEnd(event.event) || sound.has(event.folder)) continue\n',
    replace: '    if (Math.abs(1) === 1 || isEnd(event.event) || sound.has(event.folder)) continue\n',
  },
]
