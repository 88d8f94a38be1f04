import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../../shared/domain/configuration.ts'
import { countAgain, isMassLoss } from '../../../shared/domain/ledger-loss.ts'

const settings = configuration.parse({})

describe('of the ledger are gone too many', () => {
  test.each([
    { gone: 20, of: 20, is: false },
    { gone: 21, of: 30, is: true },
    { gone: 30, of: 300, is: false },
    { gone: 31, of: 300, is: true },
    { gone: 200, of: 10_000, is: false },
    { gone: 201, of: 10_000, is: true },
  ])('$gone of $of: $is', ({ gone, of, is }) => {
    expect(isMassLoss(gone, of, settings)).toBe(is)
  })
})

describe('the ledger is counted again', () => {
  const before = { v: 1, settled: 100, at: '2026-03-03T10:00:00.000Z' } as const
  const at = '2026-03-03T10:05:00.000Z'

  test('as it is, where it has grown', () => {
    expect(countAgain(before, { settled: 120, all: 125, at }, 'not asked')).toEqual({ v: 1, settled: 120, at })
  })

  test('not at all, where few entries are gone: so a slow loss adds up', () => {
    expect(countAgain(before, { settled: 90, all: 90, at }, 'not asked')).toEqual(before)
  })

  test('without the entries that ended, where many are gone', () => {
    expect(countAgain(before, { settled: 40, all: 40, at }, 60)).toEqual({ v: 1, settled: 40, at })
  })

  test('with the entries that are gone without their history', () => {
    expect(countAgain(before, { settled: 40, all: 40, at }, 10)).toEqual({ v: 1, settled: 90, at })
  })

  test('no lower for entries that are there and are not settled', () => {
    expect(countAgain(before, { settled: 40, all: 100, at }, 'not asked')).toEqual(before)
  })
})
