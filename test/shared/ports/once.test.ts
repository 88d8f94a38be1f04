import { expect, test } from '@jest/globals'
import { once, onceEach } from '../../../shared/ports/once.ts'

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

test('each question has an answer of its own, until the caller clears the answers', async () => {
  const asked: string[] = []
  const answers = new Map<string, Promise<string>>()
  const ask = onceEach(async (type: string, name: string) => {
    asked.push(`${type} ${name}`)
    if (asked.length === 1) throw new Error('not yet')
    return name
  }, answers)
  await expect(ask('USER', 'kim')).rejects.toThrow('not yet')
  expect(await Promise.all([ask('USER', 'kim'), ask('USER', 'kim'), ask('GROUP', 'kim')])).toEqual([
    'kim',
    'kim',
    'kim',
  ])
  answers.clear()
  expect(await ask('GROUP', 'kim')).toBe('kim')
  expect(asked).toEqual(['USER kim', 'USER kim', 'GROUP kim', 'GROUP kim'])
})
