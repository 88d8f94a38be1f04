import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

/** What happens in the directory besides what is done to the groups of `outside-changes.ts`. */
export type DirectoryAction =
  | { readonly do: 'delete a principal'; readonly principal: DirectoryName; readonly silently: boolean }
  | { readonly do: 'make a principal'; readonly principal: DirectoryName; readonly silently: boolean }
  | { readonly do: 'rename a user'; readonly from: UserName; readonly to: UserName; readonly silently: boolean }
  | {
      readonly do: 'delete a user and make it again'
      readonly name: UserName
      readonly afterMs: number
      readonly silently: boolean
    }

const actionNames: ReadonlySet<string> = new Set<DirectoryAction['do']>([
  'delete a principal',
  'make a principal',
  'rename a user',
  'delete a user and make it again',
])

export function isDirectoryAction(action: { readonly do: string }): action is DirectoryAction {
  return actionNames.has(action.do)
}

export const userNames = ['mia@example.com', 'leo@example.com'] as const
type UserName = (typeof userNames)[number]
/** All names that anybody may have; `team-between` while two groups swap theirs. */
export const directoryNames = [
  'GROUP/team one',
  'GROUP/team-2',
  'GROUP/team-late',
  'GROUP/team-between',
  'USER/mia@example.com',
  'USER/leo@example.com',
] as const
export type DirectoryName = (typeof directoryNames)[number]

const principal = fc.constantFrom<DirectoryName>('GROUP/team one', 'GROUP/team-2', 'USER/mia@example.com')
const userName = fc.constantFrom(...userNames)

export const directoryActions = [
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete a principal' as const), principal, silently: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('make a principal' as const), principal, silently: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rename a user' as const),
      from: userName,
      to: userName,
      silently: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete a user and make it again' as const),
      name: userName,
      afterMs: fc.constantFrom(100, 30_000, 4_000_000),
      silently: fc.boolean(),
    }),
  },
] as const

export async function performDirectoryAction(action: DirectoryAction, world: SimulatedWorld): Promise<void> {
  const quietly = (work: () => Promise<unknown>) => world.quietly(action.silently, work)
  switch (action.do) {
    case 'delete a principal':
      return quietly(() => remove(action.principal, world))
    case 'make a principal':
      return quietly(() => make(action.principal, world))
    case 'rename a user':
      return quietly(() => renameUser(action, world))
    case 'delete a user and make it again': {
      await quietly(() => remove(`USER/${action.name}`, world))
      world.later(action.afterMs, () => quietly(() => make(`USER/${action.name}`, world)))
      return
    }
    default:
      return action satisfies never
  }
}

function split(full: DirectoryName): { readonly type: 'GROUP' | 'USER'; readonly name: string } {
  const [type, name = ''] = full.split('/')
  return { type: type === 'USER' ? 'USER' : 'GROUP', name }
}

async function remove(full: DirectoryName, { identityStore, names }: SimulatedWorld): Promise<void> {
  const { type, name } = split(full)
  const id = identityStore.idOf(type, name)
  if (!id) return
  // The name stays known when nobody has it.
  names.principal(id)
  if (type === 'USER') await identityStore.deleteUser(id)
  else await identityStore.deleteGroup(id)
}

async function make(full: DirectoryName, { identityStore }: SimulatedWorld): Promise<void> {
  const { type, name } = split(full)
  if (identityStore.idOf(type, name)) return
  if (type === 'USER') await identityStore.createUser({ userName: name })
  else await identityStore.createGroup({ displayName: name })
}

async function renameUser(
  { from, to }: Extract<DirectoryAction, { readonly do: 'rename a user' }>,
  { identityStore, names }: SimulatedWorld,
): Promise<void> {
  const id = identityStore.idOf('USER', from)
  if (!id || identityStore.idOf('USER', to)) return
  names.principal(id)
  await identityStore.updateUser(id, [{ path: 'userName', value: to }])
}
