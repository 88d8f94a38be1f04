import { type FunctionPermissions, permissionsOf, type RoleName } from '../../../infra/function-permissions.ts'
import type { Call } from '../chaos.ts'

type Grant = readonly [kind: keyof FunctionPermissions, what: string]

/** Why this function may not make this call: its role in a deployment has no right to it. */
export function complainAboutGrant(name: RoleName, call: Call): string | undefined {
  const needed = neededFor(call)
  if (needed === undefined) return undefined
  const [kind, what] = needed
  const fits = (grant: string) => (kind === 'read' || kind === 'write' ? what.startsWith(grant) : what === grant)
  const onlyPut =
    call.operation === 'put' ? permissionsOf(name).put?.find((prefix) => what.startsWith(prefix)) : undefined
  const granted = onlyPut ?? grantsOf(name, kind).find(fits)
  return granted === undefined
    ? `the role ${name} is not granted ${call.operation} of ${what || call.service}`
    : undefined
}

function neededFor({ service, operation, key = '' }: Call): Grant | undefined {
  switch (service) {
    case 's3':
      if (operation === 'list') return undefined
      return [operation === 'put' || operation === 'delete' ? 'write' : 'read', key]
    case 'sqs':
      return [operation === 'send' ? 'send' : 'receive', key]
    case 'organizations':
      return ['organizations', 'read']
    case 'identitystore':
      return ['directory', directoryGrants[operation] ?? 'read']
    case 'sso-admin':
      if (operation === 'instance') return ['identityCenter', 'instance']
      return ['identityCenter', /^(list|describe|get)/.test(operation) ? 'read' : 'change']
    default:
      return service satisfies never
  }
}

const directoryGrants: Readonly<Record<string, string>> = {
  listMembersOf: 'members',
  listGroupsOf: 'groups',
  getGroupMembershipId: 'memberships',
  createGroup: 'change',
  updateGroupDescription: 'change',
  deleteGroup: 'change',
  createGroupMembership: 'change',
  deleteGroupMembership: 'change',
  createPerson: 'people',
  updatePerson: 'people',
  deleteUser: 'people',
}
/** Whoever is granted one of these is granted those before it too. */
const ladders: { readonly [kind in keyof FunctionPermissions]?: readonly string[] } = {
  directory: ['read', 'members', 'groups', 'memberships', 'change', 'people'],
  identityCenter: ['instance', 'read', 'change'],
}

function grantsOf(name: RoleName, kind: keyof FunctionPermissions): readonly string[] {
  const { read = [], write = [], put = [] } = permissionsOf(name)
  if (kind === 'read') return [...read, ...write, ...put]
  const granted = permissionsOf(name)[kind]
  if (granted === undefined) return []
  const rights = ladders[kind]
  return rights ? rights.slice(0, rights.indexOf(String(granted)) + 1) : [granted].flat()
}
