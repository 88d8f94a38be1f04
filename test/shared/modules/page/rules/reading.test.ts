import { expect, test } from '@jest/globals'
import {
  isCounted,
  isOld,
  mapReading,
  readingOf,
  sayUnread,
  valueIn,
} from '../../../../../shared/modules/page/rules/reading.ts'

const again = () => {}
const answer = { value: [] as readonly string[], atMs: 0 }
const whole = { fault: undefined, again }
const minuteMs = 60_000

test.each([
  ['no answer yet', undefined, whole, 'loading', false],
  ['an answer that could not be read', undefined, { ...whole, fault: 'no answer' }, 'unread', false],
  ['an answer without anything', answer, whole, 'read', true],
  ['half an answer without anything', answer, { ...whole, missing: 'the rest' }, 'read', false],
  ['half an answer with something', { ...answer, value: ['x'] }, { ...whole, missing: 'the rest' }, 'read', true],
  ['an answer that cannot be read again', answer, { ...whole, fault: 'no answer' }, 'read', true],
])('%s counts something only if it was read', (_, read, others, is, counts) => {
  const reading = readingOf(read, others)
  expect(reading.is).toBe(is)
  expect(isCounted(reading)).toBe(counts)
  expect(valueIn(reading)).toEqual(read?.value)
})

test('a reading keeps its faults, its age and what is missing when something else is told from it', () => {
  const reading = readingOf({ value: [1], atMs: 5 }, { fault: 'slow', again, missing: 'the rest' })
  expect(mapReading(reading, ([first]) => first, 'other')).toEqual({ ...reading, value: 1 })
  expect(mapReading(readingOf(answer, whole), () => 2, 'other')).toMatchObject({ value: 2, missing: 'other' })
  expect(mapReading(readingOf<number>(undefined, whole), () => 2)).toEqual({ is: 'loading' })
})

test('the reader learns the age of an answer that is a minute old, or that cannot be read again', () => {
  const ages = [readingOf(answer, whole), readingOf(answer, { ...whole, fault: 'no answer' })].map((reading) =>
    reading.is === 'read' ? [0, minuteMs - 1, minuteMs].map((nowMs) => isOld(reading, nowMs)) : [],
  )
  expect(ages).toEqual([
    [false, false, true],
    [true, true, true],
  ])
})

test('a fault of the API is said as a sentence', () => {
  expect(sayUnread('Error: received no answer; try again.')).toBe(
    'It could not be read: received no answer; try again.',
  )
})
