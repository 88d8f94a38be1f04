import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { NotStartedError } from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import {
  type Counts,
  type ProvisioningSources,
  provisionPermissionSet,
} from '../../../../shared/reconcile/permission-sets/provision-permission-set.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import type { OwedProvisioning } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import type { InterceptedCall, Interceptor } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

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
  const saved: OwedProvisioning[] = []
  const provision = (owed: OwedProvisioning = {}, changed: Partial<ProvisioningSources> = {}) =>
    bench.within(async ({ ssoAdmin, clock, ending, organization }) =>
      provisionPermissionSet(arn, owed, {
        ssoAdmin,
        clock,
        provisionings: new Provisionings({ ssoAdmin, clock, most: 3, ending }),
        view: () => organization.view(),
        readLive: (account) => organization.readLive(account, async () => false),
        knownAccounts: async () => [],
        save: async (so) => {
          saved.push(so)
        },
        onProgress: async (counts) => {
          progress.push(counts)
        },
        isSuperseded: async () => false,
        ...changed,
      }),
    )
  const left = () => world.ssoAdmin.staleAccountsNow(arn)
  const lack = (...some: readonly AccountId[]) => {
    for (const id of some) world.ssoAdmin.removeCustomerManagedPolicy(id, policy.Name)
  }
  return { bench, world, arn, add, provision, asked, progress, saved, left, lack }
}

/** Listings of accounts answer this, whatever is so. */
function listing(accounts: {
  readonly having: readonly AccountId[]
  readonly stale: readonly AccountId[]
}): Interceptor {
  return async ({ operation, args, proceed }) => {
    if (operation !== 'listAccountsForProvisionedPermissionSet') return proceed()
    return { items: args[1] === undefined ? accounts.having : accounts.stale }
  }
}

/** More accounts than are asked for one by one without a listing, most of them not there. */
const many = Array.from({ length: 60 }, (_, index) => accountId.parse(`2900000000${String(index).padStart(2, '0')}`))
const tooMany = [
  ...Array.from({ length: 3_496 }, (_, index) => accountId.parse(String(100_000_000_000 + index))),
  ...ids,
]
const counts = (applied: number, failed: readonly unknown[] = [], desired = 5) => ({
  desired,
  applied,
  open: desired - applied - failed.length,
  failed,
})
const reasonOf = (account: AccountId) => ({ account, reason: expect.stringContaining(policy.Name) })
const done = { outcome: 'done', unreachable: [] }
const longAgo = '2026-03-03T09:00:00.000Z'

describe('after a change of the definition', () => {
  test('all accounts are asked for at once, and its success is the proof', async () => {
    const { bench, world, provision, asked, saved, left } = await open()
    const before = world.calls.length
    expect(await provision()).toMatchObject(done)
    expect(asked).toEqual(['all'])
    expect(left()).toEqual([])
    expect(saved).toEqual([{ requestId: expect.any(String) }])
    expect(world.calls.slice(before).filter((call) => call === 'ListAccountsForProvisionedPermissionSet')).toHaveLength(
      1,
    )
    expect(bench.calls('ProvisionPermissionSet')).toBe(1)
  })

  test('they are asked for although a listing that lags behind names none as stale', async () => {
    for (const having of [ids, []]) {
      const { provision, asked, left } = await open(ids, listing({ having, stale: [] }))
      expect(await provision()).toMatchObject(done)
      expect(asked).toEqual(['all'])
      expect(left()).toEqual([])
    }
  })

  test('it is asked for where no account has the permission set, and succeeds', async () => {
    const { bench, world, provision, asked } = await open()
    for (const id of ids) world.ssoAdmin.removeAssignment({ ...bench.target(), accountId: id })
    expect(await provision()).toMatchObject(done)
    expect(asked).toEqual(['all'])
  })

  test('a provisioning in progress that began before proves nothing: ours follows it', async () => {
    const { world, arn, provision, asked, left } = await open()
    await world.ssoAdmin.provisionPermissionSet(arn)
    expect(await provision()).toMatchObject(done)
    expect(asked).toEqual(['all'])
    expect(left()).toEqual([])
  })

  test('the request that a dispatcher before us recorded is waited for, and not made again', async () => {
    const { world, arn, provision, asked, left } = await open()
    const { requestId } = await world.ssoAdmin.provisionPermissionSet(arn)
    expect(await provision({ requestId })).toMatchObject(done)
    expect(asked).toEqual([])
    expect(left()).toEqual([])
  })

  test('a recorded request that nobody knows any more is made again', async () => {
    const { provision, asked } = await open()
    expect(await provision({ requestId: 'forgotten' })).toMatchObject(done)
    expect(asked).toEqual(['all'])
  })
})

describe('accounts that fail', () => {
  test('have their reason each, and every other account of few has its own success', async () => {
    const { provision, asked, progress, saved, lack } = await open()
    lack(second, third)
    expect(await provision()).toEqual({
      outcome: 'failed',
      unreachable: [],
      accounts: counts(3, [second, third].map(reasonOf)),
    })
    expect(asked).toEqual(['all', ...ids])
    expect(progress).toEqual([
      counts(1),
      counts(1, [reasonOf(second)]),
      counts(1, [second, third].map(reasonOf)),
      counts(2, [second, third].map(reasonOf)),
      counts(3, [second, third].map(reasonOf)),
    ])
    expect(saved).toEqual([
      { requestId: expect.any(String) },
      { askedAt: expect.any(String) },
      { askedAt: expect.any(String), failed: [second, third] },
    ])
  })

  test('are found by the ledger where a listing that lags behind has none of them', async () => {
    const { provision, asked, lack } = await open(ids, listing({ having: [first], stale: [] }))
    lack(second)
    const knownAccounts = async () => [third, second]
    expect(await provision({}, { knownAccounts })).toMatchObject({
      outcome: 'failed',
      accounts: { desired: 3, applied: 2, failed: [reasonOf(second)] },
    })
    expect(asked).toEqual(['all', first, second, third])
  })

  test('of many accounts are those that are listed as stale, and the others are not asked for again', async () => {
    const { provision, asked, lack } = await open()
    lack(second)
    expect(await provision({}, { knownAccounts: async () => many })).toMatchObject({
      outcome: 'failed',
      accounts: { desired: 65, failed: [reasonOf(second)] },
    })
    expect(asked).toEqual(['all', second])
  })

  test('of many accounts are waited for where none is listed as stale yet', async () => {
    const lagging = listing({ having: ids, stale: [] })
    const { provision, asked, saved, lack } = await open(ids, lagging)
    lack(second)
    const unfinished = await provision({}, { knownAccounts: async () => many })
    const { askedAt = '' } = saved.at(-1) ?? {}
    expect(unfinished).toMatchObject({ outcome: 'unfinished', until: new Date(Date.parse(askedAt) + 5 * 60_000) })
    expect(asked).toEqual(['all'])
  })

  test('are the only ones that are asked for when the listing is settled', async () => {
    const { provision, asked, left, lack } = await open(ids.slice(0, 2))
    lack(first)
    expect(await provision({ askedAt: longAgo })).toMatchObject({
      outcome: 'failed',
      accounts: counts(4, [reasonOf(first)]),
    })
    expect(asked).toEqual([first, second])
    expect(left()).toEqual([first])
  })

  test('and succeed later are up to date, when the listing is settled', async () => {
    const { provision, asked, left, saved } = await open(ids.slice(0, 2))
    expect(await provision({ askedAt: longAgo })).toMatchObject(done)
    expect([asked, left(), saved]).toEqual([[first, second], [], []])
  })

  test('without a reason say so', async () => {
    const { provision, lack } = await open([first], async ({ operation, proceed }) => {
      const answer = await proceed()
      return operation === 'describeProvisioning' ? { ...Object(answer), failureReason: undefined } : answer
    })
    lack(first)
    expect(await provision()).toMatchObject({
      accounts: { failed: [{ account: first, reason: 'Identity Center gave no reason' }] },
    })
  })

  test('since they do not have the permission set any more have nothing to be brought up to date', async () => {
    const { provision, lack, world, bench } = await open()
    lack(second)
    world.ssoAdmin.removeAssignment({ ...bench.target(), accountId: second })
    world.organizations.suspendAccount(third)
    expect(await provision({}, { knownAccounts: async () => [second] })).toMatchObject({
      outcome: 'done',
      unreachable: [third],
    })
  })
})

describe('suspended accounts', () => {
  test('that the view does not know yet are found by their failure, and hold up nothing', async () => {
    const { bench, world, provision, left, asked } = await open()
    const view = await bench.within(({ organization }) => organization.view())
    for (const id of [first, third]) world.organizations.suspendAccount(id)
    expect(await provision({}, { view: async () => view })).toEqual({
      outcome: 'done',
      accounts: 5,
      unreachable: [first, third],
    })
    expect(left()).toEqual([first, third])
    expect(asked).toEqual(['all', ...ids])
  })

  test('whose present state cannot be read have failed, with the reason of Identity Center', async () => {
    const { bench, world, provision } = await open()
    const view = await bench.within(({ organization }) => organization.view())
    world.organizations.suspendAccount(first)
    const readLive = async () => {
      throw new ServiceError('organizations', 'TooManyRequestsException', 'Rate exceeded')
    }
    expect(await provision({}, { view: async () => view, readLive })).toMatchObject({
      outcome: 'failed',
      accounts: counts(4, [{ account: first, reason: expect.stringContaining('AWS account') }]),
      unreachable: [],
    })
  })

  test('are told apart from those that failed, and hold nothing up', async () => {
    const { world, provision, asked } = await open([first, second])
    world.organizations.suspendAccount(first)
    expect(await provision()).toEqual({ outcome: 'done', accounts: 5, unreachable: [first] })
    expect(asked).toEqual(['all', second, third, fourth, fifth])
  })

  test('of many accounts are told apart when the listing is settled', async () => {
    const { world, provision, left } = await open(ids.slice(0, 3))
    for (const id of [first, second]) world.organizations.suspendAccount(id)
    const knownAccounts = async () => many
    expect(await provision({}, { knownAccounts })).toMatchObject({
      outcome: 'unfinished',
      unreachable: [first, second],
    })
    expect(await provision({ askedAt: longAgo }, { knownAccounts })).toMatchObject({
      outcome: 'done',
      unreachable: [first, second],
    })
    expect(left()).toEqual([first, second])
  })
})

describe('more accounts than one request covers', () => {
  const noRoom = listing({ having: tooMany, stale: [] })
  const isSuperseded = (looksMost: number) => {
    let looks = 0
    return async () => ++looks > looksMost
  }

  test('are asked for one by one, and where it stopped is recorded', async () => {
    const { provision, asked, saved } = await open([], noRoom)
    expect(await provision({}, { isSuperseded: isSuperseded(2) })).toMatchObject({ outcome: 'unfinished' })
    expect(asked).toEqual(tooMany.slice(0, 2))
    expect(saved).toEqual([{ after: tooMany[0] }, { after: tooMany[1] }])
  })

  test('are gone on with after the last one, and the end is proved by a settled listing', async () => {
    const { provision, asked, saved } = await open([], noRoom)
    const unfinished = await provision({ after: tooMany.at(-3) })
    expect(asked).toEqual(tooMany.slice(-2))
    const { askedAt = '' } = saved.at(-1) ?? {}
    expect(unfinished).toMatchObject({ outcome: 'unfinished', until: new Date(Date.parse(askedAt) + 5 * 60_000) })
  })

  test('are asked for behind the last one before the change, then from the first one on', async () => {
    const { provision, asked, saved } = await open([], noRoom)
    const from = tooMany.at(-3)
    const isThird = isSuperseded(3)
    const unfinished = await provision({ from }, { isSuperseded: isThird })
    expect(asked).toEqual([...tooMany.slice(-2), tooMany[0]])
    expect(saved.at(-1)).toEqual({ from, after: tooMany[0] })
    expect(unfinished).toMatchObject({ accounts: { open: tooMany.length - 3 } })
  })

  test('that are all asked for since the change are proved by a settled listing', async () => {
    const { provision, asked, saved } = await open([], noRoom)
    await provision({ from: tooMany[5], after: tooMany[3] })
    expect(asked).toEqual(tooMany.slice(4, 6))
    expect(saved.at(-1)).toEqual({ askedAt: expect.any(String) })
  })

  test('are remembered one by one, also if the slice ends', async () => {
    let calls = 0
    const { provision, saved } = await open([], async (call) => {
      if (isProvisioning(call) && ++calls > 2) throw new NotStartedError()
      return noRoom(call)
    })
    await expect(provision()).rejects.toThrow(NotStartedError)
    expect(saved.at(-1)).toEqual({ after: tooMany[1] })
  })

  test('of which none was asked for are begun again from the same place', async () => {
    const { provision, saved } = await open([], noRoom)
    await provision({ after: tooMany[7] }, { isSuperseded: async () => true })
    expect(saved).toEqual([])
  })
})

describe('bringing accounts up to date goes on later', () => {
  test('where the file is no longer the one that is being applied', async () => {
    let looks = 0
    const { provision, asked, left } = await open(ids.slice(0, 2))
    const isSuperseded = async () => ++looks > 1
    expect(await provision({ askedAt: longAgo }, { isSuperseded })).toMatchObject({
      outcome: 'unfinished',
      accounts: counts(4),
    })
    expect(asked).toEqual([first])
    expect(left()).toEqual([second])
  })

  test('after five minutes, so that one permission set never holds up the others', async () => {
    const { world, provision, asked } = await open(ids.slice(0, 3), async (call) => {
      if (isProvisioning(call)) await world.clock.sleep(4 * 60_000)
      return call.proceed()
    })
    const startMs = world.clock.monotonicMs()
    expect(await provision({ askedAt: longAgo })).toMatchObject({ outcome: 'unfinished', accounts: { open: 2 } })
    expect(asked).toEqual([first, second])
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(9 * 60_000)
  })

  test('where the request for all lasts longer, and waits for the same request then', async () => {
    let lasts = true
    const { provision, asked, saved } = await open(ids, async ({ operation, proceed }) => {
      const answer = await proceed()
      return operation === 'describeProvisioning' && lasts ? { ...Object(answer), state: 'IN_PROGRESS' } : answer
    })
    expect(await provision()).toMatchObject({ outcome: 'unfinished', accounts: counts(0), unreachable: [] })
    lasts = false
    expect(await provision(saved.at(-1))).toMatchObject(done)
    expect(asked).toEqual(['all'])
  })

  test('where a request ends as that of another account, which proves nothing of this one', async () => {
    const { provision } = await open([first], async ({ operation, proceed }) => {
      const answer = await proceed()
      return operation === 'describeProvisioning' ? { ...Object(answer), accountId: second } : answer
    })
    expect(await provision({ askedAt: longAgo })).toMatchObject({
      outcome: 'unfinished',
      accounts: { open: 1, failed: [] },
    })
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
