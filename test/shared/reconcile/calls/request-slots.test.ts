import { expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { RequestKind } from '../../../../shared/ports/sso-admin.ts'
import { RequestSlots } from '../../../../shared/reconcile/calls/request-slots.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const account = (index: number) => accountId.parse(String(200_000_000_000 + index))

/** Requests of these accounts are in progress; of each account so many hints wait. */
function open(most: number, inProgress: AccountId[] = [], hints: Readonly<Record<AccountId, number>> = {}) {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const slots = new RequestSlots({
    clock,
    most,
    inProgress: () => ({ count: inProgress.length, accounts: new Set(inProgress) }),
    waitingIn: (accountId) => hints[accountId] ?? 0,
  })
  const taken: string[] = []
  const ending = new AbortController()
  const take = async (name: string, index: number, kind: RequestKind = 'creation', goesFirst = false) => {
    const end = await slots.take(kind, { accountId: account(index) }, { ms: 15_000, signal: ending.signal, goesFirst })
    taken.push(end ? name : `no ${name}`)
    return end
  }
  return { clock, slots, taken, take, ending }
}

test('a revocation takes the next slot, whoever waited before it', async () => {
  const { clock, taken, take } = open(1)
  const end = await take('first', 1)
  void take('grant', 2)
  void take('revocation', 3, 'deletion')
  await clock.advance(1_000)
  expect(taken).toEqual(['first'])
  end?.(true)
  await clock.advance(1)
  expect(taken).toEqual(['first', 'revocation'])
})

test('a revocation that goes first takes the next slot, although another one waited before it', async () => {
  const { clock, taken, take } = open(1)
  const end = await take('first', 1)
  void take('revocation', 2, 'deletion')
  void take('suspension', 3, 'deletion', true)
  await clock.advance(1_000)
  end?.(true)
  await clock.advance(1)
  expect(taken).toEqual(['first', 'suspension'])
})

test('of one account one request is made at a time, and others go past it', async () => {
  const inProgress = [account(1)]
  const { clock, slots, taken, take } = open(15, inProgress)
  void take('of the busy one', 1)
  void take('of another', 2)
  await clock.advance(1)
  expect(taken).toEqual(['of another'])
  inProgress.length = 0
  slots.offer()
  await clock.advance(1)
  expect(taken).toEqual(['of another', 'of the busy one'])
})

test('slots are given to who has waited longest, and by turns to whose account has more than twice as much to do', async () => {
  const hints = { [account(1)]: 4, [account(2)]: 4, [account(3)]: 7, [account(4)]: 8, [account(5)]: 90 }
  const { clock, taken, take } = open(1, [], hints)
  const ends = [await take('1', 0)]
  for (const index of [1, 2, 3, 4, 5]) void take(`of ${index}`, index).then((end) => ends.push(end))
  for (let given = 0; given < 6; given++) {
    await clock.advance(1_000)
    ends.at(given)?.(true)
  }
  expect(taken).toEqual(['1', 'of 5', 'of 1', 'of 2', 'of 3', 'of 4'])
})

test('an account is held up where its next request waits for the one in progress, and not where all wait for a slot', async () => {
  const inProgress = [account(1)]
  const { clock, slots, take } = open(2, inProgress)
  void take('next of the same', 1)
  await clock.advance(1)
  expect([slots.isHeldUp(account(1)), slots.isHeldUp(account(2))]).toEqual([true, false])
  inProgress.push(account(2))
  expect(slots.isHeldUp(account(1))).toBe(false)
})

test('a call without an answer keeps its slot until requests were looked for', async () => {
  const { clock, slots, taken, take } = open(1)
  const end = await take('first', 1)
  end?.(false)
  void take('second', 2)
  const beforeMs = clock.monotonicMs()
  await clock.advance(5_000)
  expect(slots.isUnsure).toBe(true)
  expect(taken).toEqual(['first'])
  // Requests that were asked for before the call do not show it.
  slots.forgetUnanswered(beforeMs)
  await clock.advance(1)
  expect(taken).toEqual(['first'])
  slots.forgetUnanswered(clock.monotonicMs())
  await clock.advance(1)
  expect(taken).toEqual(['first', 'second'])
})

test('nobody waits for a slot for longer than was read is believed, nor beyond the end of a slice', async () => {
  const { clock, taken, take, ending } = open(0)
  void take('patient', 1)
  await clock.advance(14_000)
  expect(taken).toEqual([])
  await clock.advance(1_001)
  expect(taken).toEqual(['no patient'])
  void take('late', 2)
  ending.abort()
  await clock.advance(1)
  expect(taken).toEqual(['no patient', 'no late'])
})
