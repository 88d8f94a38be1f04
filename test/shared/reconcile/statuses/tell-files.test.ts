import { expect, test } from '@jest/globals'
import { kinds } from '../../../../shared/domain/inputs/kinds.ts'
import { tellFiles } from '../../../../shared/reconcile/statuses/tell-files.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const key = 'policies/tests/one.json'

test('a file that was uploaded while the status of its former upload was written gets its own within a minute', async () => {
  const world = new World()
  let isSlow = true
  const ports = intercept(world.ports, async ({ operation, args: [written], proceed }) => {
    if (isSlow && operation === 'put' && written === `status/${key}.json`) {
      isSlow = false
      await world.objects.put(key, '{ "former": "no more" }')
      await world.clock.advance(20_000)
    }
    return proceed()
  })
  const look = () => world.finish(tellFiles(ports, kinds.policyTest, world.configuration))
  await world.objects.put(key, '[]')
  await look()
  await world.clock.advance(60_000)
  await look()
  const status = (await world.json(`status/${key}.json`)) as { etag: string }
  expect(status.etag).toBe((await world.objects.head(key))?.etag)
})
