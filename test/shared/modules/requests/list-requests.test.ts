import { expect, test } from '@jest/globals'
import { comparedMost } from '../../../../shared/modules/requests/compare-own-inputs.ts'
import { sweepRequests } from '../../../../shared/modules/requests/list-requests.ts'
import type { ObjectStore } from '../../../../shared/ports/object-store.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

test.each(['requests/', 'approvals/', 'decisions/'])(
  'a suspension whose message was lost is found also if the files under %s cannot all be listed',
  async (place) => {
    const world = new World()
    await world.objects.put('suspended/ana', '')
    const sent: unknown[] = []
    const ports = intercept(world.ports, async ({ port, operation, args, proceed }) => {
      if (port === 'objects' && operation === 'list' && args[0] === place) throw new Error('the time is over')
      if (port === 'queues' && operation === 'send') sent.push(args[0])
      return proceed()
    })
    await expect(sweepRequests(ports, world.configuration)).rejects.toThrow('the time is over')
    expect(sent).toEqual(['urgent'])
  },
)

test('somebody who uploads a million approvals costs a sweep twenty listings, is named, and is asked about two thousand times', async () => {
  const world = new World()
  let listed = 0
  const list: ObjectStore['list'] = async function* (prefix, { startAfter = '' } = {}) {
    if (prefix !== 'approvals/' || startAfter > 'approvals/ben/z') return
    for (let nth = 0; nth < 1_000_000; nth++, listed++)
      yield { key: `approvals/ben/${nth + 1_000_000}`, etag: 'e', size: 0, lastModified: world.clock.now() }
  }
  const objects = Object.assign(Object.create(world.objects), { list, head: async () => undefined })
  const { sent, crowded } = await sweepRequests({ ...world.ports, objects }, world.configuration)
  expect({ sent, crowded, listed }).toEqual({ sent: 2_000, crowded: ['ben'], listed: comparedMost })
})

test('what the router leaves to the sweep comes in portions of two thousand, and of requests no more than wait at once', async () => {
  const world = new World()
  const user = '11111111-1111-1111-1111-111111111111'
  for (let nth = 0; nth < 2_100; nth++) await world.objects.put(`decisions/${user}/quarter/${nth}%keep`, '')
  for (let nth = 0; nth < 30; nth++) await world.objects.put(`requests/${user}/${nth}`, '')
  expect(await world.finish(sweepRequests(world.ports, world.configuration))).toEqual({ sent: 2_020, crowded: [] })
})
