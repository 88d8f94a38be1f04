import { accountId } from '../../shared/domain/organization/account-id.ts'
import { type Doing, disturbing } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Account = { readonly account: string }
type Team = 'a' | 'b'

/** What becomes of accounts and their places. */
export const organizationActions = {
  'move an account': changing<{ readonly unit: string }>((world, { id, parent, unit }) =>
    parent === unit ? undefined : world.organizations.moveAccount(id, parent, unit),
  ),
  'tag an account': ({ organizations }: SimulatedWorld, { account, value }: Account & { readonly value: Team }) =>
    organizations.tagResource(account, { team: value }),
  'create an account': async (
    world: SimulatedWorld,
    { unit, team }: { readonly unit: string; readonly team: Team },
  ) => {
    const { organizations, deployment, clock } = world
    const accountName = `created-${deployment.steps}-${clock.monotonicMs()}`
    const email = `${accountName}@example.com`
    const { accountId } = await organizations.createAccount({ accountName, email, tags: { team } })
    world.later(1_001, async () => {
      const root = accountId && world.accountNow(accountId)?.parents.at(-1)
      if (accountId && root) await organizations.moveAccount(accountId, root, unit)
    })
  },
  'suspend an account': untold((world, { id }) => {
    world.wasSuspended = true
    world.organizations.suspendAccount(id)
  }),
  'reinstate the account': untold((world, { id }) => world.organizations.reinstateAccount(id)),
  'close an account': changing(async (world, { id }) => {
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
  // Only reconciles find that it is gone. Its access went with it: that only a drift check finds.
  'an account leaves': disturbing(
    changing(async (world, { id }) => {
      world.wasDisturbed = true
      await world.organizations.removeAccountFromOrganization(id)
    }),
  ),
  'the account comes back': async (world: SimulatedWorld, { account }: Account) => {
    const { organizations, checker } = world
    if (world.accountNow(account)) return
    const id = accountId.parse(account)
    const handshake = await organizations.inviteAccountToOrganization({ type: 'ACCOUNT', id })
    await organizations.acceptHandshake(handshake.id, id)
    checker.noteDesired()
  },
  /** A listing answers less than there is, without an error. */
  'Organizations does not list an account': (
    world: SimulatedWorld,
    { account, times }: Account & { readonly times: number },
  ) => {
    // Whoever does not know the account cannot know that it is lacking.
    const view = JSON.stringify(world.readJson('state/organization.json') ?? {})
    if (!view.includes(account)) world.wasDisturbed = true
    world.organizations.unlisted.push({ account, times })
  },
  /** State and Paths are no required members. No event tells when they are told again. */
  'Organizations does not say where an account is': changing<{ readonly forMs: number }>((world, { id, forMs }) => {
    // What is granted and revoked there is made good once its place is read again: by a reconcile.
    world.wasDisturbed = true
    world.organizations.withholdPlace(id)
    world.later(forMs, async () => world.organizations.tellPlace(id))
  }),
  'create an organizational unit and move an account there': changing(async (world, { id, parent }) => {
    const { organizations, deployment, clock } = world
    const made = await organizations.createOrganizationalUnit(parent, `unit ${deployment.steps} ${clock.monotonicMs()}`)
    await organizations.moveAccount(id, parent, made.id)
  }),
  'delete an organizational unit that is empty': ({ organizations }: SimulatedWorld, { unit }: { unit: string }) =>
    organizations.hasParent(unit) ? organizations.deleteOrganizationalUnit(unit) : undefined,
  /** No event tells of it: only a reconcile finds it. */
  'rename an account': changing<{ readonly to: string }>((world, { id, to }) => {
    world.wasDisturbed = true
    world.organizations.renameAccount(id, to)
  }),
}

type Known = { readonly id: NonNullable<ReturnType<SimulatedWorld['accountNow']>>['id']; readonly parent: string }

/** Of an account that is there. */
function changing<Args = unknown>(change: Doing<Args & Known>) {
  return async (world: SimulatedWorld, args: Account & Args) => {
    const known = world.accountNow(args.account)
    const parent = known?.parents.at(-1)
    if (!known || !parent) return
    await change(world, { ...args, id: known.id, parent })
    world.checker.noteDesired()
  }
}

/** Only Support reinstates, and no event tells of either. */
function untold(change: Doing<Known>) {
  return disturbing(
    changing((world, known) => {
      world.deliveries.counts.lost++
      world.wasEventLost = true
      return change(world, known)
    }),
  )
}
