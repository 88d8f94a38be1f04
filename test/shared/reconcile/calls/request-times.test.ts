import { expect, test } from '@jest/globals'
import { RequestTimes } from '../../../../shared/reconcile/calls/request-times.ts'

test('answers are asked for at once and often while nothing is known', () => {
  const times = new RequestTimes()
  expect(times.dueAfterMs).toBe(0)
  expect(times.everyMs(0)).toBe(200)
})

test('after ten requests none is asked for before the fastest of them was over, less a tenth', () => {
  const times = new RequestTimes()
  for (let index = 0; index < 9; index++) times.note(4_000 + index)
  expect(times.dueAfterMs).toBe(0)
  times.note(3_000)
  expect(times.dueAfterMs).toBe(2_700)
  expect(times.everyMs(0)).toBe(286)
})

test('one that takes long is asked for less often, every two seconds at least', () => {
  const times = new RequestTimes()
  for (let index = 0; index < 10; index++) times.note(300)
  expect(times.everyMs(0)).toBe(100)
  expect(times.everyMs(14_000)).toBe(1_000)
  expect(times.everyMs(3_600_000)).toBe(2_000)
})

test('what was learnt a hundred requests ago counts no more', () => {
  const times = new RequestTimes()
  times.note(10)
  for (let index = 0; index < 100; index++) times.note(4_000)
  expect(times.dueAfterMs).toBe(3_600)
})

test('one that alone holds up the next of its account is asked for more often', () => {
  const times = new RequestTimes()
  for (let index = 0; index < 10; index++) times.note(5_600)
  expect(times.everyMs(0, true)).toBe(200)
  expect(times.everyMs(11_200, true)).toBe(400)
})
