import { describe, expect, test } from '@jest/globals'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { peoplePolicies } from '../../infra/people-policies.ts'
import { type Environment, environment } from '../../shared/domain/deployment/environment.ts'
import { evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { environments, example, exampleDocument, identityCenterKeyOf } from './environments.ts'

const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const sso = 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_'
const teamA = 'arn:aws:iam::777788889999:role/team-a-pipeline'
const platform = `${sso}Platform_0123456789abcdef`
const ana = '90679d1e5f-4f2a1a52-1111-4a3e-8d6f-0123456789ab'

/** Whether AWS lets somebody with this policy do it: both must allow it, or in the account of the bucket their own. */
function may(
  person: string,
  {
    principal,
    action,
    key,
    context = {},
  }: Record<'principal' | 'action', string> & { key?: string; context?: Record<string, string> },
  of: Environment = example,
): boolean {
  const names = deploymentNames(of)
  const own = peoplePolicies(of, names)[person]
  if (own === undefined) throw new Error(`there is no policy ${person}`)
  const resource = key === undefined ? names.bucketArn : `${names.bucketArn}/${key}`
  const request = { principal, action: `s3:${action}`, resource, context }
  const ofBucket = evaluatePolicy(bucketPolicy(of, names), request)
  const statements = own.Statement.filter(({ Action }) => Action.some((name) => name.startsWith('s3:')))
  const byOwn = evaluatePolicy({ ...own, Statement: statements.map((one) => ({ ...one, Principal: '*' })) }, request)
  const isHome = principal.split(':')[4] === names.bucketAccount
  return byOwn === 'allowed' && (isHome ? ofBucket !== 'denied' : ofBucket === 'allowed')
}

describe('with the policy that is written for them', () => {
  test.each([
    ['uploader-team-a', teamA, 'links_data/team-a/'],
    ['uploader-outside-folders', platform, 'links_data/'],
    ['uploader-of-permission-sets', platform, 'permission_sets/'],
  ])(
    '%s puts, reads and deletes files, and reads and lists statuses there, and nothing else',
    (person, principal, prefix) => {
      for (const action of ['PutObject', 'GetObject', 'DeleteObject'])
        expect(may(person, { principal, action, key: `${prefix}${link}` })).toBe(true)
      expect(may(person, { principal, action: 'GetObject', key: `status/${prefix}${link}.json` })).toBe(true)
      for (const listed of [prefix, `status/${prefix}`])
        expect(may(person, { principal, action: 'ListBucket', context: { 's3:prefix': listed } })).toBe(true)
      for (const key of ['assignments/x', 'control/pause.json', 'policies/x.json'])
        for (const action of ['PutObject', 'GetObject', 'DeleteObject'])
          expect(may(person, { principal, action, key })).toBe(false)
      expect(may(person, { principal, action: 'PutObject', key: `status/${prefix}x` })).toBe(false)
      expect(may(person, { principal, action: 'ListBucket' })).toBe(false)
    },
  )

  test('auditors read all, with versions, and write nothing', () => {
    const principal = `${sso}Auditors_0123456789abcdef`
    for (const action of ['GetObject', 'GetObjectVersion'])
      expect(may('auditor', { principal, action, key: 'assignments/x' })).toBe(true)
    for (const action of ['ListBucket', 'ListBucketVersions']) expect(may('auditor', { principal, action })).toBe(true)
    for (const key of ['assignments/x', `links_data/${link}`])
      expect(may('auditor', { principal, action: 'PutObject', key })).toBe(false)
  })

  test('operators read all and write control/, and the rest by the role that they assume', () => {
    const principal = `${sso}Operators_0123456789abcdef`
    expect(may('operator', { principal, action: 'GetObjectVersion', key: 'history/x' })).toBe(true)
    expect(may('operator', { principal, action: 'PutObject', key: 'control/pause.json' })).toBe(true)
    expect(may('operator', { principal, action: 'PutObject', key: 'assignments/x' })).toBe(false)
    const { Statement = [] } = peoplePolicies(example, deploymentNames(example)).operator ?? {}
    expect(Statement.find(({ Sid }) => Sid === 'Role')?.Resource).toEqual([
      'arn:aws:iam::111122223333:role/ssofile-operator',
    ])
    // Whether they may act (handlers/cli/bucket/check-actor.ts).
    expect(Statement.find(({ Sid }) => Sid === 'Directory')?.Action).toContain('identitystore:DescribeUser')
    // doctor asks the dispatcher; redrive asks its function; a report is made again by hand (docs/operations.md).
    expect(Statement.find(({ Action }) => Action.includes('lambda:InvokeFunction'))?.Resource).toEqual(
      ['dispatcher', 'redrive', 'report'].map(
        (name) => `arn:aws:lambda:eu-west-1:111122223333:function:ssofile-${name}`,
      ),
    )
    // The sender of a message can name its author, and can write a mail of ssofile.
    expect(Statement.flatMap(({ Action }) => Action).filter((action) => action.startsWith('sqs:'))).toEqual([
      'sqs:GetQueueAttributes',
    ])
  })

  const hr = 'arn:aws:iam::111122223333:role/hr'
  const withHr = { ...exampleDocument, access: { ...example.access, people: [hr] } }

  test('HR suspends people, whose names it looks up in the directory with the suffix of the configuration', () => {
    const of = environment.parse(withHr)
    for (const action of ['PutObject', 'GetObject', 'DeleteObject'])
      expect(may('people', { principal: hr, action, key: 'suspended/kenji' }, of)).toBe(true)
    for (const key of ['status/suspended/kenji.json', 'control/configuration.json'])
      expect(may('people', { principal: hr, action: 'GetObject', key }, of)).toBe(true)
    for (const key of ['control/configuration.json', 'control/pause.json', `links_data/${link}`])
      expect(may('people', { principal: hr, action: 'PutObject', key }, of)).toBe(false)
    expect(may('people', { principal: hr, action: 'GetObject', key: 'assignments/x' }, of)).toBe(false)
  })

  test.each(['people', 'operator'])(
    '%s may ask the directory, and decrypt its answers with the key of a customer',
    (person) => {
      const key = identityCenterKeyOf('aws', 'eu-west-1')
      const ofKey = (of: Environment) => {
        const { Statement = [] } = peoplePolicies(of, deploymentNames(of))[person] ?? {}
        expect(Statement.flatMap(({ Action }) => Action)).toEqual(
          expect.arrayContaining(['sso:ListInstances', 'identitystore:GetUserId', 'identitystore:ListUsers']),
        )
        return Statement.filter(({ Resource }) => Resource.includes(key)).map(({ Action, Condition }) => [
          ...Action,
          Condition?.StringEquals?.['kms:ViaService'],
        ])
      }
      expect(ofKey(environment.parse({ ...withHr, identityCenterKeyArn: key }))).toEqual([
        ['kms:Decrypt', 'sso.eu-west-1.amazonaws.com'],
        ['kms:Decrypt', 'identitystore.eu-west-1.amazonaws.com'],
      ])
      expect(ofKey(environment.parse(withHr))).toEqual([])
    },
  )

  test('governance writes policies, selectors and eligibility', () => {
    const principal = 'arn:aws:iam::777788889999:role/governance'
    const of = environment.parse({ ...exampleDocument, access: { ...example.access, governance: [principal] } })
    for (const key of ['policies/a.json', 'selectors/a.json', 'eligibility/a.json']) {
      expect(may('governance', { principal, action: 'PutObject', key }, of)).toBe(true)
      expect(may('governance', { principal, action: 'GetObject', key: `status/${key}.json` }, of)).toBe(true)
    }
    expect(may('governance', { principal, action: 'PutObject', key: `links_data/${link}` }, of)).toBe(false)
  })

  test('responders write the records of drills and nothing else', () => {
    const of = environment.parse(environments['twenty-folders'])
    const [pattern = ''] = of.access.responders
    const principal = pattern.replace('*', '0123456789abcdef')
    expect(may('responder', { principal, action: 'PutObject', key: 'drills/2026-03-03/kenji.json' }, of)).toBe(true)
    for (const key of ['control/pause.json', `links_data/${link}`, 'history/x'])
      expect(may('responder', { principal, action: 'PutObject', key }, of)).toBe(false)
  })

  test.each(['111122223333', '300000000001'])(
    'people of %s ask and approve under their own id, and read what others ask',
    (account) => {
      const of = environment.parse(environments['twenty-folders'])
      const principal = `${sso}Requester_0123456789abcdef`.replace('111122223333', account)
      const as = { 'identitystore:UserId': ana }
      for (const key of [`requests/${ana}/${link}`, `approvals/${ana}/x`])
        for (const action of ['PutObject', 'GetObject', 'DeleteObject'])
          expect(may('requester', { principal, action, key, context: as }, of)).toBe(true)
      expect(may('requester', { principal, action: 'GetObject', key: 'requests/other/x', context: as }, of)).toBe(true)
      expect(may('requester', { principal, action: 'PutObject', key: 'requests/other/x', context: as }, of)).toBe(false)
      expect(may('requester', { principal, action: 'GetObject', key: 'approvals/other/x', context: as }, of)).toBe(
        false,
      )
      expect(
        may('requester', { principal, action: 'ListBucket', context: { ...as, 's3:prefix': 'requests/' } }, of),
      ).toBe(true)
    },
  )
})

test('each is small enough to be a policy of IAM', () => {
  // IAM User Guide, "IAM and AWS STS quotas": managed policies.
  for (const of of [
    example,
    environment.parse(environments['twenty-folders']),
    environment.parse({
      ...environments.existing,
      identityCenterKeyArn: identityCenterKeyOf('aws', 'eu-west-1'),
    }),
  ])
    for (const policy of Object.values(peoplePolicies(of, deploymentNames(of))))
      expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6_144)
})

test('where inputs come in by the API alone, uploaders call it and only read files', () => {
  const of = environment.parse({ ...exampleDocument, provisioning: { links: 'api' } })
  expect(may('uploader-team-a', { principal: teamA, action: 'GetObject', key: `links_data/team-a/${link}` }, of)).toBe(
    true,
  )
  expect(may('uploader-team-a', { principal: teamA, action: 'PutObject', key: `links_data/team-a/${link}` }, of)).toBe(
    false,
  )
  expect(JSON.stringify(peoplePolicies(of, deploymentNames(of))['uploader-team-a'])).toContain(
    'arn:aws:execute-api:eu-west-1:111122223333:*/$default/*/links/*',
  )
})
