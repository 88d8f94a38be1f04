import { expect, test } from '@jest/globals'
import { dispatcher } from '../../handlers/dispatcher.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { intercept } from '../intercept.ts'
import { World } from '../world.ts'

test('a slice that fails does not lock the group of the wakes until its message comes again', async () => {
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async () => {
        throw new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.')
      }),
  })
  const options = { sliceMs: 1_000, lingerMs: 0, holder: 'test' }
  const answer = await dispatcher(world.ports, world.configuration, options)({ Records: [] })
  expect(answer.batchItemFailures).toEqual([])
  expect(world.log.lines.map(({ level }) => level)).toContain('error')
})
