import { expect, test } from '@jest/globals'
import { beginDriftCheck } from '../../../../shared/reconcile/drift/drift-run.ts'
import { World } from '../../../world.ts'

test('a drift check begins with hints that wait behind revocations: itself, and each permission set that is ours', async () => {
  const world = new World()
  for (const name of ['Billing-ps', 'ReadOnly-ps', 'no name of any'])
    await world.objects.put(`owned_permission_sets/${name}`, '')
  const run = await beginDriftCheck(world.ports, world.configuration)
  const lanes = ['work', 'work-bulk'] as const
  const messages = await Promise.all(lanes.map((lane) => world.queues.receive(lane, { most: 10, waitSeconds: 0 })))
  const hints = messages.flat().map(({ body }) => JSON.parse(body))
  expect(hints).toEqual(
    expect.arrayContaining([
      { v: 1, kind: 'drift', run, unit: expect.any(String), cause: 'drift' },
      { v: 1, kind: 'permission-set', permissionSet: 'Billing-ps', cause: 'drift' },
      { v: 1, kind: 'permission-set', permissionSet: 'ReadOnly-ps', cause: 'drift' },
    ]),
  )
  expect(hints).toHaveLength(3)
  expect(world.queues.queue('work-urgent').counts().visible).toBe(0)
})
