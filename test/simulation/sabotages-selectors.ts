import type { Sabotage } from './sabotages.ts'

/** Defects in what selectors decide. */
export const selectorSabotages: readonly Sabotage[] = [
  {
    name: 'a selector that is not valid selects nothing',
    breaks: ['foreign'],
    file: 'shared/domain/scopes/expand-scope.ts',
    find: 'return selector.ok ? isSelected(selector.value.condition, account, parents) : undefined',
    replace: 'return selector.ok ? isSelected(selector.value.condition, account, parents) : false',
  },
  {
    name: 'selectors are read once in a process',
    isHealedBySweep: true,
    breaks: ['foreign', 'convergence', 'brake'],
    file: 'shared/reconcile/records/selector-files.ts',
    find: '    return (await this.readWithContents()).selectors\n',
    replace:
      '    const once = this as { known?: Selectors }\n    once.known ??= (await this.readWithContents()).selectors\n    return once.known\n',
  },
  {
    name: 'what a changed selector takes away is left to others',
    breaks: ['convergence'],
    file: 'shared/reconcile/statuses/watch-selectors.ts',
    find: '      hints.push(...found.links.map((link) => accessHint(id, link.key)))\n',
    replace: '      if (hints.length > 0) hints.push(...found.links.map((link) => accessHint(id, link.key)))\n',
    isHealedBySweep: true,
  },
]
