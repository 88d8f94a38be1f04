import {
  GenerateServiceLastAccessedDetailsCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetServiceLastAccessedDetailsCommand,
  IAMClient,
  ListRolesCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { partitionOf } from '../domain/deployment/environment.ts'
import { referenceKey } from '../domain/permission-sets/permission-set-changes.ts'
import { permissionSetRolePath } from '../domain/permission-sets/permission-set-role.ts'
import type { AuditedAccount, Auditor, LastAccessedPage } from '../ports/auditor.ts'
import { ServiceError } from '../ports/service-error.ts'
import { answerOf, parseAnswer, toServiceError } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

/** The least. (STS API Reference, "AssumeRole".) One account takes less. */
const sessionSeconds = 900
/** As many as IAM gives at once. (IAM API Reference, "GetServiceLastAccessedDetails".) */
const itemsMost = 1_000

const text = z.string().min(1)
const credentialsSchema = z.object({ AccessKeyId: text, SecretAccessKey: text, SessionToken: text })

/** "URL-encoded compliant with RFC 3986". (IAM API Reference, "GetPolicyVersion".) */
const encodedText = text.transform((encoded, context) => {
  try {
    return decodeURIComponent(encoded)
  } catch {
    context.addIssue('it is not URL-encoded')
    return z.NEVER
  }
})

/** The auditor over the SDK; each call is tried once. */
export function openAwsAuditor(endpoint?: AwsPortsOptions['endpoint']): Auditor {
  const settings = clientSettings(endpoint)
  const sts = new STSClient(settings)
  return {
    async enter(account, roleName) {
      const region = await sts.config.region()
      const ownArn = `arn:${partitionOf(region)}:iam::${account}`
      const RoleArn = `${ownArn}:role/${roleName}`
      const input = { RoleArn, RoleSessionName: 'ssofile', DurationSeconds: sessionSeconds }
      const { Credentials } = await answerOf('sts', sts.send(new AssumeRoleCommand(input)))
      const member = { service: 'sts', member: 'Credentials' } as const
      const { AccessKeyId, SecretAccessKey, SessionToken } = parseAnswer(member, credentialsSchema, Credentials)
      return auditedAccount(
        ownArn,
        new IAMClient({
          ...settings,
          region,
          // The connections of all accounts are to the same service.
          requestHandler: sts.config.requestHandler,
          credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
        }),
      )
    },
  }
}

/** The IAM of the account that the client's credentials are of. `ownArn`: how the ARNs of what is in it begin. */
function auditedAccount(ownArn: string, iam: IAMClient): AuditedAccount {
  return {
    async listPermissionSetRoles(nextToken) {
      const input = { PathPrefix: permissionSetRolePath, Marker: nextToken, MaxItems: itemsMost }
      const { Roles = [], Marker } = await iamAnswer(iam.send(new ListRolesCommand(input)))
      const items = Roles.flatMap(({ Arn: arn, RoleName: name, CreateDate: createdAt }) =>
        arn === undefined || name === undefined || createdAt === undefined ? [] : [{ arn, name, createdAt }],
      )
      return { items, nextToken: Marker }
    },
    async generateServiceLastAccessedDetails(Arn) {
      const call = iam.send(new GenerateServiceLastAccessedDetailsCommand({ Arn, Granularity: 'SERVICE_LEVEL' }))
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
      const uses = (output.ServicesLastAccessed ?? []).flatMap(({ LastAuthenticated }) => LastAuthenticated ?? [])
      const lastUsedAt = uses.length === 0 ? undefined : new Date(Math.max(...uses.map(Number)))
      return { status: 'COMPLETED', lastUsedAt, nextToken: output.IsTruncated ? output.Marker : undefined }
    },
    async policyDocument(policy) {
      const PolicyArn = typeof policy === 'string' ? policy : `${ownArn}:policy${referenceKey(policy)}`
      const { Policy } = await iamAnswer(iam.send(new GetPolicyCommand({ PolicyArn })))
      const VersionId = parseAnswer({ service: 'iam', member: 'DefaultVersionId' }, text, Policy?.DefaultVersionId)
      const call = iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))
      const { PolicyVersion } = await iamAnswer(call)
      return parseAnswer({ service: 'iam', member: 'Document' }, encodedText, PolicyVersion?.Document)
    },
  }
}

/** The SDK calls what has `NoSuchEntity` on the wire a NoSuchEntityException. */
async function iamAnswer<O>(call: Promise<O>): Promise<O> {
  return answerOf('iam', call).catch((error: unknown) => {
    const { code, message, requestId, httpStatus } = toServiceError('iam', error)
    const wireCode = code.replace(/^(NoSuchEntity)Exception$/, '$1')
    throw new ServiceError('iam', wireCode, message, { cause: error, requestId, httpStatus })
  })
}
