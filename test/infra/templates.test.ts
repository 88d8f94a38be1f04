import { beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { hostedRoutes } from '../../handlers/page/judge-hosted-request.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { guardedSettings } from '../../infra/guarded-settings.ts'
import { matchEventPattern } from '../../infra/match-event-pattern.ts'
import { listTemplatePolicies } from '../../infra/template-policies.ts'
import { accessEvents, directoryEvents, organizationEvents, usageEvents } from '../../infra/wanted-events.ts'
import { environment } from '../../shared/domain/deployment/environment.ts'
import {
  functionNames as allFunctionNames,
  deadLetterSettings,
  functionSettings,
  queueSettings,
} from '../../shared/ports/deployment-settings.ts'
import { heartbeats, metricDefinitions, metricNames } from '../../shared/ports/metrics.ts'
import { type QueueName, workedQueues } from '../../shared/ports/queues.ts'
import { monthFigure, monthRequestsFigure } from '../bench/performance-page.ts'
import { isShallow } from '../depth.ts'
import { readText } from '../house/source-files.ts'
import { replicated, testAdditionalRegions } from './additional-regions.ts'
import { testAlarms } from './alarms.ts'
import { breakGlassNames, testBreakGlass } from './break-glass/break-glass-templates.ts'
import { environments, example, identityCenterKeyOf } from './environments.ts'
import { monthCost, renderMonthCost, templateSchema } from './month-cost.ts'
import { type Assembly, type Resource, synthesize } from './synthesize.ts'

/** Those of a deployment without an API. */
const optional = ['api', 'page', 'credentials', 'retire']
const functionNames = allFunctionNames.filter((name) => !optional.includes(name))

type Mode = keyof typeof environments
const modes = Object.keys(environments) as Mode[]
let assemblies: Readonly<Record<string, Assembly>> = {}

// cdk-nag and the CDK's own validation judge each of them: a finding fails it. The latter only where CI looks deep.
beforeAll(async () => {
  const what = isShallow ? 'templates' : 'judged'
  assemblies = await synthesize({ ...environments, ...replicated }, breakGlassNames, what)
}, 600_000)

function stack(mode: Mode, name = 'ssofile') {
  const found = assemblies[mode]?.[name]
  if (found === undefined) throw new Error(`${mode} has no stack ${name}`)
  return found
}

function list(type: string, mode: Mode = 'delegated', name?: string): readonly (Resource & { readonly id: string })[] {
  return Object.entries(stack(mode, name).Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }))
}

function one(
  type: string,
  properties: object,
  mode: Mode = 'delegated',
  name?: string,
): Resource & { readonly id: string } {
  const wanted = expect.objectContaining(properties)
  const found = list(type, mode, name).filter(({ Properties }) => wanted.asymmetricMatch(Properties))
  const [first, ...others] = found
  if (first === undefined || others.length > 0)
    throw new Error(`${found.length} resources ${type} with ${JSON.stringify(properties)}, expected one`)
  return first
}

const textOf = (value: unknown) => JSON.stringify(value)
const listFunctionRoles = (mode: Mode) =>
  list('AWS::IAM::Role', mode).filter(({ Properties }) => Properties.RoleName !== 'ssofile-operator')

test('every kind of deployment synthesizes, with the stacks of its accounts and Regions', () => {
  const stacks = Object.fromEntries(modes.map((mode) => [mode, Object.keys(assemblies[mode] ?? {}).sort()]))
  expect(stacks).toEqual({
    delegated: ['ssofile', 'ssofile-forward-eu-west-1', 'ssofile-forward-us-east-1', 'ssofile-guard-us-east-1'],
    'at-home': ['ssofile', 'ssofile-forward-us-east-1'],
    management: ['ssofile', 'ssofile-forward-us-east-1', 'ssofile-guard-us-east-1'],
    'management-at-home': ['ssofile'],
    api: ['ssofile', 'ssofile-forward-eu-west-1', 'ssofile-forward-us-east-1', 'ssofile-guard-us-east-1'],
    existing: ['ssofile', 'ssofile-forward-eu-west-1', 'ssofile-forward-us-east-1', 'ssofile-guard-us-east-1'],
    'twenty-folders': ['ssofile', 'ssofile-forward-eu-west-1', 'ssofile-forward-us-east-1', 'ssofile-guard-us-east-1'],
    china: ['ssofile', 'ssofile-forward-cn-north-1', 'ssofile-forward-cn-northwest-1'],
    'us-gov': [
      'ssofile',
      'ssofile-forward-us-gov-east-1',
      'ssofile-forward-us-gov-west-1',
      'ssofile-guard-us-gov-west-1',
    ],
  })
})

test.each([
  ['china', 'aws-cn'],
  ['us-gov', 'aws-us-gov'],
] as const)('%s has no ARN of another partition than %s', (mode, partition) => {
  const arns = Object.values(assemblies[mode] ?? {}).flatMap(
    (template) => textOf(template).match(/arn:aws[a-z-]*:/g) ?? [],
  )
  expect(arns.length).toBeGreaterThan(50)
  expect([...new Set(arns)]).toEqual([`arn:${partition}:`])
})

describe('a function', () => {
  test.each(functionNames)('%s has the numbers of the settings table, on Node 24 and arm64', (name) => {
    const { timeoutSeconds, memoryMb, reservedConcurrency, allowsRecursion } = functionSettings[name]
    const { Properties } = one('AWS::Lambda::Function', { FunctionName: `ssofile-${name}` })
    expect(Properties).toMatchObject({
      Timeout: timeoutSeconds,
      MemorySize: memoryMb,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogFormat: 'JSON' },
    })
    expect(Properties.ReservedConcurrentExecutions).toBe(reservedConcurrency)
    expect(Properties.RecursiveLoop).toBe(allowsRecursion ? 'Allow' : undefined)
    const variables = Object.keys((Properties.Environment as { Variables: object }).Variables)
    expect(variables.sort()).toEqual([
      'SSOFILE_BUCKET',
      'SSOFILE_BUS',
      'SSOFILE_DEPLOYMENT',
      ...(name === 'events' ? ['SSOFILE_DISPATCHER_ROLE'] : []),
      'SSOFILE_INSTANCE_ARN',
      'SSOFILE_QUEUE_URLS',
      ...(['links', 'permission-sets', 'requests', 'digests', 'redrive'].includes(name) ? ['SSOFILE_SENDERS'] : []),
      'SSOFILE_TOPIC_ARN',
    ])
  })

  test('has a role of its own, and no policy that AWS manages', () => {
    const roles = listFunctionRoles('delegated')
    expect(roles.map(({ Properties }) => Properties.RoleName).sort()).toEqual(
      functionNames.map((name) => `ssofile-${name}`).sort(),
    )
    for (const { Properties } of roles) expect(Properties.ManagedPolicyArns).toBeUndefined()
    const used = list('AWS::Lambda::Function').map(({ Properties }) => textOf(Properties.Role))
    expect(new Set(used).size).toBe(functionNames.length)
  })

  test('may list the bucket and read its owner, or a missing object would be refused instead of missing', () => {
    for (const { Properties } of list('AWS::IAM::Role')) {
      const text = textOf(Properties.Policies)
      expect(text).toContain('"Action":"s3:ListBucket"')
      expect(text).toMatch(/example-ssofile\/(control\/owner\.json|\*)"/)
    }
  })

  test('only the dispatcher may change Identity Center, and none may change inputs', () => {
    for (const { Properties } of listFunctionRoles('delegated')) {
      const text = textOf(Properties.Policies)
      expect({ role: Properties.RoleName, changes: text.includes('sso:CreateAccountAssignment') }).toEqual({
        role: Properties.RoleName,
        changes: Properties.RoleName === 'ssofile-dispatcher',
      })
      expect(text).not.toMatch(
        /"Action":\["s3:PutObject","s3:DeleteObject"\][^}]*(?<!status)\/(links_data(?!\/temporary)|permission_sets)/,
      )
    }
  })

  test('keeps its logs as long as the environment says, also when the stack goes', () => {
    const groups = list('AWS::Logs::LogGroup').filter(({ Properties }) => Properties.LogGroupName === undefined)
    expect(groups).toHaveLength(functionNames.length)
    for (const { Properties, DeletionPolicy } of groups) {
      expect(Properties.RetentionInDays).toBe(example.logRetentionDays)
      expect(DeletionPolicy).toBe('Retain')
    }
  })

  test.each(
    functionNames.flatMap((name) =>
      (functionSettings[name].queues ?? []).map((source) => [name, source.name, source] as const),
    ),
  )('%s is fed from its queue %s, one failure at a time, once everything has been compared', (name, queue, source) => {
    const { Properties, DependsOn } = one('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: one('AWS::Lambda::Function', { FunctionName: `ssofile-${name}` }).id },
      EventSourceArn: {
        'Fn::GetAtt': [one('AWS::SQS::Queue', { QueueName: deploymentNames(example).queue(queue) }).id, 'Arn'],
      },
    })
    expect(Properties).toMatchObject({
      BatchSize: source.batchSize,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
    const { maximumConcurrency } = source
    expect(Properties.ScalingConfig).toEqual(
      maximumConcurrency === undefined ? undefined : { MaximumConcurrency: maximumConcurrency },
    )
    expect(DependsOn).toEqual(['FirstReconcile'])
    // Lambda refuses a mapping whose queue shows messages again while the function still runs.
    expect(functionSettings[name].timeoutSeconds).toBeLessThanOrEqual(queueSettings[queue].visibilityTimeoutSeconds)
    // A batch that waits for room, or runs long, does not come back meanwhile.
    if (['links', 'permission-sets'].includes(name))
      expect(queueSettings[queue].visibilityTimeoutSeconds).toBe(6 * functionSettings[name].timeoutSeconds)
  })

  test('the bucket is claimed first, then everything is compared once, then schedules begin', () => {
    expect(one('Custom::SsofileOwner', {}).DependsOn).toEqual([
      one('AWS::S3::Bucket', { BucketName: 'example-ssofile' }).id,
    ])
    expect(one('Custom::SsofileFirstReconcile', {}).DependsOn).toEqual(['Owner'])
    // It changes with each run of a deployment, or CloudFormation would not claim the bucket again.
    expect(one('Custom::SsofileOwner', {}).Properties.run).toBe('a deployment')
    const schedules = list('AWS::Events::Rule').filter(({ Properties }) => 'ScheduleExpression' in Properties)
    expect(schedules.map(({ Properties }) => Properties.ScheduleExpression).sort()).toEqual([
      'cron(0 2 * * ? *)',
      'cron(0 4 * * ? *)',
      'rate(1 hour)',
      'rate(1 minute)',
      'rate(1 minute)',
      'rate(1 minute)',
      'rate(5 minutes)',
    ])
    for (const { DependsOn } of schedules) expect(DependsOn).toEqual(['FirstReconcile'])
  })

  test('a slice that could not start in its minute is not started later', () => {
    const { id } = one('AWS::Lambda::Function', { FunctionName: 'ssofile-dispatcher' })
    expect(one('AWS::Lambda::EventInvokeConfig', { FunctionName: { Ref: id } }).Properties).toMatchObject({
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    })
  })
})

describe('a queue', () => {
  const names = deploymentNames(example)
  const queue = (name: QueueName) => one('AWS::SQS::Queue', { QueueName: names.queue(name) })
  const policyOf = (name: QueueName) =>
    one('AWS::SQS::QueuePolicy', { Queues: [{ Ref: queue(name).id }] }).Properties.PolicyDocument

  test.each(workedQueues)('%s has the numbers of the settings table, our key, and its dead-letter queue', (name) => {
    const { visibilityTimeoutSeconds, maxReceiveCount, retentionSeconds = 345_600 } = queueSettings[name]
    const { Properties } = queue(name)
    expect(Properties).toMatchObject({
      VisibilityTimeout: visibilityTimeoutSeconds,
      MessageRetentionPeriod: retentionSeconds,
      KmsMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
    })
    if (name === 'dispatch') return expect(Properties.RedrivePolicy).toBeUndefined()
    const dead = queue(`${name}-dead`)
    expect(Properties.RedrivePolicy).toEqual({
      maxReceiveCount,
      deadLetterTargetArn: { 'Fn::GetAtt': [dead.id, 'Arn'] },
    })
    expect(dead.Properties).toMatchObject({ MessageRetentionPeriod: deadLetterSettings.retentionSeconds })
    expect(dead.Properties.FifoQueue).toBe(Properties.FifoQueue)
  })

  test('FIFO queues have high throughput', () => {
    const fifo = list('AWS::SQS::Queue').filter(({ Properties }) => Properties.FifoQueue)
    expect(fifo).toHaveLength(19)
    for (const { Properties } of fifo)
      expect(Properties).toMatchObject({
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      })
  })

  test('S3 may send to uploads from this bucket, and to no other queue', () => {
    expect(policyOf('uploads')).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Condition: {
            ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::example-ssofile' },
            StringEquals: { 'aws:SourceAccount': '111122223333' },
          },
        }),
      ]),
    })
    for (const name of workedQueues.filter((name) => name !== 'uploads'))
      expect(textOf(policyOf(name))).not.toContain('s3.amazonaws.com')
  })

  test('EventBridge may send to events by our rules, and to no other queue', () => {
    const text = textOf(policyOf('events'))
    for (const rule of ['rule/ssofile-own-directory-calls', 'rule/ssofile-events/ssofile-forwarded-account-tags'])
      expect(text).toContain(`arn:aws:events:eu-west-1:111122223333:${rule}"`)
    expect(textOf(policyOf('usage'))).toContain(
      '"aws:SourceArn":["arn:aws:events:eu-west-1:111122223333:rule/ssofile-events/ssofile-forwarded-usage-events"]',
    )
    for (const name of workedQueues.filter((name) => name !== 'events' && name !== 'usage'))
      expect(textOf(policyOf(name))).not.toContain('events.amazonaws.com')
  })

  test('no person may send, nor any role but those of its producers, whatever their own policies say', () => {
    expect(policyOf('work-urgent')).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 'sqs:SendMessage',
          Condition: {
            ArnNotLike: {
              'aws:PrincipalArn': [
                ...[
                  'links',
                  'permission-sets',
                  'requests',
                  'events',
                  'dispatcher',
                  'minute-links',
                  'sweep',
                  'hourly',
                  'redrive',
                ].map((name) => `arn:aws:iam::111122223333:role/ssofile-${name}`),
              ],
            },
            Bool: { 'aws:PrincipalIsAWSService': 'false' },
          },
        }),
      ]),
    })
    for (const name of workedQueues) {
      expect(textOf(policyOf(name))).toContain('"aws:SecureTransport":"false"')
      for (const operator of example.access.operators)
        expect(textOf(policyOf(name))).not.toMatch(new RegExp(`SendMessage[^}]*${operator.replaceAll('*', '\\\\*')}`))
    }
  })
})

describe('the bucket', () => {
  const bucket = (mode: Mode = 'delegated') => one('AWS::S3::Bucket', { BucketName: 'example-ssofile' }, mode)

  test('is versioned, private, encrypted by our key, logged, and stays when the stack goes', () => {
    const { Properties, DeletionPolicy } = bucket()
    // Not where the deployment fails that makes it: an empty bucket is not in the way of the next try.
    expect(DeletionPolicy).toBe('RetainExceptOnCreate')
    expect(Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LoggingConfiguration: { LogFilePrefix: 'access/' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
      },
    })
    expect(Properties).not.toHaveProperty('ObjectLockConfiguration')
    const key = one('AWS::KMS::Key', {})
    expect(key).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', Properties: { EnableKeyRotation: true } })
    expect(key.Properties.KeyPolicy).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Sid: 'ServicesThatSend',
          Principal: { Service: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'] },
          Condition: { StringEquals: { 'aws:SourceAccount': ['111122223333'] } },
        }),
        // Nobody documents that S3's check of an encrypted queue carries its account, so the key demands none.
        {
          Sid: 'BucketThatSends',
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: '*',
        },
      ]),
    })
  })

  test('keeps its access logs, which every request makes longer, for 30 days', () => {
    const kept = expect.objectContaining({ Id: 'old-logs', ExpirationInDays: 30 })
    expect(one('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [kept] } })).toBeDefined()
  })

  test('forgets old versions within a week where ssofile writes often, and keeps those of inputs, ledger and history', () => {
    const { Rules } = bucket().Properties.LifecycleConfiguration as {
      Rules: { Prefix?: string; [key: string]: unknown }[]
    }
    const days = Rules.flatMap(({ Prefix, NoncurrentVersionExpiration, ExpiredObjectDeleteMarker }) =>
      Prefix === undefined ? [] : [[Prefix, NoncurrentVersionExpiration, ExpiredObjectDeleteMarker]],
    )
    expect(days).toEqual([
      ['control/', { NoncurrentDays: 7 }, true],
      ['status/', { NoncurrentDays: 7 }, true],
      ['attention/', { NoncurrentDays: 1 }, true],
      ['state/', { NoncurrentDays: 1 }, true],
      ['members/', { NoncurrentDays: 1 }, true],
      ['usage/', { NoncurrentDays: 1 }, true],
    ])
    expect(Rules.every((rule) => !('ExpirationInDays' in rule))).toBe(true)
  })

  test('tells the queue uploads what is created, removed and expired where people upload', () => {
    const { QueueConfigurations } = bucket().Properties.NotificationConfiguration as {
      QueueConfigurations: { Event: string; Queue: string; Filter: { S3Key: { Rules: { Value: string }[] } } }[]
    }
    const prefixes = [
      'access_control_attributes.json',
      'approvals/',
      'decisions/',
      'groups/',
      'links_data/',
      'memberships/',
      'people/',
      'permission_sets/',
      'requests/',
      'reviews/',
      'rules/',
      'suspended/',
    ]
    const events = ['s3:LifecycleExpiration:*', 's3:ObjectCreated:*', 's3:ObjectRemoved:*']
    expect(QueueConfigurations.map(({ Event, Filter }) => `${Event} ${Filter.S3Key.Rules[0]?.Value}`).sort()).toEqual(
      events.flatMap((event) => prefixes.map((prefix) => `${event} ${prefix}`)),
    )
    // S3 tries the queue when it is told of it.
    expect(bucket().DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^Queueuploads.*Policy/)]))
  })

  test('starts the function retire when a file under retire/ comes or goes, and only where there is that function', () => {
    const [owned] = list('AWS::S3::Bucket', 'china').filter(
      ({ Properties }) => 'NotificationConfiguration' in Properties,
    )
    const told = owned?.Properties.NotificationConfiguration as { LambdaConfigurations: { Event: string }[] }
    expect(told.LambdaConfigurations.map(({ Event }) => Event)).toEqual([
      's3:ObjectCreated:*',
      's3:ObjectRemoved:*',
      's3:LifecycleExpiration:*',
    ])
    // S3 tries to start it when it is told of it.
    expect(owned?.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^Functionretire.*Deletions/)]))
    expect(bucket().Properties.NotificationConfiguration).not.toHaveProperty('LambdaConfigurations')
  })

  test('of somebody else is left as it is, with the roles able to use its key', () => {
    expect(list('AWS::S3::Bucket', 'existing')).toEqual([])
    expect(list('AWS::S3::BucketPolicy', 'existing')).toEqual([])
    expect(textOf(list('AWS::IAM::Role', 'existing'))).toContain('arn:aws:kms:eu-west-1:777788889999:key/')
    expect(textOf(list('AWS::SQS::QueuePolicy', 'existing'))).toContain('"aws:SourceAccount":"777788889999"')
  })
})

describe('events', () => {
  const rulesOf = (mode: Mode, name?: string) =>
    list('AWS::Events::Rule', mode, name).filter(
      ({ Properties }) => 'EventPattern' in Properties && !/^ssofile-guard(-account)?$/.test(String(Properties.Name)),
    )
  const patternsOf = (mode: Mode, name?: string) =>
    rulesOf(mode, name).map(({ Properties }) => Properties.EventPattern as Parameters<typeof matchEventPattern>[0])
  const ofRegion = (account: string) =>
    Object.values({ ...directoryEvents, ...accessEvents(`arn:aws:iam::${account}:role/ssofile-dispatcher`) })
  const all = (account: string) => [...Object.values(organizationEvents), ...ofRegion(account)]
  const usage = Object.values(usageEvents('arn:aws:iam::444455556666:role/ssofile-watching'))

  test('of the organization are forwarded from its Region, and of the directory and of access from that of Identity Center', () => {
    expect(patternsOf('delegated', 'ssofile-forward-us-east-1')).toEqual(Object.values(organizationEvents))
    expect(patternsOf('delegated', 'ssofile-forward-eu-west-1')).toEqual([...ofRegion('111122223333'), ...usage])
    expect(patternsOf('at-home', 'ssofile-forward-us-east-1')).toEqual([...all('111122223333'), ...usage])
    expect(patternsOf('management', 'ssofile-forward-us-east-1')).toEqual(Object.values(organizationEvents))
    expect(patternsOf('china', 'ssofile-forward-cn-northwest-1')).toEqual(Object.values(organizationEvents))
    expect(patternsOf('us-gov', 'ssofile-forward-us-gov-west-1')).toEqual(Object.values(organizationEvents))
  })

  test.each(modes)('of calls that only read are wanted by no rule in the state ENABLED (%s)', (mode) => {
    const rules = Object.keys(assemblies[mode] ?? {}).flatMap((name) => list('AWS::Events::Rule', mode, name))
    const wanted = rules.filter(({ Properties }) => Properties.State === 'ENABLED').map(({ Properties }) => Properties)
    const names = [...textOf(wanted).matchAll(/"eventName":\[([^\]]*)\]/g)].flatMap(([, list = '']) => list.split(','))
    expect(names).not.toEqual([])
    expect(names.filter((name) => /^"(Get|List|Describe|Lookup|Assume)/.test(name))).toEqual([])
  })

  test('of this account and those that the management account forwards go to a standard queue, so that none holds up another', () => {
    const account = ['444455556666']
    expect(patternsOf('delegated')).toEqual([
      ...ofRegion('111122223333'),
      ...[...all('111122223333'), ...usage].map((pattern) => ({ ...pattern, account })),
    ])
    expect(patternsOf('management-at-home')).toEqual([...all('444455556666'), ...usage])
    const isOfUses = ({ Properties }: ReturnType<typeof rulesOf>[number]) =>
      /usage-events$/.test(String(Properties.Name))
    for (const { Properties } of rulesOf('delegated').filter((rule) => !isOfUses(rule)))
      expect(Properties.Targets).toEqual([
        {
          Id: 'Target0',
          Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Queueevents/), 'Arn'] },
        },
      ])
    expect(one('AWS::SQS::Queue', { QueueName: 'ssofile-events' }).Properties).not.toHaveProperty('FifoQueue')
  })

  test('of uses go to a standard queue, by rules that get calls that only read, with a call every hour beside them', () => {
    for (const [mode, name] of [
      ['management-at-home', undefined],
      ['delegated', 'ssofile-forward-eu-west-1'],
    ] as const) {
      const [rule, ...others] = rulesOf(mode, name).filter(({ Properties }) => /usage/.test(String(Properties.Name)))
      expect(others).toEqual([])
      expect(rule?.Properties.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS')
      const [schedule] = list('AWS::Scheduler::Schedule', mode, name)
      expect(schedule?.Properties).toMatchObject({
        ScheduleExpression: 'rate(1 hour)',
        Target: { Input: expect.stringContaining('ssofile-watching') },
      })
      expect(textOf(schedule?.Properties)).toContain(':scheduler:::aws-sdk:sts:assumeRole')
    }
    expect(list('AWS::Scheduler::Schedule', 'delegated')).toEqual([])
    const [received] = rulesOf('delegated').filter(({ Properties }) => /usage/.test(String(Properties.Name)))
    expect(received?.Properties).toMatchObject({
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Queueusage/), 'Arn'] } }],
    })
  })

  test('come with the role that reads tags in bulk, once, in the management account, for the functions that need it', () => {
    for (const [mode, name] of [
      ['delegated', 'ssofile-forward-us-east-1'],
      ['management-at-home', undefined],
    ] as const) {
      const [role, ...others] = list('AWS::IAM::Role', mode, name).filter(
        ({ Properties }) => Properties.RoleName === 'ssofile-tags',
      )
      expect(others).toEqual([])
      expect(textOf(role?.Properties.Policies)).toContain('"Action":"tag:GetResources"')
      const trusted = textOf(role?.Properties.AssumeRolePolicyDocument)
      for (const reader of ['links', 'events', 'dispatcher', 'hourly'])
        expect(trusted).toMatch(new RegExp(`"arn:aws:iam::\\d{12}:role/ssofile-${reader}"`))
      expect(trusted).not.toContain('role/ssofile-page')
    }
    const elsewhere = list('AWS::IAM::Role', 'delegated', 'ssofile-forward-eu-west-1').map(
      ({ Properties }) => Properties.RoleName,
    )
    expect(elsewhere).not.toContain('ssofile-tags')
  })

  test('are taken by the bus from the forwarding roles of the management account only', () => {
    expect(textOf(one('AWS::Events::EventBus', { Name: 'ssofile-events' }).Properties.Policy)).toContain(
      '"aws:PrincipalArn":["arn:aws:iam::444455556666:role/ssofile-forward-us-east-1","arn:aws:iam::444455556666:role/ssofile-forward-eu-west-1"]',
    )
    const [role] = list('AWS::IAM::Role', 'delegated', 'ssofile-forward-us-east-1')
    expect(role?.Properties.RoleName).toBe('ssofile-forward-us-east-1')
    expect(textOf(role?.Properties.Policies)).toContain(
      '"Action":"events:PutEvents","Effect":"Allow","Resource":"arn:aws:events:eu-west-1:111122223333:event-bus/ssofile-events"',
    )
    const buses = list('AWS::Events::EventBus', 'management-at-home').map(({ Properties }) => Properties.Name)
    expect(buses).toEqual(['ssofile-outcomes'])
  })
})

describe('outcomes', () => {
  const policyOf = (name: string, mode: Mode = 'api') =>
    textOf(one('AWS::IAM::Role', { RoleName: `ssofile-${name}` }, mode).Properties.Policies)

  test('have a bus of their own, which only this account may put events on, and which keeps them for thirty days', () => {
    expect(one('AWS::Events::EventBus', { Name: 'ssofile-outcomes' }).Properties.Policy).toBeUndefined()
    expect(one('AWS::Events::Archive', {}).Properties).toMatchObject({
      ArchiveName: 'ssofile-outcomes',
      RetentionDays: 30,
      EventPattern: { source: ['ssofile'] },
    })
  })

  test('go to each mail address only for its receivers', () => {
    const topic = one('AWS::SNS::Topic', { TopicName: 'ssofile-notifications' }, 'api')
    expect(topic.Properties.KmsMasterKeyId).toBeDefined()
    const subscriptions = list('AWS::SNS::Subscription', 'api').filter(
      ({ Properties }) => textOf(Properties.TopicArn) === textOf({ Ref: topic.id }),
    )
    expect(subscriptions.map(({ Properties }) => [Properties.Endpoint, Properties.FilterPolicy])).toEqual([
      ['platform@example.com', { receiver: ['platform', 'team-a'] }],
      ['ana@example.com', { receiver: ['team-a'] }],
    ])
  })

  test('are published by one function, and delivered by another that may read the URLs of webhooks and nothing of the bucket', () => {
    expect(policyOf('notifications')).toContain(
      '"Action":"events:PutEvents","Effect":"Allow","Resource":"arn:aws:events:eu-west-1:111122223333:event-bus/ssofile-outcomes"',
    )
    expect(policyOf('digests')).toContain(
      '"Action":"secretsmanager:GetSecretValue","Effect":"Allow","Resource":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile/slack-AbCdEf"',
    )
    expect(policyOf('digests', 'delegated')).not.toContain('secretsmanager')
    for (const name of functionNames.filter((one) => one !== 'digests'))
      expect(policyOf(name)).not.toMatch(/secretsmanager|sns:Publish/)
    expect(policyOf('digests')).not.toMatch(/s3:(Put|Delete)|status|links_data/)
  })
})

describe('what guards the ledger', () => {
  const names = deploymentNames(example)
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/k'
  const comes = (event: object) =>
    guardedSettings(names, keyArn).some(({ pattern }) => matchEventPattern(pattern, event))
  const call = (source: string, eventName: string, more: object = {}, sourceIPAddress = '192.0.2.1') => ({
    source: `aws.${source}`,
    'detail-type': 'AWS API Call via CloudTrail',
    detail: { eventName, sourceIPAddress, ...more },
  })
  const asked = (requestParameters: object) => ({ requestParameters })
  const bucketName = 'example-ssofile'

  test.each([
    ...[
      ...['PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketLifecycle', 'PutBucketVersioning', 'PutBucketReplication'],
      ...['PutBucketEncryption', 'PutBucketNotification', 'DeleteBucket'],
    ].map((name) => ['s3', name, asked({ bucketName })] as const),
    ...['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy'].map(
      (name) => ['kms', name, { resources: [{ ARN: keyArn, type: 'AWS::KMS::Key' }] }] as const,
    ),
    ...['DisableRule', 'DeleteRule', 'PutRule'].map(
      (name) => ['events', name, asked({ name: 'ssofile-schedule-dispatcher' })] as const,
    ),
    ['events', 'RemoveTargets', asked({ rule: 'ssofile-guard' })],
    ['monitoring', 'DeleteAlarms', asked({ alarmNames: ['other', 'ssofile-ledger-lost'] })],
    ['monitoring', 'PutMetricAlarm', asked({ alarmName: 'ssofile-ledger-lost' })],
    ['cloudtrail', 'StopLogging', asked({ name: 'arn:aws:cloudtrail:us-east-1:444455556666:trail/all' })],
    ['cloudformation', 'DeleteStack', asked({ stackName: 'ssofile' })],
    ['cloudformation', 'DeleteStack', asked({ stackName: 'ssofile-guard-us-east-1' })],
    // Lambda Developer Guide, "Logging AWS Lambda API calls using AWS CloudTrail": the names have versions of the API.
    ...[
      ...['UpdateFunctionCode20150331v2', 'UpdateFunctionConfiguration20150331v2', 'AddPermission20150331v2'],
      ...['PutFunctionConcurrency20171031', 'CreateFunctionUrlConfig', 'CreateEventSourceMapping20150331'],
    ].map((name) => ['lambda', name, asked({ functionName: 'ssofile-dispatcher' })] as const),
    ...['111122223333:function:', 'arn:aws:lambda:eu-west-1:111122223333:function:'].map(
      (before) => ['lambda', 'UpdateFunctionCode20150331v2', asked({ functionName: `${before}ssofile-page` })] as const,
    ),
    ...['CreateFunction20150331', 'UpdateFunctionConfiguration20150331v2'].map(
      (name) => ['lambda', name, asked({ functionName: 'mine', role: names.roleArn('dispatcher') })] as const,
    ),
    ...[
      ...['PutRolePolicy', 'AttachRolePolicy', 'UpdateAssumeRolePolicy', 'DeleteRolePermissionsBoundary', 'CreateRole'],
    ].map((name) => ['iam', name, asked({ roleName: 'ssofile-dispatcher' })] as const),
    ['cloudformation', 'ExecuteChangeSet', asked({ stackName: `${names.stackArnPrefix}1234` })],
    [
      'cloudformation',
      'ExecuteChangeSet',
      asked({ changeSetName: 'arn:aws:cloudformation:eu-west-1:111122223333:changeSet/any/1234' }),
    ],
    ...['UpdateEventSourceMapping20150331', 'DeleteEventSourceMapping20150331'].map(
      (name) =>
        [
          'lambda',
          name,
          { ...asked({ uUID: 'u' }), responseElements: { functionArn: names.functionArn('dispatcher') } },
        ] as const,
    ),
    ...['eu-west-1:111122223333:ssofile', 'us-east-1:111122223333:ssofile-guard-us-east-1'].flatMap((of) => {
      const topicArn = `arn:aws:sns:${of}-Alarms1234-A1`
      return [
        ['sns', 'DeleteTopic', asked({ topicArn })] as const,
        ['sns', 'SetTopicAttributes', asked({ topicArn, attributeName: 'Policy' })] as const,
        ['sns', 'Unsubscribe', asked({ subscriptionArn: `${topicArn}:1234` })] as const,
      ]
    }),
  ] as const)(
    'is watched: a call %s %s comes to the alarm, by hand or by a stack of any name',
    (source, eventName, more) => {
      expect(comes(call(source, eventName, more))).toBe(true)
      expect(comes(call(source, eventName, more, 'cloudformation.amazonaws.com'))).toBe(true)
    },
  )

  test.each([
    ['s3', 'PutBucketPolicy', asked({ bucketName: 'other' })],
    ['s3', 'PutObject', asked({ bucketName })],
    ['kms', 'ScheduleKeyDeletion', { resources: [{ ARN: `${keyArn}2` }] }],
    ['events', 'DeleteRule', asked({ name: 'other' })],
    ['monitoring', 'DeleteAlarms', asked({ alarmNames: ['other'] })],
    ['cloudformation', 'DeleteStack', asked({ stackName: 'ssofile-two' })],
    ['lambda', 'UpdateFunctionCode20150331v2', asked({ functionName: 'other', role: 'arn:aws:iam::1:role/other' })],
    // Which a trail may have, as an event of data.
    ['lambda', 'Invoke', asked({ functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:ssofile-dispatcher' })],
    [
      'lambda',
      'UpdateEventSourceMapping20150331',
      { responseElements: { functionArn: 'arn:aws:lambda:eu-west-1:1:function:x' } },
    ],
    ['sns', 'Unsubscribe', asked({ subscriptionArn: 'arn:aws:sns:eu-west-1:111122223333:other:1234' })],
    // Each mail of an alarm.
    ['sns', 'Publish', asked({ topicArn: 'arn:aws:sns:eu-west-1:111122223333:ssofile-Alarms1234-A1' })],
    ['iam', 'PutRolePolicy', asked({ roleName: 'other' })],
  ] as const)('%s %s of something else does not', (source, eventName, more) => {
    expect(comes(call(source, eventName, more))).toBe(false)
  })

  test('is sent on from the Region of IAM where ssofile runs elsewhere: what arises there, by a role for that alone', () => {
    const stackName = 'ssofile-guard-us-east-1'
    const [rule, ...others] = list('AWS::Events::Rule', 'delegated', stackName)
    expect(others).toEqual([])
    const sent = rule?.Properties.EventPattern as Parameters<typeof matchEventPattern>[0]
    const arising = [
      call('iam', 'UpdateAssumeRolePolicy', asked({ roleName: 'ssofile-dispatcher' })),
      call('events', 'DisableRule', asked({ name: String(rule?.Properties.Name) })),
      call('cloudtrail', 'StopLogging', asked({ name: 'all' })),
      call('cloudformation', 'DeleteStack', asked({ stackName })),
    ]
    for (const event of arising) expect([matchEventPattern(sent, event), comes(event)]).toEqual([true, true])
    expect(rule?.Properties.Targets).toMatchObject([{ Arn: 'arn:aws:events:eu-west-1:111122223333:event-bus/default' }])
    expect(list('AWS::IAM::Role', 'delegated', stackName)).toMatchObject([
      {
        Properties: {
          RoleName: stackName,
          Policies: [
            {
              PolicyDocument: {
                Statement: [
                  {
                    Action: 'events:PutEvents',
                    Resource: 'arn:aws:events:eu-west-1:111122223333:event-bus/default',
                  },
                ],
              },
            },
          ],
        },
      },
    ])
  })

  test.each(['eu-west-1', 'us-gov-west-1'])(
    'has room in the patterns of its rules in %s, whatever the names',
    (region) => {
      const long = { ...example, region, name: 'n'.repeat(20), bucket: { name: 'b'.repeat(63) } }
      // EventBridge User Guide, "Quotas".
      for (const { pattern } of guardedSettings(deploymentNames(long), `${keyArn}${'k'.repeat(60)}`))
        expect(textOf(pattern).length).toBeLessThanOrEqual(2_048)
    },
  )

  test.each(['guard', 'guard-account'])(
    'has the rule %s, which writes into a log group that only its rules may write to',
    (name) => {
      const { Properties } = one('AWS::Events::Rule', { Name: `ssofile-${name}` }, 'api')
      expect(Properties).not.toHaveProperty('EventBusName')
      expect(textOf(Properties.Targets)).toContain(':log-group:/aws/events/ssofile-guard"')
      const document = textOf(one('AWS::Logs::ResourcePolicy', {}, 'api').Properties.PolicyDocument).replaceAll(
        '\\',
        '',
      )
      const statements = document.split('{"Action":').slice(1)
      // EventBridge User Guide, "CloudWatch Logs permissions": only what puts events knows the rule.
      expect(statements.map((text) => [/"(logs:\w+)"/.exec(text)?.[1], text.includes('aws:SourceArn')])).toEqual([
        ['logs:CreateLogStream', false],
        ['logs:PutLogEvents', true],
      ])
      expect(document).toContain(`arn:aws:events:eu-west-1:111122223333:rule/ssofile-${name}"`)
    },
  )
})

const operations = readText('docs/operations.md')
/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')

test('docs/architecture.md has every function and every queue', () => {
  const page = readText('docs/architecture.md')
  expect([...allFunctionNames, ...workedQueues].filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([])
})

test('docs/performance.md tells the cost of a whole month, of a deployment as the example, line by line', () => {
  const templates = z.record(z.string(), templateSchema).parse(assemblies.delegated)
  const figures = z.array(z.object({ figure: z.string(), value: z.number().optional() }))
  const results = figures.parse(JSON.parse(readText('bench/results.json')))
  const measured = (name: string) => results.find(({ figure }) => figure === name)?.value ?? 0
  const worked = { dollars: measured(monthFigure), millionRequests: measured(monthRequestsFigure) }
  const table = renderMonthCost(monthCost(templates, worked))
  expect(table).toMatch(/\| together \| \| [234]\d\.\d\d \|$/)
  // To be copied from here, but for what `npm run bench` writes.
  expect(readText('docs/performance.md')).toContain(table)
})

describe('a metric', () => {
  const [, table = ''] = /^## What is measured\n(.*?)^## /ms.exec(operations) ?? []

  test('that an alarm or the dashboard names is one that the code records, where it records it', () => {
    const [dashboard] = list('AWS::CloudWatch::Dashboard')
    const text = textOf(dashboard?.Properties.DashboardBody).replaceAll('\\"', '"')
    const onDashboard = [...text.matchAll(/\["(ssofile[^"]*)","(\w+)","(\w+)","(\w+)",/g)].map((found) =>
      found.slice(1),
    )
    const inAlarms = list('AWS::CloudWatch::Alarm')
      .flatMap(({ Properties }) => {
        const { Metrics = [] } = Properties as { Metrics?: { MetricStat?: { Metric: object } }[] }
        return [Properties, ...Metrics.map(({ MetricStat }) => MetricStat?.Metric ?? {})]
      })
      .map((metric) => metric as { Namespace?: string; MetricName?: string; Dimensions?: object[] })
      .filter(({ Namespace }) => Namespace?.startsWith('ssofile'))
    expect(inAlarms.length).toBeGreaterThan(10)
    for (const { Namespace, MetricName, Dimensions } of inAlarms) {
      expect([Namespace, Dimensions]).toEqual(['ssofile/ssofile', [{ Name: 'service', Value: 'ssofile' }]])
      expect(metricNames).toContain(MetricName)
    }
    // The dashboard shows all of them.
    expect(onDashboard.map(([, name]) => name).sort()).toEqual([...metricNames].sort())
    for (const [namespace, , ...dimension] of onDashboard)
      expect([namespace, dimension]).toEqual(['ssofile/ssofile', ['service', 'ssofile']])
  })

  test('comes from the code, and from no line of a log', () => {
    expect(list('AWS::Logs::MetricFilter')).toEqual([])
  })

  test('has its row in docs/operations.md', () => {
    const rows = [...table.matchAll(/^\| `(\w+)` \| (.*) \| (.*) \|$/gm)].map((found) => found.slice(1))
    expect(rows).toEqual(
      metricNames.map((name) => {
        const { unit, statistic, means } = metricDefinitions[name]
        return [name, `${unit === 'Count' ? 'count' : 'seconds'}, ${statistic === 'Sum' ? 'sum' : 'most'}`, means]
      }),
    )
  })
})

test('every saved query that docs/operations.md names is there, and it names every one', () => {
  const named = [...operations.matchAll(/saved query `<name>\/([a-z ]+)`/g)].map(([, name]) => `ssofile/${name}`)
  const saved = list('AWS::Logs::QueryDefinition').map(({ Properties }) => String(Properties.Name))
  expect([...new Set(named)].sort()).toEqual(saved.sort())
})

describe('an alarm', () => {
  test('says what it means and which section of docs/operations.md says what to do', () => {
    const headings = [...operations.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
    const sections = list('AWS::CloudWatch::Alarm').map(({ Properties }) => {
      const [, section] =
        /^[A-Z].*\. What to do: docs\/operations\.md#([a-z-]+)$/.exec(String(Properties.AlarmDescription)) ?? []
      return section
    })
    expect(sections.length).toBeGreaterThan(30)
    expect([...new Set(sections)].filter((section = '') => !headings.includes(section))).toEqual([])
    // And no section is about an alarm that there is not.
    const others = ['where-to-look', 'what-is-measured', 'stop-everything', 'deployment']
    expect(headings.filter((heading) => !sections.includes(heading)).sort()).toEqual(others.sort())
  })

  test('there is one for each dead-letter queue, each queue, each function and each schedule', () => {
    const alarms = list('AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName))
    const scheduled = functionNames.filter((name) => functionSettings[name].schedule !== undefined)
    expect(alarms).toEqual(
      expect.arrayContaining([
        ...workedQueues.filter((name) => name !== 'dispatch').map((name) => `ssofile-dead-letters-${name}`),
        ...workedQueues.map((name) => `ssofile-old-messages-${name}`),
        ...functionNames.map((name) => `ssofile-function-fails-${name}`),
        ...scheduled.map((name) => `ssofile-no-heartbeat-${name}`),
        ...[
          ...['brake-holds', 'drift', 'errors-logged', 'inputs-failed', 'inputs-held', 'inputs-stuck'],
          ...['throttled-calls', 'old-hints', 'events-not-delivered-own-directory-calls'],
          ...['guard-changed', 'guard-account-changed'],
        ].map((name) => `ssofile-${name}`),
      ]),
    )
    expect(new Set(alarms).size).toBe(alarms.length)
  })

  test('goes to the address of the environment, by a topic that CloudWatch may publish to', () => {
    expect(one('AWS::SNS::Subscription', {}).Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: example.alarmAddress,
    })
    const alarms = list('AWS::SNS::Topic').find(({ Properties }) => Properties.TopicName === undefined)
    const topic = { Ref: alarms?.id }
    expect(textOf(one('AWS::SNS::TopicPolicy', { Topics: [topic] }).Properties)).toContain(
      '"Service":"cloudwatch.amazonaws.com"',
    )
    for (const { Properties } of list('AWS::CloudWatch::Alarm')) expect(Properties.AlarmActions).toEqual([topic])
  })

  test('of a schedule waits for its first run, and rings without that where CloudFormation does not know how to wait', () => {
    const waiting = (mode: Mode) => textOf(list('AWS::CloudWatch::Alarm', mode)).includes('WarmUpConfiguration')
    expect([waiting('delegated'), waiting('china')]).toEqual([true, false])
  })

  test('of a schedule that does not run fires where there is nothing to measure', () => {
    const alarms = list('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
      String(Properties.AlarmName).includes('heartbeat'),
    )
    const measured = alarms.map(({ Properties }) => /"MetricName":"(\w+)"/.exec(textOf(Properties.Metrics))?.[1])
    const { retire: _, credentials: __, ...deployed } = heartbeats
    expect(measured.sort()).toEqual(Object.values(deployed).sort())
    for (const { Properties, DependsOn } of alarms) {
      expect(Properties).toMatchObject({
        TreatMissingData: 'breaching',
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 1,
        Metrics: [{ Expression: 'FILL(m, 0)' }, { Id: 'm', ReturnData: false }],
      })
      // The schedules begin then.
      expect(DependsOn).toEqual(['FirstReconcile'])
    }
  })
})

test('in the management account the dispatcher may make roles there, if links may name that account', () => {
  const reaches = (mode: Mode) =>
    textOf(one('AWS::IAM::Role', { RoleName: 'ssofile-dispatcher' }, mode)).includes('iam:CreateRole')
  expect(environment.parse(environments.management).includeManagementAccount).toBe(true)
  expect(reaches('management')).toBe(true)
  expect(reaches('delegated')).toBe(false)
})

test('there it may do all that the role of Identity Center does in other accounts, and what its console asks first', () => {
  const { Properties } = one('AWS::IAM::Role', { RoleName: 'ssofile-dispatcher' }, 'management')
  const [{ PolicyDocument }] = Properties.Policies as [{ PolicyDocument: { Statement: Record<string, unknown>[] } }]
  const statement = (sid: string) => PolicyDocument.Statement.find(({ Sid }) => Sid === sid)
  // AWSSSOServiceRolePolicy, IAMRoleProvisioningActions and IAMRoleCleanupActions.
  expect(statement('RolesOfManagementAccount')).toMatchObject({
    Action: expect.arrayContaining(
      [
        ...['AttachRolePolicy', 'CreateRole', 'PutRolePolicy', 'UpdateRole', 'UpdateRoleDescription'],
        ...['UpdateAssumeRolePolicy', 'PutRolePermissionsBoundary', 'DeleteRolePermissionsBoundary', 'GetRole'],
        'GetRolePolicy',
        ...['DeleteRole', 'DeleteRolePolicy', 'DetachRolePolicy', 'ListRolePolicies', 'ListAttachedRolePolicies'],
      ].map((action) => `iam:${action}`),
    ),
    Resource: 'arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/*',
  })
  expect(statement('ListsOfManagementAccount')).toMatchObject({
    Action: ['iam:ListPolicies', 'iam:ListRoles'],
    Resource: '*',
  })
})

test('credentials are looked at, and retired, only where a role in the accounts is configured for that', () => {
  const deployed = (mode: Mode) => list('AWS::Lambda::Function', mode).map(({ Properties }) => Properties.FunctionName)
  for (const name of ['ssofile-credentials', 'ssofile-retire']) {
    expect(deployed('china')).toContain(name)
    expect(deployed('delegated')).not.toContain(name)
  }
})

test("only the reports and operators may assume the auditor's role, and one function the role that retires, of that name and in the organization, and only where it is configured", () => {
  const assuming = (mode: Mode) =>
    list('AWS::IAM::Role', mode).flatMap(({ Properties }) => {
      // The role that reads tags is in the management account, not in the others.
      const text = textOf(Properties.Policies ?? []).replace(
        /{"Action":"sts:AssumeRole"[^}]*role\/ssofile-tags"[^}]*}/,
        '',
      )
      return text.includes('sts:AssumeRole') ? [[Properties.RoleName, text] as const] : []
    })
  expect(assuming('delegated')).toEqual([])
  const [retiring, ...others] = assuming('china').sort(([, a]) => (a.includes('/ssofile-hygiene') ? -1 : 1))
  expect(retiring?.[0]).toBe('ssofile-retire')
  expect(others.filter(([, text]) => text.includes('/ssofile-hygiene'))).toEqual([])
  expect(others.map(([name]) => String(name).replace(/s$/, '')).sort()).toEqual([
    'ssofile-credential',
    'ssofile-operator',
    'ssofile-report',
  ])
  const { Properties } = one('AWS::IAM::Role', { RoleName: 'ssofile-report' }, 'china')
  const [{ PolicyDocument }] = Properties.Policies as [{ PolicyDocument: { Statement: Record<string, unknown>[] } }]
  expect(PolicyDocument.Statement.find(({ Sid }) => Sid === 'AuditorRole')).toEqual({
    Sid: 'AuditorRole',
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Resource: 'arn:aws-cn:iam::*:role/audit/ssofile-auditor',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in
    Condition: { StringEquals: { 'aws:ResourceOrgID': '${aws:PrincipalOrgID}' } },
  })
})

test('the stack tells where to upload, where to look, and which role to assume', () => {
  const outputsOf = (mode: Mode) => {
    const { Outputs = {} } = stack(mode)
    return Object.fromEntries(Object.entries(Outputs).map(([name, { Value }]) => [name, Value]))
  }
  const common = {
    Links: 's3://example-ssofile/links_data/',
    PermissionSets: 's3://example-ssofile/permission_sets/',
    Statuses: 's3://example-ssofile/status/',
    KeyArn: expect.anything(),
    OperatorRole: 'arn:aws:iam::111122223333:role/ssofile-operator',
  }
  const dashboard = (domain: string, region: string) =>
    `https://${region}.${domain}/cloudwatch/home?region=${region}#dashboards/dashboard/ssofile`
  expect(outputsOf('delegated')).toEqual({ ...common, DashboardUrl: dashboard('console.aws.amazon.com', 'eu-west-1') })
  expect(outputsOf('api')).toMatchObject({ ApiUrl: expect.anything() })
  expect(outputsOf('at-home')).not.toHaveProperty('OperatorRole')
  expect(outputsOf('china').DashboardUrl).toBe(dashboard('console.amazonaws.cn', 'cn-north-1'))
})

test('what people see has its dashboard and saved queries', () => {
  expect(list('AWS::CloudWatch::Dashboard')).toHaveLength(1)
  expect(
    list('AWS::Logs::QueryDefinition')
      .map(({ Properties }) => Properties.Name)
      .sort(),
  ).toEqual(['ssofile/errors', 'ssofile/one account', 'ssofile/one input', 'ssofile/slices'])
})

describe('the API', () => {
  const ofApi = (type: string) =>
    list(type, 'api').filter(({ Properties }) => !textOf(Properties.ApiId).includes('"Page'))

  test('is there only where something comes in by it', () => {
    expect(list('AWS::ApiGatewayV2::Api')).toEqual([])
    expect(textOf(stack('delegated'))).not.toContain('ssofile-api')
    expect(
      list('AWS::ApiGatewayV2::Api', 'api')
        .map(({ Properties }) => Properties.Name)
        .sort(),
    ).toEqual(['ssofile', 'ssofile-page'])
  })

  test('wants a signed request for each route, and only changes what comes in by it', () => {
    const signed = ofApi('AWS::ApiGatewayV2::Route')
    expect(signed.map(({ Properties }) => Properties.AuthorizationType)).toEqual(signed.map(() => 'AWS_IAM'))
    const inputs = ['/links', '/links/{link+}', '/permission-sets', '/permission-sets/{name}']
    const requests = ['/approvals/{digest}', '/eligibility', '/requests', '/requests/{request+}']
    const reviews = ['/reviews', '/reviews/{review}', '/reviews/{review}/items']
    const read = [...inputs, ...requests, ...reviews]
    const posted = ['/approvals', '/decisions', '/links', '/permission-sets', '/requests']
    expect(signed.map(({ Properties }) => String(Properties.RouteKey)).sort()).toEqual(
      [
        ...[...new Set([...read, ...posted])].map((path) => `ANY ${path}`),
        ...read.map((path) => `GET ${path}`),
        ...posted.map((path) => `POST ${path}`),
      ].sort(),
    )
  })

  test('is throttled, and logs each caller', () => {
    const [stageOfApi] = ofApi('AWS::ApiGatewayV2::Stage')
    expect(stageOfApi?.Properties).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40, DetailedMetricsEnabled: false },
      AccessLogSettings: { Format: expect.stringContaining('$context.identity.userArn') },
    })
  })

  test('has a function with the numbers of the settings table, which waits no longer than API Gateway', () => {
    const { timeoutSeconds, memoryMb } = functionSettings.api
    const { Properties } = one('AWS::Lambda::Function', { FunctionName: 'ssofile-api' }, 'api')
    expect(Properties).toMatchObject({ Timeout: timeoutSeconds, MemorySize: memoryMb, Runtime: 'nodejs24.x' })
    expect(timeoutSeconds).toBeLessThan(30)
  })

  test('alone may write inputs, and else only asks who somebody is, who can approve, and whose an account', () => {
    const writing = listFunctionRoles('api').filter(({ Properties }) =>
      /"s3:PutObject"[^}]*(?<!status)\/(links_data(?!\/temporary)|permission_sets)/.test(textOf(Properties.Policies)),
    )
    expect(writing.map(({ Properties }) => Properties.RoleName)).toEqual(['ssofile-api'])
    const [role] = writing
    const text = textOf(role?.Properties.Policies)
    expect([...new Set(text.match(/"(\w+):\w+"/g))].map((action) => action.split(':')[0])).not.toContain('"sqs')
    const asked = [...text.matchAll(/"(?:sso|identitystore):(\w+)"/g)].map(([, operation = '']) => operation)
    expect(asked.sort()).toEqual([
      'DescribeGroup',
      'DescribeUser',
      'GetGroupId',
      'GetUserId',
      'ListGroupMemberships',
      'ListGroupMembershipsForMember',
      'ListGroups',
      'ListInstances',
      'ListUsers',
    ])
  })

  test('is known to the router by the id of its role, as S3 names it', () => {
    const router = one('AWS::Lambda::Function', { FunctionName: 'ssofile-router' }, 'api')
    const role = one('AWS::IAM::Role', { RoleName: 'ssofile-api' }, 'api')
    expect(textOf(router.Properties.Environment)).toContain(
      `"SSOFILE_API_PRINCIPAL":{"Fn::Join":["",["AWS:",{"Fn::GetAtt":["${role.id}","RoleId"]}]]}`,
    )
    const links = one('AWS::Lambda::Function', { FunctionName: 'ssofile-links' }, 'api')
    expect(textOf(links.Properties.Environment)).not.toContain('SSOFILE_API_PRINCIPAL')
  })
})

describe('the page', () => {
  const ofPage = (type: string) =>
    list(type, 'api').filter(({ Properties }) => textOf(Properties.ApiId).includes('"Page'))

  test('is there only where it is configured', () => {
    expect(textOf(stack('delegated'))).not.toContain('ssofile-page')
  })

  test('has an API of its own with its routes alone, throttled, under one name, and logs what is asked for', () => {
    const routes = ofPage('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties)
    expect(routes.map(({ RouteKey }) => String(RouteKey)).sort()).toEqual([...hostedRoutes].sort())
    expect(routes.map(({ AuthorizationType }) => AuthorizationType)).toEqual(routes.map(() => 'NONE'))
    const [pageStage] = ofPage('AWS::ApiGatewayV2::Stage')
    expect(pageStage?.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200, DetailedMetricsEnabled: false },
      RouteSettings: { 'GET /sign-in': { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 5 } },
      AccessLogSettings: { Format: expect.not.stringMatching(/querystring|authorizer|cookie/i) },
    })
    expect(one('AWS::ApiGatewayV2::Api', { Name: 'ssofile-page' }, 'api').Properties).toMatchObject({
      DisableExecuteApiEndpoint: true,
    })
    expect(list('AWS::ApiGatewayV2::ApiMapping', 'api')).toHaveLength(1)
  })

  test('writes requests, approvals and decisions alone, reads its own secret, and calls nothing that changes Identity Center', () => {
    const text = textOf(one('AWS::IAM::Role', { RoleName: 'ssofile-page' }, 'api').Properties.Policies)
    const written = [
      ...text.matchAll(/"Action":(\[[^\]]*s3:PutObject[^\]]*\]|"s3:PutObject")[^}]*?"Resource":(\[[^\]]*\]|"[^"]*")/g),
    ]
    const places = written.flatMap(([, , resources = '']) => resources.match(/example-ssofile\/[^"]*/g) ?? [])
    expect(places.sort()).toEqual([
      'example-ssofile/approvals/*',
      'example-ssofile/decisions/*',
      'example-ssofile/requests/*',
      'example-ssofile/state/deletions/*',
      'example-ssofile/state/signed-out/*',
    ])
    expect(text).toContain('secretsmanager:GetSecretValue')
    expect(text).not.toMatch(/"(sqs|sns|events|lambda|iam):/)
    expect([...text.matchAll(/"sso:(\w+)"/g)].map(([, operation]) => operation)).toEqual(['ListInstances'])
  })

  test('is known to the router by the id of its role, and tells itself and who links to it where it is', () => {
    const variablesOf = (name: string) =>
      textOf(one('AWS::Lambda::Function', { FunctionName: `ssofile-${name}` }, 'api').Properties.Environment)
    const role = one('AWS::IAM::Role', { RoleName: 'ssofile-page' }, 'api')
    expect(variablesOf('router')).toContain(
      `"SSOFILE_PAGE_PRINCIPAL":{"Fn::Join":["",["AWS:",{"Fn::GetAtt":["${role.id}","RoleId"]}]]}`,
    )
    for (const name of ['page', 'notifications'])
      expect(variablesOf(name)).toContain('"SSOFILE_PAGE_ORIGIN":"https://access.example.com"')
    expect(variablesOf('links')).not.toContain('SSOFILE_PAGE')
  })
})

describe('the role of operators', () => {
  const roleOf = (mode: Mode) => one('AWS::IAM::Role', { RoleName: 'ssofile-operator' }, mode).Properties
  const textOfRole = (mode: Mode) => textOf(roleOf(mode).Policies)

  test('may be assumed by operators only: the accounts are named, and the operators in a condition', () => {
    const { access } = example
    expect(access.operators).toHaveLength(1)
    expect(roleOf('delegated').AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: expect.anything() },
          Condition: { ArnLike: { 'aws:PrincipalArn': access.operators } },
        },
      ],
    })
  })

  test('asks IAM users for MFA, and names each account of an operator', () => {
    const { AssumeRolePolicyDocument } = roleOf('api')
    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        { Condition: { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::777788889999:role/on-call'] } } },
        {
          Condition: {
            ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:user/ana'] },
            Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          },
        },
      ],
    })
    expect(textOf(AssumeRolePolicyDocument)).toContain(':iam::777788889999:root')
  })

  test('has messages put back by the function for that', () => {
    expect(textOfRole('delegated')).toContain('"lambda:InvokeFunction"')
    expect(textOfRole('delegated')).toContain(':function:ssofile-redrive"')
  })

  test('only reads Identity Center, and sends to no queue', () => {
    for (const mode of ['delegated', 'management'] as const) {
      const calls = [...new Set(textOfRole(mode).match(/"(sso|sqs|iam|logs):\w+"/g))]
      expect(calls.filter((call) => !/"sso:(Describe|Get|List)/.test(call))).toEqual([])
      expect(calls).toContain('"sso:ListAccountAssignments"')
    }
  })

  test('puts and deletes links and records, never history, whichever way inputs come in', () => {
    for (const mode of ['delegated', 'api'] as const) {
      const [, deletable = ''] =
        /"s3:PutObject","s3:DeleteObject"\],[^[]*"Resource":\[([^\]]*)\]/.exec(textOfRole(mode)) ?? []
      for (const prefix of ['links_data/', 'permission_sets/', 'assignments/', 'control/dispatcher.json'])
        expect(deletable).toContain(`example-ssofile/${prefix}`)
      expect(deletable).not.toMatch(/history|changes|owner|brake/)
    }
  })

  test('is not there without operators', () => {
    const roles = list('AWS::IAM::Role', 'at-home').map(({ Properties }) => Properties.RoleName)
    expect(roles).not.toContain('ssofile-operator')
  })
})

describe('the key of IAM Identity Center', () => {
  const keyStatements = (mode: Mode, name: string) => {
    const { Properties } = one('AWS::IAM::Role', { RoleName: `ssofile-${name}` }, mode)
    const [{ PolicyDocument }] = Properties.Policies as [{ PolicyDocument: { Statement: Record<string, unknown>[] } }]
    return PolicyDocument.Statement.filter(({ Sid }) => Sid === 'IdentityCenterKey' || Sid === 'IdentityStoreKey')
  }

  test.each(modes.filter((mode) => mode !== 'china'))('is used by no function where it is AWS owned: %s', (mode) => {
    for (const name of functionNames) expect(keyStatements(mode, name)).toEqual([])
  })

  test('is used by the functions that call IAM Identity Center, only through it and for this instance', () => {
    const calling = functionNames.filter((name) => keyStatements('china', name).length > 0)
    expect(calling).toEqual(['requests', 'events', 'dispatcher', 'hourly', 'report', 'notifications', 'usage', 'owner'])
    const common = {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: identityCenterKeyOf('aws-cn', 'cn-north-1'),
    }
    expect(keyStatements('china', 'dispatcher')).toEqual([
      {
        ...common,
        Sid: 'IdentityCenterKey',
        Condition: {
          StringEquals: {
            'kms:ViaService': 'sso.cn-north-1.amazonaws.com.cn',
            'kms:EncryptionContext:aws:sso:instance-arn': 'arn:aws-cn:sso:::instance/ssoins-1234567890abcdef',
          },
        },
      },
      {
        ...common,
        Sid: 'IdentityStoreKey',
        Condition: {
          StringEquals: { 'kms:ViaService': 'identitystore.cn-north-1.amazonaws.com.cn' },
          StringLike: {
            'kms:EncryptionContext:aws:identitystore:identitystore-arn':
              'arn:aws-cn:identitystore::444455556666:identitystore/d-*',
          },
        },
      },
    ])
    expect(keyStatements('china', 'owner').map(({ Sid }) => Sid)).toEqual(['IdentityCenterKey'])
  })
})

test('the policies of a template are those of each role, of the bucket, of the queues and of the key, without anything that only CloudFormation knows', () => {
  const place = { partition: 'aws', account: '111122223333', region: 'eu-west-1' }
  const { ssofile } = assemblies.api ?? {}
  const policies = listTemplatePolicies(JSON.stringify(ssofile), place)
  const types = Object.entries(ssofile?.Resources ?? {})
  const roles = types.filter(([, { Type }]) => Type === 'AWS::IAM::Role').map(([id]) => id)
  expect(roles.length).toBeGreaterThan(10)
  expect(new Set(policies.map(({ of }) => of)).isSupersetOf(new Set(roles))).toBe(true)
  for (const kind of ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::KMS::Key'])
    for (const [id] of types.filter(([, { Type }]) => Type === kind)) expect(policies.map(({ of }) => of)).toContain(id)
  for (const { document } of policies) {
    expect(document).not.toMatch(/"(Ref|Fn::[A-Za-z]+)"/)
    expect(JSON.parse(document)).toMatchObject({ Version: '2012-10-17', Statement: expect.any(Array) })
  }
})

testAlarms(() => assemblies.api ?? {})
testAdditionalRegions(() => assemblies)
testBreakGlass(() => assemblies)
