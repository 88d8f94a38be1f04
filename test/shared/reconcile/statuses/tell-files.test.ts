import { expect, test } from '@jest/globals'
import { kinds } from '../../../../shared/domain/inputs/kinds.ts'
import { tellFiles } from '../../../../shared/reconcile/statuses/tell-files.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const key = 'hygiene.json'

test('a file that was uploaded while the status of its former upload was written gets its own within a minute', async () => {
  const world = new World()
  let isSlow = true
  const ports = intercept(world.ports, async ({ operation, args: [written], proceed }) => {
    if (isSlow && operation === 'put' && written === `status/${key}.json`) {
      isSlow = false
      await world.objects.put(key, '{ "ownerTag": "owner" }')
      await world.clock.advance(20_000)
    }
    return proceed()
  })
  const look = () => world.finish(tellFiles(ports, kinds.hygiene, world.configuration))
  await world.objects.put(key, '{}')
  await look()
  await world.clock.advance(60_000)
  await look()
  expect(isSlow).toBe(false)
  const status = (await world.json(`status/${key}.json`)) as { state: string; etag: string }
  expect(status.state).toBe('applied')
  expect(status.etag).toBe((await world.objects.head(key))?.etag)
})
