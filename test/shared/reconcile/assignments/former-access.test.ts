import { describe, expect, test } from '@jest/globals'
import { principalName } from '../../../../shared/domain/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { failing } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
const ten = '2026-03-03T10:00:00.000Z'

describe('former access', () => {
  test('goes first where there is no room beside it', async () => {
    const full = new ServiceError('sso-admin', 'ServiceQuotaExceededException', 'no more groups')
    const bench = new Settling({ interceptor: failing('createAccountAssignment', full) })
    await bench.upload()
    bench.world.ssoAdmin.addAssignment(bench.target('team-Web'))
    await bench.own({ principalId: bench.target('team-Web').principalId, grantedAt: ten })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(bench.world.ssoAdmin.assignments()).toEqual([bench.target()])
    expect(bench.world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call))).toEqual([
      'DeleteAccountAssignment',
      'CreateAccountAssignment',
    ])
  })

  test('that the brake holds where there is no room beside it leaves the new access to be tried again', async () => {
    const full = new ServiceError('sso-admin', 'ServiceQuotaExceededException', 'no more groups')
    const none = { count: 0, percent: 0 }
    const brake = { indirect: { ...none, most: 0, hours: 24 }, own: { ...none, minutes: 15 } }
    const bench = new Settling({
      interceptor: failing('createAccountAssignment', full),
      configuration: { brake },
    })
    await bench.upload()
    const theirs = bench.target('team-Web')
    bench.world.ssoAdmin.addAssignment(theirs)
    await bench.own({ principalId: theirs.principalId, grantedAt: ten })
    const reason = 'ServiceQuotaExceededException: no more groups'
    expect(await bench.settle()).toMatchObject({ result: 'open', reason })
    expect(await bench.entry()).toMatchObject({ state: 'failed', reason, former: [{ state: 'held' }] })
    expect(await bench.world.keys('state/open/')).toHaveLength(1)
    expect(bench.world.ssoAdmin.assignments()).toEqual([theirs])
  })

  test('of a principal that bears another name goes, though the new access is refused', async () => {
    const bench = new Settling({ interceptor: failing('createAccountAssignment', refusal) })
    await bench.upload()
    bench.world.ssoAdmin.addAssignment(bench.target('team-Web'))
    await bench.own({ principalId: bench.target('team-Web').principalId, grantedAt: ten })
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: 'AccessDeniedException: not you' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect((await bench.entry())?.former).toBeUndefined()
  })

  test('of a principal that is gone goes once the new access is confirmed', async () => {
    const bench = new Settling()
    await bench.upload()
    const gone = bench.target('team-Web')
    bench.world.ssoAdmin.addAssignment(gone)
    await bench.own({ principalId: gone.principalId, grantedAt: ten })
    await bench.world.identityStore.deleteGroup(gone.principalId)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect((await bench.entry())?.former).toBeUndefined()
    expect(bench.world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call))).toEqual([
      'CreateAccountAssignment',
      'DeleteAccountAssignment',
    ])
  })

  test('of a principal that is gone stays while the new access is refused', async () => {
    const bench = new Settling({ interceptor: failing('createAccountAssignment', refusal) })
    await bench.upload()
    const gone = bench.target('team-Web')
    bench.world.ssoAdmin.addAssignment(gone)
    await bench.own({ principalId: gone.principalId, grantedAt: ten })
    await bench.world.identityStore.deleteGroup(gone.principalId)
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect((await bench.entry())?.former).toHaveLength(1)
    expect(bench.calls('DeleteAccountAssignment')).toBe(0)
  })
})

describe('access that stands in the ledger under the name that its principal had before', () => {
  /** The group had the name `team-Ledger` when it got its access. */
  async function rename(bench: Settling, entry: Parameters<Settling['own']>[0]): Promise<string> {
    const before = new Settling({}, 'team-Ledger')
    const key = before.ledgerKey
    await bench.own(entry)
    const own = await bench.world.objects.get(bench.ledgerKey)
    await bench.world.objects.put(key, own?.body ?? '')
    await bench.world.objects.delete(bench.ledgerKey)
    await bench.upload()
    return key
  }

  test('moves here without a call, and the links of its earlier name are told', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    const earlier = 'links_data/root%all%Billing-ps%team-Ledger%GROUP%ssofile'
    const key = await rename(bench, { grantedAt: ten, links: [{ key: earlier, etag: 'e', lastModified: ten }] })
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: expect.stringContaining('another name') })
    const moved = await bench.settle({ ...bench.assignment, principal: principalName.parse('team-Ledger') })
    expect([...moved.links].sort()).toEqual([bench.link, earlier].sort())
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.world.namedKeys('assignments/')).toEqual([bench.ledgerKey])
    expect(await bench.world.json(key)).toBeUndefined()
    expect(bench.calls('CreateAccountAssignment') + bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('and whose creation was not confirmed is ours if it is there', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    const call = { kind: 'creation' as const, calledAt: ten, answeredAt: ten, outcome: 'SUCCEEDED' as const }
    const key = await rename(bench, { state: 'failed', call, lastCreation: call })
    // What is undecided there is decided there first: its open work has it looked at.
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(await bench.world.keys('state/open/')).toContain(`state/open/${ten}%${key.replace('assignments/', '')}`)
    await bench.settle({ ...bench.assignment, principal: principalName.parse('team-Ledger') })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.world.namedKeys('assignments/')).toEqual([bench.ledgerKey])
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
    expect(bench.calls('CreateAccountAssignment') + bench.calls('DeleteAccountAssignment')).toBe(0)
  })

  test('and that nothing of ours can have made is foreign', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await rename(bench, { state: 'failed' })
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    await bench.settle({ ...bench.assignment, principal: principalName.parse('team-Ledger') })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: false })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.world.namedKeys('foreign/')).toContain(bench.ledgerKey.replace('assignments/', 'foreign/'))
  })

  test('and is in progress there is waited for', async () => {
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'listAssignmentRequests' && args[0] === 'creation')
          return { items: [{ requestId: 'theirs', state: 'IN_PROGRESS' }] }
        if (operation === 'describeAssignmentRequest' && args[1] === 'theirs')
          return { requestId: 'theirs', state: 'IN_PROGRESS', target: bench.target() }
        return proceed()
      },
    })
    bench.world.ssoAdmin.addAssignment(bench.target())
    await rename(bench, { state: 'granting', call: { kind: 'creation', calledAt: ten } })
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(await bench.world.keys('state/open/')).toHaveLength(2)
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
  })
})
