import { describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import type { RoleTemplate } from '../../infra/account-role.ts'
import { auditorRoleTemplate } from '../../infra/auditor-role.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { permissionsOf } from '../../infra/function-permissions.ts'
import { peoplePolicies } from '../../infra/people-policies.ts'
import { environment } from '../../shared/domain/deployment/environment.ts'
import { type EvaluatedPolicy, evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { example, exampleDocument } from './environments.ts'

const elsewhere = 'arn:aws:iam::777788889999:role/auditor'
const audited = environment.parse({
  ...exampleDocument,
  auditorRole: 'audit/ssofile-auditor',
  access: { ...example.access, auditors: [...example.access.auditors, elsewhere] },
})
const names = deploymentNames(audited)
const policy = z.custom<EvaluatedPolicy>()
const shape = z.object({
  RoleName: z.string(),
  Path: z.string(),
  AssumeRolePolicyDocument: policy,
  Policies: z.tuple([z.object({ PolicyDocument: policy })]),
})
const roleOf = (template: RoleTemplate | undefined) => shape.parse(template?.Resources.Role?.Properties)
const file = { securityAccount: '210000000002', auditorRole: 'audit/ssofile-auditor' }

describe("the template of the auditor's role", () => {
  test('is not written without a configured role', () => {
    expect(auditorRoleTemplate(example, deploymentNames(example), [])).toBeUndefined()
  })

  const trusts = (principal: string) =>
    evaluatePolicy(roleOf(auditorRoleTemplate(audited, names, [])).AssumeRolePolicyDocument, {
      principal,
      action: 'sts:AssumeRole',
      resource: '*',
    })
  const assuming = names.functions.filter((name) => permissionsOf(name).auditorRole === 'assume')

  test.each([
    ...assuming.map((name) => names.roleArn(name)),
    ...(permissionsOf('operator').auditorRole === 'assume' ? names.operatorRoleArns : []),
    'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Auditors_0123456789abcdef',
    elsewhere,
  ])('trusts %s', (principal) => {
    expect(trusts(principal)).toBe('allowed')
  })

  test('trusts each role of ssofile that assumes it: two functions and the one of operators', () => {
    expect(assuming).toEqual(['report', 'credentials'])
  })

  test.each([
    names.roleArn('dispatcher'),
    'arn:aws:iam::111122223333:role/Administrator',
    'arn:aws:iam::999999999999:role/ssofile-report',
  ])('does not trust %s', (principal) => {
    expect(trusts(principal)).not.toBe('allowed')
  })

  const may = (action: string, account: string, definitions = [file]) => {
    const [{ PolicyDocument }] = roleOf(auditorRoleTemplate(audited, names, definitions)).Policies
    const Statement = PolicyDocument.Statement.map((one) => ({ ...one, Principal: '*' as const }))
    const context = { 'aws:PrincipalAccount': account }
    return evaluatePolicy({ Statement }, { principal: 'x', action, resource: '*', context }) === 'allowed'
  }

  test('reads users, alarms and the trail of break-glass in its security account alone', () => {
    expect(may('cloudtrail:LookupEvents', file.securityAccount)).toBe(true)
    expect(may('cloudtrail:LookupEvents', '233000000001')).toBe(false)
    for (const action of ['events:DescribeEventBus', 'sns:GetSubscriptionAttributes', 'sns:GetTopicAttributes'])
      expect([file.securityAccount, '233000000001'].map((account) => may(action, account))).toEqual([true, false])
    expect(may('events:ListRules', '233000000001')).toBe(true)
    expect(may('events:ListRules', '233000000001', [])).toBe(false)
    expect(may('events:ListRules', '233000000001', [{ ...file, auditorRole: 'another' }])).toBe(false)
  })

  test('is refused with the size of its trust if IAM does not take so many auditors', () => {
    const auditors = Array.from({ length: 50 }, (_, nth) => `arn:aws:iam::111122223333:role/auditors-${nth}`)
    const many = { ...audited, access: { ...audited.access, auditors } }
    expect(() => auditorRoleTemplate(many, deploymentNames(many), [])).toThrow(
      /^the trust policy of the role audit\/ssofile-auditor has \d{4} characters, expected at most 2048/,
    )
  })

  test('has the name that is assumed, and changes nothing', () => {
    const { RoleName, Path } = roleOf(auditorRoleTemplate(audited, names, []))
    expect(Path + RoleName).toBe('/audit/ssofile-auditor')
    for (const action of ['iam:CreateAccessKey', 'iam:AttachRolePolicy', 'events:DisableRule', 's3:GetObject'])
      expect(may(action, file.securityAccount)).toBe(false)
  })

  test('is assumed by auditors with the policy that is written for them', () => {
    const { Statement = [] } = peoplePolicies(audited, names).auditor ?? {}
    expect(Statement.find(({ Action }) => Action.includes('sts:AssumeRole'))?.Resource).toEqual([
      'arn:aws:iam::*:role/audit/ssofile-auditor',
    ])
  })
})
