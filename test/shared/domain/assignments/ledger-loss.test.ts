import { describe, expect, test } from '@jest/globals'
import { countAgain, isMassLoss } from '../../../../shared/domain/assignments/ledger-loss.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'

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
  const earlier = '2026-03-03T10:00:00.000Z'
  const before = { v: 1, settled: 100, at: earlier, until: earlier, begunSince: earlier } as const
  const [at, until] = ['2026-03-03T10:05:00.000Z', '2026-03-03T10:05:03.000Z']
  const counted = (settled: number) => ({ v: 1, settled, at, until, begunSince: at })

  test('as it is, where it has grown', () => {
    expect(countAgain(before, { settled: 120, all: 125, lacking: 0, at, until }, 'not asked')).toEqual(counted(120))
  })

  test('not at all, where few entries are gone: so a slow loss adds up', () => {
    expect(countAgain(before, { settled: 90, all: 90, lacking: 0, at, until }, 'not asked')).toEqual({
      ...before,
      begunSince: at,
    })
  })

  test('without the entries that ended, where many are gone', () => {
    expect(countAgain(before, { settled: 40, all: 40, lacking: 0, at, until }, 60)).toEqual(counted(40))
  })

  test('with the entries that are gone without their history', () => {
    expect(countAgain(before, { settled: 40, all: 40, lacking: 0, at, until }, 10)).toEqual(counted(90))
  })

  test('no lower for entries that are there and are not settled', () => {
    expect(countAgain(before, { settled: 40, all: 100, lacking: 0, at, until }, 'not asked').settled).toBe(100)
  })

  test.each([
    { settled: 120, ended: 'not asked' as const, next: 127 },
    { settled: 90, ended: 'not asked' as const, next: 107 },
    { settled: 40, ended: 60, next: 47 },
  ])('with 7 that began since and are gone: $settled of 100, $ended ended: $next', ({ settled, ended, next }) => {
    expect(countAgain(before, { settled, all: settled, lacking: 7, at, until }, ended).settled).toBe(next)
  })
})
