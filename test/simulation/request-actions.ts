import * as fc from 'fast-check'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { SimulatedWorld } from './simulated-world.ts'

export const requester = 'mia@example.com'
/** Who writes what only ssofile should. */
export const byHand = 'administrator'
const approverNames = ['ann', 'bob'] as const
const deciders = [...approverNames, requester] as const
type Decider = (typeof deciders)[number]
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

/** What people do to have access for half an hour. */
export type RequestAction =
  | { readonly do: 'write the eligibility'; readonly approvals: 1 | 2 }
  | { readonly do: 'ask for access'; readonly account: string }
  /** `of`: the upload that the status told last, or the one before. */
  | {
      readonly do: 'decide on a request'
      readonly account: string
      readonly by: Decider
      readonly decision: 'approve' | 'deny'
      readonly of: 'the present upload' | 'an earlier upload'
      /** Encrypted with a key of their own: S3 gives it to nobody. */
      readonly isSealed: boolean
    }
  | { readonly do: 'withdraw a request'; readonly account: string }
  | { readonly do: 'join the approvers'; readonly who: Decider }
  | { readonly do: 'leave the approvers'; readonly who: Decider }
  | { readonly do: 'the requester may ask' }
  | { readonly do: 'the requester may not ask any more' }
  /** Under an own id, for the access that somebody else may ask for. */
  | { readonly do: 'a stranger asks in the name of the requester'; readonly account: string }
  | { readonly do: 'the stranger takes that back'; readonly account: string }
  /** What only ssofile writes, written by an administrator or a restore. */
  | { readonly do: 'delete a temporary link by hand'; readonly account: string }
  | { readonly do: 'put a former temporary link back'; readonly account: string }

const names: ReadonlySet<string> = new Set<RequestAction['do']>([
  'write the eligibility',
  'ask for access',
  'decide on a request',
  'withdraw a request',
  'join the approvers',
  'leave the approvers',
  'the requester may ask',
  'the requester may not ask any more',
  'a stranger asks in the name of the requester',
  'the stranger takes that back',
  'delete a temporary link by hand',
  'put a former temporary link back',
])

export function isRequestAction(action: { readonly do: string }): action is RequestAction {
  return names.has(action.do)
}

const who = fc.constantFrom(...deciders)
const doing = <T extends RequestAction['do']>(name: T) => fc.constant(name)

export const requestActions = (account: fc.Arbitrary<string>): readonly fc.WeightedArbitrary<RequestAction>[] => [
  {
    weight: 1,
    arbitrary: fc.record({ do: doing('write the eligibility'), approvals: fc.constantFrom(1 as const, 2 as const) }),
  },
  { weight: 2, arbitrary: fc.record({ do: doing('ask for access'), account }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: doing('decide on a request'),
      account,
      by: who,
      decision: fc.constantFrom('approve' as const, 'approve' as const, 'deny' as const),
      of: fc.constantFrom('the present upload' as const, 'an earlier upload' as const),
      isSealed: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: doing('withdraw a request'), account }) },
  { weight: 1, arbitrary: fc.record({ do: doing('join the approvers'), who }) },
  { weight: 1, arbitrary: fc.record({ do: doing('leave the approvers'), who }) },
  { weight: 1, arbitrary: fc.record({ do: doing('the requester may ask') }) },
  { weight: 1, arbitrary: fc.record({ do: doing('the requester may not ask any more') }) },
  { weight: 1, arbitrary: fc.record({ do: doing('a stranger asks in the name of the requester'), account }) },
  { weight: 1, arbitrary: fc.record({ do: doing('the stranger takes that back'), account }) },
  { weight: 1, arbitrary: fc.record({ do: doing('delete a temporary link by hand'), account }) },
  { weight: 1, arbitrary: fc.record({ do: doing('put a former temporary link back'), account }) },
]

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
    await identityStore.createGroupMembership(knownIds[approversGroup] ?? '', knownIds[name] ?? '')
    checker.temporary.approvers.note(name, true)
  }
  await identityStore.createGroupMembership(knownIds[askersGroup] ?? '', requesterId)
  checker.temporary.askers.note(requester, true)
}

function writeEligibility(approvals: 1 | 2, { objects, checker }: SimulatedWorld): void {
  const people = { for: { groups: [askersGroup] }, approvers: { groups: [approversGroup] } }
  const said = {
    ...people,
    permissionSets: ['First-ps'],
    scopes: ['root%all'],
    longest: 'PT30M',
    approvals,
    endsSessions: true,
  }
  checker.temporary.noteNeeded(approvals)
  void objects.as('governance').put('eligibility/first.json', JSON.stringify(said))
}

type Group = { readonly id: string; readonly watch: { note(name: string, isMember: boolean): void } }
type Change = { readonly who: Decider; readonly id: string; readonly joins: boolean }

async function changeMembership(
  { identityStore }: SimulatedWorld,
  group: Group,
  { who: name, id, joins }: Change,
): Promise<void> {
  const membership = await identityStore.getGroupMembershipId(group.id, id)
  if (joins === (membership !== undefined)) return
  if (membership !== undefined) await identityStore.deleteGroupMembership(membership)
  else await identityStore.createGroupMembership(group.id, id)
  group.watch.note(name, joins)
}

export async function performRequestAction(action: RequestAction, world: SimulatedWorld): Promise<void> {
  const { objects, identityStore, checker } = world
  const requesterId = identityStore.idOf('USER', requester)
  if (requesterId === undefined) return
  await meet(world, requesterId)
  const idOf = (name: Decider) => (name === requester ? requesterId : (knownIds[name] ?? ''))
  const linkOf = (account: string) => `account%${account}%First-ps%${requester}%USER%ssofile`
  const keyOf = (account: string) => `requests/${requesterId}/${linkOf(account)}`
  switch (action.do) {
    case 'write the eligibility':
      return writeEligibility(action.approvals, world)
    case 'ask for access': {
      // Each upload says something else, as one that was edited does.
      const upload = checker.temporary.noteUpload(keyOf(action.account))
      const body = JSON.stringify({ duration: 'PT30M', reason: `upload ${upload}` })
      return void objects.as('mia').put(keyOf(action.account), body)
    }
    case 'withdraw a request':
      return void objects.as('mia').delete(keyOf(action.account))
    case 'decide on a request':
      return decide(action, { key: keyOf(action.account), userId: idOf(action.by) }, world)
    case 'join the approvers':
    case 'leave the approvers': {
      const group = { id: knownIds[approversGroup] ?? '', watch: checker.temporary.approvers }
      return changeMembership(world, group, {
        ...action,
        id: idOf(action.who),
        joins: action.do === 'join the approvers',
      })
    }
    case 'the requester may ask':
    case 'the requester may not ask any more': {
      const group = { id: knownIds[askersGroup] ?? '', watch: checker.temporary.askers }
      const joins = action.do === 'the requester may ask'
      return changeMembership(world, group, { who: requester, id: requesterId, joins })
    }
    case 'a stranger asks in the name of the requester':
      return void objects
        .as(stranger)
        .put(`requests/${knownIds[stranger]}/${linkOf(action.account)}`, JSON.stringify({ duration: 'PT30M' }))
    case 'the stranger takes that back':
      return void objects.as(stranger).delete(`requests/${knownIds[stranger]}/${linkOf(action.account)}`)
    case 'delete a temporary link by hand':
      return void objects.as(byHand).delete(`links_data/temporary/${linkOf(action.account)}`)
    case 'put a former temporary link back': {
      const key = `links_data/temporary/${linkOf(action.account)}`
      const body = checker.temporary.formerBody(key)
      return body === undefined ? undefined : void objects.as(byHand).put(key, body)
    }
    default:
      action satisfies never
  }
}

async function decide(
  { of, by, decision, isSealed }: Extract<RequestAction, { do: 'decide on a request' }>,
  { key, userId }: { readonly key: string; readonly userId: string },
  { objects, checker, unreadable }: SimulatedWorld,
): Promise<void> {
  const seen = checker.temporary.seen(key)
  const told = of === 'the present upload' ? seen.at(-1) : seen.at(-2)
  if (told === undefined) return
  checker.temporary.noteDecision({ ...told, by, decision, isSealed })
  const approval = `approvals/${userId}/${told.digest}`
  await objects.as(by).put(approval, JSON.stringify({ decision }))
  if (isSealed) unreadable.refuse(approval)
}
