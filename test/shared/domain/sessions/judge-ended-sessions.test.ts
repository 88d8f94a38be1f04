import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { endSession } from '../../../../shared/domain/sessions/ended-sessions.ts'
import { describeSpoiledEnding, judgeEndedSessions } from '../../../../shared/domain/sessions/judge-ended-sessions.ts'

const now = new Date('2026-03-03T10:00:00Z')
const user = principalId.parse('00000000-0000-4000-8000-000000000001')
const permissionSet = permissionSetName.parse('Admin-ps')
const entry = endSession({ user, name: 'zoe', permissionSet, by: 'me' }, now)
const shifted = (beforeMs: number, lastsMs = 12 * 3_600_000) => ({
  ...entry,
  before: new Date(now.getTime() + beforeMs).toISOString(),
  until: new Date(now.getTime() + beforeMs + lastsMs).toISOString(),
})
const hour = 3_600_000

test.each<[string, unknown, 'ended' | 'over' | 'spoiled', string]>([
  ['of now', entry, 'ended', ''],
  ['of exactly 3 minutes ahead', shifted(180_000), 'ended', ''],
  ['of a millisecond more', shifted(180_001), 'spoiled', 'lies in the future'],
  ['of 2099', shifted(73 * 365 * 24 * hour), 'spoiled', 'lies in the future'],
  ['whose end is a millisecond early', shifted(0, 12 * hour - 1), 'spoiled', 'expected 12 hours after'],
  ['whose end is a millisecond late', shifted(0, 12 * hour + 1), 'spoiled', 'expected 12 hours after'],
  ['whose end is in 2099', shifted(0, 73 * 365 * 24 * hour), 'spoiled', 'expected 12 hours after'],
  ['that ends in a millisecond', shifted(1 - 12 * hour), 'ended', ''],
  ['that ends now', shifted(-12 * hour), 'over', ''],
  ['that is over too early', shifted(-hour, hour), 'spoiled', 'expected 12 hours after'],
  ['without a user', { ...entry, user: undefined }, 'spoiled', 'not what ssofile writes'],
  ['that is no object', 'everybody', 'spoiled', 'not what ssofile writes'],
  ['with a field of a later version', { ...entry, later: true }, 'ended', ''],
])('an entry %s', (_, given, expected, fault) => {
  const { ended, over, spoiled } = judgeEndedSessions([given], now)
  expect({ ended: ended.length, over: over.length, spoiled: spoiled.length }).toEqual({
    ...{ ended: 0, over: 0, spoiled: 0 },
    [expected]: 1,
  })
  expect(spoiled.map(describeSpoiledEnding).join('')).toContain(fault)
})

test('what is spoiled or over leaves the others as they are, and merges with none', () => {
  const others = [shifted(73 * 365 * 24 * hour), shifted(-12 * hour), 7]
  expect(judgeEndedSessions([...others, entry], now).ended).toEqual([entry])
})

test('what is spoiled may be forgotten once its own end is past', () => {
  const given = [shifted(-hour, hour), shifted(-hour, hour + 1), shifted(73 * 365 * 24 * hour), 7]
  expect(judgeEndedSessions(given, now).spoiled.map(({ isOver }) => isOver)).toEqual([true, false, false, false])
})
