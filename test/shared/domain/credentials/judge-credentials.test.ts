import { describe, expect, test } from '@jest/globals'
import type { KeyFacts, RoleFacts, UserFacts } from '../../../../shared/domain/credentials/credential-facts.ts'
import { defaultHygiene } from '../../../../shared/domain/credentials/hygiene-file.ts'
import {
  judgeKey,
  judgePasswordPolicy,
  judgeRole,
  judgeRoot,
  judgeUser,
  unusedDays,
} from '../../../../shared/domain/credentials/judge-credentials.ts'

const asOf = new Date('2026-03-03T04:00:00Z')
const ago = (days: number) => new Date(asOf.getTime() - days * 86_400_000)
const context = { standards: defaultHygiene.standards, asOf }
const kinds = ({ findings }: { readonly findings: readonly { readonly kind: string }[] }) =>
  findings.map(({ kind }) => kind)

const key = (facts: Partial<KeyFacts> = {}): KeyFacts => ({ id: 'AKIA1', isActive: true, madeAt: ago(30), ...facts })
const user = (facts: Partial<UserFacts> = {}): UserFacts => ({
  name: 'ci',
  madeAt: ago(1_000),
  hasMfa: false,
  keys: [],
  isBreakGlass: false,
  ...facts,
})
const role = (facts: Partial<RoleFacts> = {}): RoleFacts => ({
  name: 'deploy',
  path: '/',
  madeAt: ago(1_000),
  lastUsedAt: ago(2),
  trust: JSON.stringify({ Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } } }),
  isBreakGlass: false,
  ...facts,
})
const judgeTrust = (statement: object) =>
  judgeRole(
    role({ trust: JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement }] }) }),
    {
      ...context,
      isInside: (id) => ['200000000001', 'o-own0000000'].includes(id),
    },
  )

describe('what the lab gets wrong:', () => {
  test('an old key that is used is to be rotated, and its user is left', () => {
    const old = key({ madeAt: ago(800), lastUsedAt: ago(2), service: 's3', region: 'eu-west-1' })
    const judged = judgeKey('ci', old, context)
    expect(kinds(judged)).toEqual(['old-key'])
    expect(judged.findings[0]?.told).toBe('is 800 days old, and in use (s3, eu-west-1)')
    expect(judged.findings[0]?.remedy).toMatch(/leave its user$/)
    expect(kinds(judgeUser(user({ keys: [old] }), context))).toEqual([])
  })

  test('a user who only uses keys is not unused', () => {
    expect(kinds(judgeUser(user({ keys: [key({ madeAt: ago(900), lastUsedAt: ago(2) })] }), context))).toEqual([])
  })

  test('a user with an unused password whose key is used loses the password only', () => {
    const judged = judgeUser(
      user({
        password: { changedAt: ago(700), lastUsedAt: ago(600) },
        hasMfa: true,
        keys: [key({ madeAt: ago(400), lastUsedAt: ago(3) })],
      }),
      context,
    )
    expect(kinds(judged)).toEqual(['unused-password'])
    expect(judged.findings[0]?.told).toBe('nobody signed in with its password for 599 days; its keys are used')
  })

  test('of several uses the latest counts', () => {
    const keys = [key({ madeAt: ago(900), lastUsedAt: ago(500) }), key({ id: 'AKIA2', lastUsedAt: ago(4) })]
    const judged = judgeUser(user({ keys }), context)
    expect(judged.lastUsedAt).toBe(ago(4).toISOString())
    expect(kinds(judged)).toEqual(['two-active-keys'])
  })
})

describe('a user', () => {
  test('is unused where neither password nor key is used, and where there is neither', () => {
    const password = { changedAt: ago(800) }
    const keys = [key({ madeAt: ago(500), lastUsedAt: ago(300) })]
    expect(kinds(judgeUser(user({ password, hasMfa: true, keys }), context))).toEqual(['unused-user'])
    expect(kinds(judgeUser(user(), context))).toEqual(['unused-user'])
  })

  test('that is new is not unused, nor one whose password or key is', () => {
    expect(kinds(judgeUser(user({ madeAt: ago(20) }), context))).toEqual([])
    expect(kinds(judgeUser(user({ keys: [key({ madeAt: ago(20) })] }), context))).toEqual([])
    expect(kinds(judgeUser(user({ password: { changedAt: ago(20) }, hasMfa: true }), context))).toEqual([])
  })

  test('with a password and no MFA is urgent, unless the standard does not ask for it', () => {
    const facts = user({ password: { changedAt: ago(20), lastUsedAt: ago(2) } })
    expect(judgeUser(facts, context).findings).toMatchObject([{ kind: 'password-without-mfa', urgency: 'now' }])
    const standards = { ...defaultHygiene.standards, mfa: false }
    expect(kinds(judgeUser(facts, { standards, asOf }))).toEqual([])
  })

  test('for emergencies is not unused, and needs MFA all the same', () => {
    const facts = user({ isBreakGlass: true, password: { changedAt: ago(800) } })
    expect(kinds(judgeUser(facts, context))).toEqual(['password-without-mfa'])
  })
})

test('a use of the last day may not be known yet, so 90 days unused are 91 since the last known use', () => {
  expect(unusedDays({ madeAt: ago(500), lastUsedAt: ago(90) }, asOf)).toBe(89)
  expect(kinds(judgeKey('ci', key({ madeAt: ago(500), lastUsedAt: ago(90) }), context))).toEqual(['old-key'])
  expect(kinds(judgeKey('ci', key({ madeAt: ago(500), lastUsedAt: ago(91) }), context))).toEqual(['unused-key'])
})

test('an inactive key is to be deleted, whatever its age', () => {
  expect(kinds(judgeKey('ci', key({ isActive: false, madeAt: ago(900) }), context))).toEqual(['inactive-key'])
})

test.each([
  ['no password and no key', { hasPassword: false, hasMfa: false, activeKeys: 0 }, []],
  ['a password with MFA', { hasPassword: true, hasMfa: true, activeKeys: 0 }, []],
  ['a password without MFA', { hasPassword: true, hasMfa: false, activeKeys: 0 }, ['root-without-mfa']],
  ['nobody knows whether a password', { hasPassword: undefined, hasMfa: false, activeKeys: 0 }, ['root-without-mfa']],
  ['a key', { hasPassword: false, hasMfa: true, activeKeys: 1 }, ['root-key']],
] as const)('the root user with %s', (_, root, expected) => {
  expect(kinds(judgeRoot(root, context))).toEqual(expected)
})

describe('a role', () => {
  test('is unused by its latest use, and IAM knows 400 days', () => {
    const inside = { ...context, isInside: () => true }
    expect(kinds(judgeRole(role({ lastUsedAt: ago(89) }), inside))).toEqual([])
    const judged = judgeRole(role({ lastUsedAt: undefined }), inside)
    expect(judged).toMatchObject({ unusedDays: 399, findings: [{ kind: 'unused-role' }] })
    expect(kinds(judgeRole(role({ lastUsedAt: undefined, isBreakGlass: true }), inside))).toEqual([])
  })

  test.each([
    ['an account of the organization', { Principal: { AWS: 'arn:aws:iam::200000000001:root' } }, []],
    ['another account', { Principal: { AWS: ['arn:aws:iam::999999999999:role/x'] } }, ['trusts-outside']],
    ['anybody', { Principal: { AWS: '*' } }, ['trusts-anybody']],
    ['anybody, for short', { Principal: '*' }, ['trusts-anybody']],
    ['all but some', { NotPrincipal: { AWS: '999999999999' } }, ['trusts-anybody']],
    [
      'anybody with MFA',
      { Principal: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': true } } },
      ['trusts-anybody'],
    ],
    [
      'the own organization',
      { Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-own0000000' } } },
      [],
    ],
    [
      'another organization',
      { Principal: '*', Condition: { StringEquals: { 'AWS:PrincipalOrgId': ['o-else000000'] } } },
      ['trusts-outside'],
    ],
    [
      'everybody outside of the own organization',
      { Principal: '*', Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-own0000000' } } },
      ['trusts-anybody'],
    ],
    ['a service', { Principal: { Service: 'lambda.amazonaws.com' } }, []],
    ['a provider of its own', { Principal: { Federated: 'arn:aws:iam::200000000001:saml-provider/x' } }, []],
    ['a user that is gone', { Principal: { AWS: 'AIDAEXAMPLE' } }, []],
    ['anybody, by a denial', { Effect: 'Deny', Principal: '*' }, []],
  ])('that trusts %s', (_, statement, expected) => {
    expect(kinds(judgeTrust(statement))).toEqual(expected)
  })
})

test('a password policy is measured by the standard only where somebody has a password', () => {
  const policy = { minimumLength: 8, isMixed: true, reusePrevention: 24 }
  const judged = judgePasswordPolicy(policy, { ...context, passwords: 1 })
  expect(judged.findings[0]?.told).toBe('demands less than the standard: 8 characters in place of 14')
  expect(kinds(judgePasswordPolicy(undefined, { ...context, passwords: 1 }))).toEqual(['weak-password-policy'])
  expect(kinds(judgePasswordPolicy(undefined, { ...context, passwords: 0 }))).toEqual([])
  expect(kinds(judgePasswordPolicy({ ...policy, minimumLength: 14 }, { ...context, passwords: 9 }))).toEqual([])
})
