import type { ServiceUse } from '../../../shared/domain/iam-policies/set-usage.ts'
import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import type { IamPolicy } from '../../../shared/memory/iam/aws-managed-policies.ts'
import type { MemoryCredentials } from '../../../shared/memory/iam/memory-credentials.ts'
import type { IamRole, MemoryIam } from '../../../shared/memory/iam/memory-iam.ts'
import type { Page } from '../../../shared/ports/page.ts'
import { xmlElement } from '../s3/xml-text.ts'
import type { QueryCaller, QueryOperation } from './query-operation.ts'

/** IAM API Reference: for the account of the credentials. */
export function iamOperations(iam: MemoryIam): Readonly<Record<string, QueryOperation>> {
  return {
    ListRoles({ PathPrefix = '/', Marker }, caller) {
      const page = iam.listRoles(accountOf(caller), PathPrefix, Marker)
      return `<Roles>${page.items.map((role) => `<member>${renderRole(role)}</member>`).join('')}</Roles>${renderEnd(page)}`
    },
    GetRole({ RoleName = '' }, caller) {
      const role = iam.getRole(accountOf(caller), RoleName)
      const lastUsed = role.lastUsedAt === undefined ? '' : xmlElement('LastUsedDate', role.lastUsedAt.toISOString())
      return `<Role>${renderRole(role)}<RoleLastUsed>${lastUsed}</RoleLastUsed></Role>`
    },
    GetPolicy({ PolicyArn = '' }, caller) {
      return `<Policy>${renderPolicy(PolicyArn, iam.getPolicy(accountOf(caller), PolicyArn))}</Policy>`
    },
    GetPolicyVersion({ PolicyArn = '', VersionId = '' }, caller) {
      const { version, document, madeAt } = iam.getPolicyVersion(accountOf(caller), PolicyArn, VersionId)
      const members = [
        xmlElement('Document', encodeURIComponent(document)),
        xmlElement('VersionId', version),
        xmlElement('IsDefaultVersion', true),
        xmlElement('CreateDate', madeAt.toISOString()),
      ]
      return `<PolicyVersion>${members.join('')}</PolicyVersion>`
    },
    GenerateServiceLastAccessedDetails({ Arn = '', Granularity }, caller) {
      const granularity = Granularity === 'ACTION_LEVEL' ? 'ACTION_LEVEL' : 'SERVICE_LEVEL'
      return xmlElement('JobId', iam.generateServiceLastAccessedDetails(accountOf(caller), Arn, granularity))
    },
    GetServiceLastAccessedDetails({ JobId = '', Marker }, caller) {
      const account = accountOf(caller)
      const { status, granularity, createdAt, completedAt, page } = iam.getServiceLastAccessedDetails(
        account,
        JobId,
        Marker,
      )
      const isOver = status === 'COMPLETED'
      return [
        xmlElement('JobStatus', status),
        xmlElement('JobType', granularity),
        xmlElement('JobCreationDate', createdAt.toISOString()),
        isOver ? xmlElement('JobCompletionDate', completedAt.toISOString()) : '',
        `<ServicesLastAccessed>${page.items.map(renderService).join('')}</ServicesLastAccessed>`,
        renderEnd(page),
      ].join('')
    },
    ListOrganizationsFeatures(_, caller) {
      const features = iam.organizationsFeatures(accountOf(caller)).map((one) => `<member>${one}</member>`)
      return `<EnabledFeatures>${features.join('')}</EnabledFeatures>`
    },
    ...credentialOperations(iam.credentials),
    ...retiringOperations(iam),
  }
}

function credentialOperations(model: MemoryCredentials): Readonly<Record<string, QueryOperation>> {
  return {
    GenerateCredentialReport: (_, caller) => xmlElement('State', model.generateCredentialReport(accountOf(caller))),
    GetCredentialReport(_, caller) {
      const { content, madeAt } = model.credentialReport(accountOf(caller))
      return [
        xmlElement('Content', Buffer.from(content).toString('base64')),
        xmlElement('ReportFormat', 'text/csv'),
        xmlElement('GeneratedTime', madeAt.toISOString()),
      ].join('')
    },
    ListAccessKeys({ UserName = '', Marker }, caller) {
      const page = model.listAccessKeys(accountOf(caller), UserName, Marker)
      const keys = page.items.map(({ id, isActive, madeAt }) =>
        [
          xmlElement('UserName', UserName),
          xmlElement('AccessKeyId', id),
          xmlElement('Status', isActive ? 'Active' : 'Inactive'),
          xmlElement('CreateDate', madeAt.toISOString()),
        ].join(''),
      )
      return `<AccessKeyMetadata>${members(keys)}</AccessKeyMetadata>${renderEnd(page)}`
    },
    GetAccessKeyLastUsed({ AccessKeyId = '' }, caller) {
      const { lastUsedAt, service = 'N/A', region = 'N/A' } = model.accessKeyLastUsed(accountOf(caller), AccessKeyId)
      const at = lastUsedAt === undefined ? '' : xmlElement('LastUsedDate', lastUsedAt.toISOString())
      const userName = model.userNameOf(accountOf(caller), AccessKeyId)
      const user = userName === undefined ? '' : xmlElement('UserName', userName)
      return `${user}<AccessKeyLastUsed>${at}${xmlElement('ServiceName', service)}${xmlElement('Region', region)}</AccessKeyLastUsed>`
    },
    GetAccountAuthorizationDetails({ Marker }, caller) {
      const page = model.listRoles(accountOf(caller), Marker)
      const roles = page.items.map(({ name, path, madeAt, lastUsedAt, trust }) =>
        [
          xmlElement('Path', path),
          xmlElement('RoleName', name),
          xmlElement('CreateDate', madeAt.toISOString()),
          xmlElement('AssumeRolePolicyDocument', encodeURIComponent(trust)),
          `<RoleLastUsed>${lastUsedAt === undefined ? '' : xmlElement('LastUsedDate', lastUsedAt.toISOString())}</RoleLastUsed>`,
        ].join(''),
      )
      return `<RoleDetailList>${members(roles)}</RoleDetailList>${renderEnd(page)}`
    },
    GetAccountPasswordPolicy(_, caller) {
      const { minimumLength, isMixed, reusePrevention, maxAgeDays } = model.accountPasswordPolicy(accountOf(caller))
      const kinds = ['RequireSymbols', 'RequireNumbers', 'RequireUppercaseCharacters', 'RequireLowercaseCharacters']
      const parts = [
        xmlElement('MinimumPasswordLength', minimumLength),
        ...kinds.map((name) => xmlElement(name, isMixed)),
        ...(reusePrevention === 0 ? [] : [xmlElement('PasswordReusePrevention', reusePrevention)]),
        xmlElement('ExpirePasswords', maxAgeDays !== undefined),
        ...(maxAgeDays === undefined ? [] : [xmlElement('MaxPasswordAge', maxAgeDays)]),
      ]
      return `<PasswordPolicy>${parts.join('')}</PasswordPolicy>`
    },
    GetAccountSummary(_, caller) {
      const entries = Object.entries(model.accountSummary(accountOf(caller)))
      const parts = entries.map(
        ([key, value]) => `<entry>${xmlElement('key', key)}${xmlElement('value', value)}</entry>`,
      )
      return `<SummaryMap>${parts.join('')}</SummaryMap>`
    },
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
      return ''
    }
  return {
    GetUser({ UserName = '' }, caller) {
      const { madeAt, passwordLastUsedAt: usedAt } = credentials.user(accountOf(caller), UserName)
      const parts = [
        xmlElement('UserName', UserName),
        xmlElement('CreateDate', madeAt.toISOString()),
        usedAt === undefined ? '' : xmlElement('PasswordLastUsed', usedAt.toISOString()),
      ]
      return `<User>${parts.join('')}</User>`
    },
    GetLoginProfile({ UserName = '' }, caller) {
      const { madeAt } = credentials.password(accountOf(caller), UserName)
      const parts = [xmlElement('UserName', UserName), xmlElement('CreateDate', madeAt.toISOString())]
      return `<LoginProfile>${parts.join('')}</LoginProfile>`
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

const members = (all: readonly string[]) => all.map((one) => `<member>${one}</member>`).join('')

function accountOf({ account }: QueryCaller) {
  return accountId.parse(account)
}

function renderRole({ arn, name, path, createdAt }: IamRole): string {
  return [
    xmlElement('Path', path),
    xmlElement('RoleName', name),
    xmlElement('RoleId', `AROA${name.slice(-16).toUpperCase()}`),
    xmlElement('Arn', arn),
    xmlElement('CreateDate', createdAt.toISOString()),
  ].join('')
}

function renderPolicy(arn: string, { version, madeAt }: IamPolicy): string {
  const [path = '', name = ''] = arn.split(/^arn:[^:]*:iam::[^:]*:policy(\/.*\/|\/)/).slice(1)
  return [
    xmlElement('PolicyName', name),
    xmlElement('Arn', arn),
    xmlElement('Path', path),
    xmlElement('DefaultVersionId', version),
    xmlElement('IsAttachable', true),
    xmlElement('CreateDate', madeAt.toISOString()),
    xmlElement('UpdateDate', madeAt.toISOString()),
  ].join('')
}

function renderService({ name, namespace, lastUsedAt, actions }: ServiceUse): string {
  const tracked = actions.map((one) =>
    [
      xmlElement('ActionName', one.name),
      one.lastUsedAt === undefined ? '' : xmlElement('LastAccessedTime', one.lastUsedAt.toISOString()),
    ].join(''),
  )
  const parts = [
    xmlElement('ServiceName', name),
    xmlElement('ServiceNamespace', namespace),
    lastUsedAt === undefined ? '' : xmlElement('LastAuthenticated', lastUsedAt.toISOString()),
    xmlElement('TotalAuthenticatedEntities', lastUsedAt === undefined ? 0 : 1),
    tracked.length === 0 ? '' : `<TrackedActionsLastAccessed>${members(tracked)}</TrackedActionsLastAccessed>`,
  ]
  return `<member>${parts.join('')}</member>`
}

function renderEnd({ nextToken }: Page<unknown>): string {
  const isTruncated = xmlElement('IsTruncated', nextToken !== undefined)
  return nextToken === undefined ? isTruncated : isTruncated + xmlElement('Marker', nextToken)
}
