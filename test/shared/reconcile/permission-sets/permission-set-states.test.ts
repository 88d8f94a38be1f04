import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { NewStatus } from '../../../../shared/domain/statuses/status.ts'
import type { Clock } from '../../../../shared/ports/clock.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcileInput } from '../../../../shared/reconcile/inputs/reconcile-input.ts'
import { permissionSetController } from '../../../../shared/reconcile/permission-sets/permission-set-controller.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import { RecordChangedError } from '../../../../shared/reconcile/records/json-record.ts'
import {
  type OwnedPermissionSet,
  readOwned,
  writeOwned,
} from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { noAnswer } from '../../../intercept.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const name = permissionSetName.parse('Auditors-ps')
const key = `permission_sets/${name}.json`
const ten = '2026-03-03T10:00:00.000Z'
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const policy = { Name: 'Boundary', Path: '/' }
const [first, second] = [accountId.parse('210000000001'), accountId.parse('210000000002')]
const isWrite = (operation: string) => !/^(List|Describe|Get)/.test(operation)

/** A permission set from its file, without queue or dispatcher. */
async function open(options: SettlingOptions = {}, fields: object = {}) {
  const bench = new Settling(options)
  const { world } = bench
  const woken: string[] = []
  const told: NewStatus[] = []
  const upload = (changed: object = fields) =>
    world.objects.put(key, JSON.stringify({ permissionSetName: name, ...changed }))
  await upload()
  const reconcile = (isDriftCheck: boolean) =>
    bench.within(async (context) => {
      const { ssoAdmin, clock, ending } = context
      const message = { v: 1, key, id: 'a hint', event: 'hint' } as const
      const { told: last, status } = await reconcileInput(message, permissionSetController, {
        ...context,
        provisionings: new Provisionings({ ssoAdmin, clock, most: 3, ending }),
        isDriftCheck,
        tell: async (progress) => {
          told.push(progress)
        },
        wakeLinks: async (of) => {
          woken.push(of)
        },
      })
      if (last === undefined || status === undefined) return { status: undefined }
      const { input: _, updatedAt: __, ...rest } = status
      return { status: rest }
    })
  const apply = ({ isDriftCheck = false } = {}) =>
    reconcile(isDriftCheck).catch((error: unknown) => {
      // As the dispatcher does.
      if (error instanceof RecordChangedError) return reconcile(isDriftCheck)
      throw error
    })
  const arn = () => {
    const found = world.ssoAdmin.permissionSetArnOf(name)
    if (!found) throw new Error('it is not there')
    return found
  }
  const record = async () => (await readOwned(world.objects, name))?.value
  const change = async (to: Partial<OwnedPermissionSet>) => {
    const stored = await readOwned(world.objects, name)
    await writeOwned(world.objects, name, { v: 1, claimedAt: ten, ...stored?.value, ...to }, stored)
  }
  const history = async () => {
    const keys = await world.keys(`history/permission-set%${name}/`)
    return Promise.all(keys.map(async (one) => ({ ...(await world.json(one)), key: one.split('/').at(-1) })))
  }
  const writes = async (work: () => Promise<unknown>) => {
    const before = world.calls.length
    await work()
    return world.calls.slice(before).filter(isWrite)
  }
  const give = (...accounts: readonly (typeof first)[]) => {
    for (const id of accounts) {
      const target = { ...bench.target(), permissionSetArn: arn(), accountId: id }
      world.ssoAdmin.addAssignment(target)
    }
  }
  const version = async () => ({
    etag: (await world.objects.head(key))?.etag,
    lastModified: expect.any(String),
    content: expect.any(String),
    value: expect.any(String),
  })
  return { bench, world, apply, upload, arn, record, change, history, writes, give, version, woken, told }
}

function refusing(operation: string, error: Error): SettlingOptions {
  return {
    interceptor: async (call) => {
      if (call.operation === operation) throw error
      return call.proceed()
    },
  }
}

describe('a permission set file', () => {
  test('of eleven policies is applied at once, although Identity Center refuses changes in quick succession', async () => {
    const managedPoliciesArnList = Array.from({ length: 11 }, (_, index) => `arn:aws:iam::aws:policy/Some${index}`)
    const { apply, world } = await open({}, { managedPoliciesArnList })
    const startedMs = world.clock.monotonicMs()
    expect(await apply()).toMatchObject({ status: { state: 'applied' } })
    expect(world.ssoAdmin.definitionNow(name)?.managedPolicyArns).toHaveLength(11)
    expect(world.clock.monotonicMs() - startedMs).toBeLessThan(15_000)
  })

  test('whose policy someone attaches meanwhile is read again and not repeated in place', async () => {
    const attached = new ServiceError('sso-admin', 'ConflictException', 'Policy is already attached to PermissionSet.')
    const attempts: number[] = []
    const { apply, world } = await open(
      {
        interceptor: async (call) => {
          if (call.operation !== 'attachManagedPolicy') return call.proceed()
          attempts.push(world.clock.monotonicMs())
          throw attached
        },
      },
      { managedPoliciesArnList: [readOnly] },
    )
    await expect(apply()).rejects.toBe(attached)
    expect(attempts).toHaveLength(1)
  })

  test('makes its permission set, which is then ours, with one history', async () => {
    const { world, apply, arn, record, history, version, woken } = await open(
      {},
      { managedPoliciesArnList: [readOnly] },
    )
    const by = { principalId: 'AWS:maria', at: ten }
    await new StatusStore(world.objects, world.clock).revise(key, async () => ({ state: 'applying', by }))
    const settled = await apply()
    const { etag } = await version()
    expect(settled).toEqual({
      status: { state: 'applied', owned: true, permissionSetArn: arn(), ...(await version()) },
    })
    expect(await record()).toEqual({
      v: 1,
      arn: arn(),
      claimedAt: ten,
      applied: { etag, content: expect.any(String), value: expect.any(String), at: expect.any(String) },
    })
    expect(await history()).toEqual([
      {
        v: 1,
        key: `${ten}%created.json`,
        event: 'created',
        at: ten,
        arn: arn(),
        etag,
        changes: [`attach ${readOnly}`],
        confirmedAt: expect.any(String),
        by,
      },
    ])
    expect(world.ssoAdmin.definitionNow(name)?.managedPolicyArns).toEqual([readOnly])
    expect(woken).toEqual([name])
    expect(JSON.stringify(await world.json('state/permission-sets.json'))).toContain(arn())
  })

  test('that was applied is neither read nor called for again', async () => {
    const { world, apply, history } = await open()
    const told = await apply()
    const before = world.calls.length
    expect(await apply()).toEqual(told)
    expect(world.calls).toHaveLength(before)
    expect(await history()).toHaveLength(1)
  })

  test('that is not there, of a permission set that is not ours, says nothing', async () => {
    const { world, apply } = await open()
    await world.objects.delete(key)
    expect(await apply()).toEqual({ status: undefined })
    expect(world.calls).toEqual([])
  })

  test('that is gone has the permission set deleted', async () => {
    const { world, apply, history } = await open()
    await apply()
    await world.objects.delete(key)
    expect(await apply()).toEqual({ status: undefined })
    expect(world.ssoAdmin.permissionSetArnOf(name)).toBeUndefined()
    expect((await history()).map((one) => one.key?.replace(/.*%/, '')).sort()).toEqual(['created.json', 'deleted.json'])
  })

  test('that is back while its permission set would be deleted is applied', async () => {
    let isBack = false
    const opened = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'head' && args[0] === key && isBack) await opened.upload()
        return proceed()
      },
    })
    await opened.apply()
    await opened.world.objects.delete(key)
    isBack = true
    expect(await opened.apply()).toMatchObject({ status: { state: 'applied' } })
  })

  test.each([
    ['took effect', 'is made again', true],
    ['did not take effect', 'stays', false],
  ])('that is back after a deletion without an answer that %s: its permission set %s', async (_, __, isDone) => {
    const { apply, upload, arn, record, version, woken, world } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'deletePermissionSet') return proceed()
        if (isDone) await proceed()
        throw noAnswer('DeletePermissionSet')
      },
    })
    await apply()
    const old = arn()
    await world.objects.delete(key)
    await expect(apply()).rejects.toThrow('DeletePermissionSet')
    await upload()
    await world.clock.advance(5_000)
    expect(await apply()).toMatchObject({
      status: { state: 'applied', permissionSetArn: arn(), ...(await version()) },
    })
    expect(arn() !== old).toBe(isDone)
    expect(woken).toHaveLength(isDone ? 2 : 1)
    expect(await record()).not.toHaveProperty('deletionAt')
  })

  test('that is not valid is rejected, and nothing is called', async () => {
    const { world, apply, version } = await open({}, { sessionDurationInMinutes: 'long' })
    expect(await apply()).toEqual({
      status: {
        state: 'rejected',
        reason: expect.stringMatching(/^received .+, expected /),
        remedy: expect.any(String),
        ...(await version()),
      },
    })
    expect(world.calls).toEqual([])
  })

  test('on an instance whose permission sets are switched off fails, and says so and how to enable them', async () => {
    let isOn = false
    const { apply, version } = await open({ ssoAdmin: { hasPermissionSets: () => isOn } })
    const { status } = await apply()
    expect(status).toMatchObject({
      state: 'failed',
      ...(await version()),
      reason: expect.stringMatching(
        /^this instance of IAM Identity Center has no permission sets: they are switched off/,
      ),
      remedy: expect.stringContaining('aws sso-admin update-instance'),
    })
    isOn = true
    expect((await apply()).status).toMatchObject({ state: 'applied' })
  })

  test('whose permission set someone else made is rejected, and says how to take that over', async () => {
    const { world, apply, version } = await open()
    await world.ssoAdmin.createPermissionSet({ name, sessionDuration: 'PT1H', tags: [] })
    const { status } = await apply()
    expect(status).toMatchObject({
      state: 'rejected',
      ...(await version()),
      reason: `received a file for the permission set '${name}', which already exists and which ssofile did not create, expected the name of a new permission set, or of one that ssofile created or adopted`,
      remedy: expect.stringContaining(`ssofile import --permission-sets ${name}`),
    })
  })

  test('that replaces another changes what differs, and history says what', async () => {
    const { apply, upload, history, writes, world } = await open({}, { managedPoliciesArnList: [readOnly] })
    await apply()
    await world.clock.advance(5_000)
    await upload({ sessionDurationInMinutes: '120' })
    // The second change comes too soon after the first one and is repeated.
    expect([...new Set(await writes(apply))]).toEqual([
      'DetachManagedPolicyFromPermissionSet',
      'UpdatePermissionSet',
      'ProvisionPermissionSet',
    ])
    expect((await history())[1]).toMatchObject({
      event: 'changed',
      changes: [`detach ${readOnly}`, expect.stringMatching(/^set /)],
    })
  })

  test('that is replaced while it is applied is in force in the end, and not the one before it', async () => {
    const seen = { isReplaced: false }
    const { apply, upload, world, record, version } = await open(
      {
        interceptor: async ({ operation, proceed }) => {
          const answer = await proceed()
          if (operation === 'attachManagedPolicy' && !seen.isReplaced) {
            seen.isReplaced = true
            await upload({ sessionDurationInMinutes: '120' })
          }
          return answer
        },
      },
      { managedPoliciesArnList: [readOnly] },
    )
    expect(await apply()).toMatchObject({ status: { state: 'applied', ...(await version()) } })
    const { etag } = await version()
    expect(world.ssoAdmin.definitionNow(name)).toMatchObject({ managedPolicyArns: [], sessionDuration: 'PT2H' })
    expect((await record())?.applied?.etag).toBe(etag)
  })

  test('that says the same in other words is applied without a call, and is an update all the same', async () => {
    const { apply, upload, writes, record, version } = await open()
    await apply()
    await upload({ sessionDurationInMinutes: '60' })
    expect(await writes(apply)).toEqual([])
    expect((await record())?.applied?.etag).toBe((await version()).etag)
  })

  test('that has no description any more is told what AWS keeps, from then on', async () => {
    const { apply, upload, record } = await open({}, { description: 'Looks at everything' })
    await apply()
    await upload({})
    for (let time = 0; time < 2; time++)
      expect((await apply()).status?.warnings).toEqual([
        expect.stringMatching(/^the file has no description, but the permission set keeps the one it has/),
      ])
    expect((await record())?.applied?.warnings).toHaveLength(1)
  })

  test('takes up what a process before it left half done, under the instant that it was begun', async () => {
    const { apply, change, history, version, record } = await open()
    await apply()
    const { etag = '' } = await version()
    const begun = { event: 'recreated' as const, etag, at: '2026-03-03T09:00:00.000Z', changes: ['something'] }
    await change({ change: begun, applied: undefined })
    await apply()
    expect((await history())[0]).toMatchObject({
      key: '2026-03-03T09:00:00.000Z%recreated.json',
      changes: ['something'],
    })
    expect(await record()).not.toHaveProperty('change')
  })
})

test('what a file is warned of is told whatever becomes of it', async () => {
  const many = Array.from({ length: 11 }, (_, index) => ({ Name: `policy-${index}`, Path: '/' }))
  const fields = { customerManagedPoliciesList: many }
  const warnings = [expect.stringMatching(/^11 managed policies/)]
  // More calls than the rate allows at once.
  const unhurried: SettlingOptions = {
    interceptor: async ({ port, proceed }) => {
      if (port === 'ssoAdmin') await clock?.sleep(100)
      return proceed()
    },
  }
  let clock: Clock | undefined
  const applied = await open(unhurried, fields)
  clock = applied.world.clock
  expect((await applied.apply()).status).toMatchObject({ state: 'applied', warnings })
  const refused = await open(
    refusing('createPermissionSet', new ServiceError('sso-admin', 'ValidationException', 'no')),
    fields,
  )
  expect((await refused.apply()).status).toMatchObject({ state: 'failed', warnings })
  const failed = await open(unhurried)
  clock = failed.world.clock
  await failed.apply()
  failed.give(first)
  failed.world.ssoAdmin.removeCustomerManagedPolicy(first, 'policy-0')
  await failed.upload(fields)
  expect((await failed.apply()).status).toMatchObject({ state: 'failed', warnings })
})

describe('a drift check', () => {
  test('finds nothing where nothing differs, and writes nothing', async () => {
    const { apply, history, record, writes, world } = await open()
    await apply()
    const before = await record()
    await world.clock.advance(5_000)
    expect(await writes(() => apply({ isDriftCheck: true }))).toEqual([])
    expect(await record()).toEqual(before)
    expect(await history()).toHaveLength(1)
  })

  test('restores what someone else changed', async () => {
    const { apply, arn, history, world } = await open()
    await apply()
    await world.ssoAdmin.attachManagedPolicy(arn(), readOnly)
    await world.clock.advance(5_000)
    expect(await apply({ isDriftCheck: true })).toMatchObject({ status: { state: 'applied' } })
    expect(world.ssoAdmin.definitionNow(name)?.managedPolicyArns).toEqual([])
    expect((await history())[1]).toMatchObject({ event: 'restored', changes: [`detach ${readOnly}`] })
  })

  test('only reports it where that is configured, until the file is asked to count as new', async () => {
    const { apply, arn, upload, world, record } = await open({ configuration: { onDrift: 'report' } })
    await apply()
    await world.ssoAdmin.attachManagedPolicy(arn(), readOnly)
    const status = {
      state: 'failed',
      owned: true,
      permissionSetArn: arn(),
      reason: `someone else changed it in Identity Center; restoring it would: detach ${readOnly}`,
      remedy:
        'to restore it, run ssofile touch with the key of the file and --rebind; or write the change into the file ("onDrift" is "report")',
    }
    await world.clock.advance(5_000)
    expect(await apply({ isDriftCheck: true })).toMatchObject({ status })
    expect(world.ssoAdmin.definitionNow(name)?.managedPolicyArns).toEqual([readOnly])
    expect(world.log.lines.findLast(({ level }) => level === 'warn')).toMatchObject({
      level: 'warn',
      message: 'someone else changed the permission set; ssofile only reports it',
      fields: { permissionSet: name, differences: [`detach ${readOnly}`] },
    })
    expect(await apply()).toMatchObject({ status })
    await world.clock.advance(5_000)
    await upload()
    expect(await apply()).toMatchObject({ status })
    const found = await world.objects.get(`permission_sets/${name}.json`)
    await world.objects.put(`permission_sets/${name}.json`, found?.body ?? '', undefined, {
      'ssofile-rebind': world.clock.now().toISOString(),
    })
    expect(await apply()).toMatchObject({ status: { state: 'applied' } })
    expect(world.ssoAdmin.definitionNow(name)?.managedPolicyArns).toEqual([])
    expect(await record()).not.toHaveProperty('drift')
  })

  test('takes back its report where the difference is gone', async () => {
    const { apply, arn, world, record } = await open({ configuration: { onDrift: 'report' } })
    await apply()
    await world.ssoAdmin.attachManagedPolicy(arn(), readOnly)
    await apply({ isDriftCheck: true })
    await world.clock.advance(1_000)
    await world.ssoAdmin.detachManagedPolicy(arn(), readOnly)
    expect(await apply({ isDriftCheck: true })).toMatchObject({ status: { state: 'applied' } })
    expect(await record()).not.toHaveProperty('drift')
  })

  test('makes again one that someone else deleted, and wakes the links that name it', async () => {
    const { apply, arn, world, history, woken } = await open()
    await apply()
    const old = arn()
    await world.ssoAdmin.deletePermissionSet(old)
    expect(await apply()).toMatchObject({ status: { permissionSetArn: old } })
    await world.clock.advance(5_000)
    expect(await apply({ isDriftCheck: true })).toMatchObject({ status: { state: 'applied', permissionSetArn: arn() } })
    expect(arn()).not.toBe(old)
    expect(woken).toEqual([name, name])
    expect((await history())[1]).toMatchObject({ event: 'recreated', arn: arn() })
  })
})

describe('what Identity Center refuses', () => {
  const remedy = 'remove the cause; ssofile tries again by itself, at least every hour'

  test.each(['ValidationException', 'AccessDeniedException', 'ServiceQuotaExceededException'])(
    'with %s when the permission set is made is told, and nothing of it is ours',
    async (code) => {
      const { apply, record, version, world } = await open(
        refusing('createPermissionSet', new ServiceError('sso-admin', code, 'no')),
      )
      const reason = `Identity Center refused it: ${code}: no`
      expect(await apply()).toEqual({
        status: { state: 'failed', reason, remedy, ...(await version()) },
      })
      expect(await record()).toBeUndefined()
      expect(await world.keys('state/open/')).toEqual([])
    },
  )

  test('when it is changed is told, and tried again later', async () => {
    const error = new ServiceError('sso-admin', 'ValidationException', 'no')
    const { apply, record, world } = await open(refusing('attachManagedPolicy', error), {
      managedPoliciesArnList: [readOnly],
    })
    expect(await apply()).toMatchObject({ status: { state: 'failed' } })
    const { openUntil, attempts } = (await record()) ?? {}
    expect(attempts).toBe(1)
    expect(await world.keys('state/open/')).toEqual([`state/open/${openUntil}%${key}`])
  })

  test('since a policy that the file names is not there is told; since the permission set is gone comes again', async () => {
    const error = new ServiceError('sso-admin', 'ResourceNotFoundException', 'no such policy')
    const fields = { managedPoliciesArnList: [readOnly] }
    const { apply } = await open(refusing('attachManagedPolicy', error), fields)
    expect(await apply()).toMatchObject({
      status: { state: 'failed', reason: 'Identity Center refused it: ResourceNotFoundException: no such policy' },
    })
    const gone = await open(
      {
        interceptor: async ({ operation, proceed }) => {
          if (operation !== 'attachManagedPolicy') return proceed()
          await gone.world.ssoAdmin.deletePermissionSet(gone.arn())
          throw error
        },
      },
      fields,
    )
    await expect(gone.apply()).rejects.toBe(error)
    const unmade = await open(refusing('createPermissionSet', error))
    await expect(unmade.apply()).rejects.toBe(error)
  })

  test('for a reason that passes comes again', async () => {
    for (const error of [new ServiceError('sso-admin', 'InternalServerException', 'no'), new Error('a defect')]) {
      const { apply } = await open(refusing('createPermissionSet', error))
      await expect(apply()).rejects.toBe(error)
    }
  })
})

describe('a provisioning that is owed', () => {
  const asked = (calls: readonly string[]) => calls.filter((call) => call === 'ProvisionPermissionSet').length

  /** A permission set in two accounts. Until it works, provisioning dies; no listing ever names a stale account. */
  async function openLagging() {
    const state = { works: true }
    const opened = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'provisionPermissionSet' && !state.works) throw new Error('the dispatcher died')
        const isStale = operation === 'listAccountsForProvisionedPermissionSet' && args[1] !== undefined
        return isStale ? { items: [] } : proceed()
      },
    })
    await opened.apply()
    opened.give(first, second)
    const die = async (fields: object) => {
      state.works = false
      await opened.world.clock.advance(5_000)
      await opened.upload(fields)
      await expect(opened.apply()).rejects.toThrow('the dispatcher died')
      state.works = true
      await opened.world.clock.advance(5_000)
    }
    return { ...opened, die, stale: () => opened.world.ssoAdmin.staleAccountsNow(opened.arn()) }
  }

  test('is in the record from before the first change of the definition until it SUCCEEDED', async () => {
    const { apply, die, record, stale } = await openLagging()
    await die({ managedPoliciesArnList: [readOnly] })
    expect((await record())?.change).toMatchObject({ event: 'changed', provisioning: {} })
    expect(stale()).toEqual([first, second])
    expect(await apply()).toMatchObject({ status: { state: 'applied' } })
    expect(stale()).toEqual([])
    expect((await record())?.change).toBeUndefined()
  })

  test('goes on behind the last account after the next change of the definition', async () => {
    const { die, change, record } = await openLagging()
    await die({ managedPoliciesArnList: [readOnly] })
    const begun = (await record())?.change
    if (!begun) throw new Error('its change is recorded')
    await change({ change: { ...begun, provisioning: { after: first } } })
    await die({ managedPoliciesArnList: [] })
    expect((await record())?.change?.provisioning).toEqual({ from: first })
    await die({ managedPoliciesArnList: [readOnly] })
    expect((await record())?.change?.provisioning).toEqual({ from: first })
  })

  test('is asked for by the next file too, although that one asks for no change', async () => {
    const { apply, die, upload, stale } = await openLagging()
    await die({ managedPoliciesArnList: [readOnly] })
    await upload({ managedPoliciesArnList: [readOnly], sessionDurationInMinutes: 60 })
    expect(await apply()).toMatchObject({ status: { state: 'applied' } })
    expect(stale()).toEqual([])
  })

  describe.each([
    ['not valid', 'rejected', async ({ upload }: Awaited<ReturnType<typeof openLagging>>) => upload({ tags: 'no' })],
    [
      'refused by a policy',
      'rejected',
      async ({ upload, world }: Awaited<ReturnType<typeof openLagging>>) => {
        const rule = { id: 'no-kms', control: 'x', mode: 'enforce', must: { forbiddenActions: ['kms:*'] } }
        await world.objects.put('policies/no-kms.json', JSON.stringify({ contact: 'x', permissionSets: [rule] }))
        const Statement = [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }]
        await upload({ inlinePolicyDocument: { Version: '2012-10-17', Statement } })
      },
    ],
    [
      'held by the brake',
      'held',
      async ({ upload }: Awaited<ReturnType<typeof openLagging>>) => upload({ sessionDurationInMinutes: 120 }),
    ],
    [
      'gone, while a link uses it',
      'blocked',
      async ({ world }: Awaited<ReturnType<typeof openLagging>>) => {
        await world.objects.put(`links_data/account%${first}%${name}%team-security%GROUP%ssofile`, '')
        await world.objects.delete(key)
      },
    ],
  ])('is fulfilled although the next file is %s', (_, state, spoil) => {
    const owe = async () => {
      const opened = await openLagging()
      await opened.world.objects.put(opened.bench.ledgerKey.replace('Billing-ps', name), '{"v":1}')
      await opened.die({ managedPoliciesArnList: [readOnly], customerManagedPoliciesList: [policy] })
      await spoil(opened)
      return opened
    }

    test('and its accounts lose what the former file took away', async () => {
      const { apply, record, stale, history, world, writes } = await owe()
      const { status } = await apply()
      expect([status?.state, status?.warnings]).toEqual([state, undefined])
      expect(stale()).toEqual([])
      expect(world.ssoAdmin.definitionNow(name)?.managedPolicyArns).toEqual([readOnly])
      expect((await record())?.change).not.toHaveProperty('provisioning')
      expect((await history()).at(-1)).toMatchObject({ event: expect.stringMatching('provisioned|held') })
      expect(await writes(apply)).toEqual([])
      expect(await record()).not.toHaveProperty('openUntil')
    })

    test('and until then its status names the debt, and the next attempt is in the record', async () => {
      const { apply, record, stale, world } = await owe()
      expect(stale()).toEqual([first, second])
      world.ssoAdmin.removeCustomerManagedPolicy(first, policy.Name)
      const { status } = await apply()
      expect(status).toMatchObject({ state, warnings: [expect.stringMatching('older version of the permission set')] })
      expect(await record()).toMatchObject({ attempts: 1, openUntil: expect.any(String) })
    })
  })

  test('is void once somebody deleted the permission set', async () => {
    const { apply, change, record, upload, world, arn } = await open()
    await apply()
    await change({ change: { event: 'changed', etag: 'former', at: ten, changes: [], provisioning: {} } })
    await upload({ tags: 'no' })
    await world.ssoAdmin.deletePermissionSet(arn())
    expect(await apply()).toMatchObject({ status: { state: 'rejected' } })
    expect((await record())?.change).not.toHaveProperty('provisioning')
  })

  test('is not fulfilled by a request that was made before another change of the definition', async () => {
    const { apply, die, change, record, upload, world, arn, writes, stale } = await openLagging()
    await die({ managedPoliciesArnList: [readOnly] })
    const { requestId } = await world.ssoAdmin.provisionPermissionSet(arn())
    const begun = (await record())?.change
    if (!begun) throw new Error('its change is recorded')
    await change({ change: { ...begun, provisioning: { requestId } } })
    await upload({ sessionDurationInMinutes: 120 })
    expect(asked(await writes(apply))).toBe(1)
    expect(stale()).toEqual([])
  })

  test('is none where only tags change, or a file says the same in other words', async () => {
    const { apply, upload, writes } = await openLagging()
    await upload({ tags: [{ Key: 'team', Value: 'a' }] })
    expect(await writes(apply)).toEqual(['TagResource'])
    await upload({ tags: [{ Key: 'team', Value: 'a' }], sessionDurationInMinutes: '60' })
    expect(await writes(apply)).toEqual([])
  })

  test('is told as still going on until a listing is settled, where many accounts have it and one is suspended', async () => {
    const { apply, give, upload, record, version, world, arn, told } = await open()
    await apply()
    const [parentId = ''] = world.organizations.accountsNow().find(({ id }) => id === first)?.parents ?? []
    for (let index = 0; index < 50; index++) {
      const id = accountId.parse(`2900000000${String(index).padStart(2, '0')}`)
      const email = `many-${index}@acme.example`
      const joined = { joinedAt: world.clock.now(), joinedMethod: 'CREATED' } as const
      world.organizations.addAccount({
        id,
        name: `many-${index}`,
        email,
        parentId,
        state: 'ACTIVE',
        tags: {},
        ...joined,
      })
      give(id)
    }
    give(first)
    world.organizations.suspendAccount(first)
    await upload({ managedPoliciesArnList: [readOnly] })
    expect(await apply()).toMatchObject({
      status: { state: 'applying', permissionSetArn: arn(), ...(await version()) },
    })
    const { openUntil = '', change } = (await record()) ?? {}
    const { askedAt = '' } = change?.provisioning ?? {}
    expect(Date.parse(openUntil) - Date.parse(askedAt)).toBe(5 * 60_000)
    expect(told).toEqual([])
    await world.clock.advance(5 * 60_000)
    expect(await apply()).toMatchObject({
      status: { state: 'applied', warnings: [expect.stringContaining(first)] },
    })
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('is not begun by a drift check for accounts that are suspended', async () => {
    const { apply, give, upload, history, record, world, writes } = await open()
    await apply()
    give(first)
    world.organizations.suspendAccount(first)
    await upload({ managedPoliciesArnList: [readOnly] })
    await apply()
    const [before, was] = [await record(), (await history()).length]
    expect(await writes(() => apply({ isDriftCheck: true }))).toEqual([])
    expect([await record(), (await history()).length]).toEqual([before, was])
  })
})

describe('accounts that have the permission set', () => {
  test('are brought up to date, and how far that is, is told meanwhile', async () => {
    const { apply, give, upload, told, arn, version, world } = await open()
    await apply()
    give(first, second, ...[3, 4].map((digit) => accountId.parse(`21000000000${digit}`)))
    await upload({ managedPoliciesArnList: [readOnly] })
    expect(await apply()).toMatchObject({ status: { state: 'applied' } })
    expect(world.ssoAdmin.staleAccountsNow(arn())).toEqual([])
    expect(told).toEqual([])
    await world.clock.advance(5_000)
    await upload({ customerManagedPoliciesList: [policy] })
    world.ssoAdmin.removeCustomerManagedPolicy(first, policy.Name)
    await apply()
    expect(told).toHaveLength(4)
    expect(told.at(-1)).toEqual({
      state: 'applying',
      permissionSetArn: arn(),
      ...(await version()),
      accounts: { desired: 4, applied: 3, open: 0, failed: [expect.objectContaining({ account: first })] },
    })
  })

  test('that cannot be are told, with the first reason, and tried again later', async () => {
    const { apply, give, upload, record, arn, world, version } = await open()
    await apply()
    give(first, second)
    for (const id of [first, second]) world.ssoAdmin.removeCustomerManagedPolicy(id, policy.Name)
    await upload({ customerManagedPoliciesList: [policy] })
    const settled = await apply()
    expect(settled).toMatchObject({
      status: {
        state: 'failed',
        permissionSetArn: arn(),
        ...(await version()),
        accounts: { desired: 2, applied: 0, open: 0 },
        reason: expect.stringMatching(
          `^2 of 2 accounts could not be updated and keep the old version: ${first}: .*${policy.Name}`,
        ),
        remedy: expect.stringMatching(
          `^create the customer managed policy '${policy.Name}' .*; ssofile tries these accounts again by itself, at least every hour$`,
        ),
      },
    })
    expect(settled.status?.warnings).toBeUndefined()
    const { openUntil = '', attempts, change } = (await record()) ?? {}
    expect([attempts, change?.event]).toEqual([1, 'changed'])
    expect(Date.parse(openUntil)).toBeGreaterThan(world.clock.now().getTime())
    expect(await world.keys('state/open/')).toEqual([`state/open/${openUntil}%${key}`])
    for (const id of [first, second]) world.ssoAdmin.restoreCustomerManagedPolicy(id, policy.Name)
    expect(await apply()).toMatchObject({ status: { state: 'applied' } })
    expect(await world.keys('state/open/')).toEqual([])
    expect(await record()).not.toHaveProperty('openUntil')
  })

  test('are gone on with at once where the file is another by now', async () => {
    const seen = { isMade: false, isAnother: false }
    const { apply, give, upload, record, world, arn } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        const answer = await proceed()
        seen.isAnother ||= seen.isMade && operation === 'describeProvisioning'
        return seen.isAnother && operation === 'head' && args[0] === key
          ? { ...Object(answer), etag: 'another' }
          : answer
      },
    })
    await apply()
    seen.isMade = true
    give(first)
    world.ssoAdmin.removeCustomerManagedPolicy(first, policy.Name)
    await upload({ customerManagedPoliciesList: [policy] })
    expect(await apply()).toMatchObject({
      status: { state: 'applying', permissionSetArn: arn(), accounts: { desired: 1, applied: 0, open: 1, failed: [] } },
    })
    const { openUntil = '', attempts } = (await record()) ?? {}
    expect(attempts).toBe(0)
    expect(Date.parse(openUntil)).toBeLessThanOrEqual(world.clock.now().getTime())
    expect(await world.keys('state/open/')).toEqual([`state/open/${openUntil}%${key}`])
  })

  test('that are brought up to date again after someone else has changed them are history', async () => {
    const { apply, give, arn, history, world } = await open()
    await apply()
    const attachAndDetach = async () => {
      await world.ssoAdmin.attachManagedPolicy(arn(), readOnly)
      await world.clock.advance(1_000)
      await world.ssoAdmin.detachManagedPolicy(arn(), readOnly)
      await world.clock.advance(1_000)
    }
    await attachAndDetach()
    give(first)
    await attachAndDetach()
    expect(world.ssoAdmin.staleAccountsNow(arn())).toEqual([first])
    await world.clock.advance(5_000)
    await apply({ isDriftCheck: true })
    expect(world.ssoAdmin.staleAccountsNow(arn())).toEqual([])
    expect((await history())[1]).toMatchObject({ event: 'restored', changes: [] })
  })

  test('that are suspended are warned of, ten by id', async () => {
    for (const [count, named] of [
      [1, /^1 accounts that are suspended, .+ \(\d{12}\); the next drift check updates/],
      [11, /^11 accounts that are suspended, .+ \((\d{12}, ){9}\d{12}, …\); the next drift check updates/],
      [10, /^10 accounts that are suspended, .+ \((\d{12}, ){9}\d{12}\); the next drift check updates/],
    ] as const) {
      const { apply, give, upload, world } = await open()
      await apply()
      const some = world.organizations
        .accountsNow()
        .map(({ id }) => id)
        .filter((id) => id !== world.organizations.managementAccountIdNow)
        .slice(0, count)
      give(...some)
      for (const id of some) world.organizations.suspendAccount(id)
      await upload({ managedPoliciesArnList: [readOnly] })
      expect(await apply()).toMatchObject({
        status: { state: 'applied', warnings: [expect.stringMatching(named)] },
      })
    }
  })
})
