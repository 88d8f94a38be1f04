import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcileInput } from '../../../../shared/reconcile/inputs/reconcile-input.ts'
import { permissionSetController } from '../../../../shared/reconcile/permission-sets/permission-set-controller.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import {
  type OwnedPermissionSet,
  readOwned,
  writeOwned,
} from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import type { Interceptor } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const name = permissionSetName.parse('Auditors-ps')
const ten = '2026-03-03T10:00:00.000Z'
const index = 'state/permission-sets.json'
const whole = {
  permissionSetName: name,
  description: 'Looks at everything',
  relayState: 'https://console.aws.amazon.com/',
  sessionDurationInMinutes: '120',
  tags: [{ Key: 'team', Value: 'Audit' }],
}
const key = `permission_sets/${name}.json`
const isCreation = (operation: string) => operation === 'createPermissionSet'

const notOurs = {
  state: 'rejected',
  reason: expect.stringContaining('already exists and which ssofile did not create'),
}

async function open(interceptor: Interceptor = ({ proceed }) => proceed(), body: object = whole) {
  const bench = new Settling({ interceptor })
  const { world } = bench
  await world.objects.put(key, JSON.stringify(body))
  const read = () => readOwned(world.objects, name)
  const record = (owned: Partial<OwnedPermissionSet>) =>
    writeOwned(world.objects, name, { v: 1, claimedAt: ten, ...owned }, undefined)
  /** In a dispatcher of its own, which has read the index, or, `known`, what Identity Center has. Answers what its status says. */
  const claim = ({ known = false } = {}) =>
    bench.within(async (context) => {
      const { ssoAdmin, clock, ending } = context
      await (known ? context.permissionSets.list() : context.permissionSets.lookUp(name))
      const message = { v: 1, key, id: 'a hint', event: 'hint' } as const
      const { told } = await reconcileInput(message, permissionSetController, {
        ...context,
        provisionings: new Provisionings({ ssoAdmin, clock, most: 3, ending }),
        isDriftCheck: false,
        tell: async () => undefined,
        wakeLinks: async () => undefined,
      })
      return told
    })
  const know = () => bench.within((context) => context.permissionSets.list())
  const history = async () =>
    (await world.keys(`history/permission-set%${name}/`)).map((one) => one.replace(/.*%/, '').replace('.json', ''))
  const make = () =>
    world.ssoAdmin.createPermissionSet({ name, sessionDuration: 'PT1H', tags: [], description: 'of someone' })
  return { world, claim, know, history, read, record, make, arn: () => world.ssoAdmin.permissionSetArnOf(name) }
}

describe('a permission set that does not exist', () => {
  test('is claimed before it is created, and then ours, as the file has it', async () => {
    const claims: unknown[] = []
    const { claim, read, arn, world } = await open(async ({ operation, proceed }) => {
      if (isCreation(operation)) claims.push(await world.json(`owned_permission_sets/${name}`))
      return proceed()
    })
    expect(await claim()).toMatchObject({ state: 'applied', permissionSetArn: arn() })
    expect(claims).toEqual([{ v: 1, claimedAt: ten }])
    expect((await read())?.value).toMatchObject({ v: 1, claimedAt: ten, arn: arn() })
    expect(world.ssoAdmin.definitionNow(name)).toMatchObject({
      description: whole.description,
      relayState: whole.relayState,
      sessionDuration: 'PT2H',
      tags: whole.tags,
    })
    expect(world.calls).toEqual(['CreatePermissionSet'])
  })

  test('has nothing that the file does not have', async () => {
    const { claim, world } = await open(undefined, { permissionSetName: name })
    await claim()
    const { description, relayState, ...rest } = world.ssoAdmin.definitionNow(name) ?? {}
    expect([description, relayState]).toEqual([undefined, undefined])
    const nothing = { tags: [], managedPolicyArns: [], customerManagedPolicies: [] }
    expect(rest).toMatchObject({ sessionDuration: 'PT1H', ...nothing })
  })

  test.each(['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'])(
    'and is refused with %s is not claimed any more',
    async (code) => {
      const error = new ServiceError('sso-admin', code, 'no')
      const { claim, read } = await open(async ({ operation, proceed }) => {
        if (isCreation(operation)) throw error
        return proceed()
      })
      expect(await claim()).toMatchObject({ state: 'failed', reason: `Identity Center refused it: ${code}: no` })
      expect(await read()).toBeUndefined()
    },
  )

  test('stays claimed where the look for what an earlier call made is refused', async () => {
    const { claim, make, record, read } = await open(async ({ operation, proceed }) => {
      if (operation === 'listPermissionSets') throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      return proceed()
    })
    await record({})
    await make()
    expect(await claim()).toMatchObject({ state: 'failed' })
    expect((await read())?.value).toMatchObject({ v: 1, claimedAt: ten, attempts: 1 })
  })

  test.each([
    new ServiceError('sso-admin', 'ConflictException', 'a conflicting operation is in process'),
    new ServiceError('sso-admin', 'InternalServerException', 'it already exists'),
  ])('stays claimed where nobody knows what came of its creation: %s', async (error) => {
    const { claim, read } = await open(async ({ operation, proceed }) => {
      if (isCreation(operation)) throw error
      return proceed()
    })
    await expect(claim()).rejects.toBe(error)
    expect((await read())?.value).toEqual({ v: 1, claimedAt: ten })
  })

  test('and is still in the index is forgotten there, and created', async () => {
    const { claim, make, world, arn } = await open()
    const old = await make()
    await claim({ known: true })
    await world.ssoAdmin.deletePermissionSet(old)
    expect(await claim()).toMatchObject({ permissionSetArn: arn() })
    expect(arn()).not.toBe(old)
    expect(JSON.stringify(await world.json(index))).not.toContain(old)
  })
})

describe('a permission set that ssofile neither created nor adopted', () => {
  test('is not ours, and nothing of it is claimed or created', async () => {
    const { claim, make, world, read } = await open()
    await make()
    expect(await claim({ known: true })).toMatchObject(notOurs)
    expect(await read()).toBeUndefined()
    expect(world.calls.filter((call) => call === 'CreatePermissionSet')).toHaveLength(1)
  })

  test('is not ours where only the call tells that its name is taken, which takes the claim back', async () => {
    const { claim, make, read } = await open()
    await make()
    expect(await claim()).toMatchObject(notOurs)
    expect(await read()).toBeUndefined()
  })

  test('is not ours where it is older than our claim', async () => {
    const { claim, make, record, read, world } = await open()
    await make()
    await world.clock.advance(2_000)
    await record({})
    expect(await claim()).toMatchObject(notOurs)
    expect(await read()).toBeUndefined()
  })
})

describe('a permission set that was claimed', () => {
  test('is ours where the answer to its creation was lost, and is read as it is', async () => {
    const { claim, make, record, read, arn, world, history } = await open()
    await record({})
    const made = await make()
    expect(await claim()).toMatchObject({ state: 'applied', permissionSetArn: made })
    expect(arn()).toBe(made)
    expect((await read())?.value).toMatchObject({ v: 1, claimedAt: ten, arn: made })
    expect(world.ssoAdmin.definitionNow(name)).toMatchObject({ description: whole.description })
    expect(await history()).toEqual(['created'])
  })

  test('stays claimed where it is gone again before it could be read', async () => {
    for (const readings of [1, 2]) {
      let readingsSoFar = 0
      const { claim, make, record, read, world, arn } = await open(async ({ operation, proceed }) => {
        const answer = await proceed()
        const there = arn()
        if (operation === 'describePermissionSet' && ++readingsSoFar === readings && there)
          await world.ssoAdmin.deletePermissionSet(there)
        return answer
      })
      await record({})
      await make()
      await expect(claim()).rejects.toThrow('already exists')
      expect((await read())?.value).toEqual({ v: 1, claimedAt: ten })
    }
  })

  test('is created as what it was to be: again, or in place of one that someone deleted', async () => {
    const first = await open()
    await first.record({})
    await first.claim()
    expect(await first.history()).toEqual(['created'])
    const again = await open()
    await again.record({ isRecreated: true })
    await again.claim()
    expect(await again.history()).toEqual(['recreated'])
    expect((await again.read())?.value).toMatchObject({ arn: again.arn() })
  })
})

describe('a permission set of ours', () => {
  test('that is as the file says is read, and nothing of it is written', async () => {
    const { claim, make, record, world } = await open(undefined, { permissionSetName: name, description: 'of someone' })
    const arn = await make()
    await record({ arn })
    const before = world.calls.length
    expect(await claim()).toMatchObject({ state: 'applied', permissionSetArn: arn })
    expect(world.calls.slice(before).filter((call) => !/^(List|Describe|Get)/.test(call))).toEqual([])
  })

  test('that someone else deleted is created again, under a claim that says so, and forgotten in the index', async () => {
    const claims: unknown[] = []
    const { claim, know, make, record, world, read, arn, history } = await open(async ({ operation, proceed }) => {
      if (isCreation(operation)) claims.push(await world.json(`owned_permission_sets/${name}`))
      return proceed()
    })
    const old = await make()
    await record({ arn: old, openUntil: ten, applied: { etag: 'e', at: ten } })
    await know()
    await world.ssoAdmin.deletePermissionSet(old)
    await world.clock.advance(1_000)
    expect(await claim()).toMatchObject({ permissionSetArn: arn() })
    expect(await history()).toEqual(['recreated'])
    const claimed = { v: 1, claimedAt: expect.stringMatching(/10:00:01/), isRecreated: true, openUntil: ten }
    expect(claims).toEqual([claimed])
    expect((await read())?.value).toMatchObject({ v: 1, claimedAt: claimed.claimedAt, arn: arn() })
    expect(JSON.stringify(await world.json(index))).not.toContain(old)
    const warnings = world.log.lines.filter(({ level }) => level === 'warn')
    expect(warnings).toMatchObject([{ fields: { permissionSet: name, arn: old } }])
  })

  test('that someone else deleted, and made again, is not ours any more', async () => {
    const { claim, make, record, world, read } = await open()
    const old = await make()
    await record({ arn: old })
    await world.ssoAdmin.deletePermissionSet(old)
    await make()
    expect(await claim()).toMatchObject(notOurs)
    expect(await read()).toBeUndefined()
  })
})

describe('a file with an ARN of another partition than that of Identity Center', () => {
  const china = 'arn:aws-cn:iam::aws:policy/ReadOnlyAccess'
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws-cn:s3:::reports/*' }
  test.each([
    ['a managed policy', { managedPoliciesArnList: [china] }],
    ['a permissions boundary', { permissionsBoundary: { ManagedPolicyArn: china } }],
    ['a resource', { inlinePolicyDocument: { Version: '2012-10-17', Statement: statement } }],
  ])('%s is rejected before anything is created', async (_, fields) => {
    const { claim, arn } = await open(undefined, { ...whole, ...fields })
    expect(await claim()).toMatchObject({
      state: 'rejected',
      reason: expect.stringContaining('which is in the partition aws-cn'),
      remedy: 'write arn:aws: at its beginning',
    })
    expect(arn()).toBeUndefined()
  })
})
