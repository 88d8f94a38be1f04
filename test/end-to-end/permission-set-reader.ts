import {
  DescribePermissionSetCommand,
  GetInlinePolicyForPermissionSetCommand,
  GetPermissionsBoundaryForPermissionSetCommand,
  ListCustomerManagedPolicyReferencesInPermissionSetCommand,
  ListManagedPoliciesInPermissionSetCommand,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-sso-admin'
import type { LocalSystem } from './local-system.ts'

/** Everything that Identity Center has of a permission set. */
export async function readBack({ access, ssoAdmin }: LocalSystem, name: string) {
  const InstanceArn = await access.instanceArn()
  const PermissionSetArn = await access.permissionSetArn(name)
  const of = { InstanceArn, PermissionSetArn }
  const boundary = ssoAdmin.send(new GetPermissionsBoundaryForPermissionSetCommand(of)).catch((error: unknown) => {
    if (error instanceof ResourceNotFoundException) return { PermissionsBoundary: undefined }
    throw error
  })
  const [{ PermissionSet }, { AttachedManagedPolicies = [] }, { CustomerManagedPolicyReferences = [] }, ...others] =
    await Promise.all([
      ssoAdmin.send(new DescribePermissionSetCommand(of)),
      ssoAdmin.send(new ListManagedPoliciesInPermissionSetCommand(of)),
      ssoAdmin.send(new ListCustomerManagedPolicyReferencesInPermissionSetCommand(of)),
      ssoAdmin.send(new GetInlinePolicyForPermissionSetCommand(of)),
      ssoAdmin.send(new ListTagsForResourceCommand({ InstanceArn, ResourceArn: PermissionSetArn })),
      boundary,
    ])
  const [{ InlinePolicy }, { Tags }, { PermissionsBoundary }] = others
  return {
    description: PermissionSet?.Description,
    session: PermissionSet?.SessionDuration,
    relayState: PermissionSet?.RelayState,
    tags: Tags,
    managed: AttachedManagedPolicies.map(({ Arn = '' }) => Arn).sort(),
    customerManaged: CustomerManagedPolicyReferences.map(({ Path, Name }) => `${Path}${Name}`).sort(),
    inline: InlinePolicy ? JSON.parse(InlinePolicy) : undefined,
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
