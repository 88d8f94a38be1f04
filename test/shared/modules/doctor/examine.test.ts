import { describe, expect, test } from '@jest/globals'
import { answerDoctor } from '../../../../handlers/answer-doctor.ts'
import { redrive } from '../../../../handlers/redrive.ts'
import {
  directoryActions,
  identityCenterActions,
  memberActions,
  organizationsActions,
} from '../../../../infra/function-permissions.ts'
import type { Finding } from '../../../../shared/domain/guardrails/finding.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import {
  absentPermissionSet,
  directoryReads,
  identityCenterReads,
  identityCenterWrites,
  organizationReads,
} from '../../../../shared/modules/doctor/dry-calls.ts'
import { examine } from '../../../../shared/modules/doctor/examine.ts'
import type { Installation } from '../../../../shared/ports/installation.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { type WorkedQueue, workedQueues } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { claimBucket } from '../../../../shared/reconcile/records/owner.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const own = accountId.parse('222222222222')
const member = accountId.parse('210000000001')
const url = (queue: WorkedQueue) => `http://localhost/1/${queue}`
const queueUrls = Object.fromEntries(workedQueues.map((name) => [name, url(name)])) as Record<WorkedQueue, string>

/** What the other services say of an installation in which all is well. */
function installationOf(world: World, ports: Ports = world.ports): Installation {
  const { ssoAdmin, organizations } = world
  return {
    region: async () => 'eu-west-1',
    caller: async () => ({ accountId: own, arn: `arn:aws:sts::${own}:assumed-role/ssofile/me` }),
    listInstances: async () => [
      {
        instanceArn: ssoAdmin.instanceArn,
        identityStoreId: ssoAdmin.identityStoreId,
        ownerAccountId: organizations.managementAccountIdNow,
        status: 'ACTIVE',
        primaryRegion: 'eu-west-1',
      },
    ],
    encryptionKeyOf: async () => undefined,
    delegatedAdministrators: async () => [own],
    bucket: {
      versioning: async () => 'Enabled',
      expiringPrefixes: async () => [''],
      encryption: async () => ({ algorithm: 'aws:kms' }),
      blocksPublicAccess: async () => true,
      policy: async () => '{"Statement":[{"Effect":"Deny","Action":"s3:*"}]}',
      notifications: async () => [{ queueArn: 'q', prefix: '', events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] }],
    },
    queueAttributes: async () => ({ VisibilityTimeout: '1000', ApproximateNumberOfMessages: '0' }),
    askFunction: async (name, question) =>
      name.endsWith('-redrive')
        ? redrive(ports, world.configuration)(question)
        : answerDoctor<object, unknown>(ports, async () => undefined)(question),
    unreservedConcurrency: async () => 900,
    reservedConcurrency: async () => 1,
    quotasOf: async () => [{ code: 'L-B44C7A29', value: 3_500 }],
    newestAccount: async () => undefined,
    newestGroup: async () => undefined,
    networkOf: async () => world.identityStore.describeNetwork(),
  }
}

/** A world with access and permission sets, claimed by a deployment. */
async function open({ isDeployed = true, ...options }: WorldOptions & { readonly isDeployed?: boolean } = {}) {
  const organization = {
    ...acme(),
    assignments: acme().assignments.filter(({ account }) => account !== '111111111111'),
  }
  const world = new World({ caller: 'delegated-administrator', organization, ...options }).start()
  const deployment = { name: 'test', queueUrls, configuration: world.configuration }
  await claimBucket(world, isDeployed ? deployment : undefined)
  return world
}

async function examined(world: World, ports: Ports = world.ports): Promise<readonly Finding[]> {
  const installation = installationOf(world, ports)
  return world.finish(
    Array.fromAsync(examine({ ports, installation, configuration: world.configuration, roundTripMs: 60_000 })),
  )
}

const levels = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== 'ok' && level !== 'skip').map(({ check, level }) => `${check}: ${level}`)

/** Everything that Identity Center, Organizations, the directory and the bucket have. */
async function everything({ ssoAdmin, organizations, identityStore, objects }: World) {
  const sets = acme().permissionSets.map(({ permissionSetName }) => ssoAdmin.definitionNow(permissionSetName))
  const accounts = organizations.accountsNow().map((account) => [account, organizations.tagsNow(account.id)])
  const keys = await Array.fromAsync(objects.list(''))
  return structuredClone({
    sets,
    assignments: ssoAdmin.assignments(),
    requests: ssoAdmin.outstandingRequests().length + ssoAdmin.provisioningsInProgress(),
    accounts,
    groups: identityStore.idOf('GROUP', 'team-Accountants'),
    keys: keys.filter(({ key }) => key !== 'state/arrivals.json').map(({ key, etag }) => [key, etag]),
  })
}

describe('the doctor', () => {
  test('finds all well, and has changed nothing', async () => {
    const world = await open()
    const before = await everything(world)
    expect(levels(await examined(world))).toEqual(['organization events: warn', 'directory events: warn'])
    expect(await everything(world)).toEqual(before)
    expect(world.errors).toEqual([])
  })

  test('fails where permission sets are switched off, and says how to enable them', async () => {
    const off = await open({ ssoAdmin: { hasPermissionSets: () => false } })
    expect(await examined(off)).toContainEqual({
      check: 'permission sets',
      level: 'fail',
      told: 'the instance of IAM Identity Center has no permission sets: they are switched off',
      remedy: expect.stringContaining('update-instance'),
    })
    expect(await examined(await open())).toContainEqual(
      expect.objectContaining({ check: 'permission sets', level: 'ok' }),
    )
  })

  test('tells the newest report of credentials, and what an analyzer of unused access would cost where there is none', async () => {
    const told = async (world: World) =>
      (await examined(world)).flatMap(({ check, level, told: text }) =>
        ['report of credentials', 'access analyzer'].includes(check) ? [`${level} ${text}`] : [],
      )
    expect(await told(await open())).toEqual([])
    const world = await open({ configuration: { auditorRole: 'ssofile-auditor' } })
    expect(await told(world)).toEqual(['skip there is no report of credentials yet: ssofile writes one every night'])
    const write = (date: string, analyzedBy: object) =>
      world.objects.put(
        `reports/credentials/${date}/summary.json`,
        JSON.stringify({
          ...{ v: 1, date, madeAt: `${date}T04:00:00Z`, mails: 0, notes: [], findings: {}, analyzedBy },
          counts: { accounts: 9, unread: 0, users: 100, keys: 5, roles: 1_399, rows: 5, excepted: 0 },
          urgent: { now: 3, soon: 7, later: 0 },
        }),
      )
    await write('2026-03-01', { account: 9 })
    expect(await told(world)).toEqual(['ok the report of 2026-03-01 has 3 things to fix now, 7 soon'])
    await write('2026-03-02', { none: 8, account: 1 })
    expect(await told(world)).toEqual([
      'ok the report of 2026-03-02 has 3 things to fix now, 7 soon',
      expect.stringMatching(
        /^ok 8 accounts have no analyzer .* about 300 dollars a month \(0.20 .*ssofile makes none$/,
      ),
    ])
  })

  test('asks the dispatcher what its role may do, and not these credentials, which may do less or more', async () => {
    const world = await open()
    const ofRole = intercept(world.ports, async (call) => {
      if (call.operation === 'deleteAccountAssignment')
        throw new ServiceError('sso-admin', 'AccessDeniedException', 'not this role')
      return call.proceed()
    })
    const installation = installationOf(world, ofRole)
    const { configuration } = world
    const asked = Array.fromAsync(examine({ ports: world.ports, installation, configuration, roundTripMs: 60_000 }))
    const findings = await world.finish(asked)
    expect(findings.filter(({ check }) => check === 'identity center')).toMatchObject([
      { level: 'fail', told: expect.stringMatching(/^in the role of test-dispatcher: .*sso:DeleteAccountAssignment/) },
    ])
  })

  test.each([
    ['may not be asked', 'AccessDeniedException', 'warn', 1],
    ['is at work all the time', 'TooManyRequestsException', 'skip', 13],
  ])('of a dispatcher that %s tries these credentials, and says so', async (_, code, level, times) => {
    const world = await open()
    let asks = 0
    const askFunction = async (name: string) => {
      if (name.endsWith('-dispatcher')) asks++
      throw new ServiceError('lambda', code, 'no')
    }
    const installation = { ...installationOf(world), askFunction }
    const { configuration, ports } = world
    const findings = await world.finish(
      Array.fromAsync(examine({ ports, installation, configuration, roundTripMs: 60_000 })),
    )
    expect(findings.find(({ check }) => check === 'dispatcher')).toMatchObject({
      level,
      told: expect.stringContaining('the following checks show the permissions of these credentials'),
    })
    expect(findings.find(({ check }) => check === 'identity center')?.told).toMatch(/^\d+ actions are allowed/)
    expect(asks).toBe(times)
  })

  test('tries every action that ssofile is granted, but those for which AWS has another answer', async () => {
    const { ssoAdmin, ports } = await open()
    const absent = absentPermissionSet(ssoAdmin.instanceArn, '0123456789abcdef')
    const tried = (calls: readonly { readonly action: string }[]) => calls.map(({ action }) => action).sort()
    const ofIdentityCenter = [
      ...identityCenterReads(ssoAdmin, absent, member),
      ...identityCenterWrites(ssoAdmin, absent, member),
    ]
    // The drift check has another way where it is refused.
    const other = 'ListAccountAssignmentsForPrincipal'
    // There is one configuration of attributes, and no absent one by which a write could be tried.
    const attributes = ['Create', 'Update'].map((verb) => `${verb}InstanceAccessControlAttributeConfiguration`)
    expect([...tried(ofIdentityCenter), other, ...attributes].sort()).toEqual([...identityCenterActions].sort())
    expect(tried(directoryReads(ports))).toEqual([...directoryActions, ...memberActions].sort())
    expect(tried(organizationReads(ports, member))).toEqual(Object.values(organizationsActions).flat().sort())
  })

  test('makes no write that is not refused, even by an Identity Center that refuses nobody', async () => {
    const world = await open({ caller: 'management' })
    const absent = absentPermissionSet(world.ssoAdmin.instanceArn, '0123456789abcdef')
    const invalid = async () => Promise.reject(new ServiceError('sso-admin', 'ValidationException', 'invalid'))
    // The wire refuses an empty description before the model sees it.
    const ports = intercept(world.ports, ({ operation, proceed }) =>
      operation === 'createPermissionSet' ? invalid() : proceed(),
    )
    for (const { action, call } of identityCenterWrites(ports.ssoAdmin, absent, member)) {
      await expect([
        action,
        await call().then(
          () => 'done',
          () => 'refused',
        ),
      ]).toEqual([action, 'refused'])
      await world.clock.advance(1_000)
    }
  })

  test('names AWS policies of the partition in which its Identity Center is', async () => {
    const world = await open({ caller: 'management' })
    const instance = world.ssoAdmin.instanceArn.replace('arn:aws:', 'arn:aws-us-gov:')
    const named: unknown[] = []
    const ports = intercept(world.ports, ({ operation, args }) => {
      if (operation.endsWith('ManagedPolicy') || operation === 'putPermissionsBoundary') named.push(args[1])
      return Promise.reject(new Error('refused'))
    })
    for (const { call } of identityCenterWrites(
      ports.ssoAdmin,
      absentPermissionSet(instance, '0123456789abcdef'),
      member,
    ))
      await call().catch(() => undefined)
    const policy = 'arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess'
    expect(named.filter((one) => JSON.stringify(one).includes(':iam::aws:'))).toEqual([
      policy,
      policy,
      { ManagedPolicyArn: policy },
    ])
  })

  test('tries no write where it is not known that its permission set does not exist', async () => {
    const world = await open()
    const denied: Interceptor = async ({ operation, proceed }) => {
      if (operation === 'describePermissionSet') throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      return proceed()
    }
    const findings = await examined(world, intercept(world.ports, denied))
    const told = levels(findings).filter((line) => line.startsWith('identity center'))
    expect(told).toEqual(['identity center: fail', 'identity center: warn'])
    expect(world.calls.filter((call) => /^(Create|Delete|Put|Attach|Detach|Tag|Untag|Update|Prov)/.test(call))).toEqual(
      [],
    )
  })

  test('calls Identity Center at most four times a second', async () => {
    const world = await open()
    const at: number[] = []
    const ports = intercept(world.ports, ({ port, proceed }) => {
      if (port === 'ssoAdmin') at.push(world.clock.monotonicMs())
      return proceed()
    })
    await examined(world, ports)
    const within = (from: number) => at.filter((one) => one >= from && one < from + 1_000).length
    expect(at.length).toBeGreaterThan(30)
    expect(Math.max(...at.map(within))).toBeLessThanOrEqual(4)
  })

  test('says which actions are denied, and goes on', async () => {
    const world = await open()
    const denied: Interceptor = async ({ operation, proceed }) => {
      if (operation !== 'deleteAccountAssignment' && operation !== 'listTags') return proceed()
      throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
    }
    const findings = await examined(world, intercept(world.ports, denied))
    const failed = findings.filter(({ level }) => level === 'fail')
    expect(failed.map(({ check, told }) => `${check}: ${told}`)).toEqual([
      'organizations: AWS refuses 1 of 6 actions to these credentials: organizations:ListTagsForResource',
      'organizations: in the role of test-dispatcher: AWS refuses 1 of 6 actions to this role: organizations:ListTagsForResource',
      'identity center: in the role of test-dispatcher: AWS refuses 1 of 34 actions to this role: sso:DeleteAccountAssignment',
    ])
    expect(findings.map(({ check }) => check)).toContain('round trip')
  })

  test.each([
    ['GetGroupId', 'findPrincipalId', 'GROUP'],
    ['GetUserId', 'findPrincipalId', 'USER'],
    ['ListGroupMemberships', 'listMembersOf', undefined],
  ])('fails where AWS refuses %s for any reason but that nobody is there', async (action, refused, type) => {
    const world = await open()
    const refusal: Interceptor = async ({ operation, args, proceed }) => {
      if (operation !== refused || (type !== undefined && args[0] !== type)) return proceed()
      throw new ServiceError('identitystore', 'ValidationException', 'no')
    }
    const findings = await examined(world, intercept(world.ports, refusal))
    expect(findings.find(({ check }) => check === 'identity store')).toMatchObject({
      level: 'fail',
      told: `in the role of test-dispatcher: 1 of 7 actions failed when tried: identitystore:${action} (ValidationException: no)`,
      remedy: expect.stringContaining('remove the cause'),
    })
  })

  test('says what the older AD sync does not tell, which is no failure', async () => {
    const world = await open({ hasOlderAdSync: true })
    const findings = await examined(world)
    expect(findings.find(({ check }) => check === 'identity store')).toMatchObject({ level: 'ok' })
    expect(findings.find(({ check }) => check === 'memberships')).toMatchObject({
      level: 'warn',
      told: expect.stringContaining('older AD sync'),
      remedy: 'migrate to configurable AD sync (docs/from-an-hr-system.md)',
    })
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([])
  })

  test('names the permission sets of the management account, and fails for those of ssofile', async () => {
    const world = await open({ organization: acme() })
    expect(levels(await examined(world))).toContain('management account: warn')
    await world.objects.put('owned_permission_sets/AdministratorAccess', '{}')
    expect(levels(await examined(world))).toContain('management account: fail')
  })

  test('does not say that there is no group, or that a permission set is not ours, if the question is refused', async () => {
    const world = await open({ organization: acme() })
    await world.objects.put('owned_permission_sets/AdministratorAccess', '{}')
    const refusal: Interceptor = async ({ operation, args: [about], proceed }) => {
      if (operation === 'listPrincipals') throw new ServiceError('identitystore', 'AccessDeniedException', 'no')
      if (operation === 'list' && about === 'owned_permission_sets/') throw new ServiceError('s3', 'AccessDenied', 'no')
      return proceed()
    }
    const findings = await examined(world, intercept(world.ports, refusal))
    for (const name of ['by principal', 'management account'])
      expect(findings.find(({ check }) => check === name)).toMatchObject({
        level: 'warn',
        told: 'not checked: these credentials may not ask',
      })
  })

  test('tells that the identity store answers only some networks, and whether ssofile gets in', async () => {
    const world = await open()
    const judged = async () => {
      const findings = await examined(world)
      return ['identity store', 'directory network'].map((check) => findings.find((one) => one.check === check))
    }
    expect(await judged()).toMatchObject([{ level: 'ok' }, { level: 'ok', told: expect.stringContaining('anywhere') }])
    await world.identityStore.updateNetwork({ isEndpointRequired: false, vpcs: ['vpc-0a1b2c3d'], addresses: [] })
    // Who asks is locked out as well.
    expect(await judged()).toMatchObject([
      { level: 'fail', told: expect.stringContaining('identitystore:ListGroups') },
      { level: 'warn', told: expect.stringContaining('admits only some VPCs and addresses') },
    ])
  })

  test('fails where no handler takes the message to the queue of events', async () => {
    const world = await open()
    const { queues } = world.ports
    const ports = { ...world.ports, queues: { ...queues, send: async () => {} } }
    const found = (await examined(world, ports)).find(({ check }) => check === 'round trip')
    expect(found).toMatchObject({ level: 'fail', told: expect.stringContaining('not handled within 60 s') })
  })

  test('tries to write where there is no deployment, and has written nothing', async () => {
    const world = await open({ isDeployed: false })
    const before = await everything(world)
    const findings = await examined(world)
    expect(findings.filter(({ level }) => level !== 'ok').map(({ check }) => check)).toEqual(['read lag', 'deployment'])
    expect(findings.find(({ check }) => check === 'bucket writes')).toMatchObject({ level: 'ok' })
    expect(await everything(world)).toEqual(before)
  })

  test.each([
    [
      'that are denied',
      async () => Promise.reject(new ServiceError('s3', 'AccessDenied', 'no')),
      /may not write history\/$/,
    ],
    [
      'in spite of their condition',
      async () => ({ outcome: 'written', etag: 'e', servedAt: new Date(0) }),
      /no conditional writes/,
    ],
  ])('fails for writes %s', async (_, answer, told) => {
    const world = await open({ isDeployed: false })
    const ports = intercept(world.ports, ({ operation, args, proceed }) =>
      operation === 'put' && String(args[0]).startsWith('history/') ? answer() : proceed(),
    )
    const found = (await examined(world, ports)).find(({ check }) => check === 'bucket writes')
    expect(found).toMatchObject({ level: 'fail', told: expect.stringMatching(told) })
  })

  test('tells when an event of the organization arrived last', async () => {
    const world = await open()
    await world.queues.send('events', [
      { body: '{"detail":{"eventSource":"organizations.amazonaws.com","eventName":"CreateAccount"}}' },
    ])
    await world.clock.advance(5_000)
    const found = (await examined(world)).find(({ check }) => check === 'organization events')
    expect(found).toMatchObject({ level: 'ok', told: expect.stringContaining('CreateAccount') })
  })

  test('fails for an account without State or Paths', async () => {
    const world = await open()
    world.organizations.withholdPlace(member)
    expect(levels(await examined(world))).toContain('accounts: fail')
  })

  test('asks Identity Center nothing where the bucket belongs to another instance', async () => {
    const world = await open()
    const record = await world.json('control/owner.json')
    const other = { ...record, instanceArn: 'arn:aws:sso:::instance/ssoins-0000000000000000' }
    await world.objects.put('control/owner.json', JSON.stringify(other))
    expect(levels(await examined(world))).toContain('instance: fail')
    expect(world.calls).toEqual([])
  })
})
