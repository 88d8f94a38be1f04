import type { Card } from './card.ts'
import type { ToldAccess } from './told-request.ts'

const givers = {
  ours: 'Standing',
  temporary: 'Temporary: it ends by itself',
  foreign: 'Given by others than ssofile',
} as const

/** The facts about existing access, for a person. */
export function describeAccess(
  { account, permissionSet, principal, type, giver }: ToldAccess,
  accounts: Readonly<Record<string, string>>,
  abouts: Readonly<Record<string, string>>,
  of: 'own' | 'of everybody' = 'own',
): Card {
  const about = abouts[permissionSet]
  const whose = type === 'GROUP' ? `the group ${principal}` : of === 'own' ? 'yourself' : principal
  return {
    id: `${account} ${permissionSet} ${type} ${principal} ${giver}`,
    title: `${permissionSet} in ${accounts[account] ? `${accounts[account]} (${account})` : account}`,
    state: giver === 'temporary' ? 'granted' : '',
    stateText: givers[giver],
    facts: [
      [of === 'own' ? 'Through' : 'Who', whose],
      ...(about === undefined ? [] : [['What it allows', about] as const]),
    ],
    actions: [],
  }
}
