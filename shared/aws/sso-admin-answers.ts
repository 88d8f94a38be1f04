import type {
  AccountAssignment,
  AccountAssignmentOperationStatus,
  AccountAssignmentOperationStatusMetadata,
  AttachedManagedPolicy,
  CustomerManagedPolicyReference,
  DescribeInstanceAccessControlAttributeConfigurationResponse,
  InstanceMetadata,
  PermissionSet,
  PermissionSetProvisioningStatus,
  Application as SdkApplication,
  PermissionsBoundary as SdkPermissionsBoundary,
  Tag as SdkTag,
} from '@aws-sdk/client-sso-admin'
import * as z from 'zod'
import {
  type AttributeConfiguration,
  attributeKey,
  attributeSource,
  sortAttributes,
} from '../domain/attributes/attributes-file.ts'
import { type AccountId, accountId } from '../domain/organization/account-id.ts'
import type { CustomerManagedPolicy, PermissionsBoundary, Tag } from '../domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, permissionSetArn, principalId } from '../domain/principals/identity-center-ids.ts'
import { principalType } from '../domain/principals/principal.ts'
import { ServiceError } from '../ports/service-error.ts'
import type {
  Application,
  AssignmentRequest,
  AssignmentTarget,
  PermissionSetAttributes,
  Principal,
  Provisioning,
  RequestSummary,
} from '../ports/sso-admin.ts'
import { parseAnswer } from './answers.ts'

// Converts SSO Admin's answers to domain values. In the SDK's types every member may be absent.

const text = z.string().min(1)
const state = z.enum(['IN_PROGRESS', 'FAILED', 'SUCCEEDED'])

function parse<S extends z.ZodType>(member: string, schema: S, value: unknown): z.output<S> {
  return parseAnswer({ service: 'sso-admin', member }, schema, value)
}

export function parseInstance({ InstanceArn, IdentityStoreId }: InstanceMetadata) {
  return {
    instanceArn: parse('InstanceArn', text, InstanceArn),
    identityStoreId: parse('IdentityStoreId', text, IdentityStoreId),
  }
}

const attributeStatus = z.enum(['ENABLED', 'CREATION_IN_PROGRESS', 'CREATION_FAILED'])

export function parseAttributeConfiguration({
  Status,
  StatusReason,
  InstanceAccessControlAttributeConfiguration: configured,
}: DescribeInstanceAccessControlAttributeConfigurationResponse): AttributeConfiguration {
  const attributes = (configured?.AccessControlAttributes ?? []).map(({ Key, Value }) => ({
    key: parse('Key', attributeKey, Key),
    source: parse('Source', attributeSource, Value?.Source?.[0]),
  }))
  return {
    status: parse('Status', attributeStatus, Status),
    reason: StatusReason || undefined,
    attributes: sortAttributes(attributes),
  }
}

export function parsePermissionSetArn(value: string | undefined): PermissionSetArn {
  return parse('PermissionSetArn', permissionSetArn, value)
}

export function parseApplication({ ApplicationArn, Name, ApplicationAccount, Status }: SdkApplication): Application {
  const arn = parse('ApplicationArn', text, ApplicationArn)
  return {
    arn,
    name: Name ?? arn,
    account: ApplicationAccount ?? arn.split(':')[4] ?? '',
    isEnabled: Status !== 'DISABLED',
  }
}

export function parsePrincipal({ PrincipalId, PrincipalType }: AccountAssignment): Principal {
  return {
    principalId: parse('PrincipalId', principalId, PrincipalId),
    principalType: parse('PrincipalType', principalType, PrincipalType),
  }
}

export function parseAccountId(value: string | undefined): AccountId {
  return parse('AccountId', accountId, value)
}

/** A row of ListAccountAssignmentsForPrincipal (the SDK's AccountAssignmentForPrincipal has the same members). */
export function parseAssignmentTarget(row: AccountAssignment): AssignmentTarget {
  return {
    accountId: parseAccountId(row.AccountId),
    permissionSetArn: parsePermissionSetArn(row.PermissionSetArn),
    ...parsePrincipal(row),
  }
}

export function parseRequestSummary(metadata: AccountAssignmentOperationStatusMetadata): RequestSummary {
  const { RequestId, Status, CreatedDate } = metadata
  return {
    requestId: parse('RequestId', text, RequestId),
    state: parse('Status', state, Status),
    createdAt: CreatedDate,
  }
}

export function parseAssignmentRequest(status: AccountAssignmentOperationStatus): AssignmentRequest {
  const { FailureReason, TargetId, PermissionSetArn } = status
  return {
    ...parseRequestSummary(status),
    failureReason: FailureReason,
    target: {
      accountId: parse('TargetId', accountId, TargetId),
      permissionSetArn: parsePermissionSetArn(PermissionSetArn),
      ...parsePrincipal(status),
    },
  }
}

export function parsePermissionSet(permissionSet: PermissionSet | undefined): PermissionSetAttributes {
  const { Name, PermissionSetArn, Description, CreatedDate, SessionDuration, RelayState } = permissionSet ?? {}
  return {
    arn: parsePermissionSetArn(PermissionSetArn),
    name: parse('Name', permissionSetName, Name),
    sessionDuration: parse('SessionDuration', text, SessionDuration),
    createdAt: parse('CreatedDate', z.date(), CreatedDate),
    description: Description,
    relayState: RelayState,
  }
}

export function parseProvisioning(status: PermissionSetProvisioningStatus): Provisioning {
  const { FailureReason, AccountId: id, PermissionSetArn } = status
  return {
    ...parseRequestSummary(status),
    permissionSetArn: parsePermissionSetArn(PermissionSetArn),
    accountId: id === undefined ? undefined : parseAccountId(id),
    failureReason: FailureReason,
  }
}

export function parseTag({ Key, Value }: SdkTag): Tag {
  return { Key: parse('Key', text, Key), Value: parse('Value', z.string(), Value) }
}

export function parseManagedPolicyArn({ Arn }: AttachedManagedPolicy): string {
  return parse('Arn', text, Arn)
}

export function parseCustomerManagedPolicy({ Name, Path }: CustomerManagedPolicyReference): CustomerManagedPolicy {
  return { Name: parse('Name', text, Name), Path }
}

export function parseBoundary(boundary: SdkPermissionsBoundary | undefined): PermissionsBoundary {
  const { ManagedPolicyArn, CustomerManagedPolicyReference } = boundary ?? {}
  if (ManagedPolicyArn !== undefined) return { ManagedPolicyArn }
  if (CustomerManagedPolicyReference !== undefined)
    return { CustomerManagedPolicyReference: parseCustomerManagedPolicy(CustomerManagedPolicyReference) }
  throw new ServiceError('sso-admin', 'NoAnswer', 'sso-admin answered an empty PermissionsBoundary')
}
