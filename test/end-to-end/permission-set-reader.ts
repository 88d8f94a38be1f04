import type { LocalSystem } from './local-system.ts'

/** Everything that Identity Center has of a permission set, by the stock AWS CLI. */
export async function readBack(system: LocalSystem, name: string) {
  const instance = ['--instance-arn', await system.access.instanceArn()]
  const arn = await system.access.permissionSetArn(name)
  const read = async (command: string, ...about: string[]) =>
    JSON.parse((await system.cli(['sso-admin', command, ...instance, ...about, '--output', 'json'])) || '{}')
  const of = ['--permission-set-arn', arn]
  // The AWS CLI takes longer to start than to ask.
  const [{ PermissionSet }, { AttachedManagedPolicies }, { CustomerManagedPolicyReferences }, ...others] =
    await Promise.all([
      read('describe-permission-set', ...of),
      read('list-managed-policies-in-permission-set', ...of),
      read('list-customer-managed-policy-references-in-permission-set', ...of),
      read('get-inline-policy-for-permission-set', ...of),
      read('list-tags-for-resource', '--resource-arn', arn),
      read('get-permissions-boundary-for-permission-set', ...of).catch(() => ({})),
    ])
  const [{ InlinePolicy }, { Tags }, { PermissionsBoundary }] = others
  return {
    description: PermissionSet.Description,
    session: PermissionSet.SessionDuration,
    relayState: PermissionSet.RelayState,
    tags: Tags,
    managed: AttachedManagedPolicies.map(({ Arn }: { Arn: string }) => Arn).sort(),
    customerManaged: CustomerManagedPolicyReferences.map(
      ({ Path, Name }: { Path: string; Name: string }) => Path + Name,
    ).sort(),
    inline: InlinePolicy === '' ? undefined : JSON.parse(InlinePolicy),
    boundary: PermissionsBoundary,
  }
}

export type File = {
  description?: string
  sessionDurationInMinutes?: number | string
  relayState?: string
  tags?: object[]
  managedPoliciesArnList?: string[]
  customerManagedPoliciesList?: { Name: string; Path?: string }[]
  inlinePolicyDocument?: object | ''
  permissionsBoundary?: object
}

/** The same, as the file asks for it. */
export function askedFor(file: File) {
  const minutes = Number(file.sessionDurationInMinutes ?? 60)
  const inline = file.inlinePolicyDocument
  return {
    description: file.description,
    session: `PT${Math.floor(minutes / 60)}H${minutes % 60 === 0 ? '' : `${minutes % 60}M`}`,
    relayState: file.relayState,
    tags: file.tags ?? [],
    managed: [...(file.managedPoliciesArnList ?? [])].sort(),
    customerManaged: (file.customerManagedPoliciesList ?? []).map(({ Path = '/', Name }) => Path + Name).sort(),
    inline: inline === undefined || inline === '' || Object.keys(inline).length === 0 ? undefined : inline,
    boundary: file.permissionsBoundary,
  }
}
