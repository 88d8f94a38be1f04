import { expect, test } from '@jest/globals'
import { findUnbound } from '../../../../handlers/cli/status/find-unbound.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { World } from '../../../world.ts'

const names = ['ana', 'ben', 'cleo'].map((name) => `${name}@acme.example`)
const linkOf = (user: string) => `links_data/account%233000000002%Support-ps%${user}%USER%ssofile`

test('waiting files of users are found by ids: who was made again, who has another name, and whose name nobody has', async () => {
  const world = new World({ configuration: { folders: ['team-a'] } }).start()
  const { identityStore, objects, clock } = world
  const make = async (userName: string) => {
    await clock.advance(200)
    return identityStore.createUser({ userName })
  }
  const until = (key: string, state: string) =>
    world.until(async () => (await world.json(statusKey(key)))?.state === state, `${key} as ${state}`)
  const compare = async () => {
    await world.finish(world.everyHour())
    await clock.advance(30_000)
    await world.finish(world.everyFiveMinutes())
    await clock.advance(30_000)
  }
  const [ana = '', ben = '', cleo = ''] = names
  const former = new Map<string, string>()
  for (const name of names) former.set(name, await make(name))
  await objects.put('permission_sets/Support-ps.json', JSON.stringify({ permissionSetName: 'Support-ps' }))
  for (const name of names) await objects.put(linkOf(name), '')
  for (const name of names) await until(linkOf(name), 'applied')
  await identityStore.deleteUser(former.get(ana) ?? '')
  await identityStore.updateUser(former.get(ben) ?? '', [{ path: 'userName', value: 'ben.ito@acme.example' }])
  await identityStore.deleteUser(former.get(cleo) ?? '')
  await compare()
  const [present, other] = [await make(ana), await make(ben)]
  await compare()
  for (const name of names) await until(linkOf(name), 'waiting')
  const all = [
    { key: linkOf(ana), user: ana, boundTo: former.get(ana), present, is: 'made again' },
    { key: linkOf(ben), user: ben, boundTo: former.get(ben), present: other, is: 'renamed' },
    { key: linkOf(cleo), user: cleo, boundTo: former.get(cleo), is: 'nobody' },
  ]
  const find = (pattern: string) => world.finish(findUnbound(world.ports, pattern, ''))
  expect(await find('links_data/*')).toEqual(all)
  expect(await find('links_data/*ben@*')).toEqual(all.slice(1, 2))
  expect(await find('memberships/*')).toEqual([])
})
