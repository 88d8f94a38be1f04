import { accountId } from '../../../shared/domain/organization/account-id.ts'
import type { IamPolicy } from '../../../shared/memory/iam/aws-managed-policies.ts'
import type { IamRole, MemoryIam, ServiceUse } from '../../../shared/memory/iam/memory-iam.ts'
import type { Page } from '../../../shared/ports/page.ts'
import { xmlElement } from '../s3/xml-text.ts'
import type { QueryCaller, QueryOperation } from './query-operation.ts'

/** IAM API Reference: of the account whose credentials are used. */
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
    GenerateServiceLastAccessedDetails({ Arn = '' }, caller) {
      return xmlElement('JobId', iam.generateServiceLastAccessedDetails(accountOf(caller), Arn))
    },
    GetServiceLastAccessedDetails({ JobId = '', Marker }, caller) {
      const account = accountOf(caller)
      const { status, createdAt, completedAt, page } = iam.getServiceLastAccessedDetails(account, JobId, Marker)
      const isOver = status === 'COMPLETED'
      return [
        xmlElement('JobStatus', status),
        xmlElement('JobType', 'SERVICE_LEVEL'),
        xmlElement('JobCreationDate', createdAt.toISOString()),
        isOver ? xmlElement('JobCompletionDate', completedAt.toISOString()) : '',
        `<ServicesLastAccessed>${page.items.map(renderService).join('')}</ServicesLastAccessed>`,
        renderEnd(page),
      ].join('')
    },
  }
}

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

function renderService({ name, namespace, lastUsedAt }: ServiceUse): string {
  const members = [
    xmlElement('ServiceName', name),
    xmlElement('ServiceNamespace', namespace),
    lastUsedAt === undefined ? '' : xmlElement('LastAuthenticated', lastUsedAt.toISOString()),
    xmlElement('TotalAuthenticatedEntities', lastUsedAt === undefined ? 0 : 1),
  ]
  return `<member>${members.join('')}</member>`
}

function renderEnd({ nextToken }: Page<unknown>): string {
  const isTruncated = xmlElement('IsTruncated', nextToken !== undefined)
  return nextToken === undefined ? isTruncated : isTruncated + xmlElement('Marker', nextToken)
}
