import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { NotStartedError } from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import { failing, whileBusy } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
const nine = '2026-03-03T09:00:00.000Z'
const ten = '2026-03-03T10:00:00.000Z'

describe('what a link asks for and nobody has', () => {
  test('is in the ledger before the call and granted after it, with its history', async () => {
    const seen: unknown[] = []
    const bench: Settling = new Settling({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'createAccountAssignment') seen.push(await bench.entry())
        return proceed()
      },
    })
    const link = await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true, links: [bench.link] })
    const call = { kind: 'creation', calledAt: ten }
    const { principalId, permissionSetArn } = bench.target()
    const common = { v: 1, principal: bench.principal, principalId, permissionSetArn, links: [link], attempts: 0 }
    expect(seen).toEqual([{ ...common, state: 'granting', call, lastCreation: call, updatedAt: ten }])
    const ended = { outcome: 'SUCCEEDED', endedAt: expect.any(String) }
    const answered = { ...call, answeredAt: expect.any(String), id: expect.any(String), ...ended }
    expect(await bench.entry()).toEqual({
      ...common,
      state: 'granted',
      call: answered,
      lastCreation: answered,
      grantedAt: expect.any(String),
      updatedAt: expect.any(String),
    })
    expect(await bench.history()).toEqual(['granted'])
    expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
    expect(await bench.world.keys('state/principals/')).toEqual([
      `state/principals/GROUP%${principalId}%team-Accountants`,
    ])
  })

  test('is left alone when nothing may be started any more', async () => {
    const bench = new Settling({ mayStart: () => false })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'given-back' })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
  })

  test('leaves the ledger as it was when its call never left', async () => {
    let may = true
    const bench = new Settling({
      mayStart: () => may,
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'createAccountAssignment') return proceed()
        may = false
        throw new NotStartedError()
      },
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'given-back' })
    expect(await bench.entry()).toBeUndefined()
  })

  test('is not granted any more where its link is deleted while Identity Center is busy', async () => {
    const bench: Settling = new Settling({
      interceptor: whileBusy('createAccountAssignment', () => bench.world.objects.delete(bench.link)),
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
    expect(await bench.entry()).toBeUndefined()
  })

  test('is ours where someone else makes it between our look and our creation', async () => {
    const bench: Settling = new Settling({
      interceptor: whileBusy('createAccountAssignment', async () => bench.world.ssoAdmin.addAssignment(bench.target())),
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(bench.calls('ListAccountAssignments')).toBe(1)
    expect(await bench.entry()).toMatchObject({ state: 'granted' })
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
  })

  test('is foreign where the drift check finds it, as somebody else’s, before it is in the ledger', async () => {
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        const isEntry = operation === 'put' && args[0] === bench.ledgerKey
        if (isEntry && (await bench.world.namedKeys('foreign/')).length === 0) {
          const { principalId, permissionSetArn } = bench.target()
          bench.world.ssoAdmin.addAssignment(bench.target())
          const found = { v: 1, principal: bench.principal, principalId, permissionSetArn, links: [], seenAt: ten }
          await bench.world.objects.put(bench.ledgerKey.replace('assignments/', 'foreign/'), JSON.stringify(found))
        }
        return proceed()
      },
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: false })
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
    expect(await bench.entry()).toBeUndefined()
  })

  test('is open, with its reason and its retry, when AWS refuses', async () => {
    const bench = new Settling({ interceptor: failing('createAccountAssignment', refusal) })
    await bench.upload()
    const reason = 'AccessDeniedException: not you'
    expect(await bench.settle()).toMatchObject({ result: 'open', reason, links: [bench.link] })
    const failed = await bench.entry()
    expect(failed).toMatchObject({ state: 'failed', reason, attempts: 1, openUntil: expect.any(String) })
    expect(failed?.lastCreation).toBeUndefined()
    expect(await bench.world.keys('state/open/')).toEqual([
      `state/open/${failed?.openUntil}%${bench.ledgerKey.replace('assignments/', '')}`,
    ])
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
    expect(await bench.world.keys('state/open/')).toEqual([])
    expect(await bench.entry()).toMatchObject({ state: 'granted', attempts: 0 })
    expect((await bench.entry())?.reason).toBeUndefined()
  })

  test('is not granted to a group whose name changed hands while the ledger was written', async () => {
    let renamed = false
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        const answer = await proceed()
        if (operation !== 'put' || args[0] !== bench.ledgerKey || renamed) return answer
        renamed = true
        const { principalId } = bench.target()
        await bench.world.identityStore.updateGroup(principalId, [{ path: 'displayName', value: 'passing' }])
        return answer
      },
    })
    await bench.upload()
    await expect(bench.settle()).rejects.toThrow('ssofile tries again')
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
    const entry = await bench.entry()
    expect([entry?.call, entry?.lastCreation]).toEqual([undefined, undefined])
  })
})

describe('access that was there before', () => {
  test('is foreign: it is recorded with the links that ask for it, and nothing is called', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    const link = await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: false, links: [bench.link] })
    const { principalId, permissionSetArn } = bench.target()
    const foreign = { v: 1, principal: bench.principal, principalId, permissionSetArn, links: [link], seenAt: ten }
    const key = bench.ledgerKey.replace('assignments/', 'foreign/')
    expect(await bench.world.json(key)).toEqual(foreign)
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.world.keys('state/principals/')).toEqual([
      `state/principals/GROUP%${principalId}%team-Accountants`,
    ])
  })

  test('is not looked for again while the same files ask for it', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.upload()
    await bench.settle()
    const looks = bench.calls('ListAccountAssignments')
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: false })
    expect(bench.calls('ListAccountAssignments')).toBe(looks)
    await bench.world.clock.advance(1_000)
    await bench.upload()
    await bench.settle()
    expect(bench.calls('ListAccountAssignments')).toBe(looks + 1)
  })

  test('of one principal does not stand for another who has the name by now', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target('team-Web'))
    const { principalId, permissionSetArn } = bench.target('team-Web')
    const link = await bench.upload()
    const foreign = { v: 1, principal: bench.principal, principalId, permissionSetArn, links: [link], seenAt: ten }
    const key = `foreign/${bench.world.keyOf(bench.link.replace('team-Accountants', 'team-Web'))}`
    await bench.world.objects.put(key, JSON.stringify(foreign))
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.world.keys('foreign/')).toEqual([key])
    expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
  })

  test('by another permission set of this name is no longer foreign once that set was made again', async () => {
    const bench = new Settling()
    const link = await bench.upload()
    const { principalId, permissionSetArn } = bench.target()
    const former = `${permissionSetArn.slice(0, -4)}0000`
    const foreign = {
      v: 1,
      principal: bench.principal,
      principalId,
      permissionSetArn: former,
      links: [link],
      seenAt: ten,
    }
    await bench.world.objects.put(bench.ledgerKey.replace('assignments/', 'foreign/'), JSON.stringify(foreign))
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
    expect(await bench.history()).toEqual(expect.arrayContaining(['foreign-gone', 'granted']))
  })
})

describe('an entry of the ledger that is not settled', () => {
  test.each([
    ['SUCCEEDED is confirmed without a call', { outcome: 'SUCCEEDED' as const, endedAt: ten }, 0],
    ['has no known end is sent once more, which changes nothing where it took effect', {}, 1],
  ])('and whose creation %s', async (_, end, creations) => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    const link = await bench.upload()
    const call = { kind: 'creation' as const, calledAt: ten, answeredAt: ten, ...end }
    await bench.own({ state: 'failed', reason: 'lost', call, lastCreation: call, attempts: 3 })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true, links: [bench.link] })
    expect(await bench.entry()).toMatchObject({ state: 'granted', links: [link], attempts: 0 })
    expect(await bench.history()).toEqual(['granted'])
    expect(bench.calls('CreateAccountAssignment')).toBe(creations)
    expect(bench.calls('ListAccountAssignments')).toBe(0)
  })

  test('is somebody else’s where nothing of ours can have made it', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.upload()
    await bench.own({ state: 'failed', reason: 'refused' })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: false, links: [bench.link] })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.world.namedKeys('foreign/')).toHaveLength(1)
  })

  test('waits for a request about it that is still in progress', async () => {
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'listAssignmentRequests' && args[0] === 'deletion')
          return { items: [{ requestId: 'theirs', state: 'IN_PROGRESS' }] }
        if (operation === 'describeAssignmentRequest' && args[1] === 'theirs')
          return { requestId: 'theirs', state: 'IN_PROGRESS', target: bench.target() }
        return proceed()
      },
    })
    await bench.upload()
    const call = { kind: 'deletion' as const, calledAt: ten }
    await bench.own({ state: 'revoking', call, grantedAt: ten })
    const reason = 'an earlier request for it is still running'
    expect(await bench.settle()).toMatchObject({ result: 'open', reason, links: [bench.link] })
    expect(await bench.entry()).toMatchObject({ state: 'revoking', reason, attempts: 1 })
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
  })

  test('is granted again where the access is gone, and history says that it was', async () => {
    const bench = new Settling()
    await bench.upload()
    const call = { kind: 'deletion' as const, calledAt: ten, answeredAt: ten, outcome: 'FAILED' as const }
    await bench.own({ state: 'failed', reason: 'refused', call, grantedAt: ten, attempts: 2 })
    await bench.world.clock.advance(5 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect((await bench.history()).toSorted()).toEqual(['granted', 'revoked'])
  })
})

describe('access that someone else removed', () => {
  const missing = { state: 'failed' as const, missingSince: ten, grantedAt: nine }

  test('is granted again within five minutes of our last call, also where that is only reported: the listing may lag', async () => {
    const bench = new Settling({ configuration: { onDrift: 'report' } })
    const link = await bench.upload()
    await bench.own({ ...missing, grantedAt: ten, links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.history()).toEqual([])
  })

  test('keeps in mind, when it is granted again, that an older creation without an answer may still take effect', async () => {
    const bench = new Settling()
    const link = await bench.upload()
    const unansweredAt = '2026-03-03T09:59:00.000Z'
    await bench.own({ ...missing, links: [link], unansweredAt })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.entry()).toMatchObject({ unansweredAt })
  })

  test('stays removed where that is only reported, with the reason, until its link is asked to count as new', async () => {
    const bench = new Settling({ configuration: { onDrift: 'report' } })
    const link = await bench.upload()
    await bench.own({ ...missing, reason: 'someone took it', links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: 'someone took it', links: [bench.link] })
    await bench.own({ ...missing, links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: 'someone removed it' })
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
    await bench.world.clock.advance(1_000)
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: 'someone removed it' })
    await bench.world.objects.put(bench.link, '', undefined, { 'ssofile-rebind': ten })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  })

  test.each([
    ['another link asks for it, too', { key: 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile' }],
    ['its link was another file', { content: 'another', value: 'another' }],
  ])('is granted again where it is only reported, but %s', async (_, change) => {
    const bench = new Settling({ configuration: { onDrift: 'report' } })
    const link = await bench.upload()
    await bench.own({ ...missing, links: [{ ...link, ...change }] })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  })

  test('is granted again where that is restored, or where no drift check missed it', async () => {
    for (const [onDrift, missingSince] of [
      ['restore', ten],
      ['report', undefined],
    ] as const) {
      const bench = new Settling({ configuration: { onDrift } })
      const link = await bench.upload()
      await bench.own({ ...missing, missingSince, links: [link] })
      expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    }
  })
})

describe('access that is granted already', () => {
  test('costs no call, and its entry is written only where its links have changed', async () => {
    const bench = new Settling()
    const link = await bench.upload()
    await bench.own({ links: [link], grantedAt: ten })
    const before = await bench.world.objects.head(bench.ledgerKey)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true, links: [bench.link] })
    expect((await bench.world.objects.head(bench.ledgerKey))?.etag).toBe(before?.etag)
    const root = await bench.upload('links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile')
    expect(await bench.settle()).toMatchObject({ result: 'applied', links: expect.arrayContaining([root.key]) })
    expect((await bench.entry())?.links).toHaveLength(2)
    expect(bench.world.calls).toEqual(expect.not.arrayContaining(['ListAccountAssignments']))
  })

  test('is no longer orphaned when its principal is there: its twin goes', async () => {
    const bench = new Settling()
    const link = await bench.upload()
    const openUntil = '2026-03-03T11:00:00.000Z'
    await bench.world.objects.put(`state/open/${openUntil}%${bench.ledgerKey.replace('assignments/', '')}`, '')
    await bench.own({ links: [], grantedAt: ten, orphanedAt: ten, openUntil })
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
    const entry = await bench.entry()
    expect(entry).toMatchObject({ state: 'granted', links: [link] })
    expect([entry?.orphanedAt, entry?.openUntil]).toEqual([undefined, undefined])
    expect(await bench.world.keys('state/open/')).toEqual([])
  })
})

describe('the links that ask for it', () => {
  const rootLink = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'

  test('lack nothing when it is applied', async () => {
    const bench = new Settling()
    await bench.upload()
    expect((await bench.settle()).lacks).toEqual(new Map([[bench.link, 'none']]))
  })

  test.each([
    ['deleted', async (bench: Settling) => bench.world.objects.delete(rootLink)],
    [
      'overwritten by one that is not in force',
      (bench: Settling) => bench.upload(rootLink, '{"notBefore":"2027-01-01T00:00:00Z"}'),
    ],
  ])('are those that are still there once the ledger is written: one that was %s is not', async (_, end) => {
    let isFirst = true
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === bench.ledgerKey && isFirst) {
          isFirst = false
          await end(bench)
        }
        return proceed()
      },
    })
    await bench.upload(rootLink)
    const link = await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.entry()).toMatchObject({ state: 'granted', links: [link] })
  })

  test('may all be gone by then: nothing is called, and what may appear of an earlier call is still looked for', async () => {
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === bench.ledgerKey) await bench.world.objects.delete(bench.link)
        return proceed()
      },
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    await bench.upload()
    const lastCreation = { kind: 'creation' as const, calledAt: ten }
    const entry = { v: 1, state: 'failed', links: [], attempts: 1, updatedAt: ten, call: lastCreation, lastCreation }
    await bench.world.clock.advance(5 * 60_000)
    const { principalId, permissionSetArn } = bench.target()
    await bench.world.objects
      .as('test')
      .put(bench.ledgerKey, JSON.stringify({ ...entry, principal: bench.principal, principalId, permissionSetArn }))
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: expect.stringContaining('15 minutes') })
    expect((await bench.entry())?.lastCreation).toEqual(lastCreation)
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
  })

  test('that someone else removed its access from must all have asked for it then', async () => {
    const bench = new Settling({ configuration: { onDrift: 'report' } })
    const [link, root] = [await bench.upload(), await bench.upload(rootLink)]
    const missing = { state: 'failed' as const, missingSince: ten, grantedAt: nine }
    await bench.own({ ...missing, links: [root, link] })
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    await bench.world.objects.delete(rootLink)
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    await bench.upload(rootLink)
    await bench.own({ ...missing, links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
  })
})

describe('what changes while it is settled', () => {
  test('an access that a drift check missed and that is there again is confirmed, also where it is only reported', async () => {
    const bench = new Settling({ configuration: { onDrift: 'report' } })
    const link = await bench.upload()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.own({ state: 'failed', missingSince: ten, grantedAt: ten, links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect((await bench.entry())?.missingSince).toBeUndefined()
  })

  test('an access that another dispatcher has granted meanwhile is not taken for foreign', async () => {
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        const answer = await proceed()
        if (operation === 'put' && String(args[0]).startsWith('foreign/')) await bench.own({ grantedAt: ten })
        return answer
      },
    })
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.upload()
    await expect(bench.settle()).rejects.toThrow()
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  })

  test('a permission set that was made again is looked for again when the earlier one is not found', async () => {
    const gone = new ServiceError('sso-admin', 'ResourceNotFoundException', 'no such permission set')
    for (const [error, looksAgain] of [
      [gone, 1],
      [refusal, 0],
    ] as const) {
      const bench = new Settling({ interceptor: failing('createAccountAssignment', error) })
      await bench.upload()
      expect(await bench.settle()).toMatchObject({ result: 'open' })
      const lists = bench.calls('ListPermissionSets')
      expect(await bench.settle()).toMatchObject({ result: 'applied' })
      expect(bench.calls('ListPermissionSets') - lists).toBe(looksAgain)
    }
  })
})

test('a creation that is repeated is waited for as long as the first, to which nobody has an answer', async () => {
  const bench = new Settling()
  const link = await bench.upload()
  const first = { kind: 'creation' as const, calledAt: ten }
  await bench.own({ state: 'granting', links: [link], call: first, lastCreation: first })
  await bench.world.clock.advance(60_000)
  expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  const { lastCreation, unansweredAt } = (await bench.entry()) ?? {}
  expect({ unansweredAt, isRepeated: lastCreation?.answeredAt !== undefined }).toEqual({
    unansweredAt: ten,
    isRepeated: true,
  })
  await bench.world.objects.delete(bench.link)
  // Whoever made the first may stand still, and send it after the access is taken away.
  expect(await bench.settle()).toMatchObject({ result: 'open' })
  expect(bench.world.ssoAdmin.assignments()).toEqual([])
  expect(await bench.world.keys('assignments/')).toEqual([bench.ledgerKey])
  await bench.world.clock.advance(14 * 60_000)
  expect(await bench.settle()).toMatchObject({ result: 'absent' })
  expect(await bench.world.namedKeys('assignments/')).toEqual([])
})

test('what a delegated administrator may not assign waits, after the first refusal without a call', async () => {
  let tries = 0
  const bench = new Settling({
    interceptor: async ({ operation, proceed }) => {
      if (operation !== 'createAccountAssignment') return proceed()
      tries++
      throw refusal
    },
  })
  bench.world.ssoAdmin.addAssignment({ ...bench.target(), accountId: accountId.parse('111111111111') })
  await bench.upload()
  const reason = expect.stringContaining('is also assigned in the management account 111111111111')
  const lacks = new Map([[bench.link, { reason, remedy: expect.any(String) }]])
  for (let look = 0; look < 2; look++) {
    expect(await bench.settle()).toEqual({ result: 'waiting', links: [bench.link], lacks })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
  }
  expect([tries, bench.calls('ListPermissionSetsProvisionedToAccount')]).toEqual([1, 1])
})
