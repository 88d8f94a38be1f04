import type { Sabotage } from './sabotages.ts'

/** Defects in what ends when a file suspends somebody. */
export const peopleSabotages: readonly Sabotage[] = [
  {
    name: 'who has another name by now is suspended no longer',
    breaks: ['suspended'],
    file: 'shared/reconcile/records/suspensions.ts',
    find: '    const names = new Set([...(name === undefined ? [] : [name]), ...(await listMeantNames(this.#objects, id))])\n',
    replace:
      '    const names = new Set([...(name === undefined ? [] : [name]), ...(await listMeantNames(this.#objects, id)).slice(0, 0)])\n',
  },
  {
    name: 'what a suspended person has is left to others',
    breaks: ['suspended'],
    file: 'shared/reconcile/people/look-at-suspension.ts',
    find: '  await sendHints(context, { id, hints, revocation: true }, configuration)\n',
    replace: '  await sendHints(context, { id, hints: hints.slice(0, 0), revocation: true }, configuration)\n',
  },
  {
    name: 'who was in the group before is taken for ours',
    breaks: ['foreign'],
    file: 'shared/domain/people/decide-membership.ts',
    find: "    if (found !== undefined) return 'foreign'\n",
    replace: '',
  },
  {
    name: 'a suspended person stays in the groups of files',
    breaks: ['suspended'],
    file: 'shared/reconcile/people/look-at-membership.ts',
    find: "      if (suspension !== undefined) return { lacks: 'freedom', suspension }\n",
    replace: '',
  },
  {
    name: 'nobody is taken out of a group whose file is gone',
    breaks: ['convergence'],
    file: 'shared/domain/people/decide-membership.ts',
    find: "  if (isWanted === 'no') return 'remove'\n",
    replace: "  if (isWanted === 'no') return 'keep'\n",
  },
  {
    name: 'whom a rule means no longer stays in its group',
    breaks: ['convergence'],
    file: 'shared/domain/people/ask-rule.ts',
    find: "{ asks: 'yes', keptUntil } : { asks: 'no' }\n",
    replace: "{ asks: 'yes', keptUntil } : { asks: 'yes' }\n",
  },
  {
    name: 'a rule takes whom others had put in for its own',
    breaks: ['foreign'],
    file: 'shared/reconcile/people/settle-membership.ts',
    find: 'decideMembership({ ...this.#wish, entry, isFresh, found, onDrift, isAskedAnew })\n',
    replace:
      'decideMembership({ ...this.#wish, entry, isFresh, found: entry || !this.#wish.user ? found : undefined, onDrift, isAskedAnew })\n',
  },
]
