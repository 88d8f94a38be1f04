import type { ServiceUse } from '../../../shared/domain/iam-policies/set-usage.ts'
import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import type { IamPolicy } from '../../../shared/memory/iam/aws-managed-policies.ts'
import type { MemoryCredentials } from '../../../shared/memory/iam/memory-credentials.ts'
import type { IamRole, MemoryIam } from '../../../shared/memory/iam/memory-iam.ts'
import type { Page } from '../../../shared/ports/page.ts'
import { type XmlMembers, xmlMap } from '../s3/xml-text.ts'
import type { QueryCaller, QueryOperation } from './query-operation.ts'

/** IAM API Reference: for the account of the credentials. */
export function iamOperations(iam: MemoryIam): Readonly<Record<string, QueryOperation>> {
  return {
    ListRoles({ PathPrefix = '/', Marker }, caller) {
      const page = iam.listRoles(accountOf(caller), PathPrefix, Marker)
      return { Roles: { member: page.items.map(describeRole) }, ...endOf(page) }
    },
    GetRole({ RoleName = '' }, caller) {
      const role = iam.getRole(accountOf(caller), RoleName)
      return { Role: { ...describeRole(role), RoleLastUsed: { LastUsedDate: role.lastUsedAt } } }
    },
    GetPolicy({ PolicyArn = '' }, caller) {
      return { Policy: describePolicy(PolicyArn, iam.getPolicy(accountOf(caller), PolicyArn)) }
    },
    GetPolicyVersion({ PolicyArn = '', VersionId = '' }, caller) {
      const { version, document, madeAt } = iam.getPolicyVersion(accountOf(caller), PolicyArn, VersionId)
      const Document = encodeURIComponent(document)
      return { PolicyVersion: { Document, VersionId: version, IsDefaultVersion: true, CreateDate: madeAt } }
    },
    GenerateServiceLastAccessedDetails({ Arn = '', Granularity }, caller) {
      const granularity = Granularity === 'ACTION_LEVEL' ? 'ACTION_LEVEL' : 'SERVICE_LEVEL'
      return { JobId: iam.generateServiceLastAccessedDetails(accountOf(caller), Arn, granularity) }
    },
    GetServiceLastAccessedDetails({ JobId = '', Marker }, caller) {
      const account = accountOf(caller)
      const { status, granularity, createdAt, completedAt, page } = iam.getServiceLastAccessedDetails(
        account,
        JobId,
        Marker,
      )
      return {
        JobStatus: status,
        JobType: granularity,
        JobCreationDate: createdAt,
        JobCompletionDate: status === 'COMPLETED' ? completedAt : undefined,
        ServicesLastAccessed: { member: page.items.map(describeService) },
        ...endOf(page),
      }
    },
    ListOrganizationsFeatures: (_, caller) => ({
      EnabledFeatures: { member: iam.organizationsFeatures(accountOf(caller)) },
    }),
    ...credentialOperations(iam.credentials),
    ...retiringOperations(iam),
  }
}

function credentialOperations(model: MemoryCredentials): Readonly<Record<string, QueryOperation>> {
  return {
    GenerateCredentialReport: (_, caller) => ({ State: model.generateCredentialReport(accountOf(caller)) }),
    GetCredentialReport(_, caller) {
      const { content, madeAt } = model.credentialReport(accountOf(caller))
      const Content = Buffer.from(content).toString('base64')
      return { Content, ReportFormat: 'text/csv', GeneratedTime: madeAt }
    },
    ListAccessKeys({ UserName = '', Marker }, caller) {
      const page = model.listAccessKeys(accountOf(caller), UserName, Marker)
      const member = page.items.map(({ id, isActive, madeAt }) => ({
        UserName,
        AccessKeyId: id,
        Status: isActive ? 'Active' : 'Inactive',
        CreateDate: madeAt,
      }))
      return { AccessKeyMetadata: { member }, ...endOf(page) }
    },
    GetAccessKeyLastUsed({ AccessKeyId = '' }, caller) {
      const { lastUsedAt, service = 'N/A', region = 'N/A' } = model.accessKeyLastUsed(accountOf(caller), AccessKeyId)
      return {
        UserName: model.userNameOf(accountOf(caller), AccessKeyId),
        AccessKeyLastUsed: { LastUsedDate: lastUsedAt, ServiceName: service, Region: region },
      }
    },
    GetAccountAuthorizationDetails({ Marker }, caller) {
      const page = model.listRoles(accountOf(caller), Marker)
      const member = page.items.map(({ name, path, madeAt, lastUsedAt, trust }) => ({
        Path: path,
        RoleName: name,
        CreateDate: madeAt,
        AssumeRolePolicyDocument: encodeURIComponent(trust),
        RoleLastUsed: { LastUsedDate: lastUsedAt },
      }))
      return { RoleDetailList: { member }, ...endOf(page) }
    },
    GetAccountPasswordPolicy(_, caller) {
      const { minimumLength, isMixed, reusePrevention, maxAgeDays } = model.accountPasswordPolicy(accountOf(caller))
      return {
        PasswordPolicy: {
          MinimumPasswordLength: minimumLength,
          RequireSymbols: isMixed,
          RequireNumbers: isMixed,
          RequireUppercaseCharacters: isMixed,
          RequireLowercaseCharacters: isMixed,
          PasswordReusePrevention: reusePrevention === 0 ? undefined : reusePrevention,
          ExpirePasswords: maxAgeDays !== undefined,
          MaxPasswordAge: maxAgeDays,
        },
      }
    },
    GetAccountSummary: (_, caller) => ({ SummaryMap: xmlMap(model.accountSummary(accountOf(caller))) }),
  }
}

/** Operations that only the role for retiring credentials may use. */
function retiringOperations(iam: MemoryIam): Readonly<Record<string, QueryOperation>> {
  const { credentials } = iam
  const change =
    (operation: string, make: (account: AccountId, input: Readonly<Record<string, string>>) => void): QueryOperation =>
    (input, caller) => {
      iam.checkMayRetire(caller.accessKeyId, operation)
      make(accountOf(caller), input)
      return {}
    }
  return {
    GetUser({ UserName = '' }, caller) {
      const { madeAt, passwordLastUsedAt } = credentials.user(accountOf(caller), UserName)
      return { User: { UserName, CreateDate: madeAt, PasswordLastUsed: passwordLastUsedAt } }
    },
    GetLoginProfile({ UserName = '' }, caller) {
      const { madeAt } = credentials.password(accountOf(caller), UserName)
      return { LoginProfile: { UserName, CreateDate: madeAt } }
    },
    UpdateAccessKey: change('UpdateAccessKey', (account, { UserName = '', AccessKeyId: id = '', Status }) =>
      credentials.updateAccessKey(account, UserName, { id, isActive: Status === 'Active' }),
    ),
    DeleteAccessKey: change('DeleteAccessKey', (account, { UserName = '', AccessKeyId = '' }) =>
      credentials.deleteAccessKey(account, UserName, AccessKeyId),
    ),
    DeleteLoginProfile: change('DeleteLoginProfile', (account, { UserName = '' }) =>
      credentials.deletePassword(account, UserName),
    ),
    DeleteUser: change('DeleteUser', (account, { UserName = '' }) => credentials.deleteUser(account, UserName)),
  }
}

function accountOf({ account }: QueryCaller) {
  return accountId.parse(account)
}

function describeRole({ arn, name, path, createdAt }: IamRole): XmlMembers {
  const RoleId = `AROA${name.slice(-16).toUpperCase()}`
  return { Path: path, RoleName: name, RoleId, Arn: arn, CreateDate: createdAt }
}

function describePolicy(arn: string, { version, madeAt }: IamPolicy): XmlMembers {
  const [path = '', name = ''] = arn.split(/^arn:[^:]*:iam::[^:]*:policy(\/.*\/|\/)/).slice(1)
  return {
    PolicyName: name,
    Arn: arn,
    Path: path,
    DefaultVersionId: version,
    IsAttachable: true,
    CreateDate: madeAt,
    UpdateDate: madeAt,
  }
}

function describeService({ name, namespace, lastUsedAt, actions }: ServiceUse): XmlMembers {
  const member = actions.map((one) => ({ ActionName: one.name, LastAccessedTime: one.lastUsedAt }))
  return {
    ServiceName: name,
    ServiceNamespace: namespace,
    LastAuthenticated: lastUsedAt,
    TotalAuthenticatedEntities: lastUsedAt === undefined ? 0 : 1,
    TrackedActionsLastAccessed: member.length === 0 ? undefined : { member },
  }
}

function endOf({ nextToken }: Page<unknown>): XmlMembers {
  return { IsTruncated: nextToken !== undefined, Marker: nextToken }
}
