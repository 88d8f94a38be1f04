import type { SimulatedWorld } from '../../simulated-world.ts'
import type { KindFiles } from '../part.ts'

const render = (said: object) =>
  JSON.stringify({
    ...{ for: { groups: ['askers'] }, approvers: { groups: ['approvers'] } },
    ...{ permissionSets: ['First-ps'], scopes: ['root%all'], longest: 'PT30M', endsSessions: true },
    ...said,
  })

/** If two fit, the less demanding one counts. */
export const eligibilityFiles = {
  keys: { first: 'eligibility/first.json', second: 'eligibility/second.json' },
  valid: {
    'with one approval': render({ approvals: 1 }),
    'with two approvals': render({ approvals: 2 }),
    'with no approval': render({ approvals: 0, approvedByItself: { groups: ['askers'] } }),
    'with one approval in one account': render({ approvals: 1, scopes: ['account%200000000002'] }),
    'for others': render({ approvals: 1, for: { groups: ['team-2'] } }),
    'of another permission set': render({ approvals: 1, permissionSets: ['Late-ps'] }),
  },
  invalid: { 'without approvals': render({ approvals: 0 }), broken: '{ "for": {' },
} as const satisfies KindFiles

const { valid } = eligibilityFiles

/** The approvals that access to this account needs. `undefined`: nobody may ask for it. */
export function neededNow(world: SimulatedWorld, account: string): number | undefined {
  const demands = world.keys('eligibility/').flatMap((key) => {
    const text = world.textOf(key)
    if (text === valid['with one approval']) return [1]
    if (text === valid['with two approvals']) return [2]
    if (text === valid['with no approval']) return [0]
    return text === valid['with one approval in one account'] && account === '200000000002' ? [1] : []
  })
  return demands.length === 0 ? undefined : Math.min(...demands)
}
