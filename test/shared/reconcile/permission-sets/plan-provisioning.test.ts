import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import {
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
