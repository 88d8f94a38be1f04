import { beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addAccessAnalyzer } from '../../infra/local/access-analyzer-service.ts'
import { addQueryServices } from '../../infra/local/query-services/add-query-services.ts'
import { openAwsAuditor } from '../../shared/aws/aws-auditor.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import type { ModelFinding } from '../../shared/memory/iam/memory-access-analyzer.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { parseCredentialReport } from '../../shared/modules/credentials/rules/parse-credential-report.ts'
import type { AuditedAccount, Auditor, PermissionSetRole } from '../../shared/ports/auditor.ts'
import { listAll } from '../../shared/ports/page.ts'
import {
  type IdentityCenterWorld,
  management,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  shop as shopId,
  start,
  suspended,
  website as websiteId,
} from './identity-center-world.ts'

const [shop, website] = [accountId.parse(shopId), accountId.parse(websiteId)]
const role = 'path/ssofile-auditor'
const sets = ['ReadOnly-ps', 'Operator-ps', 'A_b-ps', 'C-ps'].map((name) => permissionSetName.parse(name))

type Opened = { readonly auditor: Auditor; close(): Promise<void> }
const adapters: readonly { readonly adapter: string; readonly open: (iam: MemoryIam) => Promise<Opened> }[] = [
  { adapter: 'memory', open: async (auditor) => ({ auditor, close: async () => {} }) },
  {
    adapter: 'AWS SDK on the local system',
    async open(iam) {
      const app = buildApp({ logger: false })
      addQueryServices(app, { iam, accountOf: () => '000000000000' })
      addAccessAnalyzer(app, iam)
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      return { auditor: openAwsAuditor({ url, accessKeyId: 'ssofile' }), close: async () => app.close() }
    },
  },
]

describe.each(adapters)('the auditor on $adapter', ({ open }) => {
  let world: IdentityCenterWorld
  let iam: MemoryIam

  beforeEach(() => {
    world = openWorld()
    const { ssoAdmin, organizations, clock } = world
    iam = new MemoryIam({ clock, randomness: new SeededRandomness(7), ssoAdmin, organizations, auditorRole: role })
    for (const [index, name] of sets.slice(2).entries())
      ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, `000000000000000${index}`)
    const principalId = principalIdIn(world, 'GROUP', 'Auditors')
    for (const name of sets) {
      const permissionSetArn = permissionSetArnIn(world, name)
      ssoAdmin.addAssignment({ accountId: shop, permissionSetArn, principalId, principalType: 'GROUP' })
    }
  })

  /** Opens the auditor while `ask` runs. */
  async function asking<T>(ask: (auditor: Auditor) => Promise<T>): Promise<T> {
    const { auditor, close } = await open(iam)
    return ask(auditor).finally(close)
  }
  const inShop = <T>(ask: (account: AuditedAccount) => Promise<T>) =>
    asking(async (auditor) => ask(await auditor.enter(shop, role)))
  const rolesOf = (account: AuditedAccount): Promise<PermissionSetRole[]> =>
    Array.fromAsync(listAll((token) => account.listPermissionSetRoles(token)))

  test('the roles of permission sets are listed on as many pages as it takes, with when they were made', async () => {
    const roles = await inShop(rolesOf)
    expect(roles.map(({ name }) => name.replace(/_[0-9a-f]{16}$/, '').replace('AWSReservedSSO_', ''))).toEqual([
      'A_b-ps',
      'C-ps',
      'Operator-ps',
      'ReadOnly-ps',
    ])
    for (const { arn, name, createdAt } of roles) {
      expect(arn).toBe(`arn:aws:iam::${shop}:role/aws-reserved/sso.amazonaws.com/${name}`)
      expect(createdAt).toEqual(start)
    }
  })

  test('an account has no role of a permission set that is not provisioned there', async () => {
    expect(await asking(async (auditor) => rolesOf(await auditor.enter(website, role)))).toEqual([])
  })

  test('a job is in progress first; then its pages say when each service was last used', async () => {
    const usedAt = new Date('2026-01-05T03:00:00.000Z')
    iam.tell(shop, 'ReadOnly-ps', { usedAt, service: 'sqs' })
    iam.tell(shop, 'ReadOnly-ps', { usedAt: new Date('2025-06-01T00:00:00Z'), service: 'ec2' })
    await inShop(async (account) => {
      const read = (await rolesOf(account)).find(({ name }) => name.includes('ReadOnly-ps'))
      const job = await account.generateServiceLastAccessedDetails(read?.arn ?? '')
      expect(await account.getServiceLastAccessedDetails(job)).toEqual({ status: 'IN_PROGRESS' })
      await world.clock.advance(500)
      const uses: (Date | undefined)[] = []
      let nextToken: string | undefined
      do {
        const page = await account.getServiceLastAccessedDetails(job, nextToken)
        if (page.status !== 'COMPLETED') throw new Error(`received ${page.status}`)
        uses.push(...page.services.map(({ lastUsedAt }) => lastUsedAt))
        nextToken = page.nextToken
      } while (nextToken !== undefined)
      expect(uses.filter((use) => use !== undefined)).toEqual([new Date('2025-06-01T00:00:00Z'), usedAt])
      expect(uses).toContain(undefined)
    })
  })

  test('a job by action tells the tracked actions of services that the role may use, where one of them was used', async () => {
    const usedAt = new Date('2026-01-05T03:00:00.000Z')
    const permissionSetArn = permissionSetArnIn(world, 'A_b-ps')
    const Statement = [{ Effect: 'Allow', Action: ['s3:*Bucket', 'sqs:*', 'lambda:Get*'], Resource: '*' }]
    await world.ssoAdmin.putInlinePolicy(permissionSetArn, JSON.stringify({ Version: '2012-10-17', Statement }))
    iam.tell(shop, 'A_b-ps', { usedAt, service: 's3:CreateBucket' })
    const read = async (granularity?: 'ACTION_LEVEL') =>
      inShop(async (account) => {
        const mine = (await rolesOf(account)).find(({ name }) => name.includes('A_b-ps'))
        const job = await account.generateServiceLastAccessedDetails(mine?.arn ?? '', granularity)
        await world.clock.advance(500)
        const page = await account.getServiceLastAccessedDetails(job)
        return page.status === 'COMPLETED' ? page.services : undefined
      })
    expect(await read('ACTION_LEVEL')).toEqual([
      { name: 'AWS Lambda', namespace: 'lambda', lastUsedAt: undefined, actions: [] },
      {
        name: 'Amazon S3',
        namespace: 's3',
        lastUsedAt: usedAt,
        actions: [
          { name: 'CreateBucket', lastUsedAt: usedAt },
          { name: 'DeleteBucket', lastUsedAt: undefined },
        ],
      },
      { name: 'Amazon SQS', namespace: 'sqs', lastUsedAt: undefined, actions: [] },
    ])
    expect((await read())?.flatMap(({ actions }) => actions)).toEqual([])
  })

  test('a role says when it was last used for anything, also what it may not use any more', async () => {
    const usedAt = new Date('2026-01-05T03:00:00.000Z')
    iam.tell(shop, 'ReadOnly-ps', { usedAt, service: 'forbidden-since' })
    await inShop(async (account) => {
      const uses = (await rolesOf(account)).map(({ name }) => account.roleLastUsedAt(name))
      expect(await Promise.all(uses)).toEqual([undefined, undefined, undefined, usedAt])
    })
  })

  test('a role and a job that are not there are NoSuchEntity, also a job of another account', async () => {
    await asking(async (auditor) => {
      const [here, there] = [await auditor.enter(shop, role), await auditor.enter(website, role)]
      const [first] = await rolesOf(here)
      const job = await here.generateServiceLastAccessedDetails(first?.arn ?? '')
      for (const call of [
        () => there.generateServiceLastAccessedDetails(first?.arn ?? ''),
        () => there.getServiceLastAccessedDetails(job),
        () => there.roleLastUsedAt(first?.name ?? ''),
        () => here.getServiceLastAccessedDetails('00000000-0000-0000-0000-000000000000'),
      ])
        await expect(call()).rejects.toMatchObject({ name: 'ServiceError', service: 'iam', code: 'NoSuchEntity' })
    })
  })

  test('a managed policy is read in its version that is in force, one of AWS by its ARN and one of the account by its name', async () => {
    iam.tellPolicy(shop, '/team/base', '{"Statement":[]}')
    const statement = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::a b/ü%+&<">*' }
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    iam.tellPolicy(shop, '/team/base', document)
    await asking(async (auditor) => {
      const [here, there] = [await auditor.enter(shop, role), await auditor.enter(website, role)]
      const administrator = await there.policyDocument('arn:aws:iam::aws:policy/AdministratorAccess')
      expect(JSON.parse(administrator)).toEqual({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      })
      expect(await here.policyDocument({ Name: 'base', Path: '/team/' })).toBe(document)
      for (const call of [
        () => there.policyDocument({ Name: 'base', Path: '/team/' }),
        () => here.policyDocument({ Name: 'base' }),
        () => here.policyDocument('arn:aws:iam::aws:policy/NotOfAws'),
      ])
        await expect(call()).rejects.toMatchObject({ name: 'ServiceError', service: 'iam', code: 'NoSuchEntity' })
    })
  })

  test('credentials are told as IAM tells them: a report after it was made, keys page by page, uses late', async () => {
    const at = (hours: number) => new Date(start.getTime() - hours * 3_600_000)
    const keys = ['AKIA1', 'AKIA2', 'AKIA3', 'AKIA4'].map((id, index) => ({
      id,
      isActive: index > 0,
      madeAt: at(1_000),
      // Within a quarter of an hour only the first use is recorded; the last one is not known yet.
      uses: id === 'AKIA2' ? [{ at: at(50), service: 's3', region: 'eu-west-1' }, { at: at(49.9) }, { at: at(1) }] : [],
    }))
    const policy = { minimumLength: 12, isMixed: true, reusePrevention: 5, maxAgeDays: 90 }
    const trust = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: '*' } }] })
    iam.credentials.tell(shop, {
      root: { hasPassword: true, hasMfa: true, activeKeys: 1 },
      users: [{ name: 'a,b', path: '/x/', madeAt: at(2_000), hasMfa: false, keys }],
      roles: [
        { name: 'used', path: '/p/', madeAt: at(900), trust, uses: [{ at: at(30) }, { at: at(5) }] },
        { name: 'never', path: '/', madeAt: at(900), trust, uses: [] },
      ],
      passwordPolicy: policy,
    })
    await asking(async (auditor) => {
      const [here, there] = [await auditor.enter(shop, role), await auditor.enter(website, role)]
      await expect(here.credentialReport()).rejects.toMatchObject({ code: 'ReportNotPresent' })
      expect(await here.generateCredentialReport()).toBe('STARTED')
      expect(await here.generateCredentialReport()).toBe('INPROGRESS')
      await expect(here.credentialReport()).rejects.toMatchObject({ code: 'ReportInProgress' })
      await world.clock.advance(2_000)
      expect(await here.generateCredentialReport()).toBe('COMPLETE')
      const report = await here.credentialReport()
      expect(report.madeAt).toEqual(new Date(start.getTime() + 2_000))
      expect(parseCredentialReport(report.content)).toMatchObject([
        { user: '<root_account>', hasMfa: true, activeKeys: 1 },
        { user: 'a,b', arn: `arn:aws:iam::${shop}:user/x/a,b`, madeAt: at(2_000), hasPassword: false, activeKeys: 2 },
      ])
      const listed = await Array.fromAsync(listAll((token) => here.listAccessKeys('a,b', token)))
      expect(listed).toEqual(keys.map(({ id, isActive, madeAt }) => ({ id, isActive, madeAt })))
      expect(await here.accessKeyLastUsed('AKIA2')).toEqual({ lastUsedAt: at(50), service: 's3', region: 'eu-west-1' })
      expect(await here.accessKeyLastUsed('AKIA3')).toEqual({})
      expect(await Array.fromAsync(listAll((token) => here.listRoles(token)))).toEqual([
        { name: 'never', path: '/', madeAt: at(900), trust, lastUsedAt: undefined },
        { name: 'used', path: '/p/', madeAt: at(900), trust, lastUsedAt: at(5) },
      ])
      expect([await here.passwordPolicy(), await there.passwordPolicy()]).toEqual([policy, undefined])
      expect([await here.hasRootPassword(), await there.hasRootPassword()]).toEqual([true, false])
      await expect(there.listAccessKeys('a,b')).rejects.toMatchObject({ service: 'iam', code: 'NoSuchEntity' })
      await world.clock.advance(4 * 3_600_000)
      const later = await auditor.enter(shop, role)
      await expect(later.credentialReport()).rejects.toMatchObject({ code: 'ReportExpired' })
      expect(await later.generateCredentialReport()).toBe('STARTED')
    })
  })

  describe('of unused access', () => {
    const arnOf = (account: string, name: string) => `arn:aws:access-analyzer:us-east-1:${account}:analyzer/${name}`
    const finding = (number: number, owner = shop, status: ModelFinding['status'] = 'ACTIVE'): ModelFinding => ({
      id: `f${number}`,
      resource: `arn:aws:iam::${owner}:user/x/user-${number}`,
      kind: 'UnusedIAMUserPassword',
      owner,
      status,
    })
    const analyzer = { type: 'ACCOUNT_UNUSED_ACCESS', region: 'us-east-1', status: 'ACTIVE', findings: [] } as const

    test('every active analyzer is listed, of however many pages, and those of another kind or Region are not', async () => {
      iam.accessAnalyzer.tell(shop, [
        ...['a', 'b', 'c', 'd'].map((name) => ({ ...analyzer, name })),
        { ...analyzer, name: 'e', type: 'ORGANIZATION_UNUSED_ACCESS' },
        { ...analyzer, name: 'f', type: 'ORGANIZATION' },
        { ...analyzer, name: 'g', status: 'DISABLED' },
        { ...analyzer, name: 'h', region: 'ap-south-1' },
      ])
      expect(await inShop((account) => account.unusedAccessAnalyzers())).toEqual([
        ...['a', 'b', 'c', 'd'].map((name) => ({ arn: arnOf(shop, name), isOfOrganization: false })),
        { arn: arnOf(shop, 'e'), isOfOrganization: true },
      ])
      const none = asking(async (auditor) => (await auditor.enter(website, role)).unusedAccessAnalyzers())
      expect(await none).toEqual([])
    })

    test('the active findings about one account are listed, of however many pages', async () => {
      const findings = [1, 2, 3, 4, 5].map((number) => finding(number))
      const others = [finding(6, website), finding(7, shop, 'ARCHIVED'), finding(8, shop, 'RESOLVED')]
      iam.accessAnalyzer.tell(shop, [{ ...analyzer, name: 'a', findings: [...findings, ...others] }])
      const listed = await inShop((account) =>
        Array.fromAsync(listAll((token) => account.unusedAccessFindings(arnOf(shop, 'a'), shop, token))),
      )
      expect(listed).toEqual(findings.map(({ resource, kind }) => ({ resource, kind })))
    })

    test('an analyzer that is not there, or of another account, is ResourceNotFoundException; without the right it is AccessDeniedException', async () => {
      iam.accessAnalyzer.tell(website, [{ ...analyzer, name: 'a' }])
      const refused = { name: 'ServiceError', service: 'access-analyzer' }
      await inShop(async (account) => {
        for (const arn of [arnOf(shop, 'a'), arnOf(website, 'a')])
          await expect(account.unusedAccessFindings(arn, shop)).rejects.toMatchObject({
            ...refused,
            code: 'ResourceNotFoundException',
          })
        iam.accessAnalyzer.deny(shop)
        await expect(account.unusedAccessAnalyzers()).rejects.toMatchObject({
          ...refused,
          code: 'AccessDeniedException',
        })
      })
    })
  })

  test('whether root credentials are managed centrally only the account knows that IAM is delegated to', async () => {
    const ask = () => inShop((account) => account.hasCentralRootCredentials())
    await expect(ask()).rejects.toMatchObject({ service: 'iam', code: 'AccountNotManagementOrDelegatedAdministrator' })
    iam.tellCentralRoot(shop, false)
    expect(await ask()).toBe(false)
    iam.tellCentralRoot(shop, true)
    expect(await ask()).toBe(true)
  })

  test.each([
    ['of another name', shopId, 'other'],
    ['in the management account', management, role],
    ['in a suspended account', suspended, role],
    ['in an account of somebody else', '999999999999', role],
  ])('a role %s may not be assumed', async (_, account, name) => {
    await expect(asking((auditor) => auditor.enter(accountId.parse(account), name))).rejects.toMatchObject({
      name: 'ServiceError',
      service: 'sts',
      code: 'AccessDenied',
    })
  })

  test('calls that come too fast are throttled, in each account by themselves', async () => {
    await asking(async (auditor) => {
      const [here, there] = [await auditor.enter(shop, role), await auditor.enter(website, role)]
      const calls = await Promise.allSettled(Array.from({ length: 60 }, () => here.listPermissionSetRoles()))
      const refused = calls.flatMap((call) => (call.status === 'rejected' ? [call.reason] : []))
      expect(refused.length).toBeGreaterThan(0)
      for (const error of refused) expect(error).toMatchObject({ service: 'iam', code: 'Throttling' })
      expect(await there.listPermissionSetRoles()).toMatchObject({ items: [] })
    })
  })
})
