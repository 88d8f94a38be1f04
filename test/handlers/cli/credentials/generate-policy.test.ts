import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  awaitGeneration,
  type Generating,
  startGeneration,
} from '../../../../handlers/cli/credentials/generate-policy.ts'
import { lookAgain, renderGeneration } from '../../../../handlers/cli/credentials/suggest-from-cloudtrail.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { MemoryIam } from '../../../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import type { PolicyGeneration, PolicyGenerator } from '../../../../shared/ports/policy-generator.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  shop as shopId,
  start,
} from '../../../contract/identity-center-world.ts'
import type { VirtualClock } from '../../../virtual-clock.ts'

const [shop, name] = [accountId.parse(shopId), permissionSetName.parse('ReadOnly-ps')]
const asked = {
  trailArn: 'arn:aws:cloudtrail:us-east-1:111111111111:trail/all',
  accessRole: `arn:aws:iam::${shop}:role/ReadTrail`,
  days: 30,
}
const never = new AbortController().signal
const halfAnHour = 30 * 60_000
const fails = (code: string, message = 'no') => new ServiceError('access-analyzer', code, message)

let clock: VirtualClock
let iam: MemoryIam
beforeEach(() => {
  const world = openWorld()
  clock = world.clock
  const { ssoAdmin, organizations } = world
  const randomness = new SeededRandomness(7)
  iam = new MemoryIam({ clock, randomness, ssoAdmin, organizations, auditorRole: 'a', generationMs: 5 * 60_000 })
  ssoAdmin.addAssignment({
    accountId: shop,
    permissionSetArn: permissionSetArnIn(world, name),
    principalId: principalIdIn(world, 'GROUP', 'Auditors'),
    principalType: 'GROUP',
  })
  iam.tell(shop, name, { service: 's3:CreateBucket', usedAt: new Date(start.getTime() - 24 * 60 * 60_000) })
})

function generating(more: Partial<PolicyGenerator> = {}): Generating {
  const generator = { ...iam.policyGenerations.in(shop), ...more }
  return { generator, clock, randomness: new SeededRandomness(8), onStep: () => {} }
}

/** Time goes on for as long as something waits. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  work.then(over, over)
  while (!isOver) await clock.advance(10_000)
  return work
}

describe('a policy of CloudTrail', () => {
  test('is waited for, and told with its account, its days, its placeholders and what it does not have', async () => {
    const parts = generating()
    const jobId = await startGeneration(name, asked, parts)
    const job = await inTime(awaitGeneration(jobId, { timeoutMs: halfAnHour, signal: never }, parts))
    expect(clock.now().getTime() - start.getTime()).toBeGreaterThanOrEqual(5 * 60_000)
    const told = renderGeneration(name, job)
    expect(told).toMatch(/^ReadOnly-ps: what its role did in account 222222222222 from 2026-02-01 to 2026-03-03, by /)
    expect(told).toContain('"s3:CreateBucket"')
    expect(told).toMatch(/Names in \$\{…\} are placeholders/)
    expect(told).toContain("ssofile suggest 'ReadOnly-ps' covers all.")
  })

  test('is not waited for longer than was said, nor after Ctrl-C; the job goes on, and the command for it is told', async () => {
    const parts = generating()
    const jobId = await startGeneration(name, asked, parts)
    const late = await inTime(awaitGeneration(jobId, { timeoutMs: 60_000, signal: never }, parts))
    expect(late).toEqual({ jobId, generation: { status: 'IN_PROGRESS' } })
    expect(renderGeneration(name, late)).toContain(lookAgain(name, jobId))
    const stop = new AbortController()
    const waiting = awaitGeneration(jobId, { timeoutMs: halfAnHour, signal: stop.signal }, parts)
    stop.abort()
    expect(await waiting).toEqual(late)
  })

  test('is begun once where AWS may not have heard, and waited for where it does not answer for a while', async () => {
    const own = iam.policyGenerations.in(shop)
    let calls = 0
    const parts = generating({
      startPolicyGeneration: async (request) => {
        const jobId = await own.startPolicyGeneration(request)
        if (calls++ === 0) throw fails('NoAnswer')
        return jobId
      },
      getGeneratedPolicy: async (jobId) => {
        if (calls++ % 2 === 0) throw fails('ThrottlingException')
        return own.getGeneratedPolicy(jobId)
      },
    })
    const jobId = await inTime(startGeneration(name, asked, parts))
    const job = await inTime(awaitGeneration(jobId, { timeoutMs: halfAnHour, signal: never }, parts))
    expect(job.generation.status).toBe('SUCCEEDED')
  })

  test('is not waited for where nothing ever answers', async () => {
    const parts = generating({
      getGeneratedPolicy: async () => {
        throw fails('NoAnswer', 'no credentials')
      },
    })
    const waiting = inTime(awaitGeneration('j', { timeoutMs: halfAnHour, signal: never }, parts))
    await expect(waiting).rejects.toMatchObject({ code: 'NoAnswer' })
    expect(clock.now().getTime() - start.getTime()).toBeLessThan(60_000)
  })

  test.each([
    { code: 'AccessDeniedException', told: 'iam:PassRole for the access role' },
    { code: 'ServiceQuotaExceededException', told: 'one policy at a time' },
    { code: 'ThrottlingException', told: 'try again in a minute' },
    { code: 'ValidationException', told: 'check that the trail and the access role' },
  ])('$code is refused with what to do', async ({ code, told }) => {
    const parts = generating({
      startPolicyGeneration: async () => {
        throw fails(code)
      },
    })
    const refused = inTime(startGeneration(name, asked, parts))
    await expect(refused).rejects.toMatchObject({ name: 'Refusal', message: expect.stringContaining(told) })
  })

  test('a role that may not list roles, an account without the permission set, and a foreign access role are refused', async () => {
    const denied = generating({
      listPermissionSetRoles: async () => {
        throw new ServiceError('iam', 'AccessDenied', 'no')
      },
    })
    await expect(startGeneration(name, asked, denied)).rejects.toThrow('iam:ListRoles')
    const other = permissionSetName.parse('Operator-ps')
    await expect(startGeneration(other, asked, generating())).rejects.toThrow(
      "account 222222222222 has no role of the permission set 'Operator-ps' (AWSReservedSSO_Operator-ps_…)",
    )
    const foreign = { ...asked, accessRole: 'arn:aws:iam::222222222221:role/ReadTrail' }
    await expect(startGeneration(name, foreign, generating())).rejects.toThrow('expected a role of that account')
  })

  test.each<{ readonly generation: PolicyGeneration; readonly told: readonly string[] }>([
    { generation: { status: 'CANCELED' }, told: ['somebody canceled job j'] },
    {
      generation: { status: 'FAILED', code: 'AUTHORIZATION_ERROR', message: 'denied' },
      told: ['AUTHORIZATION_ERROR: denied', 'check the access role'],
    },
    {
      generation: { status: 'FAILED', code: 'RESOURCE_NOT_FOUND_ERROR', message: 'x' },
      told: ['its bucket exist'],
    },
    { generation: { status: 'FAILED', code: 'SERVICE_QUOTA_EXCEEDED_ERROR', message: 'x' }, told: ['fewer days'] },
    { generation: { status: 'FAILED', code: 'SERVICE_ERROR', message: 'x' }, told: ['later'] },
    { generation: { status: 'FAILED', code: 'NEW', message: 'x' }, told: ['NEW: x'] },
    {
      generation: {
        status: 'SUCCEEDED',
        principalArn: `arn:aws:iam::${shop}:role/a`,
        isComplete: false,
        policies: ['{"Version":"2012-10-17"}', '{}'],
      },
      told: ['These are 2 policies', 'The policy is not complete', 'in the given time'],
    },
  ])('$generation is told', ({ generation, told }) => {
    for (const part of told) expect(renderGeneration(name, { jobId: 'j', generation })).toContain(part)
  })
})
