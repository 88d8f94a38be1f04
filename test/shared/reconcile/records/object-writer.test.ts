import { expect, test } from '@jest/globals'
import { ObjectWriter } from '../../../../shared/reconcile/records/object-writer.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const key = 'reports/2026-03-03/access.csv'

async function write(pieces: Iterable<string>) {
  const world = new World()
  const calls: string[] = []
  const sizes: number[] = []
  const { objects } = intercept(world.ports, async ({ operation, args, proceed }) => {
    calls.push(operation)
    const body = args.at(operation === 'put' ? 1 : 2)
    if (body instanceof Uint8Array) sizes.push(body.byteLength)
    return proceed()
  })
  const writer = new ObjectWriter(objects, key)
  for (const piece of pieces) await writer.write(piece)
  await writer.end()
  return { calls, sizes, body: new TextDecoder().decode((await world.objects.get(key))?.body) }
}

test('what is small is put at once', async () => {
  expect(await write(['a', 'ä', ''])).toEqual({ calls: ['put'], sizes: [3], body: 'aä' })
  expect(await write([])).toMatchObject({ calls: ['put'], body: '' })
})

test('what is large goes in parts, none of them much larger than the least that is sent', async () => {
  const piece = 'x'.repeat(1024 * 1024)
  const { calls, sizes, body } = await write(Array.from({ length: 18 }, () => piece))
  expect(calls).toEqual(['beginUpload', 'uploadPart', 'uploadPart', 'uploadPart', 'completeUpload'])
  expect(sizes).toEqual([8, 8, 2].map((mebibytes) => mebibytes * 1024 * 1024))
  expect(body).toHaveLength(18 * piece.length)
})

test('what ends with a whole part has no empty one after it', async () => {
  const { calls } = await write(['x'.repeat(8 * 1024 * 1024)])
  expect(calls).toEqual(['beginUpload', 'uploadPart', 'completeUpload'])
})
