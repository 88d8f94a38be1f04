import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

const extra = { customerManagedPoliciesList: [{ Name: 'simulated-extra' }] }
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const boundary = 'arn:aws:iam::aws:policy/PowerUserAccess'
const inline = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }] }

/** Files for First-ps, each different from the others in one respect. */
const versions = {
  first: extra,
  more: { ...extra, managedPoliciesArnList: [readOnly] },
  less: {},
  session: { ...extra, sessionDurationInMinutes: 120 },
  tags: { ...extra, tags: [{ Key: 'team', Value: 'one' }] },
  boundary: { ...extra, permissionsBoundary: { ManagedPolicyArn: boundary } },
  inline: { ...extra, inlinePolicyDocument: inline },
  invalid: { ...extra, sessionDurationInMinutes: 5 },
} as const
export type Version = keyof typeof versions
const versionNames = ['first', 'more', 'less', 'session', 'tags', 'boundary', 'inline', 'invalid'] as const

export const ownedNames = ['First-ps', 'Late-ps'] as const
const consoleChanges = ['attach', 'detach', 'session', 'inline', 'delete'] as const

/** What becomes of the files of permission sets, and of those sets by other hands. */
export type PermissionSetAction =
  | { readonly do: 'upload a version of First-ps'; readonly version: Version }
  | { readonly do: 'upload a version of Late-ps'; readonly version: Version }
  | {
      readonly do: 'upload two versions of First-ps'
      readonly first: Version
      readonly second: Version
      readonly afterMs: number
    }
  | { readonly do: 'delete a permission set file'; readonly name: (typeof ownedNames)[number] }
  /** Found by the next drift check only. AWS refuses to delete what is assigned. */
  | { readonly do: 'change First-ps in the console'; readonly change: (typeof consoleChanges)[number] }

const version = fc.constantFrom<Version>(...versionNames)

export const permissionSetActions: readonly fc.WeightedArbitrary<PermissionSetAction>[] = [
  { weight: 3, arbitrary: fc.record({ do: fc.constant('upload a version of First-ps' as const), version }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('upload a version of Late-ps' as const), version }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('upload two versions of First-ps' as const),
      first: version,
      second: version,
      afterMs: fc.constantFrom(0, 30, 300, 900),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete a permission set file' as const),
      name: fc.constantFrom(...ownedNames),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('change First-ps in the console' as const),
      change: fc.constantFrom(...consoleChanges),
    }),
  },
]

export async function changePermissionSet(action: PermissionSetAction, world: SimulatedWorld): Promise<void> {
  switch (action.do) {
    case 'upload a version of First-ps':
      return upload('First-ps', action.version, world)
    case 'upload a version of Late-ps':
      return upload('Late-ps', action.version, world)
    case 'upload two versions of First-ps':
      upload('First-ps', action.first, world)
      await world.clock.advance(action.afterMs)
      return upload('First-ps', action.second, world)
    case 'delete a permission set file':
      return void world.objects.as('someone').delete(`permission_sets/${action.name}.json`)
    case 'change First-ps in the console':
      return changeInConsole(action.change, world)
    default:
      return action satisfies never
  }
}

function upload(name: (typeof ownedNames)[number], version: Version, { objects }: SimulatedWorld): void {
  const body = JSON.stringify({ permissionSetName: name, ...versions[version] })
  void objects.as('someone').put(`permission_sets/${name}.json`, body)
}

async function changeInConsole(change: (typeof consoleChanges)[number], world: SimulatedWorld): Promise<void> {
  const { ssoAdmin, names, checker } = world
  const arn = ssoAdmin.permissionSetArnOf('First-ps')
  if (!arn) return
  // The name stays known when the permission set is gone.
  names.permissionSet(arn)
  world.wasDrifted = true
  if (change === 'attach') await ssoAdmin.attachManagedPolicy(arn, 'arn:aws:iam::aws:policy/AdministratorAccess')
  if (change === 'detach') await ssoAdmin.detachCustomerManagedPolicy(arn, { Name: 'simulated-extra' })
  if (change === 'session') await ssoAdmin.updatePermissionSet(arn, { sessionDuration: 'PT12H' })
  if (change === 'inline') await ssoAdmin.putInlinePolicy(arn, '{"Version":"2012-10-17","Statement":[]}')
  if (change === 'delete') await ssoAdmin.deletePermissionSet(arn)
  checker.noteDesired()
}
