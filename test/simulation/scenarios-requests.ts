import * as fc from 'fast-check'
import type { Action } from './action.ts'
import { home, scenario, settledMs, skip, strike, wait } from './scenario-steps.ts'

const drawn = fc.record({ home, settledMs, approvals: fc.constantFrom(1 as const, 2 as const) })
type Decide = Extract<Action, { do: 'decide on a request' }>
const decideOn =
  (account: string) =>
  (by: Decide['by'], said: Partial<Pick<Decide, 'decision' | 'of' | 'isSealed'>> = {}): Action => ({
    ...{ do: 'decide on a request', account, by, decision: 'approve', of: 'the present upload', isSealed: false },
    ...said,
  })

/** Histories of people who ask, approve, change their minds, and are done. */
export const requestScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // Approved by two, and over by itself.
  scenario(drawn, ({ home: { account }, approvals, settledMs: ms }) => [
    { do: 'write the eligibility', approvals },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('ann'),
    decideOn(account)('bob'),
    wait(20_000 + ms),
    wait(30 * 60_000),
  ]),
  // The requester is an approver, and one approver is not enough.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    { do: 'write the eligibility', approvals: 2 },
    { do: 'join the approvers', who: 'mia@example.com' },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('mia@example.com'),
    decideOn(account)('ann'),
    wait(20_000 + ms),
    decideOn(account)('bob', { decision: 'deny' }),
    wait(20_000),
  ]),
  // What was approved is edited, and approved by the other one.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    { do: 'write the eligibility', approvals: 2 },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('ann'),
    wait(5_000),
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('bob'),
    decideOn(account)('ann', { of: 'an earlier upload' }),
    wait(20_000),
    { do: 'withdraw a request', account },
    wait(20_000),
  ]),
  // An approver leaves before the other one approves, seen as one or not; then it is finished early.
  scenario(fc.record({ home, settledMs, seenMs: fc.constantFrom(30, 10_000) }), ({ home: { account }, ...drawn }) => [
    { do: 'write the eligibility', approvals: 2 },
    { do: 'ask for access', account },
    wait(5_000 + drawn.settledMs),
    decideOn(account)('ann'),
    wait(drawn.seenMs),
    { do: 'leave the approvers', who: 'ann' },
    wait(70_000 + drawn.settledMs),
    decideOn(account)('bob'),
    wait(20_000),
    { do: 'withdraw a request', account },
    { do: 'join the approvers', who: 'ann' },
    wait(20_000),
  ]),
  // Who asked may not do so any more when the approval comes.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    { do: 'write the eligibility', approvals: 1 },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    { do: 'the requester may not ask any more' },
    wait(70_000 + ms),
    decideOn(account)('ann'),
    wait(20_000),
    { do: 'the requester may ask' },
    wait(20_000),
  ]),
  // A denial that S3 gives to nobody, and an approval.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    { do: 'write the eligibility', approvals: 1 },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('ann', { decision: 'deny', isSealed: true }),
    wait(70_000 + ms),
    decideOn(account)('bob'),
    wait(20_000),
  ]),
  // Nobody hears of the approval, and whoever looks at last dies of it.
  scenario(fc.record({ home, settledMs, skip }), ({ home: { account }, settledMs: ms, skip: nth }) => [
    { do: 'write the eligibility', approvals: 1 },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    { do: 'lose the next event', count: 1 },
    decideOn(account)('ann'),
    strike('kill-after', 'writes', { process: 'handler', skip: nth }),
    wait(400_000),
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('bob'),
    wait(20_000),
  ]),
  // Somebody who may ask for nothing asks in the requester's name, before or after, and takes it back.
  scenario(fc.record({ home, settledMs, isBefore: fc.boolean() }), ({ home: { account }, settledMs: ms, isBefore }) => [
    { do: 'write the eligibility', approvals: 1 },
    ...(isBefore ? [{ do: 'a stranger asks in the name of the requester', account } as const] : []),
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('ann'),
    wait(20_000 + ms),
    { do: 'a stranger asks in the name of the requester', account },
    wait(20_000 + ms),
    { do: 'the stranger takes that back', account },
    wait(20_000),
  ]),
  // An administrator deletes a link in force, or puts one back that is over, when nobody looks at the request by itself any more.
  scenario(fc.record({ home, isOver: fc.boolean() }), ({ home: { account }, isOver }) => [
    { do: 'write the eligibility', approvals: 1 },
    { do: 'ask for access', account },
    wait(10_000),
    decideOn(account)('ann'),
    wait(130_000),
    ...(isOver ? [{ do: 'withdraw a request', account } as const, wait(130_000)] : []),
    { do: isOver ? 'put a former temporary link back' : 'delete a temporary link by hand', account },
    wait(20_000),
  ]),
  // Both, one after the other.
  scenario(drawn, ({ home: { account }, approvals, settledMs: ms }) => [
    { do: 'write the eligibility', approvals },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    decideOn(account)('ann'),
    decideOn(account)('bob'),
    wait(20_000 + ms),
    { do: 'delete a temporary link by hand', account },
    wait(20_000 + ms),
    { do: 'withdraw a request', account },
    wait(20_000 + ms),
    { do: 'put a former temporary link back', account },
    wait(20_000),
  ]),
]
