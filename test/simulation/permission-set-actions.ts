import { disturbing } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { policyOfFirst } from './small-world.ts'

export const ownedNames = ['First-ps', 'Late-ps'] as const

const extra = { customerManagedPoliciesList: [{ Name: policyOfFirst }] }
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const boundary = 'arn:aws:iam::aws:policy/PowerUserAccess'
const inline = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }] }

const denied = { Effect: 'Deny', Action: 's3:DeleteBucket', Resource: '*' }

/** Versions of a file. Each differs from the first in one respect. */
const versions = {
  first: extra,
  more: { ...extra, managedPoliciesArnList: [readOnly] },
  less: {},
  session: { ...extra, sessionDurationInMinutes: 120 },
  tags: { ...extra, tags: [{ Key: 'team', Value: 'one' }] },
  boundary: { ...extra, permissionsBoundary: { ManagedPolicyArn: boundary } },
  inline: { ...extra, inlinePolicyDocument: inline },
  denies: { ...extra, inlinePolicyDocument: { ...inline, Statement: [...inline.Statement, denied] } },
  invalid: { ...extra, sessionDurationInMinutes: 5 },
} as const

export const versionNames = Object.keys(versions) as (keyof typeof versions)[]

type Name = { readonly name: (typeof ownedNames)[number] }
type Version = { readonly version: keyof typeof versions }
type Change = { readonly change: 'attach' | 'detach' | 'session' | 'inline' | 'delete' }

/** Changes of permission set files, and of permission sets by other people. */
export const permissionSetActions = {
  'upload a permission set': ({ objects }: SimulatedWorld, { name, version }: Name & Version) =>
    objects.as('someone').put(`permission_sets/${name}.json`, renderPermissionSet(name, version)),
  'delete a permission set file': ({ objects }: SimulatedWorld, { name }: Name) =>
    objects.as('someone').delete(`permission_sets/${name}.json`),
  /** Only the next drift check finds it. AWS refuses to delete an assigned permission set. */
  'change First-ps in the console': disturbing(async (world, { change }: Change) => {
    const { ssoAdmin, names, checker } = world
    const arn = ssoAdmin.permissionSetArnOf('First-ps')
    if (!arn) return
    // Remember the name after the permission set is gone.
    names.permissionSet(arn)
    world.wasDrifted = true
    if (change === 'attach') await ssoAdmin.attachManagedPolicy(arn, 'arn:aws:iam::aws:policy/AdministratorAccess')
    if (change === 'detach') await ssoAdmin.detachCustomerManagedPolicy(arn, { Name: policyOfFirst })
    if (change === 'session') await ssoAdmin.updatePermissionSet(arn, { sessionDuration: 'PT12H' })
    if (change === 'inline') await ssoAdmin.putInlinePolicy(arn, JSON.stringify(inline))
    if (change === 'delete') await ssoAdmin.deletePermissionSet(arn)
    checker.noteDesired()
  }),
}

export function renderPermissionSet(name: string, version: keyof typeof versions): string {
  return JSON.stringify({ permissionSetName: name, ...versions[version] })
}
