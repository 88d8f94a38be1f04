import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isInScope } from '../../../../handlers/cli/folder/compare-inputs.ts'
import { pushedPlaces } from '../../../../handlers/cli/folder/input-parts.ts'
import { findInputsAt } from '../../../../shared/modules/restore/inputs-at.ts'
import { findLastPush } from '../../../../shared/modules/restore/last-push.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { World } from '../../../world.ts'

const places = pushedPlaces()
const isMeant = (key: string) => isInScope(key, { prefixes: places })
const keys = ['links_data/a', 'links_data/b', 'policies/p.json', 'memberships/m'] as const
const write = fc.record({
  key: fc.constantFrom(...keys),
  body: fc.option(fc.constantFrom('x', 'y')),
  pauseMs: fc.constantFrom(0, 2_000, 19_000),
})
/** A push writes each file once. */
const push = fc.uniqueArray(write, { selector: ({ key }) => key, minLength: 1, maxLength: 4 })

async function contents({ objects }: World): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(keys.map(async (key) => [key, await objects.get(key)] as const))
  return new Map(found.flatMap(([key, one]) => (one ? [[key, Buffer.from(one.body).toString()] as const] : [])))
}

async function make({ objects, clock }: World, writes: Writes) {
  for (const { key, body, pauseMs } of writes) {
    if (body === null) await objects.delete(key)
    else await objects.put(key, body)
    await clock.advance(pauseMs)
  }
}
type Writes = readonly { readonly key: string; readonly body: string | null; readonly pauseMs: number }[]

async function undo({ objects }: World): Promise<void> {
  const versions = new MemoryObjectVersions(objects.model)
  const last = await findLastPush(objects, versions, { places, isMeant })
  if (last === undefined) return
  const at = new Date(last.from.getTime() - 1)
  const { uploads, deletions } = await findInputsAt(objects, versions, { places, at })
  for (const { key, body } of uploads) await objects.put(key, body)
  for (const { key } of deletions) await objects.delete(key)
}

test('after an undo the files are those before the last push, and after a second one those after it', async () => {
  await fc.assert(
    fc.asyncProperty(push, push, async (first, second) => {
      const world = new World()
      world.objects.model.setVersioning('Enabled')
      await make(world, [{ key: keys[0], body: 'x', pauseMs: 22_000 }, ...first])
      await world.clock.advance(22_000)
      const before = await contents(world)
      // A deletion of what is not there leaves a delete marker, too.
      await make(world, second)
      const after = await contents(world)
      await world.clock.advance(22_000)
      await undo(world)
      expect(await contents(world)).toEqual(before)
      await world.clock.advance(22_000)
      if (JSON.stringify([...before]) === JSON.stringify([...after])) return
      await undo(world)
      expect(await contents(world)).toEqual(after)
    }),
    { numRuns: 60 },
  )
})

test('temporary access, requests and statuses are no push', async () => {
  const world = new World()
  const { objects, clock } = world
  objects.model.setVersioning('Enabled')
  await objects.put('links_data/a', '')
  const at = clock.now()
  await clock.advance(90_000)
  for (const key of ['links_data/temporary/x', 'requests/u/x', 'suspended/kim', 'status/links_data/a'])
    await objects.put(key, '')
  const last = await findLastPush(objects, new MemoryObjectVersions(objects.model), { places, isMeant })
  expect(last).toEqual({ from: at, to: at, keys: ['links_data/a'] })
})

test('a bucket without files has no push', async () => {
  const { objects } = new World()
  expect(await findLastPush(objects, new MemoryObjectVersions(objects.model), { places, isMeant })).toBeUndefined()
})
