import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

/** What happens to the organization, or to its answers, besides what `outside-changes.ts` does. */
export type OrganizationAction =
  /** A listing answers less than there is, without an error. */
  | { readonly do: 'Organizations does not list an account'; readonly account: string; readonly times: number }
  | { readonly do: 'an account leaves and comes back'; readonly account: string; readonly afterMs: number }
  /** State and Paths are no required members. No event tells when they are told again. */
  | { readonly do: 'Organizations does not say where an account is'; readonly account: string; readonly forMs: number }
  | { readonly do: 'delete an organizational unit that is empty'; readonly unit: string }

const names: ReadonlySet<string> = new Set<OrganizationAction['do']>([
  'Organizations does not list an account',
  'an account leaves and comes back',
  'Organizations does not say where an account is',
  'delete an organizational unit that is empty',
])

export function isOrganizationAction(action: { readonly do: string }): action is OrganizationAction {
  return names.has(action.do)
}

export const organizationActions = (account: fc.Arbitrary<string>, unit: fc.Arbitrary<string>) =>
  [
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('Organizations does not list an account' as const),
        account,
        times: fc.integer({ min: 1, max: 2 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('an account leaves and comes back' as const),
        account,
        afterMs: fc.constantFrom(100, 5_000, 70_000, 4_200_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('Organizations does not say where an account is' as const),
        account,
        forMs: fc.constantFrom(100, 5_000, 70_000, 4_200_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('delete an organizational unit that is empty' as const),
        unit,
      }),
    },
  ] as const

export async function performOrganizationAction(action: OrganizationAction, world: SimulatedWorld): Promise<void> {
  const { organizations, checker } = world
  if (action.do === 'Organizations does not list an account') {
    // Whoever does not know the account cannot know that it is lacking.
    if (!world.viewNames(action.account)) world.wasDisturbed = true
    world.unlisted.push({ account: action.account, times: action.times })
    return
  }
  if (action.do === 'delete an organizational unit that is empty') {
    if (organizations.hasParent(action.unit)) await organizations.deleteOrganizationalUnit(action.unit)
    return
  }
  if (action.do === 'Organizations does not say where an account is') {
    const withheld = organizations.accountsNow().find(({ id }) => id === action.account)
    if (!withheld) return
    // What is granted and revoked there is made good once its place is read again: by a reconcile.
    world.wasDisturbed = true
    organizations.withholdPlace(withheld.id)
    world.later(action.forMs, async () => organizations.tellPlace(withheld.id))
    return
  }
  // Its access went with it: only a drift check finds that.
  world.wasDisturbed = true
  const known = organizations.accountsNow().find(({ id }) => id === action.account)
  if (!known) return
  await organizations.removeAccountFromOrganization(known.id)
  const comeBack = async () => {
    if (organizations.accountsNow().some(({ id }) => id === known.id)) return
    const handshake = await organizations.inviteAccountToOrganization({ type: 'ACCOUNT', id: known.id })
    await organizations.acceptHandshake(handshake.id, known.id)
    checker.noteDesired()
  }
  world.later(action.afterMs, comeBack)
}
