import { describe, expect, test } from '@jest/globals'
import type { ActionCatalog } from '../../../../../shared/domain/iam-policies/access-level.ts'
import {
  noUsage,
  type ServiceUse,
  type SetUsage,
  usageOf,
} from '../../../../../shared/domain/iam-policies/set-usage.ts'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import { judgeManagedUse, reducePolicy } from '../../../../../shared/modules/credentials/rules/suggest-policy.ts'

const now = new Date('2026-03-03T10:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000)
const account = accountId.parse('200000000001')
const catalog: ActionCatalog = new Map(
  ['s3:CreateBucket', 's3:DeleteBucket', 's3:GetObject', 's3:PutObject', 'sqs:SendMessage', 'ec2:RunInstances'].map(
    (name) => [name.toLowerCase(), { name, level: 'Write' as const }],
  ),
)
/** S3 is used, and of its tracked actions one; nobody uses SQS and EC2. */
const usage = usageOf(
  [
    {
      name: 'Amazon S3',
      namespace: 's3',
      lastUsedAt: ago(2),
      actions: [
        { name: 'CreateBucket', lastUsedAt: ago(2) },
        { name: 'DeleteBucket', lastUsedAt: undefined },
      ],
    },
    { name: 'Amazon SQS', namespace: 'sqs', actions: [] },
    { name: 'Amazon EC2', namespace: 'ec2', lastUsedAt: ago(120), actions: [] },
  ],
  { account, madeAt: ago(300), asOf: now },
)
const use = { usage, days: 90, catalog }
const render = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const allow = (Action: string | readonly string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
})

function reduce(document: string, of: SetUsage = usage) {
  const reduced = reducePolicy(document, { ...use, usage: of })
  return reduced && { ...reduced, document: reduced.document && JSON.parse(reduced.document) }
}
const actionsOf = (document: string, of?: SetUsage) =>
  reduce(document, of)?.document?.Statement.map(({ Action }: { readonly Action: unknown }) => Action)

test.each([
  { name: 'of services that nobody used', actions: ['sqs:SendMessage', 'ec2:*'], left: undefined },
  { name: 'of a service that is used', actions: ['s3:GetObject', 'S3:Put*'], left: [['s3:GetObject', 'S3:Put*']] },
  { name: 'that is tracked and unused', actions: ['s3:DeleteBucket', 's3:CreateBucket'], left: [['s3:CreateBucket']] },
  {
    name: 'with a wildcard that has an unused one',
    actions: ['s3:*'],
    left: [['s3:CreateBucket', 's3:GetObject', 's3:PutObject']],
  },
  { name: 'with a wildcard of unused ones only', actions: ['s3:Delete*', 's3:Get*'], left: [['s3:Get*']] },
  {
    name: 'that is everything',
    actions: ['*'],
    left: [['s3:CreateBucket', 's3:GetObject', 's3:PutObject']],
  },
  { name: 'of a service that IAM does not tell of', actions: ['new:Thing'], left: [['new:Thing']] },
  { name: 'with a wildcard in the service', actions: ['s*:Get*'], left: [['s*:Get*']] },
])('of an action $name this remains', ({ actions, left }) => {
  expect(actionsOf(render(allow(actions)))).toEqual(left)
})

describe('iam:PassRole, which IAM does not track,', () => {
  const unusedIam = { name: 'IAM', namespace: 'iam', actions: [] }
  const of = (iam: ServiceUse) =>
    usageOf([iam, { name: 'Amazon SQS', namespace: 'sqs', actions: [] }], { account, madeAt: ago(300), asOf: now })
  const names = ['iam:CreateRole', 'iam:ListRoles', 'iam:PassRole']
  const wider: ActionCatalog = new Map(names.map((name) => [name.toLowerCase(), { name, level: 'Write' }]))
  const left = (Action: string | readonly string[], iam: ServiceUse = unusedIam) =>
    reducePolicy(render(allow(Action)), { ...use, usage: of(iam), catalog: wider })?.actions.map((one) => [
      one.verdict,
      ...(one.to ?? []),
    ])

  test('stays if nobody called IAM, also of a wildcard', () => {
    expect(left(['iam:PassRole', 'IAM:passrole', 'iam:ListRoles', 'sqs:*'])).toEqual([
      ['stays'],
      ['stays'],
      ['goes'],
      ['goes'],
    ])
    expect(left(['iam:*', 'iam:Pass*', 'iam:List*', '*'])).toEqual([
      ['narrowed', 'iam:PassRole'],
      ['narrowed', 'iam:PassRole'],
      ['goes'],
      ['narrowed', 'iam:PassRole'],
    ])
  })

  test('stays if some actions of IAM are used, even if IAM lists it', () => {
    const actions = [{ name: 'CreateRole' }, { name: 'PassRole' }, { name: 'ListRoles', lastUsedAt: ago(2) }]
    const used = { name: 'IAM', namespace: 'iam', lastUsedAt: ago(2), actions }
    expect(left(['iam:PassRole', 'iam:*', '*'], used)).toEqual([
      ['stays'],
      ['narrowed', 'iam:ListRoles', 'iam:PassRole'],
      ['narrowed', 'iam:ListRoles', 'iam:PassRole'],
    ])
  })

  test('keeps its managed policy', () => {
    const text = render(allow('iam:PassRole', { Resource: 'arn:aws:iam::*:role/lambda' }))
    expect(judgeManagedUse('PassLambdaRole', text, { ...use, usage: of(unusedIam) })).toMatchObject({
      verdict: 'stays',
    })
  })
})

test('many names that remain are joined by their first words, and none of these allows what goes', () => {
  const names = [
    'CreateBucket',
    'DeleteBucket',
    'DeleteBucketPolicy',
    'DeleteObject',
    'GetBucketAcl',
    'GetObject',
    'GetObjectAcl',
  ]
  const wider = new Map(
    names.map((name) => [`s3:${name}`.toLowerCase(), { name: `s3:${name}`, level: 'Read' as const }]),
  )
  const left = (action: string) => reducePolicy(render(allow(action)), { ...use, catalog: wider })?.actions[0]?.to
  expect(left('s3:*')).toEqual(['s3:CreateBucket', 's3:DeleteBucketPolicy', 's3:DeleteObject', 's3:Get*'])
  expect(left('s3:*e*Bucket*')).toEqual(['s3:CreateBucket', 's3:DeleteBucketPolicy', 's3:GetBucketAcl'])
})

test('resources, conditions and names of statements stay as they are, and so does what denies', () => {
  const condition = { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }
  const narrow = allow(['s3:GetObject', 'sqs:*'], { Sid: 'Read', Resource: 'arn:aws:s3:::a/*', Condition: condition })
  const denial = { Effect: 'Deny', Action: ['sqs:*'], Resource: '*' }
  expect(reduce(render(narrow, denial))?.document).toEqual({
    Version: '2012-10-17',
    Statement: [{ ...narrow, Action: ['s3:GetObject'] }, denial],
  })
})

test('NotAction stays, and says what to do instead', () => {
  const open = { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }
  expect(reduce(render(open))).toMatchObject({
    document: { Statement: [open] },
    actions: [{ action: 'all but iam:*', verdict: 'stays', why: expect.stringContaining('name the actions') }],
  })
})

test('nothing goes where roles are too new, or none was read', () => {
  const young = usageOf([{ name: 'Amazon SQS', namespace: 'sqs', actions: [] }], {
    account,
    madeAt: ago(20),
    asOf: now,
  })
  for (const known of [young, noUsage]) {
    expect(actionsOf(render(allow(['sqs:*'])), known)).toEqual([['sqs:*']])
    expect(actionsOf(render(allow('*')), known)).toEqual([known === young ? ['sqs:*'] : ['*']])
  }
})

test('where naming actions would make the policy too long, the wildcard stays', () => {
  const many = new Map(
    Array.from({ length: 600 }, (_, index) => `s3:Word${index}WithALongName`).map(
      (name) => [name.toLowerCase(), { name, level: 'Read' as const }] as const,
    ),
  )
  const reduced = reducePolicy(render(allow(['s3:*', 'sqs:*'])), { ...use, catalog: many })
  expect(JSON.parse(reduced?.document ?? '').Statement[0].Action).toEqual(['s3:*'])
  expect(reduced?.actions[0]?.why).toContain('too long')
})

test('what is not understood is not reduced', () => {
  expect(reducePolicy(render({ ...allow('s3:*'), Principal: '*' }), use)).toBeUndefined()
  expect(reducePolicy('{', use)).toBeUndefined()
})

describe('a managed policy', () => {
  const judge = (...statements: readonly object[]) => judgeManagedUse('one', render(...statements), use)

  test('goes where nobody used anything of it', () => {
    expect(judge(allow('sqs:*'))).toMatchObject({ verdict: 'goes' })
  })

  test('stays where no part of it is known to be unused, or where it denies something', () => {
    expect(judge(allow('s3:Get*'))).toMatchObject({ verdict: 'stays' })
    const denial = { Effect: 'Deny', Action: 'iam:*', Resource: '*' }
    expect(judge(allow('sqs:*'), denial)).toMatchObject({ verdict: 'stays', why: expect.stringMatching(/^it denies/) })
  })

  test('could be narrowed to an inline policy where some of it is unused', () => {
    const { verdict, standIn } = judge(allow(['sqs:*', 's3:Get*']))
    expect(verdict).toBe('could be narrowed')
    expect(JSON.parse(standIn ?? '').Statement[0].Action).toEqual(['s3:Get*'])
  })

  test('is not judged where it is not understood', () => {
    expect(judgeManagedUse('one', '{}', use)).toMatchObject({ verdict: 'not read' })
  })
})
