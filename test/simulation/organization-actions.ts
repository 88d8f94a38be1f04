import { disturbing, doing } from './doing.ts'
import { account, one, silently, unit } from './draws.ts'
import type { SimulatedWorld } from './simulated-world.ts'

const team = one<'a' | 'b'>('a', 'b')
const awayMs = one(100, 5_000, 70_000, 4_200_000)

/** What becomes of accounts and their places. */
export const organizationActions = {
  'move an account': doing(2, { account, unit, silently }, ({ account, unit, silently }, world) =>
    move(account, unit, silently, world),
  ),
  'tag an account': doing(2, { account, value: team, silently }, ({ account, value, silently }, world) =>
    world.quietly(silently, () => world.organizations.tagResource(account, { team: value })),
  ),
  'create an account': doing(1, { unit, team }, async ({ unit, team }, world) => {
    const { organizations, steps, clock } = world
    const accountName = `created-${steps}-${clock.monotonicMs()}`
    const email = `${accountName}@example.com`
    const { accountId } = await organizations.createAccount({ accountName, email, tags: { team } })
    world.later(1_001, async () => {
      const root = accountId && world.accountNow(accountId)?.parents.at(-1)
      if (accountId && root) await organizations.moveAccount(accountId, root, unit)
    })
  }),
  'suspend an account': changing(disturbing, (id, _, world) => {
    noteUntold(world)
    world.wasSuspended = true
    world.organizations.suspendAccount(id)
  }),
  'reinstate the account': changing(disturbing, (id, _, world) => {
    noteUntold(world)
    world.organizations.reinstateAccount(id)
  }),
  'close an account': changing(doing, async (id, _, world) => {
    const { organizations, closureMs, checker } = world
    if (world.accountNow(id)?.state !== 'ACTIVE') return
    await organizations.closeAccount(id)
    // The world comes to rest while it still closes, where that takes hours.
    if (closureMs > 60_000) return
    world.later(closureMs + 1, () => {
      organizations.settle()
      checker.noteDesired()
    })
  }),
  // Only reconciles find that it is gone.
  'an account leaves': changing(disturbing, async (id, _, world) => {
    world.wasDisturbed = true
    await world.organizations.removeAccountFromOrganization(id)
  }),
  'an account leaves and comes back': disturbing(
    1,
    { account, afterMs: awayMs },
    async ({ account, afterMs }, world) => {
      const { organizations, checker } = world
      // Its access went with it: only a drift check finds that.
      world.wasDisturbed = true
      const known = world.accountNow(account)
      if (!known) return
      await organizations.removeAccountFromOrganization(known.id)
      world.later(afterMs, async () => {
        if (world.accountNow(known.id)) return
        const handshake = await organizations.inviteAccountToOrganization({ type: 'ACCOUNT', id: known.id })
        await organizations.acceptHandshake(handshake.id, known.id)
        checker.noteDesired()
      })
    },
  ),
  /** A listing answers less than there is, without an error. */
  'Organizations does not list an account': doing(1, { account, times: one(1, 2) }, ({ account, times }, world) => {
    // Whoever does not know the account cannot know that it is lacking.
    const view = JSON.stringify(world.readJson('state/organization.json') ?? {})
    if (!view.includes(account)) world.wasDisturbed = true
    world.organizations.unlisted.push({ account, times })
  }),
  /** State and Paths are no required members. No event tells when they are told again. */
  'Organizations does not say where an account is': doing(
    1,
    { account, forMs: awayMs },
    ({ account, forMs }, world) => {
      const withheld = world.accountNow(account)
      if (!withheld) return
      // What is granted and revoked there is made good once its place is read again: by a reconcile.
      world.wasDisturbed = true
      world.organizations.withholdPlace(withheld.id)
      world.later(forMs, async () => world.organizations.tellPlace(withheld.id))
    },
  ),
  'create an organizational unit and move an account there': changing(doing, async (id, parent, world) => {
    const { organizations, steps, clock } = world
    const made = await organizations.createOrganizationalUnit(parent, `unit ${steps} ${clock.monotonicMs()}`)
    await organizations.moveAccount(id, parent, made.id)
  }),
  'delete an organizational unit that is empty': doing(1, { unit }, async ({ unit }, { organizations }) => {
    if (organizations.hasParent(unit)) await organizations.deleteOrganizationalUnit(unit)
  }),
}

/** Answers where the account was; `undefined`: there was nothing to move. */
export async function move(
  account: string,
  unit: string,
  isSilent: boolean,
  world: SimulatedWorld,
): Promise<string | undefined> {
  const known = world.accountNow(account)
  const from = known?.parents.at(-1)
  if (!known || !from || from === unit) return undefined
  await world.quietly(isSilent, () => world.organizations.moveAccount(known.id, from, unit))
  return from
}

/** Of an account that is there. */
function changing(
  make: typeof doing<{ readonly account: string }>,
  change: (id: KnownId, parent: string, world: SimulatedWorld) => unknown,
) {
  return make(1, { account }, async ({ account }, world) => {
    const known = world.accountNow(account)
    const parent = known?.parents.at(-1)
    if (!known || !parent) return
    await change(known.id, parent, world)
    world.checker.noteDesired()
  })
}
type KnownId = NonNullable<ReturnType<SimulatedWorld['accountNow']>>['id']

/** Only Support reinstates, and no event tells of either. */
function noteUntold(world: SimulatedWorld): void {
  world.eventFaults.lost++
  world.wasEventLost = true
}
