import { userPath } from '../../../shared/domain/account-facts/break-glass-names.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import { renderUserPolicy } from '../../../shared/modules/break-glass/rules/render-user-policy.ts'
import { xmlElement } from '../s3/xml-text.ts'
import type { LocalBreakGlass } from './local-break-glass.ts'

type Input = Readonly<Record<string, string>>
/** `undefined`: another model answers. */
type Answer = (
  input: Input,
  caller: { readonly account: string; readonly user?: string | undefined },
) => string | undefined

const document = (policy: object) => encodeURIComponent(JSON.stringify(policy))
const list = (name: string, members: readonly string[]) =>
  `<${name}>${members.map((one) => `<member>${one}</member>`).join('')}</${name}>`
const attached = (arn: string) => xmlElement('PolicyName', arn.split('/').at(-1) ?? '') + xmlElement('PolicyArn', arn)
const boundaryElement = (arn: string | undefined) =>
  arn === undefined ? '' : `<PermissionsBoundary>${xmlElement('PermissionsBoundaryArn', arn)}</PermissionsBoundary>`

/** IAM's answers about break-glass, within `<…Result>`. (IAM API Reference.) */
export function iamAnswers(model: LocalBreakGlass): Readonly<Record<string, Answer>> {
  const inSecurity = (account: string) => model.definition?.securityAccount === account
  const ofUsers = Object.entries(answersOfUsers(model)).map(([operation, answer]): [string, Answer] => [
    operation,
    (input, caller) => {
      if (inSecurity(caller.account)) return answer(input, caller)
      // Other users belong to other models.
      if (operation === 'ListAccessKeys') return undefined
      const name = input.UserName ?? input.VirtualMFADeviceName ?? ''
      throw new Refusal('iam', 'NoSuchEntity', `The user with name ${name} cannot be found.`)
    },
  ])
  return { ...Object.fromEntries(ofUsers), ...answersOfAccounts(model), ...answersOfRoles(model) }
}

function answersOfUsers({ users }: LocalBreakGlass): Readonly<Record<string, Answer>> {
  const nameOf = ({ UserName }: Input, user: string | undefined) => UserName ?? user ?? ''
  return {
    ListMFADevices(input, { user }) {
      const name = nameOf(input, user)
      users.get(name)
      const devices = users
        .devicesOf(name)
        .map(
          ({ serial, since }) =>
            xmlElement('UserName', name) +
            xmlElement('SerialNumber', serial) +
            xmlElement('EnableDate', since?.toISOString() ?? ''),
        )
      return `${list('MFADevices', devices)}<IsTruncated>false</IsTruncated>`
    },
    CreateVirtualMFADevice({ VirtualMFADeviceName = '' }, { account }) {
      const { serial, seed } = users.createDevice(`arn:aws:iam::${account}:mfa/${VirtualMFADeviceName}`)
      const encoded = Buffer.from(seed).toString('base64')
      return `<VirtualMFADevice>${xmlElement('SerialNumber', serial)}${xmlElement('Base32StringSeed', encoded)}</VirtualMFADevice>`
    },
    EnableMFADevice(input, { user }) {
      const { SerialNumber = '', AuthenticationCode1 = '', AuthenticationCode2 = '' } = input
      users.enableDevice(nameOf(input, user), SerialNumber, AuthenticationCode1, AuthenticationCode2)
      return ''
    },
    DeactivateMFADevice(input, { user }) {
      users.deactivateDevice(nameOf(input, user), input.SerialNumber ?? '')
      return ''
    },
    ChangePassword({ OldPassword = '', NewPassword = '' }, { user = '' }) {
      users.changePassword(user, OldPassword, NewPassword)
      return ''
    },
    ListAccessKeys(input, { user }) {
      users.get(nameOf(input, user))
      return `${list('AccessKeyMetadata', [])}<IsTruncated>false</IsTruncated>`
    },
  }
}

function answersOfAccounts(model: LocalBreakGlass): Readonly<Record<string, Answer>> {
  const { users } = model
  const inSecurity = (account: string) => model.definition?.securityAccount === account
  return {
    DeleteUser({ UserName = '' }) {
      throw new Refusal('iam', 'NoSuchEntity', `The user with name ${UserName} cannot be found.`)
    },
    GetAccountPasswordPolicy(_, { account }) {
      const policy = model.passwordPolicyOf(account)
      if (policy === undefined && !inSecurity(account)) return undefined
      if (policy === undefined)
        throw new Refusal('iam', 'NoSuchEntity', `The Password Policy with domain name ${account} cannot be found.`)
      const members = Object.entries({
        RequireSymbols: 'false',
        RequireNumbers: 'false',
        ...policy,
        ExpirePasswords: 'false',
      })
      return `<PasswordPolicy>${members.map(([name, value]) => xmlElement(name, value)).join('')}</PasswordPolicy>`
    },
    UpdateAccountPasswordPolicy(input, { account }) {
      model.setPasswordPolicy(account, input)
      return ''
    },
    GenerateCredentialReport: (_, { account }) => (inSecurity(account) ? xmlElement('State', 'COMPLETE') : undefined),
    GetCredentialReport(_, { account }) {
      if (!inSecurity(account)) return undefined
      const rows = users.all()
      const text = rows.map(({ name, arn, createdAt, password, passwordChangedAt, passwordUsedAt }) =>
        [
          ...[name, arn, createdAt, password !== undefined],
          ...(password === undefined ? ['N/A', 'N/A'] : [passwordUsedAt ?? 'no_information', passwordChangedAt]),
        ]
          .map((value) => (value instanceof Date ? value.toISOString() : value))
          .join(','),
      )
      const csv = [
        'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed',
        ...text,
      ].join('\n')
      return `${xmlElement('Content', Buffer.from(csv).toString('base64'))}${xmlElement('ReportFormat', 'text/csv')}${xmlElement('GeneratedTime', new Date().toISOString())}`
    },
    GetAccountAuthorizationDetails(_, { account }) {
      const { definition } = model
      if (definition === undefined) return undefined
      const roles = model.rolesIn(account).map((role) =>
        [
          xmlElement('RoleName', role.name),
          xmlElement('Path', '/'),
          xmlElement('CreateDate', new Date(0).toISOString()),
          xmlElement('Arn', `arn:aws:iam::${account}:role/${role.name}`),
          xmlElement('AssumeRolePolicyDocument', document(role.trust)),
          list(
            'RolePolicyList',
            Object.entries(role.inline).map(
              ([name, policy]) => xmlElement('PolicyName', name) + xmlElement('PolicyDocument', document(policy)),
            ),
          ),
          list('AttachedManagedPolicies', role.managedPolicies.map(attached)),
          boundaryElement(role.permissionsBoundary),
        ].join(''),
      )
      const policyArn = (name: string) => `arn:aws:iam::${account}:policy${userPath}${name}-BREAK-GLASS`
      const people = (inSecurity(account) ? users.all() : []).map(({ name, arn, permissionsBoundary }) =>
        [
          xmlElement('UserName', name),
          xmlElement('Path', userPath),
          xmlElement('Arn', arn),
          list('AttachedManagedPolicies', [attached(policyArn(name.replace('-BREAK-GLASS', '')))]),
          boundaryElement(permissionsBoundary),
        ].join(''),
      )
      const policies =
        definition === undefined || !inSecurity(account)
          ? []
          : definition.responders.map((responder) => {
              const version = `${xmlElement('Document', document(renderUserPolicy(definition, responder)))}<IsDefaultVersion>true</IsDefaultVersion>`
              return `${xmlElement('Arn', policyArn(responder.name))}${list('PolicyVersionList', [version])}`
            })
      return `${list('UserDetailList', people)}${list('RoleDetailList', roles)}${list('Policies', policies)}<IsTruncated>false</IsTruncated>`
    },
  }
}

function answersOfRoles(model: LocalBreakGlass): Readonly<Record<string, Answer>> {
  return {
    GetRole({ RoleName = '' }, { account }) {
      const role = model.rolesIn(account).find(({ name }) => name === RoleName)
      if (role === undefined) return undefined
      const members = {
        Path: '/',
        RoleName,
        RoleId: `AROA${RoleName.toUpperCase()}`,
        Arn: `arn:aws:iam::${account}:role/${RoleName}`,
        AssumeRolePolicyDocument: document(role.trust),
        MaxSessionDuration: String(role.maxSessionSeconds),
      }
      return `<Role>${Object.entries(members)
        .map(([name, value]) => xmlElement(name, value))
        .join('')}</Role>`
    },
    UntagRole({ RoleName = '' }, { account }) {
      if (model.rolesIn(account).some(({ name }) => name === RoleName)) return ''
      throw new Refusal('iam', 'NoSuchEntity', `The role with name ${RoleName} cannot be found.`)
    },
  }
}
