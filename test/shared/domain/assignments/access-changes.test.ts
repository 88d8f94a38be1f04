import { describe, expect, test } from '@jest/globals'
import { beginCreation, beginDeletion, endCall } from '../../../../shared/domain/assignments/access-changes.ts'
import { ago, linkNamed, mine } from '../access-arbitraries.ts'

const [early, later, now] = [ago(3_000), ago(2_000), ago(0)]
const links = [linkNamed('a')]

describe('when the outcome of a call becomes known', () => {
  const creating = beginCreation(mine, undefined, links, early)

  test('the call gets the id of its request, and counts as answered, where its answer was lost', () => {
    const call = { kind: 'creation', calledAt: early, id: 'r1', answeredAt: now, endedAt: now, outcome: 'SUCCEEDED' }
    expect(endCall(creating, { outcome: 'SUCCEEDED', now, id: 'r1' })).toMatchObject({ call, lastCreation: call })
  })

  test('the id and the answer that it has stay', () => {
    const answered = endCall(creating, { outcome: undefined, now: later, id: 'r1' })
    expect(endCall(answered, { outcome: 'SUCCEEDED', now }).call).toMatchObject({
      id: 'r1',
      answeredAt: later,
      endedAt: now,
    })
  })

  test('a first creation that FAILED made nothing, and a deletion that FAILED leaves what was granted', () => {
    expect(endCall(creating, { outcome: 'FAILED', now }).lastCreation).toBeUndefined()
    const deleting = beginDeletion({ ...creating, grantedAt: early }, links, later)
    expect(endCall(deleting, { outcome: 'FAILED', now })).toMatchObject({
      grantedAt: early,
      call: { outcome: 'FAILED' },
    })
  })
})
