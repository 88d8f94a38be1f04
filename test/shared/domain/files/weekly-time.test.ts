import { describe, expect, test } from '@jest/globals'
import { isAtTime, type WeeklyTime, weeklyTime } from '../../../../shared/domain/files/weekly-time.ts'

const night: WeeklyTime = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '18:00',
  until: '08:00',
  zone: 'Europe/Berlin',
}
const weekend: WeeklyTime = { days: ['sat', 'sun'], from: '00:00', until: '24:00', zone: 'UTC' }

describe('by the clocks of its zone', () => {
  test.each<[string, WeeklyTime, string, boolean]>([
    ['it begins at its first minute', night, '2026-11-20T17:00:00Z', true],
    ['the minute before is outside', night, '2026-11-20T16:59:59Z', false],
    ['it goes on after midnight, on a day that is not named', night, '2026-11-21T06:59:59Z', true],
    ['it ends before its last minute', night, '2026-11-21T07:00:00Z', false],
    ['a night that begins on a day that is not named is outside', night, '2026-11-21T20:00:00Z', false],
    ['nor does that night go on', night, '2026-11-23T05:00:00Z', false],
    ['in summer the clocks are an hour on', night, '2026-07-01T16:00:00Z', true],
    ['a whole day has its midnight', weekend, '2026-11-22T00:00:00Z', true],
    ['and not the next one', weekend, '2026-11-23T00:00:00Z', false],
  ])('%s', (_, time, at, expected) => {
    expect(isAtTime(time, new Date(at))).toBe(expected)
  })
})

test.each([
  { ...night, zone: 'Europe/Nowhere' },
  { ...night, days: [] },
  { ...night, days: ['monday'] },
  { ...night, from: '24:00' },
  { ...night, from: '08:00' },
  { ...night, until: '8:00' },
])('%j is no time of the week', (said) => {
  expect(weeklyTime.safeParse(said).success).toBe(false)
})
