import { describe, expect, test } from '@jest/globals'
import {
  describeLifecycle,
  listAbsences,
  type Passage,
  renderPassages,
  summarizeTimes,
} from '../../../../../shared/modules/reports/rules/lifecycle.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 2, 3, 10, minute)).toISOString()
const took = (seconds: number | undefined, more: Partial<Passage> = {}): Passage => ({
  what: 'joined',
  month: '2026-03',
  person: 'kenji',
  personId: 'id',
  by: 'a link',
  from: at(0),
  until: seconds === undefined ? undefined : new Date(Date.parse(at(0)) + seconds * 1000).toISOString(),
  ...more,
})

describe('somebody is away', () => {
  test('from the first cause until the last one is gone', () => {
    const events = [
      { at: at(4), event: 'back' },
      { at: at(1), event: 'suspended' },
      { at: at(2), event: 'left' },
      { at: at(3), event: 'restored' },
    ] as const
    expect(listAbsences(events)).toEqual([{ from: at(1), by: 'suspended', back: at(4) }])
  })

  test('as often as it happens, and is not back from the last time', () => {
    const events = [
      { at: at(1), event: 'left' },
      { at: at(2), event: 'back' },
      { at: at(3), event: 'left' },
    ] as const
    expect(listAbsences(events)).toEqual([
      { from: at(1), by: 'left', back: at(2) },
      { from: at(3), by: 'left' },
    ])
  })

  test('never, where only an end is known', () => {
    expect(listAbsences([{ at: at(1), event: 'restored' }])).toEqual([])
  })
})

describe('times', () => {
  test('of nobody are no times', () => {
    expect(summarizeTimes([])).toEqual({ people: 0, open: 0 })
    expect(summarizeTimes([took(undefined)])).toEqual({ people: 1, open: 1 })
  })

  test('are summarized by the nearest rank', () => {
    const all = Array.from({ length: 20 }, (_, index) => took(20 - index))
    expect(summarizeTimes([...all, took(undefined)])).toEqual({ people: 21, open: 1, p50: 10, p95: 19, worst: 20 })
    expect(summarizeTimes([took(7)])).toEqual({ people: 1, open: 0, p50: 7, p95: 7, worst: 7 })
  })

  test('are never negative: two clocks may differ', () => {
    expect(summarizeTimes([took(-3)])).toMatchObject({ worst: 0 })
  })

  test('are told in words, with who is not done', () => {
    const joined = summarizeTimes([took(7), took(600), took(10_000)])
    const left = { people: 1, open: 1 }
    const told = describeLifecycle({ v: 1, month: '2026-03', madeAt: at(0), joined, left, orphans: 2, expired: 3 })
    expect(told.map(([, text]) => text)).toEqual([
      'p50 10 min, p95 3 h, worst 3 h (3 people)',
      '1 person, 1 not done',
      '2',
      '3',
    ])
  })
})

test('each person of the month has a line, joiners first', () => {
  const csv = renderPassages([took(undefined, { what: 'left', by: 'suspended' }), took(5)])
  expect(csv.split('\r\n')).toEqual([
    '"person","person id","what","from","until","seconds","by"',
    `"kenji","id","joined","${at(0)}","2026-03-03T10:00:05.000Z","5","a link"`,
    `"kenji","id","left","${at(0)}","","","suspended"`,
    '',
  ])
})
