import { describe, expect, test } from '@jest/globals'
import { redrive } from '../../handlers/redrive.ts'
import { permissionsOf } from '../../infra/function-permissions.ts'
import type { InputMessage } from '../../shared/domain/links/input-message.ts'
import { sentBy } from '../../shared/memory/sqs/model-senders.ts'
import type { FunctionName } from '../../shared/ports/deployment-settings.ts'
import { deadLetterQueueOf, type RedrivenQueue } from '../../shared/reconcile/records/dead-letters.ts'
import { sentWithin } from '../within-rights.ts'
import { World } from '../world.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const trusted = 'AWS:AROATRUSTED:kim'
const onlyTrusted = JSON.stringify({
  contact: 'governance',
  links: [{ id: 'pipeline', control: 'AC-2', mode: 'enforce', must: { uploaders: ['AWS:AROATRUSTED:*'] } }],
})

/** A message that says that the trusted person uploaded the link. */
async function forge(world: World): Promise<InputMessage> {
  const { etag } = (await world.objects.head(link)) ?? {}
  const by = { principalId: trusted, at: '2026-03-03T10:00:09.000Z' }
  return { v: 1, key: link, id: 'forged', event: 'ObjectCreated:Put', by, etag }
}

/** A world where only the trusted person's links pass, and S3's notification of this link was lost. */
async function withLink(): Promise<World> {
  const world = new World()
  await world.objects.put('policies/trusted.json', onlyTrusted)
  await world.objects.put(link, '')
  world.start()
  return world
}

const send = (world: World, body: InputMessage, from?: FunctionName) =>
  (from === undefined ? world.queues : sentBy(world.queues, from)).send('links', [
    { body: JSON.stringify(body), groupId: 'g', deduplicationId: 'd' },
  ])

describe('a message that names the uploader of a link', () => {
  test('is believed if the router sent it, and a policy lets the link pass', async () => {
    const world = await withLink()
    await send(world, await forge(world), 'router')
    await world.until(async () => (await world.json(`status/${link}.json`)) !== undefined, 'the status')
    await world.clock.advance(60_000)
    const status = await world.json(`status/${link}.json`)
    expect(status).toMatchObject({ by: { principalId: trusted } })
    expect(status?.state).not.toBe('rejected')
  })

  test.each([undefined, 'events', 'dispatcher'] as const)(
    'is only a hint if %s sent it: nobody knows the uploader, and a policy does not let the link pass',
    async (from) => {
      const world = await withLink()
      await send(world, await forge(world), from)
      await world.until(async () => (await world.json(`status/${link}.json`)) !== undefined, 'the status')
      await world.clock.advance(60_000)
      const status = await world.json(`status/${link}.json`)
      expect(status).toMatchObject({ state: 'rejected', reason: expect.stringContaining('an unknown person') })
      expect(status).not.toHaveProperty('by')
      expect(world.ssoAdmin.assignments().filter(({ accountId }) => accountId === '233000000002')).toEqual([])
    },
  )
})

describe('a dead letter that an operator has put back', () => {
  const ask = (world: World, queue: RedrivenQueue) =>
    world.finish(
      redrive(
        sentWithin(world.ports, permissionsOf('redrive'), 'redrive'),
        world.configuration,
      )({
        redrive: { queues: [queue], all: true },
      }),
    )
  const give = (world: World, queue: RedrivenQueue, body: string, from?: FunctionName) =>
    (from === undefined ? world.queues : sentBy(world.queues, from)).send(deadLetterQueueOf(queue), [
      queue === 'uploads' ? { body } : { body, groupId: 'g', deduplicationId: 'd' },
    ])

  test.each([
    ['keeps its author if the router sent it', 'router', { principalId: trusted }],
    ['has no author if somebody else put it there', undefined, undefined],
    ['has no author if another function sent it', 'hourly', undefined],
  ] as const)('%s', async (_, from, by) => {
    const world = await withLink()
    await give(world, 'links', JSON.stringify(await forge(world)), from)
    expect(await ask(world, 'links')).toMatchObject({ ended: [{ done: 'put-back', letter: { about: [link] } }] })
    await world.until(async () => (await world.json(`status/${link}.json`)) !== undefined, 'the status')
    const status = await world.json(`status/${link}.json`)
    if (by) expect(status).toMatchObject({ by })
    else expect(status).not.toHaveProperty('by')
  })

  test("is looked at without S3's name of the uploader: nobody can prove that S3 sent it", async () => {
    const world = await withLink()
    const { etag } = (await world.objects.head(link)) ?? {}
    const s3 = { bucket: { name: 'ssofile' }, object: { key: encodeURIComponent(link), eTag: etag } }
    const userIdentity = { principalId: trusted }
    const record = { eventName: 'ObjectCreated:Put', eventTime: '2026-03-03T10:00:09.000Z', userIdentity, s3 }
    await give(world, 'uploads', JSON.stringify({ Records: [record] }))
    await ask(world, 'uploads')
    await world.until(async () => (await world.json(`status/${link}.json`)) !== undefined, 'the status')
    expect(await world.json(`status/${link}.json`)).not.toHaveProperty('by')
  })

  test('stays where it is if it is a digest that no function of ssofile wrote', async () => {
    const world = new World()
    const digest = { v: 1, id: '1', receiver: 'on-call', way: 'webhook', counts: { held: 1 }, lines: [] }
    await give(world, 'digests', JSON.stringify(digest))
    expect(await ask(world, 'digests')).toMatchObject({
      ended: [{ done: 'left', letter: { fault: expect.stringContaining('received a digest from somebody else') } }],
    })
  })
})
