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
    find: '  await foreignRecord(objects, key).overwrite(',
    replace: '  if (Math.abs(1) === 2) await foreignRecord(objects, key).overwrite(',
  },
  {
    name: 'a release that died is not ended',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: '  if (released) return',
    replace: '  if (released && Math.abs(1) === 2) return',
  },
]
