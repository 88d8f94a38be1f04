import { userPath } from '../../../shared/domain/account-facts/break-glass-names.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import type { RenderedRole } from '../../../shared/modules/break-glass/rules/render-role.ts'
import { renderUserPolicy } from '../../../shared/modules/break-glass/rules/render-user-policy.ts'
import type { XmlMembers } from '../s3/xml-text.ts'
import type { LocalBreakGlass } from './local-break-glass.ts'

type Input = Readonly<Record<string, string>>
/** `undefined`: another model answers. */
type Answer = (
  input: Input,
  caller: { readonly account: string; readonly user?: string | undefined },
) => XmlMembers | undefined

const document = (policy: object) => encodeURIComponent(JSON.stringify(policy))
const attached = (arn: string) => ({ PolicyName: arn.split('/').at(-1) ?? '', PolicyArn: arn })
const boundaryOf = (arn: string | undefined) => (arn === undefined ? undefined : { PermissionsBoundaryArn: arn })

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
      const devices = users.devicesOf(name)
      const member = devices.map(({ serial, since = '' }) => ({
        UserName: name,
        SerialNumber: serial,
        EnableDate: since,
      }))
      return { MFADevices: { member }, IsTruncated: false }
    },
    CreateVirtualMFADevice({ VirtualMFADeviceName = '' }, { account }) {
      const { serial, seed } = users.createDevice(`arn:aws:iam::${account}:mfa/${VirtualMFADeviceName}`)
      const encoded = Buffer.from(seed).toString('base64')
      return { VirtualMFADevice: { SerialNumber: serial, Base32StringSeed: encoded } }
    },
    EnableMFADevice(input, { user }) {
      const { SerialNumber = '', AuthenticationCode1 = '', AuthenticationCode2 = '' } = input
      users.enableDevice(nameOf(input, user), SerialNumber, AuthenticationCode1, AuthenticationCode2)
      return {}
    },
    DeactivateMFADevice(input, { user }) {
      users.deactivateDevice(nameOf(input, user), input.SerialNumber ?? '')
      return {}
    },
    ChangePassword({ OldPassword = '', NewPassword = '' }, { user = '' }) {
      users.changePassword(user, OldPassword, NewPassword)
      return {}
    },
    ListAccessKeys(input, { user }) {
      users.get(nameOf(input, user))
      return { AccessKeyMetadata: {}, IsTruncated: false }
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
      return { PasswordPolicy: { RequireSymbols: false, RequireNumbers: false, ...policy, ExpirePasswords: false } }
    },
    UpdateAccountPasswordPolicy(input, { account }) {
      model.setPasswordPolicy(account, input)
      return {}
    },
    GenerateCredentialReport: (_, { account }) => (inSecurity(account) ? { State: 'COMPLETE' } : undefined),
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
      return { Content: Buffer.from(csv).toString('base64'), ReportFormat: 'text/csv', GeneratedTime: new Date() }
    },
    GetAccountAuthorizationDetails(_, { account }) {
      const { definition } = model
      if (definition === undefined) return undefined
      const inlineOf = ({ inline }: RenderedRole) =>
        Object.entries(inline).map(([name, policy]) => ({ PolicyName: name, PolicyDocument: document(policy) }))
      const roles = model.rolesIn(account).map((role) => ({
        RoleName: role.name,
        Path: '/',
        CreateDate: new Date(0),
        Arn: `arn:aws:iam::${account}:role/${role.name}`,
        AssumeRolePolicyDocument: document(role.trust),
        RolePolicyList: { member: inlineOf(role) },
        AttachedManagedPolicies: { member: role.managedPolicies.map(attached) },
        PermissionsBoundary: boundaryOf(role.permissionsBoundary),
      }))
      const policyArn = (name: string) => `arn:aws:iam::${account}:policy${userPath}${name}-BREAK-GLASS`
      const people = (inSecurity(account) ? users.all() : []).map(({ name, arn, permissionsBoundary }) => ({
        UserName: name,
        Path: userPath,
        Arn: arn,
        AttachedManagedPolicies: { member: attached(policyArn(name.replace('-BREAK-GLASS', ''))) },
        PermissionsBoundary: boundaryOf(permissionsBoundary),
      }))
      const policies = (inSecurity(account) ? definition.responders : []).map((responder) => {
        const version = { Document: document(renderUserPolicy(definition, responder)), IsDefaultVersion: true }
        return { Arn: policyArn(responder.name), PolicyVersionList: { member: version } }
      })
      return {
        UserDetailList: { member: people },
        RoleDetailList: { member: roles },
        Policies: { member: policies },
        IsTruncated: false,
      }
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
        MaxSessionDuration: role.maxSessionSeconds,
      }
      return { Role: members }
    },
    UntagRole({ RoleName = '' }, { account }) {
      if (model.rolesIn(account).some(({ name }) => name === RoleName)) return {}
      throw new Refusal('iam', 'NoSuchEntity', `The role with name ${RoleName} cannot be found.`)
    },
  }
}
