import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { JsonRecord, RecordChangedError } from '../../../../shared/reconcile/records/json-record.ts'
import { KnownRecord } from '../../../../shared/reconcile/records/known-record.ts'
import { World } from '../../../world.ts'

function open({ objects }: World): KnownRecord<{ count: number }> {
  return new KnownRecord(new JsonRecord(objects, 'state/count', z.object({ count: z.number() })))
}

test('a value that another writer wrote meanwhile is neither written over nor removed', async () => {
  const world = new World()
  const [one, other] = [open(world), open(world)]
  expect(await one.read()).toBeUndefined()
  await other.write({ count: 1 })
  await expect(one.write({ count: 2 })).rejects.toThrow(RecordChangedError)
  expect(await one.read()).toEqual({ count: 1 })
  await other.write({ count: 3 })
  await expect(one.remove()).rejects.toThrow(RecordChangedError)
  expect(await open(world).read()).toEqual({ count: 3 })
})

test('it goes on from what it wrote or removed itself', async () => {
  const known = open(new World())
  await known.write({ count: 1 })
  await known.write({ count: 2 })
  expect(known.value).toEqual({ count: 2 })
  await known.remove()
  await known.write({ count: 3 })
  expect(await known.read()).toEqual({ count: 3 })
})
