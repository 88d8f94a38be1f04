import * as fc from 'fast-check'
import { doing, one } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { type directoryNames, userNames } from './small-world.ts'

type DirectoryName = (typeof directoryNames)[number]
const groupName = one<string>('team one', 'team-2', 'team-late')
const principal = one<DirectoryName>('GROUP/team one', 'GROUP/team-2', 'USER/mia@example.com')
const userName = fc.constantFrom(...userNames)
const silently = fc.boolean()
const afterMs = one(100, 30_000, 4_000_000)

export const lateActions = {
  'create the late group': doing(1, {}, (_, world) => make('GROUP/team-late', world)),
}

/** Names of groups change hands. */
export const groupActions = {
  'rename a group': doing(2, { from: groupName, to: groupName }, async ({ from, to }, world) => {
    await renameGroup(from, to, world)
    world.checker.noteDesired()
  }),
  'two groups swap names': doing(1, {}, async (_, world) => {
    await renameGroup('team one', 'team-between', world)
    await renameGroup('team-2', 'team one', world)
    await renameGroup('team-between', 'team-2', world)
    world.checker.noteDesired()
  }),
  'delete a group and make it again': doing(1, { name: groupName, afterMs }, async ({ name, afterMs }, world) => {
    const { identityStore, checker } = world
    const id = identityStore.idOf('GROUP', name)
    if (!id) return
    world.names.principal(id)
    await identityStore.deleteGroup(id)
    world.later(afterMs, async () => {
      if (!identityStore.idOf('GROUP', name)) await identityStore.createGroup({ displayName: name })
      checker.noteDesired()
    })
    checker.noteDesired()
  }),
}

export const directoryActions = {
  'delete a principal': doing(1, { principal, silently }, ({ principal, silently }, world) =>
    world.quietly(silently, () => remove(principal, world)),
  ),
  'make a principal': doing(1, { principal, silently }, ({ principal, silently }, world) =>
    world.quietly(silently, () => make(principal, world)),
  ),
  'rename a user': doing(1, { from: userName, to: userName, silently }, ({ from, to, silently }, world) =>
    world.quietly(silently, async () => {
      const { identityStore, names } = world
      const id = identityStore.idOf('USER', from)
      if (!id || identityStore.idOf('USER', to)) return
      names.principal(id)
      await identityStore.updateUser(id, [{ path: 'userName', value: to }])
    }),
  ),
  'delete a user and make it again': doing(
    1,
    { name: userName, afterMs, silently },
    async ({ name, afterMs, silently }, world) => {
      await world.quietly(silently, () => remove(`USER/${name}`, world))
      world.later(afterMs, () => world.quietly(silently, () => make(`USER/${name}`, world)))
    },
  ),
}

async function renameGroup(from: string, to: string, { identityStore, names }: SimulatedWorld): Promise<void> {
  const id = identityStore.idOf('GROUP', from)
  if (!id || identityStore.idOf('GROUP', to)) return
  names.principal(id)
  await identityStore.updateGroup(id, [{ path: 'displayName', value: to }])
}

function split(full: string): { readonly type: 'GROUP' | 'USER'; readonly name: string } {
  const [type, name = ''] = full.split('/')
  return { type: type === 'USER' ? 'USER' : 'GROUP', name }
}

async function remove(full: string, { identityStore, names }: SimulatedWorld): Promise<void> {
  const { type, name } = split(full)
  const id = identityStore.idOf(type, name)
  if (!id) return
  // The name stays known when nobody has it.
  names.principal(id)
  if (type === 'USER') await identityStore.deleteUser(id)
  else await identityStore.deleteGroup(id)
}

async function make(full: string, { identityStore }: SimulatedWorld): Promise<void> {
  const { type, name } = split(full)
  if (identityStore.idOf(type, name)) return
  if (type === 'USER') await identityStore.createUser({ userName: name })
  else await identityStore.createGroup({ displayName: name })
}
