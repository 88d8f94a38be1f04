import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../../../shared/domain/principals/principal.ts'
import { someOf } from '../../../depth.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const minute = 60_000

const linkOf = (principal: string, type: PrincipalType) =>
  `links_data/account%233000000002%Billing-ps%${principal}%${type}%ssofile`

/** Whose names change, and how. The names are as they are before. */
type Change = { readonly type: PrincipalType; readonly happens: (world: World) => Promise<readonly PrincipalId[]> }
const [oldName, newName] = ['team-Accountants', 'team-Bookkeepers']
const [oldUser, newUser] = ['kenji.ito@acme.example', 'kenji.tanaka@acme.example']

function idOf(world: World, principal: string, type: PrincipalType = 'GROUP'): PrincipalId {
  const id = world.identityStore.idOf(type, principal)
  if (!id) throw new Error(`nobody has the name ${principal}`)
  return id
}

const rename = (world: World, id: PrincipalId, value: string) =>
  world.identityStore.updateGroup(id, [{ path: 'displayName', value }])

const changes: Readonly<Record<string, Change>> = {
  'a group is renamed': {
    type: 'GROUP',
    happens: async (world) => {
      const id = idOf(world, oldName)
      await rename(world, id, newName)
      return [id]
    },
  },
  'a group is renamed and gets its name back within a second': {
    type: 'GROUP',
    happens: async (world) => {
      const id = idOf(world, oldName)
      await rename(world, id, newName)
      await world.clock.advance(500)
      await rename(world, id, oldName)
      return [id, id]
    },
  },
  'two groups swap their names': {
    type: 'GROUP',
    happens: async (world) => {
      const [first, second] = [idOf(world, oldName), idOf(world, newName)]
      await rename(world, first, 'passing')
      await rename(world, second, oldName)
      await rename(world, first, newName)
      return [first, second, first]
    },
  },
  'a group is deleted and made again': {
    type: 'GROUP',
    happens: async (world) => {
      const id = idOf(world, oldName)
      await world.identityStore.deleteGroup(id)
      return [id, await world.identityStore.createGroup({ displayName: oldName })]
    },
  },
  'a user is renamed': {
    type: 'USER',
    happens: async (world) => {
      const id = idOf(world, oldUser, 'USER')
      await world.identityStore.updateUser(id, [{ path: 'userName', value: newUser }])
      return [id]
    },
  },
}

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(1_000)
}

async function open(links: readonly string[], isSwap: boolean): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] } })
  world.start({ dispatcher: false })
  if (isSwap) await world.identityStore.createGroup({ displayName: newName })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  for (const link of links) await world.objects.put(link, '')
  await world.until(async () => (await world.keys('status/links_data/')).length === links.length, 'links looked at')
  await settle(world)
  return world
}

async function send(world: World, type: PrincipalType, ids: readonly PrincipalId[]): Promise<void> {
  for (const id of ids) {
    const noun = type === 'GROUP' ? 'group' : 'user'
    const event = {
      id: world.ports.randomness.id(),
      'detail-type': type === 'GROUP' ? 'Group Updated' : 'User Updated',
      source: 'aws.identitystore',
      detail: { [`${noun}-id`]: id },
    }
    await world.queues.send('events', [{ body: JSON.stringify(event) }])
  }
}

const listedAs = (principal: string, type: PrincipalType) =>
  linkOf(principal, type)
    .replace('links_data/', 'access/')
    .replace(/%ssofile$/, '%ours')

const holders = (world: World) => world.ssoAdmin.assignments().map(({ principalId }) => principalId)

/** What history says of each id, in order. Terms change with the links. */
async function history(world: World): Promise<Readonly<Record<string, readonly string[]>>> {
  const told: Record<string, string[]> = {}
  for (const key of await world.keys('history/account')) {
    const [, access = '', record = ''] = key.split('/')
    const event = record.split('%').at(-1)?.replace('.json', '') ?? ''
    const id = access.split('%')[3] ?? ''
    if (event !== 'terms-changed') told[id] = [...(told[id] ?? []), event]
  }
  return told
}

/** The accesses that links grant: to whoever has a name that one of them has. */
const wanted = (world: World, links: readonly string[], type: PrincipalType) =>
  [oldName, newName, oldUser, newUser].flatMap((name) =>
    links.includes(linkOf(name, type)) ? (world.identityStore.idOf(type, name) ?? []) : [],
  )

const every = Object.entries(changes).flatMap(([name, change]) =>
  (['the old name', 'the new name', 'both', 'neither'] as const).flatMap((linked) =>
    [true, false].map((isTold) => ({ name, change, linked, isTold, by: isTold ? 'an event' : 'the hourly reconcile' })),
  ),
)
const cases = someOf(every)

describe('access is right, and what is granted throughout is never revoked', () => {
  test.each(cases)('where $name, links name $linked, and $by tells of it', async ({ change, linked, isTold }) => {
    const { type, happens } = change
    const [before, after] = type === 'GROUP' ? [oldName, newName] : [oldUser, newUser]
    const links = {
      'the old name': [linkOf(before, type)],
      'the new name': [linkOf(after, type)],
      both: [linkOf(before, type), linkOf(after, type)],
      neither: [],
    }[linked]
    const world = await open(links, change === changes['two groups swap their names'])
    const had = holders(world)
    expect([...had].sort()).toEqual([...wanted(world, links, type)].sort())
    const ids = await happens(world)
    if (isTold) await send(world, type, ids)
    else await world.finish(world.everyHour())
    await settle(world)
    await settle(world)
    const gone = had.filter((id) => world.identityStore.nameOf(type, id) === undefined)
    const has = wanted(world, links, type)
    // What a deleted group had is kept for its grace.
    expect([...holders(world)].sort()).toEqual([...has, ...gone].sort())
    const listed = (ids: readonly PrincipalId[]) =>
      [...new Set(ids.map((id) => listedAs(world.identityStore.nameOf(type, id) ?? before, type)))].sort()
    expect(await world.keys('access/')).toEqual(listed([...has, ...gone]))
    await world.clock.advance(61 * minute)
    await world.finish(world.everyHour())
    await settle(world)
    expect([...holders(world)].sort()).toEqual([...has].sort())
    // Once each, under the id.
    const all = [...new Set([...had, ...has])]
    const expected = all.map((id) => [id, has.includes(id) ? ['granted'] : ['granted', 'revoked']] as const)
    expect(await history(world)).toEqual(Object.fromEntries(expected))
    const creations = world.calls.filter((call) => call === 'CreateAccountAssignment').length
    const deletions = world.calls.filter((call) => call === 'DeleteAccountAssignment').length
    expect([creations, deletions]).toEqual([all.length, all.length - has.length])
    await world.finish(world.everyHour())
    expect(await world.keys('access/')).toEqual(listed(has))
    expect((await world.keys('assignments/')).length).toBe(has.length)
    expect(await world.keys('foreign/')).toEqual([])
    expect(await world.keys('state/open/')).toEqual([])
    for (const link of links) {
      const name = link.split('%')[3] ?? ''
      const state = world.identityStore.idOf(type, name) === undefined ? 'waiting' : 'applied'
      const status = await world.json(`status/${link}.json`)
      expect(status).toMatchObject({ state })
      if (state === 'waiting' && name === before)
        expect(status).toMatchObject({
          reason: expect.stringContaining(`'${before}' is called '${after}' now`),
          remedy: 'upload the link with that name, then delete this one',
        })
    }
  })
})
