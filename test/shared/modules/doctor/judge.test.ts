import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { judgeDryCalls, judgeMultiAccount } from '../../../../shared/modules/doctor/dry-calls.ts'
import {
  examineBucket,
  examineFunctions,
  judgeConcurrency,
  judgeQueues,
} from '../../../../shared/modules/doctor/examine-deployment.ts'
import { judgeQuotas, judgeReadLag } from '../../../../shared/modules/doctor/examine-identity-center.ts'
import {
  judgeAccounts,
  judgeArrivals,
  judgeDelegation,
  judgeInstance,
  judgeManagementAccountSets,
  judgeOwnAccount,
} from '../../../../shared/modules/doctor/judge.ts'
import { unasked } from '../../../../shared/modules/doctor/unasked.ts'
import { queueSettings } from '../../../../shared/ports/deployment-settings.ts'
import type { BucketSettings } from '../../../../shared/ports/installation.ts'
import { workedQueues } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'

const management = '111111111111'
const own = '222222222222'
const instanceArn = 'arn:aws:sso:::instance/ssoins-aaaaaaaaaaaaaaaa'
const otherArn = 'arn:aws:sso:::instance/ssoins-bbbbbbbbbbbbbbbb'
const ours = { instanceArn, identityStoreId: 'd-1', ownerAccountId: management, status: 'ACTIVE', primaryRegion: 'r-1' }
const beside = { instanceArn: otherArn, identityStoreId: 'd-2', ownerAccountId: own, status: 'ACTIVE' }
const owner = { instanceArn, identityStoreId: 'd-1' }
const error = (code: string, service: ServiceError['service'] = 'sso-admin') =>
  new ServiceError(service, code, `told ${code}`)

describe('the instance', () => {
  const judge = (change: Partial<Parameters<typeof judgeInstance>[0]>) =>
    judgeInstance({ listed: [ours], owner, managementAccountId: management, region: 'r-1', bucket: 'b', ...change })

  test('of the bucket is found, ACTIVE, in its primary Region, beside one of the account itself', () => {
    expect(judge({ listed: [beside, ours] })).toMatchObject([
      { level: 'ok', told: expect.stringContaining('1 other listed beside it') },
      { check: 'primary Region', level: 'ok' },
    ])
    expect(judge({ owner: undefined, listed: [beside, ours] })[0]).toMatchObject({ level: 'ok' })
  })

  test.each([
    ['no instance is listed', { listed: [] }, /no instance .* is listed in r-1/],
    [
      'only an account instance is listed',
      { listed: [beside], owner: undefined },
      /an account instance has no permission sets/,
    ],
    [
      'the bucket belongs to another',
      { listed: [{ ...ours, instanceArn: otherArn }] },
      /bucket b belongs to .*a{16}, but AWS lists .*b{16}/,
    ],
    [
      'the bucket was claimed for an account instance',
      { listed: [{ ...ours, ownerAccountId: own }] },
      /is an account instance of 222222222222/,
    ],
    [
      'somebody created the instance again',
      { listed: [{ ...ours, identityStoreId: 'd-9' }] },
      /identity store d-9, .* claimed with d-1/,
    ],
    [
      'the instance is not ACTIVE',
      { listed: [{ ...ours, status: 'CREATE_FAILED', statusReason: 'the key' }] },
      /CREATE_FAILED: the key/,
    ],
  ])('fails where %s', (_, change, told) => {
    expect(judge(change)[0]).toMatchObject({ check: 'instance', level: 'fail', told: expect.stringMatching(told) })
    expect(judge(change)[0]?.remedy).toBeDefined()
  })

  test('fails in a Region that is not its primary one, and warns where that is not told', () => {
    expect(judge({ region: 'r-2' })[1]).toMatchObject({
      check: 'primary Region',
      level: 'fail',
      remedy: expect.stringContaining('r-1'),
    })
    expect(judge({ listed: [{ ...ours, primaryRegion: undefined }] })[1]).toMatchObject({ level: 'warn' })
  })
})

describe('the administration', () => {
  test.each([
    [management, [own], true, 'ok'],
    [management, [], false, 'ok'],
    [own, [own], false, 'ok'],
    [own, [own], true, 'fail'],
    [own, [], false, 'fail'],
    [own, undefined, false, 'warn'],
  ] as const)('by %s, with the delegated administrators %j and includeManagementAccount %s: %s', (...row) => {
    const [id, delegatedAdministrators, includeManagementAccount, level] = row
    const standing = {
      accountId: id,
      managementAccountId: management,
      delegatedAdministrators,
      includeManagementAccount,
    }
    expect(judgeDelegation(standing)).toMatchObject({ check: 'administration', level })
  })

  test.each([
    [
      'the management account may change them',
      { isControlled: true, there: ['A'], owned: ['A'] },
      'ok',
      /may change the 1/,
    ],
    ['there are none', { there: [] }, 'ok', /has no permission sets/],
    [
      'they are of others',
      { there: ['A', 'B'] },
      'warn',
      /neither change nor assign, and which an import leaves out: A, B/,
    ],
    ['one is of ssofile', { there: ['A', 'B'], owned: ['B'] }, 'fail', /can no longer change or assign: B/],
  ])('of permission sets in the management account: %s', (_, change, level, told) => {
    const sets = { isControlled: false, managementAccountId: management, owned: [], ...change }
    expect(judgeManagementAccountSets(sets)).toMatchObject({ level, told: expect.stringMatching(told) })
  })
})

test.each([
  ['closed, and empty', {}, 'ok', 'no link reaches 111122223333'],
  ['closed, with access of others', { foreign: 3 }, 'ok', '3 assignments of others'],
  ['closed, with access of before', { ours: 2 }, 'warn', '2 assignments of ssofile and 0 of others'],
  ['open', { includeOwnAccount: true }, 'warn', 'links outside folders may reach it'],
] as const)('of the account in which ssofile runs: %s', (_, change, level, told) => {
  const standing = { ownAccount: '111122223333', includeOwnAccount: false, ours: 0, foreign: 0, ...change }
  expect(judgeOwnAccount(standing)).toMatchObject({ level, told: expect.stringContaining(told) })
})

test('accounts without State or Paths fail, by name', () => {
  const account = (id: string, state: 'ACTIVE' | 'UNPLACED') => ({ id: accountId.parse(id), state })
  expect(judgeAccounts([account(own, 'ACTIVE')])).toMatchObject({ level: 'ok', told: '1, each with State and Paths' })
  expect(judgeAccounts([account(own, 'UNPLACED'), account(management, 'ACTIVE')])).toMatchObject({
    level: 'fail',
    told: expect.stringContaining(own),
  })
})

describe('dry calls', () => {
  const judgeAll = (isWrite: boolean, codes: readonly (string | undefined)[]) =>
    judgeDryCalls(
      'identity center',
      'sso',
      codes.map((code, index) => ({
        action: `Action${index}`,
        isWrite,
        answer: code === undefined ? { is: undefined } : { error: error(code) },
      })),
    )

  const judge = (...codes: readonly (string | undefined)[]) => judgeAll(false, codes)

  test('that read, and are answered or not found, are allowed', () => {
    const found = judge(undefined, 'ResourceNotFoundException')
    expect(found).toMatchObject({ level: 'ok', told: expect.stringContaining('2 actions are allowed') })
  })

  test('that write, and are not found, invalid or in conflict, are allowed', () => {
    const found = judgeAll(true, ['ResourceNotFoundException', 'ValidationException', 'ConflictException'])
    expect(found).toMatchObject({ level: 'ok', told: expect.stringContaining('3 actions are allowed') })
  })

  test.each(['ValidationException', 'UnknownOperationException', 'InstanceNotFound', 'KMS_NOT_FOUND_EXCEPTION'])(
    'that read, and are refused with %s, fail with the words of AWS',
    (code) => {
      expect(judge(undefined, code)).toMatchObject({
        level: 'fail',
        told: `1 of 2 actions failed when tried: sso:Action1 (${code}: told ${code})`,
        remedy: expect.stringContaining('remove the cause'),
      })
    },
  )

  test('that are denied fail, by name, whatever else is unclear', () => {
    expect(judge('AccessDeniedException', 'NoAnswer', undefined)).toMatchObject({
      level: 'fail',
      told: 'AWS refuses 1 of 3 actions to these credentials: sso:Action0',
    })
  })

  test.each(['NoAnswer', 'InternalServerException', 'ThrottlingException'])('that end in %s prove nothing', (code) => {
    expect(judge(undefined, code)).toMatchObject({ level: 'warn', told: expect.stringContaining(`told ${code}`) })
  })

  test('that list no permission sets may mean that multi-account permissions are disabled', () => {
    expect(judgeMultiAccount({ is: [] })).toMatchObject({ level: 'ok' })
    expect(judgeMultiAccount({ error: error('ValidationException') })).toMatchObject({ level: 'fail' })
  })
})

describe('the bucket', () => {
  const good: BucketSettings = {
    versioning: async () => 'Enabled',
    expiringPrefixes: async () => ['attention/', 'control/', 'state/', 'status/'],
    encryption: async () => ({ algorithm: 'aws:kms', keyId: 'arn:key' }),
    blocksPublicAccess: async () => true,
    policy: async () => '{"Statement":[{"Effect":"Deny","Action":["s3:PutObject"]}]}',
    notifications: async () =>
      [
        'links_data/',
        'permission_sets/',
        'requests/',
        'approvals/',
        'decisions/',
        'reviews/',
        'suspended/',
        'people/',
        'groups/',
        'memberships/',
        'rules/',
        'access_control_attributes.json',
      ].map((prefix) => ({
        queueArn: 'q',
        prefix,
        events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
      })),
  }
  const levels = async (change: Partial<BucketSettings> = {}) => {
    const findings = await examineBucket({ ...good, ...change })
    return Object.fromEntries(findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => [check, level]))
  }

  test('as a deployment makes it is well', async () => {
    expect(await levels()).toEqual({})
  })

  test.each<[string, Partial<BucketSettings>, object]>([
    ['no versions', { versioning: async () => undefined }, { versioning: 'warn' }],
    ['versions that never expire', { expiringPrefixes: async () => ['control/'] }, { lifecycle: 'warn' }],
    [
      'no versions, and no lifecycle',
      { versioning: async () => undefined, expiringPrefixes: async () => [] },
      { versioning: 'warn' },
    ],
    ['a key of S3', { encryption: async () => ({ algorithm: 'AES256' }) }, { encryption: 'warn' }],
    ['public access', { blocksPublicAccess: async () => false }, { 'public access': 'fail' }],
    ['no policy', { policy: async () => undefined }, { 'bucket policy': 'warn' }],
    [
      'a policy that only allows',
      { policy: async () => '{"Statement":[{"Effect":"Allow","Action":"s3:*"}]}' },
      { 'bucket policy': 'warn' },
    ],
    [
      'a bucket that was set up before there was temporary access',
      {
        notifications: async () =>
          ['links_data/', 'permission_sets/'].map((prefix) => ({
            queueArn: 'q',
            prefix,
            events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
          })),
      },
      { notifications: 'warn' },
    ],
    ['no notifications', { notifications: async () => [] }, { notifications: 'warn' }],
    [
      'no operation for it',
      { policy: async () => Promise.reject(error('NotImplemented', 's3')) },
      { 'bucket policy': 'skip' },
    ],
    [
      'no right to ask',
      { policy: async () => Promise.reject(error('AccessDenied', 's3')) },
      { 'bucket policy': 'warn' },
    ],
    [
      'an error of S3',
      { policy: async () => Promise.reject(error('InternalError', 's3')) },
      { 'bucket policy': 'fail' },
    ],
  ])('with %s is told', async (_, change, expected) => {
    expect(await levels(change)).toEqual(expected)
  })

  test('that these credentials may not ask about says which permission is missing', () => {
    expect(unasked('x', error('AccessDenied', 's3'), { needs: 's3:GetBucketPolicy' }).remedy).toBe(
      'allow them s3:GetBucketPolicy',
    )
  })
})

describe('queues', () => {
  const good = workedQueues.map((name) => ({
    name,
    queue: { VisibilityTimeout: String(queueSettings[name].visibilityTimeoutSeconds) },
    dead: name === 'dispatch' ? undefined : { ApproximateNumberOfMessages: '0' },
  }))
  const judge = (name: string, change: object) =>
    judgeQueues(good.map((one) => (one.name === name ? { ...one, ...change } : one)))

  test('of the settings table are well, and nothing was given up', () => {
    expect(judgeQueues(good).map(({ level }) => level)).toEqual(['ok', 'ok'])
  })

  test.each([
    ['that does not exist', { queue: undefined }, 'the queue links does not exist'],
    [
      'that shows messages too early',
      { queue: { VisibilityTimeout: '30' } },
      'shows a message again after 30 s, expected 360',
    ],
    ['without a dead-letter queue', { dead: undefined }, 'has no dead-letter queue'],
  ])('one %s fails', (_, change, told) => {
    expect(judge('links', change)[0]).toMatchObject({ level: 'fail', told: expect.stringContaining(told) })
  })

  test('with dead letters are told, with the command that shows them', () => {
    expect(judge('work', { dead: { ApproximateNumberOfMessages: '3' } })[1]).toMatchObject({
      level: 'warn',
      told: 'messages were given up: work 3',
      remedy: 'ssofile redrive',
    })
  })
})

describe('events of AWS', () => {
  const at = (time: string) => new Date(`2026-03-03T${time}:00.000Z`)
  const now = at('12:00')
  const arrived = (time: string) => ({
    v: 1 as const,
    organization: { name: 'MoveAccount', at: at(time).toISOString() },
  })
  const joined = (time: string) => ({ organization: { id: '222222222222', at: at(time) } })

  test('that never arrived are told, each kind for itself', () => {
    expect(judgeArrivals(arrived('10:00'), {}, { now, since: undefined })).toMatchObject([
      { level: 'ok', told: expect.stringContaining('2026-03-03T10:00:00.000Z: MoveAccount') },
      { level: 'warn', told: expect.stringContaining('no event of the directory') },
    ])
    expect(judgeArrivals(undefined, {}, { now, since: at('09:00') }).map(({ level }) => level)).toEqual([
      'warn',
      'warn',
    ])
  })

  test.each([
    ['told of the newest account', '11:00', '11:02', '09:00', 'ok', /MoveAccount; account 222222222222 joined at/],
    ['was noted shortly before, and others are noted seldom', '11:00', '10:50', '09:00', 'ok', /; account/],
    [
      'came before it',
      '11:00',
      '10:00',
      '09:00',
      'warn',
      /joined at 2026-03-03T11.*but no event arrived; the last event/,
    ],
    ['never came', '11:00', undefined, '09:00', 'warn', /but no event arrived; no event of the organization has ever/],
    ['has some minutes more', '11:50', '10:00', '09:00', 'ok', /MoveAccount$/],
    ['could not be heard before the deployment', '08:00', undefined, '09:00', 'warn', /no event .* has arrived yet/],
  ] as const)('the last one %s', (_, made, came, since, level, told) => {
    const arrivals = came === undefined ? undefined : arrived(came)
    const [finding] = judgeArrivals(arrivals, joined(made), { now, since: at(since) })
    expect(finding).toMatchObject({ level, told: expect.stringMatching(told) })
  })
})

describe('quotas', () => {
  const use = { permissionSets: 12, permissionSetsOfOneAccount: 400, accounts: 44 }
  const codes = ['L-B44C7A29', 'L-89954265', 'L-0299121C']

  test('are those of Service Quotas, and from four fifths on somebody should ask for more', () => {
    const told = { is: codes.map((code) => ({ code, value: 500 })) }
    expect(judgeQuotas(use, told)).toMatchObject([
      {
        level: 'ok',
        told: '12 of 500 permission sets (Service Quotas, L-B44C7A29)',
        figures: { used: 12, quota: 500 },
      },
      { level: 'warn', remedy: 'ask AWS for more under Service Quotas, IAM Identity Center, L-89954265' },
      { level: 'ok', told: '44 of 500 accounts (Service Quotas, L-0299121C)' },
    ])
    expect(judgeQuotas({ ...use, permissionSetsOfOneAccount: 399 }, told)[1]).toMatchObject({ level: 'ok' })
  })

  test('that Service Quotas does not say are what AWS documents, and it is said that they are', () => {
    const denied = { error: error('AccessDeniedException', 'service-quotas') }
    expect(judgeQuotas(use, denied).map(({ told }) => told)).toEqual([
      "12 of 3500 permission sets (AWS's documented default: Service Quotas answered AccessDeniedException)",
      expect.stringMatching(/^400 of 500 permission sets in one account/),
      "44 of 7000 accounts (AWS's documented default: Service Quotas answered AccessDeniedException)",
    ])
    expect(judgeQuotas(use, { is: [] })[0]?.told).toContain('Service Quotas says nothing of L-B44C7A29')
  })
})

describe('the read lag', () => {
  const look = (ageSeconds: number, isShown: boolean) => ({ requestId: 'r', ageMs: ageSeconds * 1000, isShown })

  test.each([
    ['without a change nothing is measured', [], 'skip', undefined],
    [
      'is at most the age of the newest change where all are shown',
      [look(90, true), look(12, true)],
      'ok',
      { changes: 2, shown: 2, newestShownSeconds: 12 },
    ],
    [
      'is at least the age of a change that is not shown',
      [look(90, true), look(12, false), look(20, false)],
      'ok',
      { changes: 3, shown: 1, newestShownSeconds: 90, oldestMissingSeconds: 20 },
    ],
    [
      'is too long from five minutes on',
      [look(300, false)],
      'warn',
      { changes: 1, shown: 0, oldestMissingSeconds: 300 },
    ],
    ['is not too long just before', [look(299, false)], 'ok', { changes: 1, shown: 0, oldestMissingSeconds: 299 }],
  ] as const)('%s', (_, looks, level, figures) => {
    const finding = judgeReadLag(looks)
    expect([finding.level, finding.figures]).toEqual([level, figures])
  })
})

describe('functions', () => {
  const queueUrls = (host: string) =>
    Object.fromEntries(workedQueues.map((name) => [name, `https://${host}/1/${name}`])) as Record<
      (typeof workedQueues)[number],
      string
    >

  test('are asked for only where the queues are on AWS', async () => {
    const asked: string[] = []
    const installation = {
      reservedConcurrency: async (name: string) => asked.push(name),
      unreservedConcurrency: async () => 999,
    }
    const examine = (host: string) => examineFunctions(installation, { name: 'prod', queueUrls: queueUrls(host) })
    expect(await examine('localhost:4566')).toMatchObject([{ level: 'skip' }])
    expect(asked).toEqual([])
    expect(await examine('sqs.cn-north-1.amazonaws.com.cn')).toMatchObject([{ level: 'ok' }])
    expect(asked).toEqual(['prod-dispatcher'])
  })

  test.each([
    [1, 100, 'ok'],
    [1, 99, 'warn'],
    [undefined, 1000, 'fail'],
    [2, 1000, 'fail'],
  ] as const)('with %s reserved for the dispatcher and %s left are %s', (reserved, unreserved, level) => {
    expect(judgeConcurrency({ reserved, unreserved })).toMatchObject({ level })
  })
})
