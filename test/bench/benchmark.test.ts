import { expect, test } from '@jest/globals'
import { atLeast, atMost, exactly, nearBound, shareOfGoal, withoutGoal } from './benchmark.ts'

const time = { figure: 'time', unit: 's' }

test('a figure that is exactly at its goal holds it', () => {
  expect(atMost(60, { ...time, value: 60 }).held).toBe(true)
  expect(atLeast(60, { ...time, value: 60 }).held).toBe(true)
  expect(nearBound(1.05, { ...time, value: 105, bound: 100 })).toMatchObject({ held: true, ratio: 1.05 })
})

test('a figure is judged before it is rounded', () => {
  expect(atMost(60, { ...time, value: 60.001 })).toMatchObject({ held: false, value: 60 })
  expect(nearBound(1.05, { ...time, value: 105.001, bound: 100 }).held).toBe(false)
})

test('what could not be measured holds no goal', () => {
  const unknown = { ...time, value: Number.NaN }
  const figures = [atMost(1, unknown), atLeast(1, unknown), exactly(1, unknown), withoutGoal(unknown)]
  expect(figures.map(({ held }) => held)).toEqual([false, false, false, false])
})

test.each([
  ['half of the most', atMost(60, { ...time, value: 30 }), 0.5],
  ['twice the least', atLeast(200, { ...time, value: 400 }), 0.5],
  ['a ratio of the goal', nearBound(1.25, { ...time, value: 100, bound: 100 }), 0.8],
  ['a count that must be exact', exactly(0, { ...time, value: 0 }), undefined],
  ['nothing to reach', withoutGoal({ ...time, value: 3 }), undefined],
])('of its goal a figure takes: %s', (_, figure, share) => {
  expect(shareOfGoal(figure)).toBe(share)
})
