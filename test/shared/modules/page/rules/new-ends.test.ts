import { expect, test } from '@jest/globals'
import { askFor, noFields } from '../../../../../shared/modules/page/rules/ask-for.ts'
import { hoursUntil, newEndsOf } from '../../../../../shared/modules/page/rules/new-ends.ts'

const nowMs = Date.parse('2026-03-03T10:00:30.000Z')
const valuesOf = (endsAt: string, longest: string) => newEndsOf({ endsAt, longest, nowMs }).map(({ value }) => value)

test('an extension ends one or two hours after the present end, or as late as possible', () => {
  const all = newEndsOf({ endsAt: '2026-03-03T12:00:00.000Z', longest: 'PT8H', nowMs })
  expect(all.map(({ label }) => label.replace(/:.*/, ''))).toEqual(['+1 hour', '+2 hours', 'As long as possible'])
  expect(all[0]?.value).toBe('2026-03-03T13:00:00.000Z')
})

test('an end beyond what the eligibility allows from now on is not offered', () => {
  expect(valuesOf('2026-03-03T12:00:00.000Z', 'PT3H')).toEqual(['2026-03-03T13:00:00.000Z', 'most'])
  expect(valuesOf('2026-03-03T12:00:00.000Z', 'PT2H')).toEqual(['most'])
  expect(valuesOf('2026-03-03T12:00:00.000Z', 'PT1H')).toEqual([])
})

test.each([
  ['2026-03-03T13:00:00.000Z', 'PT3H'],
  ['most', 'PT8H'],
])('the end %s becomes the duration %s, counted from now and never shorter than the end', (chosen, duration) => {
  const hours = hoursUntil(chosen, { longest: 'PT8H', nowMs })
  expect(askFor({ ...noFields, hours }, 'ana', 'extend')).toMatchObject({ requestDetails: { duration } })
})

test('without a chosen end there are no hours, so the form complains', () => {
  expect(hoursUntil('', { longest: 'PT8H', nowMs })).toBe('')
})
