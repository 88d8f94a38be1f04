import * as fc from 'fast-check'
import { doing } from './doing.ts'
import { userNames } from './small-world.ts'

export const fileGroup = 'team-file'
export const groupFile = `groups/${fileGroup}.json`
export const fileOf = (name: string) => `memberships/${fileGroup}%${name}%ssofile`
export const groupRule = `rules/${fileGroup}.json`
const departmentPath = 'aws:identitystore:enterprise.department'

const name = fc.constantFrom(...userNames)
const department = fc.constantFrom('Engineering', 'Sales')

/** Files and a rule put people into the one group that has a file; somebody else puts them in too. */
export const membershipActions = {
  'put into the group': doing(1, { name }, ({ name }, { objects }) => void objects.as('someone').put(fileOf(name), '')),
  'take out of the group': doing(1, { name }, ({ name }, { objects }) => {
    void objects.as('someone').delete(fileOf(name))
  }),
  'somebody else puts into the group': doing(1, { name }, async ({ name }, { identityStore, checker }) => {
    const [group, user] = [identityStore.idOf('GROUP', fileGroup), identityStore.idOf('USER', name)]
    if (group === undefined || user === undefined || identityStore.groupIdsOf(user).includes(group)) return
    checker.memberships.noteOther(await identityStore.createGroupMembership(group, user))
  }),
  'write the group': doing(1, {}, (_, { objects }) => {
    void objects.as('governance').put(groupFile, '{ "description": "ours" }')
  }),
  'delete the group file': doing(0, {}, (_, { objects }) => void objects.as('governance').delete(groupFile)),
  'write the rule': doing(1, { department }, ({ department }, { objects }) => {
    void objects.as('governance').put(groupRule, JSON.stringify({ department: [department] }))
  }),
  'delete the rule': doing(0, {}, (_, { objects }) => void objects.as('governance').delete(groupRule)),
  'change the department': doing(
    1,
    { name, department, silently: fc.boolean() },
    ({ name, department, silently }, world) => {
      const user = world.identityStore.idOf('USER', name)
      if (user === undefined) return
      const changes = [{ path: departmentPath, value: department }]
      return world.quietly(silently, () => world.identityStore.updateUser(user, changes))
    },
  ),
}
