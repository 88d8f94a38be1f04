import { describe, expect, test } from '@jest/globals'
import type { GrantingLink } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { settleAssignment } from '../../../../shared/reconcile/assignments/settle-assignment.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { type Interceptor, whileBusy } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
const ten = '2026-03-03T10:00:00.000Z'
const granted = {
  kind: 'creation' as const,
  calledAt: ten,
  answeredAt: ten,
  outcome: 'SUCCEEDED' as const,
  endedAt: ten,
}

/** Throws at the first so many calls of this operation, before they are made. */
function failing(operation: string, error: Error, times = 1): Interceptor {
  let left = times
  return async (call) => {
    if (call.operation === operation && left-- > 0) throw error
    return call.proceed()
  }
}

/** Ours, and asked for by no link any more. */
async function open(options: ConstructorParameters<typeof Settling>[0] = {}) {
  const bench = new Settling(options)
  bench.world.ssoAdmin.addAssignment(bench.target())
  const link = await bench.upload()
  await bench.world.objects.delete(bench.link)
  await bench.own({ links: [link], grantedAt: ten })
  return { bench, link }
}

describe('access that no link asks for any more', () => {
  test('says what to do where a delegated administrator may not revoke it, and is tried again', async () => {
    const { bench } = await open({ interceptor: failing('deleteAccountAssignment', refusal) })
    bench.world.ssoAdmin.addAssignment({ ...bench.target(), accountId: accountId.parse('111111111111') })
    expect(await bench.settle()).toMatchObject({
      result: 'open',
      reason: expect.stringMatching(/is also assigned in the management account 111111111111.*nor grant or revoke it/),
    })
    expect(await bench.entry()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('management account'),
    })
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
  })

  test('is revoked, leaves the ledger, and stands in history', async () => {
    const seen: unknown[] = []
    const { bench, link } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'deleteAccountAssignment') seen.push(await bench.entry())
        return proceed()
      },
    })
    await bench.world.clock.advance(5_000)
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(seen).toEqual([
      expect.objectContaining({
        state: 'revoking',
        call: { kind: 'deletion', calledAt: '2026-03-03T10:00:05.000Z' },
        grantedAt: ten,
        links: [link],
      }),
    ])
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect(await bench.history()).toEqual(['adopted', 'revoked'])
  })

  test('and that nobody ever confirmed is in history as granted before it is revoked', async () => {
    const { bench, link } = await open()
    await bench.own({ state: 'failed', links: [link], call: granted, lastCreation: granted })
    await bench.world.clock.advance(5_000)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(await bench.history()).toEqual(['granted', 'revoked'])
  })

  test('is left alone when nothing may be started any more', async () => {
    const { bench } = await open({ mayStart: () => false })
    expect(await bench.settle()).toMatchObject({ result: 'given-back' })
    expect(await bench.entry()).toMatchObject({ state: 'granted' })
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('is kept where its link comes back while Identity Center is busy', async () => {
    const { bench }: { bench: Settling } = await open({
      interceptor: whileBusy('deleteAccountAssignment', () => bench.upload()),
    })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
    expect(await bench.entry()).toMatchObject({ state: 'granted', grantedAt: ten })
    expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
  })

  test('is put off when Identity Center stays busy for five minutes', async () => {
    const busy = new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')
    const { bench } = await open({ interceptor: failing('deleteAccountAssignment', busy, 1_000) })
    const beganMs = bench.world.clock.monotonicMs()
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: `ConflictException: ${busy.message}` })
    const tookMs = bench.world.clock.monotonicMs() - beganMs
    expect(tookMs).toBeGreaterThanOrEqual(5 * 60_000)
    expect(tookMs).toBeLessThan(6 * 60_000)
    // Nothing was sent: the entry is as before.
    expect(await bench.entry()).toMatchObject({ state: 'granted', attempts: 1, openUntil: expect.any(String) })
    expect((await bench.entry())?.call).toBeUndefined()
  })

  test('is open, with its reason and its retry, when AWS refuses', async () => {
    const { bench } = await open({ interceptor: failing('deleteAccountAssignment', refusal) })
    const reason = 'AccessDeniedException: not you'
    expect(await bench.settle()).toMatchObject({ result: 'open', reason, links: [bench.link] })
    expect(await bench.entry()).toMatchObject({ state: 'failed', reason, attempts: 1, openUntil: expect.any(String) })
    expect(await bench.world.keys('state/open/')).toHaveLength(1)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(await bench.world.keys('state/open/')).toEqual([])
  })

  test('and that is gone leaves the ledger without a call', async () => {
    const { bench, link } = await open()
    bench.world.ssoAdmin.removeAssignment(bench.target())
    await bench.own({ state: 'revoking', links: [link], grantedAt: ten, call: { kind: 'deletion', calledAt: ten } })
    await bench.world.clock.advance(5 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
    expect(await bench.history()).toEqual(['revoked'])
  })

  test('and that somebody else made after ours had failed is theirs', async () => {
    const { bench, link } = await open()
    await bench.own({ state: 'failed', links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    const foreign = bench.ledgerKey.replace('assignments/', 'foreign/')
    expect(await bench.world.json(foreign)).toMatchObject({ links: [] })
  })

  test('is not forgotten while its creation could still take effect', async () => {
    const { bench, link } = await open()
    bench.world.ssoAdmin.removeAssignment(bench.target())
    const call = { kind: 'creation' as const, calledAt: ten }
    await bench.own({ state: 'granting', links: [link], call, lastCreation: call })
    await bench.world.clock.advance(15 * 60_000 - 1_000)
    expect(await bench.settle()).toMatchObject({
      result: 'open',
      reason: 'AWS did not answer its creation, which may still take effect; ssofile checks again after 15 minutes',
      links: [bench.link],
    })
    await bench.world.clock.advance(2_000)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.world.keys('state/open/')).toEqual([])
    expect(await bench.history()).toEqual([])
  })

  test('is not forgotten while a creation could still take effect that was repeated, and goes if it does', async () => {
    const bench = new Settling()
    const unanswered = { kind: 'creation' as const, calledAt: ten }
    await bench.own({ state: 'granting', call: unanswered, lastCreation: unanswered })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'open', links: [bench.link] })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    // Whoever called it stood still, and has only sent it now.
    bench.world.ssoAdmin.addAssignment(bench.target())
    // A listing may lag behind the deletion: it is believed after five minutes.
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(bench.calls('DeleteAccountAssignment')).toBe(1)
    await bench.world.clock.advance(5 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect(await bench.entry()).toMatchObject({ state: 'revoking', unansweredAt: ten })
    await bench.world.clock.advance(15 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(await bench.entry()).toBeUndefined()
    expect(await bench.history()).toEqual(['granted', 'revoked'])
  })

  test('waits for a request about it that is still in progress', async () => {
    const { bench, link } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'describeAssignmentRequest' && args[1] === 'ours')
          return { requestId: 'ours', state: 'IN_PROGRESS' }
        return proceed()
      },
    })
    const call = { kind: 'deletion' as const, calledAt: ten, answeredAt: ten, id: 'ours' }
    await bench.own({ state: 'revoking', links: [link], grantedAt: ten, call })
    const reason = 'an earlier request for it is still running'
    expect(await bench.settle()).toMatchObject({ result: 'open', reason, links: [bench.link] })
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('is kept where its link comes back while another request for it is in progress', async () => {
    let state: 'IN_PROGRESS' | 'SUCCEEDED' = 'IN_PROGRESS'
    const { bench, link }: { bench: Settling; link: GrantingLink } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'describeAssignmentRequest') return { requestId: 'ours', state, target: bench.target() }
        if (operation !== 'listAssignmentRequests' || args[0] !== 'creation') return proceed()
        return { items: [{ requestId: 'ours', state }] }
      },
    })
    const call = { kind: 'creation' as const, calledAt: ten, answeredAt: ten, id: 'ours' }
    await bench.own({ state: 'granting', links: [link], call, lastCreation: call })
    const settled = bench.within(async (context) => {
      await context.requests.recover()
      void context.clock.sleep(60_000).then(async () => {
        await bench.upload()
        state = 'SUCCEEDED'
      })
      return settleAssignment(bench.key, context)
    })
    expect(await settled).toMatchObject({ result: 'applied', owned: true })
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('tells who deleted its link, as the status of that says', async () => {
    const { bench } = await open({ interceptor: failing('deleteAccountAssignment', refusal) })
    const { objects, clock } = bench.world
    const by = { principalId: 'AWS:maria', at: ten }
    await new StatusStore(objects, clock).revise(bench.link, async () => ({ state: 'revoking', by }))
    await bench.settle()
    expect((await bench.entry())?.links).toEqual([expect.objectContaining({ key: bench.link, deletedBy: by })])
  })

  test('tells nobody who deleted a link that the status knows as uploaded', async () => {
    const { bench } = await open({ interceptor: failing('deleteAccountAssignment', refusal) })
    const { objects, clock } = bench.world
    const by = { principalId: 'AWS:maria', at: ten }
    await new StatusStore(objects, clock).revise(bench.link, async () => ({ state: 'applied', by, etag: 'e' }))
    await bench.settle()
    expect((await bench.entry())?.links[0]?.deletedBy).toBeUndefined()
  })
})

describe('access on an account that takes no changes', () => {
  test('is stuck once AWS has refused, and is not asked for again until the account is back', async () => {
    const { bench } = await open()
    bench.world.organizations.suspendAccount(bench.account)
    expect(await bench.settle()).toMatchObject({ result: 'open', links: [bench.link] })
    const stuck = await bench.entry()
    expect(stuck).toMatchObject({ state: 'stuck', reason: expect.any(String) })
    expect(stuck?.openUntil).toBeUndefined()
    expect(await bench.world.keys('state/open/')).toEqual([])
    const calls = bench.calls('DeleteAccountAssignment')
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: stuck?.reason, links: [bench.link] })
    expect(bench.calls('DeleteAccountAssignment')).toBe(calls)
    bench.world.organizations.reinstateAccount(bench.account)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
  })

  test('is open with the state of the account, where nobody gave a reason', async () => {
    const { bench, link } = await open()
    await bench.own({ state: 'stuck', links: [link], grantedAt: ten })
    bench.world.organizations.suspendAccount(bench.account)
    expect(await bench.settle()).toMatchObject({
      result: 'open',
      reason: 'account 233000000002 is SUSPENDED, not ACTIVE',
    })
  })

  test('is revoked while the account is only about to close', async () => {
    const { bench } = await open()
    await bench.world.organizations.closeAccount(bench.account)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
  })

  test('is kept when the account has left, though nothing is listed there: it may come back with it', async () => {
    const { bench, link } = await open()
    await bench.own({ state: 'failed', links: [link], call: granted, lastCreation: granted })
    await bench.world.clock.advance(5 * 60_000)
    await bench.world.organizations.removeAccountFromOrganization(bench.account)
    expect(await bench.settle()).toMatchObject({
      result: 'open',
      reason: 'ResourceNotFoundException: Could not find AWS account with id 233000000002',
    })
    expect(await bench.entry()).toMatchObject({ state: 'stuck' })
  })

  test('is kept when the account has left, as soon as anything of ours may be there', async () => {
    for (const [entry, result] of [
      [{ grantedAt: ten }, 'open'],
      [{ lastCreation: granted }, 'open'],
      [{}, 'absent'],
    ] as const) {
      const { bench, link } = await open()
      await bench.own({ state: 'failed', links: [link], ...entry })
      bench.world.ssoAdmin.removeAssignment(bench.target())
      await bench.world.organizations.removeAccountFromOrganization(bench.account)
      expect(await bench.settle()).toMatchObject({ result })
    }
  })

  test('is tried again where it is refused while the account is only about to close', async () => {
    const { bench } = await open({ interceptor: failing('deleteAccountAssignment', refusal) })
    await bench.world.organizations.closeAccount(bench.account)
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(await bench.entry()).toMatchObject({ state: 'failed', openUntil: expect.any(String) })
  })

  test('leaves the ledger when two listings an hour apart lack the account, and it is not found', async () => {
    const { bench } = await open()
    await bench.world.organizations.removeAccountFromOrganization(bench.account)
    const missing = (last: string) =>
      bench.world.objects.put(
        'state/missing-accounts.json',
        JSON.stringify({ v: 1, accounts: [{ id: bench.account, first: ten, last }] }),
      )
    await missing('2026-03-03T10:30:00.000Z')
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    await missing('2026-03-03T11:00:00.000Z')
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.history()).toEqual(['adopted', 'released'])
  })
})

describe('the brake', () => {
  const nothing = {
    indirect: { count: 0, percent: 0, most: 0, hours: 24 },
    own: { count: 0, percent: 0, minutes: 15 },
    people: { count: 5, minutes: 15 },
  }
  const configuration = { brake: nothing }

  test('holds a revocation: the entry says so, with who deleted its link, and nothing is called', async () => {
    const { bench } = await open({ configuration })
    const settlement = await bench.settle()
    expect(settlement).toMatchObject({ result: 'held', links: [bench.link] })
    const held = await bench.entry()
    expect(held).toMatchObject({ state: 'held', reason: 'reason' in settlement ? settlement.reason : '' })
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
    const before = await bench.world.objects.head(bench.ledgerKey)
    expect(await bench.settle()).toMatchObject({ result: 'held' })
    expect((await bench.world.objects.head(bench.ledgerKey))?.etag).toBe(before?.etag)
  })

  test('takes what it holds off the list of what is tried again', async () => {
    const { bench, link } = await open({ configuration })
    const openUntil = '2026-03-03T11:00:00.000Z'
    await bench.world.objects.put(`state/open/${openUntil}%${bench.ledgerKey.replace('assignments/', '')}`, '')
    await bench.own({ state: 'held', links: [link], grantedAt: ten, call: granted, lastCreation: granted, openUntil })
    expect(await bench.settle()).toMatchObject({ result: 'held' })
    expect((await bench.entry())?.openUntil).toBeUndefined()
    expect(await bench.world.keys('state/open/')).toEqual([])
  })

  test.each(['revoking', 'failed', 'stuck'] as const)(
    'does not count a revocation again that has begun and is %s',
    async (state) => {
      const { bench, link } = await open({ configuration })
      const call = { kind: 'deletion' as const, calledAt: ten, answeredAt: ten }
      await bench.own({ state, links: [link], grantedAt: ten, call, lastCreation: granted })
      expect(await bench.settle()).toMatchObject({ result: 'absent' })
      expect(bench.world.ssoAdmin.assignments()).toEqual([])
    },
  )

  test.each(['granted', 'held'] as const)('counts it where an earlier one is over and it is %s', async (state) => {
    const { bench, link } = await open({ configuration })
    const call = { kind: 'deletion' as const, calledAt: ten, answeredAt: ten }
    await bench.own({ state, links: [link], grantedAt: ten, call, lastCreation: granted })
    expect(await bench.settle()).toMatchObject({ result: 'held' })
  })
})

test('a retry is counted where what failed was not a revocation', async () => {
  const brake = {
    indirect: { count: 0, percent: 0, most: 0, hours: 24 },
    own: { count: 0, percent: 0, minutes: 15 },
    people: { count: 5, minutes: 15 },
  }
  const { bench, link } = await open({ configuration: { brake } })
  await bench.own({ state: 'failed', links: [link], call: granted, lastCreation: granted })
  expect(await bench.settle()).toMatchObject({ result: 'held' })
  expect(bench.calls('DeleteAccountAssignment')).toBe(0)
})

test('held access that nobody had time to confirm is told as granted, and access/ lists it', async () => {
  const brake = {
    indirect: { count: 0, percent: 0, most: 0, hours: 24 },
    own: { count: 0, percent: 0, minutes: 15 },
    people: { count: 5, minutes: 15 },
  }
  const { bench, link } = await open({ configuration: { brake } })
  const ended = { ...granted, outcome: 'SUCCEEDED' as const }
  await bench.own({ state: 'granting', links: [link], call: ended, lastCreation: ended })
  expect(await bench.settle()).toMatchObject({ result: 'held' })
  expect(await bench.history()).toEqual(['granted', 'held'])
  expect(await bench.world.keys('access/')).toHaveLength(1)
})

test('access/ lists access from its confirmation to its end', async () => {
  const bench = new Settling()
  await bench.upload()
  await bench.settle()
  const listed = bench.link.replace('links_data/', 'access/').replace(/%ssofile$/, '%ours')
  expect(await bench.world.keys('access/')).toEqual([listed])
  await bench.world.objects.delete(bench.link)
  expect(await bench.settle()).toMatchObject({ result: 'absent' })
  expect(await bench.world.keys('access/')).toEqual([])
})

test('access whose link comes back while it is revoked is granted again', async () => {
  const calls: string[] = []
  const { bench } = await open({
    interceptor: async ({ operation, proceed }) => {
      if (/^(create|delete)AccountAssignment$/.test(operation)) {
        if (calls.length === 0) await bench.upload()
        calls.push(operation)
      }
      return proceed()
    },
  })
  await bench.settle()
  expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  expect(calls).toEqual(['deleteAccountAssignment', 'createAccountAssignment'])
  expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
})

describe('access of a principal that has another name by now', () => {
  const next = 'team-Bookkeepers'
  const rename = (bench: Settling) =>
    bench.world.identityStore.updateGroup(bench.target().principalId, [{ path: 'displayName', value: next }])

  test('stays without a call where a link names it so, and both links are told', async () => {
    const { bench, link } = await open()
    await rename(bench)
    const named = link.key.replace(bench.principal, next)
    await bench.upload(named)
    const settlement = await bench.settle()
    expect(settlement).toMatchObject({ result: 'applied', owned: true })
    expect([...settlement.links].sort()).toEqual([bench.link, named].sort())
    expect(await bench.entry()).toMatchObject({ state: 'granted', principal: next, links: [{ key: named }] })
    expect(await bench.history()).toEqual(['terms-changed'])
    expect(bench.calls('CreateAccountAssignment') + bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('is revoked where no link names it so', async () => {
    const { bench } = await open()
    await rename(bench)
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect((await bench.history()).at(-1)).toBe('revoked')
  })
})
