import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../shared/domain/account-id.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import {
  type Counts,
  type ProvisioningContext,
  provisionPermissionSet,
} from '../../../shared/reconcile/provision-permission-set.ts'
import { Provisionings } from '../../../shared/reconcile/provisionings.ts'
import type { InterceptedCall, Interceptor } from '../../intercept.ts'
import { Settling } from '../../settling.ts'

const [first, second, third, fourth, fifth] = [
  accountId.parse('210000000001'),
  accountId.parse('210000000002'),
  accountId.parse('210000000003'),
  accountId.parse('210000000004'),
  accountId.parse('220000000001'),
] as const
const ids: readonly AccountId[] = [first, second, third, fourth, fifth]
const policy = { Name: 'Boundary', Path: '/' }
const isProvisioning = ({ operation }: InterceptedCall) => operation === 'provisionPermissionSet'

/** A permission set that five accounts have, and these not as it is defined now. */
async function open(stale = ids, interceptor: Interceptor = ({ proceed }) => proceed()) {
  const asked: unknown[] = []
  const bench = new Settling({
    interceptor: (call) => {
      if (isProvisioning(call)) asked.push(call.args[1] ?? 'all')
      return interceptor(call)
    },
  })
  const { world } = bench
  const target = bench.target()
  const arn = target.permissionSetArn
  const add = (some: readonly AccountId[]) => {
    for (const id of some) world.ssoAdmin.addAssignment({ ...target, accountId: id })
  }
  add(stale)
  await world.ssoAdmin.attachCustomerManagedPolicy(arn, policy)
  add(ids.filter((id) => !stale.includes(id)))
  const progress: Counts[] = []
  let starts = 0
  const provision = (changed: Partial<ProvisioningContext> = {}) =>
    bench.within(async ({ ssoAdmin, clock, ending, organization }) =>
      provisionPermissionSet(arn, {
        ssoAdmin,
        clock,
        provisionings: new Provisionings({ ssoAdmin, clock, most: 3, ending }),
        view: () => organization.view(),
        onStart: async () => {
          starts++
        },
        onProgress: async (counts) => {
          progress.push(counts)
        },
        isSuperseded: async () => false,
        ...changed,
      }),
    )
  const left = () => world.ssoAdmin.staleAccountsNow(arn)
  return { bench, world, arn, provision, asked, progress, starts: () => starts, left }
}

const counts = (applied: number, failed: Counts['failed'] = [], desired = 5): Counts => ({
  desired,
  applied,
  open: desired - applied - failed.length,
  failed,
})

describe('accounts that have a permission set', () => {
  test('are left alone where all are up to date: nothing is called but one listing', async () => {
    const { bench, provision, starts } = await open([])
    const before = bench.world.calls.length
    expect(await provision()).toEqual({ outcome: 'done', accounts: undefined, unreachable: [] })
    expect(bench.world.calls.slice(before)).toEqual(['ListAccountsForProvisionedPermissionSet'])
    expect(starts()).toBe(0)
  })

  test('are brought up to date all at once where most are stale', async () => {
    for (const stale of [ids, ids.slice(0, 3)]) {
      const { provision, asked, starts, left } = await open(stale)
      expect(await provision()).toEqual({ outcome: 'done', accounts: counts(5), unreachable: [] })
      expect(asked).toEqual(['all'])
      expect(starts()).toBe(1)
      expect(left()).toEqual([])
    }
  })

  test('are brought up to date one by one where no more than half are stale, and how far it is, is told', async () => {
    const { provision, asked, progress, starts, left } = await open(ids.slice(0, 2))
    expect(await provision()).toEqual({ outcome: 'done', accounts: counts(5), unreachable: [] })
    expect(asked).toEqual([first, second])
    expect(starts()).toBe(2)
    expect(progress).toEqual([counts(4), counts(5)])
    expect(left()).toEqual([])
    const half = await open(ids.slice(0, 2))
    half.world.ssoAdmin.removeAssignment({ ...half.bench.target(), accountId: fifth })
    await half.provision()
    expect(half.asked).toEqual([first, second])
  })

  test('are not asked for together where there is only one', async () => {
    const { bench, world, provision, asked } = await open()
    for (const id of ids.slice(1)) world.ssoAdmin.removeAssignment({ ...bench.target(), accountId: id })
    expect(await provision()).toMatchObject({ outcome: 'done', accounts: counts(1, [], 1) })
    expect(asked).toEqual([first])
  })

  test('that fail have their reason each, after all were tried at once', async () => {
    const { world, provision, asked, progress } = await open()
    for (const id of [second, third]) world.ssoAdmin.removeCustomerManagedPolicy(id, policy.Name)
    const { outcome, accounts, unreachable } = await provision()
    expect({ outcome, unreachable }).toEqual({ outcome: 'failed', unreachable: [] })
    expect(asked).toEqual(['all', second, third])
    const both = [second, third].map((account) => ({ account, reason: expect.stringContaining(policy.Name) }))
    expect(accounts).toEqual({ ...counts(3), open: 0, failed: both })
    expect(progress).toEqual([
      { ...counts(3), open: 1, failed: both.slice(0, 1) },
      { ...counts(3), open: 0, failed: both },
    ])
  })

  test('that fail without a reason say so', async () => {
    const { world, provision } = await open([first], async ({ operation, proceed }) => {
      const answer = await proceed()
      if (operation !== 'describeProvisioning') return answer
      return { ...Object(answer), failureReason: undefined }
    })
    world.ssoAdmin.removeCustomerManagedPolicy(first, policy.Name)
    expect((await provision()).accounts?.failed).toEqual([{ account: first, reason: 'Identity Center gave no reason' }])
  })

  test('that are suspended are not asked for, and are told apart from those that failed', async () => {
    const { world, provision, asked } = await open([first, second])
    world.organizations.suspendAccount(first)
    expect(await provision()).toEqual({ outcome: 'done', accounts: counts(4), unreachable: [first] })
    expect(asked).toEqual([second])
    const most = await open(ids.slice(0, 3))
    for (const id of [first, second]) most.world.organizations.suspendAccount(id)
    expect(await most.provision()).toMatchObject({ outcome: 'done', unreachable: [first, second] })
    expect(most.asked).toEqual([third])
    expect(most.left()).toEqual([first, second])
  })

  test('are waited for where a provisioning before us brings them up to date', async () => {
    const { world, arn, provision, asked } = await open()
    await world.ssoAdmin.provisionPermissionSet(arn)
    expect(await provision()).toEqual({ outcome: 'done', accounts: counts(5), unreachable: [] })
    expect(asked).toEqual([])
  })
})

describe('bringing accounts up to date goes on later', () => {
  test('where the file is no longer the one that is being applied', async () => {
    let looks = 0
    const { provision, asked, left } = await open(ids.slice(0, 2))
    const isSuperseded = async () => ++looks > 1
    expect(await provision({ isSuperseded })).toEqual({ outcome: 'unfinished', accounts: counts(4), unreachable: [] })
    expect(asked).toEqual([first])
    expect(left()).toEqual([second])
  })

  test('after five minutes, so that one permission set never holds up the others', async () => {
    const { world, provision, asked } = await open(ids.slice(0, 2), async (call) => {
      if (isProvisioning(call)) await world.clock.sleep(4 * 60_000)
      return call.proceed()
    })
    const startMs = world.clock.monotonicMs()
    expect(await provision()).toMatchObject({ outcome: 'unfinished', accounts: { open: 1, failed: [] } })
    expect(asked).toEqual([first, second])
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(9 * 60_000)
  })

  test('where a request ends as that of another account, which proves nothing of this one', async () => {
    const { world, provision } = await open([first], async ({ operation, proceed }) => {
      const answer = await proceed()
      return operation === 'describeProvisioning' ? { ...Object(answer), accountId: second } : answer
    })
    world.ssoAdmin.removeCustomerManagedPolicy(first, policy.Name)
    expect(await provision()).toMatchObject({ outcome: 'unfinished', accounts: { open: 1, failed: [] } })
  })

  test('where it is refused: nothing is swallowed', async () => {
    const { provision, left } = await open(ids, async (call) => {
      if (isProvisioning(call)) throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      return call.proceed()
    })
    await expect(provision()).rejects.toThrow('no')
    expect(left()).toEqual(ids)
  })
})
