import {
  GenerateCredentialReportCommand,
  GetAccessKeyLastUsedCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  GetCredentialReportCommand,
  type IAMClient,
  ListAccessKeysCommand,
  ListOrganizationsFeaturesCommand,
} from '@aws-sdk/client-iam'
import * as z from 'zod'
import type { AuditedAccount } from '../ports/auditor.ts'
import { unlessCode } from '../ports/service-error.ts'
import { parseAnswer } from './answers.ts'
import { encodedText, iamAnswer, itemsMost } from './iam-answers.ts'

type Credentials = Pick<
  AuditedAccount,
  | 'generateCredentialReport'
  | 'credentialReport'
  | 'listAccessKeys'
  | 'accessKeyLastUsed'
  | 'listRoles'
  | 'passwordPolicy'
  | 'hasRootPassword'
  | 'hasCentralRootCredentials'
>

const state = z.enum(['STARTED', 'INPROGRESS', 'COMPLETE'])
const key = z.object({ AccessKeyId: z.string(), Status: z.string(), CreateDate: z.date() })
const role = z.object({
  RoleName: z.string(),
  Path: z.string(),
  CreateDate: z.date(),
  AssumeRolePolicyDocument: encodedText,
  RoleLastUsed: z.object({ LastUsedDate: z.date().optional() }).optional(),
})
const iam = 'iam'

/** The credentials in the client's account, by IAM. Reads only; tries each call once. */
export function auditedCredentials(client: IAMClient): Credentials {
  return {
    async generateCredentialReport() {
      const { State } = await iamAnswer(client.send(new GenerateCredentialReportCommand({})))
      return parseAnswer({ service: iam, member: 'State' }, state, State)
    },
    async credentialReport() {
      const { Content, GeneratedTime } = await iamAnswer(client.send(new GetCredentialReportCommand({})))
      const madeAt = parseAnswer({ service: iam, member: 'GeneratedTime' }, z.date(), GeneratedTime)
      return { madeAt, content: new TextDecoder().decode(Content) }
    },
    async listAccessKeys(UserName, Marker) {
      const answer = await iamAnswer(client.send(new ListAccessKeysCommand({ UserName, Marker, MaxItems: itemsMost })))
      const keys = parseAnswer({ service: iam, member: 'AccessKeyMetadata' }, z.array(key), answer.AccessKeyMetadata)
      const items = keys.map(({ AccessKeyId, Status, CreateDate }) => ({
        id: AccessKeyId,
        isActive: Status === 'Active',
        madeAt: CreateDate,
      }))
      return { items, nextToken: answer.IsTruncated ? answer.Marker : undefined }
    },
    async accessKeyLastUsed(AccessKeyId) {
      const { AccessKeyLastUsed } = await iamAnswer(client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })))
      // For a key without any use, Region and service are "N/A". (IAM API Reference, "AccessKeyLastUsed".)
      const { LastUsedDate, ServiceName, Region } = AccessKeyLastUsed ?? {}
      if (LastUsedDate === undefined) return {}
      return { lastUsedAt: LastUsedDate, service: ServiceName, region: Region }
    },
    async listRoles(Marker) {
      const input = { Filter: ['Role' as const], Marker, MaxItems: itemsMost }
      const answer = await iamAnswer(client.send(new GetAccountAuthorizationDetailsCommand(input)))
      const roles = parseAnswer({ service: iam, member: 'RoleDetailList' }, z.array(role), answer.RoleDetailList ?? [])
      const items = roles.map(({ RoleName, Path, CreateDate, AssumeRolePolicyDocument, RoleLastUsed }) => ({
        name: RoleName,
        path: Path,
        madeAt: CreateDate,
        lastUsedAt: RoleLastUsed?.LastUsedDate,
        trust: AssumeRolePolicyDocument,
      }))
      return { items, nextToken: answer.IsTruncated ? answer.Marker : undefined }
    },
    async passwordPolicy() {
      const call = iamAnswer(client.send(new GetAccountPasswordPolicyCommand({})))
      const policy = (await unlessCode(call, 'NoSuchEntity'))?.PasswordPolicy
      if (policy === undefined) return undefined
      const { RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters } = policy
      return {
        minimumLength: policy.MinimumPasswordLength ?? 0,
        isMixed: [RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters].every(
          Boolean,
        ),
        reusePrevention: policy.PasswordReusePrevention ?? 0,
        maxAgeDays: policy.ExpirePasswords ? policy.MaxPasswordAge : undefined,
      }
    },
    async hasRootPassword() {
      const { SummaryMap } = await iamAnswer(client.send(new GetAccountSummaryCommand({})))
      const present = SummaryMap?.AccountPasswordPresent
      return present === undefined ? undefined : present > 0
    },
    async hasCentralRootCredentials() {
      const { EnabledFeatures = [] } = await iamAnswer(client.send(new ListOrganizationsFeaturesCommand({})))
      return EnabledFeatures.includes('RootCredentialsManagement')
    },
  }
}
