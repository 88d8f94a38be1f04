import { expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/account-id.ts'
import { VirtualClock } from '../../../../shared/memory/virtual-clock.ts'
import type { RequestKind } from '../../../../shared/ports/sso-admin.ts'
import { RequestSlots } from '../../../../shared/reconcile/calls/request-slots.ts'

const account = (index: number) => accountId.parse(String(200_000_000_000 + index))

/** Requests of these accounts are in progress. */
function open(most: number, inProgress: AccountId[] = []) {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const slots = new RequestSlots({
    clock,
    most,
    inProgress: () => ({ count: inProgress.length, accounts: new Set(inProgress) }),
  })
  const taken: string[] = []
  const ending = new AbortController()
  const take = async (name: string, index: number, kind: RequestKind = 'creation') => {
    const end = await slots.take(kind, { accountId: account(index) }, { ms: 15_000, signal: ending.signal })
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

test('a call without an answer keeps its slot until requests were looked for, or for a minute', async () => {
  const { clock, slots, taken, take } = open(1)
  const end = await take('first', 1)
  end?.(false)
  void take('second', 2)
  await clock.advance(5_000)
  expect(taken).toEqual(['first'])
  slots.forgetUnanswered()
  await clock.advance(1)
  expect(taken).toEqual(['first', 'second'])
  const again = open(1)
  ;(await again.take('first', 1))?.(false)
  await again.clock.advance(61_000)
  await again.take('second', 2)
  expect(again.taken).toEqual(['first', 'second'])
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
