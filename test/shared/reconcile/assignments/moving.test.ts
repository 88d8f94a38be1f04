import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignment.ts'
import { permissionSetArn } from '../../../../shared/domain/identity-center-ids.ts'
import type { StoredLedgerEntry } from '../../../../shared/domain/ledger-entry.ts'
import type { PrincipalType } from '../../../../shared/domain/principal.ts'
import { settleAssignment } from '../../../../shared/reconcile/assignments/settle-assignment.ts'
import { type Interceptor, noAnswer } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const nine = '2026-03-03T09:00:00.000Z'
const ten = '2026-03-03T10:00:00.000Z'
const next = 'team-Bookkeepers'
const writes = ['CreateAccountAssignment', 'DeleteAccountAssignment']

/** Ours under the name that its principal had when it was granted; no link of that name is left. */
async function open(
  entry: Partial<StoredLedgerEntry> = {},
  { type = 'GROUP', interceptor }: { readonly type?: PrincipalType; readonly interceptor?: Interceptor } = {},
) {
  const bench = new Settling(
    { interceptor: interceptor ?? (({ proceed }) => proceed()) },
    type === 'GROUP' ? 'team-Accountants' : 'kenji.ito@acme.example',
    type,
  )
  const target = bench.target()
  bench.world.ssoAdmin.addAssignment(target)
  await bench.own({ grantedAt: nine, ...entry })
  const rename = (name = next) =>
    type === 'GROUP'
      ? bench.world.identityStore.updateGroup(target.principalId, [{ path: 'displayName', value: name }])
      : bench.world.identityStore.updateUser(target.principalId, [{ path: 'userName', value: name }])
  const heir = new Settling({}, next, type)
  const calls = () => bench.world.calls.filter((call) => writes.includes(call))
  const historyOf = async ({ ledgerKey }: Settling) =>
    (await bench.world.keys(ledgerKey.replace('assignments/', 'history/').replace(/%ssofile$/, '/'))).map((key) =>
      key.split('%').at(-1)?.replace('.json', ''),
    )
  return { bench, heir, target, rename, calls, historyOf }
}

describe('access whose principal has another name now', () => {
  test('is not revoked where a link grants it under that name: the ledger moves, and both names tell of it', async () => {
    const { bench, heir, target, rename, calls, historyOf } = await open({ state: 'failed', reason: 'no', attempts: 4 })
    await rename()
    const link = await bench.upload(heir.link)
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [heir.link] })
    const moved = await bench.entry(heir.ledgerKey)
    const { principalId } = target
    expect(moved).toMatchObject({ state: 'granted', principalId, links: [link], grantedAt: nine, attempts: 0 })
    expect(moved?.reason).toBeUndefined()
    expect(await bench.entry()).toBeUndefined()
    expect(await historyOf(heir)).toEqual(['adopted'])
    expect(await historyOf(bench)).toEqual(['released'])
    expect(calls()).toEqual([])
    expect(await bench.world.keys('state/open/')).toEqual([
      expect.stringMatching(
        /^state\/open\/2026-03-03T10:00:00\.\d{3}Z%account%233000000002%Billing-ps%team-Bookkeepers/,
      ),
    ])
    expect(await bench.world.keys('state/principals/')).toEqual([`state/principals/GROUP%${principalId}%${next}`])
  })

  test('is not revoked where a link of that name grants it in the OU to which the account has just moved', async () => {
    const { bench, heir, rename, calls } = await open()
    await rename()
    await bench.upload(`links_data/ou_id%ou-acme-sec10000%Billing-ps%${next}%GROUP%ssofile`)
    await bench.world.organizations.moveAccount(bench.account, 'ou-acme-wrk3fina', 'ou-acme-sec10000')
    await bench.settle()
    expect(calls()).toEqual([])
    expect(await bench.world.namedKeys('assignments/')).toEqual([heir.ledgerKey])
  })

  test('is revoked where the links of that name mean another permission set', async () => {
    const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef')
    const { bench, heir, rename, calls } = await open({ permissionSetArn: arn })
    await rename()
    await bench.upload(heir.link)
    await bench.settle()
    expect(calls()).toEqual(['DeleteAccountAssignment'])
  })

  test('is revoked where no link grants it under that name, in its OU as it is now', async () => {
    const { bench, rename } = await open()
    await rename()
    await bench.upload(`links_data/ou_id%ou-acme-sec10000%Billing-ps%${next}%GROUP%ssofile`)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
  })

  test.each<[PrincipalType, string, string, readonly string[]]>([
    ['GROUP', 'a third name', 'passing', ['DeleteAccountAssignment']],
    ['USER', 'a third name', 'passing', ['DeleteAccountAssignment']],
    ['GROUP', 'the name that it had', 'team-Accountants', []],
  ])('is looked at again where a %s gets %s before that name is looked up', async (type, _, third, called) => {
    let isRenamed = false
    const opened: Awaited<ReturnType<typeof open>> = await open(
      {},
      {
        type,
        interceptor: async ({ operation, args, proceed }) => {
          const answer = await proceed()
          if (operation === 'get' && args[0] === new Settling({}, next, type).link && answer && !isRenamed) {
            isRenamed = true
            await opened.rename(third)
          }
          return answer
        },
      },
    )
    const { bench, heir, rename, calls } = opened
    await rename()
    await bench.upload(heir.link)
    if (called.length === 0) await bench.upload()
    await expect(bench.settle()).rejects.toThrow('the directory is being changed')
    expect(isRenamed).toBe(true)
    expect(calls()).toEqual([])
    await bench.settle()
    expect(calls()).toEqual(called)
    expect(await bench.world.namedKeys('assignments/')).toHaveLength(called.length === 0 ? 1 : 0)
  })

  test('comes first in the entry of that name where another id has it, which stays as former access', async () => {
    const { bench, heir, target, rename } = await open()
    const other = bench.target('team-Web')
    const { principalId } = other
    await bench.world.objects.put(
      heir.ledgerKey,
      JSON.stringify({ ...(await bench.world.json(bench.ledgerKey)), principalId, openUntil: ten }),
    )
    await rename()
    await bench.upload(heir.link)
    await bench.settle()
    const moved = await bench.entry(heir.ledgerKey)
    expect(moved).toMatchObject({ principalId: target.principalId, former: [{ principalId }], openUntil: ten })
  })

  test.each<[string, Partial<StoredLedgerEntry>, string[]]>([
    ['is not written again where that entry has it, granted, and history says so', { attempts: 7 }, ['adopted']],
    [
      'is ours there where a creation of that entry was never accepted',
      { state: 'granting', grantedAt: undefined, attempts: 7 },
      ['adopted'],
    ],
  ])('%s', async (_, inherited, history) => {
    const { bench, heir, rename, historyOf } = await open()
    await bench.world.objects.put(
      heir.ledgerKey,
      JSON.stringify({ ...(await bench.world.json(bench.ledgerKey)), ...inherited }),
    )
    await rename()
    await bench.upload(heir.link)
    await bench.settle()
    const moved = await bench.entry(heir.ledgerKey)
    expect(moved).toMatchObject({ attempts: 7, grantedAt: nine })
    expect(await historyOf(heir)).toEqual(history)
    expect(await bench.entry()).toBeUndefined()
  })

  test('counts as granted from the move on where nothing had confirmed it', async () => {
    const call = { kind: 'creation' as const, calledAt: nine, answeredAt: nine, outcome: 'SUCCEEDED' as const }
    const { bench, heir, rename } = await open({ state: 'granting', grantedAt: undefined, call, lastCreation: call })
    await rename()
    await bench.upload(heir.link)
    await bench.settle()
    expect((await bench.entry(heir.ledgerKey))?.grantedAt).toMatch(/^2026-03-03T10:00:0/)
  })
})

describe('access that stands under another name of ours', () => {
  /** The same entry under each of these keys, which differ from that of the bench in one field. */
  const others = [
    'account%233000000002%Other-ps%team-Ledger%GROUP%ssofile',
    'account%233000000002%Billing-ps%Other%team-Ledger%USER%ssofile',
    'account%233000000001%Billing-ps%team-Ledger%GROUP%ssofile',
  ]

  test('is foreign where only another account, permission set or type has it', async () => {
    const { bench } = await open()
    const body = (await bench.world.objects.get(bench.ledgerKey))?.body ?? ''
    for (const name of others) await bench.world.objects.put(`assignments/${name}`, body)
    await bench.world.objects.delete(bench.ledgerKey)
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: false })
  })

  test('is taken over where the same account, permission set and type have it under an earlier name', async () => {
    const { bench, calls, historyOf } = await open()
    const earlier = new Settling({}, 'team-Ledger')
    const body = (await bench.world.objects.get(bench.ledgerKey))?.body ?? ''
    await bench.world.objects.put(earlier.ledgerKey, body)
    await bench.world.objects.delete(bench.ledgerKey)
    const link = await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    await bench.settle(earlier.assignment)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.entry()).toMatchObject({ state: 'granted', links: [link], grantedAt: nine })
    expect(await bench.world.namedKeys('assignments/')).toEqual([bench.ledgerKey])
    expect([await historyOf(earlier), await historyOf(bench)]).toEqual([['released'], ['adopted']])
    expect(calls()).toEqual([])
  })

  test('stays in the ledger all the time while it is taken over: an entry that cannot be written leaves the earlier one', async () => {
    const opened: Awaited<ReturnType<typeof open>> = await open(
      {},
      {
        interceptor: async ({ operation, args, proceed }) => {
          if (operation === 'put' && args[0] === opened?.bench.ledgerKey && isTaken) throw noAnswer('PutObject')
          return proceed()
        },
      },
    )
    let isTaken = false
    const { bench } = opened
    const earlier = new Settling({}, 'team-Ledger')
    const body = (await bench.world.objects.get(bench.ledgerKey))?.body ?? ''
    await bench.world.objects.put(earlier.ledgerKey, body)
    await bench.world.objects.delete(bench.ledgerKey)
    await bench.upload()
    isTaken = true
    await expect(bench.settle(earlier.assignment)).rejects.toThrow('was not answered')
    expect(await bench.world.namedKeys('assignments/')).toEqual([earlier.ledgerKey])
  })

  test('is left where it is while the name has gone to another id', async () => {
    const { bench, target, calls } = await open()
    const earlier = new Settling({}, 'team-Ledger')
    const body = (await bench.world.objects.get(bench.ledgerKey))?.body ?? ''
    await bench.world.objects.put(earlier.ledgerKey, body)
    await bench.world.objects.delete(bench.ledgerKey)
    await bench.upload()
    const settled = bench.within(async (context) => {
      await context.principals.resolve('GROUP', bench.assignment.principal, context.pulledMs)
      await bench.world.identityStore.updateGroup(target.principalId, [{ path: 'displayName', value: 'passing' }])
      return settleAssignment(renderAssignmentKey(bench.assignment), bench.assignment, context)
    })
    expect(await settled).toMatchObject({ result: 'open' })
    expect(await bench.world.namedKeys('assignments/')).toEqual([earlier.ledgerKey])
    expect(calls()).toEqual([])
  })
})
