import * as fc from 'fast-check'
import { doing } from './doing.ts'
import { one, silently } from './draws.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { type directoryNames, splitPrincipal, userNames } from './small-world.ts'

type DirectoryName = (typeof directoryNames)[number]
const groupName = one<string>('team one', 'team-2', 'team-late')
const principal = one<DirectoryName>('GROUP/team one', 'GROUP/team-2', 'GROUP/team-late', 'USER/mia@example.com')
const userName = fc.constantFrom(...userNames)
const afterMs = one(100, 30_000, 4_000_000)

/** Names of people and groups change hands, and people leave. */
export const directoryActions = {
  'rename a group': doing(2, { from: groupName, to: groupName }, ({ from, to }, world) =>
    rename('GROUP', from, to, world),
  ),
  'two groups swap names': doing(1, {}, async (_, world) => {
    await rename('GROUP', 'team one', 'team-between', world)
    await rename('GROUP', 'team-2', 'team one', world)
    await rename('GROUP', 'team-between', 'team-2', world)
  }),
  'rename a user': doing(1, { from: userName, to: userName, silently }, ({ from, to, silently }, world) =>
    world.quietly(silently, () => rename('USER', from, to, world)),
  ),
  'delete a principal': doing(1, { principal, silently }, ({ principal, silently }, world) =>
    world.quietly(silently, () => remove(principal, world)),
  ),
  'make a principal': doing(1, { principal, silently }, ({ principal, silently }, world) =>
    world.quietly(silently, () => make(principal, world)),
  ),
  'delete a principal and make it again': doing(
    2,
    { principal, afterMs, silently },
    async ({ principal, afterMs, silently }, world) => {
      await world.quietly(silently, () => remove(principal, world))
      world.later(afterMs, () => world.quietly(silently, () => make(principal, world)))
    },
  ),
  /** HR writes and deletes the file that suspends a person. */
  'suspend a person': doing(1, { name: userName }, ({ name }, { objects }) => {
    void objects.as('hr').put(`suspended/${name}`, '{ "reason": "left" }')
  }),
  'restore a person': doing(1, { name: userName }, ({ name }, { objects }) => {
    void objects.as('hr').delete(`suspended/${name}`)
  }),
}

type PrincipalType = 'GROUP' | 'USER'

async function rename(type: PrincipalType, from: string, to: string, { identityStore }: SimulatedWorld): Promise<void> {
  const id = identityStore.idOf(type, from)
  if (!id || identityStore.idOf(type, to)) return
  if (type === 'USER') await identityStore.updateUser(id, [{ path: 'userName', value: to }])
  else await identityStore.updateGroup(id, [{ path: 'displayName', value: to }])
}

async function remove(full: string, { identityStore }: SimulatedWorld): Promise<void> {
  const { type, name } = splitPrincipal(full)
  const id = identityStore.idOf(type, name)
  if (!id) return
  if (type === 'USER') await identityStore.deleteUser(id)
  else await identityStore.deleteGroup(id)
}

async function make(full: string, { identityStore }: SimulatedWorld): Promise<void> {
  const { type, name } = splitPrincipal(full)
  if (identityStore.idOf(type, name)) return
  if (type === 'USER') await identityStore.createUser({ userName: name })
  else await identityStore.createGroup({ displayName: name })
}
