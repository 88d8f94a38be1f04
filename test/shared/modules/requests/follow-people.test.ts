import { expect, test } from '@jest/globals'
import { AskedPeople, askAgainOfPeople } from '../../../../shared/modules/requests/follow-people.ts'
import { Asking, account } from '../../../handlers/asking.ts'

const note = 'state/people.json'

/** An event of the directory comes; with what `fixtures/events` have. */
async function tell({ world }: Asking, eventName = 'CreateGroupMembership', count = 1): Promise<void> {
  const detail = { eventSource: 'identitystore.amazonaws.com', eventName }
  const body = JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.identitystore', detail })
  const messages = Array.from({ length: count }, () => ({ body }))
  await world.ports.queues.send('events', messages)
  await world.clock.advance(3_000)
}

const minute = async ({ world }: Asking) => {
  await world.clock.advance(60_000)
  await world.finish(world.everyMinute())
  await world.clock.advance(3_000)
}

test('a request whose approver joined the group just now is granted within seconds of the event', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  await asking.ask()
  await asking.decide('eve')
  expect(await asking.status()).toMatchObject({ state: 'waiting' })
  await asking.join('eve', 'security')
  expect(await asking.granted()).toEqual([])
  await tell(asking, 'AddMemberToGroup')
  expect(await asking.status()).toMatchObject({ state: 'applied' })
})

test('a request that was refused is granted within seconds of the event by which its user is eligible', async () => {
  const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] } })
  await asking.leave('maria', 'developers')
  await asking.ask()
  expect(await asking.status()).toMatchObject({ state: 'rejected' })
  await asking.join('maria', 'developers')
  await tell(asking)
  expect(await asking.status()).toMatchObject({ state: 'applied' })
})

test('after a thousand events a request is looked at once, once in each minute, and no more after a minute of silence', async () => {
  const asking = await Asking.begin()
  await asking.ask()
  let looks = 0
  asking.answer = ({ operation, args, proceed }) => {
    if (operation === 'send' && args[0] === 'requests') looks++
    return proceed()
  }
  await tell(asking, 'DeleteGroupMembership', 1_000)
  await asking.world.until(() => asking.world.queues.queue('events').messages().length === 0, 'the events')
  expect(looks).toBe(1)
  await minute(asking)
  await minute(asking)
  expect(looks).toBeGreaterThan(1)
  expect(await asking.world.keys(note)).toEqual([])
  const until = looks
  expect(until).toBeLessThanOrEqual(5)
  await minute(asking)
  expect(looks).toBe(until)
})

test('an event that comes while the last look is made has another one', async () => {
  const asking = await Asking.begin()
  await asking.ask()
  await tell(asking)
  await asking.world.clock.advance(120_000)
  let isTold = false
  asking.answer = async ({ operation, args, proceed }) => {
    if (operation === 'send' && args[0] === 'requests' && !isTold) {
      isTold = true
      await asking.world.objects.put(note, '{"v":1,"id":"another"}')
    }
    return proceed()
  }
  const { world } = asking
  expect(await world.finish(askAgainOfPeople(world.ports, world.configuration))).toBe(1)
  expect(await world.keys(note)).toEqual([note])
})

test('a round that takes longer than a minute is over before the next one begins', async () => {
  const asking = await Asking.begin()
  await asking.ask()
  const { world } = asking
  await world.objects.put(note, '{"v":1,"id":"one"}')
  const last = new AskedPeople()
  const again = () => world.finish(askAgainOfPeople(world.ports, world.configuration, last))
  expect(await again()).toBe(1)
  // As after a round of 2,000 looks.
  last.untilMs = world.clock.monotonicMs() + 133_000
  await world.clock.advance(60_000)
  expect(await again()).toBe(0)
  expect(await world.keys(note)).toEqual([note])
  await world.clock.advance(80_000)
  expect(await again()).toBe(1)
  expect(last.untilMs - world.clock.monotonicMs()).toBeLessThan(1_000)
})

test('a link that was refused for what one person has besides is looked at when that person has left', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const own = `links_data/account%${account}%Admin-ps%developers%GROUP%ssofile`
  const separations = [
    { id: 'apart', control: 'x', mode: 'enforce', must: { notTogether: [['Admin-ps'], ['Other-ps']] } },
  ]
  await world.objects.put('policies/apart.json', JSON.stringify({ contact: 'us', separations }))
  await world.objects.put(own, '{}')
  await world.objects.put(`attention/rejected/${own}`, '')
  const links: unknown[] = []
  asking.answer = ({ operation, args, proceed }) => {
    if (operation === 'send' && args[0] === 'links') links.push(args[1])
    return proceed()
  }
  await tell(asking)
  expect(JSON.stringify(links)).toContain(own)
})
