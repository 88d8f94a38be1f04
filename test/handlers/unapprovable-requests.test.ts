import { expect, test } from '@jest/globals'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { Asking, rule } from './asking.ts'

const attention = (asking: Asking) => asking.world.objects.head(`attention/waiting/${asking.key()}`)

const cases: readonly [string, object, (asking: Asking) => Promise<void>, string][] = [
  [
    'the group of its approvers does not exist',
    { approvers: { groups: ['approvers-gone'] }, approvals: 1 },
    async () => {},
    "nobody can approve it: group 'approvers-gone' does not exist, by eligibility 'admins'",
  ],
  [
    'the group of its approvers has no members',
    { approvers: { groups: ['security'] }, approvals: 1 },
    async (asking) => {
      await asking.leave('tom', 'security')
      await asking.leave('ada', 'security')
    },
    "nobody can approve it: group 'security' has no members, by",
  ],
  [
    'its only approver is its requester',
    { approvers: { users: ['maria'] }, approvals: 1 },
    async () => {},
    'nobody can approve it: nobody approves their own request, by',
  ],
  [
    'it needs two approvals of one approver',
    { approvers: { users: ['tom', 'nobody'] }, approvals: 2 },
    async () => {},
    "it needs 2 approvals, and only 1 of its approvers can approve it: user 'nobody' does not exist, by",
  ],
  [
    'one of its two approvers is disabled, and the other one is suspended',
    { approvals: 1 },
    async (asking) => {
      await asking.setStatus('tom', 'DISABLED')
      await asking.world.objects.put('suspended/ada', '')
    },
    "nobody can approve it: 'ada' is suspended, 'tom' is disabled, by",
  ],
  [
    "the tag of the account's owner names neither a group nor a user",
    { approvers: { ownerTag: 'team' }, approvals: 1 },
    async () => {},
    "nobody can approve it: the account's tag 'team' names nobody, by",
  ],
]

test.each(cases)('a request says that nobody can approve it if %s', async (_, said, act, reason) => {
  const asking = await Asking.begin(said)
  await act(asking)
  await asking.world.clock.advance(61_000)
  await asking.ask()
  expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining(reason) })
  expect(await attention(asking)).toBeDefined()
})

test('a request that nobody can approve waits as usual as soon as its group has members', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  await asking.leave('tom', 'security')
  await asking.leave('ada', 'security')
  await world.clock.advance(61_000)
  await asking.ask()
  expect((await asking.status())?.reason).toContain("group 'security' has no members")
  await asking.join('tom', 'security')
  await world.clock.advance(6 * 60_000)
  await world.finish(world.everyMinute())
  await world.until(async () => (await asking.status())?.reason.includes('0 of 1') === true, 'approvers')
})

test('nobody says that nobody can approve a request while its group cannot be read', async () => {
  const asking = await Asking.begin({ ...rule, approvals: 1 })
  asking.answer = async ({ operation, proceed }) => {
    if (operation === 'listMembersOf')
      throw new ServiceError('identitystore', 'AccessDeniedException', 'not allowed', { httpStatus: 400 })
    return proceed()
  }
  await asking.ask()
  expect((await asking.status())?.reason).toContain('does not know everybody who may approve')
})
