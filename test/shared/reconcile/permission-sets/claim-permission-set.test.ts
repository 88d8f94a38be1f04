import { describe, expect, test } from '@jest/globals'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { claimPermissionSet } from '../../../../shared/reconcile/permission-sets/claim-permission-set.ts'
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
const isCreation = (operation: string) => operation === 'createPermissionSet'

function open(interceptor: Interceptor = ({ proceed }) => proceed(), body: object = whole) {
  const bench = new Settling({ interceptor })
  const { world } = bench
  const parsed = parsePermissionSetFile(`permission_sets/${name}.json`, Buffer.from(JSON.stringify(body)))
  if (!parsed.ok) throw new Error(parsed.complaint.received)
  const file = parsed.value
  const read = () => readOwned(world.objects, name)
  const record = (owned: Partial<OwnedPermissionSet>) =>
    writeOwned(world.objects, name, { v: 1, claimedAt: ten, ...owned }, undefined)
  /** In a dispatcher of its own, which has read the index, or, `known`, what Identity Center has. */
  const claim = ({ known = false } = {}) =>
    bench.within(async (context) => {
      const { ssoAdmin, clock, ending } = context
      await (known ? context.permissionSets.list() : context.permissionSets.lookUp(name))
      return claimPermissionSet(file, await read(), {
        ...context,
        provisionings: new Provisionings({ ssoAdmin, clock, most: 3, ending }),
        isDriftCheck: false,
        tell: async () => undefined,
        wakeLinks: async () => undefined,
      })
    })
  const make = () =>
    world.ssoAdmin.createPermissionSet({ name, sessionDuration: 'PT1H', tags: [], description: 'of someone' })
  return { bench, world, claim, read, record, make, arn: () => world.ssoAdmin.permissionSetArnOf(name) }
}

describe('a permission set that does not exist', () => {
  test('is claimed before it is created, and then ours, as the file has it', async () => {
    const claims: unknown[] = []
    const { claim, read, arn, world } = open(async ({ operation, proceed }) => {
      if (isCreation(operation)) claims.push(await world.json(`owned_permission_sets/${name}`))
      return proceed()
    })
    const claimed = await claim()
    expect(claims).toEqual([{ v: 1, claimedAt: ten }])
    const attributes = {
      description: whole.description,
      relayState: whole.relayState,
      sessionDuration: 'PT2H',
      tags: whole.tags,
    }
    expect(claimed).toEqual({
      owned: await read(),
      arn: arn(),
      actual: { ...attributes, managedPolicyArns: [], customerManagedPolicies: [] },
    })
    expect((await read())?.value).toEqual({ v: 1, claimedAt: ten, arn: arn() })
    expect(world.ssoAdmin.definitionNow(name)).toMatchObject(attributes)
    expect(world.calls).toEqual(['CreatePermissionSet'])
  })

  test('has nothing that the file does not have', async () => {
    const { claim } = open(undefined, { permissionSetName: name })
    const claimed = await claim()
    expect(claimed === 'not-ours' ? claimed : claimed.actual).toEqual({
      sessionDuration: 'PT1H',
      tags: [],
      managedPolicyArns: [],
      customerManagedPolicies: [],
    })
  })

  test.each(['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'])(
    'and is refused with %s is not claimed any more',
    async (code) => {
      const error = new ServiceError('sso-admin', code, 'no')
      const { claim, read } = open(async ({ operation, proceed }) => {
        if (isCreation(operation)) throw error
        return proceed()
      })
      await expect(claim()).rejects.toBe(error)
      expect(await read()).toBeUndefined()
    },
  )

  test.each([
    new ServiceError('sso-admin', 'ConflictException', 'a conflicting operation is in process'),
    new ServiceError('sso-admin', 'InternalServerException', 'it already exists'),
  ])('stays claimed where nobody knows what came of its creation: %s', async (error) => {
    const { claim, read } = open(async ({ operation, proceed }) => {
      if (isCreation(operation)) throw error
      return proceed()
    })
    await expect(claim()).rejects.toBe(error)
    expect((await read())?.value).toEqual({ v: 1, claimedAt: ten })
  })

  test('and is still in the index is forgotten there, and created', async () => {
    const { claim, make, world, arn } = open()
    const old = await make()
    await claim({ known: true })
    await world.ssoAdmin.deletePermissionSet(old)
    expect(await claim()).toMatchObject({ arn: expect.not.stringContaining(old) })
    expect(arn()).toBeDefined()
    expect(JSON.stringify(await world.json(index))).not.toContain(old)
  })
})

describe('a permission set that ssofile neither created nor adopted', () => {
  test('is not ours, and nothing of it is claimed or created', async () => {
    const { claim, make, world, read } = open()
    await make()
    expect(await claim({ known: true })).toBe('not-ours')
    expect(await read()).toBeUndefined()
    expect(world.calls.filter((call) => call === 'CreatePermissionSet')).toHaveLength(1)
  })

  test('is not ours where only the call tells that its name is taken, which takes the claim back', async () => {
    const { claim, make, read } = open()
    await make()
    expect(await claim()).toBe('not-ours')
    expect(await read()).toBeUndefined()
  })

  test('is not ours where it is older than our claim', async () => {
    const { claim, make, record, read, world } = open()
    await make()
    await world.clock.advance(2_000)
    await record({})
    expect(await claim()).toBe('not-ours')
    expect(await read()).toBeUndefined()
  })
})

describe('a permission set that was claimed', () => {
  test('is ours where the answer to its creation was lost, and is read as it is', async () => {
    const { claim, make, record, read, arn } = open()
    await record({})
    await make()
    expect(await claim()).toEqual({
      owned: await read(),
      arn: arn(),
      actual: expect.objectContaining({ description: 'of someone', sessionDuration: 'PT1H' }),
    })
    expect((await read())?.value).toEqual({ v: 1, claimedAt: ten, arn: arn() })
  })

  test('stays claimed where it is gone again before it could be read', async () => {
    for (const readings of [1, 2]) {
      let readingsSoFar = 0
      const { claim, make, record, read, world, arn } = open(async ({ operation, proceed }) => {
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
    const first = open()
    await first.record({})
    await first.claim()
    expect((await first.read())?.value.isRecreated).toBeUndefined()
    const again = open()
    await again.record({ isRecreated: true })
    await again.claim()
    expect((await again.read())?.value).toMatchObject({ isRecreated: true, arn: again.arn() })
  })
})

describe('a permission set of ours', () => {
  test('is read as it is, and nothing is written', async () => {
    const { claim, make, record, world } = open()
    const arn = await make()
    const owned = await record({ arn })
    expect(await claim()).toEqual({
      owned,
      arn,
      actual: expect.objectContaining({ description: 'of someone' }),
    })
    expect(world.log.lines).toEqual([])
  })

  test('that someone else deleted is created again, under a claim that says so, and forgotten in the index', async () => {
    const claims: unknown[] = []
    const { claim, make, record, world, read, arn } = open(async ({ operation, proceed }) => {
      if (isCreation(operation)) claims.push(await world.json(`owned_permission_sets/${name}`))
      return proceed()
    })
    const old = await make()
    await record({ arn: old, openUntil: ten, applied: { etag: 'e', at: ten } })
    await claim({ known: true })
    await world.ssoAdmin.deletePermissionSet(old)
    await world.clock.advance(1_000)
    expect(await claim()).toMatchObject({ arn: arn() })
    const claimed = { v: 1, claimedAt: expect.stringMatching(/10:00:01/), isRecreated: true, openUntil: ten }
    expect(claims).toEqual([claimed])
    expect((await read())?.value).toEqual({ ...claimed, arn: arn() })
    expect(JSON.stringify(await world.json(index))).not.toContain(old)
    expect(world.log.lines).toMatchObject([{ level: 'warn', fields: { permissionSet: name, arn: old } }])
  })

  test('that someone else deleted, and made again, is not ours any more', async () => {
    const { claim, make, record, world, read } = open()
    const old = await make()
    await record({ arn: old })
    await world.ssoAdmin.deletePermissionSet(old)
    await make()
    expect(await claim()).toBe('not-ours')
    expect(await read()).toBeUndefined()
  })
})
