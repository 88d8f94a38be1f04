import { accountId } from '../../shared/domain/organization/account-id.ts'
import { type Doing, disturbing } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Account = { readonly account: string }
type Team = 'a' | 'b'

/** Changes of accounts and of their places. */
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
    // If closing takes hours, the world comes to rest before it ends.
    if (closureMs > 60_000) return
    world.later(closureMs + 1, () => {
      organizations.settle()
      checker.noteDesired()
    })
  }),
  // Only reconciles find that the account is gone, and only a drift check finds that its access is gone.
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
  /** A listing lacks an account, without an error. */
  'Organizations does not list an account': (
    world: SimulatedWorld,
    { account, times }: Account & { readonly times: number },
  ) => {
    // If the view lacks the account, nobody can notice that the listing lacks it.
    const view = JSON.stringify(world.readJson('state/organization.json') ?? {})
    if (!view.includes(account)) world.wasDisturbed = true
    world.organizations.unlisted.push({ account, times })
  },
  /** State and Paths are not required members. No event reports when they come back. */
  'Organizations does not say where an account is': changing<{ readonly forMs: number }>((world, { id, forMs }) => {
    // Once a reconcile reads the account's place again, ssofile grants and revokes there.
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
  /** No event reports it. Only a reconcile finds it. */
  'rename an account': changing<{ readonly to: string }>((world, { id, to }) => {
    world.wasDisturbed = true
    world.organizations.renameAccount(id, to)
  }),
}

type KnownAccount = {
  readonly id: NonNullable<ReturnType<SimulatedWorld['accountNow']>>['id']
  readonly parent: string
}

/** For an existing account. */
function changing<Args = unknown>(change: Doing<Args & KnownAccount>) {
  return async (world: SimulatedWorld, args: Account & Args) => {
    const known = world.accountNow(args.account)
    const parent = known?.parents.at(-1)
    if (!known || !parent) return
    await change(world, { ...args, id: known.id, parent })
    world.checker.noteDesired()
  }
}

/** Only AWS Support reinstates accounts. No event reports a suspension or a reinstatement. */
function untold(change: Doing<KnownAccount>) {
  return disturbing(
    changing((world, known) => {
      world.deliveries.counts.lost++
      world.wasEventLost = true
      return change(world, known)
    }),
  )
}
