import { expect, test } from '@jest/globals'
import { noMemory, readCheckpoint, writeCheckpoint } from '../../../../shared/reconcile/records/checkpoint.ts'
import { World } from '../../../world.ts'

const nothing = { ...noMemory, since: new Date(0) }

test('a checkpoint tells what the last comparison read, and its time less five minutes', async () => {
  const { objects, clock } = new World()
  expect(await readCheckpoint(objects)).toEqual({ ...nothing, now: undefined })
  const memory = {
    entries: ['e'],
    statuses: { i: { etag: 's', state: 'waiting', of: 'f', desired: 1, open: 0 } },
    links: { l: { etag: 'b', isValid: true, expiresAt: '2026-03-04T10:00:00.000Z' } },
  } as const
  expect(await writeCheckpoint(objects, clock.now(), memory)).toEqual(new Date('2026-03-03T10:00:00Z'))
  await clock.advance(1_000)
  expect(await readCheckpoint(objects)).toEqual({
    ...memory,
    v: 2,
    since: new Date('2026-03-03T09:55:00Z'),
    now: new Date('2026-03-03T10:00:01Z'),
  })
})

test('a checkpoint that another version wrote is as none', async () => {
  const { objects } = new World()
  await objects.put('state/reconcile.json', '{"v":1}')
  expect(await readCheckpoint(objects)).toMatchObject(nothing)
})
