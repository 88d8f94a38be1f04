import { principalName } from '../../shared/domain/principals/principal.ts'
import { personFiles } from './kinds/people/person-files.ts'
import { readPersonFile } from './kinds/people/person-terms.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { type directoryNames, splitPrincipal, type userNames } from './small-world.ts'

type Principal = { readonly principal: (typeof directoryNames)[number] }
type Static = 'employee' | 'mover'
type Person = { readonly name: (typeof userNames)[number] }

/** Names of people and groups change their owners, and people leave. */
export const directoryActions = {
  'rename a principal': ({ identityStore }: SimulatedWorld, { principal, to }: Principal & { readonly to: string }) => {
    const { type, name } = splitPrincipal(principal)
    const id = identityStore.idOf(type, name)
    if (!id || identityStore.idOf(type, to)) return
    return type === 'USER'
      ? identityStore.updateUser(id, [{ path: 'userName', value: to }])
      : identityStore.updateGroup(id, [{ path: 'displayName', value: to }])
  },
  'delete a principal': ({ identityStore }: SimulatedWorld, { principal }: Principal) => {
    const { type, name } = splitPrincipal(principal)
    const id = identityStore.idOf(type, name)
    if (!id) return
    return type === 'USER' ? identityStore.deleteUser(id) : identityStore.deleteGroup(id)
  },
  'make a principal': ({ identityStore }: SimulatedWorld, { principal }: Principal) => {
    const { type, name } = splitPrincipal(principal)
    if (identityStore.idOf(type, name)) return
    return type === 'USER'
      ? identityStore.createUser({ userName: name })
      : identityStore.createGroup({ displayName: name })
  },
  /** Others make the user that a file asks for. */
  'make a user like a file': (
    { identityStore }: SimulatedWorld,
    { name, body }: Person & { readonly body: Static },
  ) => {
    const file = readPersonFile(personFiles.valid[body])
    if (typeof file !== 'string' && !identityStore.idOf('USER', name))
      return identityStore.createPerson(principalName.parse(name), file.profile)
  },
  /** HR writes and deletes the file that suspends a person. */
  'suspend a person': ({ objects }: SimulatedWorld, { name }: Person) =>
    objects.as('hr').put(`suspended/${name}`, '{ "reason": "left" }'),
  'restore a person': ({ objects }: SimulatedWorld, { name }: Person) => objects.as('hr').delete(`suspended/${name}`),
}
