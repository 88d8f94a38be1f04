import type { Sabotage } from './sabotages.ts'

/** Defects of the brake and the pause. */
export const brakeSabotages: readonly Sabotage[] = [
  {
    name: 'the brake holds one too early',
    breaks: ['brake'],
    file: 'shared/domain/brake.ts',
    find: 'items.length > 0 && window.counted.length + items.length > limitOf(',
    replace: 'items.length > 0 && window.counted.length + items.length >= limitOf(',
  },
  {
    name: 'the brake holds one too late',
    breaks: ['brake'],
    file: 'shared/domain/brake.ts',
    find: 'items.length > 0 && window.counted.length + items.length > limitOf(',
    replace: 'items.length > 0 && window.counted.length + items.length - 1 > limitOf(',
  },
  {
    name: 'what the brake counts is not written before the call',
    breaks: ['brake'],
    file: 'shared/reconcile/brake/brake.ts',
    find: '    if (record !== before && (await',
    replace: '    if (record.lists.length !== before.lists.length && (await',
  },
  {
    name: 'what is held is forgotten in a later window',
    breaks: ['brake'],
    file: 'shared/domain/brake.ts',
    find: '    : [...brake.windows, window]\n  return { ...brake, windows }',
    replace: '    : [...brake.windows, window]\n  return { ...brake, lists: isKnown ? brake.lists : [], windows }',
  },
  {
    name: 'a revocation that is tried again is counted again',
    breaks: ['brake'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: 'known.admission === undefined && !isBegun(access)',
    replace: 'known.admission === undefined',
  },
  {
    name: 'a link that is withdrawn once is never counted again',
    breaks: ['brake'],
    file: 'shared/domain/brake.ts',
    find: '.filter(({ items }) => items.length > 0)\n    .reduce(',
    replace: '.filter(({ items }) => items.length > 99)\n    .reduce(',
  },
  {
    name: 'any digest releases what is held',
    breaks: ['brake'],
    file: 'shared/reconcile/brake/brake-file.ts',
    find: 'record.lists.find((one) => digestOf(one) === digest)',
    replace: 'record.lists[0]',
  },
  {
    name: 'a release lets the other lists go as well',
    breaks: ['brake'],
    file: 'shared/domain/brake.ts',
    find: 'hinted: false, keys: list.held }',
    replace: 'hinted: false, keys: [...listHeld(brake)] }',
  },
  {
    name: 'a link that is back when its revocation is counted makes it indirect',
    breaks: ['brake'],
    file: 'shared/reconcile/assignments/gather.ts',
    find: "  if (isWanted !== (wish.is !== 'unwanted')) {",
    replace: '  if (Math.abs(1) === 2 && isWanted) {',
  },
  {
    name: 'links that grant nothing raise the limit of their folder',
    breaks: ['brake'],
    file: 'shared/reconcile/brake/brake.ts',
    find: '  const found = new Set<string>(counted)\n',
    replace:
      "  const found = new Set<string>(counted)\n  for await (const { key } of rule === 'own' ? objects.list(linkPrefix) : []) found.add(key)\n",
  },
  {
    name: 'what is held and desired again stays on the list',
    breaks: ['brake'],
    file: 'shared/reconcile/brake/brake.ts',
    find: '    if (this.#isFailing || !isHeld(this.#record, key)) return',
    replace: '    if (Math.abs(1) === 1 || !isHeld(this.#record, key)) return',
  },
  {
    name: 'the windows of the brake go by the clock of the machine',
    breaks: ['brake'],
    file: 'shared/reconcile/brake/brake.ts',
    find: 'now: object.servedAt }',
    replace: 'now: this.#ports.clock.now() }',
  },
  {
    name: 'what was released is not hinted at',
    breaks: ['brake', 'convergence'],
    file: 'shared/reconcile/brake/brake.ts',
    find: '      const hints = keys.flatMap((key) => toHint(key) ?? [])',
    replace: '      const hints = keys.flatMap((key) => toHint(key) ?? []).slice(1)',
  },
  {
    name: 'a slice that runs does not notice a pause',
    breaks: ['pause'],
    file: 'shared/reconcile/dispatcher/slice.ts',
    find: '        if (pause) {',
    replace: '        if (Math.abs(1) === 2 && pause) {',
  },
  {
    name: 'nothing is compared anew after a pause',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/dispatcher/pause.ts',
    find: "  await askForReconcile(queues, { why: 'resumed after a pause', deduplicationId: randomness.id() })\n",
    replace:
      "  if (Math.abs(1) === 2) await askForReconcile(queues, { why: 'resumed after a pause', deduplicationId: randomness.id() })\n",
  },
  {
    name: 'a link whose access is held is not woken',
    breaks: ['convergence', 'brake'],
    file: 'shared/reconcile/records/status-store.ts',
    find: '(told?.accounts?.open ?? 0) > 0',
    replace: 'false',
  },
]
