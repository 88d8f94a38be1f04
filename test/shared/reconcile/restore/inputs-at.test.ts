import { expect, test } from '@jest/globals'
import { findInputsAt } from '../../../../shared/reconcile/restore/inputs-at.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { World } from '../../../world.ts'

const prefix = 'links_data/'

test('the inputs of an instant are those that were there then, with their content', async () => {
  const world = new World()
  const { objects, clock } = world
  objects.model.setVersioning('Enabled')
  for (const name of ['kept', 'changed', 'deleted', 'flapping']) await objects.put(prefix + name, 'old')
  await objects.put(`${prefix}gone`, 'old')
  await clock.advance(5_000)
  await objects.delete(`${prefix}gone`)
  await clock.advance(5_000)
  const at = clock.now()
  await clock.advance(5_000)
  await objects.put(`${prefix}changed`, 'new')
  await objects.delete(`${prefix}deleted`)
  await objects.delete(`${prefix}flapping`)
  await clock.advance(5_000)
  await objects.put(`${prefix}flapping`, 'old')
  await objects.put(`${prefix}added`, 'new')
  await objects.put(`${prefix}gone`, 'new')
  const versions = new MemoryObjectVersions(objects.model)
  const { uploads, deletions, same } = await findInputsAt(objects, versions, { prefix, at })
  const told = uploads.map(({ key, body, over }) => [
    key.slice(prefix.length),
    String(Buffer.from(body)),
    over !== undefined,
  ])
  expect(told).toEqual([
    ['changed', 'old', true],
    ['deleted', 'old', false],
  ])
  expect(deletions.map(({ key }) => key)).toEqual([`${prefix}added`, `${prefix}gone`])
  expect(same.map(({ key }) => key)).toEqual([`${prefix}flapping`, `${prefix}kept`])
})
