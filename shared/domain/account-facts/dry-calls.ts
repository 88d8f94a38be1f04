/**
 * A call that proves a permission and changes nothing: a dry run of EC2, a read, or a change of something that does not exist or stays the
 * same. `action`: its name in policies. `on`: the resource, in the account of the role.
 */
export type DryCall = { readonly action: string; readonly on: (account: string, role: string) => string }

/** The name of a user, rule, trail and tag that do not exist. */
export const drillOfNothing = 'break-glass-drill-of-nothing'
export const drillVolume = 'vol-00000000000000000'
export const drillInstance = 'i-00000000000000000'

const everything = () => '*'

export const dryCalls = {
  'read-trail': { action: 'cloudtrail:LookupEvents', on: everything },
  'list-roles': { action: 'iam:ListRoles', on: (account) => `arn:aws:iam::${account}:role/` },
  'read-organization': { action: 'organizations:DescribeOrganization', on: everything },
  'describe-instances': { action: 'ec2:DescribeInstances', on: everything },
  'create-snapshot': {
    action: 'ec2:CreateSnapshot',
    on: (account) => `arn:aws:ec2:us-east-1:${account}:volume/${drillVolume}`,
  },
  'stop-instance': {
    action: 'ec2:StopInstances',
    on: (account) => `arn:aws:ec2:us-east-1:${account}:instance/${drillInstance}`,
  },
  'delete-user': { action: 'iam:DeleteUser', on: (account) => `arn:aws:iam::${account}:user/${drillOfNothing}` },
  'widen-own-role': { action: 'iam:UntagRole', on: (account, role) => `arn:aws:iam::${account}:role/${role}` },
  'switch-off-alarms': {
    action: 'events:DisableRule',
    on: (account) => `arn:aws:events:us-east-1:${account}:rule/${drillOfNothing}`,
  },
  'stop-trail': {
    action: 'cloudtrail:StopLogging',
    on: (account) => `arn:aws:cloudtrail:us-east-1:${account}:trail/${drillOfNothing}`,
  },
} as const satisfies Readonly<Record<string, DryCall>>

export type DryCallName = keyof typeof dryCalls
export const dryCallNames = Object.keys(dryCalls) as [DryCallName, ...DryCallName[]]

/** `allowed` and `refused` are proven. A text in `unclear` says which other answer came. */
export type DryOutcome = 'allowed' | 'refused' | { readonly unclear: string }
