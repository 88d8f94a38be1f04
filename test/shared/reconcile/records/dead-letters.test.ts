import { describe, expect, test } from '@jest/globals'
import { judgeMessage } from '../../../../handlers/judge-message.ts'
import { sentBy } from '../../../../shared/memory/sqs/model-senders.ts'
import type { FunctionName } from '../../../../shared/ports/deployment-settings.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { isFifo } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  type DeadLetter,
  deadLetterQueueOf,
  deadLetterUrl,
  type RedrivenQueue,
  workOnDeadLetters,
} from '../../../../shared/reconcile/records/dead-letters.ts'
import { readFailure, recordFailure } from '../../../../shared/reconcile/records/failures.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

/** A world in which nobody can say what became of the link, until its message is given up. */
async function withDeadLetter(): Promise<World> {
  const world = new World().start({ dispatcher: false })
  await world.objects.put(`status/${link}.json`, 'no status of ours')
  await world.objects.put(link, '')
  await world.until(() => world.queues.queue('links-dead').counts().visible > 0, 'a dead letter', 40)
  return world
}

/** As the command does. */
const redrive = (ports: Ports, queue: RedrivenQueue, decide: Parameters<typeof workOnDeadLetters>[2]) =>
  workOnDeadLetters(ports, { queue, judge: judgeMessage }, decide)

const look = (world: World, decide: (letter: DeadLetter) => 'leave' | 'put-back' | 'discard' = () => 'leave') =>
  world.finish(redrive(world.ports, 'links', decide))

describe('a message that was given up', () => {
  test('is told with its input, its tries and the errors of the last one, and stays', async () => {
    const world = await withDeadLetter()
    for (let time = 0; time < 2; time++) {
      const [one] = await look(world)
      expect(one).toMatchObject({
        done: 'left',
        letter: {
          about: [link],
          errors: [expect.stringContaining('restore the object'), expect.any(String)],
        },
      })
    }
    expect(world.queues.queue('links-dead').counts()).toEqual({ visible: 1, inFlight: 0 })
  })

  test('stays also when it became visible again by itself before the look was over', async () => {
    const world = await withDeadLetter()
    const slow = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'changeVisibility') await world.clock.sleep(45_000)
      return proceed()
    })
    const ended = await world.finish(
      redrive(slow, 'links', () => 'leave'),
      1_000,
    )
    expect(ended).toMatchObject([{ done: 'left' }])
    expect(world.queues.queue('links-dead').counts()).toEqual({ visible: 1, inFlight: 0 })
  })

  test('is worked on when it is put back after the cause is gone, and its note is removed', async () => {
    const world = await withDeadLetter()
    await world.objects.delete(`status/${link}.json`)
    const [one] = await look(world, () => 'put-back')
    await world.look()
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applying' })
    expect(await readFailure(world.ports, one?.letter.messageId ?? '')).toBeUndefined()
    expect(await look(world)).toEqual([])
  })

  test('is given up again while the cause is there', async () => {
    const world = await withDeadLetter()
    await look(world, () => 'put-back')
    expect(await look(world)).toEqual([])
    await world.until(() => world.queues.queue('links-dead').counts().visible > 0, 'a dead letter', 40)
  })

  test('is gone when it is discarded', async () => {
    const world = await withDeadLetter()
    expect(await look(world, () => 'discard')).toMatchObject([{ done: 'discarded' }])
    expect(await look(world)).toEqual([])
  })

  test('with a body that its handler cannot read is told as one that never can be worked on', async () => {
    const world = new World().start({ dispatcher: false })
    await world.queues.send('links', [
      { body: '{"v":1,"key":"elsewhere/x","id":"1","event":"e"}', groupId: 'g', deduplicationId: 'd' },
    ])
    await world.until(() => world.queues.queue('links-dead').counts().visible > 0, 'a dead letter', 40)
    const [one] = await look(world)
    expect(one?.letter).toMatchObject({ about: [], fault: expect.stringContaining("received the key 'elsewhere/x'") })
  })
})

test('a message that succeeds at a later try leaves no note of its failures', async () => {
  const world = new World().start({ dispatcher: false })
  await world.objects.put(`status/${link}.json`, 'no status of ours')
  await world.objects.put(link, '')
  await world.until(async () => (await world.keys('state/failures/')).length > 0, 'a note')
  await world.objects.delete(`status/${link}.json`)
  await world.until(async () => (await world.keys('state/failures/')).length === 0, 'the end of the note')
  expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applying' })
})

const permissionSet = 'permission_sets/Billing-ps.json'

test.each([
  ['an assignment', permissionSet, link],
  ['a permission set', link, permissionSet],
])(
  'a hint about %s that is given up tells why, since nobody could note that it is to be tried again',
  async (_, before, key) => {
    const wrap = (ports: Ports) =>
      intercept(ports, ({ port, operation, args, proceed }) => {
        const isOpenWork = operation === 'put' && String(args[0]).startsWith('state/open/')
        if (isAway && isOpenWork) throw new ServiceError('s3', 'AccessDenied', 'no writing here')
        if (isAway && port === 'ssoAdmin' && /PermissionSet|listAccountAssignments$|isAssigned/.test(operation))
          throw new ServiceError('sso-admin', 'UnrecognizedClientException', 'no instance of yours')
        return proceed()
      })
    let isAway = false
    const world = new World({ organization: { ...acme(), assignments: [] }, wrap }).start()
    await world.objects.put(before, before === link ? '' : '{ "permissionSetName": "Billing-ps" }')
    await world.clock.advance(20_000)
    isAway = true
    await world.objects.put(key, key === link ? '' : '{ "permissionSetName": "Billing-ps" }')
    for (let receives = 0; receives < 15; receives++) {
      await world.finish(world.everyMinute())
      await world.clock.advance(120_000)
    }
    const [one] = await world.finish(redrive(world.ports, 'work', () => 'leave'))
    expect(one?.letter).toMatchObject({
      about: [key],
      errors: [expect.stringContaining('no writing here'), expect.stringContaining('no instance of yours')],
    })
    isAway = false
  },
  60_000,
)

test.each([
  [
    'https://sqs.eu-west-1.amazonaws.com/123456789012/ssofile-links.fifo',
    'https://sqs.eu-west-1.amazonaws.com/123456789012/ssofile-links-dead.fifo',
  ],
  ['http://127.0.0.1:4566/000000000000/ssofile-uploads', 'http://127.0.0.1:4566/000000000000/ssofile-uploads-dead'],
])('the dead-letter queue of %s stands beside it', (url, dead) => {
  expect(deadLetterUrl(url)).toBe(dead)
})

describe('what a message is about, and why it was given up', () => {
  const place = { bucket: { name: 'ssofile' }, object: { key: 'links_data/a+b%25c' } }
  const record = { eventName: 'ObjectCreated:Put', eventTime: '2026-03-03T10:00:00.000Z', s3: place }
  const hint = { v: 1, kind: 'assignment', account: '233000000002', permissionSet: 'Billing-ps', type: 'GROUP' }
  const input = (key: string) => JSON.stringify({ v: 1, key, id: '1', event: 'e' })
  const digest = { v: 1, id: '1', receiver: 'on-call', way: 'webhook', counts: { held: 1 }, lines: [] }
  const use = { source: 'aws.sso', detail: { eventName: 'GetRoleCredentials' } }
  const bodies: [RedrivenQueue, string, readonly string[], RegExp | undefined][] = [
    ['uploads', JSON.stringify({ Records: [record] }), ['links_data/a b%c'], undefined],
    ['uploads', '{"Records":[{}]}', [], /^it is not a message for the queue uploads: /],
    ['links', input(link), [link], undefined],
    ['links', input(permissionSet), [], /^it is not a message for the queue links: received the key/],
    ['permission-sets', input(permissionSet), [permissionSet], undefined],
    ['permission-sets', input(link), [], /^it is not a message for the queue permission-sets: received the key/],
    ['requests', input('requests/x'), ['requests/x'], undefined],
    ['requests', input(link), [], /^it is not a message for the queue requests: received the key/],
    ['people', input('suspended/maria'), ['suspended/maria'], undefined],
    ['urgent', input('suspended/maria'), ['suspended/maria'], undefined],
    ['events', 'whatever it says', [], undefined],
    ['usage', JSON.stringify(use), [], undefined],
    ['digests', JSON.stringify(digest), [], undefined],
    ['digests', JSON.stringify({ ...digest, v: 2 }), [], /^it is not a message for the queue digests: /],
    ['work', JSON.stringify({ ...hint, principal: 'team', cause: link }), [link], undefined],
    ['work-urgent', '{}', [], /^it is not a message for the queue work-urgent: /],
    ['work-bulk', 'no JSON', [], /^it is not a message for the queue work-bulk: /],
  ]
  test.each(bodies)('is told of one of %s: %s', async (queue, body, about, fault) => {
    const world = await withGivenUp(queue, body)
    const [one] = await world.finish(redrive(world.ports, queue, () => 'leave'))
    expect(one?.letter).toMatchObject({ queue, about, body, errors: [] })
    expect(one?.letter.tries).toBeUndefined()
    expect(one?.letter.failedAt).toBeUndefined()
    if (fault) expect(one?.letter.fault).toMatch(fault)
    else expect(one?.letter).not.toHaveProperty('fault')
  })

  test('with what was noted of its last try', async () => {
    const world = await withGivenUp('links', input(link))
    const [before] = await world.finish(redrive(world.ports, 'links', () => 'leave'))
    const error = new Error('no writing here', { cause: new Error('not yours') })
    await recordFailure(world.ports, { messageId: before?.letter.messageId ?? '', receiveCount: 7, error })
    const failedAt = world.clock.now().toISOString()
    const [one] = await world.finish(redrive(world.ports, 'links', () => 'leave'))
    expect(one?.letter).toMatchObject({ tries: 7, failedAt, errors: ['no writing here', 'not yours'] })
  })

  test('with what the status of its input says, as far as it can be read', async () => {
    const world = await withGivenUp('links', input(link))
    const statusNow = async () => {
      const [one] = await world.finish(redrive(world.ports, 'links', () => 'leave'))
      return one?.letter.status
    }
    expect(await statusNow()).toBeUndefined()
    const statuses = new StatusStore(world.objects, world.clock)
    await statuses.revise(link, async () => ({ state: 'applying' }))
    expect(await statusNow()).toBe('applying')
    await statuses.revise(link, async () => ({ state: 'failed', reason: 'AWS says no' }))
    expect(await statusNow()).toBe('failed: AWS says no')
    await world.objects.put(`status/${link}.json`, 'no status of ours')
    expect(await statusNow()).toBeUndefined()
  })
})

describe('messages that are put back', () => {
  test.each<[RedrivenQueue, object]>([
    ['uploads', {}],
    ['links', { groupId: 'g' }],
  ])('come to the end of %s as they were, and are not taken for a repeat', async (queue, group) => {
    const world = await withGivenUp(queue, 'first', 'second')
    const decide = ({ body }: DeadLetter) => (body === 'first' ? 'put-back' : 'discard')
    const ended = await world.finish(redrive(world.ports, queue, decide))
    expect(ended.map(({ letter, done }) => [letter.body, done])).toEqual([
      ['first', 'put-back'],
      ['second', 'discarded'],
    ])
    const back = await world.queues.receive(queue, { most: 10, waitSeconds: 0 })
    expect(back).toMatchObject([{ body: 'first', receiveCount: 1, ...group }])
    expect(world.queues.queue(`${queue}-dead`).counts()).toEqual({ visible: 0, inFlight: 0 })
  })

  test.each<RedrivenQueue>(['uploads', 'links'])(
    'to %s leave the dead-letter queue, also if it takes longer to explain them than SQS hides them',
    async (queue) => {
      const bodies = Array.from({ length: 25 }, (_, index) => `message ${index}`)
      const world = await withGivenUp(queue, ...bodies)
      const slow = intercept(world.ports, async ({ operation, proceed }) => {
        if (operation === 'get') await world.clock.sleep(7_000)
        return proceed()
      })
      const ended = await world.finish(
        redrive(slow, queue, () => 'put-back'),
        1_000,
      )
      expect(ended.map(({ letter }) => letter.body).sort()).toEqual([...bodies].sort())
      expect(world.queues.queue(`${queue}-dead`).counts()).toEqual({ visible: 0, inFlight: 0 })
      expect(world.queues.queue(queue).counts().visible).toBe(25)
    },
  )

  test('are left for the next call if they fail again meanwhile', async () => {
    const world = await withGivenUp('links', 'one', 'two')
    const failing = intercept(world.ports, async ({ port, operation, args: [queue], proceed }) => {
      const answer = await proceed()
      if (port === 'queues' && operation === 'delete' && queue === 'links-dead')
        await world.queues.send('links-dead', [
          { body: 'one', groupId: 'again', deduplicationId: world.ports.randomness.id() },
        ])
      return answer
    })
    const ended = await world.finish(redrive(failing, 'links', () => 'put-back'))
    expect(ended.filter(({ done }) => done === 'put-back').map(({ letter }) => letter.body)).toEqual(['one', 'two'])
    expect(world.queues.queue('links').counts().visible).toBe(2)
  })

  test('are looked at whole where there are more than one receive answers', async () => {
    const bodies = Array.from({ length: 25 }, (_, index) => `message ${index}`)
    const world = await withGivenUp('uploads', ...bodies)
    const ended = await world.finish(redrive(world.ports, 'uploads', () => 'put-back'))
    expect(ended.map(({ letter }) => letter.body).sort()).toEqual([...bodies].sort())
    expect(world.queues.queue('uploads').counts().visible).toBe(25)
  })
})

const senders: { readonly [queue in RedrivenQueue]?: FunctionName } = { digests: 'notifications' }

/** A world in which these messages stand in the dead-letter queue of `queue`, and nothing is noted of them. */
async function withGivenUp(queue: RedrivenQueue, ...bodies: readonly string[]): Promise<World> {
  const world = new World()
  const messages = bodies.map((body, index) =>
    isFifo(queue) ? { body, groupId: 'g', deduplicationId: String(index) } : { body },
  )
  await sentBy(world.queues, senders[queue] ?? 'router').send(deadLetterQueueOf(queue), messages)
  return world
}
