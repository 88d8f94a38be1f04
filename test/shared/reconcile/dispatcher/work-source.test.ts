import { describe, expect, test } from '@jest/globals'
import type { Lane } from '../../../../shared/ports/queues.ts'
import { Signal } from '../../../../shared/reconcile/calls/signal.ts'
import { urgentHeldMost, WorkSource } from '../../../../shared/reconcile/dispatcher/work-source.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const hint = (account: string, principal = 'Support') =>
  JSON.stringify({
    v: 1,
    kind: 'assignment',
    account,
    permissionSet: 'ReadOnly-ps',
    principal,
    type: 'GROUP',
    cause: 'test',
  })
const accountOf = (index: number) => String(200_000_000_000 + index)

const everything = () => true
const twinOf = (key: string) => `state/open/2026-03-03T09:00:00.000Z%${key}`
const assignmentOf = (account: string, principal = 'Support') =>
  `account%${account}%ReadOnly-ps%${principal}%GROUP%ssofile`

function open(interceptor: Interceptor = ({ proceed }) => proceed(), folders: readonly string[] = []) {
  const world = new World({ wrap: (ports) => intercept(ports, interceptor) })
  const source = new WorkSource(world.ports, new Signal(), folders)
  const send = (body: string, groupId: string, lane: Lane = 'work') =>
    world.queues.send(lane, [{ body, groupId, deduplicationId: world.ports.randomness.id() }])
  const counts = (lane: Lane = 'work') => world.queues.queue(lane).counts()
  const warnings = () => world.log.lines.map(({ level, message, fields }) => [level, message, fields])
  const end = async () => {
    await world.finish(source.stop())
    await source.close()
  }
  return { world, source, send, counts, warnings, end }
}

test('a hint in hand stays invisible to others for as long as it is worked on', async () => {
  const { world, source, send } = open()
  await send(hint(accountOf(1)), accountOf(1))
  source.start()
  await world.clock.advance(900_000)
  const [item] = source.take(() => true)
  expect(await world.queues.receive('work', { most: 10, waitSeconds: 0 })).toEqual([])
  await item?.done()
  expect(world.queues.queue('work').counts()).toEqual({ visible: 0, inFlight: 0 })
  await world.finish(source.stop())
  await source.close()
})

test('open work of an unknown form is told as an error, once', async () => {
  const { world, source, warnings, end } = open()
  await world.objects.put(twinOf('notes.txt'), '')
  source.start()
  await world.clock.advance(60_000)
  expect(source.take(() => true)).toEqual([])
  const object = twinOf('notes.txt')
  expect(warnings()).toEqual([
    ['error', 'ssofile cannot retry open work of an unknown form; look at its key, and delete it', { object }],
  ])
  await end()
})

test('a hint that is given back has not been received yet', async () => {
  const { world, source, send } = open()
  await send(hint(accountOf(1)), accountOf(1))
  source.start()
  await world.clock.advance(2_000)
  expect(await world.finish(source.stop())).toBe(1)
  await source.close()
  const [message] = await world.queues.receive('work', { most: 1, waitSeconds: 0 })
  expect(message?.receiveCount).toBe(1)
})

test('a message that is no hint ends in the dead-letter queue', async () => {
  const { world, source, send } = open()
  await send('{"v":2}', 'poison')
  await send(hint(accountOf(1)), accountOf(1))
  source.start()
  await world.clock.advance(30 * 60_000)
  expect(
    world.queues
      .queue('work-dead')
      .messages()
      .map(({ body }) => body),
  ).toEqual(['{"v":2}'])
  expect(source.take(() => true)).toHaveLength(1)
  await world.finish(source.stop())
  await source.close()
})

test('hints about the same assignment are taken together, those about others of a busy account are left', async () => {
  const { world, source, send } = open()
  for (const principal of ['Support', 'Audit', 'Support']) await send(hint(accountOf(1), principal), accountOf(1))
  source.start()
  await world.clock.advance(2_000)
  expect(source.take(() => true)).toHaveLength(2)
  expect(source.take(({ group }) => group !== accountOf(1))).toEqual([])
  await world.finish(source.stop())
  await source.close()
})

test('a thousand retries of one account do not hold up the retry of another', async () => {
  const { world, source } = open()
  const twin = (account: string, index: number) =>
    `state/open/2026-03-03T09:00:00.${String(index % 1000).padStart(3, '0')}Z%account%${account}%ReadOnly-ps%group-${index}%GROUP%ssofile`
  for (let index = 0; index < 1_500; index++) await world.objects.put(twin(accountOf(1), index), '')
  await world.objects.put(twin(accountOf(2), 999), '')
  source.start()
  await world.clock.advance(1_000)
  expect(source.take(({ group }) => group === accountOf(2))).toHaveLength(1)
  await world.finish(source.stop())
  await source.close()
})

test('retries and new hints take turns', async () => {
  const { world, source, send } = open()
  for (let index = 0; index < 4; index++) {
    await send(hint(accountOf(index)), accountOf(index))
    await world.objects.put(
      `state/open/2026-03-03T09:00:00.000Z%account%${accountOf(10 + index)}%ReadOnly-ps%Support%GROUP%ssofile`,
      '',
    )
  }
  source.start()
  await world.clock.advance(2_000)
  const lanes = Array.from({ length: 4 }, () => source.take(() => true)[0]?.lane)
  expect(lanes).toEqual(['open', 'work', 'open', 'work'])
  await world.finish(source.stop())
  await source.close()
})

describe('a source of work is empty', () => {
  test('when every lane was found so, and nothing in hand waits', async () => {
    const { world, source, send, end } = open()
    expect(source.isEmpty).toBe(false)
    source.start()
    await world.clock.advance(500)
    expect(source.isEmpty).toBe(false)
    await world.clock.advance(1_000)
    expect(source.isEmpty).toBe(true)
    await send(hint(accountOf(1)), accountOf(1))
    await world.clock.advance(1_000)
    expect(source.isEmpty).toBe(false)
    source.take(everything)
    expect(source.isEmpty).toBe(true)
    await end()
  })

  test('once its lane was read again after a message of it was ended, which frees the next of its group', async () => {
    const { world, source, send, end } = open()
    await send(hint(accountOf(1)), accountOf(1))
    source.start()
    await world.clock.advance(2_000)
    const [item] = source.take(everything)
    expect(source.isEmpty).toBe(true)
    await item?.done()
    expect(source.isEmpty).toBe(false)
    await world.clock.advance(2_500)
    expect(source.isEmpty).toBe(true)
    await end()
  })

  test('not while open work could not be listed', async () => {
    const error = new Error('no answer')
    let isAway = true
    const { world, source, warnings, end } = open(({ operation, proceed }) => {
      if (operation === 'list' && isAway) throw error
      return proceed()
    })
    await world.objects.put(twinOf(assignmentOf(accountOf(1))), '')
    source.start()
    await world.clock.advance(2_000)
    expect(source.isEmpty).toBe(false)
    expect(warnings()).toEqual([['warn', 'ssofile could not list open work, and will list again', { error }]])
    isAway = false
    await world.clock.advance(30_000)
    expect(source.take(everything)).toHaveLength(1)
    expect(source.isEmpty).toBe(true)
    await end()
  })

  test('since it last got something', async () => {
    const { world, source, send, end } = open()
    const from = world.clock.monotonicMs()
    source.start()
    await world.clock.advance(5_000)
    expect(source.emptySinceMs).toBe(from)
    await send(hint(accountOf(1)), accountOf(1))
    await world.clock.advance(1_000)
    const [item] = source.take(everything)
    expect(source.emptySinceMs).toBeGreaterThanOrEqual(from + 5_000)
    expect(source.emptySinceMs).toBe(item?.pulledMs)
    await world.objects.put(twinOf(assignmentOf(accountOf(2))), '')
    await world.clock.advance(40_000)
    expect(source.take(everything)[0]?.pulledMs).toBe(source.emptySinceMs)
    expect(source.emptySinceMs).toBeGreaterThanOrEqual(from + 30_000)
    await end()
  })
})

test('whoever waits for work is told of each message that comes', async () => {
  const world = new World()
  let raised = 0
  const changed = new (class extends Signal {
    override raise(): void {
      raised++
      super.raise()
    }
  })()
  const source = new WorkSource(world.ports, changed, world.configuration.folders)
  source.start()
  await world.clock.advance(5_000)
  const before = raised
  const body = hint(accountOf(1))
  await world.queues.send('work', [{ body, groupId: accountOf(1), deduplicationId: 'd' }])
  await world.clock.advance(100)
  expect(raised).toBeGreaterThan(before)
  await world.finish(source.stop())
  await source.close()
})

describe('a hint in hand', () => {
  test('that could not be worked on comes again, and why is noted until it is', async () => {
    const { world, source, send, counts, end } = open()
    await send(hint(accountOf(1)), accountOf(1))
    source.start()
    await world.clock.advance(2_000)
    const [item] = source.take(everything)
    await item?.leave(new Error('AWS says no'))
    const [note = ''] = await world.keys('state/failures/')
    expect(await world.json(note)).toMatchObject({ receiveCount: 1, errors: ['AWS says no'] })
    expect(source.take(everything)).toEqual([])
    await world.clock.advance(125_000)
    const [again] = source.take(everything)
    expect(again?.hint).toEqual(item?.hint)
    await again?.done()
    expect(await world.keys('state/failures/')).toEqual([])
    expect(counts()).toEqual({ visible: 0, inFlight: 0 })
    await end()
  })

  test('that was worked on at its first try has no note to remove', async () => {
    const deleted: unknown[] = []
    const { world, source, send, end } = open(({ port, operation, args, proceed }) => {
      if (port === 'objects' && operation === 'delete') deleted.push(args[0])
      return proceed()
    })
    await send(hint(accountOf(1)), accountOf(1))
    source.start()
    await world.clock.advance(2_000)
    await source.take(everything)[0]?.done()
    expect(deleted).toEqual([])
    await end()
  })

  test('that cannot be given back comes again by itself, with a note', async () => {
    const error = new Error('the queue is away')
    let isAway = false
    const { world, source, send, warnings, counts } = open(({ operation, proceed }) => {
      if (operation === 'send' && isAway) throw error
      return proceed()
    })
    await send(hint(accountOf(1)), accountOf(1))
    source.start()
    await world.clock.advance(2_000)
    isAway = true
    expect(await world.finish(source.stop())).toBe(1)
    expect(warnings()).toEqual([
      ['warn', 'ssofile could not return a hint; SQS delivers it again when its visibility ends', { error }],
    ])
    expect(await world.keys('state/failures/')).toHaveLength(1)
    await source.close()
    expect(counts()).toEqual({ visible: 0, inFlight: 1 })
    await world.clock.advance(61_000)
    expect(counts()).toEqual({ visible: 1, inFlight: 0 })
  })

  test('stays in hand where its visibility could not be extended once', async () => {
    const error = new Error('the queue is away')
    let times = 0
    const { world, source, send, warnings, counts, end } = open(({ operation, proceed }) => {
      if (operation === 'changeVisibility' && ++times === 1) throw error
      return proceed()
    })
    await send(hint(accountOf(1)), accountOf(1))
    source.start()
    await world.clock.advance(300_000)
    expect(counts()).toEqual({ visible: 0, inFlight: 1 })
    expect(warnings()).toEqual([
      ['warn', 'ssofile could not extend the visibility of hints; it may evaluate one twice', { lane: 'work', error }],
    ])
    await end()
  })

  test('is not extended any more once it has ended, and none is after the end', async () => {
    let extensions = 0
    const { world, source, send, end } = open(({ operation, proceed }) => {
      if (operation === 'changeVisibility') extensions++
      return proceed()
    })
    for (const index of [1, 2]) await send(hint(accountOf(index)), accountOf(index))
    source.start()
    await world.clock.advance(25_000)
    expect(extensions).toBe(1)
    const [done] = source.take(everything)
    const [left] = source.take(everything)
    await done?.done()
    await left?.leave(new Error('no'))
    await world.clock.advance(40_000)
    expect(extensions).toBe(1)
    await end()
    await world.clock.advance(100_000)
    expect(extensions).toBe(1)
  })

  test('is not taken together with one about the same of another group', async () => {
    const { world, source, send, end } = open()
    for (const index of [1, 2]) await send(hint(accountOf(index)), accountOf(index))
    source.start()
    await world.clock.advance(2_000)
    expect(source.take(everything)).toHaveLength(1)
    expect(source.take(everything)).toHaveLength(1)
    await end()
  })
})

describe('of a lane', () => {
  test('that cannot be read others are read meanwhile, and it is read again', async () => {
    const error = new Error('the queue is away')
    let times = 0
    const { world, source, send, warnings, end } = open(({ operation, args, proceed }) => {
      if (operation === 'receive' && args[0] === 'work' && ++times <= 2) throw error
      return proceed()
    })
    await send(hint(accountOf(1)), accountOf(1))
    source.start()
    await world.clock.advance(500)
    expect(times).toBe(1)
    await world.clock.advance(3_000)
    expect(source.take(everything)).toHaveLength(1)
    const warning = ['warn', 'ssofile could not read a work lane, and will read again', { lane: 'work', error }]
    expect(warnings()).toEqual([warning, warning])
    await end()
  })

  test('messages stay in the queue once there is enough in hand to fill every slot', async () => {
    const { world, source, send, counts, end } = open()
    for (let index = 0; index < 3_080; index++) await send(hint(accountOf(index)), accountOf(index))
    source.start()
    await world.clock.advance(5_000)
    expect(counts()).toEqual({ visible: 80, inFlight: 3_000 })
    source.take(everything)
    await world.clock.advance(1_000)
    expect(counts()).toEqual({ visible: 70, inFlight: 3_010 })
    await end()
  })

  test('the hint of a folder is taken next, however many of another folder came before', async () => {
    const { world, source, send, end } = open()
    const of = (cause: string, index: number) =>
      JSON.stringify({ ...JSON.parse(hint(accountOf(index))), cause: `links_data/${cause}` })
    for (let index = 0; index < 60; index++) await send(of('others/bad', index), `others-${index}`)
    await send(of('root%', 99), 'mine')
    source.start()
    await world.clock.advance(5_000)
    const taken = Array.from({ length: 3 }, () => source.take(everything)[0]?.hint.cause)
    expect(taken).toEqual(['links_data/others/bad', 'links_data/root%', 'links_data/others/bad'])
    await end()
  })

  test.each(['suspended/maria', 'user-has-left', 'control/ended-sessions.json'])(
    'a hint of %j is taken first, although 3,100 urgent hints of others came before',
    async (cause) => {
      const { world, source, send, end } = open()
      for (let index = 0; index < 3_100; index++) await send(hint(accountOf(index)), accountOf(index), 'work-urgent')
      const last = JSON.stringify({ ...JSON.parse(hint(accountOf(4_000))), cause })
      await send(last, accountOf(4_000), 'work-urgent')
      source.start()
      await world.clock.advance(1_000)
      expect(source.take(everything)[0]?.hint.cause).toBe(cause)
      await end()
    },
  )

  test('a share above its part of the urgent hints waits in the next lane, and no other share does', async () => {
    const folders = Array.from({ length: 99 }, (_, index) => `team-${index}`)
    const { world, source, send, counts, end } = open(undefined, folders)
    const of = (cause: string, index: number) =>
      JSON.stringify({ ...JSON.parse(hint(accountOf(index))), cause: `links_data/${cause}` })
    for (const [index, folder] of folders.entries())
      await send(of(`${folder}/one`, index), accountOf(index), 'work-urgent')
    for (let index = 100; index < 220; index++) await send(of('many', index), accountOf(index), 'work-urgent')
    source.start()
    await world.clock.advance(2_000)
    expect(counts('work-urgent')).toEqual({ visible: 0, inFlight: urgentHeldMost / 100 + folders.length })
    expect(counts('work')).toEqual({ visible: 0, inFlight: 20 })
    await end()
  })

  test('a message that is no hint is told with an alarm', async () => {
    const { world, source, send, warnings, end } = open()
    await send('no JSON', 'poison')
    source.start()
    await world.clock.advance(2_000)
    expect(warnings()).toEqual([
      [
        'error',
        'a message on a work lane is not a hint',
        { lane: 'work', messageId: expect.any(String), receiveCount: 1 },
      ],
    ])
    await end()
  })
})

describe('open work', () => {
  test('is a hint at an assignment or a permission set, and gone from the list when it is done', async () => {
    const { world, source, end } = open()
    const twins = [twinOf(assignmentOf(accountOf(1))), twinOf('permission_sets/Billing-ps.json')]
    for (const twin of twins) await world.objects.put(twin, '')
    source.start()
    await world.clock.advance(1_000)
    const items = [...source.take(everything), ...source.take(everything)]
    expect(items.map((item) => [item.hint, item.lane])).toEqual([
      [
        {
          v: 1,
          kind: 'assignment',
          account: accountOf(1),
          permissionSet: 'ReadOnly-ps',
          principal: 'Support',
          type: 'GROUP',
          cause: twins[0],
        },
        'open',
      ],
      [{ v: 1, kind: 'permission-set', permissionSet: 'Billing-ps', cause: twins[1] }, 'open'],
    ])
    for (const item of items) await item.done()
    expect(await world.keys('state/open/')).toEqual([])
    await end()
  })

  test('that is in hand is not taken in hand again, and is once it was left', async () => {
    const { world, source, end } = open()
    await world.objects.put(twinOf(assignmentOf(accountOf(1))), '')
    source.start()
    await world.clock.advance(1_000)
    const [item] = source.take(everything)
    await world.clock.advance(60_000)
    expect(source.take(everything)).toEqual([])
    await item?.leave(new Error('no'))
    await world.clock.advance(30_000)
    const [again] = source.take(everything)
    await again?.giveBack()
    await world.clock.advance(30_000)
    expect(source.take(everything)).toHaveLength(1)
    expect(await world.keys('state/open/')).toHaveLength(1)
    await end()
  })

  test('of one account is taken in hand in portions of ten', async () => {
    const { world, source, end } = open()
    for (let index = 0; index < 12; index++)
      await world.objects.put(twinOf(assignmentOf(accountOf(1), `group-${index}`)), '')
    source.start()
    await world.clock.advance(1_000)
    for (let count = 0; count < 10; count++) expect(source.take(everything)).toHaveLength(1)
    expect(source.take(everything)).toEqual([])
    await end()
  })

  test('is taken in hand up to a thousand', async () => {
    const { world, source, end } = open()
    for (let index = 0; index < 1_010; index++) await world.objects.put(twinOf(assignmentOf(accountOf(index))), '')
    source.start()
    await world.clock.advance(1_000)
    expect(await world.finish(source.stop())).toBe(1_000)
    await end()
  })

  test('that takes access away is taken in hand and goes before all other, however much of it there is', async () => {
    const { world, source, send, end } = open()
    for (let index = 0; index < 1_010; index++) await world.objects.put(twinOf(assignmentOf(accountOf(index))), '')
    // A retry of a revocation is due later than all of them, in an account that has more retries than are held for one.
    const revocation = `state/open/urgent/2026-03-03T09:30:00.000Z%${assignmentOf(accountOf(1), 'Leavers')}`
    await world.objects.put(revocation, '')
    await send(hint(accountOf(2)), accountOf(2))
    source.start()
    await world.clock.advance(1_000)
    const [first] = source.take(everything)
    expect(first?.hint.cause).toBe(revocation)
    await first?.done()
    expect(await world.keys('state/open/urgent/')).toEqual([])
    await end()
  })
})
