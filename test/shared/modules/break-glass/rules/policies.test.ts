import { describe, expect, test } from '@jest/globals'
import { roleArn, userArn, userName } from '../../../../../shared/domain/account-facts/break-glass-names.ts'
import { dryCalls } from '../../../../../shared/domain/account-facts/dry-calls.ts'
import { playbookTemplates } from '../../../../../shared/domain/files/playbook-templates.ts'
import {
  type EvaluatedPolicy,
  evaluatePolicy,
  type PolicyRequest,
} from '../../../../../shared/domain/iam-policies/evaluate-policy.ts'
import { awsManagedPolicies } from '../../../../../shared/memory/iam/aws-managed-policies.ts'
import { renderRole } from '../../../../../shared/modules/break-glass/rules/render-role.ts'
import { renderUserPolicy } from '../../../../../shared/modules/break-glass/rules/render-user-policy.ts'
import { renderProtection } from '../../../../../shared/modules/break-glass/rules/service-control.ts'
import { definition, definitionNames, example, playbookOf } from './definitions.ts'

const { securityAccount } = example
const account = '233000000001'
const playbook = 'incident-responder'
const role = roleArn(account, playbook)
const kenji = userArn(securityAccount, 'kenji')
/** What STS knows of a responder who has just proved the second factor. */
const fresh = {
  'aws:MultiFactorAuthPresent': 'true',
  'aws:MultiFactorAuthAge': '30',
  'aws:RequestedRegion': 'eu-west-1',
  'aws:username': userName('kenji'),
  'sts:SourceIdentity': userName('kenji'),
  'aws:CurrentTime': '2026-03-03T02:41:07Z',
}
const without = (key: keyof typeof fresh) => Object.fromEntries(Object.entries(fresh).filter(([name]) => name !== key))
const assume = (principal: string, context: PolicyRequest['context'] = fresh, resource = role): PolicyRequest => ({
  principal,
  action: 'sts:AssumeRole',
  resource,
  context,
})
const trust = renderRole(example, playbookOf(example, playbook)).trust
const responder = (name: string) => {
  const found = example.responders.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no responder ${name}`)
  return found
}
const policyOf = (name: string) => renderUserPolicy(example, responder(name))

type Row<T> = readonly [title: string, request: PolicyRequest, expected: T]
const rows = <T>(...all: readonly Row<T>[]) => all.map(([title, request, expected]) => ({ title, request, expected }))

test.each(
  rows<boolean>(
    ['a responder of the playbook, with MFA', assume(kenji), true],
    ['without MFA', assume(kenji, without('aws:MultiFactorAuthPresent')), false],
    ['with MFA that says false', assume(kenji, { ...fresh, 'aws:MultiFactorAuthPresent': 'false' }), false],
    ['with MFA of just under an hour', assume(kenji, { ...fresh, 'aws:MultiFactorAuthAge': '3599' }), true],
    ['with MFA of an hour', assume(kenji, { ...fresh, 'aws:MultiFactorAuthAge': '3600' }), false],
    ['with MFA of no age', assume(kenji, without('aws:MultiFactorAuthAge')), false],
    ['without a source identity', assume(kenji, without('sts:SourceIdentity')), false],
    ['under the name of another responder', assume(kenji, { ...fresh, 'sts:SourceIdentity': userName('lars') }), false],
    ['a responder of other playbooks', assume(userArn(securityAccount, 'ama')), false],
    ['a user of the same name in another account', assume(userArn('666666666666', 'kenji')), false],
    [
      'a user of the same name in another path',
      assume(`arn:aws:iam::${securityAccount}:user/kenji-BREAK-GLASS`),
      false,
    ],
    ["ssofile's own role", assume(`arn:aws:iam::${securityAccount}:role/ssofile-dispatcher`), false],
    [
      "an administrator's role of the account of the users",
      assume(`arn:aws:iam::${securityAccount}:role/Admin`),
      false,
    ],
    [
      'an administrator who came by Identity Center',
      assume(`arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin-ps_0123456789abcdef`),
      false,
    ],
    ['the root user of the account of the users', assume(`arn:aws:iam::${securityAccount}:root`), false],
    ['another role of break-glass', assume(roleArn(account, 'administrator')), false],
  ),
)('a role trusts $title: $expected', ({ request, expected }) => {
  expect(evaluatePolicy(trust, request)).toBe(expected ? 'allowed' : 'silent')
})

const all = '*'
const own = `arn:aws:iam::${securityAccount}:mfa/kenji-BREAK-GLASS`
const as = (action: string, resource: string, context: PolicyRequest['context'] = fresh): PolicyRequest => ({
  principal: kenji,
  action,
  resource,
  context,
})
test.each(
  rows<'allowed' | 'denied'>(
    ['assumes a role of an own playbook', assume(kenji), 'allowed'],
    ['names its source', { ...assume(kenji), action: 'sts:SetSourceIdentity' }, 'allowed'],
    ['assumes a role of a playbook of others', assume(kenji, fresh, roleArn(account, 'nobodys')), 'denied'],
    ['assumes any other role', assume(kenji, fresh, `arn:aws:iam::${account}:role/Admin`), 'denied'],
    ['assumes without MFA', assume(kenji, without('aws:MultiFactorAuthPresent')), 'denied'],
    ['changes the own password', as('iam:ChangePassword', kenji), 'allowed'],
    ['changes the own password before there is a device', as('iam:ChangePassword', kenji, {}), 'allowed'],
    ["changes another's password", as('iam:ChangePassword', userArn(securityAccount, 'lars')), 'denied'],
    ['adds a device, the first too', as('iam:EnableMFADevice', kenji, {}), 'allowed'],
    ['makes a virtual device', as('iam:CreateVirtualMFADevice', `${own}-2`, {}), 'allowed'],
    [
      "makes a device of another's name",
      as('iam:CreateVirtualMFADevice', `arn:aws:iam::${securityAccount}:mfa/lars-BREAK-GLASS`),
      'denied',
    ],
    ['takes a device away', as('iam:DeactivateMFADevice', kenji), 'allowed'],
    ['takes a device away without MFA', as('iam:DeactivateMFADevice', kenji, {}), 'denied'],
    ["adds a device to another's user", as('iam:EnableMFADevice', userArn(securityAccount, 'lars')), 'denied'],
    [
      'signs in at the command line',
      as('signin:CreateOAuth2Token', `arn:aws:signin:eu-west-1:${securityAccount}:oauth2/public-client/localhost`),
      'allowed',
    ],
    ['makes a key', as('iam:CreateAccessKey', kenji), 'denied'],
    ['gives itself a policy', as('iam:AttachUserPolicy', kenji), 'denied'],
    ['gives itself an inline policy', as('iam:PutUserPolicy', kenji), 'denied'],
    [
      'changes its own policy',
      as('iam:CreatePolicyVersion', `arn:aws:iam::${securityAccount}:policy/break-glass/kenji-BREAK-GLASS`),
      'denied',
    ],
    ['reads a bucket', as('s3:GetObject', 'arn:aws:s3:::b/k'), 'denied'],
    ['switches a rule off', as('events:DisableRule', all), 'denied'],
  ),
)('a user who $title is $expected', ({ request, expected }) => {
  expect(evaluatePolicy(policyOf('kenji'), request)).toBe(expected)
})

test('a user assumes no role where no rule would ring', () => {
  const elsewhere = { ...fresh, 'aws:RequestedRegion': 'ap-south-1' }
  expect(evaluatePolicy(policyOf('kenji'), assume(kenji, elsewhere))).toBe('silent')
  expect(evaluatePolicy(policyOf('kenji'), assume(kenji, { ...fresh, 'aws:RequestedRegion': 'us-east-1' }))).toBe(
    'allowed',
  )
})

test('whatever else is attached to a user, it makes no key', () => {
  const administrator: EvaluatedPolicy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const Statement = [...policyOf('kenji').Statement.map(({ Principal: _, ...one }) => one), ...administrator.Statement]
  for (const action of ['iam:CreateAccessKey', 'iam:UpdateAccessKey', 'iam:CreateUser', 'ec2:RunInstances'])
    expect(evaluatePolicy({ Statement }, as(action, kenji))).toBe('denied')
})

test('a user whose time is over may do nothing, and until then all that others may', () => {
  const file = definition('identity')
  const ama = file.responders.find(({ name }) => name === 'ama')
  if (ama === undefined) throw new Error('ama is a responder of fixtures/break-glass/identity.json')
  const at = (instant: string) =>
    evaluatePolicy(
      renderUserPolicy(file, ama),
      assume(
        userArn(file.securityAccount, 'ama'),
        { ...fresh, 'sts:SourceIdentity': userName('ama'), 'aws:CurrentTime': instant },
        roleArn(account, 'identity-responder'),
      ),
    )
  expect(at('2027-06-30T00:00:00Z')).toBe('allowed')
  expect(at('2027-06-30T00:00:01Z')).toBe('denied')
})

/** All policies of a role, as far as they are known offline. */
function verdict(name: string, request: Omit<PolicyRequest, 'principal'>): 'allowed' | 'denied' | 'silent' {
  const { inline, managedPolicies } = renderRole(example, playbookOf(example, name))
  const managed = managedPolicies.flatMap((arn) => {
    const { document } = awsManagedPolicies.get(arn) ?? {}
    return document === undefined ? [] : [JSON.parse(document) as EvaluatedPolicy]
  })
  const Statement = [...Object.values(inline), ...managed].flatMap((one: EvaluatedPolicy) => one.Statement)
  return evaluatePolicy({ Statement }, { principal: roleArn(account, name), ...request })
}

const playbooks = Object.keys(playbookTemplates)
const widening = [
  'iam:AttachRolePolicy',
  'iam:DeleteRolePermissionsBoundary',
  'iam:DeleteRolePolicy',
  'iam:DetachRolePolicy',
  'iam:PassRole',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:TagRole',
  'iam:UpdateAssumeRolePolicy',
  'iam:UpdateRole',
  'sts:AssumeRole',
]

describe.each(playbooks)('a session of %s', (name) => {
  test('cannot widen its own role, nor that of another playbook', () => {
    for (const action of widening)
      for (const resource of [roleArn(account, name), roleArn(account, 'own-playbook')])
        expect({ action, verdict: verdict(name, { action, resource }) }).toEqual({ action, verdict: 'denied' })
  })

  test('changes no user, device, rule, topic, stack or trail of break-glass', () => {
    for (const [action, resource] of [
      ['iam:DeleteUser', kenji],
      ['iam:AttachUserPolicy', kenji],
      ['iam:DeactivateMFADevice', kenji],
      ['iam:DeleteVirtualMFADevice', own],
      ['iam:CreatePolicyVersion', `arn:aws:iam::${securityAccount}:policy/break-glass/kenji-BREAK-GLASS`],
      ['events:DisableRule', `arn:aws:events:eu-west-1:${securityAccount}:rule/break-glass-sign-in`],
      ['events:DeleteRule', `arn:aws:events:us-east-1:${account}:rule/break-glass-administrator-role-changed`],
      [
        'events:DeleteRule',
        `arn:aws:events:us-east-1:${securityAccount}:rule/break-glass-alarms/break-glass-alarms-forwarded`,
      ],
      ['events:DeleteEventBus', `arn:aws:events:us-east-1:${securityAccount}:event-bus/break-glass-alarms`],
      ['sns:DeleteTopic', `arn:aws:sns:us-east-1:${securityAccount}:break-glass-alarms`],
      ['sns:Unsubscribe', `arn:aws:sns:us-east-1:${securityAccount}:break-glass-alarms:1`],
      ['cloudformation:DeleteStack', `arn:aws:cloudformation:us-east-1:${account}:stack/StackSet-BREAK-GLASS-x/1`],
      ['cloudformation:UpdateStackSet', 'arn:aws:cloudformation:us-east-1:111111111111:stackset/BREAK-GLASS-x:1'],
      ['cloudtrail:StopLogging', `arn:aws:cloudtrail:us-east-1:${account}:trail/organization`],
    ] as const)
      expect({ action, verdict: verdict(name, { action, resource }) }).toEqual({ action, verdict: 'denied' })
  })

  test('may what its drill says, and not what its drill says it may not', () => {
    const { may, mayNot } = playbookOf(example, name)
    const judge = (call: keyof typeof dryCalls) => {
      const { action, on } = dryCalls[call]
      return verdict(name, { action, resource: on(account, `BREAK-GLASS-${name}`) })
    }
    expect(may.map(judge).filter((one) => one !== 'allowed')).toEqual([])
    expect(mayNot.map(judge)).not.toContain('allowed')
  })
})

test('nobody in an account changes break-glass, also by a role that a session made, but who deploys it', () => {
  const as = (principal: string, action: string, resource: string) =>
    evaluatePolicy(renderProtection(example), { principal, action, resource })
  const made = `arn:aws:iam::${account}:role/made-in-a-session`
  expect(as(made, 'iam:PutRolePolicy', role)).toBe('denied')
  expect(as(made, 'cloudtrail:StopLogging', '*')).toBe('denied')
  expect(as(made, 'iam:GetRole', role)).toBe('silent')
  expect(as(made, 'iam:PutRolePolicy', `arn:aws:iam::${account}:role/other`)).toBe('silent')
  expect(as(kenji, 'sts:AssumeRole', role)).toBe('silent')
  expect(as(`arn:aws:iam::${account}:role/stacksets-exec-0123456789abcdef`, 'iam:UpdateRole', role)).toBe('silent')
})

test.each(definitionNames)('%s: each policy has the room that IAM gives it', (name) => {
  const file = definition(name)
  const size = (document: object) => JSON.stringify(document).replaceAll(' ', '').length
  for (const one of file.responders) expect(size(renderUserPolicy(file, one))).toBeLessThanOrEqual(6_144)
  for (const one of file.playbooks) {
    const { trust: ofRole, inline } = renderRole(file, one)
    expect(size(ofRole)).toBeLessThanOrEqual(2_048)
    expect(Object.values(inline).reduce((sum, document) => sum + size(document), 0)).toBeLessThanOrEqual(10_240)
  }
})

test('the largest definition that is valid has room in the policies of IAM too', () => {
  const names = Array.from({ length: 15 }, (_, index) => `${'n'.repeat(38)}${String(index).padStart(2, '0')}`)
  const first = playbookOf(example, playbook)
  const file = {
    ...example,
    signInRegions: Array.from({ length: 20 }, (_, index) => `ap-southeast-${index}`),
    playbooks: Array.from({ length: 20 }, (_, index) => ({
      ...first,
      name: `${'p'.repeat(30)}${index}`,
      responders: names,
    })),
  }
  const size = (document: object) => JSON.stringify(document).replaceAll(' ', '').length
  const ofUser = renderUserPolicy(file, { name: names[0] ?? '', email: 'a@example.com' })
  expect(size(ofUser)).toBeLessThanOrEqual(6_144)
  expect(size(renderRole(file, { ...first, responders: names }).trust)).toBeLessThanOrEqual(2_048)
})
