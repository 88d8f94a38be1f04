import * as fc from 'fast-check'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { type Doing, doing } from './doing.ts'
import { account, one } from './draws.ts'
import type { SimulatedWorld } from './simulated-world.ts'

export const requester = 'mia@example.com'
/** Who writes what only ssofile should. */
export const byHand = 'administrator'
const approverNames = ['ann', 'bob'] as const
const approversGroup = 'approvers'
const askersGroup = 'askers'
/** Eligible for nothing. */
const stranger = 'eve'
const knownIds: Readonly<Record<string, string>> = {
  ann: 'a0000000-0000-4000-8000-000000000001',
  bob: 'b0000000-0000-4000-8000-000000000002',
  [approversGroup]: 'c0000000-0000-4000-8000-000000000003',
  [askersGroup]: 'd0000000-0000-4000-8000-000000000004',
  [stranger]: 'e0000000-0000-4000-8000-000000000005',
}

const who = one<string>(...approverNames, requester)

/** What people do to have access for half an hour. */
export const requestActions = {
  'write the eligibility': asking(1, { approvals: fc.constantFrom(1, 2) }, ({ approvals }, { objects, checker }) => {
    const people = { for: { groups: [askersGroup] }, approvers: { groups: [approversGroup] } }
    const access = { permissionSets: ['First-ps'], scopes: ['root%all'], longest: 'PT30M' }
    checker.temporary.needed.note('approvals', approvals)
    const body = JSON.stringify({ ...people, ...access, approvals, endsSessions: true })
    void objects.as('governance').put('eligibility/first.json', body)
  }),
  'ask for access': asking(2, { account }, ({ account }, { objects, checker }, requesterId) => {
    const key = keyOf(requesterId, account)
    // Each upload says something else, as one that was edited does.
    const upload = checker.temporary.noteUpload(key)
    void objects.as('mia').put(key, JSON.stringify({ duration: 'PT30M', reason: `upload ${upload}` }))
  }),
  /** `of`: the upload that the status told last, or the one before. `isSealed`: with a key of their own: S3 gives it to nobody. */
  'decide on a request': asking(
    3,
    {
      account,
      by: who,
      decision: fc.constantFrom('approve', 'approve', 'deny'),
      of: fc.constantFrom('the present upload', 'an earlier upload'),
      isSealed: fc.constantFrom(false, false, false, true),
    },
    async ({ account, by, decision, of, isSealed }, { objects, checker, unreadable }, requesterId) => {
      const seen = checker.temporary.seen(keyOf(requesterId, account))
      const told = of === 'the present upload' ? seen.at(-1) : seen.at(-2)
      if (told === undefined) return
      checker.temporary.decisions.note(`${by} ${told.upload}`, decision)
      const approval = `approvals/${idOf(by, requesterId)}/${told.digest}`
      await objects.as(by).put(approval, JSON.stringify({ decision }))
      if (isSealed) unreadable.refuse(approval)
    },
  ),
  'withdraw a request': asking(1, { account }, ({ account }, { objects }, requesterId) => {
    void objects.as('mia').delete(keyOf(requesterId, account))
  }),
  'join the approvers': asking(1, { who }, ({ who }, world, id) => change(world, 'approvers', who, id, true)),
  'leave the approvers': asking(1, { who }, ({ who }, world, id) => change(world, 'approvers', who, id, false)),
  'the requester may ask': asking(1, {}, (_, world, id) => change(world, 'askers', requester, id, true)),
  'the requester may not ask any more': asking(1, {}, (_, world, id) => change(world, 'askers', requester, id, false)),
  /** Under an own id, for the access that somebody else may ask for. */
  'a stranger asks in the name of the requester': asking(1, { account }, ({ account }, { objects }) => {
    void objects.as(stranger).put(keyOf(idOf(stranger), account), JSON.stringify({ duration: 'PT30M' }))
  }),
  'the stranger takes that back': asking(1, { account }, ({ account }, { objects }) => {
    void objects.as(stranger).delete(keyOf(idOf(stranger), account))
  }),
  /** What only ssofile writes, written by an administrator or a restore. */
  'delete a temporary link by hand': asking(1, { account }, ({ account }, { objects }) => {
    void objects.as(byHand).delete(`links_data/temporary/${linkOf(account)}`)
  }),
  'put a former temporary link back': asking(1, { account }, ({ account }, { objects, checker }) => {
    const key = `links_data/temporary/${linkOf(account)}`
    const body = checker.temporary.bodies.get(key)
    if (body !== undefined) void objects.as(byHand).put(key, body)
  }),
}

/** While there is somebody who may ask. */
function asking<Args>(
  weight: number,
  args: Doing<Args>['args'],
  perform: (args: Args, world: SimulatedWorld, requesterId: string) => unknown,
): Doing<Args> {
  return doing(weight, args, async (told, world) => {
    const id = world.identityStore.idOf('USER', requester)
    if (id === undefined) return
    await meet(world, id)
    await perform(told, world, id)
  })
}

const idOf = (name: string, requesterId = '') => knownIds[name] ?? requesterId
const linkOf = (account: string) => `account%${account}%First-ps%${requester}%USER%ssofile`
const keyOf = (user: string, account: string) => `requests/${user}/${linkOf(account)}`

/** Those who approve are there from the first of these actions on, and the requester may ask. */
async function meet({ identityStore, checker }: SimulatedWorld, requesterId: string): Promise<void> {
  if (identityStore.idOf('GROUP', approversGroup) !== undefined) return
  const add = (type: 'GROUP' | 'USER', name: string) =>
    identityStore.addPrincipal(type, principalId.parse(knownIds[name]), name)
  add('GROUP', approversGroup)
  add('GROUP', askersGroup)
  add('USER', stranger)
  for (const name of approverNames) {
    add('USER', name)
    await identityStore.createGroupMembership(idOf(approversGroup), idOf(name))
    checker.temporary.approvers.note(name, true)
  }
  await identityStore.createGroupMembership(idOf(askersGroup), requesterId)
  checker.temporary.askers.note(requester, true)
}

async function change(
  { identityStore, checker }: SimulatedWorld,
  group: 'approvers' | 'askers',
  name: string,
  requesterId: string,
  joins: boolean,
): Promise<void> {
  const id = idOf(name, requesterId)
  const membership = await identityStore.getGroupMembershipId(idOf(group), id)
  if (joins === (membership !== undefined)) return
  if (membership !== undefined) await identityStore.deleteGroupMembership(membership)
  else await identityStore.createGroupMembership(idOf(group), id)
  checker.temporary[group].note(name, joins)
}
