import {
  GenerateServiceLastAccessedDetailsCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetServiceLastAccessedDetailsCommand,
} from '@aws-sdk/client-iam'
import * as z from 'zod'
import { referenceKey } from '../domain/permission-sets/permission-set-changes.ts'
import type { AuditedAccount, Auditor, LastAccessedPage } from '../ports/auditor.ts'
import { parseAnswer } from './answers.ts'
import { type EnteredAccount, openRoles } from './assume-role-in-account.ts'
import { auditedCredentials } from './aws-audited-credentials.ts'
import type { AwsPortsOptions } from './aws-ports.ts'
import { unusedAccess } from './aws-unused-access.ts'
import { encodedText, iamAnswer, itemsMost } from './iam-answers.ts'
import { listPermissionSetRoles } from './list-permission-set-roles.ts'

const text = z.string().min(1)
/**
 * "This field is null if there no tracked actions or if the principal did not use the tracked actions." (IAM API Reference,
 * "ServiceLastAccessed", TrackedActionsLastAccessed.)
 */
const serviceUse = z
  .object({
    ServiceName: z.string(),
    ServiceNamespace: z.string(),
    LastAuthenticated: z.date().optional(),
    TrackedActionsLastAccessed: z
      .array(z.object({ ActionName: z.string(), LastAccessedTime: z.date().optional() }))
      .default([]),
  })
  .transform(({ ServiceName: name, ServiceNamespace: namespace, LastAuthenticated: lastUsedAt, ...more }) => ({
    name,
    namespace,
    lastUsedAt,
    actions: more.TrackedActionsLastAccessed.map((one) => ({ name: one.ActionName, lastUsedAt: one.LastAccessedTime })),
  }))

/** The auditor over the SDK; tries each call once. */
export function openAwsAuditor(endpoint?: AwsPortsOptions['endpoint']): Auditor {
  const enter = openRoles(endpoint)
  return { enter: async (account, roleName) => auditedAccount(await enter(account, roleName)) }
}

function auditedAccount(account: EnteredAccount): AuditedAccount {
  const { ownArn, iam } = account
  return {
    listPermissionSetRoles: (nextToken) => listPermissionSetRoles(iam, nextToken),
    async generateServiceLastAccessedDetails(Arn, Granularity = 'SERVICE_LEVEL') {
      const call = iam.send(new GenerateServiceLastAccessedDetailsCommand({ Arn, Granularity }))
      return parseAnswer({ service: 'iam', member: 'JobId' }, text, (await iamAnswer(call)).JobId)
    },
    async roleLastUsedAt(RoleName) {
      const { Role } = await iamAnswer(iam.send(new GetRoleCommand({ RoleName })))
      return Role?.RoleLastUsed?.LastUsedDate
    },
    async getServiceLastAccessedDetails(JobId, nextToken): Promise<LastAccessedPage> {
      const input = { JobId, Marker: nextToken, MaxItems: itemsMost }
      const output = await iamAnswer(iam.send(new GetServiceLastAccessedDetailsCommand(input)))
      if (output.JobStatus === 'IN_PROGRESS') return { status: 'IN_PROGRESS' }
      if (output.JobStatus !== 'COMPLETED')
        return { status: 'FAILED', reason: output.Error?.Message ?? `the job is ${output.JobStatus}` }
      const member = { service: 'iam', member: 'ServicesLastAccessed' } as const
      const services = parseAnswer(member, z.array(serviceUse), output.ServicesLastAccessed ?? [])
      return { status: 'COMPLETED', services, nextToken: output.IsTruncated ? output.Marker : undefined }
    },
    async policyDocument(policy) {
      const PolicyArn = typeof policy === 'string' ? policy : `${ownArn}:policy${referenceKey(policy)}`
      const { Policy } = await iamAnswer(iam.send(new GetPolicyCommand({ PolicyArn })))
      const VersionId = parseAnswer({ service: 'iam', member: 'DefaultVersionId' }, text, Policy?.DefaultVersionId)
      const call = iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))
      const { PolicyVersion } = await iamAnswer(call)
      return parseAnswer({ service: 'iam', member: 'Document' }, encodedText, PolicyVersion?.Document)
    },
    ...auditedCredentials(iam),
    ...unusedAccess(account),
  }
}
