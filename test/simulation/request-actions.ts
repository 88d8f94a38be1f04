import type { SimulatedWorld } from './simulated-world.ts'

export const requester = 'mia@example.com'
/** Somebody who writes objects that only ssofile should write. */
export const byHand = 'administrator'
/** Eligible for nothing. */
const stranger = 'eve'
/** These exist from the beginning. Their groups are empty until somebody asks for something. */
export const peopleOfRequests = { groups: ['approvers', 'askers'], users: ['ann', 'bob', stranger] } as const

type Membership = { readonly group: (typeof peopleOfRequests)['groups'][number]; readonly who: string }
type Account = { readonly account: string }
type Decision = Account & {
  readonly by: string
  readonly decision: 'approve' | 'deny'
  readonly of: 'the present upload' | 'an earlier upload'
  readonly isSealed: boolean
}

/** Actions of people to get access for half an hour. */
export const requestActions = {
  'ask for access': asking<Account>(({ objects, checker }, { account }, requesterId) => {
    const key = keyOf(requesterId, account)
    void objects
      .as('mia')
      .put(key, JSON.stringify({ duration: 'PT30M', reason: `upload ${checker.temporary.nextUpload}` }))
  }),
  /** `of`: the upload in the last status, or the one before. `isSealed`: encrypted with a person's own key, so S3 returns it to nobody. */
  'decide on a request': asking<Decision>(
    async ({ objects, checker, unreadable, identityStore }, { account, by, decision, of, isSealed }, requesterId) => {
      const seen = checker.temporary.seen(keyOf(requesterId, account))
      const told = of === 'the present upload' ? seen.at(-1) : seen.at(-2)
      if (told === undefined) return
      const approval = `approvals/${identityStore.idOf('USER', by)}/${told.digest}`
      await objects.as(by).put(approval, JSON.stringify({ decision }))
      if (isSealed) unreadable.refuse(approval)
    },
  ),
  'withdraw a request': asking<Account>(({ objects }, { account }, requesterId) =>
    objects.as('mia').delete(keyOf(requesterId, account)),
  ),
  'join a group': asking<Membership>((world, membership) => change(world, membership, true)),
  'leave a group': asking<Membership>((world, membership) => change(world, membership, false)),
  /** Under the stranger's own id, for access that only somebody else may request. */
  'a stranger asks in the name of the requester': asking<Account>(({ objects, identityStore }, { account }) =>
    objects
      .as(stranger)
      .put(keyOf(identityStore.idOf('USER', stranger), account), JSON.stringify({ duration: 'PT30M' })),
  ),
  'the stranger takes that back': asking<Account>(({ objects, identityStore }, { account }) =>
    objects.as(stranger).delete(keyOf(identityStore.idOf('USER', stranger), account)),
  ),
  /** An administrator or a restore changes an object that only ssofile should write. */
  'delete a temporary link by hand': asking<Account>(({ objects }, { account }) =>
    objects.as(byHand).delete(`links_data/temporary/${linkOf(account)}`),
  ),
  'put a former temporary link back': asking<Account>(({ objects, checker }, { account }) => {
    const key = `links_data/temporary/${linkOf(account)}`
    const body = checker.temporary.bodies.get(key)
    if (body !== undefined) void objects.as(byHand).put(key, body)
  }),
}

/** Only while there is somebody who may ask. */
function asking<Args = unknown>(perform: (world: SimulatedWorld, args: Args, requesterId: string) => unknown) {
  return async (world: SimulatedWorld, args: Args) => {
    const id = world.identityStore.idOf('USER', requester)
    if (id === undefined) return
    await meet(world)
    await perform(world, args, id)
  }
}

const linkOf = (account: string) => `account%${account}%First-ps%${requester}%USER%ssofile`
const keyOf = (user = '', account: string) => `requests/${user}/${linkOf(account)}`

/** From the first of these actions on, two people may approve, and the requester may ask. */
async function meet(world: SimulatedWorld): Promise<void> {
  if (world.checker.temporary.approvers.things.length > 0) return
  for (const who of ['ann', 'bob']) await change(world, { group: 'approvers', who }, true)
  await change(world, { group: 'askers', who: requester }, true)
}

async function change(
  { identityStore, checker }: SimulatedWorld,
  { group, who }: Membership,
  joins: boolean,
): Promise<void> {
  const [groupId, userId] = [identityStore.idOf('GROUP', group), identityStore.idOf('USER', who)]
  if (groupId === undefined || userId === undefined) return
  const membership = await identityStore.getGroupMembershipId(groupId, userId)
  if (joins === (membership !== undefined)) return
  if (membership !== undefined) await identityStore.deleteGroupMembership(membership)
  else await identityStore.createGroupMembership(groupId, userId)
  checker.temporary[group].note(who, joins)
}
