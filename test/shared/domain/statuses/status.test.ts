import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import {
  attentionOf,
  boundFailed,
  countFailed,
  type Status,
  statusStates,
} from '../../../../shared/domain/statuses/status.ts'

const stuck = { account: accountId.parse('210000000001'), reason: 'it is suspended', stuck: true as const }
const failed = { account: accountId.parse('210000000002'), reason: 'AWS says no' }
const counting = (...all: NonNullable<Status['accounts']>['failed']) => ({
  accounts: { desired: all.length, applied: 0, open: 0, failed: all },
})

test.each([
  ['waiting', 'waiting'],
  ['rejected', 'rejected'],
  ['blocked', 'blocked'],
  ['held', 'held'],
  ['failed', 'failed'],
  ['applying', undefined],
  ['applied', undefined],
  ['revoking', undefined],
  ['expired', undefined],
] as const)('a status that says %s stands in the index under %s', (state, expected) => {
  expect(statusStates).toContain(state)
  expect(attentionOf({ state })).toBe(expected)
})

test('a link at rest stands nowhere in the index, while it waits', () => {
  expect(attentionOf({ state: 'waiting', atRest: true })).toBeUndefined()
  expect(attentionOf({ state: 'held', atRest: true })).toBe('held')
})

test('an input without a status stands nowhere in the index', () => {
  expect(attentionOf(undefined)).toBeUndefined()
})

test('a failed status stands under stuck only where each of its failed accounts is stuck', () => {
  expect(attentionOf({ state: 'failed', ...counting(stuck, stuck) })).toBe('stuck')
  expect(attentionOf({ state: 'failed', ...counting(stuck, failed) })).toBe('failed')
  expect(attentionOf({ state: 'failed', ...counting(failed) })).toBe('failed')
  expect(attentionOf({ state: 'failed', ...counting() })).toBe('failed')
})

test('a stuck account moves no status to stuck while something else goes on, waits or is held', () => {
  expect(attentionOf({ state: 'revoking', ...counting(stuck) })).toBeUndefined()
  expect(attentionOf({ state: 'waiting', ...counting(stuck) })).toBe('waiting')
  expect(attentionOf({ state: 'held', ...counting(stuck) })).toBe('held')
})

test.each([
  ['a hundred failed accounts are all named', 100, 100, undefined],
  ['of 101 failed accounts one is only counted', 101, 100, 1],
  ['of 50,000 failed accounts the first hundred are named', 50_000, 100, 49_900],
])('%s', (_, number, named, moreFailed) => {
  const stuckAll = Array.from({ length: number - 1 }, () => stuck)
  const { accounts } = counting(...stuckAll, failed)
  const bounded = boundFailed(accounts)
  expect(bounded.failed).toHaveLength(named)
  expect(bounded.moreFailed).toBe(moreFailed)
  expect(countFailed(bounded)).toBe(number)
  // The index asks whether all are stuck, so the account that is not stuck stays.
  expect(attentionOf({ state: 'failed', accounts: bounded })).toBe('failed')
  expect(boundFailed(bounded)).toEqual(bounded)
})
