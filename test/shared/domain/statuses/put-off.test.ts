import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { describePutOff } from '../../../../shared/domain/statuses/put-off.ts'
import { attentionOf, type Status, statusStates } from '../../../../shared/domain/statuses/status.ts'

const nine = '2026-03-03T09:00:00.000Z'
const account = accountId.parse('210000000001')
const after = (seconds: number) => new Date(Date.parse(nine) + seconds * 1_000)
const was = (state: Status['state'], more: Partial<Status> = {}): Status => {
  return { input: 'links_data/x', state, updatedAt: nine, ...more }
}
const putOff = (current: Status | undefined, seconds: number, isWait = false) =>
  describePutOff(current, { reason: 'AWS says no', at: after(seconds), account, isWait })
const reason = 'not done yet; ssofile tries again by itself: AWS says no'

describe('an input that is put off', () => {
  test.each(['applying', 'revoking'] as const)('keeps the state %s for a minute, and then wants attention', (state) => {
    const first = putOff(was(state), 0)
    expect(first).toMatchObject({ state, reason, putOff: { since: nine, state, account } })
    const told = was(state, first)
    expect(putOff(told, 59)).toEqual(first)
    const lasting = putOff(told, 60)
    expect(lasting).toMatchObject({ state: 'failed', reason, remedy: expect.stringContaining('ssofile doctor') })
    expect(attentionOf(lasting)).toBe('failed')
    expect(putOff(was('failed', lasting), 900)).toEqual(lasting)
  })

  test('says what it waits for, and wants nobody’s attention, where the wait ends by itself', () => {
    const told = was('applying', putOff(was('applying'), 0, true))
    expect(putOff(told, 240, true)).toMatchObject({ state: 'applying', reason })
    expect(putOff(was('failed', putOff(told, 240)), 250, true)).toMatchObject({ state: 'applying', reason })
  })

  test.each(statusStates.filter((state) => state !== 'applying' && state !== 'revoking'))(
    'and is %s for another reason says that one',
    (state) => {
      const told = was(state, { reason: 'another' })
      expect(putOff(told, 900)).toEqual(told)
    },
  )

  test('and has no status gets none', () => {
    expect(putOff(undefined, 0)).toBeUndefined()
  })
})
