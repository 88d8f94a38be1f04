import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ActionCatalog, KnownAction } from '../../../../shared/domain/iam-policies/access-level.ts'
import { comparePermissions, type PolicyText } from '../../../../shared/domain/iam-policies/compare-permissions.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { PermissionsBoundary } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { matchesAction } from '../../../../shared/domain/text/glob.ts'
import { runsOf } from '../../../depth.ts'
import { slowed } from '../../../slowness.ts'
import { allow, deny, type Given, permissionSetOf } from '../permission-set-of.ts'

const known: readonly KnownAction[] = [
  { name: 's3:GetObject', level: 'Read' },
  { name: 's3:GetObjectAcl', level: 'Read' },
  { name: 's3:PutObject', level: 'Write' },
  { name: 's3:PutObjectTagging', level: 'Tagging' },
  { name: 's3:ListBucket', level: 'List' },
  { name: 'iam:PassRole', level: 'Write' },
  { name: 'iam:PutRolePolicy', level: 'Permissions management' },
]
const catalog: ActionCatalog = new Map(known.map((one) => [one.name.toLowerCase(), one]))

function compare(before: readonly Given[], after: readonly Given[]) {
  const { gained, lost, changed, warnings } = comparePermissions(
    { before: permissionSetOf(...before), after: permissionSetOf(...after) },
    catalog,
  )
  const names = (actions: readonly KnownAction[]) => actions.map(({ name }) => name)
  return {
    gained: names(gained),
    lost: names(lost),
    changed: changed.map(({ name, what }) => [name, ...what]),
    warnings,
  }
}
const nothing = { gained: [], lost: [], changed: [], warnings: [] }

describe('actions of an inline policy', () => {
  test('are gained and lost by name, the gravest first, and unlike AWS’s own list in the case they are written in', () => {
    expect(compare([allow('S3:getobject')], [allow(['s3:*Object', 'iam:Put*'])])).toMatchObject({
      gained: ['iam:PutRolePolicy', 's3:PutObject'],
      lost: [],
    })
    expect(compare([allow('s3:*')], [allow('s3:Get*')])).toMatchObject({
      lost: ['s3:PutObject', 's3:PutObjectTagging', 's3:ListBucket'],
    })
  })

  test('that a wildcard in the middle or a question mark names are found', () => {
    expect(compare([], [allow(['s3:Get*Acl', 's3:?istBucket', '?3:PutObject', '*:Pass*'])]).gained).toEqual([
      ...['iam:PassRole', 's3:PutObject', 's3:GetObjectAcl', 's3:ListBucket'],
    ])
  })

  test('that are lost, and that change, come the gravest first, too', () => {
    const [both, limited] = [allow(['s3:*Object', 'iam:Put*']), allow(['s3:*Object', 'iam:Put*'], { Resource: 'a' })]
    const gravest = ['iam:PutRolePolicy', 's3:PutObject', 's3:GetObject']
    expect(compare([both], []).lost).toEqual(gravest)
    expect(compare([both], [limited]).changed).toEqual(gravest.map((name) => [name, 'resources']))
  })

  test('that AWS does not describe are told as they are written, with a level that is not known', () => {
    const { gained } = comparePermissions({ after: permissionSetOf(allow(['new:Thing', 'newer:*'])) }, catalog)
    expect(gained).toEqual([
      { name: 'new:thing', level: 'unknown' },
      { name: 'newer:*', level: 'unknown' },
    ])
  })

  test('are not allowed where a statement denies them on every resource, and are gained when that goes', () => {
    const both = [allow('s3:*'), deny('s3:Put*')]
    expect(compare([], both).gained).toEqual(['s3:GetObject', 's3:GetObjectAcl', 's3:ListBucket'])
    expect(compare(both, [allow('s3:*')])).toMatchObject({ gained: ['s3:PutObject', 's3:PutObjectTagging'], lost: [] })
  })

  test('that are denied somewhere or at times stay allowed, and a change of that is told', () => {
    const elsewhere = deny('s3:PutObject', { Resource: 'arn:aws:s3:::ledger/*' })
    expect(compare([allow('s3:PutObject')], [allow('s3:PutObject'), elsewhere])).toEqual({
      ...nothing,
      changed: [['s3:PutObject', 'denials']],
    })
    const atTimes = deny('s3:PutObject', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } })
    expect(compare([allow('s3:PutObject'), atTimes], [allow('s3:PutObject')])).toEqual({
      ...nothing,
      changed: [['s3:PutObject', 'denials']],
    })
  })

  test('of NotAction are all but those named, with a warning', () => {
    const not = { Effect: 'Allow', NotAction: ['iam:*', 's3:Put*'], Resource: '*' }
    expect(compare([], [not])).toMatchObject({
      gained: ['s3:GetObject', 's3:GetObjectAcl', 's3:ListBucket'],
      warnings: [expect.stringMatching(/^NotAction in a statement that allows/)],
    })
  })

  test('that NotAction denies are all but those named', () => {
    expect(compare([], [allow('s3:*'), { Effect: 'Deny', NotAction: 's3:Get*', Resource: '*' }]).gained).toEqual([
      's3:GetObject',
      's3:GetObjectAcl',
    ])
  })
})

describe('told, and never as nothing, is', () => {
  const bucket = 'arn:aws:s3:::one/*'
  const office = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }
  test.each<[string, Given, Given, string]>([
    ['a narrowed condition', allow('s3:GetObject'), allow('s3:GetObject', { Condition: office }), 'conditions'],
    [
      'a condition with another value',
      allow('s3:GetObject', { Condition: office }),
      allow('s3:GetObject', { Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }),
      'conditions',
    ],
    ['a wider resource', allow('s3:GetObject', { Resource: bucket }), allow('s3:GetObject'), 'resources'],
    [
      'NotResource',
      allow('s3:GetObject', { Resource: bucket }),
      { Effect: 'Allow', Action: 's3:GetObject', NotResource: bucket },
      'resources',
    ],
  ])('%s', (_, before, after, what) => {
    expect(compare([before], [after])).toEqual({ ...nothing, changed: [['s3:GetObject', what]] })
    expect(compare([after], [before])).toEqual({ ...nothing, changed: [['s3:GetObject', what]] })
  })

  test('another resource and another condition at once', () => {
    const [before, after] = [allow('s3:GetObject', { Resource: bucket }), allow('s3:GetObject', { Condition: office })]
    expect(compare([before], [after]).changed).toEqual([['s3:GetObject', 'resources', 'conditions']])
  })

  test('two resources that exchange their conditions', () => {
    const [one, other] = [{ Resource: 'a' }, { Resource: 'b' }].map(
      (more) => (isOffice: boolean) => allow('s3:GetObject', { ...more, ...(isOffice && { Condition: office }) }),
    )
    if (!one || !other) throw new Error('no statements')
    expect(compare([one(true), other(false)], [one(false), other(true)]).changed).toEqual([
      ['s3:GetObject', 'conditions'],
    ])
  })

  test('a policy with an element that is not understood', () => {
    expect(compare([allow('s3:*')], [allow('s3:*', { Principal: '*' })])).toEqual({
      ...nothing,
      warnings: [expect.stringContaining('cannot analyze')],
    })
  })
})

describe('no change is', () => {
  test.each<[string, readonly Given[], readonly Given[]]>([
    [
      'another order of statements, actions and resources',
      [allow(['s3:GetObject', 's3:PutObject'], { Resource: ['a', 'b'] })],
      [allow('s3:PutObject', { Resource: ['b', 'a'] }), allow('s3:GetObject', { Resource: ['a', 'b'] })],
    ],
    [
      'another Sid, and one action as a list',
      [allow('s3:GetObject', { Sid: 'A' })],
      [allow(['s3:GetObject'], { Sid: 'B' })],
    ],
    ['other capitals in an action', [allow('s3:GetObject')], [allow('S3:GETOBJECT')]],
    ['an empty condition', [allow('s3:GetObject')], [allow('s3:GetObject', { Condition: {} })]],
    [
      'a narrower statement beside one without limits',
      [allow('s3:GetObject')],
      [
        allow('s3:GetObject'),
        allow('s3:Get*', { Resource: 'a' }),
        deny('iam:*'),
        allow('s3:GetObjectAcl', { Effect: 'Deny' }),
      ],
    ],
    [
      'another order of statements about different resources',
      [allow('s3:GetObject', { Resource: 'a' }), allow('s3:GetObject', { Resource: 'b' })],
      [allow('s3:GetObject', { Resource: 'b' }), allow('s3:GetObject', { Resource: 'a' })],
    ],
    ['a denial of what nothing allows', [], [deny('s3:GetObject', { Resource: 'a' })]],
    ['several stars for one', [allow('s3:*')], [allow('s3:***')]],
  ])('%s', (_, before, after) => {
    expect(compare(before, after)).toEqual(nothing)
  })

  test('a policy compared with itself, whatever it says', () => {
    const pattern = fc.constantFrom('*', 's3:*', 's3:Get*', 's3:*Object*', 'iam:PassRole', 'x:y')
    const one = fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.array(pattern, { minLength: 1, maxLength: 3 }),
      Resource: fc.constantFrom('*', 'a'),
    })
    fc.assert(fc.property(fc.array(one, { maxLength: 4 }), (some) => expect(compare(some, some)).toEqual(nothing)))
  })
})

describe('warned of is', () => {
  const warningsOf = (...after: readonly Given[]) => compare([], after).warnings
  test('every action, iam:PassRole, and what manages permissions', () => {
    expect(warningsOf(allow('*'))).toEqual([
      expect.stringMatching(/^it allows every action \(\*\)/),
      expect.stringMatching(/^iam:PassRole: /),
      expect.stringMatching(/^1 of the actions manage permissions, for instance iam:PutRolePolicy/),
    ])
    expect(warningsOf(deny('*'))).toEqual([])
    expect(warningsOf(allow(['s3:*', '*:Get*']))).toEqual([])
  })

  test.each([[['s3:Get*', '*']], ['*:*'], ['**:**']])(
    'every action, written as %j beside what was there',
    (actions) => {
      const before = allow('s3:*')
      expect(compare([before], [before, allow(actions)]).warnings[0]).toMatch(/^it allows every action/)
    },
  )

  test('only what is new: a star that was there before is not told again', () => {
    expect(compare([allow('*')], [allow('*'), allow('s3:*')])).toEqual(nothing)
  })

  test('a looser condition of iam:PassRole', () => {
    const Condition = { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }
    expect(compare([allow('iam:PassRole', { Condition })], [allow('iam:PassRole')]).warnings).toEqual([
      expect.stringMatching(/^iam:PassRole/),
    ])
  })

  test('AdministratorAccess; other managed policies are told by ARN', () => {
    const aws = 'arn:aws:iam::aws:policy'
    const policies = [`${aws}/AdministratorAccess`, `${aws}/ReadOnlyAccess`, `${aws}/AdministratorAccess-Amplify`]
    const all = policies.toReversed()
    const after = { ...permissionSetOf(), managedPolicyArns: all, customerManagedPolicies: [{ Name: 'ours' }] }
    expect(
      comparePermissions({ before: { ...permissionSetOf(), managedPolicyArns: policies.slice(1, 2) }, after }, catalog),
    ).toMatchObject({
      policiesGained: [policies[0], policies[2], 'customer managed /ours'],
      policiesLost: [],
      warnings: [expect.stringContaining('AdministratorAccess allows every action')],
    })
  })

  test('a boundary that comes, with what it does not bound, and one that goes', () => {
    const permissionsBoundary: PermissionsBoundary = { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' }
    const bounded = { ...permissionSetOf(), permissionsBoundary }
    expect(comparePermissions({ before: permissionSetOf(), after: bounded }, catalog).warnings).toEqual([
      expect.stringMatching(/does not limit what resource policies grant.*service-linked roles cannot have one$/),
    ])
    expect(comparePermissions({ before: bounded, after: permissionSetOf() }, catalog).warnings).toEqual([
      expect.stringMatching(/^the permissions boundary is removed/),
    ])
    expect(comparePermissions({ before: bounded, after: bounded }, catalog).warnings).toEqual([])
    const other = { ...bounded, permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' } }
    const stays = /^actions outside the permissions boundary stay refused/
    const warnings = [permissionSetOf(), other, { ...bounded, ...permissionSetOf(allow('s3:*')) }].map(
      (before) => comparePermissions({ before, after: bounded }, catalog).warnings,
    )
    expect(warnings).toEqual([
      [expect.stringMatching(stays)],
      [expect.stringMatching(/^another permissions boundary; actions outside the permissions boundary/)],
      [expect.stringMatching(stays)],
    ])
  })
})

test('a pattern names an action as a regular expression would, and no pattern takes long', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (one, action) => {
      const expression = new RegExp(`^${one.replaceAll('*', '.*').replaceAll('?', '.')}$`)
      expect(matchesAction(one, action)).toBe(expression.test(action))
    }),
    { numRuns: runsOf(1_000) },
  )
  expect(matchesAction(`${'*a'.repeat(5_000)}b`, 'a'.repeat(64))).toBe(false)
})

test('a policy of AWS that denies is told apart from what is gained, and what it takes is lost', () => {
  const denyAll = 'arn:aws:iam::aws:policy/AWSDenyAll'
  const before = permissionSetOf(allow('s3:GetObject'))
  const after = { ...before, managedPolicyArns: [denyAll, 'arn:aws:iam::aws:policy/ReadOnlyAccess'] }
  expect(comparePermissions({ before, after }, catalog)).toMatchObject({
    lost: [{ name: 's3:GetObject' }],
    policiesGained: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    policiesDenying: [denyAll],
  })
})

describe('managed policies that were read', () => {
  const account = accountId.parse('200000000001')
  const [reads, writes] = ['arn:aws:iam::aws:policy/Reads', 'customer managed /team/writes']
  const text = (...Statement: readonly Given[]) => ({ document: JSON.stringify({ Statement }), account })
  const customer = [{ Name: 'writes', Path: '/team/' }]
  const compareRead = (
    before: object,
    after: object,
    texts: ReadonlyMap<string, PolicyText> = new Map([
      [reads, text(allow('s3:Get*'))],
      [writes, text(allow('s3:Put*'))],
    ]),
  ) =>
    comparePermissions(
      { before: { ...permissionSetOf(), ...before }, after: { ...permissionSetOf(), ...after }, texts },
      catalog,
    )

  test('count as the inline policy does: what they allow is gained and lost by name', () => {
    const told = compareRead({ managedPolicyArns: [reads] }, { customerManagedPolicies: customer })
    expect(told).toMatchObject({
      gained: [{ name: 's3:PutObject' }, { name: 's3:PutObjectTagging' }],
      lost: [{ name: 's3:GetObject' }, { name: 's3:GetObjectAcl' }],
      policiesGained: [writes],
      policiesLost: [reads],
      policiesRead: [
        { name: reads, account },
        { name: writes, account },
      ],
      policiesNotRead: [],
    })
  })

  test('nothing is gained that a policy which stays allows, nor lost that one which comes allows', () => {
    const inline = permissionSetOf(allow(['s3:GetObject', 'iam:PassRole']))
    const kept = compareRead({ managedPolicyArns: [reads] }, { ...inline, managedPolicyArns: [reads] })
    expect(kept).toMatchObject({ gained: [{ name: 'iam:PassRole' }], lost: [], policiesGained: [], changed: [] })
    const moved = compareRead(permissionSetOf(allow('s3:Get*')), { managedPolicyArns: [reads] })
    expect(moved).toMatchObject({ gained: [], lost: [], changed: [], policiesGained: [reads] })
  })

  test('deny, and are warned of, as the inline policy does', () => {
    const texts = new Map([[reads, text(deny('s3:*'))]])
    const inline = permissionSetOf(allow('s3:GetObject'))
    expect(compareRead(inline, { ...inline, managedPolicyArns: [reads] }, texts)).toMatchObject({
      gained: [],
      lost: [{ name: 's3:GetObject' }],
      policiesGained: [],
      policiesDenying: [reads],
    })
    const all = new Map([[reads, text(allow('*'))]])
    expect(compareRead({}, { managedPolicyArns: [reads] }, all).warnings).toContain(
      'it allows every action (*), also those that AWS adds later',
    )
  })

  test('make nothing clear beside an inline policy that is not understood', () => {
    const odd = permissionSetOf(allow('s3:*', { Principal: '*' }))
    expect(compareRead({}, { ...odd, managedPolicyArns: [reads] })).toMatchObject({
      ...{ gained: [], lost: [], changed: [] },
      warnings: ['ssofile cannot analyze a part of the inline policy: read the policy yourself'],
    })
  })

  test('those that were not read are told with the reason, and nothing is made of them', () => {
    const why = `account ${account} has no such policy`
    expect(compareRead({}, { managedPolicyArns: [reads] }, new Map([[reads, { why }]]))).toMatchObject({
      gained: [],
      policiesGained: [reads],
      policiesRead: [],
      policiesNotRead: [{ name: reads, why }],
    })
  })

  test('a policy as large as ReadOnlyAccess, of 1,600 patterns, is compared with 22,400 actions in less than a second', () => {
    const services = Array.from({ length: 400 }, (_, index) => `service-${index}`)
    const actions = services.flatMap((one) => ['Get', 'List', 'Put', 'Describe'].map((verb) => `${one}:${verb}`))
    const many: ActionCatalog = new Map(
      actions.flatMap((action) =>
        Array.from({ length: 14 }, (_, index) => {
          const known: KnownAction = { name: `${action}${index}`, level: 'Read' }
          return [known.name.toLowerCase(), known] as const
        }),
      ),
    )
    const texts = new Map([[reads, text(allow(actions.map((action) => `${action}*`)))]])
    const after = { ...permissionSetOf(), managedPolicyArns: [reads] }
    const startMs = performance.now()
    expect(comparePermissions({ after, texts }, many).gained).toHaveLength(22_400)
    expect(performance.now() - startMs).toBeLessThan(slowed(1_000))
  })
})
