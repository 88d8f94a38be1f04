import { expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { tellConfiguration } from '../../../../shared/reconcile/dispatcher/slice.ts'
import { World } from '../../../world.ts'

test('a configuration is told once, whole, and again when it is another one', async () => {
  const world = new World()
  const events = () => world.keys('changes/')
  const strict = configuration.parse({ orphanGraceMinutes: 5 })
  await tellConfiguration(world, world.configuration)
  await world.clock.advance(60_000)
  await tellConfiguration(world, world.configuration)
  expect(await events()).toEqual(['changes/2026-03-03/10:00:00.000Z%configured%configuration'])
  await tellConfiguration(world, strict)
  expect(await events()).toHaveLength(2)
  const [, second = ''] = await world.keys('history/configuration/')
  const first = await world.json('history/configuration/2026-03-03T10:00:00.000Z%configured.json')
  expect(await world.json(second)).toMatchObject({ before: first?.digest, configuration: { orphanGraceMinutes: 5 } })
})

test('a record that cannot be read has the configuration told again', async () => {
  const world = new World()
  await world.objects.put('control/configured.json', '?')
  await tellConfiguration(world, world.configuration)
  expect(await world.keys('changes/')).toHaveLength(1)
})
