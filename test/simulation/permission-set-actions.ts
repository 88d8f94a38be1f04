import * as fc from 'fast-check'
import { doing, one } from './doing.ts'
import { firstPermissionSet, type SimulatedWorld } from './simulated-world.ts'

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
type Version = keyof typeof versions

export const ownedNames = ['First-ps', 'Late-ps'] as const
type OwnedName = (typeof ownedNames)[number]
const name = fc.constantFrom(...ownedNames)
const version = fc.constantFrom<Version[]>(
  ...(['first', 'more', 'less', 'session', 'tags', 'boundary', 'inline', 'invalid'] as const),
)
const change = fc.constantFrom('attach', 'detach', 'session', 'inline', 'delete')

export const fileActions = {
  'upload the permission set': doing(3, { name, valid: fc.boolean() }, ({ name, valid }, { objects }) => {
    const good = name === 'First-ps' ? firstPermissionSet : JSON.stringify({ permissionSetName: name })
    const body = valid || name === 'First-ps' ? good : '{"permissionSetName":'
    void objects.as('someone').put(`permission_sets/${name}.json`, body)
  }),
}

/** What becomes of the files of permission sets, and of those sets by other hands. */
export const permissionSetActions = {
  'upload a version of First-ps': doing(3, { version }, ({ version }, world) => upload('First-ps', version, world)),
  'upload a version of Late-ps': doing(1, { version }, ({ version }, world) => upload('Late-ps', version, world)),
  'upload two versions of First-ps': doing(
    1,
    { first: version, second: version, afterMs: one(0, 30, 300, 900) },
    async ({ first, second, afterMs }, world) => {
      upload('First-ps', first, world)
      await world.clock.advance(afterMs)
      upload('First-ps', second, world)
    },
  ),
  'delete a permission set file': doing(1, { name }, ({ name }, { objects }) => {
    void objects.as('someone').delete(`permission_sets/${name}.json`)
  }),
  /** Found by the next drift check only. AWS refuses to delete what is assigned. */
  'change First-ps in the console': doing(1, { change }, async ({ change }, world) => {
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
  }),
}

function upload(name: OwnedName, version: Version, { objects }: SimulatedWorld): void {
  const body = JSON.stringify({ permissionSetName: name, ...versions[version] })
  void objects.as('someone').put(`permission_sets/${name}.json`, body)
}
