import { expect, test } from '@jest/globals'
import { Asking, account } from '../../../handlers/asking.ts'

const link = `links_data/account%${account}%Admin-ps%maria%USER%ssofile`

/** The directory's own notification that a user has changed. */
async function tellOf(asking: Asking, user: string): Promise<void> {
  const { world } = asking
  const detail = { 'user-id': asking.id(user) }
  const body = JSON.stringify({ 'detail-type': 'User Updated', source: 'aws.identitystore', detail })
  await world.ports.queues.send('events', [{ body }])
  await world.clock.advance(5_000)
}

test('a link of a disabled user waits, and is applied with the event that the user is enabled', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await asking.setStatus('maria', 'DISABLED')
  await world.objects.put(link, '{}')
  await world.until(async () => (await asking.status(link))?.state === 'waiting', 'the status')
  expect((await asking.status(link))?.reason).toContain("user 'maria' is disabled in the directory")
  expect([asking.has(), world.calls.filter((name) => name === 'CreateAccountAssignment')]).toEqual([false, []])
  await asking.setStatus('maria', 'ENABLED')
  await tellOf(asking, 'maria')
  await world.until(() => asking.has(), 'the access')
  await world.until(async () => (await asking.status(link))?.state === 'applied', 'the status')
})

test('a user who is disabled loses what was given before with the event, and has it again when enabled', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await world.objects.put(link, '{}')
  await world.until(() => asking.has(), 'the access')
  await asking.setStatus('maria', 'DISABLED')
  await tellOf(asking, 'maria')
  await world.until(() => !asking.has(), 'the revocation')
  await world.until(async () => (await asking.status(link))?.state === 'waiting', 'the status')
  await asking.setStatus('maria', 'ENABLED')
  await tellOf(asking, 'maria')
  await world.until(() => asking.has(), 'the access')
})

test.each([
  ['disabled', (asking: Asking) => asking.setStatus('maria', 'DISABLED')],
  ['deleted', (asking: Asking) => asking.world.identityStore.deleteUser(asking.id('maria'))],
] as const)(
  'a user who was %s without an event loses everything by the next reconcile, without a grace',
  async (_, leave) => {
    const asking = await Asking.begin()
    const { world } = asking
    const id = asking.id('maria')
    await world.objects.put(link, '{}')
    await world.until(() => asking.has(), 'the access')
    await leave(asking)
    await world.finish(world.everyHour())
    const holds = () => world.ssoAdmin.assignments().some(({ principalId }) => principalId === id)
    await world.until(() => !holds(), 'the revocation')
  },
)

test('the approval of a disabled approver says so, and counts when the approver is enabled again', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  await asking.setStatus('tom', 'DISABLED')
  await asking.ask()
  await asking.decide('tom')
  const key = `approvals/${asking.id('tom')}/${await asking.digest()}`
  expect(await asking.status(key)).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining('an approval by a disabled or suspended user'),
  })
  expect(asking.has()).toBe(false)
  await asking.setStatus('tom', 'ENABLED')
  await tellOf(asking, 'tom')
  await asking.world.until(() => asking.has(), 'the access')
})

test('a denial of a disabled approver is a denial', async () => {
  const asking = await Asking.begin()
  await asking.setStatus('tom', 'DISABLED')
  await asking.ask()
  await asking.decide('tom', 'deny')
  expect(await asking.status()).toMatchObject({ state: 'rejected', reason: expect.stringContaining('denied') })
})

test('the request of a disabled user is refused, and granted with the event that the user is enabled', async () => {
  const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] } })
  await asking.setStatus('maria', 'DISABLED')
  await asking.ask()
  expect(await asking.status()).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining("a request of 'maria', who is disabled in the directory, or suspended"),
  })
  await asking.setStatus('maria', 'ENABLED')
  await tellOf(asking, 'maria')
  await asking.world.until(() => asking.has(), 'the access')
})
