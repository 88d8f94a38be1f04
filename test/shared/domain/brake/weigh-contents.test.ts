import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isGrave, weighContents } from '../../../../shared/domain/brake/weigh-contents.ts'
import effects from '../../../../shared/domain/iam-policies/aws-managed-policy-effects.json' with { type: 'json' }
import { comparePermissions } from '../../../../shared/domain/iam-policies/compare-permissions.ts'
import type { Conditions } from '../../../../shared/domain/iam-policies/evaluate-policy.ts'
import { readPolicyStatements } from '../../../../shared/domain/iam-policies/policy-statement.ts'
import type { PermissionSetPolicies } from '../../../../shared/domain/permission-sets/permission-set-changes.ts'
import { runsOf } from '../../../depth.ts'
import { allow, deny, type Given, noPolicies, permissionSetOf } from '../permission-set-of.ts'

const allBut = (NotAction: readonly string[]): Given => ({ Effect: 'Allow', NotAction, Resource: '*' })
const managed = (...managedPolicyArns: readonly string[]): PermissionSetPolicies => ({
  ...noPolicies,
  managedPolicyArns,
})
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
const viewOnly = 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'
const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess'
const bounded = (set: PermissionSetPolicies, ManagedPolicyArn = readOnly) => ({
  ...set,
  permissionsBoundary: { ManagedPolicyArn },
})
const taken = (before: readonly Given[], after: readonly Given[]) =>
  weighContents(permissionSetOf(...before), permissionSetOf(...after)).takesAway

const one = { Resource: 'arn:aws:s3:::one/*' }
const both = { Resource: ['arn:aws:s3:::one/*', 'arn:aws:s3:::two/*'] }
const notOne: Given = { Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::one/*' }
const mfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }

const odd = { ...noPolicies, inlinePolicy: '{"Statement":[{"Effect":"Allow","Action":"s3:*","Principal":"*"}]}' }

describe('an inline policy takes away', () => {
  test.each<[string, readonly Given[], readonly Given[], readonly string[]]>([
    ['nothing where it says the same', [allow('s3:*')], [allow('s3:*')], []],
    ['nothing where more is allowed', [allow('s3:Get*')], [allow(['s3:*', 'iam:*'])], []],
    ['nothing where a statement is split', [allow(['s3:*', 'ec2:*'])], [allow('s3:*'), allow('ec2:*')], []],
    ['nothing where only the case differs', [allow('S3:getobject')], [allow('s3:Get*')], []],
    [
      'the patterns that no new statement has',
      [allow(['s3:*', 'ec2:*', 'iam:Get*'])],
      [allow('s3:*')],
      ['ec2:*', 'iam:get*'],
    ],
    [
      'a pattern in doubt: a list of names may be all that it covers',
      [allow('s3:Get*')],
      [allow('s3:GetObject')],
      ['s3:get*'],
    ],
    ['what is limited to some resources', [allow('s3:*')], [allow('s3:*', one)], ['s3:*']],
    ['nothing where resources are added', [allow('s3:*', one)], [allow('s3:*', both)], []],
    ['what loses a resource', [allow('s3:*', both)], [allow('s3:*', one)], ['s3:*']],
    [
      'nothing where a resource is named more widely',
      [allow('s3:*', one)],
      [allow('s3:*', { Resource: 'arn:aws:s3:::*' })],
      [],
    ],
    ['what gets a condition', [allow('s3:*')], [allow('s3:*', mfa)], ['s3:*']],
    ['nothing where a condition is gone', [allow('s3:*', { ...one, ...mfa })], [allow('s3:*')], []],
    ['what a new denial takes', [allow('s3:*')], [allow('s3:*'), deny('s3:Delete*')], ['s3:delete*, by a denial']],
    ['nothing where a denial is within an old one', [allow('*'), deny('s3:*')], [allow('*'), deny('s3:Delete*')], []],
    ['nothing where a denial is gone', [allow('s3:*'), deny('s3:Delete*')], [allow('s3:*')], []],
    ['nothing of what NotAction leaves in', [allow('s3:*')], [allBut(['iam:*'])], []],
    ['what NotAction leaves out', [allow('iam:Get*')], [allBut(['iam:*'])], ['iam:get*']],
    ['all but some, where more is left out', [allBut(['iam:*'])], [allBut(['iam:*', 's3:*'])], ['all but iam:*']],
    ['nothing where less is left out', [allBut(['iam:*', 's3:*'])], [allBut(['s3:*'])], []],
    [
      'nothing where less is left out beside another statement',
      [allBut(['iam:*', 's3:*'])],
      [allow('s3:*'), allBut(['s3:*'])],
      [],
    ],
    ['what one of several NotActions leaves out', [allow('iam:Get*')], [allBut(['iam:*', 's3:*'])], ['iam:get*']],
    ['all but some, each of them told', [allBut(['iam:*', 's3:*'])], [allow('ec2:*')], ['all but iam:*, s3:*']],
    [
      'nothing of all but some where all of the same resources is allowed',
      [{ ...allBut(['iam:*']), ...one }],
      [allow('*', one)],
      [],
    ],
    ['nothing where the same condition stays', [allow('s3:*', mfa)], [allow('s3:*', mfa)], []],
    ['nothing where the same resources are left out', [notOne], [notOne], []],
    ['nothing where no resource is left out any more', [notOne], [allow('s3:*')], []],
    ['what is limited to one resource, after all but one', [notOne], [allow('s3:*', one)], ['s3:*']],
    ['what is limited to all but one resource, after one', [allow('s3:*', one)], [notOne], ['s3:*']],
    ['what is denied in place of allowed', [allow('s3:*')], [deny('s3:*')], ['s3:*', 's3:*, by a denial']],
    ['nothing where a denial of something else is gone', [allow('s3:*'), deny('iam:*')], [allow('s3:*')], []],
    ['once what two statements allowed', [allow('s3:*', one), allow(['ec2:*', 's3:*'])], [], ['s3:*', 'ec2:*']],
    ['nothing of all but some where everything is allowed', [allBut(['iam:*'])], [allow('*', mfa), allow('*')], []],
  ])('%s', (_, before, after, expected) => {
    expect(taken(before, after)).toEqual(expected)
  })

  test('whatever it says, where it is not understood and not the same', () => {
    const line = 'its inline policy, a part of which ssofile cannot analyze'
    expect(weighContents(odd, permissionSetOf(allow('*'))).takesAway).toEqual([line])
    expect(weighContents(permissionSetOf(allow('s3:*')), odd).takesAway).toEqual([line])
    expect(weighContents(odd, { ...odd, inlinePolicy: odd.inlinePolicy.replace(',', ' , ') }).takesAway).toEqual([])
  })

  test('something wherever a comparison by the names of actions says that one is lost', () => {
    const names = ['s3:GetObject', 's3:PutObject', 'iam:PassRole', 'iam:GetRole']
    const catalog = new Map(names.map((name) => [name.toLowerCase(), { name, level: 'Read' as const }]))
    const pattern = fc.constantFrom('*', 's3:*', 's3:Get*', '*:Get*', 'iam:*', 'iam:PassRole', 's3:?utObject')
    const statement = fc
      .record({ effect: fc.constantFrom('Allow', 'Deny'), key: fc.constantFrom('Action', 'NotAction'), pattern })
      .map((given): Given => ({ Effect: given.effect, [given.key]: given.pattern, Resource: '*' }))
    const policy = fc.array(statement, { maxLength: 4 })
    fc.assert(
      fc.property(policy, policy, (before, after) => {
        const { lost } = comparePermissions(
          { before: permissionSetOf(...before), after: permissionSetOf(...after) },
          catalog,
        )
        return lost.length === 0 || taken(before, after).length > 0
      }),
      { numRuns: 500 },
    )
  })
})

describe('policies by name', () => {
  const own = { ...noPolicies, customerManagedPolicies: [{ Name: 'base', Path: '/ops/' }] }

  test('are taken away by name, unless everything is allowed then', () => {
    expect(weighContents(managed(readOnly), own).takesAway).toEqual([
      readOnly,
      'whatever customer managed policy /ops/base denies, which ssofile cannot know',
    ])
    expect(weighContents(managed(readOnly, billing), managed(viewOnly, billing)).takesAway).toEqual([readOnly])
    expect(weighContents(own, managed(readOnly)).takesAway).toEqual(['customer managed policy /ops/base'])
    expect(weighContents(own, managed(administrator)).takesAway).toEqual([])
    const s3 = ['ReadOnly', 'Full'].map((one) => managed(`arn:aws-cn:iam::aws:policy/AmazonS3${one}Access`))
    const [reads = noPolicies, does = noPolicies] = s3
    expect(isGrave(weighContents(reads, does))).toBe(false)
    expect(weighContents(does, reads)).toMatchObject({ takesAway: does.managedPolicyArns, mayLeaveNone: true })
    expect(weighContents(managed(readOnly), permissionSetOf(allow('*'))).takesAway).toEqual([])
  })

  test('a boundary that comes or is another one takes away what it does not allow; one that goes, nothing', () => {
    const set = managed(readOnly)
    const line = `all permissions outside the permissions boundary ${readOnly}`
    expect(weighContents(set, bounded(set)).takesAway).toEqual([line])
    expect(weighContents(bounded(set, administrator), bounded(set)).takesAway).toEqual([line])
    expect(weighContents(bounded(set), bounded(set)).takesAway).toEqual([])
    expect(weighContents(bounded(set), set).takesAway).toEqual([])
  })
})

test('no policy is left where there was one, and none allows anything any more', () => {
  const leavesNone = (before: PermissionSetPolicies, after: PermissionSetPolicies) =>
    weighContents(before, after).leavesNone
  expect(leavesNone(managed(readOnly), noPolicies)).toBe(true)
  expect(leavesNone({ ...managed(readOnly), customerManagedPolicies: [{ Name: 'base' }] }, noPolicies)).toBe(true)
  expect([leavesNone(odd, noPolicies), leavesNone(managed(readOnly), odd)]).toEqual([true, false])
  expect(leavesNone(permissionSetOf(allow('s3:*')), permissionSetOf(deny('s3:*')))).toBe(true)
  expect(leavesNone(permissionSetOf(allow('s3:*')), { ...noPolicies, inlinePolicy: '{"Statement":[]}' })).toBe(true)
  expect(leavesNone(noPolicies, noPolicies)).toBe(false)
  expect(leavesNone(permissionSetOf(deny('s3:*')), noPolicies)).toBe(false)
  expect(leavesNone(managed(readOnly), permissionSetOf(allow('s3:*')))).toBe(false)
})

test('administrators are made by everything or almost everything that is allowed, or allowed without what limited it', () => {
  const gives = (before: PermissionSetPolicies, after: PermissionSetPolicies) =>
    weighContents(before, after).givesAdministrator
  const all = managed(administrator)
  expect(gives(managed(readOnly), all)).toBe(true)
  expect(gives(noPolicies, permissionSetOf(allow('*')))).toBe(true)
  expect(gives(all, permissionSetOf(allow('*')))).toBe(false)
  expect(gives(bounded(all), all)).toBe(true)
  expect(gives(all, bounded(all))).toBe(false)
  expect(gives(bounded(all), bounded(all))).toBe(false)
  expect(gives(bounded(all), bounded(all, administrator))).toBe(true)
  expect(gives(bounded(all, administrator), bounded(all))).toBe(true)
  expect(gives(bounded(managed(readOnly)), bounded(managed(readOnly), administrator))).toBe(false)
  expect(gives(permissionSetOf(allow('*'), deny('iam:*')), permissionSetOf(allow('*')))).toBe(true)
  expect(gives(permissionSetOf(allow('*'), deny('iam:*')), permissionSetOf(allow('*'), deny(['iam:*', 's3:*'])))).toBe(
    false,
  )
  expect(gives(noPolicies, managed('arn:aws:iam::aws:policy/PowerUserAccess'))).toBe(false)
  expect(gives(noPolicies, permissionSetOf({ ...allow('*'), Condition: {} }))).toBe(true)
  expect(gives(noPolicies, permissionSetOf(allBut(['a4b:ApproveSkill'])))).toBe(true)
  expect(gives(noPolicies, permissionSetOf({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::none' }))).toBe(
    true,
  )
  expect(gives(all, permissionSetOf(allBut(['a4b:ApproveSkill'])))).toBe(false)
  const withFactor = permissionSetOf({ ...allow('*'), Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })
  expect(gives(noPolicies, withFactor)).toBe(true)
  expect([gives(withFactor, permissionSetOf(allow('*'))), gives(all, withFactor)]).toEqual([true, false])
})

test('a change that only adds, and makes no administrators, is not grave', () => {
  expect(
    isGrave(weighContents(managed(readOnly), { ...permissionSetOf(allow('s3:*')), managedPolicyArns: [readOnly] })),
  ).toBe(false)
  expect(isGrave(weighContents(managed(readOnly), noPolicies))).toBe(true)
  expect(isGrave(weighContents(managed(readOnly), permissionSetOf(allow('s3:*'))))).toBe(true)
  expect(isGrave(weighContents(noPolicies, managed(administrator)))).toBe(true)
})

describe('the effect of a change', () => {
  const weigh = (before: PermissionSetPolicies, after: PermissionSetPolicies) => {
    const { leavesNone, mayLeaveNone } = weighContents(before, after)
    return leavesNone ? 'takes almost all' : mayLeaveNone ? 'may take almost all' : 'leaves something'
  }
  const beside = (set: PermissionSetPolicies, ...arns: readonly string[]): PermissionSetPolicies => ({
    ...set,
    managedPolicyArns: [...set.managedPolicyArns, ...arns.map((name) => `arn:aws:iam::aws:policy/${name}`)],
  })
  const owned = (set: PermissionSetPolicies) => ({ ...set, customerManagedPolicies: [{ Name: 'base' }] })
  const s3 = permissionSetOf(allow('s3:*'))
  const wide = managed(readOnly, billing)
  const plus = (set: PermissionSetPolicies, ...statements: readonly Given[]) => ({
    ...permissionSetOf(...statements),
    managedPolicyArns: set.managedPolicyArns,
  })
  const when = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } })
  const except = { Resource: undefined, NotResource: '*' }
  const ops = when('StringEquals', 'aws:PrincipalTag/team', 'ops')
  const elsewhere = when('StringNotEquals', 'aws:RequestedRegion', 'eu-central-1')
  const nobody = when('StringEquals', 'aws:PrincipalTag/team', 'nobody')

  test.each<[string, PermissionSetPolicies, PermissionSetPolicies]>([
    ['AWSDenyAll', wide, beside(wide, 'AWSDenyAll')],
    ['AWSDenyAll beside AdministratorAccess', managed(administrator), beside(managed(administrator), 'AWSDenyAll')],
    ['a policy of AWS that denies all but a few actions', s3, beside(s3, 'root-task/S3UnlockBucketPolicy')],
    ['a denial of everything', wide, plus(wide, deny('*'))],
    [
      'a denial of everything but one action',
      wide,
      plus(wide, { Effect: 'Deny', NotAction: 'sts:GetCallerIdentity', Resource: '*' }),
    ],
    [
      'a denial of everything on all but one resource',
      wide,
      plus(wide, { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::x' }),
    ],
    [
      'two denials that are everything together',
      wide,
      plus(wide, deny('s3:*'), { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }),
    ],
    [
      'denials of all that the set allows',
      permissionSetOf(allow(['s3:*', 'ec2:*'])),
      permissionSetOf(allow(['s3:*', 'ec2:*']), deny('s3:*'), deny('ec2:*')),
    ],
    [
      'denials of each resource',
      permissionSetOf(allow('s3:*', both)),
      permissionSetOf(allow('s3:*', both), deny('s3:*', one), deny('s3:*', { Resource: 'arn:aws:s3:::two/*' })),
    ],
    ['one harmless action in place of policies', wide, permissionSetOf(allow('sts:GetCallerIdentity'))],
    [
      'one harmless action in place of everything',
      permissionSetOf(allow('*')),
      permissionSetOf(allow('s3:ListAllMyBuckets')),
    ],
    ['one action of the same service', s3, permissionSetOf(allow('s3:ListAllMyBuckets'))],
    ['the loss of all policies', owned(wide), noPolicies],
    [
      'the loss of all beside a denial of nothing',
      plus(noPolicies, allow('*'), { ...deny('*'), ...except }),
      noPolicies,
    ],
  ])('takes almost all by %s', (_, before, after) => {
    expect(weigh(before, after)).toBe('takes almost all')
  })

  test.each<[string, PermissionSetPolicies, PermissionSetPolicies]>([
    ['a customer managed policy', wide, owned(wide)],
    ['a policy of AWS that the list lacks', wide, beside(wide, 'PolicyOfNextYear')],
    [
      "AWS's quarantine policy",
      managed(administrator),
      beside(managed(administrator), 'AWSCompromisedKeyQuarantineV3'),
    ],
    ["AWS's first quarantine policy", wide, beside(wide, 'AWSCompromisedKeyQuarantine')],
    ['a condition that may never be true', s3, permissionSetOf(allow('s3:*', nobody))],
    [
      'a denial on a condition that may always be true',
      wide,
      plus(wide, deny('*', when('StringNotEquals', 'aws:PrincipalTag/team', 'nobody'))),
    ],
    ['a denial outside a network', wide, plus(wide, deny('*', when('NotIpAddress', 'aws:SourceIp', '192.0.2.30/24')))],
    [
      'a denial outside a Region that may not exist',
      wide,
      plus(wide, deny('*', when('StringNotEquals', 'aws:RequestedRegion', 'frankfurt'))),
    ],
    ['another resource', s3, permissionSetOf(allow('s3:*', one))],
    ['another policy of AWS in place of all', managed(readOnly), managed(viewOnly)],
    ['a boundary', wide, bounded(wide)],
    ['a policy that is not understood', wide, { ...wide, ...odd }],
    [
      'the loss of the only condition that may ever have held',
      permissionSetOf(allow('s3:*', nobody), allow('ec2:*', ops)),
      permissionSetOf(allow('s3:*', nobody)),
    ],
    [
      'the loss of all that no condition may have denied',
      permissionSetOf(allow(['s3:*', 'ec2:*']), deny('s3:*', nobody)),
      permissionSetOf(allow('s3:*'), deny('s3:*', nobody)),
    ],
    [
      'a denial in the only Regions that were allowed',
      permissionSetOf(allow('s3:*', elsewhere)),
      permissionSetOf(allow('s3:*', elsewhere), deny('s3:*', elsewhere)),
    ],
  ])('may take almost all by %s', (_, before, after) => {
    expect(weigh(before, after)).toBe('may take almost all')
  })

  const regions = when('StringNotEquals', 'aws:RequestedRegion', ['eu-central-1', 'eu-west-1'])
  test.each<[string, PermissionSetPolicies, PermissionSetPolicies]>([
    ['another action', s3, permissionSetOf(allow(['s3:*', 'ec2:Describe*']))],
    ['ReadOnlyAccess beside others', managed(billing), wide],
    ['a policy of AWS that denies one action', wide, beside(wide, 'AmazonConnectReadOnlyAccess')],
    ['the loss of one policy of two', wide, managed(readOnly)],
    [
      'a denial of other Regions',
      wide,
      plus(wide, { Effect: 'Deny', NotAction: ['iam:*', 'sts:*'], Resource: '*', ...regions }),
    ],
    [
      'a denial without a second factor',
      wide,
      plus(wide, deny('*', when('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'))),
    ],
    ['a denial without TLS', wide, plus(wide, deny('*', when('Bool', 'aws:SecureTransport', 'false')))],
    ['a denial of what has a tag', wide, plus(wide, deny('*', when('StringEquals', 'aws:ResourceTag/secret', 'yes')))],
    [
      'the loss of one condition beside more that is allowed without any',
      permissionSetOf(allow('s3:*'), allow('iam:PassRole', ops)),
      s3,
    ],
    ['a denial of one action', s3, permissionSetOf(allow('s3:*'), deny('s3:DeleteBucket'))],
    ['a denial of one service', wide, plus(wide, deny('organizations:*'))],
    ['a denial of some resources', s3, permissionSetOf(allow('s3:*'), deny('s3:*', one))],
    ['narrower actions', s3, permissionSetOf(allow(['s3:Get*', 's3:List*']))],
    ['more than before', managed(readOnly), managed('arn:aws:iam::aws:policy/PowerUserAccess')],
    ['everything', owned(wide), managed(administrator)],
    ['the end of a denial', beside(wide, 'AWSDenyAll'), wide],
    ['what was denied before', beside(wide, 'AWSDenyAll'), beside(managed(readOnly), 'AWSDenyAll')],
    ['a new set', noPolicies, s3],
    ['a denial of everything but everything', s3, plus(noPolicies, allow('s3:*'), { ...deny('*'), ...except })],
  ])('leaves something by %s', (_, before, after) => {
    expect(weigh(before, after)).toBe('leaves something')
  })

  test('is told as a loss for each policy that denies, and not for a denial of what nobody had', () => {
    expect(weighContents(wide, beside(wide, 'AWSDenyAll')).takesAway).toEqual([
      'whatever arn:aws:iam::aws:policy/AWSDenyAll denies',
    ])
    expect(weighContents(wide, owned(wide)).takesAway).toEqual([
      'whatever customer managed policy /base denies, which ssofile cannot know',
    ])
    expect(taken([allow('s3:*')], [allow('s3:*'), deny('ec2:*')])).toEqual([])
    expect(weighContents(s3, beside(s3, 'AmazonConnectReadOnlyAccess')).takesAway).toEqual([])
  })

  test('makes administrators again if a policy beside their rights is gone that may have denied', () => {
    const gives = (before: PermissionSetPolicies, after: PermissionSetPolicies) =>
      weighContents(before, after).givesAdministrator
    const all = managed(administrator)
    expect([gives(beside(all, 'AWSDenyAll'), all), gives(owned(all), all)]).toEqual([true, true])
    expect([gives(beside(all, 'ReadOnlyAccess'), all), gives(all, owned(all))]).toEqual([false, false])
  })

  test.each(Object.keys(effects.statements))(
    'of adding %s is a loss for administrators if AWS denies anything in it',
    (path) => {
      const statements = readPolicyStatements(new Map(Object.entries(effects.statements)).get(path)).statements
      const all = managed(administrator)
      const { takesAway } = weighContents(all, beside(all, path))
      expect(takesAway.length > 0).toBe(statements.some(({ effect }) => effect === 'Deny'))
    },
  )
})

describe("over drawn policies, an independent evaluator of IAM's rules", () => {
  const actions = [
    's3:GetObject',
    's3:PutObject',
    's3:ListBucket',
    'iam:PassRole',
    'iam:GetRole',
    'ec2:RunInstances',
    'lambda:InvokeFunction',
  ]
  const resources = ['one', 'two', 'three', 'four'].map((one) => `arn:aws:s3:::${one}/a`).concat('arn:aws:ec2:::x')
  const regions = ['eu-central-1', 'us-east-1']
  const requests = actions.flatMap((action) =>
    resources.flatMap((resource) => regions.map((region) => ({ action, resource, region }))),
  )
  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      action: fc.tuple(
        fc.constantFrom('Action', 'NotAction'),
        fc.array(fc.constantFrom('*', 's3:*', 's3:Get*', 'iam:*', 'iam:PassRole', 'ec2:*', 's3:?utObject'), {
          minLength: 1,
          maxLength: 3,
        }),
      ),
      resource: fc.tuple(
        fc.constantFrom('Resource', 'Resource', 'NotResource'),
        fc.constantFrom('*', 'arn:aws:s3:::one/*', 'arn:aws:s3:::t*', 'arn:aws:s3:::*'),
      ),
      Condition: fc.constantFrom<Conditions>(
        { StringEquals: { 'aws:PrincipalTag/team': 'ops' } },
        { StringNotEquals: { 'aws:PrincipalTag/team': 'ops' } },
        { StringNotEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
      ),
    },
    { requiredKeys: ['Effect', 'action', 'resource'] },
  )
  const policy = fc.array(statement, { maxLength: 4 }).map((drawn) =>
    drawn.map(({ Effect, action: [a, named], resource: [r, resource], Condition }) => ({
      Effect: Effect === 'Deny' ? ('Deny' as const) : ('Allow' as const),
      [a]: named,
      [r]: resource,
      ...(Condition && { Condition }),
    })),
  )
  /** IAM's rules, written again without the product's code. (IAM User Guide, "Policy evaluation logic".) */
  type Drawn = Partial<Record<'Action' | 'NotAction' | 'Resource' | 'NotResource' | 'Effect', unknown>> & {
    readonly Condition?: Conditions
  }
  const fits = (patterns: unknown, value: string) =>
    [patterns].flat().some((pattern) => {
      const expression = String(pattern).replaceAll('*', '.*').replaceAll('?', '.')
      return new RegExp(`^${expression}$`, 'i').test(value)
    })
  const applies = (one: Drawn, { action, resource, region }: (typeof requests)[number], team: string) =>
    (one.NotAction === undefined ? fits(one.Action, action) : !fits(one.NotAction, action)) &&
    (one.NotResource === undefined ? fits(one.Resource, resource) : !fits(one.NotResource, resource)) &&
    Object.entries(one.Condition ?? {}).every(([operator, tests]) =>
      Object.entries(tests).every(
        ([key, wanted]) =>
          ((key === 'aws:RequestedRegion' ? region : team) === wanted) === (operator === 'StringEquals'),
      ),
    )
  const listAllowed = (statements: readonly Drawn[], team: string) =>
    requests.filter((request) => {
      const effects = statements.filter((one) => applies(one, request, team)).map(({ Effect }) => Effect)
      return effects.includes('Allow') && !effects.includes('Deny')
    })

  test('counts what a denial by NotResource spared as something that can be lost', () => {
    const [deny, allow] = [
      { Effect: 'Deny' as const, Action: ['*'], NotResource: 'arn:aws:s3:::one/*' },
      { Effect: 'Allow' as const, Action: ['*'], Resource: '*' },
    ]
    expect(weighContents(permissionSetOf(deny, allow), permissionSetOf())).toMatchObject({ leavesNone: true })
    const same = weighContents(permissionSetOf(deny, allow), permissionSetOf(deny, allow))
    expect(same).toMatchObject({ leavesNone: false, mayLeaveNone: false, takesAway: [] })
  })

  // The same draws each time: a rare pair of policies is no reason to stop work on something else. For new ones, take the seed out.
  test('finds no lost request that the answer does not tell, and never nothing left where the answer says that something is', () => {
    fc.assert(
      fc.property(policy, policy, fc.constantFrom('ops', 'none'), fc.boolean(), (before, drawn, team, isAdded) => {
        const after = isAdded ? [...before, ...drawn] : drawn
        const [was, is] = [listAllowed(before, team), listAllowed(after, team)]
        const change = weighContents(permissionSetOf(...before), permissionSetOf(...after))
        const lost = was.filter((request) => !is.includes(request))
        if (lost.length > 0 && change.takesAway.length === 0) return false
        return was.length === 0 || is.length > 0 || change.leavesNone || change.mayLeaveNone
      }),
      { numRuns: runsOf(1_000), seed: 20_261_201 },
    )
  })
})
