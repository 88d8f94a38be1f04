import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import {
  beginProvisioning,
  listUnasked,
  type ProvisioningStep,
  planProvisioning,
  settlesAt,
} from '../../../../shared/reconcile/permission-sets/plan-provisioning.ts'
import type { OwedProvisioning } from '../../../../shared/reconcile/records/owned-permission-sets.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const ago = (ms: number) => new Date(now.getTime() - ms).toISOString()
const after = accountId.parse('210000000001')
const settlingMs = 5 * 60_000

describe('what is asked for next', () => {
  test.each([
    ['nothing was asked for: all at once', {}, 3_500, 'all', true],
    ['nothing was asked for, and no account has it: all at once', {}, 0, 'all', true],
    ['a request for all is in progress: it again', { requestId: 'r' }, 2, 'all', true],
    ['nothing was asked for, of more accounts than one request covers: each', {}, 3_501, 'each', true],
    ['each was begun: the rest, which says nothing of those before', { after }, 3_501, 'each', false],
    ['each was begun, and there are fewer accounts now: the rest', { after }, 2, 'each', false],
    [
      'each was asked for and some failed: those',
      { askedAt: ago(settlingMs - 1), failed: [after] },
      3_501,
      'failed',
      true,
    ],
    [
      'some failed, and the listing is settled: the stale ones',
      { askedAt: ago(settlingMs), failed: [after] },
      2,
      'stale',
      true,
    ],
    ['some of few failed: each, without a listing', { askedAt: ago(settlingMs - 1) }, 50, 'each', true],
    ['some of many failed: the stale ones, which may not be all', { askedAt: ago(settlingMs - 1) }, 51, 'stale', false],
    [
      'some of many failed, and the listing is settled: the stale ones',
      { askedAt: ago(settlingMs) },
      21,
      'stale',
      true,
    ],
    ['some of few failed, and the listing is settled: the stale ones', { askedAt: ago(settlingMs) }, 2, 'stale', true],
  ] satisfies [string, OwedProvisioning, number, ProvisioningStep['ask'], boolean][])(
    'where %s',
    (_, owed, accounts, ask, proves) => {
      expect(planProvisioning(owed, accounts, now)).toEqual({ ask, proves })
    },
  )
})

test('a listing is settled five minutes after every account was asked for', () => {
  expect(settlesAt(ago(0))).toEqual(new Date(now.getTime() + settlingMs))
})

const accounts = Array.from({ length: 7 }, (_, index) => accountId.parse(`21000000000${index}`))
const [, b, c, d, , , g] = accounts

describe('provisioning one by one', () => {
  test.each<[string, OwedProvisioning, readonly (AccountId | undefined)[]]>([
    ['asks for all, from the first one', {}, accounts],
    ['goes on behind the last request', { after: g }, []],
    [
      'begins behind the last request before the change, and goes round',
      { from: d },
      [...accounts.slice(4), ...accounts.slice(0, 4)],
    ],
    [
      'goes on before the end of the accounts, and goes round',
      { from: b, after: d },
      [...accounts.slice(4), ...accounts.slice(0, 2)],
    ],
    ['goes on before the place where it began', { from: d, after: b }, [c, d]],
    ['is over where it began', { from: d, after: d }, []],
  ])('%s', (_, owed, unasked) => {
    expect(listUnasked(accounts, owed)).toEqual(unasked)
  })

  test('begins behind the last request after a change', () => {
    expect(beginProvisioning()).toEqual({})
    expect(beginProvisioning({ requestId: 'r' })).toEqual({})
    expect(beginProvisioning({ askedAt: ago(0), failed: [after] })).toEqual({})
    expect(beginProvisioning({ after: b })).toEqual({ from: b })
    expect(beginProvisioning({ from: c, after: b })).toEqual({ from: b })
    expect(beginProvisioning({ from: c })).toEqual({ from: c })
  })

  test('asks for every account within one pass, however often the definition changes', () => {
    // How many requests come before each change: a pass is never complete.
    const portions = fc.array(fc.integer({ min: 0, max: accounts.length - 1 }), { maxLength: 20 })
    fc.assert(
      fc.property(portions, (before) => {
        const asked: AccountId[] = []
        let owed: OwedProvisioning = {}
        for (const some of before) {
          for (let nth = 0; nth < some; nth++) {
            const [next] = listUnasked(accounts, owed)
            if (next === undefined) throw new Error('the pass is complete')
            asked.push(next)
            owed = { from: owed.from, after: next }
          }
          owed = beginProvisioning(owed)
        }
        expect(asked).toEqual(asked.map((_, index) => accounts[index % accounts.length]))
      }),
    )
  })
})
