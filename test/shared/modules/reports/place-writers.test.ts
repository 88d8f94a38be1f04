import { expect, test } from '@jest/globals'
import { writePlaceWriters } from '../../../../shared/modules/reports/place-writers.ts'
import { World } from '../../../world.ts'

const governance = { prefix: 'policies/', people: ['arn:aws:iam::111122223333:role/governance'], ssofile: [] }

test('a deployment tells who may write where, and the next one replaces it', async () => {
  const world = new World()
  await writePlaceWriters(world.ports, [governance])
  const rest = {
    prefix: '',
    people: [],
    ssofile: ['arn:aws:iam::111122223333:role/ssofile-router'],
    how: 'everything else',
  }
  await writePlaceWriters(world.ports, [governance, rest])
  const told = { v: 1, asOf: world.clock.now().toISOString(), bucket: 'ssofile', writers: [governance, rest] }
  expect(await world.json('reports/writers.json')).toEqual(told)
})

test('a bundle without an environment tells nothing, rather than that nobody may write', async () => {
  const world = new World()
  await writePlaceWriters(world.ports, [])
  expect(await world.keys('reports/')).toEqual([])
})
