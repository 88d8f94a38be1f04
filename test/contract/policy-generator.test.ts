import { beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addAccessAnalyzer } from '../../infra/local/access-analyzer-service.ts'
import { addQueryServices } from '../../infra/local/query-services/add-query-services.ts'
import { openAwsPolicyGenerator } from '../../shared/aws/aws-policy-generator.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { listAll } from '../../shared/ports/page.ts'
import type { GenerationRequest, PolicyGenerator } from '../../shared/ports/policy-generator.ts'
import {
  type IdentityCenterWorld,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  shop as shopId,
  start,
  website,
} from './identity-center-world.ts'

const shop = accountId.parse(shopId)
const [role, dayMs] = ['auditor', 24 * 60 * 60_000]
type Opened = { readonly generator: PolicyGenerator; close(): Promise<void> }
const adapters: readonly { readonly adapter: string; readonly open: (iam: MemoryIam) => Promise<Opened> }[] = [
  { adapter: 'memory', open: async (iam) => ({ generator: iam.policyGenerations.in(shop), close: async () => {} }) },
  {
    adapter: 'AWS SDK on the local system',
    async open(iam) {
      const app = buildApp({ logger: false })
      addQueryServices(app, { iam, accountOf: () => '000000000000' })
      addAccessAnalyzer(app, iam)
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      const { accessKeyId } = iam.assumeRole(`arn:aws:iam::${shop}:role/${role}`, 'ana')
      return { generator: openAwsPolicyGenerator({ url, accessKeyId }), close: async () => app.close() }
    },
  },
]

describe.each(adapters)('policies of CloudTrail on $adapter', ({ open }) => {
  let world: IdentityCenterWorld
  let iam: MemoryIam
  beforeEach(() => {
    world = openWorld()
    const { ssoAdmin, organizations, clock } = world
    iam = new MemoryIam({ clock, randomness: new SeededRandomness(7), ssoAdmin, organizations, auditorRole: role })
    const principalId = principalIdIn(world, 'GROUP', 'Auditors')
    const permissionSetArn = permissionSetArnIn(world, permissionSetName.parse('ReadOnly-ps'))
    ssoAdmin.addAssignment({ accountId: shop, permissionSetArn, principalId, principalType: 'GROUP' })
  })

  async function asking<T>(ask: (generator: PolicyGenerator, request: GenerationRequest) => Promise<T>): Promise<T> {
    const { generator, close } = await open(iam)
    const [first] = await Array.fromAsync(listAll((token) => generator.listPermissionSetRoles(token)))
    const request = {
      principalArn: first?.arn ?? '',
      trailArn: 'arn:aws:cloudtrail:us-east-1:111111111111:trail/all',
      accessRole: `arn:aws:iam::${shop}:role/ReadTrail`,
      from: new Date(start.getTime() - 90 * dayMs),
      to: start,
      token: 'one',
    }
    return ask(generator, request).finally(close)
  }

  test('a job is in progress until its time has come, then the policy has what the role used within the days', async () => {
    const daysAgo = (days: number) => new Date(start.getTime() - days * dayMs)
    iam.tell(shop, 'ReadOnly-ps', { service: 'lambda:CreateFunction', usedAt: daysAgo(3) })
    iam.tell(shop, 'ReadOnly-ps', { service: 'iam:ListRoles', usedAt: daysAgo(89) })
    iam.tell(shop, 'ReadOnly-ps', { service: 'iam:CreateRole', usedAt: daysAgo(91) })
    iam.tell(shop, 'ReadOnly-ps', { service: 'sqs', usedAt: daysAgo(1) })
    await asking(async (generator, request) => {
      const jobId = await generator.startPolicyGeneration(request)
      expect(await generator.startPolicyGeneration(request)).toBe(jobId)
      expect(await generator.getGeneratedPolicy(jobId)).toEqual({ status: 'IN_PROGRESS' })
      await world.clock.advance(3_000)
      const { principalArn, from, to } = request
      const job = await generator.getGeneratedPolicy(jobId)
      expect(job).toMatchObject({ status: 'SUCCEEDED', isComplete: true, principalArn, from, to })
      expect(job.status === 'SUCCEEDED' ? job.policies.map((one) => JSON.parse(one).Statement) : []).toEqual([
        [
          expect.objectContaining({ Action: ['iam:ListRoles'], Resource: '*' }),
          expect.objectContaining({
            Action: ['lambda:CreateFunction'],
            Resource: expect.stringMatching(/^arn:aws:lambda:\$\{Region\}:/),
          }),
        ],
      ])
    })
  })

  test('one job goes on at a time, and fifty begin in a day', async () => {
    await asking(async (generator, request) => {
      const begin = async (token: string) => generator.startPolicyGeneration({ ...request, token })
      await begin('0')
      await expect(begin('1')).rejects.toMatchObject({ code: 'ServiceQuotaExceededException' })
      for (let index = 1; index < 50; index++) {
        await world.clock.advance(3_000)
        await begin(String(index))
      }
      await world.clock.advance(3_000)
      await expect(begin('50')).rejects.toMatchObject({ code: 'ServiceQuotaExceededException' })
    })
  })

  test.each<{ readonly what: string; readonly wrong: (request: GenerationRequest) => Partial<GenerationRequest> }>([
    { what: 'a trail that is no ARN', wrong: () => ({ trailArn: 'all' }) },
    { what: 'an access role that is no ARN', wrong: () => ({ accessRole: 'ReadTrail' }) },
    { what: 'an access role elsewhere', wrong: () => ({ accessRole: `arn:aws:iam::${website}:role/ReadTrail` }) },
    {
      what: 'a principal elsewhere',
      wrong: ({ principalArn }) => ({ principalArn: principalArn.replace(shop, website) }),
    },
    { what: 'a principal that is not there', wrong: ({ principalArn }) => ({ principalArn: `${principalArn}0` }) },
    { what: 'more than 90 days', wrong: ({ from }) => ({ from: new Date(from.getTime() - 1_000) }) },
    { what: 'an end before the beginning', wrong: ({ from, to }) => ({ from: to, to: from }) },
  ])('$what is refused', async ({ wrong }) => {
    const refused = asking((generator, request) => generator.startPolicyGeneration({ ...request, ...wrong(request) }))
    await expect(refused).rejects.toMatchObject({ service: 'access-analyzer', code: 'ValidationException' })
  })

  test('a job that fails says why, and one that nobody began is refused', async () => {
    iam.policyGenerations.tellFailure(shop, { code: 'AUTHORIZATION_ERROR', message: 'Cannot assume the role.' })
    await asking(async (generator, request) => {
      const jobId = await generator.startPolicyGeneration(request)
      await world.clock.advance(3_000)
      expect(await generator.getGeneratedPolicy(jobId)).toEqual({
        status: 'FAILED',
        code: 'AUTHORIZATION_ERROR',
        message: 'Cannot assume the role.',
      })
      await expect(generator.getGeneratedPolicy('other')).rejects.toMatchObject({ code: 'ValidationException' })
    })
  })
})
