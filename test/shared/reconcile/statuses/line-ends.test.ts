import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from '@jest/globals'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { acme, World } from '../../../world.ts'

const name = principalName.parse('kenji.ito@acme.example')
const link = `links_data/account%210000000001%Billing-ps%${name}%USER%ssofile`
const status = `status/${link}.json`
const body = '{\n  "reason": "month end",\n  "ticket": "FIN-1"\n}\n'
const ofWindows = body.replaceAll('\n', '\r\n')

let world: World
const settle = async () => {
  for (let times = 0; times < 3; times++) {
    await world.look()
    await world.finish(world.everyFiveMinutes())
    await world.clock.advance(6 * 60_000)
  }
}

/** The link of a user who was deleted, and whose name another person has got since. */
beforeEach(async () => {
  world = new World({ organization: { ...acme(), assignments: [] } })
  world.start()
  await world.finish(world.everyHour(), 1_000)
  await world.objects.put(
    'permission_sets/Billing-ps.json',
    readFileSync('fixtures/acme/permission_sets/Billing-ps.json'),
  )
  await world.objects.put(link, body)
  await settle()
  const first = await world.identityStore.findPrincipalId('USER', name)
  if (first === undefined) throw new Error(`there is no ${name}`)
  await world.identityStore.deleteUser(first)
  await world.finish(world.everyHour())
  await settle()
  await world.identityStore.createUser({ userName: name })
  await world.finish(world.everyHour())
  await settle()
  expect(world.ssoAdmin.assignments()).toEqual([])
})

test('a link stays bound to its first user when git on Windows uploads it with other line ends', async () => {
  await world.objects.put(link, ofWindows)
  await settle()
  expect(world.ssoAdmin.assignments()).toEqual([])
  expect(await world.json(status)).toMatchObject({ state: 'waiting' })
})

test('a link that says something else is bound to the user who has the name now', async () => {
  await world.objects.put(link, ofWindows.replace('month', 'year'))
  await settle()
  expect(world.ssoAdmin.assignments()).toHaveLength(1)
})

test('a link stays bound to its first user after an upgrade, when its status has no value of the content yet', async () => {
  const { value, ...older } = (await world.json(status)) ?? {}
  expect(value).toEqual(expect.any(String))
  await world.objects.put(status, JSON.stringify(older))
  await world.finish(world.everyHour())
  await settle()
  expect(await world.json(status)).toMatchObject({ state: 'waiting', principalId: older.principalId })
  await world.objects.put(link, body)
  await settle()
  expect(await world.json(status)).toMatchObject({ state: 'waiting', principalId: older.principalId, value })
  expect(world.ssoAdmin.assignments()).toEqual([])
})
