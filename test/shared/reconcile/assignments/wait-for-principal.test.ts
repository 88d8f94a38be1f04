import { describe, expect, test } from '@jest/globals'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { findHolders } from '../../../../shared/reconcile/assignments/find-holders.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'
const eleven = '2026-03-03T11:00:00.000Z'
const nine = '2026-03-03T09:00:00.000Z'
const creation = { kind: 'creation' as const, calledAt: nine, answeredAt: nine }
const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'no')

/** Its link is there and its group is gone; the ledger has this of it, and Identity Center the access. */
async function open(entry: Partial<LedgerEntry> = {}, options: SettlingOptions = {}, { isThere = true } = {}) {
  const bench = new Settling(options)
  const link = await bench.upload()
  await bench.own({ grantedAt: nine, links: [link], ...entry })
  const target = bench.target()
  if (isThere) bench.world.ssoAdmin.addAssignment(target)
  const name = bench.ledgerKey.replace('assignments/', '')
  const leave = () => bench.world.identityStore.deleteGroup(target.principalId)
  const rename = () =>
    bench.world.identityStore.updateGroup(target.principalId, [{ path: 'displayName', value: 'passing' }])
  const lacks = (reason: unknown) => new Map([[bench.link, { reason, remedy: expect.any(String) }]])
  const twins = () => bench.world.keys('state/open/')
  return { bench, link, target, name, leave, rename, lacks, twins }
}

describe('access of a principal that is gone', () => {
  test('is kept for its grace, of which the entry, a twin and the link tell', async () => {
    const { bench, name, leave, lacks, twins } = await open()
    await leave()
    expect(await bench.settle()).toEqual({
      result: 'waiting',
      links: [bench.link],
      lacks: lacks(
        expect.stringMatching(/^group .*; ssofile revokes the access of the former one at 2026-03-03T11:00:00.000Z$/),
      ),
    })
    expect(await bench.entry()).toMatchObject({ state: 'granted', orphanedAt: ten, openUntil: eleven })
    expect(await twins()).toEqual([`state/open/${eleven}%${name}`])
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
    const before = await bench.world.objects.head(bench.ledgerKey)
    await bench.world.clock.advance(59 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'waiting' })
    expect((await bench.world.objects.head(bench.ledgerKey))?.etag).toBe(before?.etag)
  })

  test('goes when its grace is over, and the link still waits', async () => {
    const { bench, leave, lacks } = await open()
    await leave()
    await bench.settle()
    await bench.world.clock.advance(60 * 60_000)
    expect(await bench.settle()).toEqual({
      result: 'waiting',
      links: [bench.link],
      lacks: lacks(expect.stringMatching(/^group/)),
    })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.world.keys('state/open/')).toEqual([])
  })

  test('goes at once where the configuration gives no grace', async () => {
    const { bench, leave } = await open({}, { configuration: { orphanGraceMinutes: 0 } })
    await leave()
    expect(await bench.settle()).toMatchObject({ result: 'waiting' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
  })

  test('has its grace also where somebody else has had the name since, and has lost it', async () => {
    const { bench, leave, lacks } = await open()
    await leave()
    const id = await bench.world.identityStore.createGroup({ displayName: bench.principal })
    const key = bench.world.keyOf(bench.link)
    expect(await bench.settle(key)).toMatchObject({ result: 'applied', lacks: new Map([[bench.link, 'none']]) })
    // Whoever has the name tells what the link lacks.
    expect(await bench.settle()).toEqual({ result: 'waiting', links: [bench.link], lacks: new Map() })
    await bench.world.identityStore.updateGroup(id, [{ path: 'displayName', value: 'passing' }])
    expect(await bench.settle(key)).toMatchObject({ result: 'absent' })
    expect(await bench.settle()).toMatchObject({ result: 'waiting', lacks: lacks(expect.stringMatching(/^group/)) })
    expect(bench.world.ssoAdmin.assignments()).toHaveLength(1)
    await bench.world.clock.advance(60 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'waiting' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect(await bench.world.keys('assignments/')).toEqual([])
  })

  test('has its grace from when it was first seen gone, and another twin where that one was another', async () => {
    const { bench, name, leave, twins } = await open({ orphanedAt: '2026-03-03T09:30:00.000Z', openUntil: nine })
    await bench.world.objects.put(`state/open/${nine}%${name}`, '')
    await leave()
    expect(await bench.settle()).toMatchObject({ result: 'waiting' })
    expect(await bench.entry()).toMatchObject({ openUntil: '2026-03-03T10:30:00.000Z' })
    expect(await twins()).toEqual([`state/open/2026-03-03T10:30:00.000Z%${name}`])
  })

  test('is open where it cannot be taken away after its grace, and the link says both', async () => {
    const { bench, leave, lacks } = await open(
      { orphanedAt: '2026-03-03T08:00:00.000Z' },
      {
        interceptor: async ({ operation, proceed }) => {
          if (operation === 'deleteAccountAssignment') throw refusal
          return proceed()
        },
      },
    )
    await leave()
    expect(await bench.settle()).toEqual({
      result: 'open',
      reason: 'AccessDeniedException: no',
      links: [bench.link],
      lacks: lacks(expect.stringMatching(/^group/)),
    })
  })

  test('is recorded with the links that ask for it now', async () => {
    const { bench, link, leave } = await open()
    const root = await bench.upload('links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile')
    await leave()
    await bench.settle()
    const keys = (await bench.entry())?.links.map(({ key }) => key)
    expect(new Set(keys)).toEqual(new Set([link.key, root.key]))
  })

  test('is still held after its grace where the brake holds it, and is held no more before', async () => {
    for (const [orphanedAt, state] of [
      ['2026-03-03T08:00:00.000Z', 'held'],
      ['2026-03-03T09:30:00.000Z', 'granted'],
    ] as const) {
      const nothing = {
        indirect: { count: 0, percent: 0, most: 0, hours: 24 },
        own: { count: 0, percent: 0, minutes: 15 },
        people: { count: 5, minutes: 15 },
      }
      const { bench, leave } = await open({ state: 'held', orphanedAt }, { configuration: { brake: nothing } })
      await leave()
      expect(await bench.settle()).toMatchObject({ result: state === 'held' ? 'held' : 'waiting' })
      expect(await bench.entry()).toMatchObject({ state })
      expect(bench.calls('DeleteAccountAssignment')).toBe(0)
    }
  })
})

describe('access of a principal that bears another name', () => {
  test('goes at once, and the link waits', async () => {
    const { bench, rename, lacks, twins } = await open()
    await rename()
    expect(await bench.settle()).toEqual({ result: 'absent', links: [bench.link], lacks: new Map() })
    const { lacks: told } = await bench.within((context) => findHolders(bench.assignment, context))
    expect(told).toEqual(lacks(expect.stringMatching(/^group/)))
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await twins()).toEqual([])
  })

  test('is open where it cannot be taken away', async () => {
    const { bench, rename, twins } = await open(
      {},
      {
        interceptor: async ({ operation, proceed }) => {
          if (operation === 'deleteAccountAssignment') throw refusal
          return proceed()
        },
      },
    )
    await rename()
    expect(await bench.settle()).toMatchObject({ result: 'open', links: [bench.link] })
    expect(await twins()).toHaveLength(1)
  })
})

describe('what is not settled while a link waits', () => {
  test.each<[string, Partial<LedgerEntry>, boolean, string | undefined, number]>([
    [
      'access that came about is confirmed, and kept',
      { state: 'failed', call: creation, lastCreation: creation },
      true,
      'granted',
      0,
    ],
    ['access that is someone else’s is left to them', { state: 'failed', grantedAt: undefined }, true, undefined, 1],
    [
      'access that is not there leaves the ledger',
      { state: 'failed', call: creation, lastCreation: creation },
      false,
      undefined,
      0,
    ],
  ])('%s', async (_, entry, isThere, state, foreign) => {
    const { bench, leave } = await open(entry, {}, { isThere })
    await leave()
    expect(await bench.settle()).toMatchObject({ result: 'waiting', links: [bench.link] })
    expect((await bench.entry())?.state).toBe(state)
    expect(await bench.world.namedKeys('foreign/')).toHaveLength(foreign)
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('is looked at again while a creation could still take effect', async () => {
    const call = { kind: 'creation' as const, calledAt: ten }
    const { bench, leave, lacks } = await open(
      { state: 'granting', grantedAt: undefined, call, lastCreation: call },
      {},
      { isThere: false },
    )
    await leave()
    const open15 = { result: 'open', reason: expect.stringContaining('15 minutes') }
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: expect.stringContaining('five minutes') })
    await bench.world.clock.advance(5 * 60_000)
    expect(await bench.settle()).toMatchObject({ ...open15, lacks: lacks(expect.stringMatching(/^group/)) })
    expect(await bench.entry()).toMatchObject({ state: 'granting', attempts: 2, openUntil: expect.any(String) })
    await bench.world.clock.advance(10 * 60_000)
    expect(await bench.settle()).toMatchObject({ result: 'waiting' })
    expect(await bench.entry()).toBeUndefined()
  })

  test('is looked at again while a request about it is in progress', async () => {
    const { bench, leave } = await open(
      { state: 'granting', call: { ...creation, id: 'ours' } },
      {
        interceptor: async ({ operation, args, proceed }) =>
          operation === 'describeAssignmentRequest' && args[1] === 'ours'
            ? { requestId: 'ours', state: 'IN_PROGRESS' }
            : proceed(),
      },
    )
    await leave()
    expect(await bench.settle()).toMatchObject({
      result: 'open',
      reason: 'an earlier request for it is still running',
    })
  })
})

describe('access whose permission set is gone while its principal is there', () => {
  test.each<[string, Partial<LedgerEntry>, string | undefined]>([
    ['that works stays as it is', { state: 'granted' }, 'granted'],
    ['that is held is held no more', { state: 'held', orphanedAt: '2026-03-03T08:00:00.000Z' }, 'granted'],
    [
      'that a drift check misses leaves the ledger',
      { state: 'failed', missingSince: '2026-03-03T08:00:00.000Z' },
      undefined,
    ],
  ])('%s', async (_, entry, state) => {
    const { bench, target } = await open(entry, {}, { isThere: false })
    await bench.world.ssoAdmin.deletePermissionSet(target.permissionSetArn)
    expect(await bench.settle()).toMatchObject({ result: 'waiting', links: [bench.link] })
    expect((await bench.entry())?.state).toBe(state)
    expect((await bench.entry())?.orphanedAt).toBeUndefined()
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
  })
})

describe('access of a user to whom no link is bound', () => {
  test.each([
    ['goes, though the user is there', undefined, 'absent', 0],
    ['is open where it cannot be taken away', refusal, 'open', 1],
  ] as const)('%s', async (_, error, result, left) => {
    const bench = new Settling(
      {
        interceptor: async ({ operation, proceed }) => {
          if (operation === 'deleteAccountAssignment' && error) throw error
          return proceed()
        },
      },
      'kenji.ito@acme.example',
      'USER',
    )
    const { key, etag, lastModified } = await bench.upload()
    const earlier = principalId.parse('ffffffff-2222-3333-4444-555555555555')
    const { objects, clock } = bench.world
    await new StatusStore(objects, clock).revise(key, async () => ({
      state: 'applied',
      principalId: earlier,
      etag,
      lastModified,
    }))
    bench.world.ssoAdmin.addAssignment(bench.target())
    // Another content of it was this user's.
    await bench.own({ grantedAt: nine, links: [{ key, etag: 'another', lastModified: nine }] })
    const lack = {
      reason: expect.stringContaining('is no longer the user that this link was applied to'),
      remedy: expect.any(String),
    }
    expect(await bench.settle()).toMatchObject({ result, links: [key], lacks: new Map([[key, lack]]) })
    expect(bench.world.ssoAdmin.assignments()).toHaveLength(left)
  })
})
