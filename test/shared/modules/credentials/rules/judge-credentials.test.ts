import { describe, expect, test } from '@jest/globals'
import type { KeyFacts, RoleFacts, UserFacts } from '../../../../../shared/domain/account-facts/credential-facts.ts'
import { emergencyUser, principalsOf } from '../../../../../shared/domain/account-facts/emergency-principals.ts'
import { defaultHygiene } from '../../../../../shared/domain/files/hygiene-file.ts'
import {
  judgeKey,
  judgePasswordPolicy,
  judgeRole,
  judgeRoot,
  judgeUser,
  unreadAccount,
  unusedDays,
} from '../../../../../shared/modules/credentials/rules/judge-credentials.ts'

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
    expect(judged.findings[0]?.remedy).toMatch(/keep its user$/)
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
    expect(judged.findings[0]?.told).toBe('nobody has signed in with its password for 599 days; its keys are used')
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

  test('who only bears the name of a break-glass user is a finding of the highest urgency, and may be unused', () => {
    const facts = user({ name: 'mallory-BREAK-GLASS', isNamesake: true })
    expect(judgeUser(facts, context).findings).toMatchObject([
      { kind: 'break-glass-name', urgency: 'now' },
      { kind: 'unused-user' },
    ])
  })
})

test('a user of break-glass is one that a definition deploys, in its security account and nowhere else', () => {
  const definition = {
    securityAccount: '210000000002',
    responders: [{ name: 'kenji' }],
    playbooks: [{ name: 'administrator' }],
  }
  const principals = principalsOf([definition])
  expect(emergencyUser(principals, '210000000002', 'kenji-BREAK-GLASS')).toBe('of break-glass')
  expect(emergencyUser(principals, '233000000001', 'kenji-BREAK-GLASS')).toBe('namesake')
  expect(emergencyUser(principals, '210000000002', 'mallory-BREAK-GLASS')).toBe('namesake')
  expect(emergencyUser(principals, '210000000002', 'kenji')).toBeUndefined()
  expect(principals.roles).toEqual(['BREAK-GLASS-administrator'])
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

describe('for people who read it, what is told', () => {
  const told = ({ findings }: { readonly findings: readonly { urgency: string; told: string; remedy: string }[] }) =>
    findings.map(({ urgency, told: text, remedy }) => `${urgency}: ${text}; ${remedy}`)
  const detailOf = ({ detail }: { readonly detail?: string | undefined }) => detail

  test('of the root user has each finding, and what to do about it', () => {
    const root = { hasPassword: true, hasMfa: false, activeKeys: 2, lastUsedAt: ago(3) }
    const judged = judgeRoot(root, context)
    const remedy =
      'remove the root credentials of the account centrally (IAM, Root access management), or sign in as root, delete keys and register MFA'
    expect(told(judged)).toEqual([`now: has 2 active keys; ${remedy}`, `now: has no MFA; ${remedy}`])
    expect(judged).toMatchObject({ kind: 'root', name: 'root', hasMfa: false, lastUsedAt: ago(3).toISOString() })
  })

  test.each([
    [{ hasPassword: false, activeKeys: 0 }, 'no password, no active keys: removed centrally, or never set'],
    [{ hasPassword: false, activeKeys: 1 }, 'no password, 1 active key'],
    [{ hasPassword: undefined, activeKeys: 0 }, 'a password, no active keys'],
    [{ hasPassword: true, activeKeys: 0 }, 'a password, no active keys'],
    [
      { hasPassword: false, activeKeys: 0, isManagedCentrally: true },
      'no password, no active keys; root credentials are managed centrally',
    ],
    [
      { hasPassword: true, activeKeys: 2, isManagedCentrally: false },
      'a password, 2 active keys; root credentials are not managed centrally',
    ],
  ])('of the root user with %j says what it has', (root, detail) => {
    expect(detailOf(judgeRoot({ hasMfa: true, ...root }, context))).toBe(detail)
  })

  test('of a user who signs in has the password alone, where its keys are used', () => {
    const password = { changedAt: ago(700), lastUsedAt: ago(91) }
    const keys = [key({ lastUsedAt: ago(3) }), key({ id: 'AKIA2' }), key({ id: 'AKIA3', isActive: false })]
    const judged = judgeUser(user({ password, keys }), context)
    expect(judged).toMatchObject({
      ...{ kind: 'user', name: 'ci', madeAt: ago(1_000).toISOString(), unusedDays: 2, passwordUnusedDays: 90 },
      detail: 'password of 2024-04-02, last used 2025-12-02, 2 active keys',
    })
    expect(told(judged)).toEqual([
      'now: signs in with a password alone; have the person register MFA, or remove the password and give access through Identity Center',
      'soon: nobody has signed in with its password for 90 days; its keys are used; remove the password; keep the user and its keys',
      'later: has two active keys, which only a rotation needs; make the older key inactive once nothing uses it',
    ])
  })

  test('of a user whom nobody uses says for how long, and what to do first', () => {
    const judged = judgeUser(user({ madeAt: ago(91), password: { changedAt: ago(91) }, hasMfa: true }), context)
    expect(told(judged)).toEqual([
      'soon: nobody used it for 90 days, neither a password nor a key; ask its owner; make its keys inactive, remove its password, wait, then delete it',
    ])
    expect(detailOf(judged)).toBe('password of 2025-12-02, never used, no active keys')
    expect(detailOf(judgeUser(user({ isBreakGlass: true }), context))).toBe(
      'no password, no active keys, for emergencies',
    )
  })

  test.each<[string, Partial<KeyFacts>, string]>([
    ['inactive', { isActive: false }, 'later: is inactive; delete it, if nobody has missed it'],
    [
      'never used',
      { madeAt: ago(91) },
      'soon: nobody used it for 90 days (never, according to IAM); make it inactive, wait, then delete it; keep its user',
    ],
    [
      'used long ago',
      { madeAt: ago(500), lastUsedAt: ago(101), service: 's3' },
      'soon: nobody used it for 100 days; make it inactive, wait, then delete it; keep its user',
    ],
    [
      'old, and used by who knows what',
      { madeAt: ago(90), lastUsedAt: ago(2) },
      'soon: is 90 days old, and in use; make a second key, use it everywhere instead of this one, then make this one inactive and delete it; keep its user',
    ],
    [
      'old, and used in no region',
      { madeAt: ago(90), lastUsedAt: ago(2), service: 'iam' },
      'soon: is 90 days old, and in use (iam); make a second key, use it everywhere instead of this one, then make this one inactive and delete it; keep its user',
    ],
  ])('of a key that is %s says what to do', (_, facts, expected) => {
    expect(told(judgeKey('ci', key(facts), context))).toEqual([expected])
  })

  test('of a key in order is nothing, and its row has all that is known', () => {
    expect(judgeKey('ci', key({ madeAt: ago(89), lastUsedAt: ago(2), service: 's3', region: 'x' }), context)).toEqual({
      ...{ kind: 'key', name: 'ci', key: 'AKIA1', isActive: true, service: 's3', region: 'x', unusedDays: 1 },
      ...{ madeAt: ago(89).toISOString(), lastUsedAt: ago(2).toISOString(), asOf: asOf.toISOString() },
      ...{ detail: '89 days old', findings: [] },
    })
  })

  test('of a role names who may assume it from outside, and how long nobody did', () => {
    const AWS = ['arn:aws:iam::999999999999:root', 'arn:aws:iam::888888888888:root']
    const judged = judgeTrust({ Principal: { AWS } })
    const limit = 'name only the principals that need it in its trust policy, with a condition on aws:PrincipalOrgID'
    expect(told(judged)).toEqual([
      `soon: may be assumed from outside the organization, by 888888888888, 999999999999; ${limit}; add accepted accounts to trusted in hygiene.json`,
    ])
    expect(judged).toMatchObject({ kind: 'role', name: 'deploy', detail: 'trusts 888888888888, 999999999999' })
    expect(told(judgeTrust({ Principal: '*' }))).toEqual([`now: may be assumed from any account of AWS; ${limit}`])
    const unused = judgeRole(role({ lastUsedAt: ago(91) }), { ...context, isInside: () => true })
    expect(told(unused)).toEqual(['later: nobody used it for 90 days; ask its owner, then delete it'])
    expect(unused).toMatchObject({ lastUsedAt: ago(91).toISOString(), unusedDays: 90 })
    expect(detailOf(unused)).toBeUndefined()
  })

  test('of an account that cannot be read says why', () => {
    expect(told(unreadAccount('no right', asOf))).toEqual([
      "soon: could not be read: no right; for the permissions of the auditor's role, see docs/credentials.md",
    ])
    expect(unreadAccount('no right', asOf)).toMatchObject({
      kind: 'account',
      name: '',
      findings: [{ kind: 'not-read' }],
    })
  })

  const least = { minimumLength: 14, isMixed: true, reusePrevention: 24, maxAgeDays: 90 }
  test.each<[string, Partial<typeof least> | undefined, string]>([
    ['as the standard', {}, ''],
    ['one day longer', { maxAgeDays: 91 }, '91 days in place of 90 days'],
    ['without an end', { maxAgeDays: undefined }, 'no end in place of 90 days'],
    ['of three kinds', { isMixed: false }, 'not all four kinds of characters'],
    ['one character shorter', { minimumLength: 13 }, '13 characters in place of 14'],
    ['one less kept', { reusePrevention: 23 }, 'the last 23 kept in place of 24'],
    [
      'that is none',
      undefined,
      '8 characters in place of 14, not all four kinds of characters, the last 0 kept in place of 24, no end in place of 90 days',
    ],
  ])('of a password policy %s is what it lacks', (_, policy, lacks) => {
    const standards = { ...context.standards, passwordPolicy: least }
    const judged = judgePasswordPolicy(policy && { ...least, ...policy }, { standards, asOf, passwords: 1 })
    const remedy = 'set the password policy of the account to the standard'
    expect(told(judged)).toEqual(lacks === '' ? [] : [`later: demands less than the standard: ${lacks}; ${remedy}`])
    const length = policy?.minimumLength ?? 14
    expect(detailOf(judged)).toBe(policy === undefined ? 'the default of AWS' : `at least ${length} characters`)
    expect(judged).toMatchObject({ kind: 'password policy', name: 'password policy', asOf: asOf.toISOString() })
  })

  test('of a password policy is nothing where the standard asks for no more', () => {
    const standards = {
      ...context.standards,
      passwordPolicy: { minimumLength: 8, isMixed: false, reusePrevention: 0 },
    }
    expect(told(judgePasswordPolicy(undefined, { standards, asOf, passwords: 1 }))).toEqual([])
  })
})

test('whole days count, and what is used today, or made after its last use, is not unused', () => {
  expect(unusedDays({ madeAt: ago(10), lastUsedAt: ago(5) }, asOf)).toBe(4)
  expect(unusedDays({ madeAt: ago(10.9) }, asOf)).toBe(9)
  expect(unusedDays({ madeAt: ago(5), lastUsedAt: ago(10) }, asOf)).toBe(4)
  expect(unusedDays({ madeAt: ago(0.5) }, asOf)).toBe(0)
})
