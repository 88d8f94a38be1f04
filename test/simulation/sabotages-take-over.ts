import type { Sabotage } from './sabotages.ts'

/** Defects in taking access over and giving it back. */
export const takeOverSabotages: readonly Sabotage[] = [
  {
    name: 'a release leaves no word in history',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/assignments/release-assignment.ts',
    find: "  await recordHistory(objects, { key, event: 'released'",
    replace: "  if (Math.abs(1) === 2) await recordHistory(objects, { key, event: 'released'",
  },
  {
    name: 'a release does not record what it gives back',
    breaks: ['record'],
    file: 'shared/reconcile/assignments/release-assignment.ts',
    find: '  await writeForeign(objects, key, {',
    replace: '  if (Math.abs(1) === 2) await writeForeign(objects, key, {',
  },
  {
    name: 'a release that died is not ended',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: '  if (entry?.releasedAt !== undefined) return',
    replace: '  if (entry?.releasedAt !== undefined && Math.abs(1) === 2) return',
  },
]
