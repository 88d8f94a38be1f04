import { expect, test } from '@jest/globals'
import { TokenBucket } from '../../../../shared/memory/organizations/token-bucket.ts'

test('an hour without calls saves up no more than the burst', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 2 })
  expect(bucket.admit(0)).toBe(true)
  const anHour = 3_600_000
  expect([anHour, anHour, anHour].map((instant) => bucket.admit(instant))).toEqual([true, true, false])
})

test('tokens flow in at the rate', () => {
  const bucket = new TokenBucket({ perSecond: 5, burst: 1 })
  expect([0, 100, 200, 300, 400].map((instant) => bucket.admit(instant))).toEqual([true, false, true, false, true])
})
