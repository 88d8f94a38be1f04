import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../shared/ports/ports.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { type DeadLetter, deadLetterUrl, workOnDeadLetters } from '../../../shared/reconcile/dead-letters.ts'
import { readFailure } from '../../../shared/reconcile/failures.ts'
import { intercept } from '../../intercept.ts'
import { acme, World } from '../../world.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

/** A world in which nobody can say what became of the link, until its message is given up. */
async function withDeadLetter(): Promise<World> {
  const world = new World().start({ dispatcher: false })
  await world.objects.put(`status/${link}.json`, 'no status of ours')
  await world.objects.put(link, '')
  await world.until(() => world.queues.queue('links-dead').counts().visible > 0, 'a dead letter', 20)
  return world
}

const look = (world: World, decide: (letter: DeadLetter) => 'leave' | 'put-back' | 'discard' = () => 'leave') =>
  world.finish(workOnDeadLetters(world.ports, 'links', decide))

describe('a message that was given up', () => {
  test('is told with its input, its tries and the errors of the last one, and stays', async () => {
    const world = await withDeadLetter()
    for (let time = 0; time < 2; time++) {
      const [one] = await look(world)
      expect(one).toMatchObject({
        done: 'left',
        letter: {
          about: [link],
          errors: [expect.stringContaining('restore or delete the object'), expect.any(String)],
        },
      })
    }
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
    await world.until(() => world.queues.queue('links-dead').counts().visible > 0, 'a dead letter', 20)
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
    await world.until(() => world.queues.queue('links-dead').counts().visible > 0, 'a dead letter', 20)
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
    const [one] = await world.finish(workOnDeadLetters(world.ports, 'work', () => 'leave'))
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
