import type { SimulatedWorld } from './simulated-world.ts'
import type { userNames } from './small-world.ts'

export const fileGroup = 'team-file'
export const groupFile = `groups/${fileGroup}.json`
export const fileOf = (name: string) => `memberships/${fileGroup}%${name}%ssofile`
export const groupRule = `rules/${fileGroup}.json`
const departmentPath = 'aws:identitystore:enterprise.department'

type Person = { readonly name: (typeof userNames)[number] }
type InDepartment = { readonly department: 'Engineering' | 'Sales' }

/** Files and a rule put people into the only group with a file. Somebody else adds people too. */
export const membershipActions = {
  'put into the group': ({ objects }: SimulatedWorld, { name }: Person) => objects.as('someone').put(fileOf(name), ''),
  'take out of the group': ({ objects }: SimulatedWorld, { name }: Person) =>
    objects.as('someone').delete(fileOf(name)),
  'somebody else puts into the group': async ({ identityStore, checker }: SimulatedWorld, { name }: Person) => {
    const [group, user] = [identityStore.idOf('GROUP', fileGroup), identityStore.idOf('USER', name)]
    if (group === undefined || user === undefined || identityStore.groupIdsOf(user).includes(group)) return
    checker.sessions.noteJoin()
    checker.memberships.noteOther(await identityStore.createGroupMembership(group, user))
  },
  'somebody else takes out of the group': async ({ identityStore, checker }: SimulatedWorld, { name }: Person) => {
    const [group, user] = [identityStore.idOf('GROUP', fileGroup), identityStore.idOf('USER', name)]
    const membership = group && user && (await identityStore.getGroupMembershipId(group, user))
    if (!membership) return
    checker.memberships.noteTaken(membership)
    await identityStore.deleteGroupMembership(membership)
  },
  'write the group': ({ objects }: SimulatedWorld) =>
    objects.as('governance').put(groupFile, '{ "description": "ours" }'),
  'delete the group file': ({ objects }: SimulatedWorld) => objects.as('governance').delete(groupFile),
  'write the rule': ({ objects }: SimulatedWorld, { department }: InDepartment) =>
    objects.as('governance').put(groupRule, JSON.stringify({ department: [department] })),
  'delete the rule': ({ objects }: SimulatedWorld) => objects.as('governance').delete(groupRule),
  'change the department': (world: SimulatedWorld, { name, department }: Person & InDepartment) => {
    const user = world.identityStore.idOf('USER', name)
    if (user === undefined) return
    return world.identityStore.updateUser(user, [{ path: departmentPath, value: department }])
  },
}
