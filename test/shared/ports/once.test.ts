import { expect, test } from '@jest/globals'
import { once } from '../../../shared/ports/once.ts'

test('callers share one question and its answer', async () => {
  let asked = 0
  const ask = once(async () => {
    asked += 1
    return asked
  })
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
  expect(await ask()).toBe(1)
})

test('a failure is told to those who asked and not remembered', async () => {
  let asked = 0
  const ask = once(async () => {
    asked += 1
    if (asked === 1) throw new Error('not yet')
    return asked
  })
  await expect(ask()).rejects.toThrow('not yet')
  expect(await ask()).toBe(2)
})
