import * as fc from 'fast-check'
import { userNames } from './directory-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type UserName = (typeof userNames)[number]
const departments = ['Engineering', 'Sales'] as const
type Department = (typeof departments)[number]

/** Files and a rule put people into the one group that has a file; somebody else puts them in too. */
export type MembershipAction =
  | { readonly do: 'put into the group' | 'take out of the group'; readonly name: UserName }
  | { readonly do: 'somebody else puts into the group'; readonly name: UserName }
  | { readonly do: 'write the group' | 'delete the group file' | 'delete the rule' }
  | { readonly do: 'write the rule'; readonly department: Department }
  | {
      readonly do: 'change the department'
      readonly name: UserName
      readonly department: Department
      readonly silently: boolean
    }

const actionNames: ReadonlySet<string> = new Set<MembershipAction['do']>([
  'put into the group',
  'take out of the group',
  'somebody else puts into the group',
  'write the group',
  'delete the group file',
  'write the rule',
  'delete the rule',
  'change the department',
])

export function isMembershipAction(action: { readonly do: string }): action is MembershipAction {
  return actionNames.has(action.do)
}

export const fileGroup = 'team-file'
export const groupFile = `groups/${fileGroup}.json`
export const fileOf = (name: string) => `memberships/${fileGroup}%${name}%ssofile`

export const groupRule = `rules/${fileGroup}.json`
const departmentPath = 'aws:identitystore:enterprise.department'

const name = fc.constantFrom(...userNames)
const department = fc.constantFrom(...departments)

export const membershipActions = [
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('put into the group', 'take out of the group'), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('somebody else puts into the group' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write the group' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write the rule' as const), department }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('change the department' as const),
      name,
      department,
      silently: fc.boolean(),
    }),
  },
] as const

export async function performMembershipAction(action: MembershipAction, world: SimulatedWorld): Promise<void> {
  const { objects, identityStore, checker } = world
  switch (action.do) {
    case 'write the group':
      return void objects.as('governance').put(groupFile, '{ "description": "ours" }')
    case 'delete the group file':
      return void objects.as('governance').delete(groupFile)
    case 'write the rule':
      return void objects.as('governance').put(groupRule, JSON.stringify({ department: [action.department] }))
    case 'delete the rule':
      return void objects.as('governance').delete(groupRule)
    case 'change the department': {
      const user = identityStore.idOf('USER', action.name)
      if (user === undefined) return
      const change = () => identityStore.updateUser(user, [{ path: departmentPath, value: action.department }])
      return world.quietly(action.silently, () => checker.memberships.whileAttributesChange(change))
    }
    case 'put into the group':
      return void objects.as('someone').put(fileOf(action.name), '')
    case 'take out of the group':
      return void objects.as('someone').delete(fileOf(action.name))
    case 'somebody else puts into the group': {
      const [group, user] = [identityStore.idOf('GROUP', fileGroup), identityStore.idOf('USER', action.name)]
      if (group === undefined || user === undefined) return
      if (identityStore.groupIdsOf(user).includes(group)) return
      checker.memberships.noteOther(await identityStore.createGroupMembership(group, user))
      return
    }
    default:
      return action satisfies never
  }
}
