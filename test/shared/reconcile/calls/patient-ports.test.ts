import { describe, expect, test } from '@jest/globals'
import type { ObjectStore } from '../../../../shared/ports/object-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { patientPorts } from '../../../../shared/reconcile/calls/patient-ports.ts'
import { type InterceptedCall, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const unavailable = new ServiceError('s3', 'Unknown', 'UnknownError', { httpStatus: 503 })
const slowDown = new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.', { httpStatus: 503 })
const race = new ServiceError('s3', 'ConditionalRequestConflict', 'a conflicting operation', { httpStatus: 409 })
const denied = new ServiceError('s3', 'AccessDenied', 'no', { httpStatus: 403 })
const key = 'status/s'

/** Ports that are repeated patiently, over services that answer as told; and what was called. */
function open(answer: (call: InterceptedCall, attempt: number) => Promise<unknown>) {
  const world = new World()
  const calls: string[] = []
  const inner = intercept(world.ports, (call) => {
    calls.push(call.operation)
    return answer(call, calls.length)
  })
  return { world, calls, ports: patientPorts(inner) }
}

/** The first attempts fail, after their call took effect or before. */
const failing = (error: Error, times: number, when: 'before' | 'after' = 'before') =>
  open(async ({ proceed }, attempt) => {
    if (attempt > times) return proceed()
    if (when === 'after') await proceed()
    throw error
  })

const calls: readonly [call: string, make: (objects: ObjectStore) => Promise<unknown>][] = [
  ['head', (objects) => objects.head(key)],
  ['get', (objects) => objects.get(key)],
  ['getIfChanged', (objects) => objects.getIfChanged(key, 'etag')],
  ['put', (objects) => objects.put(key, 'x')],
  ['put', (objects) => objects.put(key, 'x', { ifNoneMatch: '*' })],
  ['delete', (objects) => objects.delete(key)],
  ['delete', (objects) => objects.delete(key, { ifMatch: 'etag' })],
  ['list', (objects) => Array.fromAsync(objects.list('status/'))],
]

describe.each(calls)('%s of a patient bucket', (operation, make) => {
  test.each([slowDown, unavailable])('is tried three times where it fails in passing: %s', async (error) => {
    const twice = failing(error, 2)
    await twice.world.finish(make(twice.ports.objects))
    expect(twice.calls).toEqual([operation, operation, operation])
    const always = failing(error, 9)
    await expect(always.world.finish(make(always.ports.objects))).rejects.toBe(error)
    expect(always.calls).toEqual([operation, operation, operation])
  })

  test('is tried once where it is refused', async () => {
    const { world, ports, calls: made } = failing(denied, 9)
    await expect(world.finish(make(ports.objects))).rejects.toBe(denied)
    expect(made).toEqual([operation])
  })
})

describe('a conditional write of a patient bucket', () => {
  test('is written where its answer was lost, although its second attempt meets its own object', async () => {
    const { world, ports, calls: made } = failing(unavailable, 1, 'after')
    const result = await world.finish(ports.objects.put(key, 'first', { ifNoneMatch: '*' }))
    expect(result).toMatchObject({ outcome: 'written', etag: (await world.objects.head(key))?.etag })
    expect(made).toEqual(['put', 'put', 'get'])
  })

  test('over an object with an etag is written where its answer was lost', async () => {
    const { world, ports } = failing(unavailable, 1, 'after')
    await world.objects.put(key, 'first')
    const ifMatch = (await world.objects.head(key))?.etag ?? ''
    const result = await world.finish(ports.objects.put(key, new TextEncoder().encode('second'), { ifMatch }))
    expect(result).toMatchObject({ outcome: 'written', etag: (await world.objects.head(key))?.etag })
  })

  test('is made again after a race with another write that failed, for a race tells nothing of the condition', async () => {
    const { world, ports, calls: made } = failing(race, 1)
    const result = await world.finish(ports.objects.put(key, 'first', { ifNoneMatch: '*' }))
    expect(result).toMatchObject({ outcome: 'written' })
    expect(made).toEqual(['put', 'put'])
  })

  test('has lost where its answer was lost and someone else has overwritten it since', async () => {
    const { world, ports } = open(async ({ proceed }, attempt) => {
      const answer = await proceed()
      if (attempt > 1) return answer
      await world.objects.put(key, 'other')
      throw unavailable
    })
    expect(await world.finish(ports.objects.put(key, 'first', { ifNoneMatch: '*' }))).toEqual({ outcome: 'lost' })
  })

  test('has lost where someone else has written the same and none of its attempts can have taken effect', async () => {
    const { world, ports, calls: made } = failing(slowDown, 1)
    await world.objects.put(key, 'first')
    expect(await world.finish(ports.objects.put(key, 'first', { ifNoneMatch: '*' }))).toEqual({ outcome: 'lost' })
    expect(made).toEqual(['put', 'put'])
  })

  test('that deletes is done where its answer was lost', async () => {
    const { world, ports } = failing(unavailable, 1, 'after')
    await world.objects.put(key, 'x')
    const ifMatch = (await world.objects.head(key))?.etag ?? ''
    expect(await world.finish(ports.objects.delete(key, { ifMatch }))).toBe('deleted')
  })
})

test('a listing that breaks off goes on after the last key, and lists each once', async () => {
  const world = new World()
  for (const name of ['a', 'b', 'c', 'd']) await world.objects.put(`links_data/${name}`, '')
  let breaks = 0
  const list: ObjectStore['list'] = async function* (prefix, options) {
    let listed = 0
    for await (const head of world.objects.list(prefix, options)) {
      if (listed++ === 2 && breaks++ < 1) throw unavailable
      yield head
    }
  }
  const inner = intercept(world.ports, ({ proceed }) => proceed())
  const objects = new Proxy(inner.objects, {
    get: (target, name) => (name === 'list' ? list : Reflect.get(target, name, target)),
  })
  const listed = Array.fromAsync(
    patientPorts({ ...inner, objects }).objects.list('links_data/', { startAfter: 'links_data/a' }),
  )
  expect((await world.finish(listed)).map((head) => head.key)).toEqual(['links_data/b', 'links_data/c', 'links_data/d'])
  expect(breaks).toBe(1)
})

describe('a patient queue', () => {
  test('sends again where the answer was lost, and a FIFO queue keeps one message', async () => {
    const { world, ports } = failing(new ServiceError('sqs', 'NoAnswer', 'lost'), 1, 'after')
    await world.finish(ports.queues.send('links', [{ body: 'a', groupId: 'g', deduplicationId: 'd' }]))
    expect(world.queues.queue('links').messages()).toHaveLength(1)
  })

  test('receives, changes the visibility of and deletes a message at the second attempt', async () => {
    const throttled = new ServiceError('sqs', 'RequestThrottled', 'Rate exceeded')
    const {
      world,
      ports,
      calls: made,
    } = open(async ({ proceed }, attempt) => {
      if (attempt % 2 === 1) throw throttled
      return proceed()
    })
    await world.queues.send('links', [{ body: 'a', groupId: 'g', deduplicationId: 'd' }])
    const [message] = await world.finish(ports.queues.receive('links', { most: 1, waitSeconds: 0 }))
    const handle = message?.receiptHandle ?? ''
    await world.finish(ports.queues.changeVisibility('links', [handle], 60))
    await world.finish(ports.queues.delete('links', handle))
    expect(world.queues.queue('links').messages()).toEqual([])
    expect(made).toEqual(['receive', 'receive', 'changeVisibility', 'changeVisibility', 'delete', 'delete'])
  })
})
